"""Curated facts: reads every CSV under ``seeds/``, and refuses what does not hold.

What belongs here: which files there are, and the rules across files (known sources, references).
What does not: the columns of a file (``catalogue.py``), SOURCES.toml (``sources_toml.py``), how records
are cut and typed (``csv_records.py``). A curated file has no rejects: one bad cell stops the build.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipelines.errors import LedgerError, did_you_mean
from pipelines.records.csv_records import Record, Reject, cut_csv, file_name, repeated_keys, type_records
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.seeds.sources_toml import Source, listed, read_sources


@dataclass(frozen=True)
class SeedTable:
    """A curated file, read: table name, file, digest, schema, rows with their records, and what was refused."""

    name: str
    file: str
    sha256: str
    schema: type[Fact]
    rows: list[tuple[Record, Fact]]
    refused: list[tuple[Record, dict[str, str]]]
    """Records that are no rows, and those of their cells that nothing was said about."""

    def values(self, column: str) -> set[str]:
        """Values of a column, those of refused records included: a row that was refused is not also missing."""
        there = {getattr(row, column) for _, row in self.rows}
        return there | {cells[column] for _, cells in self.refused if column in cells}

    def cells(self, column: str) -> Iterator[tuple[Record, str]]:
        """The cells of a column that are not empty, with their records."""
        yield from ((record, value) for record, row in self.rows if (value := getattr(row, column)) is not None)
        yield from ((record, cells[column]) for record, cells in self.refused if column in cells)


@dataclass(frozen=True)
class Seeds:
    """All curated facts."""

    tables: dict[str, SeedTable]
    sources: Mapping[str, Source]


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
    typed = {record.record_no for record, _ in rows}
    faulty = {(reject.record_no, reject.column) for reject in rejects}
    refused = [
        (record, {name: cell for name, cell in zip(table.header, record.cells, strict=True)
                  if cell != "" and (record.record_no, name) not in faulty})
        for record in table.records
        if record.record_no not in typed
    ]  # fmt: skip
    rejects += repeated_keys(table, rows, schema.key)
    return SeedTable(name, shown_as, hashlib.sha256(data).hexdigest(), schema, rows, refused), tuple(rejects)


def unknown_values(table: SeedTable, known: Callable[[str, str], Collection[str] | None]) -> list[Reject]:
    """One reject for each cell that names a source or a row of another table that does not exist.

    ``known(table, column)`` gives the values of a column that other tables may refer to, or None where
    the table is not there to be asked.
    """
    wanted = [(c, "sources", "source_id") for c in table.schema.model_fields if c.endswith("source_id")]
    wanted.append(("verified_in", "sources", "source_id"))
    wanted += [(column, target, key) for name, column, target, key in REFERENCES if name == table.name]
    rejects = []
    for column, target, key in wanted:
        values = table.values(key) if target == table.name else known(target, key)
        if values is None:
            continue
        where = "SOURCES.toml; describe the source there" if target == "sources" else f"the table {target}"
        hints: dict[str, str] = {}
        for record, value in table.cells(column):
            if value not in values:
                if value not in hints:
                    hints[value] = did_you_mean(value, values)
                reason = f"expected an existing {key} of {where}.{hints[value]}"
                name = column.removesuffix("_of_run")
                rejects.append(Reject(table.file, record.record_no, record.line, name, value, reason))
    return rejects


def listing(faults: list[str]) -> LedgerError:
    """The faults of curated files as one error."""
    count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'} in the curated files:"
    return LedgerError(f"{count}\n{listed(faults)}")


def _in_order(faults: list[Reject]) -> list[Reject]:
    return sorted(faults, key=lambda fault: (fault.file, fault.line))


def read_seeds(folder: Path, root: Path, *, partial: bool = False) -> Seeds:
    """Read and check every curated file below ``folder``.

    Raises LedgerError that lists each fault as ``file:line: column: value: what was expected``: first those of
    files that cannot be read at all, then those of cells, then references that follow from them.
    With ``partial`` files that are missing are passed over (for checking a part under way).
    """
    sources: Mapping[str, Source] | None = None
    tables: dict[str, SeedTable] = {}
    unreadable: list[str] = []
    rejects: list[Reject] = []
    try:
        sources = read_sources(folder / "SOURCES.toml", file_name(folder / "SOURCES.toml", root))
    except LedgerError as error:
        unreadable += str(error).splitlines()
    for relative, schema in SEED_FILES.items():
        path = folder / relative
        if partial and not path.exists():
            continue
        try:
            table, found = read_seed_file(path, file_name(path, root), schema)
        except LedgerError as error:
            unreadable += str(error).splitlines()
            continue
        tables[table.name] = table
        rejects += found

    def known(target: str, key: str) -> Collection[str] | None:
        if target == "sources":
            return sources
        return tables[target].values(key) if target in tables else None

    references = [fault for table in tables.values() for fault in unknown_values(table, known)]
    if unreadable or rejects or references or sources is None:
        raise listing([*unreadable, *map(str, [*_in_order(rejects), *_in_order(references)])])
    return Seeds(tables, sources)


if __name__ == "__main__":  # python -m pipelines.seeds.files FOLDER: check a folder of curated files under way
    try:
        checked = read_seeds(Path(sys.argv[1]), Path(sys.argv[1]), partial=True)
    except LedgerError as fault:
        sys.exit(str(fault))
    for each in checked.tables.values():
        print(f"{each.file}: {len(each.rows)} rows")
    print(f"SOURCES.toml: {len(checked.sources)} sources")
