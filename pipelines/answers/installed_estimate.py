"""What all counted AI chips would take with other assumptions: what ``ledger estimate --installed`` says.

What belongs here: what is given, what makes it impossible, and running it. What does not: any formula. What is given
takes the place of an input of every chip and owner; amounts and totals come from the model and the draws that make
the warehouse's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.answers.beside_published import beside_published, fitting_code
from pipelines.answers.given import Stated, figure_cells
from pipelines.answers.numbers import number
from pipelines.errors import UsageError
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import Row, data_version, read_rows
from pipelines.warehouse.models.installed_totals import draw_normals, draw_totals
from pipelines.warehouse.models.sql_models import read_models
from pipelines.warehouse.models.totals import bounds_of

PARTS, INPUTS = "core.installed_parts", "core.installed_inputs"
LATEST_YEAR = 2035
MOST_KG_PER_KWH = 2.0
MOST_GROWTH = 20.0

QUANTITIES = ("chip_power_w", "facility_power_w", "facility_energy_kwh", "location_co2e_kg", "market_co2e_kg",
              "embodied_co2e_kg", "water_l", "cost_usd")  # fmt: skip
"""Quantities of the answer, in order."""


@dataclass(frozen=True)
class Given:
    """What is given about the total; None leaves it to the assumptions."""

    year: int | None = None
    utilisation: Stated | None = None
    pue: Stated | None = None
    grid: Stated | None = None
    growth: Stated | None = None


REPLACED = {
    "utilisation": ("fleet_utilisation", "share"),
    "pue": ("pue", "ratio"),
    "grid": ("grid_intensity", "kg CO2e/kWh"),
}
"""For each number that may be given: the input that it takes the place of, and its unit."""


def estimate(settings: Settings, given: Given) -> Row:
    """The total of a year with what is given, each quantity beside the published one.

    Raises UsageError for what cannot be, LedgerError where nothing is published.
    """
    check_amounts(given)
    model = read_models(SQL, "sql")[PARTS]
    with beside_published(settings, {PARTS: model}, copied=(INPUTS,)) as connection, fitting_code():
        last = int(read_rows(connection, "select max(year) as year from ledger.core.installed_totals")[0]["year"])
        asked = given.year or last
        check_year(connection, asked, last, given)
        base = min(asked, last)
        connection.execute(f"delete from {INPUTS} where year <> ?", [base])
        replace_inputs(connection, given)
        parts = grown(connection.sql(model.query).pl(), given.growth, asked - base)
        published = read_rows(
            connection, "select * from ledger.core.installed_totals where scope_kind = 'all' and year = ?", [base]
        )
        version = data_version(connection, "ledger.meta")
    figures = beside_those(parts, published)
    return {"year": asked, "base_year": base, "figures": figures, "given": said_given(given), **version}


def check_amounts(given: Given) -> None:
    """Raise UsageError for numbers that no total can have."""
    if given.utilisation is not None and given.utilisation.high > 1:
        raise UsageError(
            f"--utilisation {number(given.utilisation.high, 6)}: it is a share of the time; expected at most 1."
        )
    if given.pue is not None and given.pue.low < 1:
        raise UsageError(
            f"--pue {number(given.pue.low, 6)}: a facility uses at least as much power as its computers; expected at least 1."
        )
    if given.grid is not None and given.grid.high > MOST_KG_PER_KWH:
        raise UsageError(
            f"--grid {number(given.grid.high, 6)}: expected kg CO2e per kWh, at most {number(MOST_KG_PER_KWH)}."
        )
    if given.growth is not None and given.growth.high > MOST_GROWTH:
        raise UsageError(
            f"--growth {number(given.growth.high, 6)}: expected a factor per year, at most {number(MOST_GROWTH)}."
        )


def check_year(connection: duckdb.DuckDBPyConnection, asked: int, last: int, given: Given) -> None:
    """Raise UsageError for a year without counts, or beyond them without growth."""
    years = [
        int(row["year"])
        for row in read_rows(connection, "select distinct year from ledger.core.installed_totals order by 1")
    ]
    if asked > LATEST_YEAR or asked < years[0]:
        raise UsageError(f"--year {asked}: expected {years[0]} to {LATEST_YEAR}.")
    if asked > last and given.growth is None:
        raise UsageError(f"--year {asked}: the counts end with {last}. Give --growth, the factor per year after it.")
    if asked <= last and given.growth is not None:
        raise UsageError(f"--growth applies after {last}, the last year of the counts: give a later --year.")


def replace_inputs(connection: duckdb.DuckDBPyConnection, given: Given) -> None:
    """Put what is given in the place of the inputs of all chips and owners."""
    for name, (column, unit) in REPLACED.items():
        stated: Stated | None = getattr(given, name)
        if stated is not None:
            connection.execute(
                f"update {INPUTS} set {column} = input({column}.name, ?, ?, ?, ?, 'given', {column}.source_id, ?, null, ?)",
                [stated.low, stated.value, stated.high, unit, f"--{name}", f"--{name}"],
            )
    connection.execute(
        f"update {INPUTS} set fleet_power_ratio = "
        "fleet_power_ratio_of(fleet_utilisation.value, average_power_ratio.value, idle_power_ratio.value)"
    )


def grown(parts: pl.DataFrame, growth: Stated | None, years: int) -> pl.DataFrame:
    """The parts after so many years of growth, one more factor that moves them all."""
    if growth is None:
        return parts
    factor = pl.struct(
        pl.lit("--growth").alias("factor"),
        (years * pl.lit(growth.low / growth.value).log()).alias("log_below"),
        (years * pl.lit(growth.high / growth.value).log()).alias("log_above"),
    )
    return parts.with_columns(
        amount=pl.col("amount") * growth.value**years,
        factors=pl.concat_list("factors", factor),
    )


def beside_those(parts: pl.DataFrame, published: list[Row]) -> list[Row]:
    """Each quantity of the total with its interval, and how it compares with the published one."""
    units = {row["quantity"]: row["unit"] for row in published}
    known = {row["quantity"]: row["value"] for row in published}
    totals = draw_totals(parts.sort("chip_id", "owner", "quantity", "part"), draw_normals(parts))
    figures = []
    for quantity in QUANTITIES:
        value, draws = totals[("all", "all"), quantity]
        low, high = bounds_of(draws, value)
        figures.append({
            "quantity": quantity, "value_low": low, "value": value, "value_high": high, "unit": units[quantity],
            "ratio": value / known[quantity],
        })  # fmt: skip
    return figures


def said_given(given: Given) -> list[Row]:
    """What was given, as inputs."""
    units = {**{name: unit for name, (_, unit) in REPLACED.items()}, "growth": "1/year"}
    return [
        {"name": f"--{name}", "low": stated.low, "value": stated.value, "high": stated.high, "unit": unit}
        for name, unit in units.items()
        if (stated := getattr(given, name)) is not None
    ]


def as_table(result: Row) -> list[list[str]]:
    """The answer as a table of texts, headings first; numbers stand in the second column."""
    heads = ["figure", "central", "unit", "90 % interval", f"beside {result['base_year']}"]
    rows = [
        [*figure_cells(row, "quantity", "value_low", "value_high"), f"{number(row['ratio'], 3)} ×"]
        for row in result["figures"]
    ]
    return [heads, *rows]
