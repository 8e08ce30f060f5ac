"""Curated facts: reads every CSV under ``seeds/`` and SOURCES.toml, and refuses what does not hold.

What belongs here: which files there are, and the rules across files (known sources, references).
What does not: the columns of a file (``seed_tables.py``), how records are cut and typed
(``quarantine.py``). A curated file has no rejects: one bad cell stops the build.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import LedgerError
from pipelines.quarantine import Record, Reject, cut_csv, file_name, repeated_keys, type_records
from pipelines.seed_tables import REFERENCES, SEED_FILES, Fact

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
        "paper", "model card", "datasheet", "dataset", "web page", "package", "report", "repository", "judgement"
    ] = Field(description="Kind of work; a judgement is our own, and argued in docs/methods.md.")
    accessed: date | None = Field(default=None, description="Date on which it was read; absent if it was not.")

    @model_validator(mode="after")
    def _has_address(self) -> Source:
        if self.url is None and self.kind != "judgement":
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


def _listing(problems: list[str]) -> str:
    more = f"\n… and {len(problems) - MAX_LISTED} more" if len(problems) > MAX_LISTED else ""
    return "\n".join(problems[:MAX_LISTED]) + more


def read_seed_file(path: Path, shown_as: str, schema: type[Fact]) -> tuple[SeedTable, list[Reject]]:
    """Read one curated file; returns its rows and what is wrong with it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LedgerError(f"{shown_as}: the file is missing. Restore it from version control.") from None
    table = cut_csv(data, shown_as)
    rows, rejects = type_records(table, schema)
    rejects += repeated_keys(table, rows, schema.key)
    return SeedTable(path.stem, shown_as, hashlib.sha256(data).hexdigest(), schema, rows), rejects


def _unknown_sources(table: SeedTable, sources: dict[str, Source]) -> list[Reject]:
    columns = [name for name in table.schema.model_fields if name.endswith("source_id")] + ["verified_in"]
    return [
        Reject(table.file, record.record_no, record.line, column, value,
               "expected a key of SOURCES.toml; describe the source there")
        for record, row in table.rows
        for column in columns
        if (value := getattr(row, column)) and value not in sources
    ]  # fmt: skip


def _broken_references(tables: dict[str, SeedTable]) -> list[Reject]:
    rejects = []
    for name, column, target, target_column in REFERENCES:
        if name not in tables or target not in tables:
            continue
        known = {getattr(row, target_column) for _, row in tables[target].rows}
        rejects += [
            Reject(tables[name].file, record.record_no, record.line, column, value,
                   f"expected a {target_column} of {tables[target].file}")
            for record, row in tables[name].rows
            if (value := getattr(row, column)) and value not in known
        ]  # fmt: skip
    return rejects


def read_seeds(folder: Path, root: Path, *, partial: bool = False) -> Seeds:
    """Read and check every curated file below ``folder``.

    Raises LedgerError that lists each fault as ``file:line: column: value: what was expected``.
    With ``partial`` files that are missing are passed over (for checking a part under way).
    """
    sources = read_sources(folder / "SOURCES.toml", file_name(folder / "SOURCES.toml", root))
    tables: dict[str, SeedTable] = {}
    rejects: list[Reject] = []
    for relative, schema in SEED_FILES.items():
        path = folder / relative
        if partial and not path.exists():
            continue
        table, found = read_seed_file(path, file_name(path, root), schema)
        tables[table.name] = table
        rejects += found + _unknown_sources(table, sources)
    rejects += _broken_references(tables)
    if rejects:
        raise LedgerError(f"{len(rejects)} faults in the curated files:\n{_listing([str(r) for r in rejects])}")
    return Seeds(tables, sources)


if __name__ == "__main__":  # python -m pipelines.seeds FOLDER: check a folder of curated files under way
    try:
        checked = read_seeds(Path(sys.argv[1]), Path(sys.argv[1]), partial=True)
    except LedgerError as fault:
        sys.exit(str(fault))
    for each in checked.tables.values():
        print(f"{each.file}: {len(each.rows)} rows")
    print(f"SOURCES.toml: {len(checked.sources)} sources")
