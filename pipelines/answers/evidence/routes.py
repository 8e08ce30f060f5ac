"""Which row is meant by a subject and a quantity, which models made it, and which rows these models read for it.

What belongs here: the way from a row of a mart back to tables that are given. What does not: running it (``replay.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from pipelines.answers.beside_published import models_of as read_them
from pipelines.answers.explain import explain
from pipelines.answers.training_estimate import FIRST_MODELS, THEN_MODELS
from pipelines.errors import UsageError, did_you_mean, shown
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.sql_models import SqlModel

OF_A_RUN = tuple(name for name in (*FIRST_MODELS, *THEN_MODELS) if name not in ("training_results", "training_memory"))

ROUTES: dict[str, tuple[str, ...]] = {
    "mart.figures": (*(f"core.{name}" for name in OF_A_RUN), "mart.figures"),
    "mart.benchmark_runs": ("core.benchmark_derived", "mart.benchmark_runs"),
    "mart.inference_estimates": ("core.inference_estimates", "mart.inference_estimates"),
}
"""For each mart that figures come from: the models that are run again, in order. All other tables that they read are given."""

WHOLE = ("core.energy_per_token_points",)
"""Given tables of which every row bears on a figure: a fit says for which accelerators and sizes it holds."""

SERVING_KEY = ("model_id", "accelerator_id", "number_format", "batch_size")


NO_RUN = {"model_id": None, "accelerator_id": None}


@dataclass(frozen=True)
class Target:
    """A figure: its table, the key of its row there, its column, and what narrows the rows of other tables."""

    table: str
    key: Mapping[str, Any]
    column: str
    narrowed_by: Mapping[str, Any]
    explanation: Row | None = None


@cache
def models_of(table: str) -> list[SqlModel]:
    """The models that are run again for a row of a table, in order."""
    return list(read_them(ROUTES[table]).values())


def given_tables(table: str) -> list[str]:
    """The tables that these models read and that none of them makes."""
    made = set(ROUTES[table])
    return sorted({name for model in models_of(table) for name in _read_by(model)} - made)


def _read_by(model: SqlModel) -> set[str]:
    """Tables of the query; checks may read more."""
    return {name for name in model.depends_on if name in model.query}


def find_target(connection: duckdb.DuckDBPyConnection, subject: str, quantity: str) -> Target:
    """The row that is meant: of a benchmark result or an estimate of serving by key, else of ``mart.figures`` by name.

    An estimate of serving is named model/accelerator/number format/batch. Raises UsageError with the nearest names.
    """
    if read_rows(connection, "select 1 from mart.benchmark_runs where benchmark_result_id = ?", [subject]):
        return _of_row(connection, "mart.benchmark_runs", {"benchmark_result_id": subject}, quantity)
    parts = subject.split("/")
    if len(parts) == len(SERVING_KEY) and parts[-1].isdecimal():
        key = dict(zip(SERVING_KEY, [*parts[:-1], int(parts[-1])], strict=True))
        return _of_row(connection, "mart.inference_estimates", key, quantity)
    explanation = explain(connection, subject, quantity)
    figure_id = explanation["figure"]["figure_id"]
    row = read_rows(connection, "select * from mart.figures where figure_id = ?", [figure_id])[0]
    run = read_rows(
        connection,
        "select model_id, accelerator_id from core.training_runs where training_run_id = ?",
        [row["subject_id"]],
    )
    names = {"training_run_id": row["subject_id"], "subject_id": row["subject_id"], **(run[0] if run else NO_RUN)}
    return Target("mart.figures", {"figure_id": figure_id}, "value", names, explanation)


def _of_row(connection: duckdb.DuckDBPyConnection, table: str, key: dict[str, Any], quantity: str) -> Target:
    where = " and ".join(f"{name} = ?" for name in key)
    rows = read_rows(connection, f"select * from {table} where {where}", list(key.values()))
    if not rows:
        raise UsageError(f"{shown('/'.join(map(str, key.values())))} is not in {table}.")
    row = rows[0]
    if quantity not in row:
        raise UsageError(f"{shown(quantity)} is not a column of {table}.{did_you_mean(quantity, row)}")
    if not isinstance(row[quantity], int | float):
        raise UsageError(f"{table} has no number for {quantity} of {shown('/'.join(map(str, key.values())))}.")
    narrowing = ("benchmark_result_id", "model_id", "accelerator_id", "weight_bits", "batch_size")
    return Target(table, key, quantity, {name: row[name] for name in narrowing if row.get(name) is not None})
