"""Logs of power samples in columns -> samples: what the formats of drivers share.

What belongs here: from cells whose names are known to settled samples. What does not: the names that a tool prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Reject
from pipelines.telemetry.formats.cells import (
    ENERGY_UNITS,
    MEMORY_UNITS,
    POWER_UNITS,
    plain_number,
    quantity,
    set_missing_aside,
)
from pipelines.telemetry.formats.delivered import Delivered, Device, Kind, settle
from pipelines.telemetry.formats.times import times_to_ms


@dataclass(frozen=True)
class Context:
    """What is known of a file besides its bytes."""

    file: str
    """How messages name it."""
    zone: str | None = None
    """Zone of local times."""
    started_at_ms: int | None = None
    interval_s: float | None = None
    """When the first sample was taken and how long until the next, for logs that print no time."""


@dataclass(frozen=True)
class Columns:
    """Which cell holds what, and in which unit where the cell does not say."""

    device: str
    reading: str
    unit: str | None
    time: str | None
    kind: Kind = "power"
    device_name: str | None = None
    utilisation: str | None = None
    memory: str | None = None
    memory_unit: str | None = "MiB"
    temperature: str | None = None


def samples_of(cells: pl.DataFrame, columns: Columns, context: Context, tool: str, rejects: list[Reject]) -> Delivered:
    """Settled samples of a log whose records are its lines.

    Raises LedgerError where times are missing or say no zone, or where too few records can be used.
    """
    record_count = cells.height + len(rejects)
    present, missing = set_missing_aside(cells, columns.reading, context.file)
    units = POWER_UNITS if columns.kind == "power" else ENERGY_UNITS
    frame = present.with_columns(device_id=pl.col(columns.device))
    at_ms, folds = _times(frame, columns, context)
    samples = frame.select(
        "record_no",
        "line",
        "device_id",
        run=pl.lit(None, dtype=pl.String),
        seq=pl.col("record_no"),
        at_ms=at_ms,
        reading=quantity(columns.reading, units, columns.unit),
        utilisation_percent=_optional(columns.utilisation, plain_number(columns.utilisation or "")),
        memory_used_bytes=_optional(columns.memory, quantity(columns.memory or "", MEMORY_UNITS, columns.memory_unit)),
        temperature_c=_optional(columns.temperature, plain_number(columns.temperature or "")),
    )
    unreadable = samples.filter(pl.col("reading").is_null())
    rejects += [
        Reject(
            context.file, record_no, line, columns.reading, value, f"expected a number with one of {', '.join(units)}"
        )
        for record_no, line, value in present.join(unreadable.select("record_no"), on="record_no", how="semi")
        .select("record_no", "line", columns.reading)
        .iter_rows()
    ]
    delivered = Delivered(
        tool, context.file, columns.kind, samples.filter(pl.col("reading").is_not_null()),
        _devices(frame, columns.device_name), record_count, [*rejects, *missing], harmless_count=len(missing), folded_count=folds,
    )  # fmt: skip
    return settle(delivered)


def _optional(column: str | None, value: pl.Expr) -> pl.Expr:
    return pl.lit(None) if column is None else value


def _times(frame: pl.DataFrame, columns: Columns, context: Context) -> tuple[pl.Series, int]:
    """Times that a log prints, or those of its start and interval."""
    if columns.time is not None:
        return times_to_ms(frame, columns.time, context.file, context.zone)
    return counted_times(frame, context), 0


def counted_times(frame: pl.DataFrame, context: Context) -> pl.Series:
    """Times of a log that prints none: each device is read once an interval, from a start that run.toml gives."""
    if context.started_at_ms is None or context.interval_s is None:
        raise LedgerError(
            f"{context.file}: this log prints no times. Name started_at and interval_s in run.toml beside it."
        )
    place = pl.col("device_id").cum_count().over("device_id") - 1
    at_ms = (context.started_at_ms + place * (context.interval_s * 1000)).round(0).cast(pl.Int64)
    return frame.select(at_ms=at_ms)["at_ms"]


def _devices(frame: pl.DataFrame, name: str | None) -> Mapping[str, Device]:
    """The accelerators of a log, with the names that it prints."""
    if name is None:
        return {each: Device(each, "accelerator") for each in frame["device_id"].unique().sort()}
    pairs = frame.group_by("device_id").agg(pl.col(name).first()).sort("device_id").iter_rows()
    return {device: Device(device, "accelerator", printed) for device, printed in pairs}
