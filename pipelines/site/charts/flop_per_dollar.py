"""Chart: what a dollar buys, and what an hour costs."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from pipelines.answers.numbers import money, plain, with_prefix
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    layered,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.trend_line import record_labels, trend_layers, window_table, windows_sentence

CLASSES = {"datacentre": 0, "consumer": 1, "workstation": 2, "edge": 3}
WHAT = {
    "bought": "bought, price at release",
    "rented": "rented, per hour",
    "panel": "rented, median of a constant panel",
}
FAMILIES = {"V100": 4, "A100": 0, "H100": 1, "other chip": 5}

QUERY = """
with bought as (
    select
        'bought' as part, accelerator_id, accelerator_name, vendor, segment as class, release_date as event_date,
        'price at release' as terms, release_price_usd as price_usd, dense_16_bit_flop_per_s,
        dense_16_bit_flop_per_s / release_price_usd as flop_per_s_per_usd, source_id
    from mart.accelerators
    where dense_16_bit_flop_per_s / release_price_usd > 0 and kind <> 'cpu' and release_date >= date '2010-01-01'
),

rented as (
    select
        'rented' as part, p.accelerator_id, a.accelerator_name, p.provider as vendor,
        case
            when p.accelerator_id like 'h100%' then 'H100'
            when p.accelerator_id like 'a100%' then 'A100'
            when p.accelerator_id like 'v100%' then 'V100'
            else 'other chip'
        end as class,
        p.observed_date as event_date, p.terms, p.price_usd_per_chip_hour as price_usd, a.dense_16_bit_flop_per_s,
        null::double as flop_per_s_per_usd, p.source_id
    from seeds.cloud_prices as p
    inner join mart.accelerators as a on p.accelerator_id = a.accelerator_id
    where p.terms = 'on demand' and a.segment = 'datacentre'
),

panels as (
    select
        'panel' as part, p.accelerator_id, a.accelerator_name, 'panel of ' || p.provider_count || ' providers' as vendor,
        case p.accelerator_id when 'h100-sxm' then 'H100' when 'a100-sxm-80gb' then 'A100' else 'V100' end as class,
        make_date(p.year, 7, 1) as event_date, 'constant panel' as terms, p.price_usd_per_chip_hour as price_usd,
        a.dense_16_bit_flop_per_s, null::double as flop_per_s_per_usd, a.source_id
    from core.rental_price_panels as p
    inner join mart.accelerators as a on p.accelerator_id = a.accelerator_id
    where p.accelerator_id in ('h100-sxm', 'a100-sxm-80gb', 'v100-sxm-16gb')
)

select u.*, t.* exclude (metric, cohort)
from (select * from bought union all select * from rented union all select * from panels) as u
inner join mart.trends as t on t.metric = 'flop_per_s_per_usd' and t.cohort = 'kind gpu' and t.is_longest
order by part, event_date desc, accelerator_id, vendor, price_usd
"""


@chart(
    "flop-per-dollar",
    number=4,
    section="hardware",
    name="Price of compute",
    kicker="Is compute getting cheaper?",
    subtitle="Left: dense 16-bit peak per dollar of the price at release, log scale; dashed: fit through GPUs in all "
             "markets with its 90 % band. Right: on-demand rental price per chip-hour, log scale; lines: median of a "
             "constant panel of providers.",
    query=QUERY,
    source="Compute Ledger, mart.accelerators and curated cloud prices; each row names its price list or press report",
    notes=(
        "Vendors rarely publish prices of data centre chips: most come from resellers and the press, and few chips "
        "have one. The line is fitted through GPUs in all markets; mart.trends has each market separately.",
        "A price at release covers the card or module only. Servers, network and power cost extra; prices are "
        "nominal.",
        "Rental prices are on-demand list prices per chip-hour, by provider. Reserved and spot prices are lower; the "
        "warehouse has them, this chart does not. A line follows the same providers through all its years, so providers "
        "that come or go do not move it.",
    ),
    keys=CLASSES,
    key_column="class",
    table=(
        Column("accelerator_name", "Accelerator", link="accelerators/accelerator_id"),
        Column("what", "What"), Column("vendor", "Vendor or provider"),
        Column("date", "Date"), Column("price", "Price", sort="usd"), Column("peak", "Dense peak", sort="flop_per_s"),
        Column("per_dollar", "Peak per dollar", sort="giga"),
    ),
    columns=2,
    height=360,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Purchase: log scatter with fit. Rental: log scatter with the most rented chips by a constant panel of providers."""
    trend = frame.row(0, named=True)
    rows = frame.select(
        "accelerator_id", "accelerator_name", "vendor", "part", "class", pl.col("event_date").cast(pl.String),
        pl.col("event_date").cast(pl.String).alias("date"), short_number("price_usd", "usd"),
        pl.col("part").replace_strict(WHAT).alias("what"),
        written("price_usd", lambda v: money(v, 3), "price"), short_number("dense_16_bit_flop_per_s", "flop_per_s"),
        written("dense_16_bit_flop_per_s", lambda v: with_prefix(v, "FLOP/s"), "peak"),
        (pl.col("flop_per_s_per_usd") / 1e9).round_sig_figs(4).alias("giga"),
        written("flop_per_s_per_usd", lambda v: with_prefix(v, "FLOP/s"), "per_dollar"),
    )  # fmt: skip
    bought, rented, medians = (rows.filter(pl.col("part") == part) for part in ("bought", "rented", "panel"))
    buying = _purchase(bought, trend)
    renting = _rental(rented, medians)
    percent = plain((trend["growth_per_year"] - 1) * 100)
    bounds = " to ".join(plain((trend[f"growth_per_year_{side}"] - 1) * 100) for side in ("low", "high"))
    title = (
        f"Each dollar spent on GPUs buys {percent}\u00a0% more compute than a year earlier (90\u00a0%: {bounds}\u00a0%)"
    )
    h100 = medians.filter(pl.col("class") == "H100").sort("event_date")
    change = ""
    if h100.height > 1:
        first, last = (h100.row(i, named=True) for i in (0, -1))
        before, now = (f"{money(row['usd'])} in {row['date'][:4]}" for row in (first, last))
        change = f" The median price of an H100 hour, {first['vendor']}, went from {before} to {now}."
    alt_text = (
        f"Two scatter charts on log scales. Left: {bought.height} accelerators by release date and dense 16-bit peak "
        f"per dollar; a line through {trend['n_rows']} GPUs rises {percent} % a year (90 %: {bounds} %). Right: "
        f"{rented.height} on-demand rental prices per chip-hour.{change}"
        f" {windows_sentence(trend, percent=True)}"
    )
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval_percent": bounds,
        "gpus_in_fit": trend["n_rows"], "chips_with_price": bought.height, "rental_prices": rented.height,
    }  # fmt: skip
    panels = (Panel(buying, "Bought: peak per dollar"), Panel(renting, "Rented: dollars per chip-hour"))
    return Built(panels, title, alt_text, facts, rows)


def _purchase(bought: pl.DataFrame, trend: dict[str, Any]) -> alt.LayerChart:
    low, high = least_of(bought["giga"]), most_of(bought["giga"])
    x, scale = years(ticks=6), alt.Scale(type="log", domain=[low / 1.7, high * 1.7], nice=False)
    axis = alt.Axis(values=[10.0**e * v for e in range(-1, 4) for v in (1, 3)], format=",~r")
    y = alt.Y("giga:Q", title="GFLOP/s per $", scale=scale, axis=axis)
    base = alt.Chart(ROWS).transform_filter("datum.part == 'bought'")
    dots = base.mark_point(size=50, strokeWidth=1.5, fillOpacity=0.85).encode(
        x=x, y=y, **grouped("class", CLASSES, bought), opacity=highlighted("class"),
        tooltip=tooltips({"accelerator_name": "Accelerator", "vendor": "Vendor", "date": "Released", "price": "Price at release",
                          "peak": "Dense peak", "per_dollar": "Peak per dollar"}),
    )  # fmt: skip
    in_giga = {**trend, "log10_at_mean": trend["log10_at_mean"] - 9}
    ground = Ground(bought, "event_date", "giga", (low / 1.7, high * 1.7), width=400, has_table=True)
    named = record_labels(
        bought.filter(pl.col("class") == "datacentre"), "accelerator_name", x, y, ground, most=3, apart_days=500
    )
    return layered(
        *trend_layers(in_giga, x, "GFLOP/s per $", scale, axis),
        *window_table(trend["windows"], percent=True),
        dots,
        *named,
    )


def _rental(rented: pl.DataFrame, panels: pl.DataFrame) -> alt.LayerChart:
    x, scale = years(ticks=6), alt.Scale(type="log", domain=[0.15, 20], nice=False)
    axis = alt.Axis(values=[0.2, 0.5, 1, 2, 5, 10, 20], format="$~r")
    y = alt.Y("usd:Q", title="$ per hour", scale=scale, axis=axis)
    looks = grouped("class", FAMILIES, rented)
    base = alt.Chart(ROWS).transform_filter("datum.part == 'rented'")
    dots = base.mark_point(size=34, strokeWidth=1.2, fillOpacity=0.5).encode(
        x=x, y=y, **looks, opacity=alt.condition("datum.class == 'other chip'", alt.value(0.3), alt.value(0.75)),
        tooltip=tooltips({"accelerator_name": "Accelerator", "vendor": "Provider", "date": "Observed", "price": "Per chip-hour"}),
    )  # fmt: skip
    line = alt.Chart(ROWS).transform_filter("datum.part == 'panel'").mark_line(strokeWidth=2.2).encode(
        x=x, y=y, stroke=looks["stroke"], detail="class:N"
    )  # fmt: skip
    ends = panels.sort("class", "event_date").group_by("class", maintain_order=True).first()
    ground = Ground(rented, "event_date", "usd", (0.15, 20), width=400)
    return layered(dots, line, *labels(ends, "class", x, y, ground, most_when_narrow=3))
