"""Totals of uncertain amounts that share assumptions: a seeded Monte Carlo over products of two-sided lognormals.

What belongs here: drawing and adding up. What does not: which runs a total counts (``core.total_runs``), how a figure
depends on its inputs (``core.total_factors``), words.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.warehouse.models.python_tables import python_table

DRAWS = 4000
SEED = 20260101
BOUNDS = (0.05, 0.95)
HALF_WIDTH = 1.6448536269514722
"""Standard deviations from the median to a bound of the central 90 %."""

Draws = NDArray[np.float64]

TOTAL_COLUMNS = {
    "quantity": "Quantity with its boundary.",
    "run_group": "Group of runs: pretraining, finetuning, reinforcement learning or other.",
    "scope_kind": "all, organization or year.",
    "scope": "all, the organization, or the year of publication.",
    "value_low": "5th percentile, assumptions that runs share moving together.",
    "value": "Sum of the central values.",
    "value_high": "95th percentile, assumptions that runs share moving together.",
    "low": "5th percentile if nothing were shared.",
    "high": "95th percentile if nothing were shared.",
    "unit": "Unit of the values.",
    "run_count": "Runs in the total.",
    "repeated_count": "Runs left out, because they repeat the work of another.",
}
"""Columns of ``core.training_totals`` and what they mean."""

NUMBERS = ("value_low", "value", "value_high", "low", "high")
SCHEMA = {
    name: pl.Int64 if name.endswith("_count") else pl.Float64 if name in NUMBERS else pl.String
    for name in TOTAL_COLUMNS
}


def draw_runs(values: pl.DataFrame, factors: pl.DataFrame, rng: np.random.Generator) -> dict[str, Draws]:
    """Draws of the amount of each run: its central value times the powers of its factors.

    The logarithm of a factor over its central value is two-sided normal with the given half-widths. Draws of a factor are
    not kept: a factor for each run takes more memory than all else in a build.
    """
    drawn = {run: np.zeros(DRAWS) for run in values["training_run_id"]}
    by_factor = factors.group_by("factor").agg(
        pl.col("down_log").max(), pl.col("up_log").max(), pl.col("training_run_id"), pl.col("exponent")
    )
    for _, down, up, runs, exponents in by_factor.sort("factor").iter_rows():
        normal = rng.standard_normal(DRAWS)
        logs = normal * np.where(normal < 0, down, up) / HALF_WIDTH
        for run, exponent in zip(runs, exponents, strict=True):
            if run in drawn:
                drawn[run] += exponent * logs
    for run, value in values.select("training_run_id", "value").iter_rows():
        np.exp(drawn[run], out=drawn[run])
        drawn[run] *= value
    return drawn


def bounds_of(total: Draws, value: float) -> tuple[float, float]:
    """5th and 95th percentile to four digits, around the central value."""
    low, high = (float(f"{bound:.4g}") for bound in np.quantile(total, BOUNDS))
    return min(low, value), max(high, value)


@python_table(
    "core.training_totals",
    reads=["core.training_results", "core.total_runs", "core.total_factors"],
    key=["quantity", "run_group", "scope_kind", "scope"],
    columns=TOTAL_COLUMNS,
)
def add_up_runs(results: pl.DataFrame, runs: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """One row per quantity, group of runs and scope: the sum over runs, each work counted once, with 90 % intervals.

    Assumptions, prices and grids that runs share move together; what is a run's own moves alone.
    """
    amounts = results.join(runs, on="training_run_id").select(
        "training_run_id",
        "quantity",
        "value",
        "unit",
        "run_group",
        "organization",
        "publication_year",
        "repeats_run_id",
    )
    own = factors.with_columns(factor=pl.concat_str("training_run_id", pl.lit(": "), "factor"))
    rows: list[dict[str, object]] = []
    for quantity in sorted(factors["quantity"].unique()):
        there = amounts.filter(pl.col("quantity") == quantity).sort("training_run_id")
        counted = there.filter(pl.col("repeats_run_id").is_null())
        shared_draws = draw_runs(counted, factors.filter(pl.col("quantity") == quantity), np.random.default_rng(SEED))
        own_draws = draw_runs(counted, own.filter(pl.col("quantity") == quantity), np.random.default_rng(SEED))
        for (group, kind, scope), members in scopes_of(there):
            summed = members.filter(pl.col("repeats_run_id").is_null()).sort("training_run_id")
            if summed.is_empty():
                continue
            value = float(summed["value"].sum())
            low, high = bounds_of(sum_of(shared_draws, summed), value)
            own_low, own_high = bounds_of(sum_of(own_draws, summed), value)
            rows.append({
                "quantity": quantity, "run_group": group, "scope_kind": kind, "scope": scope,
                "value_low": low, "value": value, "value_high": high,
                "low": own_low, "high": own_high, "unit": summed["unit"][0], "run_count": summed.height,
                "repeated_count": members.height - summed.height,
            })  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA).sort("quantity", "run_group", "scope_kind", "scope")


def scopes_of(amounts: pl.DataFrame) -> list[tuple[tuple[str, str, str], pl.DataFrame]]:
    """((group, kind of scope, scope), its runs): everything, each organization, each year."""
    found = []
    for kind, scope in (("all", pl.lit("all")), ("organization", pl.col("organization")),
                        ("year", pl.col("publication_year").cast(pl.String))):  # fmt: skip
        named = amounts.with_columns(scope=scope).filter(pl.col("scope").is_not_null())
        for (group, name), members in named.group_by("run_group", "scope", maintain_order=True):
            found.append(((str(group), kind, str(name)), members))
    return found


def sum_of(draws: dict[str, Draws], members: pl.DataFrame) -> Draws:
    """Draws of the sum over runs."""
    total = np.zeros(DRAWS)
    for run in members["training_run_id"]:
        total += draws[run]
    return total
