"""Chart: electricity and carbon of training runs, and what drives them."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import energy, mass, percent, plain
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.marks import (
    ROWS,
    by_number,
    grouped,
    highlighted,
    inline_data,
    layered,
    names_axis,
    short_number,
    tooltips,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.style import hue

KINDS = {"independent": 0, "same formula (not independent)": 5}
PLACES = {
    "NOR": "Norway", "FRA": "France", "CAN": "Canada", "GBR": "United Kingdom", "DEU": "Germany", "USA": "United States",
    "JPN": "Japan", "CHN": "China", "IND": "India",
}  # fmt: skip

QUERY = f"""
with runs as (
    select
        'run' as part, training_run_id as row_id, model_name as subject_name, 'facility energy' as quantity,
        'facility' as boundary,
        facility_energy_kwh_low as value_low, facility_energy_kwh as value, facility_energy_kwh_high as value_high, 'kWh' as unit,
        location_co2e_kg_low as other_low, location_co2e_kg as other, location_co2e_kg_high as other_high,
        null::double as pue, null::boolean as is_circular
    from mart.training_summary
    where facility_energy_kwh is not null and is_main_run and run_kind = 'pretraining'
    order by facility_energy_kwh desc, training_run_id limit 10
),

grids as (
    select place, intensity_kg_co2e_per_kwh
    from seeds.grid_carbon
    where basis = 'location' and operator is null and list_contains({list(PLACES)}, place)
    qualify row_number() over (partition by place order by year desc) = 1
),

driven as (
    select
        'driver' as part, place as row_id, place as subject_name, 'carbon of 1 MWh of computing' as quantity,
        'location' as boundary, null::double as value_low, 1000 * intensity_kg_co2e_per_kwh * p.pue as value,
        null::double as value_high, 'kg CO2e' as unit, null::double as other_low, null::double as other,
        null::double as other_high, p.pue, null::boolean as is_circular
    from grids, unnest([1.08, 1.2, 1.4, 1.58]) as p(pue)
),

checked as (
    select
        'check' as part, published_figure_id as row_id, subject_name, quantity, boundary, value_low, value, value_high, unit,
        null::double as other_low, published_value as other, null::double as other_high, null::double as pue, is_circular
    from mart.validation
    where quantity in ('energy_kwh', 'co2e_kg') and published_value > 0
)

select * from runs
union all select * from driven
union all select * from checked
order by part desc, value desc, row_id, pue, quantity, other
"""


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return energy(value) if unit == "kWh" else f"{mass(value)} CO₂e"


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Amounts in words, by the unit of the row."""
    texts: dict[str, list[str]] = {"amount": [], "interval": [], "beside": []}
    for row in frame.iter_rows(named=True):
        unit = row["unit"]
        texts["amount"].append(_amount(row["value"], unit))
        has_interval = row["value_low"] is not None
        low, high = _amount(row["value_low"], unit), _amount(row["value_high"], unit)
        texts["interval"].append(f"{low} to {high}" if has_interval else "–")
        texts["beside"].append(_amount(row["other"], "kg" if row["part"] == "run" else unit))
    return pl.DataFrame(texts)


@chart(
    "energy-carbon",
    number=7,
    section="energy",
    name="Energy and carbon",
    kicker="How much electricity and carbon does a run take, and what drives it?",
    subtitle="The ten runs that used the most electricity, with 90 % intervals, log scale; how location and building "
             "change emissions; published figures against our estimates.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary, mart.validation and curated grid intensities; each row names its "
           "source",
    notes=(
        "Facility energy includes servers and the building (PUE). We calculate it from chip-hours and rated power "
        "where no meter reading is published.",
        "Emissions are location-based: they use the average grid of the country where the run took place, or a "
        "worldwide range where the location is not published. Market-based emissions, which count purchased clean power, "
        "are separate and not shown here.",
        "Grey points use the same formula as our estimate, often with the same hours, so they are not an independent "
        "check. Blue points are independent: measured, or reported from meters.",
        "The location changes emissions the most, far more than the building: compare the heat map by row, then by "
        "column.",
    ),
    keys=KINDS,
    key_column="kind",
    table=(
        Column("what", "Topic"), Column("name", "Run or location"), Column("amount", "Estimate", sort="value"),
        Column("interval", "90 % interval"), Column("beside", "Emissions, or published value", sort="other"),
        Column("boundary", "Boundary"), Column("pue_text", "PUE"),
    ),
    columns=2,
    height=330,
    names_px=110,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Interval dots by run; heat map of place by PUE; published against estimated."""
    what = {
        "run": "run: electricity and emissions",
        "driver": "emissions of 1 MWh of computing",
        "check": "published figure",
    }
    rows = pl.concat([frame.select(
        "part", pl.col("part").replace_strict(what).alias("what"), "boundary", "quantity",
        pl.col("subject_name").replace(PLACES).alias("name"),
        short_number("value_low", "low"), short_number("value", "value"), short_number("value_high", "high"),
        short_number("other", "other"), short_number("other_low", "other_low"), short_number("other_high", "other_high"),
        pl.when(pl.col("is_circular")).then(pl.lit("same formula (not independent)")).when(~pl.col("is_circular"))
        .then(pl.lit("independent")).alias("kind"),
        pl.col("pue").cast(pl.String).fill_null("–").alias("pue_text"),
    ), _texts(frame)], how="horizontal")  # fmt: skip
    runs, driven, checks = (rows.filter(pl.col("part") == part) for part in ("run", "driver", "check"))
    factor = most_of(driven["value"]) / least_of(driven["value"])
    independent = frame.filter(pl.col("part") == "check", ~pl.col("is_circular"))
    covered = independent.filter(pl.col("other").is_between(pl.col("value_low"), pl.col("value_high"))).height
    top = runs.row(0, named=True)
    title = (
        f"Training {top['name']} took about {top['amount']}; location changes a run's emissions {plain(factor)}-fold"
    )
    alt_text = (
        "Four panels. Electricity and emissions of the ten runs that used the most electricity, as dots with 90 % "
        f"intervals on log scales: {top['name']} leads with {top['amount']} ({top['interval']}) and {top['beside']}. "
        f"A heat map with the emissions of 1 MWh of computing in {len(PLACES)} countries and four buildings, from "
        f"{driven['amount'][-1]} to {driven['amount'][0]}. {checks.height} published figures against our estimates: "
        f"{covered} of {independent.height} independent figures lie inside our 90 % interval."
    )
    facts: dict[str, float | int | str] = {
        "largest_run": top["name"], "largest_run_kwh": top["value"], "factor_of_place_and_building": factor,
        "independent_figures": independent.height, "independent_figures_covered": covered, "figures": checks.height,
        "covered": percent(covered / independent.height) if independent.height else "none",
    }  # fmt: skip
    within = f"{covered} of {independent.height} independent published figures lie inside our 90 % interval"
    panels = (
        Panel(_ranked(runs, "value", "low", "high"), "Facility energy"),
        Panel(_ranked(runs, "other", "other_low", "other_high"), "Location-based emissions"),
        Panel(_heat_map(driven), "kg CO₂e per MWh of computing"),
        Panel(_against(checks), within),
    )
    return Built(panels, title, alt_text, facts, rows)


def _ranked(runs: pl.DataFrame, value: str, low: str, high: str) -> alt.LayerChart:
    """Interval dots by run on a log axis, in the order of their electricity."""
    base = alt.Chart(ROWS).transform_filter("datum.part == 'run'")
    name = alt.Y("name:N", sort=by_number("value", descending=True), title=None, axis=names_axis(150, 100))
    expression = (
        "datum.value >= 1e9 ? datum.value / 1e9 + '\u00a0TWh' : datum.value >= 1e6 ? datum.value / 1e6 + '\u00a0GWh' : "
        "datum.value / 1e3 + '\u00a0MWh'"
        if value == "value"
        else "format(datum.value / 1e3, ',~r') + '\u00a0t'"
    )
    axis = alt.Axis(labelExpr=expression, values=[10.0**e for e in range(0, 14)], grid=True)
    least, most = least_of(runs[low]), most_of(runs[high])
    scale = alt.Scale(type="log", nice=False, domain=[least / 1.6, most * 1.6])
    x = alt.X(f"{value}:Q", title=None, scale=scale, axis=axis)
    tips = tooltips({"name": "Run", "amount": "Electricity", "interval": "90 % interval", "beside": "Emissions"})
    spans = base.mark_rule(strokeWidth=2, color=hue(0)).encode(
        x=alt.X(f"{low}:Q", title=None, scale=scale, axis=axis), x2=f"{high}:Q", y=name
    )
    dots = base.mark_point(size=70, filled=True, opacity=1, color=hue(0)).encode(x=x, y=name, tooltip=tips)
    return layered(spans, dots)


def _heat_map(driven: pl.DataFrame) -> alt.LayerChart:
    base = alt.Chart(ROWS).transform_filter("datum.part == 'driver'")
    order = driven.group_by("name", maintain_order=True).agg(pl.col("value").max()).sort("value")["name"].to_list()
    place = alt.Y("name:N", sort=order, title=None, axis=names_axis(150, 100))
    pue = alt.X("pue_text:O", title="PUE", axis=alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False))
    colour = alt.Color("value:Q", scale=alt.Scale(type="log"), legend=None)
    cells = base.mark_rect().encode(
        x=pue,
        y=place,
        color=colour,
        tooltip=tooltips({"name": "Location", "pue_text": "PUE", "amount": "Emissions of 1 MWh"}),
    )
    least, most = least_of(driven["value"]), most_of(driven["value"])
    middle = f"{least * (most / least) ** 0.4:.4g}"
    numbers = base.mark_text(fontSize=12).encode(x=pue, y=place, text=alt.Text("value:Q", format=",.0f"))
    dark_cells = numbers.transform_filter(f"datum.value > {middle}").mark_text(fontSize=12, style="card-label")
    light_cells = numbers.transform_filter(f"datum.value <= {middle}").mark_text(fontSize=12, style="ink-label")
    return layered(cells, dark_cells, light_cells)


def _against(checks: pl.DataFrame) -> alt.LayerChart:
    low = min(least_of(checks[c]) for c in ("value", "other"))
    high = max(most_of(checks[c]) for c in ("value", "other"))
    scale = alt.Scale(type="log", domain=[low / 2, high * 2], nice=False)
    axis = alt.Axis(values=[10.0**e for e in range(0, 12, 2)], format="~s")
    line = alt.Chart(inline_data(pl.DataFrame({"at": [low / 2, high * 2]}))).mark_line(
        style="muted-line", strokeDash=[4, 4]
    )
    x = alt.X("other:Q", title="published value, kWh or kg", scale=scale, axis=axis)
    y = alt.Y("value:Q", title="our estimate", scale=scale, axis=axis)
    base = alt.Chart(ROWS).transform_filter("datum.part == 'check'")
    looks = grouped("kind", KINDS, checks)
    spans = base.mark_rule(strokeWidth=1).encode(
        x=x, y=alt.Y("low:Q", title="our estimate", scale=scale, axis=axis), y2="high:Q", stroke=looks["stroke"],
        opacity=highlighted("kind", 0.45),
    )  # fmt: skip
    dots = base.mark_point(size=42, strokeWidth=1.3, fillOpacity=0.85).encode(
        x=x, y=y, **looks, opacity=highlighted("kind"),
        tooltip=tooltips({"name": "Run", "quantity": "Quantity", "beside": "Published", "amount": "Our estimate",
                          "interval": "90 % interval", "kind": "Comparison"}),
    )  # fmt: skip
    return layered(line.encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale)), spans, dots)
