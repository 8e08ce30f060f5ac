"""How the values of a new snapshot differ from those of the last good one, column by column.

What belongs here: comparing two readings of a file and saying which columns look blanked, zeroed, scaled or
replaced. What does not: what then happens to the snapshot (``snapshots.py``), counts of records (``contract.py``).

Records of both readings are paired by the parts of their key that are no numbers, where those are unique: a
publisher corrects numbers, but names stay. Where too few records pair, columns are compared as a whole: by
their share of empty cells, of zeros and of negative numbers, and by the quartiles of their magnitudes; where a table has no
key, and of numbers that are part of one, also by how many are still there. Limits were set so that two
real files of one publisher, 17 months apart, differ in seven of their 45 columns, and two that are
eight months apart in none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.errors import shown
from pipelines.records.raw_tables import POSITION_COLUMNS, RawRow, RawTable

FEWEST = 20
"""Values below which a share says nothing."""

FEWEST_OF_ALL = 3
"""Values of a column that may not all become empty together, however short the table is."""

MOST_EMPTIED = 0.10
"""Share of the values of a column that may become empty."""

MOST_ZEROED = 0.10
"""Share of the values of a column that may become zero, or negative."""

MOST_CHANGED = 0.15
"""Share of the numbers of paired records that may change by more than TOLERANCE."""

MOST_REWORDED = 0.50
"""Share of the texts and dates of paired records that may change."""

MOST_SHIFT = math.log10(4)
"""Orders of magnitude by which all quartiles of a column may move the same way."""

MOST_FEWER_DISTINCT = 0.30
"""By how much the share of distinct values may fall."""

MOST_MORE_REPEATED = 0.05
"""By how much the share of records without a key that say the same as another may grow."""

SAME_FIGURES = 4
"""Digits in which two numbers must agree to count as the same where records cannot be paired."""

TOLERANCE = 1e-3
"""Relative difference below which two numbers are the same figure, rounded."""


@dataclass(frozen=True)
class Doubt:
    """One reason for a person to look before a snapshot is used."""

    table: str
    column: str | None
    what: str
    before: str
    now: str
    known_from: str = "in the last accepted snapshot"

    def __str__(self) -> str:
        where = f"raw.{self.table}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.what} ({self.before} {self.known_from}, now {self.now})"


def identity(schema: type[RawRow]) -> list[str]:
    """The parts of a key that are no numbers: what a record is about, not what it says."""
    return [name for name in schema.key if "float" not in str(schema.model_fields[name].annotation)]


def _paired(new: pl.DataFrame, old: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Records of both readings side by side, the old columns with the suffix ``_before``; empty where none pair."""
    if not names:
        return new.clear()
    unique_new = new.filter(pl.struct(names).is_unique())
    unique_old = old.filter(pl.struct(names).is_unique())
    return unique_new.join(unique_old, on=names, how="inner", suffix="_before", nulls_equal=True)


def _share(part: float, whole: float) -> str:
    return f"{part:,.0f} of {whole:,.0f}"


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else shown(str(value))


def _filled(column: pl.Series) -> int:
    return len(column) - column.null_count()


def _emptied(table: str, new: pl.Series, old: pl.Series, pairs: pl.DataFrame) -> Iterator[Doubt]:
    had, has = _filled(old), _filled(new)
    lost, of = had * min(1.0, len(new) / len(old)) - has, float(had)
    if f"{new.name}_before" in pairs.columns:
        known = pairs.filter(pl.col(f"{new.name}_before").is_not_null())
        if known.height >= FEWEST:
            lost, of = known[new.name].null_count(), known.height
    is_gone = has == 0 and had >= FEWEST_OF_ALL
    if is_gone or (had >= FEWEST and lost > MOST_EMPTIED * of):
        what = "all values are missing" if has == 0 else "values are missing"
        yield Doubt(table, new.name, what, f"{_share(had, len(old))} filled", f"{_share(has, len(new))} filled")


def _zeroed(table: str, new: pl.Series, old: pl.Series) -> Iterator[Doubt]:
    had, has = _filled(old), _filled(new)
    if min(had, has) < FEWEST:
        return
    for word, (before, now) in {
        "zero": (int((old == 0).sum()), int((new == 0).sum())),
        "negative": (int((old < 0).sum()), int((new < 0).sum())),
    }.items():
        if now / has > before / had + MOST_ZEROED:
            yield Doubt(table, new.name, f"many values are {word}", _share(before, had), _share(now, has))


def _shifted(table: str, new: pl.Series, old: pl.Series) -> Iterator[Doubt]:
    logs = [column.drop_nulls().abs().filter(column.drop_nulls() != 0).log10() for column in (old, new)]
    if min(map(len, logs)) < FEWEST:
        return
    before, now = ([float(log.quantile(q) or 0.0) for q in (0.25, 0.5, 0.75)] for log in logs)
    moves = [b - a for a, b in zip(before, now, strict=True)]
    if min(moves) > MOST_SHIFT or max(moves) < -MOST_SHIFT:
        factor = 10 ** min(moves, key=abs)
        what = f"all quartiles are {factor:.3g} times what they were or {'more' if factor > 1 else 'less'}"
        yield Doubt(table, new.name, what, f"median {10 ** before[1]:.3g}", f"median {10 ** now[1]:.3g}")


def _uniform(table: str, new: pl.Series, old: pl.Series) -> Iterator[Doubt]:
    had, has = _filled(old), _filled(new)
    if min(had, has) < FEWEST:
        return
    distinct_before, distinct = old.drop_nulls().n_unique(), new.drop_nulls().n_unique()
    if distinct / has < distinct_before / had - MOST_FEWER_DISTINCT:
        yield Doubt(table, new.name, "far fewer distinct values", _share(distinct_before, had), _share(distinct, has))


def _changed(table: str, column: str, pairs: pl.DataFrame) -> Iterator[Doubt]:
    if f"{column}_before" not in pairs.columns:
        return
    both = pairs.select(pl.col(column).alias("now"), pl.col(f"{column}_before").alias("before")).drop_nulls()
    if both.height < FEWEST:
        return
    if both["now"].dtype.is_numeric():
        far = (pl.col("now") - pl.col("before")).abs() > TOLERANCE * pl.max_horizontal(
            pl.col("now").abs(), pl.col("before").abs()
        )
        most, word = MOST_CHANGED, "numbers"
    else:
        far, most, word = pl.col("now") != pl.col("before"), MOST_REWORDED, "values"
    changed = both.filter(far)
    if changed.height > most * both.height:
        first = changed.row(0, named=True)
        what = f"{_share(changed.height, both.height)} {word} of records that were there before changed"
        yield Doubt(table, column, what, _value(first["before"]), _value(first["now"]))


def _vanished(table: str, new: pl.Series, old: pl.Series) -> Iterator[Doubt]:
    """Numbers that were there before and are gone, where records cannot be paired in spite of a change."""
    before, now = (column.drop_nulls().round_sig_figs(SAME_FIGURES).value_counts() for column in (old, new))
    had = _filled(old)
    if had < FEWEST:
        return
    left = before.join(now, on=old.name, how="left", suffix="_now")
    kept = int(left.select(pl.min_horizontal("count", pl.col("count_now").fill_null(0)).sum()).item())
    if had - kept > MOST_CHANGED * had:
        what = "numbers that were there before are gone"
        yield Doubt(table, new.name, what, f"{had:,} numbers", f"{kept:,} of them")


def _repeated(table: RawTable, before: RawTable) -> Iterator[Doubt]:
    """Records without a key that say the same twice: a file that was joined to itself."""
    if table.schema.key or min(table.frame.height, before.frame.height) < FEWEST:
        return
    shares = []
    for frame in (before.frame, table.frame):
        content = frame.drop(*POSITION_COLUMNS)
        shares.append((content.height - content.n_unique(), content.height))
    (old, all_old), (new, all_new) = shares
    if new / all_new > old / all_old + MOST_MORE_REPEATED:
        yield Doubt(
            table.schema.table, None, "records duplicate another record", _share(old, all_old), _share(new, all_new)
        )


def drift(table: RawTable, before: RawTable) -> list[Doubt]:
    """What looks wrong in one reading beside the last good one of the same table; empty where nothing does."""
    name, new, old = table.schema.table, table.frame, before.frame
    if old.height == 0 or new.height == 0:
        return []
    if found := list(_repeated(table, before)):
        return found
    names = identity(table.schema)
    pairs = _paired(new, old, names)
    for column in new.columns:
        if column in POSITION_COLUMNS or column in table.schema.volatile:
            continue
        series, series_before = new[column], old[column]
        doubts = list(_emptied(name, series, series_before, pairs))
        if series.dtype.is_numeric() and not doubts:
            doubts += _zeroed(name, series, series_before)
            doubts += _shifted(name, series, series_before) if not doubts else []
        doubts = doubts or list(_uniform(name, series, series_before))
        if series.dtype.is_numeric() and not doubts and (not names or column in names):
            doubts += _vanished(name, series, series_before)
        found += doubts or list(_changed(name, column, pairs))
    return found


def differences(table: RawTable, before: RawTable) -> list[Doubt]:
    """Every column in which paired records differ, and how many records have no equal: for a file that must not change."""
    name, new, old = table.schema.table, table.frame, before.frame
    pairs = _paired(new, old, identity(table.schema))
    found = []
    for column in (column for column in new.columns if column not in POSITION_COLUMNS):
        if f"{column}_before" not in pairs.columns:
            continue
        changed = pairs.filter(pl.col(column).ne_missing(pl.col(f"{column}_before")))
        if changed.height:
            first = changed.row(0, named=True)
            what = f"{_share(changed.height, pairs.height)} values changed, first"
            found.append(Doubt(name, column, what, _value(first[f"{column}_before"]), _value(first[column])))
    content, content_before = new.drop(*POSITION_COLUMNS), old.drop(*POSITION_COLUMNS)
    added = content.join(content_before, on=content.columns, how="anti", nulls_equal=True).height
    gone = content_before.join(content, on=content.columns, how="anti", nulls_equal=True).height
    what = "records without an equal" if added or gone else "the same records in other bytes"
    return [*found, Doubt(name, None, what, _share(gone, old.height), _share(added, new.height))]
