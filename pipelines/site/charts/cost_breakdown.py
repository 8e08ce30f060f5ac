"""Chart: what a training run costs besides chips."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import money, percent
from pipelines.site.charts.marks import (
    ROWS,
    by_number,
    highlighted,
    hues_of,
    interval,
    layered,
    names_axis,
    percents,
    short_number,
    tooltips,
    written,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

COMPONENTS = {"accelerator": 0, "server": 1, "network": 2, "facility": 3, "electricity": 4, "staff": 5}

QUERY = """
with main as (
    select b.*, s.model_name, a.accelerator_name, sum(b.cost_usd) over (partition by b.training_run_id) as total_usd
    from mart.cost_breakdown as b
    inner join mart.training_summary as s on b.training_run_id = s.training_run_id
    left join mart.accelerators as a on s.accelerator_id = a.accelerator_id
    where s.is_main_run and s.run_kind = 'pretraining'
),

dearest as (
    select training_run_id, total_usd from main
    where accelerator_name is not null
    group by training_run_id, accelerator_name, total_usd
    qualify row_number() over (partition by accelerator_name order by total_usd desc, training_run_id) = 1
    order by total_usd desc, training_run_id limit 6
),

typical as (
    select
        null as training_run_id, 'Median over all runs' as model_name, component, median(share_low) as share_low,
        median(share) as share, median(share_high) as share_high, null::double as cost_usd, null::double as total_usd,
        null as accelerator_name,
        count(*) as runs
    from main group by component
),

shown as (
    select * from typical
    union all
    select m.training_run_id, m.model_name, m.component, m.share_low, m.share, m.share_high, m.cost_usd, m.total_usd,
        m.accelerator_name, 1
    from main as m inner join dearest as d on m.training_run_id = d.training_run_id
)

select *, list_position(['accelerator', 'server', 'network', 'facility', 'electricity', 'staff'], component) as rank
from shown
order by training_run_id is not null, total_usd desc, training_run_id, rank
"""


@chart(
    "cost-breakdown",
    number=5,
    section="cost",
    name="Where the money goes",
    kicker="What does a training run cost besides chips?",
    subtitle="Cost shares of a training run on owned hardware, percent: the median over all runs, then the most "
             "expensive run on each of six chips. Below: the uncertainty of the median shares (90 % interval).",
    query=QUERY,
    source="Compute Ledger, mart.cost_breakdown; shares from Cottier et al. 2024, arXiv 2405.21015",
    notes=(
        "Hardware cost is depreciation during the run, not the full price. Server and network costs are fixed ratios "
        "of the chip price, so their shares move together.",
        "The staff share comes from one study with four runs, and we assume it for all runs. It is the least certain "
        "share.",
        "Only the final run is counted. Experiments, failed runs and data often cost as much again.",
    ),
    keys=COMPONENTS,
    key_column="component",
    key_style="bar",
    table=(
        Column("model_name", "Run"), Column("accelerator_name", "Accelerator"), Column("component", "Component"),
        Column("text", "Share", sort="share"),
        Column("interval", "90 % interval"), Column("cost", "Cost", sort="usd"),
    ),
    height=240,
    names_px=130,
    internal_columns=("rank",),
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Stacked bars by run; interval dots of the typical run."""
    rows = frame.select(
        "model_name", "component", "rank", pl.col("accelerator_name").fill_null("any"),
        pl.col("training_run_id").is_null().alias("is_typical"),
        *(short_number(name, short) for name, short in (("share_low", "low"), ("share", "share"), ("share_high", "high"))),
        short_number("cost_usd", "usd"), written("share", percent, "text"), written("cost_usd", money, "cost"),
        interval("share_low", "share_high", percent, "interval"),
        pl.col("share").mul(100).round(0).cast(pl.Int64).cast(pl.String).alias("whole"),
    )  # fmt: skip
    runs_in_order = rows["model_name"].unique(maintain_order=True)
    rows = rows.with_columns(
        pl.col("model_name").replace_strict(runs_in_order, range(len(runs_in_order))).alias("place")
    )
    share = alt.X("share:Q", stack="normalize", title=None, axis=percents(5))
    run = alt.Y("model_name:N", sort=by_number("place"), title=None, axis=names_axis())
    tips = tooltips({"model_name": "Run", "accelerator_name": "Accelerator", "component": "Component",
                     "text": "Share", "interval": "90 % interval",
                     "cost": "Cost"})  # fmt: skip
    base = alt.Chart(ROWS).encode(x=share, y=run, order=alt.Order("rank:Q"), tooltip=tips)
    bars = base.mark_bar(size=22, stroke=None).encode(
        color=alt.Color("component:N", scale=hues_of(COMPONENTS), title=None), opacity=highlighted("component")
    )
    inside = base.mark_text(style="card-label", fontSize=11.5, fontWeight=600).encode(
        x=alt.X("share:Q", stack="normalize", bandPosition=0.5), text="whole:N",
        opacity=alt.condition("datum.share < (narrow ? 0.09 : 0.035)", alt.value(0), alt.value(1)),
    )  # fmt: skip
    typical = alt.Chart(ROWS).transform_filter("datum.is_typical")
    component = alt.Y("component:N", sort=list(COMPONENTS), title=None, axis=names_axis())
    scale, axis = alt.Scale(domain=[0, 0.6]), percents(5)
    colour = alt.Color("component:N", scale=hues_of(COMPONENTS), legend=None)
    spans = typical.mark_rule(strokeWidth=2.2).encode(
        x=alt.X("low:Q", scale=scale, axis=axis, title=None), x2="high:Q", y=component, color=colour
    )
    dots = typical.mark_point(size=70, filled=True, opacity=1).encode(
        x=alt.X("share:Q", scale=scale, axis=axis, title=None), y=component, color=colour, tooltip=tips
    )
    shares = {row["component"]: row for row in frame.filter(pl.col("training_run_id").is_null()).iter_rows(named=True)}
    runs = shares["accelerator"]["runs"]
    machines = sum(shares[name]["share"] for name in ("server", "network"))
    chips, staff, power = (shares[name]["share"] for name in ("accelerator", "staff", "electricity"))
    title = (
        f"Chips make up {percent(chips)} of a run's cost; servers and network {percent(machines)}, power "
        f"{percent(power)}"
    )
    alt_text = (
        f"Stacked bars with cost shares for the median of {runs} runs and for the most expensive run on each of six "
        "chips. Median shares: "
        + ", ".join(f"{name} {percent(row['share'])} (90 % interval {percent(row['share_low'])} to {percent(row['share_high'])})"
                    for name, row in shares.items())
        + "."
    )  # fmt: skip
    facts: dict[str, float | int | str] = {f"{name}_share": row["share"] for name, row in shares.items()}
    panels = (
        Panel(layered(bars, inside)),
        Panel(layered(spans, dots), "Median over all runs: central value and 90 % interval of each share", 170),
    )
    return Built(panels, title, alt_text, {"runs": runs, "staff_is_assumed": percent(staff), **facts}, rows)
