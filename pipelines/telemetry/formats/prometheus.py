"""Prometheus: the JSON answer of a range query, one series a device.

What belongs here: series, labels and values. What does not: what metrics of a particular exporter mean, but for the
names that say power or energy and their unit.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from pipelines.errors import LedgerError, shown
from pipelines.telemetry.formats.cells import ENERGY_UNITS, POWER_UNITS
from pipelines.telemetry.formats.delivered import Delivered, Device, Kind, settle
from pipelines.telemetry.formats.logs import Context

METRICS: dict[str, tuple[Kind, str]] = {
    "DCGM_FI_DEV_POWER_USAGE": ("power", "W"),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": ("counter", "mJ"),
    "node_rapl_package_joules_total": ("counter", "J"),
    "kepler_node_platform_joules_total": ("counter", "J"),
}
ENDINGS: dict[str, tuple[Kind, str]] = {
    "_milliwatts": ("power", "mW"),
    "_watts": ("power", "W"),
    "_joules_total": ("counter", "J"),
    "_millijoules_total": ("counter", "mJ"),
}
"""Metrics by name, and by how their names end: what they read, in which unit."""

DEVICE_LABELS = ("UUID", "uuid", "gpu", "device", "index")
PROCESSOR_LABELS = ("package", "socket")
NAME_LABELS = ("modelName", "name")


def is_answer(head: str) -> bool:
    """Whether a file begins as the answer of Prometheus to a query."""
    plain = "".join(head.split())
    return plain.startswith("{") and '"resultType":"matrix"' in plain


def _meaning(metric: str, context: Context) -> tuple[Kind, str]:
    """What a metric reads and in which unit; raises LedgerError where its name does not say."""
    if metric in METRICS:
        return METRICS[metric]
    found = next((meaning for ending, meaning in ENDINGS.items() if metric.endswith(ending)), None)
    if found is None:
        raise LedgerError(
            f"{context.file}: the metric {shown(metric)} says no unit; expected one of {', '.join(METRICS)}, or a name "
            f"that ends in one of {', '.join(ENDINGS)}."
        )
    return found


def _device(labels: dict[str, str]) -> Device:
    """The device that a series is of, by its labels; hosts keep devices of the same number apart."""
    host = labels.get("Hostname") or labels.get("instance") or ""
    name = next((labels[each] for each in NAME_LABELS if labels.get(each)), None)
    for part, known in (("accelerator", DEVICE_LABELS), ("processor", PROCESSOR_LABELS)):
        if label := next((each for each in known if labels.get(each)), None):
            is_own = label in ("UUID", "uuid") or not host
            device_id = labels[label] if is_own else f"{host}/{labels[label]}"
            return Device(device_id, "accelerator" if part == "accelerator" else "processor", name)
    return Device(host or "0", "system", name)


def read_answer(data: bytes, context: Context) -> Delivered:
    """The answer of ``/api/v1/query_range``: resultType matrix, values as [seconds, "number"]."""
    try:
        series: list[dict[str, Any]] = json.loads(data)["data"]["result"]
        metrics = {str(one["metric"].get("__name__", "")) for one in series}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(
            f"{context.file}: not the whole answer of a range query ({type(error).__name__}). Save the answer again."
        ) from None
    meanings = {_meaning(metric, context) for metric in metrics}
    if len(meanings) != 1:
        raise LedgerError(f"{context.file}: expected one metric, got {', '.join(sorted(metrics)) or 'none'}.")
    kind, unit = meanings.pop()
    factor = (POWER_UNITS if kind == "power" else ENERGY_UNITS)[unit]
    devices: dict[str, Device] = {}
    frames = []
    for one in series:
        device = _device(one["metric"])
        devices[device.device_id] = device
        values = one["values"]
        frames.append(
            pl.DataFrame(
                {"at": [float(at) for at, _ in values], "text": [str(value) for _, value in values]},
                schema={"at": pl.Float64, "text": pl.String},
            ).with_columns(device_id=pl.lit(device.device_id), seq=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        )
    frame = pl.concat(frames).with_row_index("record_no", offset=1)
    samples = frame.select(
        pl.col("record_no").cast(pl.Int64), "device_id", "seq", line=pl.lit(1), run=pl.lit(None, dtype=pl.String),
        at_ms=(pl.col("at") * 1000).round(0).cast(pl.Int64),
        reading=(pl.col("text").cast(pl.Float64, strict=False) * factor).fill_null(float("nan")),
        utilisation_percent=pl.lit(None), memory_used_bytes=pl.lit(None), temperature_c=pl.lit(None),
    )  # fmt: skip
    return settle(Delivered("prometheus", context.file, kind, samples, devices, samples.height))
