"""Energies of all landed parts, each worked out once: what the warehouse reads of own runs.

What belongs here: keeping partials by day, and which parts overlap. What does not: the SQL (``partials.py``).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.telemetry.formats.delivered import Kind
from pipelines.telemetry.landed import Landed, Part
from pipelines.telemetry.partials import Engine, Piece, empty_partials, integrate, sql_version

KINDS: tuple[Kind, ...] = ("power", "counter")
VERSION = b"compute_ledger_sql"


class Partials:
    """Energies of the parts of a store, kept in a file a day."""

    def __init__(self, landed: Landed, macros: str, engine: Engine, pieces: Callable[[int], int]) -> None:
        self.landed = landed
        self.macros = macros
        self.version = sql_version(macros).encode()
        self.engine = engine
        self.pieces = pieces

    def days(self) -> list[str]:
        """Days on which samples begin, oldest first."""
        return sorted({part.date for part in self.landed.read_manifest().parts})

    def missing(self) -> list[str]:
        """Paths of the parts whose energies are not kept."""
        kept = {path for day in self.days() for path in self._kept(day)["path"].to_pylist()}
        return [part.path for part in self.landed.read_manifest().parts if part.path not in kept]

    def of_days(self, days: Collection[str] | None = None, *, again: bool = False) -> pl.DataFrame:
        """Partials of the parts of days, of all days without any named; those that are not kept are worked out.

        ``again`` works all of them out again. Columns are those of a partial and the path below the store.
        """
        parts = [part for part in self.landed.read_manifest().parts if days is None or part.date in days]
        kept = {day: empty_partials() if again else self._kept(day) for day in {part.date for part in parts}}
        there = {path for table in kept.values() for path in table["path"].to_pylist()}
        fresh = self._worked_out([part for part in parts if part.path not in there])
        by_day: dict[str, list[pa.Table]] = defaultdict(list)
        date_of = {part.path: part.date for part in parts}
        for day in {date_of[path] for path in fresh["path"].to_pylist()}:
            mask = pa.array([date_of[path] == day for path in fresh["path"].to_pylist()], pa.bool_())
            by_day[day].append(fresh.filter(mask))
        for day, tables in by_day.items():
            kept[day] = pa.concat_tables([kept[day], *tables])
            self._keep(day, kept[day])
        wanted = {part.path for part in parts}
        found = pl.from_arrow(pa.concat_tables([empty_partials(), *kept.values()]))
        assert isinstance(found, pl.DataFrame)
        return found.filter(pl.col("path").is_in(wanted)).sort("path", "device_id")

    def _worked_out(self, parts: Sequence[Part]) -> pa.Table:
        tables = [empty_partials()]
        for kind in KINDS:
            paths = [(str(self.landed.folder / part.path), part.sample_count) for part in parts if part.kind == kind]
            if paths:
                tables.append(integrate(paths, kind, self.macros, self.engine, self.pieces(len(paths))))
        return self._below(pa.concat_tables(tables))

    def _below(self, table: pa.Table) -> pa.Table:
        """Partials with paths below the store."""
        prefix = len(str(self.landed.folder)) + 1
        paths = pa.array([path[prefix:] for path in table["path"].to_pylist()], pa.string())
        return table.set_column(table.column_names.index("path"), "path", paths)

    def _kept(self, day: str) -> pa.Table:
        """What was worked out before, by the SQL of now; nothing where the file is not whole."""
        try:
            table = pq.read_table(self.landed.partials / f"{day}.parquet", page_checksum_verification=True)
        except (OSError, pa.ArrowException):
            return empty_partials()
        is_current = (table.schema.metadata or {}).get(VERSION) == self.version
        return (
            table.replace_schema_metadata(None).select(empty_partials().column_names)
            if is_current
            else empty_partials()
        )

    def _keep(self, day: str, table: pa.Table) -> None:
        self.landed.partials.mkdir(parents=True, exist_ok=True)
        partial = self.landed.partials / f".{day}.{os.getpid()}"
        noted = table.replace_schema_metadata({VERSION: self.version})
        pq.write_table(noted, partial, compression="zstd", write_page_checksum=True)
        partial.replace(self.landed.partials / f"{day}.parquet")

    def merged(self, overlapping: Sequence[Sequence[Part]]) -> list[pl.DataFrame]:
        """Partials of groups of parts of one run that overlap, each group as one series."""
        found = []
        for parts in overlapping:
            paths = tuple(str(self.landed.folder / part.path) for part in parts)
            numbered = all(part.is_numbered for part in parts)
            piece = Piece(paths, parts[0].kind, is_sorted=True, is_numbered=numbered)
            frame = pl.from_arrow(self._below(pa.concat_tables(self.engine([piece], self.macros))))
            assert isinstance(frame, pl.DataFrame)
            found.append(frame)
        return found


def overlapping_parts(parts: Iterable[Part], partials: pl.DataFrame) -> list[list[Part]]:
    """Groups of parts of one run and kind in which a device has samples of one among those of another.

    By number where all parts are numbered, else by time.
    """
    groups: dict[tuple[str, Kind], list[Part]] = defaultdict(list)
    for part in parts:
        groups[part.run_id, part.kind].append(part)
    found = []
    for group in groups.values():
        if len(group) < 2:
            continue
        low, high = (
            ("first_seq", "last_seq") if all(p.is_numbered for p in group) else ("least_at_ms", "greatest_at_ms")
        )
        rows = partials.filter(pl.col("path").is_in([part.path for part in group])).sort("device_id", low)
        before = pl.col(high).cum_max().shift(1).over("device_id")
        if rows.select((before >= pl.col(low)).any()).item():
            found.append(group)
    return found
