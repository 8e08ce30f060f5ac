"""Ways to integrate samples of power: ours, DuckDB's scan of the same columns, a window over all rows, and pandas."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines.settings import OWN_RUN_FORMULAS
from tests.benchmarks.cost import report, within
from tests.telemetry.generator import big_files

PER_FILE = 200_000
THREADS = 2

FLOOR = "select count(*), max(device_id), max(seq), max(at_ms), max(power_w) from read_parquet(?)"

WINDOW = """
    select filename, device_id, sum(case when dt > 0 and dt <= 10 then (power_w + before) / 2 * dt end),
        count(*) filter (where dt > 10), sum(dt) filter (where dt > 10), count(*) filter (where dt <= 0), max(power_w)
    from (
        select filename, device_id, power_w,
            (at_ms - lag(at_ms) over w) / 1000.0::double as dt, lag(power_w) over w as before
        from read_parquet(?, filename = true) window w as (partition by filename, device_id order by seq)
    )
    group by filename, device_id
"""


def _query(text: str) -> Callable[[list[str]], None]:
    def run(files: list[str]) -> None:
        import duckdb

        with duckdb.connect() as connection:
            connection.execute(f"set threads = {THREADS}; set enable_progress_bar = false")
            connection.execute(text, [files]).fetchall()

    return run


def _partials(files: list[str]) -> None:
    from pipelines.telemetry.partials import integrate, on_cores

    macros = OWN_RUN_FORMULAS.read_text(encoding="utf-8")
    integrate([(file, PER_FILE) for file in files], "power", macros, on_cores(THREADS), THREADS)


def _pandas(files: list[str]) -> None:
    import pandas as pd

    columns = ["device_id", "seq", "at_ms", "power_w"]
    frame = pd.concat([pd.read_parquet(file, columns=columns).assign(file=n) for n, file in enumerate(files)])
    frame = frame.sort_values(["file", "device_id", "seq"])
    before = frame.groupby(["file", "device_id"])[["at_ms", "power_w"]].shift()
    step = (frame["at_ms"] - before["at_ms"]) / 1000
    frame["energy"] = ((frame["power_w"] + before["power_w"]) / 2 * step).where((step > 0) & (step <= 10))
    frame["gap"] = step.where(step > 10)
    frame["reset"] = step <= 0
    frame.groupby(["file", "device_id"]).agg(
        {"energy": "sum", "gap": ["count", "sum"], "reset": "sum", "power_w": "max"}
    )


WAYS: dict[str, Callable[[list[str]], None]] = {
    "scan floor": _query(FLOOR), "own runs": _partials, "window SQL": _query(WINDOW), "pandas": _pandas,
}  # fmt: skip


def main() -> None:
    """Run one way over a folder of files, or make one: ``WAY FOLDER``, or ``make FOLDER ROWS``."""
    way, folder, *rows = sys.argv[1:]
    if way == "make":
        big_files(Path(folder), int(rows[0]), per_file=PER_FILE)
        return
    files = sorted(str(path) for path in Path(folder).glob("*.parquet"))
    importlib.import_module(
        {"pandas": "pandas", "own runs": "pipelines.telemetry.partials"}.get(way, "duckdb")
    )  # no work
    report({way: within(lambda: WAYS[way](files))})


if __name__ == "__main__":
    main()
