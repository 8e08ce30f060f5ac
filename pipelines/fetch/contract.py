"""Whether a fetched file may be used: what its source promises, and how it differs from the last good one.

What belongs here: judging a file. What does not: keeping it (``store.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

import httpx
import polars as pl

from pipelines.errors import LedgerError, shown
from pipelines.fetch.drift import Doubt, differences, drift
from pipelines.fetch.store import Snapshot
from pipelines.records.raw_tables import RawRow, RawTable, RemoteFile, check_raw, empty_raw_frame

MAX_FEWER_SHARE = 0.05
MAX_TIMES_AS_MANY = 3.0
MAX_MORE_REPEATED_SHARE = 0.05
"""Growth of the share of records that repeat a key: a file delivered twice in one repeats half of them."""


PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S
)


TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.I | re.S)


def _expectation(file: RemoteFile) -> str:
    """What a file should hold, for messages: its tables and the first of their columns."""
    parts = []
    for schema in file.tables:
        wanted = [schema.headers.get(c, (c,))[0] for c in schema.model_fields if c not in schema.optional]
        listed = ", ".join(repr(name) for name in wanted[:4]) + (", …" if len(wanted) > 4 else "")
        parts.append(f"raw.{schema.table} ({listed})")
    return f"expected {file.name} with the data of {' and '.join(parts)}"


def _refuse_other_kinds(file: RemoteFile, data: bytes) -> None:
    """Raise LedgerError for an empty file or a web page."""
    if not data.strip():
        raise LedgerError(f"got an empty file ({len(data):,} bytes); {_expectation(file)}.")
    if PAGE.match(data[:4096]):
        found = TITLE.search(data[:65_536])
        title = f" titled {shown(' '.join(found[1].decode(errors='replace').split()))}" if found else ""
        raise LedgerError(
            f"got an HTML page{title} ({len(data):,} bytes); {_expectation(file)}. The publisher may require a login "
            "or be under maintenance."
        )


def _is_csv(file: RemoteFile) -> bool:
    return httpx.URL(file.url).path.lower().endswith(".csv")


def _ends_cut(data: bytes) -> bool:
    return not data.endswith((b"\n", b"\r"))


def _refuse_cut_record(file: RemoteFile, data: bytes, tables: Sequence[RawTable]) -> None:
    """Raise LedgerError for a CSV file that ends in the middle of a record."""
    if not (_is_csv(file) and _ends_cut(data)):
        return
    for table in tables:
        for reject in table.rejects:
            if reject.column is None and reject.record_no == table.record_count:
                raise LedgerError(
                    f"{file.name}:{reject.line}: the file ends inside record {reject.record_no:,}, without a line "
                    f"end: it {reject.reason} The transfer was cut short."
                )


def read_tables(file: RemoteFile, data: bytes, sha256: str) -> list[RawTable]:
    """The tables of a new snapshot; raises LedgerError where it does not hold its source's contract."""
    _refuse_other_kinds(file, data)
    try:
        tables = file.read(data, file.name, sha256)
    except LedgerError:
        raise
    except Exception as error:
        raise LedgerError(
            f"{file.name}: reading failed with {type(error).__name__}: {shown(str(error))}; {_expectation(file)}."
        ) from error
    if not tables:
        raise LedgerError(f"{file.name}: contains no table; {_expectation(file)}.")
    for table in tables:
        check_raw(table)
    _refuse_cut_record(file, data, tables)
    return tables


def _count_doubts(table: str, now: Snapshot, before: Snapshot) -> Iterator[Doubt]:
    new, old = now.record_counts[table], before.record_counts.get(table, 0)
    counts = (f"{old:,} records", f"{new:,} records")
    if new < (1 - MAX_FEWER_SHARE) * old:
        yield Doubt(table, None, f"{1 - new / old:.0%} fewer records; the limit is {MAX_FEWER_SHARE:.0%}", *counts)
    if 0 < MAX_TIMES_AS_MANY * old < new:
        what = f"{new / old:.1f} times as many records; the limit is {MAX_TIMES_AS_MANY:g} times"
        yield Doubt(table, None, what, *counts)
    repeated, repeated_before = now.repeated_counts.get(table, 0), before.repeated_counts.get(table, 0)
    if old and new and repeated / new > repeated_before / old + MAX_MORE_REPEATED_SHARE:
        what = "records repeat the key of another record"
        yield Doubt(table, None, what, f"{repeated_before:,} of {old:,}", f"{repeated:,} of {new:,}")


def count_doubts(file: RemoteFile, data: bytes, now: Snapshot, before: Snapshot) -> list[Doubt]:
    """Why a person should look at the number of records and at the end of a file before it replaces ``before``."""
    found = [doubt for table in now.record_counts for doubt in _count_doubts(table, now, before)]
    if _is_csv(file) and _ends_cut(data):
        with suppress(OSError):
            if not _ends_cut(before.path.read_bytes()[-1:]):
                what = "the last line has no line break: the file may be cut short"
                found.append(Doubt(file.tables[0].table, None, what, "a whole line", "no line break"))
    return found


def value_doubts(tables: Sequence[RawTable], before: Sequence[RawTable]) -> list[Doubt]:
    """Which values of a file look blanked, scaled or replaced beside those of the last good one."""
    return [
        doubt
        for schema in dict.fromkeys(table.schema for table in tables)
        for doubt in drift(_joined(schema, tables), _joined(schema, before))
    ]


def row_differences(tables: Sequence[RawTable], before: Sequence[RawTable]) -> list[Doubt]:
    """What the rows of a file say otherwise than those of the last good one, whether or not it looks wrong."""
    return [
        doubt
        for schema in dict.fromkeys(table.schema for table in tables)
        for doubt in differences(_joined(schema, tables), _joined(schema, before))
    ]


PIN = "the bytes are not those that seeds/SOURCES.toml pins"


def broken_pin(file: RemoteFile, sha256: str, pin: str | None) -> list[Doubt]:
    """The doubt about a file whose address is pinned to other bytes."""
    if pin in (None, sha256):
        return []
    return [Doubt(file.tables[0].table, None, PIN, f"sha256 {pin}", f"sha256 {sha256}", "pinned")]


def accepts_broken_pin(reason: str | None, pin: str | None) -> bool:
    """Whether a snapshot was accepted although this pin asks for other bytes, by the reason that was noted."""
    return reason is not None and PIN in reason and f"sha256 {pin}" in reason


def _joined(schema: type[RawRow], tables: Sequence[RawTable]) -> RawTable:
    """All tables of one schema in a file as one: an archive holds several."""
    frames = [table.frame for table in tables if table.schema is schema]
    return RawTable(schema, "", "", pl.concat([empty_raw_frame(schema), *frames]), 0)


def row_counts(tables: Sequence[RawTable]) -> tuple[dict[str, int], dict[str, int]]:
    """Records, and records that repeat a key, of each table."""
    records: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for table in tables:
        name = table.schema.table
        records[name] = records.get(name, 0) + table.record_count
        repeated[name] = repeated.get(name, 0) + table.duplicate_count
    return records, repeated
