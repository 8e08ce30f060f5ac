"""What a delivered file holds, whatever its format: samples of devices, records set aside, facts of the run.

What belongs here: the shape that every format ends in, and the rules that hold for all. What does not: reading a
format (``formats/``), where samples are kept (``landed.py``).

A sample is a reading of one device at one time: of its power, or of a counter of its energy. Energy of a whole run, as
some tools write it, is a counter that is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from pipelines.errors import LedgerError, shown
from pipelines.records.csv_records import Reject

Part = Literal["accelerator", "processor", "memory", "system"]
"""What a device is."""

Kind = Literal["power", "counter"]
"""What a reading is: watts, or joules since some time."""

SAMPLES: dict[str, pl.DataType] = {
    "run": pl.String(),
    "device_id": pl.String(),
    "seq": pl.Int64(),
    "at_ms": pl.Int64(),
    "reading": pl.Float64(),
    "utilisation_percent": pl.Float32(),
    "memory_used_bytes": pl.Int64(),
    "temperature_c": pl.Float32(),
}
"""Columns of samples. ``run`` is null where the file does not say which run a sample is of; ``seq`` numbers the samples
of a device in the order in which they were taken; ``at_ms`` counts milliseconds since 1970, UTC."""

MAX_REJECTED_SHARE = 0.01
"""A file of which more records cannot be used is refused as a whole."""

MAX_POWER_W = 20_000.0
"""No single device draws more: a higher reading is in another unit, or wrong."""

EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
"""2000 and 2100: a time outside is a clock that was never set."""

MOST_SHOWN = 3


@dataclass(frozen=True)
class Device:
    """One device of a run."""

    device_id: str
    part: Part
    name: str | None = None
    """As the driver prints it."""
    counter_range_j: float | None = None
    """Where its counter begins again at zero."""
    is_modelled: bool = False
    """Whether its power follows from a model rather than a meter."""


@dataclass
class Delivered:
    """The content of one file. accepted + rejected = records."""

    format: str
    file: str
    kind: Kind
    samples: pl.DataFrame
    devices: Mapping[str, Device]
    record_count: int
    rejects: list[Reject] = field(default_factory=list)
    facts: Mapping[str, Mapping[str, str | float | int | None]] = field(default_factory=dict)
    """What the file says of its runs besides samples, by run; of its only run under the empty name."""
    is_numbered: bool = False
    """Whether seq was written by who took the samples, so that it also orders samples of several files."""
    harmless_count: int = 0
    """Rejected records that are no sign of a damaged file: a device gave no reading, another record says the same."""
    folded_count: int = 0
    """Times at which a local clock was put back an hour, as the samples show."""

    @property
    def rejected_count(self) -> int:
        """Records that cannot be used."""
        return len({reject.record_no for reject in self.rejects})


def _refusals(samples: pl.DataFrame, kind: Kind) -> pl.Expr:
    """Why a sample cannot be; null where it can."""
    reading, unit = ("power", "W") if kind == "power" else ("energy counter", "J")
    at_ms, value = pl.col("at_ms"), pl.col("reading")
    highest = MAX_POWER_W if kind == "power" else float("inf")
    return (
        pl.when(at_ms.is_null())
        .then(pl.lit("expected a time"))
        .when(~at_ms.is_between(EARLIEST_MS, LATEST_MS))
        .then(pl.lit("time before 2000 or after 2100: the clock was not set"))
        .when(~value.is_finite() | (value < 0))
        .then(pl.lit(f"{reading}: expected a number of {unit} of 0 or more"))
        .when(value > highest)
        .then(pl.lit(f"power: expected at most {MAX_POWER_W:,.0f} W of one device; is it in mW?"))
        .otherwise(None)
        .alias("why")
    )


def settle(delivered: Delivered) -> Delivered:
    """Set samples aside that cannot be, and order the others by device and number.

    ``samples`` comes with ``record_no`` and ``line``. Raises LedgerError where too few records are left.
    """
    judged = delivered.samples.with_columns(_refusals(delivered.samples, delivered.kind))
    for record_no, line, reading, why in (
        judged.filter(pl.col("why").is_not_null()).select("record_no", "line", "reading", "why").iter_rows()
    ):
        value = None if reading is None else f"{reading:g}"
        delivered.rejects.append(Reject(delivered.file, record_no, line, None, value, why))
    kept = judged.filter(pl.col("why").is_null()).select(list(SAMPLES)).cast(pl.Schema(SAMPLES))
    delivered.samples = kept.sort("run", "device_id", "seq", maintain_order=True, nulls_last=False)
    _refuse_spoilt(delivered)
    return delivered


def _refuse_spoilt(delivered: Delivered) -> None:
    """Raise LedgerError where a file as a whole cannot be used."""
    bad = delivered.rejected_count - delivered.harmless_count
    if bad > MAX_REJECTED_SHARE * delivered.record_count:
        first = "\n".join(f"  {reject}" for reject in delivered.rejects[:MOST_SHOWN])
        raise LedgerError(
            f"{delivered.file}: {bad:,} of {delivered.record_count:,} records cannot be used, more than "
            f"{MAX_REJECTED_SHARE:.0%}; the file was not taken in. The first:\n{first}"
        )
    if delivered.samples.is_empty():
        first_why = f" {delivered.rejects[0].reason}." if delivered.rejects else ""
        raise LedgerError(f"{delivered.file}: no sample in it ({delivered.format}).{first_why}")


def unreadable(file: str, line: int, what: str, got: str | None) -> LedgerError:
    """A file that is not what its beginning says it is."""
    return LedgerError(f"{file}:{line}: expected {what}, got {shown(got)}. The file was not taken in.")
