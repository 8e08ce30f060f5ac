"""What the logs of a round of MLPerf Training say, as columns: of a run, and of the power that it drew.

What belongs here: the keys that are read, what their values may be, and the energy of power readings. What does not:
finding records in a log (``mllog.py``), where a log lies and the table it becomes a row of (``training.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pipelines.sources.mlperf.mllog import (
    EVENT,
    FRACTION,
    NUMBERS,
    POWER,
    TEXT,
    WHOLE,
    Entry,
    LogReader,
    MlLog,
)

MOST_EXAMPLES = 1e15

STATED = (
    "submission_org", "submission_platform", "submission_benchmark", "submission_division", "submission_status"
)  # fmt: skip
COUNTED = ("global_batch_size", "gradient_accumulation_steps", "train_samples", "eval_samples", "seed")

NEWEST = frozenset({"eval_accuracy"})
READING = "power_reading"

RESULT_KEYS = {
    "run_start": EVENT,
    "run_stop": EVENT,
    "eval_accuracy": NUMBERS,
    **dict.fromkeys(STATED, TEXT),
    **dict.fromkeys(COUNTED, WHOLE),
}
POWER_KEYS = {
    "power_measurement_start": EVENT,
    "power_measurement_stop": EVENT,
    READING: POWER,
    "conversion_eff": FRACTION,
    "interconnect_power_est": POWER,
}


def result_reader() -> LogReader:
    """What reads the log of a run."""
    return LogReader(RESULT_KEYS, newest=NEWEST)


def power_reader() -> LogReader:
    """What reads a power log."""
    return LogReader(POWER_KEYS, series=READING)


def _firsts(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The first record of each key."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry[0], entry)
    return found


def _of_metadata(entry: Entry | None, name: str) -> str | None:
    """Text that the metadata of a record gives."""
    value = entry[3].get(name) if entry is not None and isinstance(entry[3], dict) else None
    return value if isinstance(value, str) else None


def _number_of_metadata(entry: Entry | None, name: str, kind: type[int] | type[float]) -> int | float | None:
    """Number that the metadata of a record gives; None where it gives none that the column can hold."""
    value = entry[3].get(name) if entry is not None and isinstance(entry[3], dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_EXAMPLES:
        return None
    return kind(value) if kind is float or value == int(value) else None


def result_values(log: MlLog) -> dict[str, Any]:
    """Columns of a run."""
    first = _firsts(log.entries)
    values: dict[str, Any] = {key: first[key][2] for key in (*STATED, *COUNTED) if key in first}
    if "seed" in values:
        values["seed"] = str(values["seed"])
    for key in ("run_start", "run_stop"):
        if key in first:
            values[f"{key}_ms"] = first[key][1]
    accuracy = first["eval_accuracy"][2] if "eval_accuracy" in first else None
    if isinstance(accuracy, dict):
        values["eval_accuracies"] = orjson.dumps(accuracy, option=orjson.OPT_SORT_KEYS).decode()
    elif accuracy is not None:
        values["eval_accuracy"] = float(accuracy)
    values["eval_samples_count"] = _number_of_metadata(first.get("eval_accuracy"), "samples_count", int)
    values["eval_epoch_num"] = _number_of_metadata(first.get("eval_accuracy"), "epoch_num", float)
    return {**values, "run_status": _of_metadata(first.get("run_stop"), "status")}


def integrate(
    times_ms: Sequence[int], powers_w: Sequence[float], start_ms: int, stop_ms: int | None = None
) -> tuple[float, float]:
    """Energy of power readings in joules, each counting for the time since the one before: to a stop, and of all.

    >>> integrate([1000, 3000, 4000], [50.0, 100.0, 1.0], 0, 3000)
    (250.0, 251.0)
    """
    import numpy as np  # takes 50 ms to load, which to know of a file does not need

    times, powers = np.array(times_ms, np.int64), np.array(powers_w, np.float64)
    order = np.lexsort((powers, times))
    times, powers = times[order], powers[order]
    is_later = times >= start_ms
    times, powers = times[is_later], powers[is_later]
    energies_mj = powers * np.diff(times, prepend=start_ms)
    is_before = slice(None) if stop_ms is None else times <= stop_ms
    return float(energies_mj[is_before].sum()) / 1000, float(energies_mj.sum()) / 1000


def power_values(log: MlLog) -> dict[str, Any]:
    """Columns of a power log."""
    first = _firsts(log.entries)
    start, stop = first.get("power_measurement_start"), first.get("power_measurement_stop")
    efficiency, declared = first.get("conversion_eff"), first.get("interconnect_power_est")
    values: dict[str, Any] = {
        "measurement_start_ms": start[1] if start else None,
        "measurement_stop_ms": stop[1] if stop else None,
        "last_reading_ms": max(log.series_times_ms, default=None),
        "reading_count": len(log.series_values),
        "conversion_eff": float(efficiency[2]) if efficiency else None,
        "measurement_type": _of_metadata(efficiency, "measurement_type"),
        "interconnect_power_est_w": float(declared[2]) if declared else None,
    }
    if start is not None and log.series_values:
        energies = integrate(log.series_times_ms, log.series_values, start[1], stop[1] if stop else None)
        values["to_stop_j"], values["to_last_reading_j"] = energies
    return values
