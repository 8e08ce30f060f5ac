"""Lines of MLCommons' training log format: ``:::MLLOG {json}`` amid any other text.

What belongs here: finding the records of a log, decoding those that somebody reads, and saying what is
wrong with the odd ones. What does not: what the keys mean (``mlperf_training.py``).

A log is megabytes of which a few lines matter. So its marks are found many bytes at a time, and a record whose
first bytes are the usual ones and name a key that nobody reads is passed over; every other record is decoded
and judged. A line that cannot be used becomes an ``OddLine``, and the others are kept. Rank numbers before
the mark, repeats and CRLF are usual and no fault. What is passed over is not judged: a record that breaks
off, with the name of a key that nobody reads where its own would stand, goes unseen, and nothing is lost by it.

Logs are read quickly first, several together: all records that matter are decoded in one go, and where
anything is odd that only tells that there is something. Then the log is read again with care, record by
record. Both ways give the same for a clean log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import orjson

from pipelines.errors import shown
from pipelines.records.json_records import DECODER

MARK = b":::MLLOG"
RAREST = 7
"""Place in the mark of its rarest letter, a G: some five in a thousand bytes of a log are one."""
WORD_BYTES = 8
MARK_WORD = int.from_bytes(MARK, "little")
NEWLINE = 10
WINDOW_BYTES = 1 << 16
HEAD = slice(75, 98)
"""Of what follows a mark: the key, where namespace, time and event type have their usual lengths."""
HEAD_BYTES = HEAD.stop - HEAD.start
USUAL_HEAD = re.compile(rb'(?:, | |)"key": "([a-zA-Z0-9_]+)("|\Z)')
PLAIN = rb'"[ !#-\[\]-~]{0,400}"'
"""A JSON string of printable ASCII without escapes."""
POSITIVE = rb"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,20})?"
PAIR = rb'"(?!time_ms"|key"|value")[a-z_]{1,40}": (?:' + PLAIN + rb"|" + POSITIVE + rb")"
METADATA = re.compile(rb'(?:""|\{' + PAIR + rb"(?:, " + PAIR + rb"){0,20}\})\}\r?")
"""Plain metadata and the end of its record."""
GAP = b"\n" * 128
"""Between logs that are read together: longer than a mark and what a head is taken from."""
FACTORS = np.array([secrets.randbits(63) | 1 for _ in range(3)], np.uint64)
"""Make a number of a head, 23 bytes; no log can know them, so none can hold two heads of the same number."""
FOLD = np.uint64(32)
WORDS_AT = (0, 8, 15)
"""Where in a head the words begin that make its number."""
NO_HEAD, UNKNOWN = secrets.randbits(63), secrets.randbits(63)
"""Numbers that stand for no head that anybody could find."""
Positions = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

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
    """A line that holds nothing but a record of ``key``; its groups are time, value, and metadata with what closes it."""
    return re.compile(
        rb'(?<![^\n]):::MLLOG \{"namespace": "", "time_ms": ((?:1[4-9]|[23][0-9])[0-9]{11}), '
        rb'"event_type": "POINT_IN_TIME", "key": "'
        + re.escape(key.encode())
        + rb'", "value": ('
        + POSITIVE
        + rb'), "metadata": ([^\n]{0,1000})\n'
    )


def _find_marks(text: bytes) -> Positions:
    """Where the marks of a text begin: found by their rarest letter, many bytes at a time."""
    places = np.flatnonzero(np.equal(np.frombuffer(text, np.uint8)[len(GAP) :], MARK[RAREST])) + (len(GAP) - RAREST)
    return places[np.equal(_words(text)[places], MARK_WORD)]


def _words(text: bytes) -> Words:
    """Eight bytes from each place of a text on, as one number."""
    words: Words = np.ndarray((len(text) - WORD_BYTES + 1,), "<u8", text, 0, (1,))
    return words


def _hash(head: bytes) -> int:
    """A number that stands for a head; ``_Batch.hashes`` makes the same of many."""
    found = 0
    for at, factor in zip(WORDS_AT, FACTORS, strict=True):
        found = (found + int.from_bytes(head[at : at + WORD_BYTES], "little")) * int(factor) % 2**64
        found ^= found >> int(FOLD)
    return found


def _has_long_line(data: bytes) -> bool:
    at = 0
    while len(data) - at > MAX_LINE_BYTES:
        at = data.rfind(b"\n", at, at + MAX_LINE_BYTES) + 1
        if not at:
            return True
    return False


class _Batch:
    """Several logs in a row, between gaps, and the records among them that are to be decoded."""

    def __init__(self, logs: Sequence[bytes]) -> None:
        self.text = GAP.join([b"", *logs, b""])
        self.ends = np.cumsum([len(GAP) + len(log) for log in logs])
        self.marks = _find_marks(self.text)
        self.counts = np.diff(np.searchsorted(self.marks, self.ends), prepend=0).tolist()
        self.found: list[list[bytes]] = [[] for _ in logs]
        """Of each log, the records to be decoded."""
        self.odd = {number for number, log in enumerate(logs) if _has_long_line(log)}
        """Logs that need a closer look."""

    def hashes(self) -> Words:
        """Of each record, a number that stands for its head."""
        words, heads = _words(self.text), self.marks + (len(MARK) + HEAD.start)
        found: Words = np.zeros(len(heads), np.uint64)
        for shift, factor in zip(WORDS_AT, FACTORS, strict=True):
            found = (found + words[heads + shift]) * factor
            found ^= found >> FOLD
        found[:-1][np.less(np.diff(self.marks), len(MARK) + HEAD.stop)] = NO_HEAD  # the next record begins in its head
        return found

    def last_of_each(self, numbers: Positions) -> Positions:
        """Of these records, the last in each log."""
        owners = np.searchsorted(self.ends, self.marks[numbers])
        last: Positions = numbers[np.flatnonzero(np.diff(owners, append=-1))]
        return last

    def records(self, numbers: Positions) -> Iterator[tuple[int, int, bytes, int]]:
        """Place, log, head and end of line of these records; a log where one shares its line is odd."""
        text, marks = self.text, self.marks
        places = marks[numbers]
        following = np.append(marks, len(text))[numbers + 1]
        is_first = np.equal(np.frombuffer(text, np.uint8)[places - 1], NEWLINE)
        owners = np.searchsorted(self.ends, places)
        rows = zip(places.tolist(), following.tolist(), owners.tolist(), is_first.tolist(), strict=True)
        for mark, after, owner, begins_line in rows:
            start = mark + len(MARK)
            end = text.find(b"\n", start)
            if after < end or not (begins_line or MARK not in text[text.rfind(b"\n", 0, mark) : mark]):
                self.odd.add(owner)
            yield start, owner, text[start + HEAD.start : min(start + HEAD.stop, after)], end


class LogReader:
    """Reads logs for the keys of ``wanted``.

    Of a key in ``newest`` only the last record is given; those before it are passed over where their first bytes are
    the usual ones. ``series`` names a key with thousands of records
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
        self._unread: dict[bytes, int] = {}
        """Heads of records that nobody reads, and the numbers that stand for them."""
        self._replaced: dict[bytes, int] = {}
        """The same of records of which only the newest is read."""
        self._read: set[bytes] = set()
        """Heads of records that somebody reads, or may."""
        self._skipped_hashes = np.array([UNKNOWN], np.uint64)
        self._sure: set[tuple[str, type, type]] = set()
        """Key, type of its time and type of its value, of records that these tell to be good."""

    def read(self, data: bytes) -> MlLog:
        """What a log holds. What cannot be used becomes an odd line: no bytes make this raise."""
        return self.read_all([data])[0]

    def read_all(self, logs: Sequence[bytes]) -> list[MlLog]:
        """What each of several logs holds; a megabyte of them together is read quickest."""
        found = self.read_quickly(logs)
        return [log or self.read_with_care(data) for log, data in zip(found, logs, strict=True)]

    def _is_read(self, head: bytes) -> bool:
        """Whether a record that begins so is to be decoded; remembers the answer."""
        if head in self._unread or head in self._read:
            return head in self._read
        found = USUAL_HEAD.match(head)
        if found is None:
            return True
        key, is_whole = found[1], found[2] == b'"'
        if not is_whole and len(head) < HEAD_BYTES:
            return True
        is_read = any(name == key if is_whole else name.startswith(key) for name in self._names)
        if len(self._unread) + len(self._read) < MAX_HEADS and len(head) == HEAD_BYTES:
            if is_read:
                self._read.add(head)
            else:
                self._unread[head] = _hash(head)
            if is_whole and key.decode() in self._newest:
                self._replaced[head] = _hash(head)
            self._skipped_hashes = np.sort(
                np.array([*self._unread.values(), *self._replaced.values(), UNKNOWN], np.uint64)
            )
        return is_read

    def read_quickly(self, logs: Sequence[bytes]) -> list[MlLog | None]:
        """What each log holds, or None where anything in it is odd."""
        series: list[tuple[list[int], list[float]]] = [([], []) for _ in logs]
        rest = list(logs)
        if self._pattern is not None:
            for number, data in enumerate(logs):
                pieces = self._pattern.split(data)
                if all(METADATA.fullmatch(metadata) for metadata in set(pieces[3::4])):
                    series[number] = list(map(int, pieces[1::4])), list(map(float, pieces[2::4]))
                    rest[number] = GAP.join(filter(None, pieces[::4]))
        batch = self._find(rest)
        entries = self._entries_of(batch)
        return [
            None
            if got is None or number in batch.odd or any(entry[0] == self._series for entry in got)
            else MlLog(self._wanted_of(got), times, values, record_count=batch.counts[number] + len(values))
            for number, (got, (times, values)) in enumerate(zip(entries, series, strict=True))
        ]

    def _wanted_of(self, entries: list[Entry]) -> list[Entry]:
        """Entries that somebody reads, without those that a later one replaces."""
        last = {entry[0]: number for number, entry in enumerate(entries) if entry[0] in self._newest}
        return [e for n, e in enumerate(entries) if e[0] in self._wanted and last.get(e[0], n) == n]

    def _find(self, logs: Sequence[bytes]) -> _Batch:
        """The records that somebody reads."""
        batch = _Batch(logs)
        hashes, known = batch.hashes(), self._skipped_hashes
        places = np.searchsorted(known, hashes)
        is_read = np.not_equal(known[np.minimum(places, len(known) - 1)], hashes)
        for newest in self._replaced.values():
            is_read[batch.last_of_each(np.flatnonzero(np.equal(hashes, newest)))] = True
        for start, owner, head, end in batch.records(np.flatnonzero(is_read)):
            if head in self._read or self._is_read(head):
                batch.found[owner].append(batch.text[start:end])
        return batch

    def _entries_of(self, batch: _Batch) -> list[list[Entry] | None]:
        """The entries of each log of a batch, or None where one of its records is odd."""
        together = self._entries([text for texts in batch.found for text in texts])
        if together is None:
            return [self._entries(texts) for texts in batch.found]
        entries = iter(together)
        return [list(islice(entries, len(texts))) for texts in batch.found]

    def _entries(self, texts: list[bytes]) -> list[Entry] | None:
        """What records say, or None where one of them is odd."""
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
        times = [time_ms for _, time_ms, _, _ in entries]
        is_good = is_apart and (not times or (min(times) >= EARLIEST_MS and max(times) <= LATEST_MS))
        for key, _, value, _ in entries:
            if (kind := self._ranges.get(key)) and type(value) is not dict and not kind.low <= value <= kind.high:
                is_good = False
        return entries if is_good else None

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

    def read_with_care(self, data: bytes) -> MlLog:
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
                    head = data[start : start + HEAD.stop + len(MARK) - 1].partition(MARK)[0][HEAD]
                    if self._is_read(head) and (fault := self._take(log, parts, number)) is not None:
                        log.refuse(data, start, start + len(part.partition(b"\n")[0]), fault)
                start += len(part)
        log.entries = self._wanted_of(log.entries)
        return log

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
