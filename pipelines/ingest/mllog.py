"""Lines of MLCommons' training log format: ``:::MLLOG {json}`` amid any other text.

What belongs here: finding the records of a log, decoding those that somebody reads, and saying what is
wrong with the odd ones. What does not: what the keys mean (``mlperf_training.py``).

A log is megabytes of which a few lines matter. So it is cut at the marks, and a record whose first bytes
are the usual ones and name a key that nobody reads is passed over; every other record is decoded and
judged. A line that cannot be used becomes an ``OddLine``, and the others are kept. Rank numbers before
the mark, repeats and CRLF are usual and no fault.

A log is read quickly first: all records that matter are decoded in one go, and where anything is odd
that only tells that there is something. Then it is read again with care, record by record. Both ways
give the same for a clean log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from pipelines.errors import shown
from pipelines.ingest.json_records import DECODER

MARK = b":::MLLOG"
NO_RECORD = b"\n"
"""Stands for what comes before the first mark of a window."""
WINDOW_BYTES = 28_000
"""Below 30,000 bytes CPython searches with the quicker of its two algorithms."""
HEAD = slice(43, 98)
"""Of what follows a mark: event type, key and the name of the value, where the time has 13 digits."""
USUAL_HEAD = re.compile(
    rb', "event_type": "(?:POINT_IN_TIME|INTERVAL_START|INTERVAL_END)", "key": "([a-zA-Z0-9_]+)("|\Z)'
)
PLAIN = rb'"[ !#-\[\]-~]*"'
"""A JSON string of printable ASCII without escapes."""
POSITIVE = rb"[0-9]{1,7}(?:\.[0-9]{1,20})?"
SIMPLE_OBJECT = rb'(?:""|\{(?:"[a-z_]+": (?:' + PLAIN + rb"|[0-9.]{1,20})(?:, |(?=\})))+\})"
REPEATED = re.compile(
    rb' \{"namespace": "", "time_ms": (?:1[4-9]|[23][0-9])[0-9]{11}, "event_type": "[A-Z_]+", "key": "[a-z_]+", "value": '
    + POSITIVE
    + rb', "metadata": '
    + SIMPLE_OBJECT
    + rb"\}\r?\n"
)
"""A good record that holds a number."""

MAX_LINE_BYTES = 1 << 20
MAX_QUICK_BYTES = 1_000
MAX_BRACKETS = 200
MAX_HEADS = 4_096
MAX_ODD_LINES = 1_000
MAX_SHOWN_BYTES = 200
EARLIEST_MS, LATEST_MS = 1_400_000_000_000, 3_999_999_999_999
"""Years 2014 to 2096: outside of them a time in milliseconds is a fault of the clock or of the unit."""
NAMES = (b'"time_ms"', b'"key"', b'"value"')
WORD = secrets.token_hex(8)
BETWEEN = f',"{WORD}",'.encode()
"""Keeps records apart that are decoded together. No log can know it, so that in none the end of one record can
pair with the start of the next."""


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
    series: list[tuple[int, float]] = field(default_factory=list)
    """Time in milliseconds and value of each record of the series, in the order of the file."""
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
        raise _OddError("is no JSON object")
    key, time_ms, value = record.get("key"), record.get("time_ms"), record.get("value")
    if type(key) is not str:
        raise _OddError("names no key" if key is None else "has a key that is not text")
    if type(time_ms) is not int:
        raise _OddError(
            f"{shown(key)} has no time_ms" if time_ms is None else f"{shown(key)}: time_ms is no whole number"
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


def _series_pattern(key: str) -> re.Pattern[bytes]:
    """A good line that holds nothing but a record of ``key``; its groups are time and value."""
    return re.compile(
        rb'(?<![^\n]):::MLLOG \{"namespace": "", "time_ms": ((?:1[4-9]|[23][0-9])[0-9]{11}), '
        rb'"event_type": "POINT_IN_TIME", "key": "'
        + re.escape(key.encode())
        + rb'", "value": ('
        + POSITIVE
        + rb'), "metadata": '
        + SIMPLE_OBJECT
        + rb"\}\r?\n"
    )


class LogReader:
    """Reads logs for the keys of ``wanted``.

    Of a key in ``newest`` only the last record is given. ``series`` names a key with thousands of records
    whose times and values are given apart from the others.
    """

    def __init__(
        self, wanted: Mapping[str, Kind], *, newest: frozenset[str] = frozenset(), series: str | None = None
    ) -> None:
        self._wanted = dict(wanted)
        self._newest, self._series = newest, series
        self._names = [name.encode() for name in wanted]
        self._ranges = {key: kind for key, kind in wanted.items() if kind.types and kind is not TEXT}
        self._pattern = _series_pattern(series) if series else None
        self._unread: set[bytes] = {NO_RECORD[HEAD]}
        """Heads of records that nobody reads."""
        self._sure: set[tuple[str, type, type]] = set()
        """Key, type of its time and type of its value, of records that these tell to be good."""
        self._read: dict[bytes, bool] = {}
        """Heads of records that somebody reads, or may; whether only the newest of them is wanted."""

    def read(self, data: bytes) -> MlLog:
        """What a log holds. What cannot be used becomes an odd line: no bytes make this raise."""
        log = self._read_quickly(data) or self._read_with_care(data)
        if self._newest:
            last = {entry[0]: number for number, entry in enumerate(log.entries)}
            log.entries = [e for n, e in enumerate(log.entries) if e[0] not in self._newest or last[e[0]] == n]
        return log

    def _is_read(self, head: bytes) -> bool:
        """Whether a record that begins so is to be decoded; remembers the answer."""
        if head in self._unread or head in self._read:
            return head in self._read
        found = USUAL_HEAD.match(head)
        if found is None:
            return True
        key, is_whole = found[1], found[2] == b'"'
        is_read = any(name == key if is_whole else name.startswith(key) for name in self._names)
        if len(self._unread) + len(self._read) < MAX_HEADS:
            if is_read:
                self._read[head] = is_whole and key.decode() in self._newest
            else:
                self._unread.add(head)
        return is_read

    def _read_quickly(self, data: bytes) -> MlLog | None:
        """What a log holds, or None where anything in it is odd."""
        series: list[tuple[int, float]] = []
        rest = data
        if self._pattern is not None:
            pieces = self._pattern.split(data)
            series = list(zip(map(int, pieces[1::3]), map(float, pieces[2::3]), strict=True))
            rest = b"".join(pieces[::3])
        found = self._find(rest)
        entries = None if found is None else self._entries(found[0])
        if found is None or entries is None or any(entry[0] == self._series for entry in entries):
            return None
        return MlLog(entries, series, record_count=found[1] + len(series))

    def _find(self, data: bytes) -> tuple[list[bytes], int] | None:
        """The records that somebody reads, and the count of all; None where lines are shared or long."""
        texts: list[bytes] = []
        newest: dict[bytes, bytes] = {}
        count, unread, read = 0, self._unread, self._read
        for at, end in _windows(data):
            if end - at > MAX_LINE_BYTES:
                return None
            parts = data[at:end].split(MARK)
            parts[0] = NO_RECORD
            last = len(parts) - 1
            count += last
            for number, part in [pair for pair in enumerate(parts) if pair[1][HEAD] not in unread]:
                head = part[HEAD]
                if head not in read:
                    if not self._is_read(head):
                        continue
                    texts += newest.values()  # this may be newer: keep the order of the file
                    newest.clear()
                line_end = part.find(b"\n")
                if (line_end < 0 and number < last) or b"\n" not in parts[number - 1]:
                    return None  # two records share a line
                text = part[:line_end] if line_end >= 0 else part
                if read.get(head) and REPEATED.match(part):
                    newest[head] = text
                else:
                    texts.append(text)
        texts += newest.values()
        return texts, count

    def _entries(self, texts: list[bytes]) -> list[Entry] | None:
        """The entries of records, or None where one of them is odd."""
        joined = BETWEEN.join(texts)
        names = [joined.count(name) for name in NAMES]
        if names != [len(texts)] * len(NAMES) or max(map(len, texts), default=0) > MAX_QUICK_BYTES:
            return None
        try:
            decoded = orjson.loads(b"[" + joined + b"]")
            entries = [(r["key"], r["time_ms"], r["value"], r.get("metadata")) for r in decoded[::2]]
            kinds = {(key, type(time_ms), type(value)) for key, time_ms, value, _ in entries}
            if not kinds <= self._sure and (unsure := {kind for kind in kinds if self._needs_look(*kind)}):
                entries = [self._look(entry, unsure) for entry in entries]
        except (ValueError, LookupError, TypeError, AttributeError, _OddError):
            return None
        is_apart = decoded[1::2] == [WORD] * (len(texts) - 1)
        is_good = is_apart and all(EARLIEST_MS <= time_ms <= LATEST_MS for _, time_ms, _, _ in entries)
        for key, _, value, _ in entries:
            if (kind := self._ranges.get(key)) and type(value) is not dict and not kind.low <= value <= kind.high:
                is_good = False
        return [entry for entry in entries if entry[0] in self._wanted] if is_good else None

    def _needs_look(self, key: Any, time: type, value: type) -> bool:
        """Whether types alone do not tell that a record is good."""
        types = self._wanted.get(key, EVENT).types
        if type(key) is not str or time is not int or (types and (value not in types or value is dict)):
            return True
        if key in self._wanted:
            self._sure.add((key, time, value))
        return False

    def _look(self, entry: Entry, unsure: set[tuple[Any, type, type]]) -> Entry:
        """The entry, judged if its types are among the unsure ones; raises _OddError."""
        key, time_ms, value, metadata = entry
        if (key, type(time_ms), type(value)) not in unsure:
            return entry
        return _judge({"key": key, "time_ms": time_ms, "value": value, "metadata": metadata}, self._wanted) or entry

    def _read_with_care(self, data: bytes) -> MlLog:
        """What a log holds, and the lines that cannot be used."""
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
                    if (fault := self._take(log, parts, number)) is not None:
                        log.refuse(data, start, start + len(part.partition(b"\n")[0]), fault)
                start += len(part)
        return log

    def _take(self, log: MlLog, parts: list[bytes], number: int) -> str | None:
        """One record into the entries or the series; returns what is wrong with it."""
        part = parts[number]
        if not self._is_read(part[HEAD]):
            return None
        if (number > 1 and b"\n" not in parts[number - 1]) or (number < len(parts) - 1 and b"\n" not in part):
            return "shares its line with another record"
        try:
            entry = _judge(_decode(part.partition(b"\n")[0]), self._wanted)
        except _OddError as error:
            return str(error)
        if entry is not None and entry[0] == self._series:
            log.series.append((entry[1], float(entry[2])))
        elif entry is not None:
            log.entries.append(entry)
        return None
