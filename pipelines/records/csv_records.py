"""Records of a CSV file -> typed rows, or rejects with reasons.

What belongs here: cutting bytes into records (with record number, line and byte span), typing them
against a schema, and saying exactly what is wrong with those that do not fit. What does not:
deciding whether a reject stops the build (``seeds.py`` says yes, a connector may say no).

Cutting is done by Python's ``csv`` reader in strict mode, which is fed one physical line at a time,
so that the bytes of each record are known. Typing is done by pydantic.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.errors import LedgerError, did_you_mean, shown
from pipelines.records.fields import expectation
from pipelines.settings import max_columns

Row = TypeVar("Row", bound=BaseModel)

MAX_FIELD_CHARS = 1_000_000
csv.field_size_limit(MAX_FIELD_CHARS)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: its number (from 1, header excluded), first line (from 1), byte span, cells."""

    record_no: int
    line: int
    byte_start: int
    byte_end: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """One cell or record that cannot be used, and why."""

    file: str
    record_no: int
    line: int
    column: str | None
    value: str | None
    reason: str

    def __str__(self) -> str:
        where = f"column {self.column}: value {shown(self.value)}: " if self.column else ""
        return f"{self.file}:{self.line}: {where}{self.reason}"


@dataclass(frozen=True, slots=True)
class Table:
    """A cut file: header names, good records, and records that could not be cut."""

    file: str
    header: tuple[str, ...]
    records: list[Record]
    rejects: list[Reject]


def decode(data: bytes, file: str) -> bytes:
    """Refuse bytes that are not clean UTF-8 text (a byte-order mark is dropped), naming the offset."""
    body = data.removeprefix(b"\xef\xbb\xbf")
    shift = len(data) - len(body)
    if (nul := body.find(b"\0")) >= 0:
        raise LedgerError(f"{file}: byte {nul + shift} is NUL; expected UTF-8 text. Save the file as UTF-8 CSV.")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise LedgerError(
            f"{file}:{line}: byte {error.start + shift} is not UTF-8 ({error.reason}). Save the file as UTF-8 CSV."
        ) from None
    return body


def _cut(body: bytes, shift: int) -> Iterator[tuple[range, int, int, list[str] | csv.Error]]:
    """Yield (lines, byte start, byte end, cells or error) for each record of ``body``."""
    lines = body.splitlines(keepends=True)
    used = 0
    taken = shift

    def feed() -> Iterator[str]:
        nonlocal used, taken
        while used < len(lines):
            line = lines[used]
            used += 1
            taken += len(line)
            yield line.decode("utf-8")

    reader = csv.reader(feed(), strict=True)
    while used < len(lines):
        first, start = used + 1, taken
        try:
            cells: list[str] | csv.Error = next(reader)
        except csv.Error as error:
            cells = error
            reader = csv.reader(feed(), strict=True)
        except StopIteration:
            return
        yield range(first, used + 1), start, taken, cells


def cut_csv(data: bytes, file: str) -> Table:
    """Cut the bytes of a CSV file into records.

    Raises LedgerError where the file as a whole is no table: wrong encoding, empty, a header with
    blank or repeated names. A record with too few or too many cells, or with a stray quote, becomes
    a reject; the records after it are kept.
    """
    body = decode(data, file)
    cut = _cut(body, len(data) - len(body))
    header = next((cells for *_, cells in cut), None)
    if header is None:
        raise LedgerError(f"{file}: the file is empty; expected a header line. Restore it from version control.")
    if isinstance(header, csv.Error):
        raise LedgerError(f"{file}:1: the header cannot be read ({header}). Expected comma-separated names.")
    if len(header) > (most := max_columns()):
        raise LedgerError(
            f"{file}:1: the header names {len(header):,} columns; expected at most {most:,}. Is it a table of this kind? "
            "If so, raise LEDGER_MAX_COLUMNS."
        )
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated or not header or "" in header:
        found = f"repeated {', '.join(repeated)}" if header and "" not in header else "blank names"
        raise LedgerError(f"{file}:1: header has {found}. Expected each column's name once; correct the first line.")
    records: list[Record] = []
    rejects: list[Reject] = []
    number = 0
    for lines, start, end, cells in cut:
        line = lines.start
        if cells == []:
            continue  # an empty line is no record
        number += 1
        joined = f" It takes in {len(lines)} lines, to line {lines[-1]}." if len(lines) > 1 else ""
        if isinstance(cells, csv.Error):
            rejects.append(
                Reject(file, number, line, None, None, f"cannot be read: {cells}. Check the quotes.{joined}")
            )
        elif len(cells) != len(header):
            reason = (
                f"has {len(cells)} cells; expected {len(header)}, as in the header. Check commas and quotes.{joined}"
            )
            rejects.append(Reject(file, number, line, None, ",".join(cells), reason))
        else:
            records.append(Record(number, line, start, end, tuple(cells)))
    return Table(file, tuple(header), records, rejects)


def _explain(error: ValidationError, table: Table, record: Record, lacking: set[str]) -> Iterator[Reject]:
    """What is wrong with a record; what follows from the columns that the header lacks is not told again."""
    given = dict(zip(table.header, record.cells, strict=True))
    for problem in error.errors():
        column = str(problem["loc"][0]) if problem["loc"] else None
        if lacking and (column is None or column in lacking):
            continue
        message = expectation(problem["type"], problem["msg"], problem.get("ctx", {}))
        if problem["type"] == "missing":
            message += "; the cell is empty"
        value = given.get(column or "") or None
        yield Reject(table.file, record.record_no, record.line, column, value, message)


def _header_fault(table: Table, schema: type[BaseModel], lacking: set[str]) -> list[Reject]:
    """What the header has too many and too few, as one reject of the first line; with the names that may be meant.

    Raises LedgerError where no name of the header is a column: the file is another one.
    """
    known = list(schema.model_fields)
    missing = sorted(lacking)
    unknown = [name for name in table.header if name not in known]
    if not missing and not unknown:
        return []
    faults = [f"lacks {', '.join(missing)}"] if missing else []
    faults += [
        f"has unknown {shown(name)}.{did_you_mean(name, missing or known)}".rstrip(".") for name in sorted(unknown)
    ]
    where = f"{schema.__name__} ({schema.__module__.replace('.', '/')}.py)"
    reason = f"the header {'; it '.join(faults)}{'' if faults[-1].endswith('?') else '.'} Columns of {where}: {', '.join(known)}."
    if len(unknown) == len(table.header):
        raise LedgerError(f"{table.file}:1: {reason}")
    return [Reject(table.file, 0, 1, None, None, reason)]


def type_records(
    table: Table,
    schema: type[Row],
    *,
    allow_missing_columns: bool = False,
    derived: frozenset[str] = frozenset(),
    faults: list[Reject] | None = None,
) -> tuple[list[tuple[Record, Row]], list[Reject]]:
    """Type each record against ``schema``; an empty cell is a missing value.

    Returns the typed rows with their records, and the rejects of header, cutting and typing together.
    The header must name exactly the columns that the schema has; with ``allow_missing_columns`` it may
    lack some. Where it does not, the columns that it has are typed all the same, so that all faults of a
    file are told at once. A cell of a ``derived`` column that cannot be used counts as empty, and is noted
    in ``faults``.
    """
    rows: list[tuple[Record, Row]] = []
    lacking = set() if allow_missing_columns else set(schema.model_fields) - set(table.header)
    rejects = _header_fault(table, schema, lacking) + table.rejects
    for record in table.records:
        given = {
            name: cell
            for name, cell in zip(table.header, record.cells, strict=True)
            if cell != "" and name in schema.model_fields
        }
        try:
            rows.append((record, schema.model_validate(given)))
        except ValidationError as error:
            found = list(_explain(error, table, record, lacking))
            if faults is None or not all(reject.column in derived for reject in found):
                rejects.extend(found)
                continue
            faults.extend(found)
            unusable = {reject.column for reject in found}
            usable = {name: cell for name, cell in given.items() if name not in unusable}
            rows.append((record, schema.model_validate(usable)))
    return rows, rejects


def repeated_keys(table: Table, rows: Sequence[tuple[Record, Row]], key: tuple[str, ...]) -> list[Reject]:
    """One reject for each row whose key stands already on an earlier line."""
    first_line: dict[tuple[object, ...], int] = {}
    rejects = []
    for record, row in rows:
        value = tuple(getattr(row, name) for name in key)
        if value in first_line:
            reason = f"line {first_line[value]} already has this key; expected each ({', '.join(key)}) once"
            text = ", ".join(record.cells[table.header.index(n)] if n in table.header else "" for n in key)
            rejects.append(Reject(table.file, record.record_no, record.line, "+".join(key), text, reason))
        else:
            first_line[value] = record.line
    return rejects


def file_name(path: PurePath, root: PurePath) -> str:
    """The name of a file as messages print it: relative to the project where it lies inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
