"""The data dictionary: which tables there are, what a row and each column of one is, and the sources of all.

What belongs here: reading what the published file says of itself.
"""

from __future__ import annotations

import duckdb

from pipelines.errors import UsageError, did_you_mean, shown
from pipelines.warehouse.file import Row, list_tables, read_rows


def tables(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Every table with its description and rows, those for readers first."""
    return read_rows(
        connection,
        "select schema_name || '.' || table_name as table_name, comment as description, estimated_size as row_count "
        "from duckdb_tables() where database_name = current_database() "
        "order by list_position(['mart', 'meta', 'core', 'seeds', 'raw'], schema_name), table_name",
    )


def table(connection: duckdb.DuckDBPyConnection, name: str) -> Row:
    """One table with its columns, their units and meanings; raises UsageError with the nearest names."""
    known = list_tables(connection)
    if name not in known:
        raise UsageError(f"{shown(name)} is not a table.{did_you_mean(name, known)}")
    about = next(each for each in tables(connection) if each["table_name"] == name)
    columns = read_rows(
        connection,
        "select column_name, column_type, unit, description from meta.columns where table_name = ?",
        [name],
    )
    return {**about, "columns": columns}


def sources(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Every source with authors, year, address and licence."""
    return read_rows(
        connection, "select source_id, title, authors, year, url, licence, kind from meta.sources order by source_id"
    )
