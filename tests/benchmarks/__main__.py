"""``make bench``: measures areas, prints a table of each, writes bench.json; with ``--save`` also docs/performance.*."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.areas import AREAS
from tests.benchmarks.cost import ROOT, BenchmarkError, Costs
from tests.benchmarks.figures import Area, Bench
from tests.benchmarks.table import Result, keep, printed


def machine() -> str:
    """The machine and what else it does, in words."""
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{', '.join(sorted(models)) or platform.machine()}, {os.cpu_count()} cores, {memory_gb:.0f} GB, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} before it began"
    )


def commit() -> str:
    """The commit of the checkout, and whether files differ from it."""
    described = ["git", "describe", "--always", "--dirty=, files changed", "--abbrev=9", "--exclude=*"]
    return subprocess.run(described, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def result(area: Area, costs: Costs, where: str, at: str) -> Result:
    """What an area measured, with its circumstances."""
    figures = {figure.what: found for figure in area.figures if (found := figure.measured(costs)) is not None}
    return Result(f"{datetime.now(UTC):%Y-%m-%d}", at, where, figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"any of {', '.join(AREAS)} (default: the short ones)")
    parser.add_argument("--all", action="store_true", help="the long areas and the largest sizes too")
    parser.add_argument(
        "--home", type=Path, help="a home with a build without network, to copy in place of building one"
    )
    parser.add_argument("--save", action="store_true", help="keep the results in docs/performance.json and .md")
    parser.add_argument("--out", type=Path, default=ROOT / "bench.json", help="all costs as JSON")
    parser.add_argument(
        "--page", action="store_true", help="measure nothing; write docs/performance.md from the results kept"
    )
    given = parser.parse_args()
    if unknown := [name for name in given.areas if name not in AREAS]:
        parser.error(f"unknown area {unknown[0]}; expected any of {', '.join(AREAS)}")
    return given


def main() -> int:
    """Measure, print, write. Exit status 1 if an area could not be measured."""
    given = _options()
    if given.page:
        keep(AREAS.values(), {})
        return 0
    chosen = given.areas or [name for name, area in AREAS.items() if given.all or not area.is_long]
    results: dict[str, Result] = {}
    written: dict[str, Any] = {}
    failed, at = False, commit()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), given.all, os.environ.get("LEDGER_MIRROR"), given.home)
        for name in chosen:
            where = machine()
            try:
                costs = AREAS[name].measure(bench)
            except BenchmarkError as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = True
                continue
            results[name] = result(AREAS[name], costs, where, at)
            written[name] = {**asdict(results[name]), "costs": {each: asdict(cost) for each, cost in costs.items()}}
            print(f"{AREAS[name].title}\n{printed(AREAS[name], results[name])}\n", flush=True)
            if given.save:
                keep(AREAS.values(), {name: results[name]})
            given.out.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
