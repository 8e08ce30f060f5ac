"""``make bench``: CPU seconds of process trees, as ratios inside one run; written to bench.json.

Machines are shared, so wall time says little: every figure is CPU time of a child process and all that
it started, on a warm cache, beside a floor that ran in the same minutes.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.settings import ROOT
from tests.benchmarks.chart_images import image_cpu_ms
from tests.benchmarks.own_runs import measure_own_runs, say_own_runs
from tests.benchmarks.training_logs import measure_training_logs, say


def cpu_of(command: list[str], home: Path) -> dict[str, float]:
    """Run a command to its end; returns CPU and wall seconds of its tree."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "LEDGER_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_s": time.perf_counter() - started,
    }


def python(module: str, *arguments: str) -> list[str]:
    """A command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


def best(of: Callable[[], dict[str, float]], times: int = 3) -> dict[str, float]:
    """The cheapest of several runs."""
    return min((of() for _ in range(times)), key=lambda row: row["cpu_s"])


def measure(home: Path) -> dict[str, dict[str, float]]:
    """All measurements, by name."""
    ledger = python("pipelines", "build")
    empty = home / "empty"
    figures = {"first build": cpu_of(ledger, home)}
    figures["nothing changed"] = best(lambda: cpu_of(ledger, home))
    figures["full build"] = best(lambda: cpu_of([*ledger, "--force"], home), 2)
    report = python("pipelines", "report")
    shutil.rmtree(home / "site")
    figures["pages, none there"] = cpu_of(report, home)
    figures["pages, all there"] = best(lambda: cpu_of(report, home), 2)
    figures["import dagster and definitions"] = best(
        lambda: cpu_of([sys.executable, "-c", "import pipelines.definitions"], home)
    )
    figures["same work bare"] = best(lambda: cpu_of(python("tests.benchmarks.bare"), empty), 2)
    return figures


def main() -> None:
    """Measure, print, write bench.json."""
    from pipelines.definitions import defs

    with tempfile.TemporaryDirectory() as folder:
        logs = measure_training_logs(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        own_runs = measure_own_runs(Path(folder))
    assets = len(list(defs.resolve_asset_graph().get_all_asset_keys()))
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
        images = image_cpu_ms(Path(folder))
    spent = figures["full build"]["cpu_s"] - figures["same work bare"]["cpu_s"]
    loading = figures["import dagster and definitions"]["cpu_s"]
    results = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "assets": assets,
        "figures": figures,
        "orchestration_cpu_ms_per_asset": 1000 * spent / assets,
        "orchestration_without_loading_cpu_ms_per_asset": 1000 * (spent - loading) / assets,
        "nothing_changed_cpu_s": figures["nothing changed"]["cpu_s"],
        "chart_image_cpu_ms": images,
        "training_logs": logs,
        "own_runs": own_runs,
    }
    table = Table("what", "CPU s", "× bare", "wall s", box=None)
    for name, row in figures.items():
        ratio = row["cpu_s"] / figures["same work bare"]["cpu_s"]
        table.add_row(name, f"{row['cpu_s']:.2f}", f"{ratio:.2f}", f"{row['wall_s']:.2f}")
    Console().print(table)
    print(
        f"orchestration: {results['orchestration_cpu_ms_per_asset']:.0f} ms CPU an asset beyond the bare work "
        f"({results['orchestration_without_loading_cpu_ms_per_asset']:.0f} without loading Dagster), {assets} assets; target 100"
    )
    print(f"nothing changed: {results['nothing_changed_cpu_s']:.2f} s CPU; target 4")
    print(
        f"pages: {figures['pages, none there']['cpu_s']:.1f} s CPU where none is there, "
        f"{figures['pages, all there']['cpu_s']:.1f} s where all are; target 20 and 10"
    )
    for kind in ("svg", "png"):
        slowest = max(images, key=lambda chart_id: images[chart_id][kind])
        mean = statistics.fmean(one[kind] for one in images.values())
        print(
            f"{kind} of a chart: {mean:.0f} ms CPU in the mean, {images[slowest][kind]:.0f} of the slowest, {slowest}; target 100"
        )
    for line in [*say(logs), *say_own_runs(own_runs)]:
        print(line)
    (ROOT / "bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
