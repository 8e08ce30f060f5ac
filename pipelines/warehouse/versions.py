"""What each table was made from: versions of its code, of what it read and of its content, as the file notes them.

What belongs here: the table ``meta.table_versions``, and whether a table is what its code and its inputs of now would
make. What does not: making tables (``build.py``), which code decides one (``code_versions.py``).

A table that is current is not made again. What is published must be current and checked as a whole: each table made
from the tables beside it, each check passed on the content that is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.models.tables import column_types, describe_table

if TYPE_CHECKING:
    from pipelines.warehouse.recipes import Recipe

VERSIONS = "meta.table_versions"
DESCRIPTION = "One row per table: the versions of its code, of its content and of what it was made from."
COLUMNS = {
    "table_name": "Table, as schema.name.",
    "code_version": "Digest of the code, SQL and libraries that made it.",
    "data_version": "Digest of its content: equal where columns and rows are equal, in whatever order the rows are.",
    "input_versions": "What it was made from: versions of tables, curated files, snapshots and packages, by name.",
    "failed_checks": "Names of its checks that this content did not pass; null where they have not run on it.",
}


@dataclass(frozen=True)
class TableVersion:
    """One row of ``meta.table_versions``."""

    table: str
    code_version: str
    data_version: str
    inputs: dict[str, str]
    failed_checks: tuple[str, ...] | None


def digest_table(connection: duckdb.DuckDBPyConnection, table: str, without: Sequence[str] = ()) -> str:
    """Digest of a table's columns, a dash, and a digest of its rows, whatever their order.

    ``without`` names columns that do not count, whether the table has them or not.
    """
    columns = {name: kind for name, kind in column_types(connection, table).items() if name not in without}
    names = ", ".join(f'"{name}"' for name in columns)
    # A sum of hashes does not depend on the order; the hash of the hash keeps columns of two rows from being swapped.
    query = f"select count(*), sum(hash(hash(row({names})))::hugeint) from {table}"
    rows, total = connection.execute(query).fetchall()[0]
    parts = ((repr(columns), 8), (f"{rows} {total}", 16))
    return "-".join(hashlib.sha256(text.encode()).hexdigest()[:length] for text, length in parts)


def columns_of(inputs: Mapping[str, str], tables: Iterable[str]) -> dict[str, str]:
    """The versions of the columns of tables, of the versions of all inputs."""
    return {table: inputs.get(table, "").partition("-")[0] for table in tables}


def prepare_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table where it is not there, or has other columns."""
    if tuple(column_types(connection, VERSIONS)) == tuple(COLUMNS):
        return
    connection.execute("create schema if not exists meta")
    connection.execute(
        f"create or replace table {VERSIONS} (table_name varchar, code_version varchar, data_version varchar, "
        "input_versions map(varchar, varchar), failed_checks varchar[])"
    )
    describe_table(connection, VERSIONS, DESCRIPTION, COLUMNS)


def read_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, TableVersion]:
    """What is noted, by table; nothing where a file is of a time that did not note it."""
    try:
        rows = connection.execute(f"select {', '.join(COLUMNS)} from {VERSIONS}").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return {}
    return {
        table: TableVersion(table, code, data, dict(inputs), None if failed is None else tuple(failed))
        for table, code, data, inputs, failed in rows
    }


def read_published_versions(settings: Settings) -> dict[str, TableVersion]:
    """What the published file notes of its tables; nothing where there is none that can be read."""
    with suppress(duckdb.Error, LedgerError), connect_published(settings) as connection:
        return read_versions(connection)
    return {}


def forget(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Note that nothing is known of the content of tables: they are about to change."""
    connection.execute(f"delete from {VERSIONS} where table_name in (select unnest(?))", [list(tables)])


def note(connection: duckdb.DuckDBPyConnection, version: TableVersion) -> None:
    """Note what a table was made from and is."""
    forget(connection, [version.table])
    failed = None if version.failed_checks is None else list(version.failed_checks)
    connection.execute(
        f"insert into {VERSIONS} values (?, ?, ?, map(?::varchar[], ?::varchar[]), ?)",
        [version.table, version.code_version, version.data_version, list(version.inputs), list(version.inputs.values()),
         failed],
    )  # fmt: skip


def inputs_of(recipe: Recipe, versions: Mapping[str, TableVersion], settings: Settings) -> dict[str, str]:
    """Versions of all that a table would be made from now."""
    tables = {name: versions[name].data_version if name in versions else "not made" for name in recipe.tables}
    return dict(sorted({**recipe.files(settings), **tables}.items()))


def fault_of(recipe: Recipe, versions: Mapping[str, TableVersion], settings: Settings | None = None) -> str | None:
    """Why a table is not what its recipe and the tables beside it would make; None where it is, and passed its checks.

    With ``settings`` also what is no table counts: curated files, snapshots and packages.
    """
    known = versions.get(recipe.table)
    if known is None:
        return "not made"
    if known.code_version != recipe.code_version:
        return "its code has changed"
    tables = {name: versions[name].data_version if name in versions else "not made" for name in recipe.tables}
    now = inputs_of(recipe, versions, settings) if settings is not None else tables
    then = known.inputs if settings is not None else {name: known.inputs.get(name) for name in tables}
    if changed := sorted(name for name in {*now, *then} if now.get(name) != then.get(name)):
        return f"{changed[0]} has changed"
    if known.failed_checks is None:
        return "not checked"
    return f"check {known.failed_checks[0]} failed" if known.failed_checks else None


def faults(
    recipes: Mapping[str, Recipe], versions: Mapping[str, TableVersion], settings: Settings | None = None
) -> dict[str, str]:
    """Tables that are not as ``fault_of`` would have them, and why."""
    found = {table: fault_of(recipe, versions, settings) for table, recipe in recipes.items()}
    return {table: fault for table, fault in found.items() if fault is not None}
