"""Cost of integrating samples of power, beside DuckDB's scan of the same columns, pandas, and a window over all rows.

Each is a process of its own: CPU seconds and peak memory are those of the process. The peers run on ten million rows.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.settings import OWN_RUN_FORMULAS, ROOT
from tests.telemetry.generator import big_files

PER_FILE = 200_000
ROWS = (10_000_000, 100_000_000)
THREADS = 2

Row = dict[str, float]

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


def _child(way: str, folder: Path) -> Row:
    """One way in a process of its own, on a warm cache: the cheaper of two runs."""
    command = [sys.executable, "-m", "tests.benchmarks.own_runs", way, str(folder)]
    rows = [
        json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for _ in range(2)
    ]
    return min(rows, key=lambda row: row["cpu_s"])


def _increment(folder: Path, rows: int) -> Row:
    """CPU seconds of a build's share when 1 % of the files are new: those files, and adding up all partials that are kept."""
    part = folder / "increment"
    part.mkdir()
    files = sorted(folder.glob("*.parquet"))
    for file in files[: max(1, len(files) // 100)]:
        (part / file.name).symlink_to(file)
    return {**_child("own runs", part), "new_files": max(1, len(files) // 100), "rows": rows / 100}


def measure_own_runs(folder: Path) -> dict[str, dict[str, Row]]:
    """All measurements, by number of rows."""
    found: dict[str, dict[str, Row]] = {}
    for rows in ROWS:
        place = folder / str(rows)
        big_files(place, rows, per_file=PER_FILE)
        ways = WAYS if rows == ROWS[0] else ("scan floor", "own runs")
        found[f"{rows:,}"] = {way: _child(way, place) for way in ways} | {"1 % new": _increment(place, rows)}
    return found


def say_own_runs(found: dict[str, dict[str, Row]]) -> list[str]:
    """A line for each number of rows, with the targets."""
    lines = []
    for rows, ways in found.items():
        floor, own = ways["scan floor"]["cpu_s"], ways["own runs"]
        beside = [f"{way} {ways[way]['cpu_s'] / own['cpu_s']:.1f} ×" for way in ("window SQL", "pandas") if way in ways]
        lines.append(
            f"own runs, {rows} samples: {own['cpu_s']:.2f} s CPU, {own['wall_s']:.2f} s wall, {own['peak_mb']:.0f} MB; "
            f"{own['cpu_s'] / floor:.2f} × the scan floor (target 2.5; 300 MB); 1 % new files {ways['1 % new']['cpu_s']:.2f} s"
            + (f"; as much as own runs: {', '.join(beside)} (target 2 and 4)" if beside else "")
        )
    few, many = (found[f"{rows:,}"]["own runs"]["cpu_s"] for rows in ROWS)
    lines.append(f"own runs: ten times the samples cost {many / few:.1f} × (target 11)")
    return lines


def main() -> None:
    """Run one way over a folder of files, and print what it cost."""
    way, folder = sys.argv[1:]
    files = sorted(str(path) for path in Path(folder).glob("*.parquet"))
    if way == "pandas":
        import pandas  # noqa: F401  its import is no work
    imported = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    WAYS[way](files)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = spent.ru_utime + spent.ru_stime - imported.ru_utime - imported.ru_stime
    print(json.dumps({"cpu_s": cpu_s, "wall_s": time.perf_counter() - began, "peak_mb": spent.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
