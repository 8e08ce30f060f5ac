"""Curated files -> ``seeds.*`` tables in the build file.

What belongs here: loading one file whole, or not at all. What does not: the columns of a file (``seeds/``), when it is
loaded (``build.py``).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import polars as pl

from pipelines.records.csv_records import file_name
from pipelines.records.frames import field_descriptions, rows_to_frame
from pipelines.seeds.catalogue import SEED_FILES
from pipelines.seeds.fact import OWN_FACTS
from pipelines.seeds.files import listing, read_seed_file, read_seeds, unknown_values
from pipelines.seeds.sources_toml import Source, SourceEntry, read_sources
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.meta_tables import SOURCE_COLUMNS, note_file
from pipelines.warehouse.models.tables import write_table

SOURCES_FILE = "SOURCES.toml"


def seed_table(relative: str) -> str:
    """models/models.csv -> seeds.models."""
    return f"seeds.{Path(relative).stem}"


def seed_columns() -> dict[str, dict[str, str]]:
    """Tables that the curated files make, and what their columns mean."""
    made = {seed_table(relative): {**field_descriptions(schema), "seed_line": f"Line in seeds/{relative}."}
            for relative, schema in SEED_FILES.items()}  # fmt: skip
    return {"seeds.sources": dict(SOURCE_COLUMNS), **made}


def seed_descriptions() -> dict[str, str]:
    """Curated files, each with what its rows are."""
    return {relative: (schema.__doc__ or "").strip() for relative, schema in SEED_FILES.items()}


def file_version(settings: Settings, relative: str) -> dict[str, str]:
    """The curated file and the digest of its bytes, wherever the folder lies."""
    try:
        digest = hashlib.sha256((settings.seeds / relative).read_bytes()).hexdigest()
    except OSError:
        digest = "missing"
    return {f"seeds/{relative}": digest[:16]}


def described_sources(settings: Settings) -> dict[str, SourceEntry]:
    """What SOURCES.toml says of each source, by source_id."""
    path = settings.seeds / SOURCES_FILE
    return read_sources(path, file_name(path, ROOT))


def check_seeds(settings: Settings) -> None:
    """Read every curated file; raises LedgerError that lists every fault."""
    read_seeds(settings.seeds, ROOT)


def load_sources(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Make seeds.sources from SOURCES.toml; returns its columns and their types."""
    sources = described_sources(settings)
    ids = pl.Series("source_id", list(sources), dtype=pl.String)
    frame = rows_to_frame(Source, list(sources.values())).insert_column(0, ids).sort("source_id")
    return write_table(connection, "seeds.sources", frame, "One row per source.", SOURCE_COLUMNS)


def load_seed(connection: duckdb.DuckDBPyConnection, relative: str, settings: Settings) -> dict[str, str]:
    """Make ``seeds.<name>`` from one curated file; returns its columns and their types.

    Raises LedgerError that lists every fault of the file; the table is then not made.
    """

    def known(table: str, column: str) -> set[str]:
        return {value for (value,) in connection.execute(f"select {column} from seeds.{table}").fetchall()}

    schema = SEED_FILES[relative]
    path = settings.seeds / relative
    read, rejects = read_seed_file(path, file_name(path, ROOT), schema)
    rejects += unknown_values(read, known)
    if rejects:
        raise listing([str(reject) for reject in rejects])
    lines = pl.Series("seed_line", [record.line for record, _ in read.rows], dtype=pl.Int64)
    frame = rows_to_frame(schema, [row for _, row in read.rows]).with_columns(lines)
    table = seed_table(relative)
    types = write_table(connection, table, frame, (schema.__doc__ or "").strip(), seed_columns()[table])
    note_file(connection, table, OWN_FACTS, f"seeds/{relative}", sha256=read.sha256, rows=frame.height)
    return types
