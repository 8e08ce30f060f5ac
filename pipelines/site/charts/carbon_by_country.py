"""Chart: a map of what one run would emit on the grid of each country."""

from __future__ import annotations

import json
import re
from typing import Any

import altair as alt
import polars as pl

from pipelines.answers.numbers import mass, number, plain
from pipelines.records.places import country_name
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.marks import ROWS, interval, layered, short_number, tooltips, written
from pipelines.site.charts.registry import Built, Column, Panel, chart

QUERY = """
with runs as (
    select e.*, o.outline
    from mart.emissions_by_country as e
    left join seeds.country_outlines as o on e.country = o.place
    qualify max(is_own_country) over (partition by training_run_id)
),

chosen as (
    select * from runs
    qualify training_run_id = arg_max(training_run_id, location_co2e_kg) filter (where is_own_country) over ()
)

select
    *,
    case when row_number() over (order by location_co2e_kg desc, country) = 1 then (
        select string_agg(outline, ';' order by place) from seeds.country_outlines
        where place not in (select country from chosen)
    ) end as elsewhere
from chosen
order by location_co2e_kg desc, country
"""


def geometry(outlines: str) -> dict[str, Any]:
    """GeoJSON of outlines in well-known text, several parted by semicolons; rings turn as the drawing library needs.

    >>> geometry("MULTIPOLYGON (((0 0, 4 0, 4 2, 0 0)))")["coordinates"]
    [[[[0, 0], [4, 2], [4, 0], [0, 0]]]]
    """
    polygons: list[Any] = []
    for outline in outlines.split(";"):
        points = re.sub(r"(-?\d+) (-?\d+)", r"[\1,\2]", outline.removeprefix("MULTIPOLYGON "))
        polygons += json.loads(points.replace("(", "[").replace(")", "]"))
    return {"type": "MultiPolygon", "coordinates": [[ring[::-1] for ring in polygon] for polygon in polygons]}


def middle(outline: str) -> tuple[float, float]:
    """Longitude and latitude of the middle of the largest landmass, between its least and most.

    >>> middle("MULTIPOLYGON (((0 0, 4 0, 4 2, 0 0)))")
    (2.0, 1.0)
    """
    rings = [polygon[0] for polygon in geometry(outline)["coordinates"]]
    longitudes, latitudes = zip(*max(rings, key=len), strict=True)
    return (min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2


def _features(frame: pl.DataFrame) -> alt.InlineData:
    drawn = frame.filter(pl.col("outline").is_not_null())
    outlines = zip(drawn["country"], drawn["outline"], strict=True)
    return alt.InlineData(
        values=[{"id": place, "type": "Feature", "geometry": geometry(text)} for place, text in outlines]
    )


def _names(rows: pl.DataFrame, frame: pl.DataFrame) -> tuple[alt.Chart, alt.Chart]:
    """The countries at both ends and that of the run, named at their middle."""
    drawn = rows.with_row_index().filter(frame["outline"].is_not_null())
    ends = pl.concat([drawn.head(1), drawn.tail(1), drawn.filter(pl.col("is_own"))]).unique("index")
    named = [
        dict(zip(("lon", "lat"), middle(frame["outline"][row["index"]]), strict=True))
        | {"text": f"{row['name']} {row['amount']}"}
        for row in ends.sort("index").iter_rows(named=True)
    ]
    base = alt.Chart(alt.InlineData(values=named)).encode(
        longitude="lon:Q", latitude="lat:Q", text="text:N", opacity=alt.value(alt.ExprRef("narrow ? 0 : 1"))
    )
    return (
        base.mark_text(fontSize=12, fontWeight=600, strokeWidth=3, strokeJoin="round", style="halo"),
        base.mark_text(fontSize=12, fontWeight=600, style="ink-label"),
    )


@chart(
    "carbon-by-country",
    number=16,
    section="energy",
    name="Emissions by country",
    kicker="What would the same run emit elsewhere?",
    subtitle="Location-based emissions of one training run if it took its electricity from the average grid of each "
             "country, all else equal.",
    query=QUERY,
    source="Compute Ledger, mart.emissions_by_country; each row names the source of its grid; outlines from Natural Earth",
    notes=(
        "The run is the one with the highest emissions among the ten that used the most electricity and whose country is "
        "published. Electricity, cooling and hours stay the same; only the grid differs.",
        "The interval covers the electricity of the run and how far sites lie from the average of their country. "
        "Contracts for clean power are not counted.",
        "Grey: no grid intensity in the ledger. Countries too small for the map are in the table alone. "
        "Outlines are rounded to whole degrees and say nothing about whose land is whose.",
    ),
    table=(
        Column("name", "Country"), Column("amount", "Emissions", sort="co2e_kg", has_bar=True),
        Column("interval", "90 % interval"), Column("intensity", "kg CO₂e/kWh"), Column("year", "Year of the grid"),
        Column("place", "Run"),
    ),
    height=420,
    internal_columns=("outline", "elsewhere"),
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Countries in the colour of what the run would emit there, over all land in grey."""
    rows = frame.select(
        "country", pl.col("country").map_elements(country_name, pl.String).alias("name"),
        short_number("location_co2e_kg", "co2e_kg"), written("location_co2e_kg", mass, "amount"),
        interval("location_co2e_kg_low", "location_co2e_kg_high", mass, "interval"),
        written("intensity_kg_co2e_per_kwh", lambda value: number(value, 2), "intensity"),
        pl.col("year").cast(pl.String), pl.col("is_own_country").alias("is_own"),
        pl.when("is_own_country").then(pl.lit("took place here")).otherwise(pl.lit("what if")).alias("place"),
    )  # fmt: skip
    least, most = least_of(rows["co2e_kg"]), most_of(rows["co2e_kg"])
    land = alt.Chart(alt.InlineData(values=[{"type": "Feature", "geometry": geometry(frame["elsewhere"][0])}]))
    base = alt.Chart(ROWS).transform_lookup(
        lookup="country", from_=alt.LookupData(data=_features(frame), key="id", fields=["type", "geometry"])
    )
    colour = alt.Color(
        "co2e_kg:Q",
        scale=alt.Scale(zero=True),
        legend=alt.Legend(title="emissions of the run, t CO₂e", labelExpr="format(datum.value / 1e3, ',~r')",
                          gradientLength=220, gradientThickness=10, tickCount=3),
    )  # fmt: skip
    tips = tooltips({"name": "Country", "amount": "Emissions", "interval": "90 % interval", "intensity": "kg CO₂e/kWh",
                     "year": "Year of the grid", "place": "Run"})  # fmt: skip
    countries = base.transform_filter("isValid(datum.geometry)").mark_geoshape(style="outline").encode(
        color=colour, tooltip=tips
    )  # fmt: skip
    layers = (land.mark_geoshape(style="land"), countries, *_names(rows, frame))
    run, own = frame["model_name"][0], rows.filter("is_own").row(0, named=True)
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    title = (
        f"On the grid of {last['name']}, training {run} would emit {last['amount']} instead of {own['amount']}, "
        f"on that of {first['name']} {first['amount']}"
    )
    alt_text = (
        f"World map. {rows.height} countries are coloured by what training {run} would emit on their average grid, from "
        f"{last['amount']} ({last['interval']}) in {last['name']} to {first['amount']} ({first['interval']}) in "
        f"{first['name']}: a factor of {plain(most / least)}. It took place in {own['name']}: {own['amount']}."
    )
    facts: dict[str, float | int | str] = {
        "run": run, "own_country": own["name"], "own_co2e_kg": own["co2e_kg"], "least_country": last["name"],
        "least_co2e_kg": least, "most_country": first["name"], "most_co2e_kg": most, "factor": most / least,
        "countries": rows.height,
    }  # fmt: skip
    return Built((Panel(layered(*layers).project(type="equalEarth"), narrow_height=170),), title, alt_text, facts, rows)
