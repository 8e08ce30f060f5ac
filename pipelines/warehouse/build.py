"""One build under way: the lock, the build file, and what turns it into the published one.

What belongs here: opening and finishing a build, loading curated files into it. What does not: Dagster
(``defs/session.py`` hands a session to assets), ``meta.*`` (``meta_tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.csv_records import file_name
from pipelines.records.frames import field_descriptions, rows_to_frame
from pipelines.seeds.catalogue import SEED_FILES
from pipelines.seeds.files import listing, read_seed_file, unknown_values
from pipelines.seeds.sources_toml import Source, read_sources
from pipelines.settings import ROOT, SQL, Settings
from pipelines.warehouse.changes import compare, note_changes, row_keys
from pipelines.warehouse.file import list_tables
from pipelines.warehouse.fingerprints import code_version
from pipelines.warehouse.meta_tables import SOURCE_COLUMNS, describe_build, note_build, note_file
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.publish import build_lock, digest_data, open_build, publish, published_build, sweep
from pipelines.warehouse.published_bytes import published_damage

OWN_FACTS = "compute_ledger"
"""source_id of files that the project itself curates."""


def utc_now() -> datetime:
    """Now, UTC, without zone and fractions, as tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@dataclass
class Session:
    """A running build. ``connection`` opens the build file at its first use."""

    settings: Settings
    fresh: bool
    started_at: datetime = field(default_factory=utc_now)
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

    def load_sources(self) -> dict[str, str]:
        """Make seeds.sources from SOURCES.toml; returns its columns and their types."""
        path = self.settings.seeds / "SOURCES.toml"
        sources = read_sources(path, file_name(path, ROOT))
        ids = pl.Series("source_id", list(sources), dtype=pl.String)
        frame = rows_to_frame(Source, list(sources.values())).insert_column(0, ids).sort("source_id")
        return write_table(self.connection, "seeds.sources", frame, "One row per source.", SOURCE_COLUMNS)

    def load_seed(self, relative: str) -> dict[str, str]:
        """Make ``seeds.<name>`` from one curated file; returns its columns and their types.

        Raises LedgerError that lists every fault of the file; the table is then not made.
        """
        schema = SEED_FILES[relative]
        path = self.settings.seeds / relative
        table, rejects = read_seed_file(path, file_name(path, ROOT), schema)
        rejects += unknown_values(table, self._known)
        if rejects:
            raise listing([str(reject) for reject in rejects])
        lines = pl.Series("seed_line", [record.line for record, _ in table.rows], dtype=pl.Int64)
        frame = rows_to_frame(schema, [row for _, row in table.rows]).with_columns(lines)
        file = f"seeds/{relative}"  # wherever the folder lies: the same files give the same data
        columns = {**field_descriptions(schema), "seed_line": f"Line in {file}."}
        types = write_table(self.connection, f"seeds.{table.name}", frame, (schema.__doc__ or "").strip(), columns)
        note_file(self.connection, f"seeds.{table.name}", OWN_FACTS, file, sha256=table.sha256, rows=frame.height)
        return types

    def _known(self, table: str, column: str) -> set[str]:
        return {value for (value,) in self.connection.execute(f"select {column} from seeds.{table}").fetchall()}

    def finish(self, models: Mapping[str, SqlModel], expected: set[str]) -> tuple[str, bool]:
        """Write ``meta.*``, and publish unless the data are what readers have already.

        A build that publishes notes in ``meta.changes`` how its rows differ from those published before.

        ``expected`` are the tables that belong into the file; others are dropped. Returns the build
        that readers now see and whether it is new.
        """
        there = set(list_tables(self.connection))
        if missing := sorted(expected - there):
            more = " …" if len(missing) > 5 else ""
            raise LedgerError(f"the build file lacks {', '.join(missing[:5])}{more}. Run: ledger build --force")
        for table in sorted(there - expected):
            if not table.startswith("meta."):
                self.connection.execute(f"drop table {table}")
        describe_build(self.connection, models)
        data_version = digest_data(self.connection)
        before = published_build(self.settings)
        if before is not None and before["data_version"] == data_version and not published_damage(self.settings):
            return before["build_id"], False
        self._note_changes(before["build_id"] if before else None, models)
        build_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{data_version[:8]}"
        note_build(
            self.connection,
            build_id,
            started_at=self.started_at,
            finished_at=utc_now(),
            code_version=code_version(),
            data_version=data_version,
        )
        self.close()
        publish(self.settings, build_id)
        return build_id, True

    def _note_changes(self, previous_build_id: str | None, models: Mapping[str, SqlModel]) -> None:
        changes = []
        if previous_build_id is not None:
            published = self.settings.published.resolve()
            changes = compare(self.connection, published, previous_build_id, row_keys(models))
        note_changes(self.connection, changes)


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
