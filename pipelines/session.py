"""One build under way: the lock, the build file, and the tables that the machinery itself writes.

What belongs here: opening and finishing a build, ``meta.*``. What does not: Dagster
(``defs/session.py`` hands a session to assets), the content of other tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.errors import LedgerError
from pipelines.inputs import code_version
from pipelines.macros import load_macros
from pipelines.seeds import Source, read_seed_file, read_sources
from pipelines.seed_tables import SEED_FILES, REFERENCES, Fact
from pipelines.settings import ROOT, SQL, Settings
from pipelines.sql_models import SqlModel, column_lineage, column_types
from pipelines.quarantine import Reject, file_name
from pipelines.tables import field_descriptions, rows_to_frame, write_table
from pipelines.units import unit_of
from pipelines.warehouse import (
    build_lock, connect, digest_data, list_tables, open_build, publish, published_build, sweep,
)  # fmt: skip

MAX_LISTED = 20

FILE_COLUMNS = {
    "source_id": "Source of the file: key of meta.sources.",
    "file_name": "Name of the file.",
    "file_sha256": "SHA-256 of its bytes.",
    "record_count": "Records in the file, header excluded.",
    "accepted_count": "Records that became rows.",
    "rejected_count": "Records that were refused.",
    "duplicate_count": "Records that repeat an accepted one.",
}
REJECT_COLUMNS = {
    "source_id": "Source of the file.",
    "file_sha256": "SHA-256 of the file.",
    "record_no": "Number of the record in the file, header excluded.",
    "column_name": "Column at fault; null where the whole record is.",
    "value": "Value that was refused.",
    "reason": "Why, and what was expected.",
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
    "description": "What the column holds.",
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
    "data_version": "Digest of the content of all other tables.",
    "row_count": "Rows in all other tables.",
}


def empty_frame(columns: dict[str, str], numbers: tuple[str, ...] = (), times: tuple[str, ...] = ()) -> pl.DataFrame:
    """A frame without rows whose columns are text but for those named."""
    kinds: dict[str, pl.DataType] = {name: pl.String() for name in columns}
    kinds |= dict.fromkeys(numbers, pl.Int64()) | dict.fromkeys(times, pl.Datetime("us"))
    return pl.DataFrame(schema=kinds)


@dataclass
class Session:
    """A running build. ``connection`` opens the build file at its first use."""

    settings: Settings
    fresh: bool
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None, microsecond=0))
    _connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The one connection to the build file, with the macros loaded."""
        if self._connection is None:
            self._connection = open_build(self.settings, fresh=self.fresh)
            load_macros(self._connection, SQL / "macros")
        return self._connection

    def close(self) -> None:
        """Close the build file; a checkpoint leaves no log beside it."""
        if self._connection is not None:
            self._connection.execute("checkpoint")
            self._connection.close()
            self._connection = None

    # seeds ------------------------------------------------------------------------------------

    def load_sources(self) -> dict[str, str]:
        """Make seeds.sources from SOURCES.toml; returns its columns and their types."""
        path = self.settings.seeds / "SOURCES.toml"
        sources = read_sources(path, file_name(path, ROOT))
        frame = rows_to_frame(Source, list(sources.values())).insert_column(
            0, pl.Series("source_id", list(sources), dtype=pl.String)
        )
        columns = {"source_id": "Key of the source.", **field_descriptions(Source)}
        return write_table(self.connection, "seeds.sources", frame.sort("source_id"), "One row per source.", columns)

    def load_seed(self, relative: str) -> dict[str, str]:
        """Make ``seeds.<name>`` from one curated file; returns its columns and their types.

        Raises LedgerError that lists every fault of the file; the table is then not made.
        """
        schema = SEED_FILES[relative]
        path = self.settings.seeds / relative
        table, rejects = read_seed_file(path, file_name(path, ROOT), schema)
        rejects += self._unknown_values(table.name, table.file, schema, table.rows)
        if rejects:
            listed = [str(reject) for reject in rejects[:MAX_LISTED]]
            more = [f"… and {len(rejects) - MAX_LISTED} more"] if len(rejects) > MAX_LISTED else []
            raise LedgerError("\n".join(listed + more))
        frame = rows_to_frame(schema, [row for _, row in table.rows]).with_columns(
            pl.Series("seed_line", [record.line for record, _ in table.rows], dtype=pl.Int64)
        )
        columns = {**field_descriptions(schema), "seed_line": f"Line in {table.file}."}
        types = write_table(self.connection, f"seeds.{table.name}", frame, (schema.__doc__ or "").strip(), columns)
        self._note_file(table.file, table.sha256, frame.height)
        return types

    def _unknown_values(
        self, name: str, file: str, schema: type[Fact], rows: list[tuple[object, Fact]] | list
    ) -> list[Reject]:
        wanted = [(c, "sources", "source_id") for c in schema.model_fields if c.endswith("source_id") or c == "verified_in"]
        wanted += [(column, target, key) for table, column, target, key in REFERENCES if table == name]
        rejects = []
        for column, target, key in wanted:
            if target == name:
                known = {getattr(row, key) for _, row in rows}
            else:
                known = {v for (v,) in self.connection.execute(f"select {key} from seeds.{target}").fetchall()}
            where = "SOURCES.toml; describe the source there" if target == "sources" else f"seeds.{target}"
            rejects += [
                Reject(file, record.record_no, record.line, column, value, f"expected a {key} of {where}")
                for record, row in rows
                if (value := getattr(row, column)) is not None and value not in known
            ]
        return rejects

    def _note_file(self, file: str, sha256: str, rows: int) -> None:
        self._ensure("meta.files", FILE_COLUMNS, ("record_count", "accepted_count", "rejected_count", "duplicate_count"))
        self.connection.execute("delete from meta.files where file_name = ?", [file])
        self.connection.execute(
            "insert into meta.files values ('compute_ledger', ?, ?, ?, ?, 0, 0)", [file, sha256, rows, rows]
        )

    def _ensure(
        self, table: str, columns: dict[str, str], numbers: tuple[str, ...] = (), times: tuple[str, ...] = ()
    ) -> None:
        if table not in list_tables(self.connection):
            description = {
                "meta.files": "One row per file that was read, with the count of its records.",
                "meta.rejects": "One row per record that was refused, and why.",
                "meta.snapshots": "One row per snapshot of a source that was fetched.",
            }[table]
            write_table(self.connection, table, empty_frame(columns, numbers, times), description, columns)

    # finishing --------------------------------------------------------------------------------

    def finish(self, models: dict[str, SqlModel], expected: set[str]) -> tuple[str, bool]:
        """Write ``meta.*``, and publish unless the data are what readers have already.

        ``expected`` are the tables that belong into the file; others are dropped. Returns the build
        that readers now see and whether it is new.
        """
        missing = sorted(expected - set(list_tables(self.connection)))
        if missing:
            raise LedgerError(
                f"the build file lacks {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}. Run: ledger build"
            )
        self._write_meta(models, expected)
        data_version = digest_data(self.connection)
        before = published_build(self.settings)
        if before is not None and before["data_version"] == data_version:
            return before["build_id"], False
        build_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{data_version[:8]}"
        row_count = sum(
            self.connection.execute(f"select count(*) from {t}").fetchall()[0][0]
            for t in list_tables(self.connection)
            if t != "meta.builds"
        )
        finished_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        row = (build_id, self.started_at, finished_at, code_version(), data_version, row_count)
        frame = pl.DataFrame([row], schema=list(BUILD_COLUMNS), orient="row")
        write_table(self.connection, "meta.builds", frame, "One row: the build that made this file.", BUILD_COLUMNS)
        self.close()
        publish(self.settings, build_id)
        return build_id, True

    def _write_meta(self, models: dict[str, SqlModel], expected: set[str]) -> None:
        connection = self.connection
        self._ensure("meta.rejects", REJECT_COLUMNS, ("record_no",))
        self._ensure("meta.snapshots", SNAPSHOT_COLUMNS, ("byte_count",), ("fetched_at",))
        for table in list_tables(connection):
            if not table.startswith("meta.") and table not in expected:
                connection.execute(f"drop table {table}")
        sources = connection.sql("select * from seeds.sources order by source_id").pl()
        columns = {name: text for name, text in {"source_id": "Key of the source.", **field_descriptions(Source)}.items()}
        write_table(connection, "meta.sources", sources, "One row per source that a figure may name.", columns)
        schemas = {table: list(column_types(connection, table)) for table in list_tables(connection)}
        lineage = [
            (model.table, *origin) for model in models.values() for origin in column_lineage(model, schemas)
        ]
        frame = pl.DataFrame(lineage, schema=dict.fromkeys(LINEAGE_COLUMNS, pl.String), orient="row")
        text = "One row per column of a SQL model and column that it is computed from."
        write_table(connection, "meta.column_lineage", frame.sort(pl.all()), text, LINEAGE_COLUMNS)
        self._write_columns()

    def _write_columns(self) -> None:
        """Make meta.columns last, from the file's own comments; its own columns and meta.builds' included."""
        for table, columns, numbers, times in (
            ("meta.columns", COLUMN_COLUMNS, (), ()),
            ("meta.builds", BUILD_COLUMNS, ("row_count",), ("started_at", "finished_at")),
        ):
            write_table(self.connection, table, empty_frame(columns, numbers, times), "…", columns)
        rows = self.connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal order by schema_name, table_name, column_index"
        ).fetchall()
        entries = []
        for table, column, kind, comment in rows:
            try:
                entries.append((table, column, kind, unit_of(column, kind), comment))
            except KeyError:
                raise LedgerError(
                    f"{table}.{column}: the name ends in no unit that pipelines/units.py lists. Rename the column."
                ) from None
        frame = pl.DataFrame(entries, schema=dict.fromkeys(COLUMN_COLUMNS, pl.String), orient="row")
        write_table(self.connection, "meta.columns", frame, "One row per column of every table.", COLUMN_COLUMNS)


@contextmanager
def open_session(settings: Settings, *, fresh: bool) -> Iterator[Session]:
    """Hold the lock and a session; what a killed build left is swept first."""
    with build_lock(settings) as was_killed:
        if was_killed:
            sweep(settings)
        session = Session(settings, fresh)
        try:
            yield session
        finally:
            session.close()


def published_frame(settings: Settings, query: str) -> pl.DataFrame:
    """Rows of the published file."""
    with connect(Path(settings.published).resolve(), settings, read_only=True) as connection:
        return connection.sql(query).pl()
