"""nvidia-smi: the CSV of ``--query-gpu … --format=csv`` and the table of ``nvidia-smi dmon``.

What belongs here: what nvidia-smi prints. What does not: times, units, devices in general (``logs.py``).
"""

from __future__ import annotations

import polars as pl

from pipelines.errors import LedgerError
from pipelines.telemetry.formats.cells import cut, named_unit, text_lines
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.logs import Columns, Context, samples_of

POWERS = ("power.draw.instant", "power.draw", "power.draw.average")
"""Columns of power, the first of which a file has is used: the others are means over a second or more."""

DEVICES = ("uuid", "gpu_uuid", "index", "pci.bus_id", "gpu_bus_id")


def is_query(head: str) -> bool:
    """Whether a file begins as the CSV of ``nvidia-smi --query-gpu`` with a time and a power."""
    names = {named_unit(name)[0] for name in head.partition("\n")[0].split(",")}
    return "timestamp" in names and bool(names & set(POWERS))


def read_query(data: bytes, context: Context) -> Delivered:
    """The CSV of ``nvidia-smi --query-gpu=timestamp,…,power.draw --format=csv``, with or without units."""
    lines = text_lines(data, context.file)
    header = lines["text"][0]
    named = [named_unit(name) for name in header.split(",")]
    names = [name for name, _ in named]
    units = dict(named)
    records = lines.slice(1).filter(pl.col("text") != header)  # a loop in a shell prints the header each time
    cells, rejects = cut(records, names, ",", context.file)
    power = next(name for name in POWERS if name in names)
    device = next((name for name in DEVICES if name in names), None)
    if device is None:
        device = "device"
        cells = cells.with_columns(device=pl.lit("0"))
    columns = Columns(
        device, power, units[power], "timestamp",
        device_name=next((name for name in ("name", "gpu_name") if name in names), None),
        utilisation="utilization.gpu" if "utilization.gpu" in names else None,
        memory="memory.used" if "memory.used" in names else None,
        memory_unit=units.get("memory.used") or "MiB",
        temperature="temperature.gpu" if "temperature.gpu" in names else None,
    )  # fmt: skip
    if columns.unit is None and cells[power].str.contains(r"^[\d.]+$").any():
        raise LedgerError(
            f"{context.file}:1: the header gives no unit of {power}. Write the log with --format=csv "
            "or csv,nounits; both print it."
        )
    return samples_of(cells, columns, context, "nvidia-smi query", rejects)


def is_dmon(head: str) -> bool:
    """Whether a file begins as the table of ``nvidia-smi dmon`` with power."""
    first = head.partition("\n")[0].lower().split()
    return first[:1] in (["#"], ["#gpu"], ["#date"], ["#time"]) and "pwr" in first


def read_dmon(data: bytes, context: Context) -> Delivered:
    """The table of ``nvidia-smi dmon -s p -o DT``; without ``-o DT`` the start and the interval must be given."""
    lines = text_lines(data, context.file)
    names = [name.lower() for name in lines["text"][0].lstrip("#").split()]
    records = lines.filter(~pl.col("text").str.strip_chars_start().str.starts_with("#"))
    joined = records.with_columns(text=pl.col("text").str.strip_chars().str.replace_all(r"\s+", " "))
    cells, rejects = cut(joined, names, " ", context.file)
    has_date = {"date", "time"} <= set(names)
    if has_date:
        cells = cells.with_columns(at=pl.col("date") + " " + pl.col("time"))
    columns = Columns(
        "gpu", "pwr", "W", "at" if has_date else None,
        utilisation="sm" if "sm" in names else None,
        memory="fb" if "fb" in names else None,
        temperature="gtemp" if "gtemp" in names else None,
    )  # fmt: skip
    return samples_of(cells, columns, context, "nvidia-smi dmon", rejects)
