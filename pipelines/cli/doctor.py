"""``ledger doctor``: says what is wrong in a home and what it would do, and does it.

What belongs here: asking all that know what can be wrong, printing it, mending it in order. What does not: what is wrong
(``warehouse/health.py``, ``server/run_history.py``, ``server/killed_runs.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from pipelines.cli.runs import prepare_instance, readable_history, run_job
from pipelines.errors import LedgerError
from pipelines.server.killed_runs import killed_runs, settle_runs, ui_is_open
from pipelines.server.run_history import damaged_files, set_aside
from pipelines.settings import Settings
from pipelines.warehouse.fingerprints import digest_inputs, remember_build
from pipelines.warehouse.health import Finding, find_damage, find_other_version


def examine(settings: Settings, *, fix: bool) -> bool:
    """Print what is wrong and what mends it; with ``fix`` mend it. Returns whether all is well in the end."""
    found = list(_findings(settings))
    if found and fix:
        settings.prepare()
        _mend(settings, found)
        _mend(settings, [each for each in _findings(settings) if each.mend is not None])  # what a build left behind
        found = list(_findings(settings))
    for finding in found:
        print(f"{'still' if fix else 'wrong'}      {finding.problem}")
        print(f"would      {finding.remedy}")
    if found:
        count = f"{len(found)} thing{'' if len(found) == 1 else 's'} wrong"
        print(f"{count}. {'See above' if fix else 'Run: ledger doctor --fix'}")
    else:
        print("all is well")
    return not found


def _mend(settings: Settings, found: Sequence[Finding]) -> None:
    """Mend what was found, and build where that mends it: a damaged file that was published is then an older version."""
    for finding in found:
        print(f"wrong      {finding.problem}")
        print(f"doing      {finding.remedy}", flush=True)
        if finding.mend is not None:
            finding.mend()
    if any(finding.mend is None for finding in found):
        _build(settings)


def _build(settings: Settings) -> None:
    inputs = digest_inputs(settings)
    done = run_job(settings, "build_all", force=True)["meta/builds"]
    remember_build(settings, str(done["build_id"]), inputs)


def _findings(settings: Settings) -> Iterator[Finding]:
    """All that is wrong, in the order in which it is to be mended."""
    yield from find_other_version(settings)
    yield from _history(settings)
    yield from find_damage(settings)


def _history(settings: Settings) -> Iterator[Finding]:
    """What is wrong with the run history: damaged files, else runs whose process is gone."""
    if not (settings.dagster_home / "history").exists():
        return
    damaged = list(damaged_files(settings))
    for path, problem in damaged:
        yield Finding(
            f"{path.relative_to(settings.home)}, part of the run history: {problem}",
            "put it aside; Dagster begins a new one",
            partial(_set_aside, settings, path),
        )
    if damaged or not settings.is_writable:
        return
    prepare_instance(settings)
    from dagster import DagsterInstance

    with readable_history(settings), DagsterInstance.get() as instance:
        for run, reason in killed_runs(instance, settings):
            yield Finding(f"run {run.run_id[:8]} of {run.job_name} counts as {run.status.value}: {reason}",
                          "mark it as failed", partial(_settle, settings))  # fmt: skip


def _set_aside(settings: Settings, path: Path) -> None:
    if ui_is_open(settings):
        raise LedgerError("the UI is open and holds the run history. Close it, then run: ledger doctor --fix")
    set_aside(settings, path)


def _settle(settings: Settings) -> None:
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        settle_runs(instance, settings)
