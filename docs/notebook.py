# A marimo notebook that opens the published file and draws: marimo edit docs/notebook.py
import marimo

app = marimo.App()


@app.cell
def _():
    import os

    import altair as alt
    import duckdb

    path = os.path.join(os.environ.get("LEDGER_HOME", "data"), "warehouse.duckdb")
    ledger = duckdb.connect(path, read_only=True)
    return alt, ledger


@app.cell
def _(ledger):
    runs = ledger.sql("""
        select model_name, organization, publication_date, training_flop, training_flop_low, training_flop_high
        from mart.training_summary
        where training_flop is not null and publication_date >= date '2018-01-01' and is_main_run
    """).pl()
    return (runs,)


@app.cell
def _(alt, runs):
    base = alt.Chart(runs).encode(x=alt.X("publication_date:T", title=None))
    intervals = base.mark_rule(opacity=0.2).encode(
        y=alt.Y("training_flop_low:Q", scale=alt.Scale(type="log"), title="Training compute, FLOP"),
        y2="training_flop_high:Q",
    )
    points = base.mark_circle(size=30).encode(
        y="training_flop:Q", tooltip=["model_name", "organization", "training_flop"]
    )
    chart = intervals + points
    chart  # noqa: B018 - what the cell shows
    return (chart,)


if __name__ == "__main__":
    app.run()
