"""Files as publishers might spoil them: one change to a real file at a time, in its cells, columns, rows, quotes, header,
scale or encoding. What becomes of them is judged in ``outcomes.py``.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

KINDS = ("cell", "column", "row", "quote", "header", "scale", "encoding")

ODD_CELLS = (
    "", " ", "nan", "inf", "-inf", "1e400", "-5", "0", "1_000", "1,000", "1e30", "12 kW", "=1+1", "<b>x</b>", "null",
    "true", "x" * 300, "a\nb", 'say "so"', "\t7", "\u0669", "2031-02-30", "2024-13", "N/A", "\u202e7",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    "12",
    "nan",
    -1,
    0,
    1e30,
    True,
    [],
    {},
    [1],
    "x" * 300,
    10**400,
    1e-300,
    "\ud83d\ude00",
)
FACTORS = (10, 24, 1_000, 1e15, 0.1, 0.5, 1e-3, 1e-15, 0, -1)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Mutation:
    """A spoilt file: how, in words that let one find it again, and how many records the change reaches at most."""

    kind: str
    what: str
    data: bytes
    touched: int | None
    """None: all of them."""
    member: str | None = None
    """File of an archive that was changed."""


def _scaled(text: str, factor: float) -> str:
    return NUMBER.sub(lambda found: repr(float(found[0]) * factor), text, count=1) if NUMBER.fullmatch(text) else text


def spoil_bytes(data: bytes, kind: str, random: Random) -> Mutation:
    """A quote too many or too few, or another encoding: changes that know nothing of the format."""
    if kind == "quote":
        marks = [at for at, byte in enumerate(data) if byte in b'",{}[]:\n']
        at = random.choice(marks or [0])
        mark = random.choice((b'"', b",", b"\n", b"{", b"]", b"\\", b""))
        what = f"byte {at} {data[at : at + 1]!r} becomes {mark!r} and itself" if mark else f"byte {at} is taken out"
        return Mutation(kind, what, data[:at] + mark + data[at + (0 if mark else 1) :], 2)
    at = random.randrange(len(data) + 1)
    text = data.decode("utf-8", "replace")
    bad = random.choice((b"\xff", b"\0", b"\xc3\x28", b"\xed\xa0\x80"))
    made: dict[str, Callable[[], bytes]] = {
        "latin-1": lambda: text.encode("latin-1", "replace"),
        "utf-16": lambda: text.encode("utf-16"),
        "a byte-order mark": lambda: b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"),
        "CRLF": lambda: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        f"{bad!r} at byte {at}": lambda: data[:at] + bad + data[at:],
        f"cut at byte {at}": lambda: data[:at],
        "twice": lambda: data + data,
        "nothing": lambda: b"",
    }
    name = random.choice(list(made))
    return Mutation(kind, name, made[name](), 1 if " at byte" in name and "cut" not in name else None)


def _spoil_rows(rows: list[Any], random: Random) -> tuple[str, list[Any], int | None]:
    """Records taken out, doubled or moved."""
    at = random.randrange(len(rows))
    many = random.choice((1, 1, 1, max(1, len(rows) // 10), max(1, len(rows) // 3)))
    how = random.choice(("gone", "twice", "moved", "all twice"))
    if how == "gone":
        return f"{many} records from {at} gone", rows[:at] + rows[at + many :], min(many, len(rows) - at)
    if how == "twice":
        return f"{many} records from {at} twice", rows[: at + many] + rows[at:], many
    if how == "moved":
        return f"record {at} moved to the end", [*rows[:at], *rows[at + 1 :], rows[at]], 0
    return "all records twice", rows + rows, None


# --- CSV ------------------------------------------------------------------------------------------------------------


def _as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([header, *rows])
    return sink.getvalue().encode()


class CsvFile:
    """A CSV file, or a run of its records where ``at_most`` says how many."""

    def __init__(self, data: bytes, at_most: int | None = None, start: int = 0) -> None:
        self.header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = [row for row in rows if row]
        start = min(start, max(0, len(rows) - (at_most or len(rows))))
        self.rows = rows[start : start + at_most] if at_most else rows
        self.data = _as_csv(self.header, self.rows)

    def mutate(self, kind: str, random: Random) -> Mutation:
        """The file with one change of this kind."""
        if kind in ("quote", "encoding"):
            return spoil_bytes(self.data, kind, random)
        if kind == "row":
            what, rows, touched = _spoil_rows(self.rows, random)
            return Mutation(kind, what, _as_csv(self.header, rows), touched)
        column = random.randrange(len(self.header))
        name = self.header[column]
        if kind == "header":
            return self._header(column, random)
        if kind == "cell":
            at = random.choice([n for n, row in enumerate(self.rows) if column < len(row)])
            old = self.rows[at][column]
            new = random.choice((*ODD_CELLS, _scaled(old, random.choice(FACTORS))))
            rows = [row if n != at else [*row[:column], new, *row[column + 1 :]] for n, row in enumerate(self.rows)]
            return Mutation(
                kind, f"record {at + 1}, {name!r}: {old[:40]!r} becomes {new[:40]!r}", _as_csv(self.header, rows), 1
            )
        share = random.choice((1.0, 1.0, 0.3, 0.05))
        hit = [random.random() < share for _ in self.rows]
        if kind == "column":
            new = random.choice(("", "0", "-1", "x"))
            change: Callable[[str], str] = lambda _: new  # noqa: E731
            what = f"{name!r}: {share:.0%} become {new!r}"
        else:
            factor = random.choice(FACTORS)
            change = lambda cell: _scaled(cell, factor)  # noqa: E731
            what = f"{name!r}: {share:.0%} times {factor:g}"
        rows = [
            [*row[:column], change(row[column]), *row[column + 1 :]] if is_hit and column < len(row) else row
            for is_hit, row in zip(hit, self.rows, strict=True)
        ]
        return Mutation(kind, what, _as_csv(self.header, rows), sum(hit))

    def _header(self, column: int, random: Random) -> Mutation:
        header, rows = list(self.header), self.rows
        how = random.choice(("renamed", "blank", "repeated", "swapped", "gone", "new"))
        other = random.randrange(len(header))
        if how == "renamed":
            header[column] += random.choice((" ", " (new)", "X"))
        elif how == "blank":
            header[column] = ""
        elif how == "repeated":
            header[column] = header[other]
        elif how == "swapped":
            header[column], header[other] = header[other], header[column]
        elif how == "gone":
            rows = [row[:column] + row[column + 1 :] for row in rows]
            del header[column]
        else:
            rows = [[*row, "x"] for row in rows]
            header.append("A new column")
        return Mutation(
            "header", f"{self.header[column]!r} {how} ({self.header[other]!r})", _as_csv(header, rows), None
        )


# --- JSON -----------------------------------------------------------------------------------------------------------


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a record are, objects within it included."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path


def _at(record: Any, path: Sequence[Any]) -> Any:
    for step in path:
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _put(record: Any, path: Sequence[Any], change: Callable[[Any], Any]) -> None:
    for step in path[:-1]:
        record = record.get(step) if isinstance(record, dict) else None
    if isinstance(record, dict) and path and path[-1] in record:
        record[path[-1]] = change(record[path[-1]])


def _times(factor: float) -> Callable[[Any], Any]:
    return lambda value: value * factor if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(item, dict) for item in value)


class JsonFile:
    """A JSON file that is a list or an object of records, or a run of them where ``at_most`` says how many."""

    def __init__(self, data: bytes, at_most: int | None = None, start: int = 0) -> None:
        content = json.loads(data)
        lists = [key for key, value in content.items() if _are_records(value)] if isinstance(content, dict) else []
        self.around = (content, lists[0]) if len(lists) == 1 else None
        """The object that the list of records is in, and under which name."""
        content = content[lists[0]] if self.around else content
        self.is_list = isinstance(content, list)
        records = list(enumerate(content)) if self.is_list else list(content.items())
        start = min(start, max(0, len(records) - (at_most or len(records))))
        self.records = records[start : start + at_most] if at_most else records
        self.data = self._as_json(self.records)

    def _as_json(self, records: Sequence[tuple[Any, Any]]) -> bytes:
        if self.around:
            content, key = self.around
            return json.dumps({**content, key: [value for _, value in records]}, indent=1).encode()
        if self.is_list:
            return b"[\n" + b",\n".join(json.dumps(value).encode() for _, value in records) + b"\n]\n"
        parts = (f"{json.dumps(key)}: {json.dumps(value)}".encode() for key, value in records)
        return b"{\n" + b",\n".join(parts) + b"\n}\n"

    def mutate(self, kind: str, random: Random) -> Mutation:
        """The file with one change of this kind."""
        if kind in ("quote", "encoding") or not self.records:
            return spoil_bytes(self.data, kind, random)
        if kind == "row":
            what, records, touched = _spoil_rows(self.records, random)
            return Mutation(kind, what, self._as_json(records), touched)
        at = random.randrange(len(self.records))
        path = random.choice(list(_leaves(self.records[at][1])))
        if kind == "cell":
            old = _at(self.records[at][1], path)
            new = random.choice((*ODD_VALUES, _times(random.choice(FACTORS))(old)))
            records = list(self.records)
            records[at] = (records[at][0], deepcopy(records[at][1]))
            if path:
                _put(records[at][1], path, lambda _: new)
            else:
                records[at] = (records[at][0], new)
            return Mutation(
                kind, f"record {at + 1}, {path}: {str(old)[:40]} becomes {str(new)[:40]}", self._as_json(records), 1
            )
        share = random.choice((1.0, 1.0, 0.3, 0.05))
        records = [(key, deepcopy(value)) for key, value in self.records]
        hit = [random.random() < share for _ in records]
        what = self._spoil_column(
            [value for is_hit, (_, value) in zip(hit, records, strict=True) if is_hit], kind, path, random
        )
        return Mutation(kind, f"{path}: {share:.0%} {what}", self._as_json(records), sum(hit))

    @staticmethod
    def _spoil_column(values: list[Any], kind: str, path: tuple[Any, ...], random: Random) -> str:
        """Change the value at a path in all of these records; returns how."""
        if kind == "scale":
            factor = random.choice(FACTORS)
            for value in values:
                _put(value, path, _times(factor))
            return f"times {factor:g}"
        if kind == "column":
            new = random.choice((None, 0, "", -1, "x"))
            for value in values:
                _put(value, path, lambda _: new)
            return f"become {new!r}"
        for value in values:
            inner = _at(value, path[:-1])
            if isinstance(inner, dict) and path and path[-1] in inner:
                inner[f"{path[-1]}_new"] = inner.pop(path[-1])
        return "renamed"


# --- archives and logs ----------------------------------------------------------------------------------------------


class LogFile:
    """A text of lines, such as a log: its numbers are its cells, its lines its rows."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def mutate(self, kind: str, random: Random) -> Mutation:
        """The text with one change of this kind; a kind that a log does not have changes its bytes instead."""
        lines = self.data.splitlines(keepends=True)
        if kind in ("quote", "encoding", "header", "column") or not lines:
            return spoil_bytes(self.data, "encoding" if kind in ("header", "column") else kind, random)
        if kind == "row":
            what, lines, touched = _spoil_rows(lines, random)
            return Mutation(kind, what, b"".join(lines), touched)
        at = random.randrange(len(lines))
        factor = random.choice(FACTORS)
        text = lines[at].decode("utf-8", "replace")
        new = NUMBER.sub(
            lambda found: random.choice(ODD_CELLS) if kind == "cell" else repr(float(found[0]) * factor), text, count=3
        )
        return Mutation(
            kind, f"line {at + 1}: numbers changed", b"".join([*lines[:at], new.encode(), *lines[at + 1 :]]), 1
        )


class ArchiveFile:
    """A .tar.gz: one of its files is changed."""

    def __init__(self, data: bytes, keep: Callable[[str], bool] = lambda _: True) -> None:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            self.members = {
                member.name: (archive.extractfile(member) or io.BytesIO()).read()
                for member in archive
                if member.isfile() and keep(member.name)
            }
        self.data = self._packed(self.members)
        self.targets = [name for name, content in self.members.items() if content]

    @staticmethod
    def _packed(members: dict[str, bytes]) -> bytes:
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w:gz", compresslevel=1) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return sink.getvalue()

    def mutate(self, kind: str, random: Random) -> Mutation:
        """The archive with one change of this kind in one of its files."""
        if kind == "encoding" and random.random() < 0.2:
            found = spoil_bytes(self.data, kind, random)
            return Mutation(kind, f"the archive: {found.what}", found.data, None)
        name = random.choice(self.targets)
        spoilt = opened(name, self.members[name]).mutate(kind, random)
        data = self._packed({**self.members, name: spoilt.data})
        return Mutation(kind, f"{name}: {spoilt.what}", data, None, name.partition("/")[2])


Spoilable = CsvFile | JsonFile | LogFile | ArchiveFile


def opened(name: str, data: bytes, at_most: int | None = None, start: int = 0) -> Spoilable:
    """A file as what it is by its name and content."""
    if data[:2] == b"\x1f\x8b":
        return ArchiveFile(data)
    if data.lstrip()[:1] in (b"[", b"{"):
        try:
            return JsonFile(data, at_most, start)
        except (ValueError, AttributeError):
            return LogFile(data)
    return CsvFile(data, at_most, start) if name.endswith(".csv") else LogFile(data)
