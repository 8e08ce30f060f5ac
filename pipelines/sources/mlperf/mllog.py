"""Lines of MLCommons' training log format: ``:::MLLOG {json}`` amid any other text.

What belongs here: finding the records of a log, decoding those that somebody reads, and saying what is
wrong with the odd ones. What does not: what the keys mean (``mlperf_training.py``).

A log is megabytes of which a few lines matter. So a record whose first bytes are the usual ones and name a key
that nobody reads is passed over; every other record is decoded and judged. A line that cannot be used becomes an
``OddLine``, and the others are kept. Rank numbers before the mark, repeats and CRLF are usual and no fault. What is
passed over is not judged: a record that breaks off, with the name of a key that nobody reads where its own would
stand, goes unseen, and nothing is lost by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from pipelines.errors import shown
from pipelines.records.json_records import DECODER

MARK = b":::MLLOG"
WINDOW_BYTES = 1 << 16
HEAD = slice(75, 98)
"""Of what follows a mark: the key, where namespace, time and event type have their usual lengths."""
HEAD_BYTES = HEAD.stop - HEAD.start
USUAL_HEAD = re.compile(rb'(?:, | |)"key": "([a-zA-Z0-9_]+)("|\Z)')

MAX_LINE_BYTES = 1 << 20
MAX_BRACKETS = 200
MAX_HEADS = 4_096
MAX_ODD_LINES = 1_000
MAX_SHOWN_BYTES = 200
EARLIEST_MS, LATEST_MS = 1_400_000_000_000, 3_999_999_999_999
"""Years 2014 to 2096: outside of them a time in milliseconds is a fault of the clock or of the unit."""
NAMES = (b'"time_ms"', b'"key"', b'"value"')


class Kind(NamedTuple):
    """What the value of a key may be."""

    words: str
    types: frozenset[type] = frozenset()
    """Empty: the value does not matter."""
    low: float = 0
    high: float = 2**63 - 1


EVENT = Kind("anything")
TEXT = Kind("text", frozenset({str}))
WHOLE = Kind("a whole number from 0", frozenset({int}))
NUMBER = Kind("a number from 0", frozenset({int, float}))
NUMBERS = Kind("a number, or an object of numbers", frozenset({int, float, dict}), -1e15, 1e15)
FRACTION = Kind("a fraction", frozenset({int, float}), 0, 1)
POWER = Kind("watts from 0 to 9,999,999", frozenset({int, float}), 0, 9_999_999)

Entry = tuple[str, int, Any, Any]
"""One record that somebody reads: key, time in milliseconds, value, metadata."""


class OddLine(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    byte_start: int
    byte_end: int
    text: str
    """Its first bytes."""
    reason: str


@dataclass
class MlLog:
    """What one log holds."""

    entries: list[Entry] = field(default_factory=list)
    """In the order of the file; of a key that is only wanted newest, the last."""
    series_times_ms: list[int] = field(default_factory=list)
    """Time of each record of the series, in the order of the file."""
    series_values: list[float] = field(default_factory=list)
    """Its value."""
    odd_lines: list[OddLine] = field(default_factory=list)
    """At most ``MAX_ODD_LINES``."""
    record_count: int = 0
    """Marks in the file."""
    odd_count: int = 0
    """Odd lines, also those beyond the limit."""

    def refuse(self, data: bytes, start: int, end: int, reason: str) -> None:
        """Note, once, that the line of the record from ``start`` to ``end`` is odd."""
        line_start = data.rfind(b"\n", 0, start) + 1
        if self.odd_lines and self.odd_lines[-1].byte_start == line_start:
            return
        self.odd_count += 1
        if self.odd_count <= MAX_ODD_LINES:
            text = data[line_start : min(end, line_start + MAX_SHOWN_BYTES)].decode(errors="replace")
            self.odd_lines.append(OddLine(data.count(b"\n", 0, start) + 1, line_start, end, text, reason))


class _OddError(Exception):
    """A record that cannot be used; the message says why."""


def _decode(text: bytes) -> Any:
    """The value of a record; raises _OddError."""
    if len(text) > 2 * MAX_BRACKETS and (brackets := text.count(b"[") + text.count(b"{")) > MAX_BRACKETS:
        raise _OddError(f"has {brackets:,} opening brackets; expected at most {MAX_BRACKETS}: nested too deeply")
    try:
        record = orjson.loads(text)
        if any(text.count(name) > 1 for name in NAMES):
            DECODER.decode(text.decode())  # slow, but it sees a name that stands twice
    except ValueError as error:
        raise _OddError(f"is not JSON: {error}") from None
    return record


def _judge(record: Any, wanted: Mapping[str, Kind]) -> Entry | None:
    """The entry of a record, None where nobody reads its key; raises _OddError."""
    if type(record) is not dict:
        raise _OddError("is not a JSON object")
    key, time_ms, value = record.get("key"), record.get("time_ms"), record.get("value")
    if type(key) is not str:
        raise _OddError("names no key" if key is None else "has a key that is not text")
    if type(time_ms) is not int:
        raise _OddError(
            f"{shown(key)} has no time_ms" if time_ms is None else f"{shown(key)}: time_ms is not a whole number"
        )
    if not EARLIEST_MS <= time_ms <= LATEST_MS:
        raise _OddError(f"{shown(key)}: time_ms {time_ms} is not in the years 2014 to 2096")
    if (kind := wanted.get(key)) is None:
        return None
    if kind is WHOLE and type(value) is float and value.is_integer():
        value = int(value)
    if kind.types and not _fits(value, kind):
        raise _OddError(f"{key}: value {shown(str(value))}; expected {kind.words}")
    return key, time_ms, value, record.get("metadata")


def _fits(value: Any, kind: Kind) -> bool:
    parts = value.values() if type(value) is dict else [value]
    return type(value) in kind.types and (
        kind is TEXT or all(type(part) in NUMBER.types and kind.low <= part <= kind.high for part in parts)
    )


def _windows(data: bytes) -> Iterator[tuple[int, int]]:
    """Spans of whole lines: as many as fit a window, or one line that is longer."""
    at, size = 0, len(data)
    while at < size:
        end = min(at + WINDOW_BYTES, size)
        if end < size:
            end = (data.rfind(b"\n", at, end) + 1) or (data.find(b"\n", end) + 1) or size
        yield at, end
        at = end


class LogReader:
    """Reads logs for the keys of ``wanted``.

    Of a key in ``newest`` only the last record is given. ``series`` names a key with thousands of records whose times
    and values are given apart from the others.
    """

    def __init__(
        self, wanted: Mapping[str, Kind], *, newest: frozenset[str] = frozenset(), series: str | None = None
    ) -> None:
        self._wanted, self._newest, self._series = dict(wanted), newest, series
        self._names = [name.encode() for name in wanted]
        self._known: dict[bytes, bool] = {}
        """Heads of records, and whether somebody reads those, or may."""

    def read(self, data: bytes) -> MlLog:
        """What a log holds. What cannot be used becomes an odd line: no bytes make this raise."""
        log = MlLog()
        for at, end in _windows(data):
            parts = data[at:end].split(MARK) if end - at <= MAX_LINE_BYTES else []
            if not parts and (marks := data.count(MARK, at, end)):
                log.record_count += marks
                log.refuse(data, at, end, f"has {end - at:,} bytes; expected at most {MAX_LINE_BYTES:,}")
            start = at
            for number, part in enumerate(parts):
                if number:
                    start += len(MARK)
                    log.record_count += 1
                    head = part[HEAD]
                    if self._is_read(head) and (fault := self._take(log, parts, number)) is not None:
                        log.refuse(data, start, start + len(part.partition(b"\n")[0]), fault)
                start += len(part)
        last = {entry[0]: number for number, entry in enumerate(log.entries) if entry[0] in self._newest}
        log.entries = [entry for number, entry in enumerate(log.entries) if last.get(entry[0], number) == number]
        return log

    def _is_read(self, head: bytes) -> bool:
        """Whether a record that begins so is to be decoded; remembers the answer."""
        if (known := self._known.get(head)) is not None:
            return known
        found = USUAL_HEAD.match(head)
        if found is None:
            return True
        key, is_whole = found[1], found[2] == b'"'
        if not is_whole and len(head) < HEAD_BYTES:
            return True
        is_read = any(name == key if is_whole else name.startswith(key) for name in self._names)
        if len(self._known) < MAX_HEADS and len(head) == HEAD_BYTES:
            self._known[head] = is_read
        return is_read

    def _take(self, log: MlLog, parts: list[bytes], number: int) -> str | None:
        """One record into the entries or the series; returns what is wrong with it."""
        part = parts[number]
        if (number > 1 and b"\n" not in parts[number - 1]) or (number < len(parts) - 1 and b"\n" not in part):
            return "shares its line with another record"
        try:
            entry = _judge(_decode(part.partition(b"\n")[0]), self._wanted)
        except _OddError as error:
            return str(error)
        if entry is not None and entry[0] == self._series:
            log.series_times_ms.append(entry[1])
            log.series_values.append(float(entry[2]))
        elif entry is not None:
            log.entries.append(entry)
        return None
