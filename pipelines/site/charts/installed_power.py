"""Chart: rated power of all AI chips in service, by designer and quarter."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count, with_prefix
from pipelines.site.charts.extent import most_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    hollow,
    hues_of,
    interval,
    layered,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

DESIGNERS = {"NVIDIA": 0, "Google": 1, "Amazon": 2, "AMD": 3}
PARTIAL = "known in part"

QUERY = """
select
    designer, quarter_end, bool_or(is_incomplete) as is_incomplete, sum(units) as units,
    sum(h100_equivalents) as h100_equivalents,
    sum(chip_power_w_low) as power_low, sum(chip_power_w) as power, sum(chip_power_w_high) as power_high,
    sum(facility_power_w) as facility_power
from mart.installed_compute
group by designer, quarter_end
order by quarter_end, designer
"""


def _watts(value: float) -> str:
    return with_prefix(value, "W", 2)


@chart(
    "installed-power",
    number=18,
    section="energy",
    name="Installed power",
    kicker="How much AI hardware is installed?",
    subtitle="Rated power of the AI chips in service at the end of each quarter, by designer, with 90 % bands. Servers and "
             "buildings are not included.",
    query=QUERY,
    source="Epoch AI, AI chip counts, through mart.installed_compute; each row names its row of the publisher",
    notes=(
        "The counts start in 2022 for NVIDIA, 2023 for Google, and 2024 for Amazon and AMD. Earlier chips and those of "
        "other designers, such as Huawei, are not counted.",
        "Retired chips are taken off by age. A hollow point is a quarter that the publisher knows in part: it is not a fall.",
        "Rated power is not consumption: the average power of the facilities is in the table.",
    ),
    keys=DESIGNERS,
    key_column="designer",
    table=(
        Column("designer", "Designer"), Column("quarter", "Quarter"), Column("power_text", "Rated power", sort="power"),
        Column("power_interval", "90 % interval"), Column("units_text", "Chips sold so far", sort="units"),
        Column("h100_text", "H100-equivalents", sort="h100"),
        Column("facility_text", "Average power, facilities", sort="facility"), Column("state", "Quarter is"),
    ),
    height=360,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Lines by designer with their bands."""
    rows = frame.select(
        "designer", pl.col("quarter_end").cast(pl.String),
        pl.format("Q{} {}", pl.col("quarter_end").dt.quarter(), pl.col("quarter_end").dt.year()).alias("quarter"),
        pl.when(pl.col("is_incomplete")).then(pl.lit(PARTIAL)).otherwise(pl.lit("complete")).alias("state"),
        short_number("power_low", "low"), short_number("power", "power"), short_number("power_high", "high"),
        short_number("units", "units"), short_number("h100_equivalents", "h100"), short_number("facility_power", "facility"),
        written("power", _watts, "power_text"), interval("power_low", "power_high", _watts, "power_interval"),
        written("units", count, "units_text"), written("h100_equivalents", count, "h100_text"),
        written("facility_power", _watts, "facility_text"),
    )  # fmt: skip
    x = years("quarter_end", ticks=5)
    axis = alt.Axis(labelExpr="format(datum.value / 1e9, '~r') + '\u00a0GW'", tickCount=5)
    scale = alt.Scale(domain=[0, most_of(rows["high"]) * 1.05], nice=False)
    y = alt.Y("power:Q", title=None, scale=scale, axis=axis)
    looks = grouped("designer", DESIGNERS, rows)
    base = alt.Chart(ROWS)
    hues = hues_of({word: index for word, index in DESIGNERS.items() if word in set(rows["designer"])})
    bands = base.mark_area().encode(
        x=x, y=alt.Y("low:Q", title=None, scale=scale, axis=axis), y2="high:Q",
        fill=alt.Fill("designer:N", scale=hues, title=None), opacity=highlighted("designer", 0.18),
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=1.6).encode(
        x=x, y=y, stroke=looks["stroke"], opacity=highlighted("designer", 0.9)
    )
    dots = base.mark_point(size=34, strokeWidth=1.3).encode(
        x=x, y=y, **looks, fillOpacity=hollow("state", PARTIAL), opacity=highlighted("designer"),
        tooltip=tooltips({"designer": "Designer", "quarter": "Quarter", "power_text": "Rated power",
                          "power_interval": "90 % interval", "units_text": "Chips sold so far", "state": "Quarter is"}),
    )  # fmt: skip
    whole = frame.filter(~pl.col("is_incomplete"))
    last = whole.filter(pl.col("quarter_end") == whole["quarter_end"].max())
    total, first = float(last["power"].sum()), last.sort("power", descending=True).row(0, named=True)
    share = first["power"] / total
    when = f"the end of {last['quarter_end'][0].year}" if not last.is_empty() else "the end of the counts"
    title = f"At {when}, AI chips rated {_watts(total)} were in service; {share:.0%} of that is {first['designer']}"
    title = title.replace("%", "\u00a0%")
    alt_text = (
        f"Lines with bands: rated power of the AI chips of {frame['designer'].n_unique()} designers in service, by quarter. At "
        f"{when} they add up to {_watts(total)}; {first['designer']} has {_watts(first['power'])}."
    )
    facts: dict[str, float | int | str] = {
        "chip_power_w": total, "largest_designer": first["designer"], "largest_share": share,
        "quarters": frame["quarter_end"].n_unique(),
    }  # fmt: skip
    return Built((Panel(layered(bands, lines, dots)),), title, alt_text, facts, rows)
