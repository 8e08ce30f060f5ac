"""All formats of delivered files, and telling which one a file is by its first bytes.

What belongs here: the list. What does not: a format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.errors import LedgerError, shown
from pipelines.telemetry.formats import amd_smi, dcgm, nvidia_smi, own_parquet, prometheus, rapl, recording, totals
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.logs import Context

HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Format:
    """A format: how people call it, how its first text looks, how it is read."""

    title: str
    begins: Callable[[str], bool]
    read: Callable[[bytes, Context], Delivered]


FORMATS = (
    Format("nvidia-smi --query-gpu", nvidia_smi.is_query, nvidia_smi.read_query),
    Format("nvidia-smi dmon", nvidia_smi.is_dmon, nvidia_smi.read_dmon),
    Format("dcgmi dmon", dcgm.is_dmon, dcgm.read_dmon),
    Format("dcgm-exporter", dcgm.is_exporter, dcgm.read_exporter),
    Format("Prometheus range query", prometheus.is_answer, prometheus.read_answer),
    Format("rocm-smi and amd-smi CSV", amd_smi.is_smi, amd_smi.read_smi),
    Format("CodeCarbon emissions.csv", totals.is_codecarbon, totals.read_codecarbon),
    Format("ZeusMonitor log", totals.is_zeus, totals.read_zeus),
    Format("BoAmps report", totals.is_boamps, totals.read_boamps),
    Format("RAPL counters", rapl.is_rapl, rapl.read_rapl),
    Format("recording of ledger record", recording.is_recording, recording.read_recording),
)
"""Formats of text, in the order in which they are tried."""


def read_delivered(data: bytes, context: Context) -> Delivered:
    """The samples of a file of any known format; raises LedgerError where it is of none or cannot be used."""
    if data.startswith(own_parquet.MAGIC):
        return own_parquet.read_parquet(data, context)
    head = data[:HEAD_BYTES].decode("utf-8", errors="replace").removeprefix("\ufeff").lstrip()
    found = next((each for each in FORMATS if each.begins(head)), None)
    if found is None:
        known = ", ".join(["Parquet of Compute Ledger", *(each.title for each in FORMATS)])
        raise LedgerError(
            f"{context.file}: unknown format; it begins with {shown(head.partition(chr(10))[0])}. Known formats: {known}."
        )
    return found.read(data, context)
