"""What becomes of a spoilt file, and whether that is allowed.

A file is refused, held for a person to look at, or accepted. What is accepted may differ from the good file only where the
change was, or where a reject says so: no other record is lost or changed, no figure is infinite, and no column has more
changed or missing figures than the limits of ``drift.py`` say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.errors import LedgerError
from pipelines.fetch.contract import count_doubts, read_tables, row_counts, value_doubts
from pipelines.fetch.drift import FEWEST, MOST_CHANGED, MOST_EMPTIED, TOLERANCE
from pipelines.fetch.store import Snapshot
from pipelines.records.raw_tables import POSITION_COLUMNS, RawRow, RawTable, RemoteFile
from tests.fuzz.mutations import Mutation

LINES = re.compile(r"It takes in (\d+) lines")

SLOWEST_S = 30.0
"""Processor time that nothing of this size may take."""


@dataclass(frozen=True)
class Good:
    """A file as it is, read: what spoilt ones are compared with."""

    file: RemoteFile
    data: bytes
    tables: list[RawTable]
    snapshot: Snapshot


@dataclass(frozen=True)
class Outcome:
    """What became of a spoilt file."""

    status: str
    """refused, held or accepted."""
    said: str
    faults: tuple[str, ...] = ()
    """What may not be."""
    rejected_count: int = 0


def _snapshot(file: RemoteFile, tables: Sequence[RawTable], path: Path, byte_count: int) -> Snapshot:
    records, repeated = row_counts(tables)
    return Snapshot(
        source_id=file.source_id, name=file.name, url=file.url, sha256="0" * 64, fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        byte_count=byte_count, status="accepted", record_counts=records, repeated_counts=repeated, path=path,
    )  # fmt: skip


def good_file(file: RemoteFile, data: bytes, folder: Path) -> Good:
    """The file as a snapshot in use; raises LedgerError where it does not hold its own contract."""
    path = folder / "good"
    path.write_bytes(data)
    tables = read_tables(file, data, "0" * 64)
    return Good(file, data, tables, _snapshot(file, tables, path, len(data)))


def judged(good: Good, mutation: Mutation) -> Outcome:
    """What fetching would do with a spoilt file, and what is wrong with that."""
    began = time.process_time()
    try:
        tables = read_tables(good.file, mutation.data, "1" * 64)
    except LedgerError as error:
        faults = [f"reading broke: {error}"] if "reading failed with" in str(error) else []
        return Outcome("refused", str(error), (*faults, *_slow(began)))
    now = _snapshot(good.file, tables, good.snapshot.path, len(mutation.data))
    doubts = [*count_doubts(good.file, mutation.data, now, good.snapshot), *value_doubts(tables, good.tables)]
    slow = tuple(_slow(began))
    if doubts:
        return Outcome("held", str(doubts[0]), slow)
    return Outcome("accepted", "", (*slow, *_faults(good, mutation, tables)), sum(t.rejected_count for t in tables))


def _slow(began: float) -> Iterator[str]:
    if (took := time.process_time() - began) > SLOWEST_S:
        yield f"took {took:.1f} s of processor time"


def _joined_lines(table: RawTable) -> int:
    """Lines that a reject takes in besides its own, as it says: an open quote makes one record of several."""
    told = (LINES.search(reject.reason) for reject in table.rejects)
    return sum(int(found[1]) - 1 for found in told if found)


def _joined(tables: Sequence[RawTable], schema: type[RawRow]) -> pl.DataFrame:
    return pl.concat([t.frame for t in tables if t.schema is schema], how="vertical").drop(*POSITION_COLUMNS)


def _faults(good: Good, mutation: Mutation, tables: Sequence[RawTable]) -> Iterator[str]:
    for table in tables:
        if table.accepted_count + table.rejected_count + table.duplicate_count != table.record_count:
            yield f"raw.{table.schema.table}: records are lost"
        if any(not reject.reason for reject in table.rejects):
            yield f"raw.{table.schema.table}: a reject has no reason"
    for schema in dict.fromkeys(table.schema for table in good.tables):
        if all(table.schema is not schema for table in tables):
            yield f"raw.{schema.table} is gone"
            continue
        of_schema = [table for table in tables if table.schema is schema]
        set_aside = sum(table.rejected_count + table.duplicate_count + _joined_lines(table) for table in of_schema)
        yield from _frame_faults(schema, mutation, _joined(good.tables, schema), _joined(tables, schema), set_aside)


def _frame_faults(
    schema: type[RawRow], mutation: Mutation, before: pl.DataFrame, now: pl.DataFrame, set_aside: int
) -> Iterator[str]:
    table = f"raw.{schema.table}"
    for name, kind in now.schema.items():
        if kind.is_float() and (odd := now[name].is_nan() | now[name].is_infinite()).any():
            yield f"{table}, {name}: {odd.sum()} figures are not finite"
    if mutation.member is not None and "member" in before.columns:
        before, now = (frame.filter(pl.col("member") != mutation.member) for frame in (before, now))
        if gone := _without_equal(before, now):
            yield f"{table}: {gone} records of other files of the archive changed or are gone"
        return
    if mutation.touched is not None and (gone := _without_equal(before, now)) > mutation.touched + set_aside:
        yield f"{table}: {gone} records changed or are gone, but {mutation.touched} were changed and {set_aside} set aside"
    if before.height == now.height and mutation.kind != "row":
        yield from _column_faults(schema, before, now)


def _column_faults(schema: type[RawRow], before: pl.DataFrame, now: pl.DataFrame) -> Iterator[str]:
    """Columns of two readings with the same records, of which more changed than the limits say."""
    for name, kind in before.schema.items():
        old, new = before[name], now[name]
        filled = int(old.is_not_null().sum())
        if filled < FEWEST or name in schema.volatile:
            continue
        emptied = int((old.is_not_null() & new.is_null()).sum())
        if emptied > MOST_EMPTIED * filled:
            yield f"raw.{schema.table}, {name}: {emptied} of {filled} values became empty"
        if kind.is_numeric():
            largest = pl.DataFrame([old.abs().alias("old"), new.abs().alias("new")]).max_horizontal()
            if (changed := int(((old - new).abs() > TOLERANCE * largest).sum())) > MOST_CHANGED * filled:
                yield f"raw.{schema.table}, {name}: {changed} of {filled} figures changed"


def _without_equal(before: pl.DataFrame, now: pl.DataFrame) -> int:
    """Records of one reading that the other has not, or not as often."""
    names = before.columns
    counted = (frame.group_by(names).len() for frame in (before, now))
    left, right = counted
    both = left.join(right, on=names, how="left", nulls_equal=True, suffix="_now")
    return int((both["len"].cast(pl.Int64) - both["len_now"].fill_null(0).cast(pl.Int64)).clip(lower_bound=0).sum())
