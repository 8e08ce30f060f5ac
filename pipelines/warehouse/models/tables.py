"""Rows that Python made -> a documented DuckDB table.

What belongs here: writing a polars frame or typed seed rows as a table with comments. What does not:
tables that a SQL model makes (``sql_models.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from pipelines.errors import LedgerError
from pipelines.records.units import unit_of

if TYPE_CHECKING:
    import polars as pl  # starts threads, which not every command needs


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def describe_table(
    connection: duckdb.DuckDBPyConnection, table: str, description: str, columns: Mapping[str, str]
) -> None:
    """Write the descriptions into the file as comments, where any SQL client shows them."""
    statements = [f"comment on table {table} is {quoted(description)}"]
    statements += [f"comment on column {table}.{name} is {quoted(text)}" for name, text in columns.items()]
    connection.begin()  # one transaction for all: each alone would wait for the disk
    try:
        connection.execute(";".join(statements))
        connection.commit()
    except duckdb.Error:
        connection.rollback()
        raise


def type_and_unit(column: str, kind: str) -> str:
    """The type of a column with its unit, as its name says it.

    >>> type_and_unit("energy_j", "DOUBLE"), type_and_unit("model_id", "VARCHAR")
    ('DOUBLE [J]', 'VARCHAR')
    """
    try:
        unit = unit_of(column, kind)
    except KeyError:
        return kind
    return f"{kind} [{unit}]" if unit else kind


def column_types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Columns of a table and their types, in order; none where there is no such table."""
    try:
        return dict(connection.execute(f"select name, type from pragma_table_info({quoted(table)})").fetchall())
    except duckdb.CatalogException:
        return {}  # there is no such table


def all_column_types(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The same of every table, by its name."""
    found: dict[str, dict[str, str]] = {}
    query = (
        "select concat(schema_name, '.', table_name), column_name, data_type from duckdb_columns() where not internal"
    )
    for table, column, kind in connection.execute(query).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    frame: pl.DataFrame,
    description: str,
    columns: Mapping[str, str],
) -> dict[str, str]:
    """Make ``table`` from ``frame`` and document it; returns its columns and their types.

    Raises LedgerError where the documented columns are not those of the frame.
    """
    if list(columns) != frame.columns:
        raise LedgerError(
            f"{table}: the documented columns {list(columns)} differ from the real columns {frame.columns}."
        )
    connection.execute(f"create schema if not exists {table.split('.', maxsplit=1)[0]}")
    connection.register("incoming", frame.to_arrow())
    try:
        connection.execute(f"create or replace table {table} as select * from incoming")
    finally:
        connection.unregister("incoming")
    describe_table(connection, table, description, columns)
    return column_types(connection, table)
