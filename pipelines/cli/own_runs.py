"""``ledger ingest``: own runs into the store.

What belongs here: options and what is printed. What does not: what becomes of a file (``telemetry/taking_in.py``).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.state import STATE
from pipelines.errors import UsageError
from pipelines.logs import logs_as_json, say
from pipelines.telemetry.formats.times import check_zone
from pipelines.telemetry.run_note import RUN_ID
from pipelines.telemetry.taking_in import Outcome, find_files, take_in


def _tell(outcome: Outcome) -> None:
    if logs_as_json():
        level = "error" if outcome.status == "refused" else "info"
        say("ingested", str(outcome), level=level, file=str(outcome.path), status=outcome.status)  # type: ignore[arg-type]
    print(outcome)


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, or folders of files of one run each (default: LEDGER_HOME/inbox)."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Name of the run (default: that of the folder, or of the file).")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of local times, such as UTC or Europe/Berlin.")] = None,
) -> None:
    """Take in what your own machines measured: logs of power, counters of energy, reports of runs."""
    from pipelines.warehouse.own_run_inbox import take_in_inbox  # loads polars
    from pipelines.warehouse.own_runs import store

    settings = STATE.settings
    settings.prepare()
    _check_run(run)
    if zone is not None:
        check_zone(zone)
    if missing := [path for path in paths or () if not path.exists() and not path.is_symlink()]:
        raise UsageError(f"{missing[0]}: there is no such file or folder.")
    began = time.perf_counter()
    if paths:
        files = [found for path in paths for found in find_files(path)]
        outcomes = take_in(store(settings), files, run=run, zone=zone, tell=_tell)
    else:
        outcomes = take_in_inbox(settings, _tell)
    _sum_up(outcomes, time.perf_counter() - began)
    if not outcomes:
        print(f"nothing to take in; put files into {settings.inbox}, or name them")
    if any(outcome.status == "landed" for outcome in outcomes):
        print('To see the runs: ledger build, then ledger sql "from mart.telemetry_runs"')
    if any(outcome.status == "refused" for outcome in outcomes):
        raise typer.Exit(1)


def _sum_up(outcomes: list[Outcome], seconds: float) -> None:
    if len(outcomes) > 1:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(o.status for o in outcomes).items()))
        samples, size = sum(o.sample_count for o in outcomes), sum(o.byte_count for o in outcomes)
        print(f"{counts}: {samples:,} samples, {samples / seconds:,.0f} samples/s, {size / seconds / 1e6:,.1f} MB/s")


def _check_run(run: str | None) -> None:
    if run is not None and not re.fullmatch(RUN_ID, run):
        raise UsageError(f"--run {run!r}: expected letters, digits, dots, hyphens and underscores, at most 80.")
