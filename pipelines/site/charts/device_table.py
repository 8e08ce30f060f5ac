"""Chart: devices side by side, by power, rate, memory and price."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count_of, money, with_prefix
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    inline_data,
    layered,
    short_number,
    tooltips,
    written,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

CLASSES = {"datacentre": 0, "consumer": 1, "workstation": 2, "edge": 3, "mobile": 4}

QUERY = """
select
    a.accelerator_id, a.accelerator_name, a.vendor, a.segment, a.release_date, a.dense_16_bit_format as number_format,
    a.dense_16_bit_flop_per_s, a.tdp_w, a.dense_16_bit_flop_per_joule, a.memory_bytes, a.memory_bandwidth_bytes_per_s,
    a.release_price_usd, a.dense_16_bit_flop_per_s / a.release_price_usd as flop_per_s_per_usd,
    r.cloud_price_usd_per_chip_hour as rent_usd_per_hour,
    a.source_id
from mart.accelerators as a
left join core.on_demand_prices as r on a.accelerator_id = r.accelerator_id
where a.dense_16_bit_flop_per_s > 0 and a.tdp_w > 0
order by a.dense_16_bit_flop_per_joule desc, a.accelerator_id
"""


@chart(
    "device-table",
    number=15,
    section="hardware",
    name="Devices",
    kicker="Which device fits my power and price?",
    subtitle="Dense 16-bit peak against rated power, log scales. Devices on the same diagonal do the same work per "
             "joule. The table below lists power, memory and price: select a heading to sort.",
    query=QUERY,
    source="Compute Ledger, mart.accelerators and curated cloud prices; each row names its datasheet or price list",
    notes=(
        "Peaks are dense BF16 rates from the datasheet, else FP16. Reaching half of it is good. For generating text, "
        "memory bandwidth sets the speed instead.",
        "Price: price at release, from the vendor or a report. Rental price: on demand per chip-hour, the median over "
        "providers of the last two years, each with its latest price. – not published.",
        "Phones and other devices for which vendors publish only 8-bit rates are in the warehouse "
        "(mart.accelerator_peaks), not here.",
    ),
    keys=CLASSES,
    key_column="segment",
    table=(
        Column("accelerator_name", "Device", link="accelerators/accelerator_id"),
        Column("segment", "Class"), Column("peak", "16-bit peak", sort="tera"),
        Column("power", "Power", sort="watts"), Column("per_joule", "Per joule", sort="giga_per_joule", has_bar=True),
        Column("memory", "Memory", sort="memory_bytes"), Column("bandwidth", "Bandwidth", sort="bandwidth_number"),
        Column("price", "Price", sort="usd"), Column("per_dollar", "Per dollar", sort="giga_per_usd", has_bar=True),
        Column("rent", "Rental price per hour", sort="rent_usd"), Column("vendor", "Vendor"), Column("released", "Released"),
    ),
    height=400,
    is_table_open=True,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log-log scatter with diagonals of equal work per joule."""
    rows = frame.select(
        "accelerator_id", "accelerator_name", "vendor", pl.col("release_date").dt.strftime("%Y-%m").alias("released"), "segment",
        (pl.col("dense_16_bit_flop_per_s") / 1e12).round_sig_figs(4).alias("tera"), short_number("tdp_w", "watts"),
        (pl.col("dense_16_bit_flop_per_joule") / 1e9).round_sig_figs(4).alias("giga_per_joule"),
        short_number("memory_bytes", "memory_bytes"), short_number("memory_bandwidth_bytes_per_s", "bandwidth_number"),
        short_number("release_price_usd", "usd"),
        (pl.col("flop_per_s_per_usd") / 1e9).round_sig_figs(4).alias("giga_per_usd"),
        short_number("rent_usd_per_hour", "rent_usd"),
        written("dense_16_bit_flop_per_s", lambda v: with_prefix(v, "FLOP/s"), "peak"),
        written("tdp_w", lambda v: with_prefix(v, "W"), "power"),
        written("dense_16_bit_flop_per_joule", lambda v: with_prefix(v, "FLOP/J"), "per_joule"),
        written("memory_bytes", lambda v: with_prefix(v, "B"), "memory"),
        written("memory_bandwidth_bytes_per_s", lambda v: with_prefix(v, "B/s"), "bandwidth"),
        written("release_price_usd", lambda v: money(v, 3), "price"),
        written("flop_per_s_per_usd", lambda v: with_prefix(v, "FLOP/s"), "per_dollar"),
        written("rent_usd_per_hour", lambda v: money(v, 3), "rent"),
    )  # fmt: skip
    x_domain = [least_of(rows["watts"]) / 1.5, most_of(rows["watts"]) * 1.5]
    y_domain = (least_of(rows["tera"]) / 2, most_of(rows["tera"]) * 2)
    x_scale, y_scale = (alt.Scale(type="log", domain=list(d), nice=False) for d in (x_domain, y_domain))
    watts = "datum.value >= 1000 ? datum.value / 1000 + ' kW' : datum.value + ' W'"
    x_axis = alt.Axis(values=[v * 10.0**e for e in range(0, 5) for v in (1, 3)], labelExpr=watts, labelFlush=24)
    x = alt.X("watts:Q", title="rated power", scale=x_scale, axis=x_axis)
    y_axis = alt.Axis(
        values=[v * 10.0**e for e in range(-3, 6) for v in (1,)], labelExpr="format(datum.value * 1e12, '~s')"
    )
    y = alt.Y("tera:Q", title="FLOP/s", scale=y_scale, axis=y_axis)
    dots = alt.Chart(ROWS).mark_point(size=50, strokeWidth=1.5, fillOpacity=0.8).encode(
        x=x, y=y, **grouped("segment", CLASSES, rows), opacity=highlighted("segment"),
        tooltip=tooltips({"accelerator_name": "Device", "vendor": "Vendor", "released": "Released", "peak": "Dense 16-bit peak",
                          "power": "Rated power", "per_joule": "Per joule", "memory": "Memory", "price": "Price",
                          "rent": "Rental price per hour"}),
    )  # fmt: skip
    diagonals = _diagonals(x_domain, y_domain)
    lines = alt.Chart(inline_data(diagonals)).mark_line(style="muted-line", strokeDash=[2, 4], strokeWidth=1, clip=True).encode(
        x=alt.X("watts:Q", scale=x_scale), y=alt.Y("tera:Q", scale=y_scale), detail="name:N"
    )  # fmt: skip
    ends = diagonals.filter(pl.col("is_label"))
    words = alt.Chart(inline_data(ends)).mark_text(style="caption", fontSize=11, align="right", dx=-4, dy=-7).encode(
        x=alt.X("watts:Q", scale=x_scale), y=alt.Y("tera:Q", scale=y_scale), text="name:N"
    )  # fmt: skip
    best = rows.filter(pl.col("giga_per_joule").rank("ordinal", descending=True).over("segment") <= 1)
    named = labels(
        best.sort("tera", descending=True), "accelerator_name", x, y,
        Ground(rows, "watts", "tera", y_domain, (x_domain[0], x_domain[1]), is_x_log=True), most_when_narrow=1,
    )  # fmt: skip
    top = rows.row(0, named=True)
    priced = rows.drop_nulls("giga_per_usd").sort("giga_per_usd", descending=True)
    cheapest = priced.row(0, named=True)
    title = f"Most work per joule: {top['accelerator_name']}; most per dollar: {cheapest['accelerator_name']}"
    alt_text = (
        f"Scatter chart on log scales: dense 16-bit peak and rated power of {count_of(frame.height, 'device')}, with "
        f"diagonals of equal work per joule. {top['accelerator_name']} does the most work per joule "
        f"({top['per_joule']}). Among {priced.height} devices with a published price, {cheapest['accelerator_name']} "
        f"gives the most per dollar ({cheapest['per_dollar']} per $). A sortable table follows."
    )
    facts: dict[str, float | int | str] = {
        "most_per_joule": top["accelerator_name"], "most_per_dollar": cheapest["accelerator_name"],
        "devices": frame.height, "devices_with_price": priced.height,
    }  # fmt: skip
    return Built((Panel(layered(lines, words, dots, *named)),), title, alt_text, facts, rows)


def _diagonals(x_domain: list[float], y_domain: tuple[float, float]) -> pl.DataFrame:
    """Lines of equal FLOP per joule over the plot; a line's name stands where it leaves the plot."""
    found = []
    for giga in (10, 100, 1000):
        leaves = min(x_domain[1], y_domain[1] * 1000 / giga)
        name = with_prefix(giga * 1e9, "FLOP/J", 1)
        found += [
            {"name": name, "watts": watts, "tera": watts * giga / 1000, "is_label": watts == leaves}
            for watts in (max(x_domain[0], y_domain[0] * 1000 / giga), leaves)
        ]
    return pl.DataFrame(found)
