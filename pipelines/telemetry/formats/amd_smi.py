"""rocm-smi and amd-smi: their CSV of power.

What belongs here: what the tools of AMD print. What does not: times, units, devices in general (``logs.py``).
rocm-smi prints no time: a shell loop puts a column ``timestamp`` before it, or run.toml gives start and interval.
"""

from __future__ import annotations

import polars as pl

from pipelines.telemetry.formats.cells import cut, named_unit, text_lines
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.logs import Columns, Context, samples_of

POWERS = (
    "Current Socket Graphics Package Power", "Average Graphics Package Power", "power_usage", "socket_power",
    "current_socket_power",
)  # fmt: skip
DEVICES = ("device", "gpu")
MEMORIES = ("VRAM Total Used Memory", "vram_used", "used_vram")
TEMPERATURES = ("Temperature (Sensor junction)", "Temperature (Sensor edge)", "hotspot_temperature", "hotspot")
UTILISATIONS = ("GPU use", "gfx", "gfx_activity")


def _names(header: str) -> list[tuple[str, str | None]]:
    return [named_unit(name) for name in header.split(",")]


def is_smi(head: str) -> bool:
    """Whether a file begins as a CSV of rocm-smi or amd-smi with a device and its power."""
    names = {name for name, _ in _names(head.partition("\n")[0])}
    return bool(names & set(DEVICES)) and bool(names & set(POWERS))


def read_smi(data: bytes, context: Context) -> Delivered:
    """The CSV of ``rocm-smi --showpower --csv`` in a loop, or of ``amd-smi monitor -p --csv``."""
    lines = text_lines(data, context.file)
    header = lines["text"][0]
    named = _names(header)
    names, units = [name for name, _ in named], dict(named)
    records = lines.slice(1).filter(pl.col("text") != header)

    def first(known: tuple[str, ...]) -> str | None:
        return next((name for name in known if name in names), None)

    power = first(POWERS) or ""
    cells, rejects = cut(records, names, ",", context.file)
    columns = Columns(
        first(DEVICES) or "", power, units[power] or "W", "timestamp" if "timestamp" in names else None,
        device_name=first(("Card series", "Card Series", "Device Name", "market_name")),
        utilisation=first(UTILISATIONS), memory=first(MEMORIES),
        memory_unit="B" if "VRAM Total Used Memory" in names else "MB", temperature=first(TEMPERATURES),
    )  # fmt: skip
    return samples_of(cells, columns, context, "amd-smi", rejects)
