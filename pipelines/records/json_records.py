"""Records of JSON data -> typed raw rows, or rejects with reasons.

What belongs here: cutting JSON into records with their byte spans, typing them against a RawRow, and the
canonical text of data that a package ships. What does not: the columns of a source, CSV (``raw_tables.py``).

Typing is strict: a number must be a JSON number, so ``true`` and ``"12"`` are refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from pipelines.errors import LedgerError, shown
from pipelines.records.csv_records import Record, Reject
from pipelines.records.raw_tables import RawRow, RawTable, empty_raw_frame

SPACE = re.compile(r"[ \t\r\n]*")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
STRING_OR_BRACKET = re.compile(STRING.pattern + r"|[\[\]{},]")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: str) -> str:
    if not INSTANT.fullmatch(value):
        raise ValueError("expected a time such as 2025-06-17T22:26:49Z")
    date.fromisoformat(value[:10])
    return value


JsonDay = Annotated[date, BeforeValidator(_day), Field(ge=date(1990, 1, 1), le=date(2035, 12, 31))]
"""A day as JSON has it: text such as 2025-06-17."""

JsonInstant = Annotated[str, AfterValidator(_instant)]
"""A time in UTC, kept as the text that the publisher wrote; texts sort as the times do."""

JsonText = Annotated[str, Field(min_length=2, max_length=4_000)]
"""JSON of a publisher that has no columns of its own, kept as text."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """One record: where it stands, its key where it is a member of an object, and its value or its fault."""

    position: Record
    key: str
    value: Any
    fault: str | None = None


RowOf = Callable[[JsonRecord], Values]
"""From a record, whose value is an object, to column -> value; raises ValueError where it cannot."""


def _unique(pairs: list[tuple[str, Any]]) -> Values:
    """An object whose names differ: the last of two equal names would win silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"has {', '.join(repeated[:5])} twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def _decode(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at ``start`` and where it ends; raises ValueError saying what is wrong."""
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos - start} of the record") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _end_of_broken(text: str, start: int) -> int | None:
    """Where a value ends that is not JSON, by its brackets; None if they never close."""
    depth = 0
    for token in STRING_OR_BRACKET.finditer(text, start):
        mark = token.group()
        if depth == 0 and mark in ("}", "]", ","):
            return token.start()
        depth += (mark in ("{", "[")) - (mark in ("}", "]"))
        if depth == 0 and mark in ("}", "]"):
            return token.end()
    return None


class _Bytes:
    """From character offsets, asked in rising order, to byte offsets and lines of the same text."""

    def __init__(self, text: str, shift: int) -> None:
        self._text, self._character, self._byte, self._line = text, 0, shift, 1

    def at(self, character: int) -> tuple[int, int]:
        """(byte, line) of a character."""
        passed = self._text[self._character : character]
        self._byte += len(passed.encode("utf-8"))
        self._line += passed.count("\n")
        self._character = character
        return self._byte, self._line


def _text_of(data: bytes, file: str) -> tuple[str, int]:
    """Text of a JSON file and the length of its byte-order mark; raises LedgerError where it is not UTF-8."""
    body = data.removeprefix(b"\xef\xbb\xbf")
    shift = len(data) - len(body)
    try:
        return body.decode("utf-8"), shift
    except UnicodeDecodeError as error:
        raise LedgerError(
            f"{file}: byte {error.start + shift} is not UTF-8 ({error.reason}); expected JSON text."
        ) from None


def cut_members(data: bytes, file: str) -> Iterator[JsonRecord]:
    """Members of the object that a JSON file consists of, one record each, with the byte span of its value.

    A value that is not JSON becomes a record with a fault, and those after it are kept, as long as its
    brackets close. Raises LedgerError, naming the byte, where the file as a whole is no such object.
    """
    return _cut(data, file, "{", "}", "a JSON object")


def cut_items(data: bytes, file: str) -> Iterator[JsonRecord]:
    """Items of the array that a JSON file consists of, cut as ``cut_members`` does; their key is their number."""
    return _cut(data, file, "[", "]", "a JSON array")


def _cut(data: bytes, file: str, opening: str, closing: str, kind: str) -> Iterator[JsonRecord]:
    text, shift = _text_of(data, file)
    byte_of = _Bytes(text, shift)

    def skip(at: int) -> int:
        found = SPACE.match(text, at)
        return found.end() if found else at

    def fail(at: int, expected: str) -> LedgerError:
        byte, line = byte_of.at(at)
        got = shown(text[at : at + 20]) if at < len(text) else "the end of the file"
        return LedgerError(f"{file}:{line}: byte {byte}: expected {expected}, got {got}.")

    def name_at(at: int) -> tuple[str, int]:
        """Name of a member and where its value begins."""
        name = STRING.match(text, at)
        if name is None:
            raise fail(at, "a name in quotes")
        colon = skip(name.end())
        if text[colon : colon + 1] != ":":
            raise fail(colon, "':'")
        return name.group()[1:-1], skip(colon + 1)

    at = skip(0)
    if text[at : at + 1] != opening:
        raise fail(at, kind)
    at, number, mark = skip(at + 1), 0, ","
    if text[at : at + 1] == closing:
        mark, at = closing, at + 1
    while mark == ",":
        number += 1
        key, start = name_at(at) if opening == "{" else (str(number), at)
        value, fault = None, None
        try:
            value, end = _decode(text, start)
        except ValueError as error:
            fault, closed = str(error), _end_of_broken(text, start)
            if closed is None:
                raise fail(start, f'a value of "{key}" whose brackets close') from None
            end = closed
        byte_start, line = byte_of.at(start)
        byte_end, _ = byte_of.at(end)
        yield JsonRecord(Record(number, line, byte_start, byte_end, ()), key, value, fault)
        at = skip(end)
        mark, at = text[at : at + 1], at + 1
        if mark not in (",", closing):
            raise fail(at - 1, f"',' or '{closing}'")
        at = skip(at)
    if skip(at) != len(text):
        raise fail(skip(at), f"nothing after the {kind.rsplit(maxsplit=1)[-1]}")


def canonical_text(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as text, one a line, names sorted: equal data give equal bytes in every process."""
    return b"".join(json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n" for record in records)


def cut_lines(data: bytes) -> Iterator[JsonRecord]:
    """Records of a text that holds one JSON value a line; a span includes the end of its line."""
    start = 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        position = Record(number, number, start, start + len(line), ())
        start += len(line)
        try:
            text = line.decode("utf-8").rstrip("\n")
            value, end = _decode(text, 0)
            fault = None if end == len(text) else f"has more after its end at character {end}"
            yield JsonRecord(position, str(number), value, fault)
        except ValueError as error:
            yield JsonRecord(position, str(number), None, str(error))


def named_columns(schema: type[RawRow]) -> RowOf:
    """Columns of a flat record, found by the names that ``schema.headers`` gives; other names are left out."""
    names = {column: schema.headers.get(column, (column,)) for column in schema.model_fields}

    def row_of(record: JsonRecord) -> Values:
        given: Values = record.value
        found = ((column, next((n for n in known if n in given), None)) for column, known in names.items())
        return {column: given[name] for column, name in found if name is not None}

    return row_of


def _explain(error: ValidationError, values: Values) -> Iterator[tuple[str | None, str | None, str]]:
    for problem in error.errors():
        column = str(problem["loc"][0]) if problem["loc"] else None
        message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
        if problem["type"] == "missing":
            message = "expected a value; the record has none"
        value = values.get(column or "")
        yield column, None if value is None else json.dumps(value, default=str), message


def type_json(
    records: Iterable[JsonRecord], file: str, schema: type[RawRow], row_of: RowOf
) -> tuple[list[tuple[Record, BaseModel]], list[Reject]]:
    """Type each record; returns the rows with their positions, and what is wrong with the others."""
    rows: list[tuple[Record, BaseModel]] = []
    rejects: list[Reject] = []
    for record in records:
        at = record.position

        def refuse(column: str | None, value: str | None, reason: str, at: Record = at) -> None:
            rejects.append(Reject(file, at.record_no, at.line, column, value, reason))

        if record.fault is not None:
            refuse(None, record.key, record.fault)
            continue
        if not isinstance(record.value, dict):
            refuse(None, record.key, f"expected an object, got {json.dumps(record.value, default=str)[:80]}")
            continue
        try:
            values = row_of(record)
        except ValueError as error:
            refuse(None, record.key, str(error))
            continue
        try:
            rows.append((at, schema.model_validate(values, strict=True)))
        except ValidationError as error:
            for column, value, reason in _explain(error, values):
                refuse(column, value, reason)
    return rows, rejects


def find_repeats(rows: Iterable[tuple[Record, BaseModel]], file: str, key: tuple[str, ...]) -> list[Reject]:
    """One entry for each row whose key an earlier record has."""
    first: dict[tuple[Any, ...], Record] = {}
    repeats = []
    for record, row in rows:
        value = tuple(getattr(row, column) for column in key)
        if (kept := first.setdefault(value, record)) is not record:
            text = ", ".join("" if part is None else str(part) for part in value)
            reason = f"record {kept.record_no} has this key already; expected each ({', '.join(key)}) once"
            repeats.append(Reject(file, record.record_no, record.line, "+".join(key), text, reason))
    return repeats


def read_raw_json(
    records: Iterable[JsonRecord], file: str, sha256: str, schema: type[RawRow], row_of: RowOf
) -> RawTable:
    """Records as a raw table; raises LedgerError where too few hold or too many are refused (``check_raw``)."""
    cut = list(records)
    rows, rejects = type_json(cut, file, schema, row_of)
    result = RawTable(schema, file, sha256, empty_raw_frame(schema), len(cut), rejects)
    result.settle(rows, find_repeats(rows, file, schema.key) if schema.key else [])
    return result


def json_table(
    schema: type[RawRow], cut: Callable[[bytes, str], Iterable[JsonRecord]], row_of: RowOf | None = None
) -> Callable[[bytes, str, str], list[RawTable]]:
    """What reads a JSON file that holds one raw table: cut into records, each a row of its members (``named_columns``)."""
    columns = row_of or named_columns(schema)

    def read(data: bytes, file: str, sha256: str) -> list[RawTable]:
        return [read_raw_json(cut(data, file), file, sha256, schema, columns)]

    return read


def package_label(package: str) -> str:
    """Name under which messages and ``meta.files`` know the data of a package: its name and version.

    Raises LedgerError where the package is not installed.
    """
    try:
        return f"package {package} {distribution(package).version}"
    except PackageNotFoundError:
        raise LedgerError(f"package {package} is not installed. Run: make setup") from None


def packaged_json(package: str, path: str) -> Any:
    """A JSON file that an installed package ships, found without importing the package.

    Raises LedgerError where the file is not there or is no JSON.
    """
    label = package_label(package)
    try:
        text = Path(str(distribution(package).locate_file(path))).read_text(encoding="utf-8")
        return _decode(text, 0)[0]
    except FileNotFoundError:
        raise LedgerError(f"{label} does not contain {path}; the version in the lock file does.") from None
    except ValueError as error:
        raise LedgerError(f"{label}: {path} {error}. Reinstall the package.") from None


def read_packaged(
    package: str, records: Iterable[Mapping[str, Any]], schema: type[RawRow], row_of: RowOf
) -> list[RawTable]:
    """Records that a package ships as a raw table: spans and digest are those of their canonical text."""
    text = canonical_text(records)
    sha256 = hashlib.sha256(text).hexdigest()
    return [read_raw_json(cut_lines(text), package_label(package), sha256, schema, row_of)]
