"""Checks of a table that a model makes: those that it names, and three that every table gets.

What belongs here: the queries that return wrong rows, and running them. What does not: how a model names its
checks (``sql_models.py``, ``python_tables.py``), what a failed check stops (``defs/asset.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import duckdb


class CheckedTable(Protocol):
    """What a check needs to know of a table, whether SQL or Python makes it."""

    @property
    def table(self) -> str:
        """``schema.name``."""

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row."""

    @property
    def intervals(self) -> tuple[str, ...]:
        """Columns ``x`` that stand between ``x_low`` and ``x_high``."""

    @property
    def checks(self) -> Mapping[str, str]:
        """Name of each further check -> query that returns the wrong rows."""

    @property
    def warnings(self) -> frozenset[str]:
        """Names of those checks that are reported and stop nothing."""


def own_checks(table: CheckedTable, column_types: Mapping[str, str]) -> dict[str, str]:
    """The checks that every model's table gets: queries that return the rows that are wrong."""
    key = ", ".join(table.key)
    checks = {
        "key_is_unique": f"select {key}, count(*) as row_count from {table.table} group by {key} "
        f"having count(*) > 1 or {' or '.join(f'{name} is null' for name in table.key)}"
    }
    if table.intervals:
        wrong = [f"not ({n}_low <= {n} and {n} <= {n}_high) or ({n} is null) <> ({n}_low is null) "
                 f"or ({n} is null) <> ({n}_high is null)" for n in table.intervals]  # fmt: skip
        checks["intervals_are_ordered"] = f"select * from {table.table} where {' or '.join(wrong)}"
    numbers = [name for name, kind in column_types.items() if kind in ("DOUBLE", "FLOAT")]
    if numbers:
        wrong = [f"not isfinite({name})" for name in numbers]
        checks["numbers_are_finite"] = f"select * from {table.table} where {' or '.join(wrong)}"
    return checks


def check_descriptions(table: CheckedTable) -> dict[str, str]:
    """All checks that ``run_checks`` may report for the table, and what each demands."""
    ordered = f"Low ≤ central ≤ high in {', '.join(table.intervals)}; all three are given, or none."
    return {
        **{name: f"Returns no row: {' '.join(query.split())}" for name, query in table.checks.items()},
        "key_is_unique": f"No two rows have the same {', '.join(table.key)}, and no row lacks it.",
        **({"intervals_are_ordered": ordered} if table.intervals else {}),
        "numbers_are_finite": "No number is NaN or infinite.",
    }


def check_names(table: CheckedTable) -> list[str]:
    """Names of all checks that ``run_checks`` may report for the table."""
    return list(check_descriptions(table))


@dataclass(frozen=True)
class CheckResult:
    """Outcome of a check: how many rows are wrong, and the first of them as text."""

    name: str
    query: str
    failing_count: int
    first: str
    is_warning: bool = False


def run_checks(
    connection: duckdb.DuckDBPyConnection, table: CheckedTable, types: Mapping[str, str]
) -> list[CheckResult]:
    """Run the checks of a table; a check that cannot run counts as failed."""
    results = []
    wanted = {**table.checks, **own_checks(table, types)}
    for name in check_names(table):
        query = wanted.get(name)
        if query is None:
            results.append(CheckResult(name, "", 0, ""))
            continue
        try:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall()
            first = ", ".join(f"{n}={v}" for n, v in zip(names, rows[0], strict=True)) if rows else ""
            results.append(CheckResult(name, query, len(rows), first[:500], name in table.warnings))
        except duckdb.Error as error:
            told = f"the check could not run: {error}"
            results.append(CheckResult(name, query, 1, told, name in table.warnings))
    return results
