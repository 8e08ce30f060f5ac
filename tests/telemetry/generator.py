"""Telemetry as machines write it: seeded samples with gaps and clocks that step, in any of the formats.

For tests and measurements of speed. Powers are a random walk between idle and rated power in steps of a hundredth of a
watt, times in milliseconds: every format that prints decimals holds them exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipelines.telemetry.formats.delivered import Device
from pipelines.telemetry.formats.own_parquet import write_parquet

START_MS = 1_793_527_200_000
"""2026-11-01 10:00 UTC."""


@dataclass(frozen=True)
class Sample:
    """One reading of the power of one device."""

    device: str
    seq: int
    at_ms: int
    power_w: float


def walk(
    seed: int,
    devices: int = 2,
    count: int = 400,
    *,
    interval_ms: int = 1000,
    gaps: int = 2,
    resets: int = 1,
    whole: bool = False,
) -> list[Sample]:
    """Samples of several devices: power walks at random, times have gaps of 11 to 300 s and steps back of up to 60 s."""
    made = []
    for number in range(devices):
        random = np.random.default_rng([seed, number])
        steps = np.full(count, interval_ms)
        steps[0] = number * 137 * (not whole)
        steps[random.choice(np.arange(1, count), gaps, replace=False)] = 1000 * random.integers(11, 301, gaps)
        steps[random.choice(np.arange(1, count), resets, replace=False)] = -1000 * random.integers(1, 61, resets)
        cents = np.clip(30_000 + np.cumsum(random.integers(-2_000, 2_001, count)), 6_000, 70_000)
        watts = cents // 100 if whole else cents / 100
        times = START_MS + np.cumsum(steps)
        made += [
            Sample(str(number), seq, int(at), float(w)) for seq, (at, w) in enumerate(zip(times, watts, strict=True), 1)
        ]
    return made


def constant(
    power_w: float, count: int, *, device: str = "0", interval_ms: int = 1000, begin_ms: int = START_MS
) -> list[Sample]:
    """Samples of equal power."""
    return [Sample(device, n + 1, begin_ms + n * interval_ms, power_w) for n in range(count)]


def _in_time(samples: Iterable[Sample]) -> list[Sample]:
    """As a log has them: by number, the devices of one moment one after the other."""
    return sorted(samples, key=lambda s: (s.seq, s.device))


def _utc(at_ms: int, form: str) -> str:
    text = datetime.fromtimestamp(at_ms / 1000, UTC).strftime(form)
    return text.replace("%3", f"{at_ms % 1000:03d}")


def nvidia_smi(samples: Iterable[Sample], unit: str = "W", name: str = "NVIDIA H100 80GB HBM3") -> bytes:
    """The CSV of nvidia-smi; its local time is UTC."""
    factor = {"mW": 1000, "W": 1, "kW": 0.001}[unit]
    lines = [f"timestamp, index, name, power.draw [{unit}], utilization.gpu [%], memory.used [MiB]"]
    for s in _in_time(samples):
        at = _utc(s.at_ms, "%Y/%m/%d %H:%M:%S.%%3")
        lines.append(f"{at}, {s.device}, {name}, {s.power_w * factor:.6f} {unit}, 98 %, 71000 MiB")
    return ("\n".join(lines) + "\n").encode()


def dmon(samples: Iterable[Sample]) -> bytes:
    """The table of nvidia-smi dmon -o DT: whole watts and seconds."""
    head = "#Date       Time        gpu    pwr  gtemp  mtemp     sm\n#YYYYMMDD   HH:MM:SS    Idx      W      C      C      %\n"
    rows = [
        f" {_utc(s.at_ms, '%Y%m%d   %H:%M:%S')}      {s.device}    {s.power_w:.0f}     45      -     99"
        for s in _in_time(samples)
    ]
    return (head + "\n".join(rows) + "\n").encode()


def dcgmi(samples: Iterable[Sample]) -> bytes:
    """The table of dcgmi dmon with a time before each line."""
    rows = ["2026-11-01T00:00:00Z #Entity   POWER   TMPTR", "2026-11-01T00:00:00Z ID         W     C"]
    rows += [
        f"{_utc(s.at_ms, '%Y-%m-%dT%H:%M:%S.%%3Z')} GPU {s.device}     {s.power_w:.2f}    42" for s in _in_time(samples)
    ]
    return ("\n".join(rows) + "\n").encode()


def dcgm_exporter(samples: Iterable[Sample]) -> bytes:
    """Scrapes of dcgm-exporter, each line with its time."""
    lines = ["# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).", "# TYPE DCGM_FI_DEV_POWER_USAGE gauge"]
    for s in _in_time(samples):
        lines.append(f'DCGM_FI_DEV_GPU_TEMP{{gpu="{s.device}",UUID="{s.device}"}} 42 {s.at_ms}')
        lines.append(
            f'DCGM_FI_DEV_POWER_USAGE{{UUID="{s.device}",modelName="NVIDIA H100 80GB HBM3"}} {s.power_w:.6f} {s.at_ms}'
        )
    return ("\n".join(lines) + "\n").encode()


def prometheus(samples: Iterable[Sample]) -> bytes:
    """The answer of a range query."""
    series: dict[str, list[list[object]]] = {}
    for s in sorted(samples, key=lambda one: (one.device, one.seq)):
        series.setdefault(s.device, []).append([s.at_ms / 1000, f"{s.power_w:.2f}"])
    result = [
        {
            "metric": {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": d, "modelName": "NVIDIA H100 80GB HBM3"},
            "values": v,
        }
        for d, v in series.items()
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()


def amd_smi(samples: Iterable[Sample]) -> bytes:
    """The CSV of a loop around rocm-smi that puts a time first."""
    header = "timestamp,device,Average Graphics Package Power (W),GPU use (%)"
    rows = [f"{s.at_ms},{s.device},{s.power_w:.2f},97" for s in _in_time(samples)]
    return "\n".join([header, *rows, ""]).encode()


def parquet(samples: Iterable[Sample]) -> bytes:
    """Our own Parquet, numbered."""
    ordered = sorted(samples, key=lambda one: (one.device, one.seq))
    frame = pl.DataFrame(
        {
            "device_id": [s.device for s in ordered],
            "seq": [s.seq for s in ordered],
            "at_ms": [s.at_ms for s in ordered],
            "reading": [s.power_w for s in ordered],
        }
    ).with_columns(
        utilisation_percent=pl.lit(98.0, pl.Float32),
        memory_used_bytes=pl.lit(71_000 * 2**20),
        temperature_c=pl.lit(42.0, pl.Float32),
    )
    devices = {name: Device(name, "accelerator", "NVIDIA H100 80GB HBM3") for name in frame["device_id"].unique()}
    sink = BytesIO()
    write_parquet(sink, frame, "power", devices)
    return sink.getvalue()


FORMATS: dict[str, Callable[[Iterable[Sample]], bytes]] = {
    "nvidia-smi.csv": nvidia_smi, "dmon.log": dmon, "dcgmi.log": dcgmi, "exporter.prom": dcgm_exporter,
    "range.json": prometheus, "rocm.csv": amd_smi, "own.parquet": parquet,
}  # fmt: skip
"""Formats of power samples, by a name of a file."""

PIECE = """
copy (
    with samples as (
        select i, i // {per_device} as device, i % {per_device} as n
        from range({rows}) as t(i)
    ),
    drawn as (
        select *, (hash(i, {seed}) % 1000)::bigint as small, (hash(i + 1, {seed}) % 100000)::bigint as rare from samples
    )
    select
        'GPU-' || device as device_id,
        ({first} + n)::bigint as seq,
        ({begin} + ({first} + n) * 1000 + small // 10 + case when rare < 3 then 40000 else 0 end)::bigint as at_ms,
        (400 + 250 * sin((({first} + n) + 977 * device) / 40.0) + small / 20.0 - rare / 1000.0)::decimal(9, 2)::double as power_w,
        ((small + 300) % 101)::float as utilisation_percent,
        (71000 - rare // 1000)::bigint * 1048576 as memory_used_bytes,
        (55 + small // 90)::float as temperature_c
    from drawn
) to '{path}' (format parquet, compression zstd, row_group_size 122880)
"""


def big_files(folder: Path, rows: int, *, per_file: int = 1_000_000, devices: int = 8, seed: int = 1) -> list[Path]:
    """Parquet files of so many samples altogether, ordered by device and number; times jitter and seldom jump by 40 s."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for number in range(-(-rows // per_file)):
            path = folder / f"{number:06d}.parquet"
            per_device = per_file // devices
            connection.execute(
                PIECE.format(
                    rows=per_device * devices,
                    per_device=per_device,
                    seed=seed + number,
                    first=number * per_device,
                    begin=START_MS,
                    path=path,
                )
            )
            paths.append(path)
    return paths
