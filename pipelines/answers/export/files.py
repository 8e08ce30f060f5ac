"""Tables of the published file as Parquet and CSV.

What belongs here: which tables, and their bytes. What does not: what is said about them (``packages.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.answers import dictionary
from pipelines.warehouse.models.tables import quoted

BESIDE_MARTS = ("meta.builds", "meta.columns", "meta.sources")
"""Tables that go with the marts: which build, what each column is, and who is to be named."""


@dataclass(frozen=True)
class Written:
    """A table and the two files that hold it, below the folder of the export."""

    table: dict[str, Any]
    parquet: str
    csv: str


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Written]:
    """Write every mart, and the tables that describe them; the same build gives the same bytes."""
    for table in dictionary.tables(connection):
        name = str(table["table_name"])
        if not name.startswith("mart.") and name not in BESIDE_MARTS:
            continue
        described = dictionary.table(connection, name)
        parquet, csv = f"parquet/{name}.parquet", f"csv/{name}.csv"
        for path in (parquet, csv):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"copy {name} to {quoted(str(folder / parquet))} (format parquet, compression zstd)")
        connection.execute(
            f"copy (select {_flat(described)} from {name}) to {quoted(str(folder / csv))} (format csv, header)"
        )
        yield Written(described, parquet, csv)


def _flat(table: dict[str, Any]) -> str:
    """The columns of a table, lists as JSON: a cell of CSV holds a text."""
    columns: list[dict[str, str]] = table["columns"]
    return ", ".join(
        f"to_json({column['column_name']}) as {column['column_name']}" if is_nested(column) else column["column_name"]
        for column in columns
    )


def is_nested(column: dict[str, str]) -> bool:
    """Whether a cell holds more than one value."""
    return column["column_type"].endswith("[]") or column["column_type"].startswith(("STRUCT", "MAP"))


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
