"""Curated facts: reads every CSV under ``seeds/`` and SOURCES.toml, and refuses what does not hold.

What belongs here: which files there are, and the rules across files (known sources, references).
What does not: the columns of a file (``seed_tables.py``), how records are cut and typed
(``quarantine.py``). A curated file has no rejects: one bad cell stops the build.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Record, Reject, cut_csv, file_name, repeated_keys, type_records
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.settings import ROOT, Settings

MAX_LISTED = 20


class Source(BaseModel):
    """One entry of SOURCES.toml: a work that facts are taken from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1, description="Title of the work.")
    authors: str | None = Field(default=None, description="Authors or publisher.")
    year: int | None = Field(default=None, ge=1960, le=2035, description="Year of publication.")
    url: str | None = Field(default=None, pattern=r"^https?://", description="Address of the work.")
    licence: str = Field(min_length=1, description="Licence as the publisher states it, or 'not stated'.")
    kind: Literal[
        "paper",
        "model card",
        "datasheet",
        "dataset",
        "web page",
        "package",
        "report",
        "repository",
        "judgement",
        "text",
    ] = Field(
        description="Kind of work; a judgement is our own, and argued in docs/methods.md; a text came without address."
    )
    accessed: date | None = Field(default=None, description="Date on which it was read; absent if it was not.")

    @model_validator(mode="after")
    def _has_address(self) -> Source:
        if self.url is None and self.kind not in ("judgement", "package", "text"):
            raise ValueError("a work needs its address (url)")
        return self


@dataclass(frozen=True)
class SeedTable:
    """A curated file, read: table name, file, digest, schema and rows with their records."""

    name: str
    file: str
    sha256: str
    schema: type[Fact]
    rows: list[tuple[Record, Fact]]


@dataclass(frozen=True)
class Seeds:
    """All curated facts."""

    tables: dict[str, SeedTable]
    sources: dict[str, Source]


def read_sources(path: Path, shown_as: str) -> dict[str, Source]:
    """SOURCES.toml as {source_id: Source}; raises LedgerError naming the entry and what it lacks."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LedgerError(f"{shown_as}: the file is missing. Restore it from version control.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"{shown_as}: not valid TOML: {error}.") from None
    sources, problems = {}, []
    for source_id, entry in entries.items():
        try:
            sources[source_id] = Source.model_validate(entry)
        except ValidationError as error:
            for problem in error.errors():
                field = ".".join(str(part) for part in problem["loc"])
                message = problem["msg"].replace("Input should be", "expected")
                problems.append(f"{shown_as}: [{source_id}] {field}: {message}, got {problem.get('input')!r}")
    if problems:
        raise LedgerError(_listing(problems))
    return sources


def licences(settings: Settings) -> dict[str, str]:
    """The licence of each source, by source_id."""
    path = settings.seeds / "SOURCES.toml"
    return {source_id: source.licence for source_id, source in read_sources(path, file_name(path, ROOT)).items()}


def _listing(problems: list[str]) -> str:
    more = f"\n… and {len(problems) - MAX_LISTED} more" if len(problems) > MAX_LISTED else ""
    return "\n".join(problems[:MAX_LISTED]) + more


def read_seed_file(path: Path, shown_as: str, schema: type[Fact]) -> tuple[SeedTable, list[Reject]]:
    """Read one curated file; returns its rows and what is wrong with it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LedgerError(f"{shown_as}: the file is missing. Restore it from version control.") from None
    table, rejects = _typed(data, path.stem, shown_as, schema)
    return table, list(rejects)


@lru_cache(maxsize=32)
def _typed(data: bytes, name: str, shown_as: str, schema: type[Fact]) -> tuple[SeedTable, tuple[Reject, ...]]:
    """The rows of a file's bytes; kept, because the command line reads all files before a build loads them."""
    table = cut_csv(data, shown_as)
    rows, rejects = type_records(table, schema)
    rejects += repeated_keys(table, rows, schema.key)
    return SeedTable(name, shown_as, hashlib.sha256(data).hexdigest(), schema, rows), tuple(rejects)


def unknown_values(table: SeedTable, known: Callable[[str, str], Container[object] | None]) -> list[Reject]:
    """One reject for each cell that names a source or a row of another table that does not exist.

    ``known(table, column)`` gives the values of a column that other tables may refer to, or None where
    the table is not there to be asked.
    """
    wanted = [(c, "sources", "source_id") for c in table.schema.model_fields if c.endswith("source_id")]
    wanted.append(("verified_in", "sources", "source_id"))
    wanted += [(column, target, key) for name, column, target, key in REFERENCES if name == table.name]
    rejects = []
    for column, target, key in wanted:
        values = {getattr(row, key) for _, row in table.rows} if target == table.name else known(target, key)
        if values is None:
            continue
        where = "SOURCES.toml; describe the source there" if target == "sources" else f"the table {target}"
        rejects += [
            Reject(table.file, record.record_no, record.line, column.removesuffix("_of_run"), value,
                   f"expected an existing {key} of {where}")
            for record, row in table.rows
            if (value := getattr(row, column)) is not None and value not in values
        ]  # fmt: skip
    return rejects


def listing(rejects: list[Reject]) -> LedgerError:
    """The faults of curated files as one error, the first MAX_LISTED in full."""
    count = f"{len(rejects)} fault{'' if len(rejects) == 1 else 's'} in the curated files:"
    return LedgerError(f"{count}\n{_listing([str(reject) for reject in rejects])}")


def read_seeds(folder: Path, root: Path, *, partial: bool = False) -> Seeds:
    """Read and check every curated file below ``folder``.

    Raises LedgerError that lists each fault as ``file:line: column: value: what was expected``.
    With ``partial`` files that are missing are passed over (for checking a part under way).
    """
    sources = read_sources(folder / "SOURCES.toml", file_name(folder / "SOURCES.toml", root))
    tables: dict[str, SeedTable] = {}
    rejects: list[Reject] = []
    faulty: set[str] = set()
    for relative, schema in SEED_FILES.items():
        path = folder / relative
        if partial and not path.exists():
            continue
        table, found = read_seed_file(path, file_name(path, root), schema)
        tables[table.name] = table
        rejects += found
        if found:
            faulty.add(table.name)

    def known(target: str, key: str) -> Container[object] | None:
        if target == "sources":
            return sources
        if target not in tables or target in faulty:  # a row that was refused is not also missing elsewhere
            return None
        return {getattr(row, key) for _, row in tables[target].rows}

    for table in tables.values():
        rejects += unknown_values(table, known)
    if rejects:
        raise listing(rejects)
    return Seeds(tables, sources)


if __name__ == "__main__":  # python -m pipelines.seeds.files FOLDER: check a folder of curated files under way
    try:
        checked = read_seeds(Path(sys.argv[1]), Path(sys.argv[1]), partial=True)
    except LedgerError as fault:
        sys.exit(str(fault))
    for each in checked.tables.values():
        print(f"{each.file}: {len(each.rows)} rows")
    print(f"SOURCES.toml: {len(checked.sources)} sources")
