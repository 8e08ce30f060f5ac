"""Chart: energy and emissions of all AI chips by year, beside published totals."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import energy, with_prefix
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    layered,
    short_number,
    tooltips,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

KINDS = {
    "all counted AI chips": 0, "location-based": 1, "market-based": 2, "embodied": 3, "published total": 5,
}  # fmt: skip

QUERY = """
with ours as (
    select year, has_all_designers, unnest([
        {'part': 'energy', 'kind': 'all counted AI chips', 'low': facility_energy_kwh_low, 'value': facility_energy_kwh,
         'high': facility_energy_kwh_high},
        {'part': 'emissions', 'kind': 'location-based', 'low': location_co2e_kg_low, 'value': location_co2e_kg,
         'high': location_co2e_kg_high},
        {'part': 'emissions', 'kind': 'market-based', 'low': market_co2e_kg_low, 'value': market_co2e_kg,
         'high': market_co2e_kg_high},
        {'part': 'emissions', 'kind': 'embodied', 'low': embodied_co2e_kg_low, 'value': embodied_co2e_kg,
         'high': embodied_co2e_kg_high}
    ], max_depth := 2)
    from mart.installed_footprint
    where scope_kind = 'all'
)

select
    part, kind, year, low, value, high,
    case when has_all_designers then 'All counted AI chips' else 'Counted AI chips, some designers' end as name
from ours
union all
select
    case quantity when 'facility_energy_kwh' then 'energy' else 'emissions' end, 'published total', year,
    nullif(published_value_low, published_value), published_value, nullif(published_value_high, published_value), total_name
from mart.installed_comparisons
where quantity in ('facility_energy_kwh', 'location_co2e_kg') and is_independent
order by 1 desc, 2, 3, 7
"""


def _amount(value: float | None, part: str) -> str:
    if value is None:
        return "–"
    return energy(value) if part == "energy" else f"{with_prefix(value / 1000, 't', 2)} CO₂e"


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Amounts and intervals in words, by the part of the row."""
    texts = []
    for row in frame.iter_rows(named=True):
        bounds = f"{_amount(row['low'], row['part'])} to {_amount(row['high'], row['part'])}"
        texts.append({
            "amount": _amount(row["value"], row["part"]),
            "interval": bounds if row["low"] is not None else "–",
        })  # fmt: skip
    return pl.DataFrame(texts, schema={"amount": pl.String, "interval": pl.String})


@chart(
    "installed-footprint",
    number=19,
    section="energy",
    name="Energy and emissions of all AI chips",
    kicker="What does all AI compute take in a year?",
    subtitle="Electricity of the facilities, beside published totals, and emissions of all counted AI chips by year, with 90 % "
             "intervals, log scales.",
    query=QUERY,
    source="Epoch AI, AI chip counts, through mart.installed_footprint; published totals name their source on the page "
           "All of it together",
    notes=(
        "Grey points are published totals: of AI systems, or of all data centres or operators. The latter include other "
        "servers, so ours must not be above them. The point of 2030 is a projection.",
        "Only 2024 and later have all four designers; earlier years are too low.",
        "Embodied emissions are the share of the year in the making of the hardware. They add to either of the other two; "
        "location-based and market-based emissions are two views of the same electricity.",
    ),
    keys=KINDS,
    key_column="kind",
    table=(
        Column("name", "Scope"), Column("kind", "Kind"), Column("year_text", "Year"),
        Column("amount", "Amount", sort="value"), Column("interval", "90 % interval"),
    ),
    columns=2,
    height=330,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Interval dots by year: energy with published totals, and emissions."""
    rows = pl.concat([frame.select(
        "part", "kind", "name", "year", pl.col("year").cast(pl.String).alias("year_text"),
        short_number("low", "low"), short_number("value", "value"), short_number("high", "high"),
    ), _texts(frame)], how="horizontal")  # fmt: skip
    ours = frame.filter(pl.col("kind") == "all counted AI chips").sort("year").row(-1, named=True)
    co2 = frame.filter(pl.col("kind") == "location-based").sort("year").row(-1, named=True)
    title = (
        f"All counted AI chips took about {energy(ours['value'])} in {ours['year']} "
        f"({energy(ours['low'])} to {energy(ours['high'])})"
    )
    alt_text = (
        f"Two panels with 90 % intervals on log scales, by year. Electricity: {energy(ours['value'])} in {ours['year']}, beside "
        f"{frame.filter(pl.col('kind') == 'published total').height} published totals. Emissions: location-based "
        f"{_amount(co2['value'], 'emissions')} in {co2['year']}, beside market-based and embodied emissions."
    )
    facts: dict[str, float | int | str] = {
        "year": ours["year"], "facility_energy_kwh": ours["value"], "location_co2e_kg": co2["value"],
    }  # fmt: skip
    panels = (
        Panel(_energies(rows), "Electricity of the facilities"),
        Panel(_emissions(rows), "Emissions"),
    )
    return Built(panels, title, alt_text, facts, rows)


def _energies(rows: pl.DataFrame) -> alt.LayerChart:
    """Energy by year on an axis of numbers, so that a projection stands as far away as it is."""
    there = rows.filter(pl.col("part") == "energy")
    first, last = least_of(there["year"]), most_of(there["year"])
    scale = alt.Scale(domain=[first - 0.6, last + 0.6], nice=False)
    x = alt.X("year:Q", title=None, scale=scale, axis=alt.Axis(format="d", tickMinStep=1, tickCount=5, grid=False))
    return _dots(rows, "energy", {"x": x}, "format(datum.value / 1e9, ',~r') + '\u00a0TWh'")


def _emissions(rows: pl.DataFrame) -> alt.LayerChart:
    """Emissions by year, kinds side by side."""
    x = alt.X("year_text:O", title=None, axis=alt.Axis(labelAngle=0))
    offset = alt.XOffset("kind:N", sort=list(KINDS))
    return _dots(rows, "emissions", {"x": x, "xOffset": offset}, "datum.value / 1e9 + '\u00a0Mt'")


def _dots(rows: pl.DataFrame, part: str, place: dict[str, alt.X | alt.XOffset], label: str) -> alt.LayerChart:
    """Dots with intervals of one part of the rows."""
    there = rows.filter(pl.col("part") == part)
    low, high = least_of(there["low"].drop_nulls()) / 1.5, most_of(there["value"]) * 2
    scale = alt.Scale(type="log", nice=False, domain=[low, high])
    y_axis = alt.Axis(labelExpr=label, values=[10.0**e for e in range(4, 14)])
    base = alt.Chart(ROWS).transform_filter(f"datum.part == '{part}'")
    y = alt.Y("value:Q", title=None, scale=scale, axis=y_axis)
    looks = grouped("kind", KINDS, rows)
    spans = base.mark_rule(strokeWidth=2).encode(
        **place, y=alt.Y("low:Q", title=None, scale=scale, axis=y_axis), y2="high:Q", stroke=looks["stroke"],
        opacity=highlighted("kind", 0.6),
    )  # fmt: skip
    dots = base.mark_point(size=50, strokeWidth=1.3, fillOpacity=0.85).encode(
        **place, y=y, **looks, opacity=highlighted("kind"),
        tooltip=tooltips({"name": "Scope", "kind": "Kind", "year_text": "Year", "amount": "Amount",
                          "interval": "90 % interval"}),
    )  # fmt: skip
    return layered(spans, dots)
