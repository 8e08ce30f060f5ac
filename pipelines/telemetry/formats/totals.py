"""Energy of whole runs, as CodeCarbon, Zeus and BoAmps write it -> a counter that is read at the begin and the end.

What belongs here: which cells hold energy, begin and length. What does not: how counters are integrated.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Reject, cut_csv
from pipelines.records.places import find_country
from pipelines.telemetry.formats.boamps import read_report
from pipelines.telemetry.formats.cells import refuse_cut
from pipelines.telemetry.formats.delivered import Delivered, Device, Part, settle
from pipelines.telemetry.formats.logs import Context
from pipelines.telemetry.formats.times import times_to_ms

J_PER_KWH = 3.6e6

Facts = dict[str, Mapping[str, str | float | int | None]]


@dataclass(frozen=True)
class Reading:
    """The counter of one device at one time."""

    record_no: int
    line: int
    run: str | None
    device_id: str
    at_ms: int
    joules: float


def counter_frame(readings: Iterable[Reading]) -> pl.DataFrame:
    """Readings as samples, numbered in the order in which they are given."""
    rows = [(r.record_no, r.line, r.run, r.device_id, n, r.at_ms, r.joules) for n, r in enumerate(readings, 1)]
    schema = {
        "record_no": pl.Int64(), "line": pl.Int64(), "run": pl.String(), "device_id": pl.String(), "seq": pl.Int64(),
        "at_ms": pl.Int64(), "reading": pl.Float64(),
    }  # fmt: skip
    nothing = {name: pl.lit(None) for name in ("utilisation_percent", "memory_used_bytes", "temperature_c")}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(**nothing)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


# --- CodeCarbon -----------------------------------------------------------------------------------------------------

CODECARBON = ("timestamp", "run_id", "duration", "energy_consumed")
CODECARBON_PARTS: tuple[tuple[str, Part, str, str | None], ...] = (
    ("gpu", "accelerator", "gpu_energy", "gpu_model"),
    ("cpu", "processor", "cpu_energy", "cpu_model"),
    ("ram", "memory", "ram_energy", None),
)


def is_codecarbon(head: str) -> bool:
    """Whether a file begins as the emissions.csv of CodeCarbon."""
    return set(CODECARBON) <= set(head.partition("\n")[0].strip().split(","))


def read_codecarbon(data: bytes, context: Context) -> Delivered:
    """emissions.csv: a row a run, or several of one run whose energy goes on; its time is that of the row's end."""
    refuse_cut(data, context.file)
    table = cut_csv(data, context.file)
    rows = [dict(zip(table.header, record.cells, strict=False)) for record in table.records]
    times = pl.DataFrame({"device_id": ["run"] * len(rows), "at": [row["timestamp"] for row in rows]})
    ends, folds = times_to_ms(times.cast({"at": pl.String}), "at", context.file, context.zone)
    rejects, readings, begun, facts = list(table.rejects), [], set(), Facts()
    devices: dict[str, Device] = {}
    for record, row, end in zip(table.records, rows, ends, strict=True):
        at = (record.record_no, record.line)
        duration = _number(row["duration"])
        if end is None or duration is None or not duration > 0:
            rejects.append(Reject(context.file, *at, "duration", row["duration"], "expected time and duration"))
            continue
        run = f"{row.get('project_name') or 'run'}-{row['run_id'][:8]}"
        facts[run] = {
            "accelerator": _bare_model(row.get("gpu_model") or ""), "accelerator_count": _number(row.get("gpu_count") or ""),
            "country": row.get("country_iso_code") or None,
        }  # fmt: skip
        for device, kwh in _codecarbon_devices(row):
            devices[device.device_id] = device
            if (run, device.device_id) not in begun:
                begun.add((run, device.device_id))
                readings.append(Reading(*at, run, device.device_id, round(end - duration * 1000), 0.0))
            readings.append(Reading(*at, run, device.device_id, end, kwh * J_PER_KWH))
    count = len(table.records) + len(table.rejects)
    return settle(
        Delivered("codecarbon", context.file, "counter", counter_frame(readings), devices, count, rejects, facts,
                  folded_count=folds)
    )  # fmt: skip


def _codecarbon_devices(row: Mapping[str, str]) -> Iterator[tuple[Device, float]]:
    """Devices of a row and their energy, kWh. Accelerators have one sum in the file: each gets the same share.

    Memory is always estimated by CodeCarbon, and processors wherever it has no meter: both count as modelled.
    """
    for device_id, part, column, named in CODECARBON_PARTS:
        kwh = _number(row.get(column) or "")
        if kwh is None or (kwh == 0 and part == "accelerator"):
            continue
        name = (row.get(named) if named else None) or None
        if part != "accelerator":
            yield Device(device_id, part, name, is_modelled=True), kwh
            continue
        count = max(1, int(_number(row.get("gpu_count") or "") or 1))
        for number in range(count):
            yield Device(f"{device_id} {number}", part, _bare_model(name or "")), kwh / count


def _bare_model(name: str) -> str | None:
    """``4 x NVIDIA A40`` is NVIDIA A40."""
    return name.partition(" x ")[2] or name or None


# --- Zeus -----------------------------------------------------------------------------------------------------------

ZEUS = ("start_time", "window_name", "elapsed_time")


def is_zeus(head: str) -> bool:
    """Whether a file begins as the log of a ZeusMonitor."""
    return head.startswith(",".join(ZEUS))


def read_zeus(data: bytes, context: Context) -> Delivered:
    """The log of a ZeusMonitor: a row a window. A window within another is counted with that one."""
    refuse_cut(data, context.file)
    table = cut_csv(data, context.file)
    gpus = {name: index for index, name in enumerate(table.header) if name.endswith("_energy")}
    rejects: list[Reject] = list(table.rejects)
    windows = []
    for record in table.records:
        start, length = _number(record.cells[0]), _number(record.cells[2])
        energies = {name: _number(record.cells[index]) for name, index in gpus.items()}
        if start is None or length is None or None in energies.values():
            rejects.append(
                Reject(context.file, record.record_no, record.line, None, record.cells[1], "expected numbers")
            )
        else:
            windows.append((round(start * 1000), -round((start + length) * 1000), record, energies))
    spent = dict.fromkeys(gpus, 0.0)
    readings, harmless, last = [], 0, None
    for start_ms, minus_end, record, energies in sorted(windows, key=lambda window: window[:2]):
        if last is not None and -minus_end <= last:
            harmless += 1
            why = "this window is inside another, whose energy holds its own"
            rejects.append(Reject(context.file, record.record_no, record.line, "window_name", record.cells[1], why))
            continue
        last = -minus_end
        for name, joules in energies.items():
            device_id = name.removesuffix("_energy")
            readings.append(Reading(record.record_no, record.line, None, device_id, start_ms, spent[name]))
            spent[name] += joules or 0.0
            readings.append(Reading(record.record_no, record.line, None, device_id, last, spent[name]))
    devices = {name.removesuffix("_energy"): Device(name.removesuffix("_energy"), "accelerator") for name in gpus}
    count = len(table.records) + len(table.rejects)
    return settle(
        Delivered(
            "zeus", context.file, "counter", counter_frame(readings), devices, count, rejects, harmless_count=harmless
        )
    )


# --- BoAmps ---------------------------------------------------------------------------------------------------------


def is_boamps(head: str) -> bool:
    """Whether a file begins as a BoAmps report."""
    plain = "".join(head.split())
    return (
        plain.startswith("{") and any(f'"{name}":' in plain for name in ("task", "measures")) and '"header":' in plain
    )


SAME_TIME = "another tool measured the same task at that time: energy is counted once"


@dataclass(frozen=True)
class Measure:
    """What one tool says of a task, from one time to another."""

    row: dict[str, Any]
    begin_ms: int

    @property
    def end_ms(self) -> int:
        """When it ended."""
        return self.begin_ms + round(float(self.row["duration_s"]) * 1000)

    @property
    def is_modelled(self) -> bool:
        """Whether the tool assumes power instead of following it."""
        return "constant" in (self.row["gpu_tracking"], self.row["cpu_tracking"])

    def overlaps(self, other: Measure) -> bool:
        """Whether both measured at some time."""
        return self.begin_ms < other.end_ms and other.begin_ms < self.end_ms


def _without_repeats(measures: Iterable[Measure]) -> list[Measure]:
    """Measures of which no two overlap, in their order; a tool that meters goes before one that assumes."""
    kept: list[Measure] = []  # by time, so that only neighbours can overlap
    for measure in sorted(measures, key=lambda one: one.is_modelled):
        place = bisect(kept, measure.begin_ms, key=lambda one: one.begin_ms)
        if not any(map(measure.overlaps, kept[max(0, place - 1) : place + 1])):
            kept.insert(place, measure)
    return sorted(kept, key=lambda one: one.row["record_no"])


def read_boamps(data: bytes, context: Context) -> Delivered:
    """A BoAmps report: the energy of one task, a measure a row; of tools that measured at the same time, one counts."""
    try:
        json.loads(data)
    except ValueError as error:
        raise LedgerError(f"{context.file}: not whole JSON ({error}). The file was not taken in.") from None
    table = read_report(data, context.file, "")
    rows = table.frame.to_dicts()
    starts = pl.DataFrame({"device_id": ["task"] * len(rows), "at": [row["started_at"] or "" for row in rows]})
    begins, folds = times_to_ms(starts.cast({"at": pl.String}), "at", context.file, context.zone)
    timed = [
        Measure(row, begin) for row, begin in zip(rows, begins, strict=True) if begin is not None and row["duration_s"]
    ]
    kept = _without_repeats(timed)
    rejects = list(table.rejects)
    with_time, counted = ({one.row["record_no"] for one in some} for some in (timed, kept))
    for row in rows:
        if row["record_no"] not in with_time:
            why = "a measure needs measurementDateTime and measurementDuration"
            rejects.append(Reject(context.file, row["record_no"], 1, None, None, why))
        elif row["record_no"] not in counted:
            rejects.append(Reject(context.file, row["record_no"], 1, "measurementMethod", row["method"], SAME_TIME))
    readings, facts, devices = [], Facts(), {}
    for number, measure in enumerate(kept, 1):
        row, device_id = measure.row, f"measure {number}"
        devices[device_id] = Device(
            device_id, "system", row["gpu_name"] or row["cpu_name"], is_modelled=measure.is_modelled
        )
        readings.append(Reading(row["record_no"], 1, None, device_id, measure.begin_ms, 0.0))
        readings.append(Reading(row["record_no"], 1, None, device_id, measure.end_ms, row["energy_kwh"] * J_PER_KWH))
        facts[""] = {
            "accelerator": row["gpu_name"], "accelerator_count": row["gpu_count"], "model": row["model_name"],
            "country": find_country(row["country"] or ""),
        }  # fmt: skip
    return settle(
        Delivered("boamps", context.file, "counter", counter_frame(readings), devices, table.record_count, rejects, facts,
                  folded_count=folds, harmless_count=len(timed) - len(kept))
    )  # fmt: skip
