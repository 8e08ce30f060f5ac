"""Chart: what training runs cost to rent."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count_of, money, plain
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    interval,
    layered,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.trend_line import trend_layers, window_table, windows_sentence

GROUPS = {"frontier run": 1, "other run": 0}

QUERY = """
select
    s.training_run_id, s.model_id, s.model_name, s.organization, s.publication_date as event_date,
    if(s.is_frontier, 'frontier run', 'other run') as frontier, s.cloud_cost_usd_low, s.cloud_cost_usd, s.cloud_cost_usd_high,
    s.owned_cost_usd_low, s.owned_cost_usd, s.owned_cost_usd_high, s.chip_hours_method, a.accelerator_name,
    t.* exclude (metric, cohort)
from mart.training_summary as s
left join mart.accelerators as a on s.accelerator_id = a.accelerator_id
inner join mart.trends as t on t.metric = 'cloud_cost_usd' and t.cohort = 'frontier' and t.is_longest
where s.cloud_cost_usd is not null and s.run_kind = 'pretraining' and s.is_main_run
    and s.publication_date >= date '2010-01-01'
order by event_date desc, training_run_id
"""
SMALLEST_USD, LARGEST_USD = 10, 2e10


@chart(
    "training-cost",
    number=6,
    section="cost",
    name="Cost of a run",
    kicker="What did training runs cost, and how sure are we?",
    subtitle="Chip-hours of the final run × rental price of these chips at that time, US dollars, log scale. Bars: 90 "
             "% interval for frontier runs. Dashed: fit through frontier runs with its 90 % band.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary; each row names its paper, model card or price list",
    notes=(
        "A frontier run was among the ten largest known runs when it was published. Developers do not publish the "
        "cost of these runs: we multiply chip-hours by a price. Where chip-hours are not published, we calculate them "
        "from compute and a typical utilisation.",
        "Owned hardware costs less than rented hardware: the table has both. Neither includes staff, data, "
        "experiments or failed runs.",
        "Prices are nominal. The band is the 90 % confidence interval of the line, not of single runs.",
    ),
    keys=GROUPS,
    key_column="frontier",
    table=(
        Column("model_name", "Model", link="models/model_id"),
        Column("organization", "Organization"), Column("published", "Published"),
        Column("accelerator_name", "Accelerator"), Column("rented", "Rented", sort="usd"),
        Column("interval", "90 % interval"), Column("owned", "Owned", sort="owned_usd"),
        Column("owned_interval", "90 % interval, owned"), Column("frontier", "Group"),
    ),
    height=400,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log scatter by date with intervals of frontier runs and the fit through them."""
    trend = frame.row(0, named=True)
    rows = frame.select(
        "model_id", "model_name", "organization", pl.col("event_date").cast(pl.String), "frontier",
        pl.col("event_date").cast(pl.String).alias("published"), "accelerator_name",
        short_number("cloud_cost_usd_low", "low"), short_number("cloud_cost_usd", "usd"),
        short_number("cloud_cost_usd_high", "high"), short_number("owned_cost_usd", "owned_usd"),
        written("cloud_cost_usd", money, "rented"), written("owned_cost_usd", money, "owned"),
        interval("cloud_cost_usd_low", "cloud_cost_usd_high", money, "interval"),
        interval("owned_cost_usd_low", "owned_cost_usd_high", money, "owned_interval"),
        pl.col("accelerator_name").fill_null("not published").alias("chip"),
    )  # fmt: skip
    low, high = least_of(rows["usd"]), most_of(rows["high"])
    domain = (low / 2, high * 1.5)
    x, scale = years(), alt.Scale(type="log", domain=list(domain), nice=False)
    axis = alt.Axis(values=[10.0**e for e in range(0, 12)], labelExpr="replace(format(datum.value, '$~s'), 'G', 'B')")
    y = alt.Y("usd:Q", title="US dollars", scale=scale, axis=axis)
    looks = grouped("frontier", GROUPS, rows)
    base = alt.Chart(ROWS)
    spans = base.transform_filter("datum.frontier == 'frontier run'").mark_rule(strokeWidth=1.2).encode(
        x=x, y=alt.Y("low:Q", title="US dollars", scale=scale, axis=axis), y2="high:Q", stroke=looks["stroke"],
        opacity=highlighted("frontier", 0.55),
    )  # fmt: skip
    dots = base.mark_point(strokeWidth=1.4).encode(
        x=x, y=y, **looks, opacity=highlighted("frontier"),
        size=alt.condition("datum.frontier == 'frontier run'", alt.value(52), alt.value(22)),
        fillOpacity=alt.condition("datum.frontier == 'frontier run'", alt.value(0.9), alt.value(0.35)),
        tooltip=tooltips({"model_name": "Model", "organization": "Developer", "published": "Published", "chip": "Accelerator",
                          "rented": "Rented", "interval": "90 % interval", "owned": "Owned"}),
    )  # fmt: skip
    frontier = rows.filter(pl.col("frontier") == "frontier run").sort("usd", descending=True)
    spaced = _spaced(frontier)
    named = labels(spaced, "model_name", x, y, Ground(rows, "event_date", "usd", domain, has_table=True))
    growth = plain(trend["growth_per_year"])
    bounds = f"{plain(trend['growth_per_year_low'])} to {plain(trend['growth_per_year_high'])}"
    top = frontier.row(0, named=True)
    million = frame.filter(pl.col("cloud_cost_usd") >= 1e6).height
    title = f"Renting the chips for a frontier run costs {growth}× more each year"
    alt_text = (
        f"Scatter chart on a log scale: rental cost of the chips for {frame.height} training runs, by date, from "
        f"{money(low)} to {money(most_of(rows['usd']))}. A line through {trend['n_rows']} frontier runs rises "
        f"{growth} times a year (90 % interval {bounds}). {top['model_name']} is the most expensive at "
        f"{top['rented']} (90 % interval {top['interval']}). {count_of(million, 'run')} cost a million dollars or "
        "more."
        f" {windows_sentence(trend)}"
    )
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval": bounds,
        "frontier_runs_in_fit": trend["n_rows"], "runs": frame.height, "runs_above_one_million_usd": million,
    }  # fmt: skip
    layers = layered(
        *trend_layers(trend, x, "US dollars", scale, axis), *window_table(trend["windows"]), spans, dots, *named
    )
    return Built((Panel(layers),), title, alt_text, facts, rows)


def _spaced(frontier: pl.DataFrame) -> pl.DataFrame:
    """The dearest run of each of the last years, the newest first."""
    by_year = frontier.group_by(pl.col("event_date").str.slice(0, 4).alias("year"), maintain_order=True).first()
    return by_year.sort("year", descending=True).head(7)
