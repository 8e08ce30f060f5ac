"""Materializing one asset from the UI, from the click to the run's success.

``python -m tests.benchmarks.measured.one_asset_from_ui HOME``. CPU seconds are those of all processes of the UI in that time,
the process of the run included.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import dagster as dg
import psutil

from tests.benchmarks.cost import Cost, report
from tests.server.conftest import Ui, started

TIMES = 3
WITHIN_S = 120


def _cpu_s(ui: Ui) -> float:
    """CPU seconds of all its processes so far, those that ended included."""
    times = [process.cpu_times() for process in ui.family() if process.status() != psutil.STATUS_ZOMBIE]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def once(ui: Ui) -> Cost:
    """Launch the run and wait for its end."""
    began = time.perf_counter(), _cpu_s(ui)
    run_id = ui.launch()
    while ui.status(run_id) is not dg.DagsterRunStatus.SUCCESS:
        if time.perf_counter() - began[0] > WITHIN_S or ui.status(run_id) is dg.DagsterRunStatus.FAILURE:
            sys.exit(f"the run did not succeed: {ui.said}")
        time.sleep(0.05)
    ended = time.perf_counter()
    time.sleep(1)  # until the process of the run has ended and is counted
    return Cost(_cpu_s(ui) - began[1], ended - began[0])


def main() -> None:
    """The fastest of several runs, after one that warms up."""
    with started(Path(sys.argv[1])) as ui:
        once(ui)
        report({"one asset": min((once(ui) for _ in range(TIMES)), key=lambda cost: cost.cpu_s)})
        ui.end()


if __name__ == "__main__":
    main()
