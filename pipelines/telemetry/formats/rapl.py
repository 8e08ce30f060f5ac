"""Linux RAPL: readings of ``energy_uj`` below /sys/class/powercap, written to a CSV.

What belongs here: the names that such logs give their columns. What does not: how a counter that begins again at zero is
integrated.
"""

from __future__ import annotations

import dataclasses

import polars as pl

from pipelines.telemetry.formats.cells import cut, text_lines
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.logs import Columns, Context, samples_of

ENERGY, RANGE = "energy_uj", "max_energy_range_uj"
TIMES, ZONES = ("timestamp", "time", "datetime"), ("zone", "domain", "package", "name")

MEMORY_ZONES = ("dram", "memory")
INNER_ZONES = ("core", "uncore")
"""Zones whose energy the package holds already."""


def is_rapl(head: str) -> bool:
    """Whether a file begins as a CSV of RAPL counters."""
    names = set(head.partition("\n")[0].strip().lower().split(","))
    return ENERGY in names and bool(names & set(TIMES)) and bool(names & set(ZONES))


def read_rapl(data: bytes, context: Context) -> Delivered:
    """A CSV with time, zone, energy_uj and, where the counter may begin again, max_energy_range_uj."""
    lines = text_lines(data, context.file)
    names = [name.strip().lower() for name in lines["text"][0].split(",")]
    records = lines.slice(1)
    cells, rejects = cut(records, names, ",", context.file)
    zone = next(name for name in ZONES if name in names)
    is_inner = pl.col(zone).str.to_lowercase().is_in(INNER_ZONES)
    columns = Columns(zone, ENERGY, "uJ", next(name for name in TIMES if name in names), kind="counter")
    delivered = samples_of(cells.filter(~is_inner), columns, context, "rapl", rejects)
    ranges = _ranges(cells, zone) if RANGE in names else {}
    delivered.devices = {
        device_id: dataclasses.replace(
            device,
            part="memory" if device_id.lower().startswith(MEMORY_ZONES) else "processor",
            counter_range_j=ranges.get(device_id),
        )
        for device_id, device in delivered.devices.items()
    }
    return delivered


def _ranges(cells: pl.DataFrame, zone: str) -> dict[str, float]:
    """Where the counter of each zone begins again, joules."""
    found = cells.group_by(zone).agg(pl.col(RANGE).cast(pl.Float64, strict=False).max() * 1e-6)
    return {name: value for name, value in found.iter_rows() if value}
