"""Totals over the installed AI chips of the world: a seeded Monte Carlo in which a factor of one name is drawn once for all.

What belongs here: drawing, adding up, and which factor moves a total how much. What does not: the amounts and how they
move with their factors (``core.installed_parts``), words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from pipelines.warehouse.models.python_tables import python_table
from pipelines.warehouse.models.totals import DRAWS, HALF_WIDTH, SEED, Draws, bounds_of

Scope = tuple[str, str]
"""Kind of scope and scope."""

SCOPES = (("all", None), ("designer", "designer"), ("owner", "owner"), ("chip", "chip_id"))
"""Kinds of scopes and the column that names the scope; everything has none."""

LEAST_SHARE = 5e-3
"""Squared correlations that so many draws show by chance are below this."""

TOTAL_COLUMNS = {
    "year": "Year; quarters that the publisher of the counts has only in part are left out.",
    "scope_kind": "all, designer, owner or chip.",
    "scope": "all, the designer, the owner, or the key of seeds.chip_kinds.",
    "quantity": "Quantity with its boundary.",
    "value_low": "5th percentile, assumptions that chips and owners share moving together.",
    "value": "Sum of the central values.",
    "value_high": "95th percentile, assumptions that chips and owners share moving together.",
    "unit": "Unit of the values.",
}
"""Columns of ``core.installed_totals`` and what they mean."""

DRIVER_COLUMNS = {
    "year": "Year of the total over everything.",
    "quantity": "Quantity with its boundary.",
    "factor": "Assumption or count, by name.",
    "share": "Share of the variance of the total's logarithm; the shares of a total sum to one.",
}
"""Columns of ``core.installed_drivers`` and what they mean."""

TOTAL_SCHEMA = {
    name: pl.Int64 if name == "year" else pl.Float64 if name.startswith("value") else pl.String
    for name in TOTAL_COLUMNS
}
DRIVER_SCHEMA = {"year": pl.Int64, "quantity": pl.String, "factor": pl.String, "share": pl.Float64}


def draw_normals(parts: pl.DataFrame) -> dict[str, Draws]:
    """A standard normal for each factor of the parts, the same whatever other years there are."""
    names = sorted({factor["factor"] for factors in parts["factors"] for factor in factors})
    rng = np.random.default_rng(SEED)
    return {name: rng.standard_normal(DRAWS) for name in names}


def draw_amount(amount: float, factors: Iterable[dict[str, float | str]], normals: dict[str, Draws]) -> Draws:
    """Draws of a product: two-sided lognormal in each of its factors."""
    logs = np.zeros(DRAWS)
    for factor in factors:
        normal = normals[str(factor["factor"])] / HALF_WIDTH
        logs += np.where(normal < 0, -normal * float(factor["log_below"]), normal * float(factor["log_above"]))
    return np.asarray(amount * np.exp(logs))


def scopes_of(part: dict[str, str]) -> Iterator[Scope]:
    """The scopes that a part counts in."""
    for kind, column in SCOPES:
        yield kind, part[column] if column else "all"


def draw_totals(parts: pl.DataFrame, normals: dict[str, Draws]) -> dict[tuple[Scope, str], tuple[float, Draws]]:
    """(scope, quantity) -> (sum of the central values, draws of the sum)."""
    totals: dict[tuple[Scope, str], tuple[float, Draws]] = {}
    for part in parts.iter_rows(named=True):
        drawn = draw_amount(part["amount"], part["factors"], normals)
        for scope in scopes_of(part):
            value, draws = totals.get((scope, part["quantity"]), (0.0, np.zeros(DRAWS)))
            totals[scope, part["quantity"]] = (value + part["amount"], draws + drawn)
    return totals


def years_of(parts: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """The parts of each year in a fixed order."""
    ordered = parts.sort("year", "chip_id", "owner", "quantity", "part")
    for (year,), members in ordered.group_by("year", maintain_order=True):
        yield int(str(year)), members


@python_table(
    "core.installed_totals",
    reads=["core.installed_parts"],
    key=["year", "scope_kind", "scope", "quantity"],
    columns=TOTAL_COLUMNS,
    checks={
        "designers_and_owners_sum_to_all": (
            "select year, quantity from core.installed_totals group by all having "
            "abs(sum(value) filter (where scope_kind = 'designer') / sum(value) filter (where scope_kind = 'all') - 1) > 1e-9 or "
            "abs(sum(value) filter (where scope_kind = 'owner') / sum(value) filter (where scope_kind = 'all') - 1) > 1e-9"
        )
    },
)
def add_up_chips(parts: pl.DataFrame) -> pl.DataFrame:
    """One row per year, scope and quantity: the sum over chips and owners with its 90 % interval."""
    rows: list[dict[str, object]] = []
    for year, members in years_of(parts):
        units = dict(members.select("quantity", "unit").unique().iter_rows())
        for ((kind, scope), quantity), (value, draws) in draw_totals(members, draw_normals(members)).items():
            low, high = bounds_of(draws, value)
            rows.append({
                "year": year, "scope_kind": kind, "scope": scope, "quantity": quantity,
                "value_low": low, "value": value, "value_high": high, "unit": units[quantity],
            })  # fmt: skip
    return pl.DataFrame(rows, schema=TOTAL_SCHEMA).sort("year", "scope_kind", "scope", "quantity")


@python_table(
    "core.installed_drivers",
    reads=["core.installed_parts"],
    key=["year", "quantity", "factor"],
    columns=DRIVER_COLUMNS,
)
def find_drivers(parts: pl.DataFrame) -> pl.DataFrame:
    """One row per year, quantity and factor: how much of the spread of the total over everything comes from the factor."""
    rows: list[dict[str, object]] = []
    for year, members in years_of(parts):
        normals = draw_normals(members)
        for (scope, quantity), (_, draws) in draw_totals(members, normals).items():
            if scope == ("all", "all"):
                shares = variance_shares(np.log(draws), normals)
                rows += [{"year": year, "quantity": quantity, "factor": f, "share": s} for f, s in shares.items()]
    return pl.DataFrame(rows, schema=DRIVER_SCHEMA).sort("year", "quantity", "factor")


def variance_shares(logs: Draws, normals: dict[str, Draws]) -> dict[str, float]:
    """Squared correlation of a total with each factor, scaled to sum to one; those below LEAST_SHARE are chance and left out."""
    squared = {name: float(np.corrcoef(logs, normal)[0, 1] ** 2) for name, normal in normals.items()}
    kept = {name: share for name, share in squared.items() if share >= LEAST_SHARE}
    whole = sum(kept.values())
    return {name: float(f"{share / whole:.4g}") for name, share in kept.items()}
