"""Chart: operations per joule of accelerators over time."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import plain, with_prefix
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.labels import Ground
from pipelines.site.charts.marks import ROWS, grouped, highlighted, layered, short_number, tooltips, written, years
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.trend_line import record_labels, trend_layers, window_table, windows_sentence

CLASSES = {"datacentre GPU": 0, "consumer GPU": 1, "other accelerator": 2}

QUERY = """
select
    a.accelerator_id, a.accelerator_name, a.vendor, a.release_date as event_date,
    case
        when a.kind = 'gpu' and a.segment = 'datacentre' then 'datacentre GPU'
        when a.kind = 'gpu' and a.segment in ('consumer', 'workstation') then 'consumer GPU'
        else 'other accelerator'
    end as class,
    a.dense_16_bit_format as number_format, a.dense_16_bit_flop_per_s, a.tdp_w,
    a.dense_16_bit_flop_per_joule as flop_per_joule, a.source_id,
    t.* exclude (metric, cohort), l.windows as leading_windows
from mart.accelerators as a
inner join mart.trends as t on t.metric = 'flop_per_joule' and t.cohort = 'datacentre' and t.is_longest
left join mart.trends as l on l.metric = t.metric and l.cohort = 'datacentre leading' and l.is_longest
where a.dense_16_bit_flop_per_joule is not null and a.release_date >= date '2010-01-01'
order by event_date desc, accelerator_id
"""


@chart(
    "flop-per-joule",
    number=3,
    section="hardware",
    name="Efficiency",
    kicker="Is hardware getting more efficient?",
    subtitle="Dense 16-bit peak ÷ rated power, FLOP per joule, log scale. Dashed: fit through data centre "
             "accelerators with its 90 % band.",
    query=QUERY,
    source="Compute Ledger, mart.accelerators; each row names its datasheet",
    notes=(
        "Peak rates are dense. Where a vendor prints a rate with 2:4 sparsity, we use the dense rate beside it. BF16 "
        "takes precedence over FP16, matrix units over vector units.",
        "Rated power covers the chip, card or module only. Servers, cooling and real utilisation lower the "
        "efficiency: software reaches a third to a half of the peak.",
        "Ten years ago chips had no 16-bit matrix units. Part of the growth comes from the new number format and the "
        "new units.",
    ),
    keys=CLASSES,
    key_column="class",
    table=(
        Column("accelerator_name", "Accelerator", link="accelerators/accelerator_id"),
        Column("vendor", "Vendor"), Column("released", "Released"),
        Column("class", "Class"), Column("number_format", "Format"), Column("peak", "Dense peak", sort="flop_per_s"),
        Column("power", "Rated power", sort="tdp_w"), Column("per_joule", "Efficiency", sort="giga"),
    ),
    internal_columns=("leading_windows",),
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log scatter by date with the fit of datacentre accelerators; class by colour and shape."""
    trend = frame.row(0, named=True)
    rows = frame.select(
        "accelerator_id", "accelerator_name", "vendor", pl.col("event_date").cast(pl.String),
        pl.col("event_date").cast(pl.String).alias("released"), "class", "number_format",
        (pl.col("flop_per_joule") / 1e9).round_sig_figs(4).alias("giga"),
        written("flop_per_joule", lambda v: with_prefix(v, "FLOP/J"), "per_joule"),
        short_number("dense_16_bit_flop_per_s", "flop_per_s"), short_number("tdp_w", "tdp_w"),
        written("dense_16_bit_flop_per_s", lambda v: with_prefix(v, "FLOP/s"), "peak"),
        written("tdp_w", lambda v: with_prefix(v, "W"), "power"),
    )  # fmt: skip
    low, high = least_of(rows["giga"]), most_of(rows["giga"])
    x = years()
    scale = alt.Scale(type="log", domain=[low / 1.6, high * 1.6], nice=False)
    axis = alt.Axis(values=[v * 10.0**e for e in range(-2, 6) for v in (1, 2, 5)], format=",~r")
    y = alt.Y("giga:Q", title="GFLOP/J", scale=scale, axis=axis)
    dots = alt.Chart(ROWS).mark_point(size=52, strokeWidth=1.5, fillOpacity=0.85).encode(
        x=x, y=y, **grouped("class", CLASSES, rows), opacity=highlighted("class"),
        tooltip=tooltips({"accelerator_name": "Accelerator", "vendor": "Vendor", "released": "Released",
                          "per_joule": "Efficiency", "peak": "Dense peak", "number_format": "Format",
                          "power": "Rated power"}),
    )  # fmt: skip
    named = record_labels(
        rows,
        "accelerator_name",
        x,
        y,
        Ground(rows, "event_date", "giga", (low / 1.6, high * 1.6), has_table=True),
        most=8,
        apart_days=330,
    )
    percent = plain((trend["growth_per_year"] - 1) * 100)
    bounds = " to ".join(plain((trend[f"growth_per_year_{side}"] - 1) * 100) for side in ("low", "high"))
    title = f"Data centre accelerators do {percent} % more work per joule each year"
    first, last = (year.year for year in (min(frame["event_date"]), max(frame["event_date"])))
    alt_text = (
        f"Scatter chart on a log scale: {frame.height} accelerators released from {first} to {last}, from "
        f"{plain(low)} to {plain(high)} GFLOP per joule in 16 bits. A line through the data centre accelerators rises "
        f"{percent} % a year (90 % interval {bounds} %, r² {plain(trend['r2'])})."
        f" {windows_sentence(trend, percent=True)}"
    )
    in_giga = {**trend, "log10_at_mean": trend["log10_at_mean"] - 9}
    tables = window_table(trend["windows"], percent=True)
    if leading := trend["leading_windows"]:
        heading = "The best three when released, since"
        tables += window_table(leading, percent=True, heading=heading, beside=bool(tables))
    layers = layered(*trend_layers(in_giga, x, "GFLOP/J", scale, axis), *tables, dots, *named)
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval_percent": bounds,
        "accelerators": frame.height, "accelerators_in_fit": trend["n_rows"],
    }  # fmt: skip
    return Built((Panel(layers),), title, alt_text, facts, rows)
