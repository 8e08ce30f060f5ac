"""Rows of publishers that break a rule: taken out of the table that a model made, and noted with the reason.

What belongs here: which rows go, and the note of each in ``meta.rejects``. What does not: the rules (headers of the
models, ``checks.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import duckdb

from pipelines.warehouse.models.checks import CheckedTable, own_checks

PLACES = ("locator", "member", "location")
"""Columns that say where in a source a row is; the first that a table has goes into the reason."""

MOST_CHARS = 200


class PublishedRows(CheckedTable, Protocol):
    """A checked table whose rows are what a publisher says, where it names asides."""

    @property
    def asides(self) -> frozenset[str]:
        """Names of the checks whose rows are set aside."""


def set_aside(connection: duckdb.DuckDBPyConnection, table: PublishedRows, types: Mapping[str, str]) -> None:
    """Take the rows that break a rule of the table out of it, and note each in meta.rejects."""
    if not table.asides:
        return
    connection.execute("delete from meta.rejects where table_name = ?", [table.table])
    _take_out(connection, table, types, "key_is_unique", _repeated(table))
    rules = {**{name: table.checks[name] for name in sorted(table.asides)}, **own_checks(table, types)}
    for name, query in rules.items():
        if name != "key_is_unique":
            same = " and ".join(f"wrong.{column} is not distinct from row.{column}" for column in table.key)
            _take_out(connection, table, types, name, f"exists (select 1 from ({query}) as wrong where {same})")


def _repeated(table: PublishedRows) -> str:
    """Which rows lack a part of the key, or repeat that of an earlier row."""
    key = ", ".join(table.key)
    lacking = " or ".join(f"{column} is null" for column in table.key)
    return f"{lacking} or rowid not in (select min(rowid) from {table.table} group by {key})"


def _take_out(
    connection: duckdb.DuckDBPyConnection, table: PublishedRows, types: Mapping[str, str], rule: str, which: str
) -> None:
    def given(column: str) -> str:
        return f"row.{column}" if column in types else "null"

    place = next((name for name in PLACES if name in types), None)
    told = f"breaks the rule '{rule.replace('_', ' ')}'"
    reason = f"concat_ws(', ', row.{place}, $told)" if place else "$told"
    key = f"left(concat_ws(', ', {', '.join(f'row.{column}' for column in table.key)}), {MOST_CHARS})"
    connection.execute(
        f"insert into meta.rejects select $name, {given('source_id')}, {given('file_sha256')}, {given('record_no')}, "
        f"'{', '.join(table.key)}', {key}, {reason} from {table.table} as row where {which}",
        {"name": table.table, "told": told},
    )
    connection.execute(f"delete from {table.table} as row where {which}")
