"""Energy of each device in each landed file, by DuckDB: one pass without sorting, in pieces that can be merged.

What belongs here: the SQL of a piece, and which files need the slower form. What does not: adding pieces up
(sql/core/telemetry), who runs them on which machine (``engines``).

Files are ordered by device and number, so one pass that looks at the row before is enough: a pair counts where the row
before is of the same file and device. A file that is not in this order, or files of a run that overlap, take the form with
a window, which sorts. Both give the same columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from pipelines.errors import LedgerError

if TYPE_CHECKING:  # a pass over a few files costs less than loading what the formats need
    from pipelines.telemetry.formats.delivered import Kind

PARTIAL_COLUMNS = {
    "path": pa.string(),
    "device_id": pa.string(),
    "sample_count": pa.int64(),
    "energy_j": pa.float64(),
    "measured_s": pa.float64(),
    "gap_count": pa.int64(),
    "gap_s": pa.float64(),
    "reset_count": pa.int64(),
    "wrap_count": pa.int64(),
    "peak_power_w": pa.float64(),
    "first_seq": pa.int64(),
    "last_seq": pa.int64(),
    "first_at_ms": pa.int64(),
    "last_at_ms": pa.int64(),
    "first_reading": pa.float64(),
    "last_reading": pa.float64(),
    "least_at_ms": pa.int64(),
    "greatest_at_ms": pa.int64(),
    "start_count": pa.int64(),
    "fall_count": pa.int64(),
}
"""Columns of a piece. ``start_count`` above 1 or ``fall_count`` above 0: the file is not in order."""

STEP: dict[Kind, str] = {
    "power": """
        case when is_covered(step_s) then trapezoid_j(before, reading, step_s) end as step_j,
        is_covered(step_s) as is_measured,
        not is_covered(step_s) and step_s > 0 as is_gap,
        step_s <= 0 as is_reset,
        false as is_wrapped,
        reading as power_w""",
    "counter": """
        counter_step_j(before, reading, range_j, step_s) as step_j,
        step_j is not null as is_measured,
        false as is_gap,
        step_s is not null and step_j is null as is_reset,
        coalesce(is_wrap(before, reading, range_j, step_s), false) as is_wrapped,
        step_j / step_s as power_w""",
}
"""What the step from one sample to the next adds. A counter misses nothing between two readings, so it has no gaps."""

READING: dict[Kind, str] = {
    "power": "power_w as reading, null::double as range_j",
    "counter": "energy_j as reading, counter_range_j as range_j",
}

IN_ORDER = """
with samples as (
    select file_index, device_id, seq, at_ms, {reading}
    from read_parquet({files}, hive_partitioning = false)
),

neighbours as (
    select
        *,
        coalesce(lag(file_index) over () = file_index and lag(device_id) over () = device_id, false) as is_pair,
        lag(seq) over () as seq_before,
        (at_ms - lag(at_ms) over ()) / 1000.0::double as dt_s,
        lag(reading) over () as reading_before
    from samples
),

pairs as (
    select *, case when is_pair then dt_s end as step_s, reading_before as before
    from neighbours
),

steps as (select *, {step} from pairs)

select {files}[file_index::bigint + 1] as path, {columns}
from steps
group by file_index, device_id
"""

SORTED = """
with samples as (
    select device_id, seq, at_ms, {reading}
    from read_parquet({files}, hive_partitioning = false)
),

neighbours as (
    select
        *,
        lag(at_ms) over w is not null as is_pair,
        lag(seq) over w as seq_before,
        (at_ms - lag(at_ms) over w) / 1000.0::double as step_s,
        lag(reading) over w as before
    from samples
    window w as (partition by device_id order by {order})
),

steps as (select *, {step} from neighbours)

select {files}[1] as path, {columns}
from steps
group by device_id
"""

COLUMNS = """
    device_id,
    count(*) as sample_count,
    coalesce(sum(step_j), 0)::double as energy_j,
    coalesce(sum(step_s) filter (where is_measured), 0)::double as measured_s,
    count(*) filter (where is_gap) as gap_count,
    coalesce(sum(step_s) filter (where is_gap), 0)::double as gap_s,
    count(*) filter (where is_reset) as reset_count,
    count(*) filter (where is_wrapped) as wrap_count,
    max(power_w)::double as peak_power_w,
    {ends},
    min(at_ms) as least_at_ms,
    max(at_ms) as greatest_at_ms,
    count(*) filter (where not is_pair) as start_count,
    count(*) filter (where is_pair and seq <= seq_before) as fall_count
"""


ENDS_IN_ORDER = """
    first(seq) as first_seq,
    last(seq) as last_seq,
    first(at_ms) as first_at_ms,
    last(at_ms) as last_at_ms,
    first(reading)::double as first_reading,
    last(reading)::double as last_reading"""
"""First and last sample where one thread reads rows in their order: half the cost of looking for them."""

ENDS_SORTED = """
    min(seq) as first_seq,
    max(seq) as last_seq,
    arg_min(at_ms, {order}) as first_at_ms,
    arg_max(at_ms, {order}) as last_at_ms,
    arg_min(reading, {order})::double as first_reading,
    arg_max(reading, {order})::double as last_reading"""


@dataclass(frozen=True)
class Piece:
    """Files of one kind that are integrated by one query: each on its own, or as one series where they overlap."""

    paths: tuple[str, ...]
    kind: Kind
    is_sorted: bool = False
    is_numbered: bool = True

    @property
    def sql(self) -> str:
        """The text that any DuckDB runs, with the macros of sql/macros/telemetry.sql loaded."""
        files = "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in self.paths) + "]"
        order = "seq" if self.is_numbered else "(at_ms, seq)"
        ends, form = (ENDS_SORTED.format(order=order), SORTED) if self.is_sorted else (ENDS_IN_ORDER, IN_ORDER)
        return form.format(
            files=files,
            reading=READING[self.kind],
            step=STEP[self.kind],
            columns=COLUMNS.format(ends=ends),
            order=order,
        )


def sql_version(macros: str) -> str:
    """Digest of all that decides the energy of a file."""
    texts = [Piece(("x",), kind, is_sorted, is_numbered).sql for kind in STEP for is_sorted in (False, True)
             for is_numbered in (False, True)]  # fmt: skip
    return hashlib.sha256("\n".join([macros, *texts]).encode()).hexdigest()[:16]


def run_piece(piece: Piece, macros: str) -> pa.Table:
    """The partials of one piece; raises LedgerError where a file cannot be read."""
    try:
        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            connection.execute("set threads = 1")  # rows then come in the order of their file
            connection.execute("set preserve_insertion_order = true; set enable_progress_bar = false")
            connection.execute(macros)
            found: pa.Table = connection.sql(piece.sql).to_arrow_table()
    except duckdb.Error as error:
        raise LedgerError(f"own runs cannot be integrated: {str(error).splitlines()[0]}") from None
    return as_partials(found)


def as_partials(found: pa.Table) -> pa.Table:
    """What a query of a piece gives, in the columns of partials."""
    table, wanted = found.select(list(PARTIAL_COLUMNS)), pa.schema(list(PARTIAL_COLUMNS.items()))
    return table if table.schema.equals(wanted) else table.cast(wanted)  # a cast loads all of Arrow's functions


Engine = Callable[[Sequence[Piece], str], Iterable[pa.Table]]
"""What runs pieces: the cores of this machine, or a cluster."""


def on_cores(threads: int) -> Engine:
    """An engine that runs so many pieces at a time: the pass is one thread each."""

    def run(pieces: Sequence[Piece], macros: str) -> list[pa.Table]:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            return list(pool.map(lambda piece: run_piece(piece, macros), pieces))

    return run


def in_pieces(paths: Sequence[tuple[str, int]], kind: Kind, count: int) -> list[Piece]:
    """Paths, each with its number of samples, as ``count`` pieces of about as many samples."""
    if not paths:
        return []
    total, filled = sum(size for _, size in paths), 0
    piece: list[str] = []
    pieces: list[Piece] = []
    for path, size in paths:
        piece.append(path)
        filled += size
        if filled * count >= total * (len(pieces) + 1) and piece:
            pieces.append(Piece(tuple(piece), kind))
            piece = []
    return [*pieces, Piece(tuple(piece), kind)] if piece else pieces


def empty_partials() -> pa.Table:
    """No partials."""
    return pa.schema(list(PARTIAL_COLUMNS.items())).empty_table()


def integrate(paths: Sequence[tuple[str, int]], kind: Kind, macros: str, engine: Engine, pieces: int) -> pa.Table:
    """Partials of files that do not overlap, each of which may be in order or not."""
    tables = [*engine(in_pieces(paths, kind, pieces), macros)]
    found = pa.concat_tables(tables) if tables else empty_partials()  # an empty table loads pandas where there is one
    unordered = {
        path
        for path, starts, falls in zip(
            *(found[name].to_pylist() for name in ("path", "start_count", "fall_count")), strict=True
        )
        if starts != 1 or falls
    }
    if not unordered:
        return found
    again = engine([Piece((path,), kind, is_sorted=True) for path in sorted(unordered)], macros)
    kept = found.filter(pa.array([path not in unordered for path in found["path"].to_pylist()], pa.bool_()))
    return pa.concat_tables([kept, *again])
