"""The tables of ``meta``: what was read, refused, built, and where each column comes from.

What belongs here: columns of ``meta.*`` and how they are written. What does not: when (``session.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.frames import field_descriptions
from pipelines.records.units import unit_of
from pipelines.seeds.sources_toml import Source
from pipelines.warehouse.file import SCHEMA_VERSION, list_tables
from pipelines.warehouse.models.lineage import column_lineage
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.models.tables import column_types, describe_table, write_table
from pipelines.warehouse.noted_changes import CHANGE_COLUMNS

if TYPE_CHECKING:
    from pipelines.fetch.states import Condition
    from pipelines.fetch.store import Snapshot
    from pipelines.records.raw_tables import RawTable, RemoteFile

FILE_COLUMNS = {
    "table_name": "Table that its records went to.",
    "source_id": "Source of the file: key of meta.sources.",
    "file_name": "Name of the file.",
    "file_sha256": "SHA-256 of its bytes.",
    "record_count": "Records in the file, header excluded.",
    "accepted_count": "Records that became rows.",
    "rejected_count": "Records that were rejected.",
    "duplicate_count": "Records that repeat an accepted one.",
}
REJECT_COLUMNS = {
    "table_name": "Table that the record or row would have gone to.",
    "source_id": "Source of the file.",
    "file_sha256": "SHA-256 of the file.",
    "record_no": "Number of the record in the file, header excluded.",
    "column_name": "Column at fault; null where the whole record is. For a row that was set aside, its key.",
    "value": "Value that was rejected. For a row that was set aside, that of its key.",
    "reason": "Reason, and what was expected.",
}
SNAPSHOT_COLUMNS = {
    "source_id": "Source that was fetched.",
    "url": "Address it was fetched from.",
    "sha256": "SHA-256 of the bytes.",
    "fetched_at": "Time of the fetch, UTC.",
    "byte_count": "Size in bytes.",
}
COLUMN_COLUMNS = {
    "table_name": "Table, as schema.name.",
    "column_name": "Column.",
    "column_type": "DuckDB type.",
    "unit": "Unit, by the suffix of the name; null for text, flags and dates.",
    "description": "Description of the column.",
}
LINEAGE_COLUMNS = {
    "table_name": "Table, as schema.name.",
    "column_name": "Column.",
    "upstream_table": "Table that its expression reads.",
    "upstream_column": "Column that its expression reads.",
}
BUILD_COLUMNS = {
    "build_id": "Key of the build: time and data version.",
    "started_at": "Start, UTC.",
    "finished_at": "End, UTC.",
    "code_version": "Digest of the code and SQL that made it.",
    "data_version": "Digest of the content of all other tables but meta.changes; the time of a fetch does not count.",
    "row_count": "Rows in all other tables.",
    "schema_version": "Version of the tables and columns; programs that expect another one refuse the file.",
}
SOURCE_COLUMNS = {"source_id": "Key of the source.", **field_descriptions(Source)}

STATE_COLUMNS = {
    "state": "State of a source whose files are fetched: fresh; stale, an older snapshot is in use; held, a person should "
    "look first; failed, nothing is in use; never fetched. Null for other sources.",
    "state_since": "Time since which it is stale, held or failed, UTC.",
    "state_reason": "Why, file by file.",
}
"""What meta.sources says of a source besides its entry in SOURCES.toml."""

MAX_VALUE_CHARS = 200

COUNTS = (
    "record_count", "accepted_count", "rejected_count", "duplicate_count", "record_no", "byte_count", "row_count",
    "added_count", "removed_count", "changed_count",
)  # fmt: skip
TIMES = ("fetched_at", "started_at", "finished_at")

DESCRIPTIONS = {
    "meta.sources": "One row per source that a figure may name, and how a source is whose files are fetched.",
    "meta.files": "One row per file that was read, with the count of its records.",
    "meta.rejects": "One row per rejected record, rejected part of an accepted record, or row that breaks a rule of its "
    "table and was set aside, with the reason.",
    "meta.snapshots": "One row per snapshot of a source that was fetched.",
    "meta.columns": "One row per column of every table.",
    "meta.column_lineage": "One row per column of a SQL model and column that it is computed from.",
    "meta.builds": "One row: the build that made this file.",
    "meta.changes": "One row per table: rows added, removed and changed since the version published before. Empty for "
    "the first build.",
}


def _schema(columns: Iterable[str]) -> dict[str, pl.DataType]:
    kinds: dict[str, pl.DataType] = {}
    for name in columns:
        kinds[name] = pl.Int64() if name in COUNTS else pl.Datetime("us") if name in TIMES else pl.String()
    return kinds


def write_meta(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: list[tuple[object, ...]]
) -> None:
    """Make one table of ``meta`` from rows."""
    frame = pl.DataFrame(rows, schema=_schema(columns), orient="row")
    write_table(connection, table, frame, DESCRIPTIONS[table], columns)


ADDED_TO = {
    "meta.files": FILE_COLUMNS,
    "meta.rejects": REJECT_COLUMNS,
    "meta.snapshots": SNAPSHOT_COLUMNS,
    "meta.column_lineage": LINEAGE_COLUMNS,
    "meta.builds": BUILD_COLUMNS,
    "meta.changes": CHANGE_COLUMNS,
}
"""Tables that others add rows to, and their columns."""


def ensure_meta(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that others add rows to, where they are not there yet."""
    there = set(list_tables(connection))
    for table, columns in ADDED_TO.items():
        if table not in there:
            write_meta(connection, table, columns, [])


def describe_meta(connection: duckdb.DuckDBPyConnection) -> None:
    """Give these tables the descriptions of now: rows are added to one that an older version made and described."""
    for table, columns in ADDED_TO.items():
        describe_table(connection, table, DESCRIPTIONS[table], columns)


def note_file(
    connection: duckdb.DuckDBPyConnection, table: str, source_id: str, file: str, *, sha256: str, rows: int
) -> None:
    """Say in meta.files that a curated file was read whole."""
    clear_source_files(connection, table)
    connection.execute(
        "insert into meta.files values (?, ?, ?, ?, ?, ?, 0, 0)", [table, source_id, file, sha256, rows, rows]
    )


def clear_source_files(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Forget what was noted of the files of a table, before they are read again."""
    ensure_meta(connection)
    for noted in ("meta.files", "meta.rejects"):
        connection.execute(f"delete from {noted} where table_name = ?", [table])


def note_raw_table(connection: duckdb.DuckDBPyConnection, name: str, table: RawTable) -> None:
    """Account in meta.files and meta.rejects for every record of a publisher's file."""
    source_id = table.schema.source_id
    counts = [table.record_count, table.accepted_count, table.rejected_count, table.duplicate_count]
    connection.execute(
        "insert into meta.files values (?, ?, ?, ?, ?, ?, ?, ?)", [name, source_id, table.file, table.sha256, *counts]
    )
    for reject in [*table.rejects, *table.duplicates, *table.faults]:
        value = None if reject.value is None else reject.value[:MAX_VALUE_CHARS]
        connection.execute(
            "insert into meta.rejects values (?, ?, ?, ?, ?, ?, ?)",
            [name, source_id, table.sha256, reject.record_no, reject.column, value, reject.reason],
        )


def note_snapshot(connection: duckdb.DuckDBPyConnection, file: RemoteFile, snapshot: Snapshot) -> None:
    """Say in meta.snapshots which bytes of a remote file this build used."""
    connection.execute("delete from meta.snapshots where url = ?", [snapshot.url])
    fetched_at = snapshot.fetched_at.astimezone(UTC).replace(tzinfo=None)
    row = [file.source_id, snapshot.url, snapshot.sha256, fetched_at, snapshot.byte_count]
    connection.execute("insert into meta.snapshots values (?, ?, ?, ?, ?)", row)


def lost_records(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Files whose records are not all accounted for: accepted + rejected + duplicate must be the records counted."""
    rows = connection.execute(
        "select file_name, record_count, accepted_count, rejected_count, duplicate_count from meta.files "
        "where accepted_count + rejected_count + duplicate_count <> record_count order by file_name"
    ).fetchall()
    return [
        f"{name}: {n:,} records, but {a:,} accepted + {r:,} rejected + {d:,} duplicate" for name, n, a, r, d in rows
    ]


def note_lineage(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> None:
    """Say in meta.column_lineage where each column of a model's table comes from; the tables that it reads are there."""
    schemas = {table: list(column_types(connection, table)) for table in model.depends_on}
    found = column_lineage(model, schemas)
    connection.execute("delete from meta.column_lineage where table_name = ?", [model.table])
    columns = [list(column) for column in zip(*found, strict=True)] or [[], [], []]
    connection.execute(
        "insert into meta.column_lineage select ?, unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[])",
        [model.table, *columns],
    )


def describe_build(connection: duckdb.DuckDBPyConnection, conditions: Mapping[str, Condition]) -> None:
    """Write meta.sources, with how each source is, and, last, meta.columns from the file's own comments."""
    if lost := lost_records(connection):
        raise LedgerError("records are lost:\n" + "\n".join(lost) + "\nThis is an error in the connector: report it.")
    sources = connection.sql("select * from seeds.sources order by source_id").pl()
    states = pl.DataFrame(
        [
            (source_id, one.state, one.since.astimezone(UTC).replace(tzinfo=None) if one.since else None, one.why)
            for source_id, one in conditions.items()
        ],
        schema={
            "source_id": pl.String(),
            "state": pl.String(),
            "state_since": pl.Datetime("us"),
            "state_reason": pl.String(),
        },
        orient="row",
    )
    frame = sources.join(states, on="source_id", how="left", maintain_order="left")
    columns = {**SOURCE_COLUMNS, **STATE_COLUMNS}
    write_table(connection, "meta.sources", frame, DESCRIPTIONS["meta.sources"], columns)
    write_meta(connection, "meta.columns", COLUMN_COLUMNS, [])
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns() "
        "where not internal order by schema_name, table_name, column_index"
    ).fetchall()
    entries: list[tuple[object, ...]] = []
    for table, column, kind, comment in rows:
        try:
            entries.append((table, column, kind, unit_of(column, kind), comment))
        except KeyError:
            raise LedgerError(
                f"{table}.{column}: the name ends in no unit that pipelines/records/units.py lists. Rename the column."
            ) from None
    write_meta(connection, "meta.columns", COLUMN_COLUMNS, entries)


def note_build(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    *,
    started_at: datetime,
    finished_at: datetime,
    code_version: str,
    data_version: str,
) -> None:
    """Write meta.builds."""
    counts = [
        int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])
        for table in list_tables(connection)
        if table != "meta.builds"
    ]
    row = (build_id, started_at, finished_at, code_version, data_version, sum(counts), SCHEMA_VERSION)
    write_meta(connection, "meta.builds", BUILD_COLUMNS, [row])
