"""DCGM: the text of dcgm-exporter, scraped again and again, and the table of ``dcgmi dmon``.

What belongs here: what DCGM prints. What does not: times, units, devices in general (``logs.py``).
Neither prints a time of its own: a scrape may carry one at the end of each line, as the text format of Prometheus
allows; ``dcgmi dmon`` is often run with a time put before each line. Else run.toml gives start and interval.
"""

from __future__ import annotations

import re

import polars as pl

from pipelines.errors import LedgerError
from pipelines.telemetry.formats.cells import cut, text_lines
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.logs import Columns, Context, samples_of

POWER, ENERGY = "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
METRIC = r"^(\w+)\{(.*)\}\s+(\S+)(?:\s+(-?\d+))?$"

POWER_FIELDS, ENERGY_FIELDS = ("power", "power_usage", "powrus"), ("totec", "total_energy_consumption")


def is_exporter(head: str) -> bool:
    """Whether a file holds lines of dcgm-exporter."""
    return re.search(rf"^({POWER}|{ENERGY})\{{", head, re.MULTILINE) is not None


def read_exporter(data: bytes, context: Context) -> Delivered:
    """Scrapes of dcgm-exporter one after the other; power where there is any, else the counter of energy."""
    lines = text_lines(data, context.file)
    kept = lines.filter(~pl.col("text").str.starts_with("#"))
    has_power = kept["text"].str.starts_with(POWER).any()
    metric = POWER if has_power else ENERGY
    records = kept.filter(pl.col("text").str.starts_with(metric + "{"))
    labels = pl.col("text").str.extract(METRIC, 2)
    cells = records.with_row_index("record_no", offset=1).select(
        pl.col("record_no").cast(pl.Int64),
        "line",
        device=pl.coalesce(labels.str.extract(r'UUID="([^"]*)"', 1), labels.str.extract(r'gpu="([^"]*)"', 1)),
        name=labels.str.extract(r'modelName="([^"]*)"', 1),
        reading=pl.col("text").str.extract(METRIC, 3),
        time=pl.col("text").str.extract(METRIC, 4),
    )
    stamped = cells["time"].is_not_null().any()
    columns = Columns(
        "device", "reading", "W" if has_power else "mJ", "time" if stamped else None,
        kind="power" if has_power else "counter", device_name="name",
    )  # fmt: skip
    return samples_of(cells, columns, context, "dcgm-exporter", [])


def is_dmon(head: str) -> bool:
    """Whether a file begins as the table of ``dcgmi dmon``."""
    return re.match(r"(\S+\s+){0,2}#\s?Entity\s", head) is not None


def read_dmon(data: bytes, context: Context) -> Delivered:
    """The table of ``dcgmi dmon -e 155`` (power) or ``-e 156`` (energy), with or without a time before each line."""
    lines = text_lines(data, context.file)
    before, _, after = lines["text"][0].partition("#")
    names = [name.lower() for name in after.split()][1:]
    times = len(before.split())
    entity = rf"^((?:\S+\s+){{{times}}})GPU\s+(\d+)\s+(.*)$"
    records = lines.filter(pl.col("text").str.strip_chars_start().str.contains(entity))
    joined = records.with_columns(
        text=pl.col("text").str.strip_chars().str.replace(entity, "${2}\t${1}\t${3}").str.replace_all(r"[ ]+", " ")
    ).with_columns(text=pl.col("text").str.replace(r"^(\d+)\t(.*)\t(.*)$", "${1}\t${2}\t") + _fields(pl.col("text")))
    cells, rejects = cut(joined, ["device", "at", *names], "\t", context.file)
    power = next((name for name in POWER_FIELDS if name in names), None)
    energy = next((name for name in ENERGY_FIELDS if name in names), None)
    if (reading := power or energy) is None:
        raise LedgerError(f"{context.file}:1: no column of power (155) or energy (156) in this table of dcgmi dmon.")
    columns = Columns(
        "device", reading, "W" if power else "mJ", "at" if times else None, kind="power" if power else "counter",
        temperature="tmptr" if "tmptr" in names else None,
    )  # fmt: skip
    return samples_of(cells, columns, context, "dcgmi dmon", rejects)


def _fields(text: pl.Expr) -> pl.Expr:
    """The cells after device and time, separated by tabs."""
    return text.str.extract(r"^\d+\t.*\t(.*)$", 1).str.replace_all(" ", "\t")
