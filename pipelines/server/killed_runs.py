"""Runs whose process is gone: marked as failed, because they would count as running, and hold up the queue, for ever.

What belongs here: telling which runs are gone, in whichever state their process left them. What does not: ending a
process that runs.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import psutil

from pipelines.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

PROCESS_TAG = "ledger/process"
"""Tag of a run that the command line started: the number of its process."""

LAUNCHED_TAG = ".dagster/grpc_info"
"""Tag that Dagster gives a run that the UI's queue started."""

OF_A_COMMAND = "The process of this run ended before the run finished."
OF_A_UI = "The UI that started this run ended before the run finished. Launch it again."

CLOCK_SLACK_S = 2.0
"""A process may seem this much younger than its run: the two times come from different clocks."""


def settle_runs(instance: DagsterInstance, settings: Settings) -> list[str]:
    """Mark the runs whose process is gone as failed; returns what was said of each."""
    return [_end(instance, run, reason) for run, reason in killed_runs(instance, settings)]


def killed_runs(instance: DagsterInstance, settings: Settings) -> list[tuple[DagsterRun, str]]:
    """Runs that will never end by themselves, and why: of commands, and of a UI while none is open."""
    found = [(run, OF_A_COMMAND) for run in _killed_commands(instance)]
    if not ui_is_open(settings):
        found += [(run, OF_A_UI) for run in _left_by_ui(instance)]
    return found


def end_killed_runs(instance: DagsterInstance) -> None:
    """Mark the runs of commands whose process is gone as failed."""
    for run in _killed_commands(instance):
        _end(instance, run, OF_A_COMMAND)


def end_runs_of_ui(instance: DagsterInstance) -> None:
    """Mark all that a UI had in hand as failed, what waits in its queue too.

    Only for the process that holds the lock of the UI, while no run of it can be alive.
    """
    for run in _left_by_ui(instance):
        _end(instance, run, OF_A_UI)


def runs_of_ui(instance: DagsterInstance) -> list[DagsterRun]:
    """The runs under way that a UI started."""
    from dagster import DagsterRunStatus, RunsFilter

    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    return [run for run in instance.get_runs(RunsFilter(statuses=under_way)) if LAUNCHED_TAG in run.tags]


def ui_is_open(settings: Settings) -> bool:
    """Whether a process of a UI lives: it holds the lock of the UI."""
    try:
        handle = os.open(settings.ui_lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def is_running(process: int, since: float | None = None) -> bool:
    """Whether a process with this number lives that is no younger than ``since``: numbers are used again."""
    try:
        found = psutil.Process(process)
        is_alive = found.status() != psutil.STATUS_ZOMBIE
        return is_alive and (since is None or found.create_time() <= since + CLOCK_SLACK_S)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _end(instance: DagsterInstance, run: DagsterRun, reason: str) -> str:
    instance.report_run_failed(run, reason)
    return f"run {run.run_id[:8]} of {run.job_name}: {reason}"


def _unfinished(instance: DagsterInstance) -> list[tuple[DagsterRun, float]]:
    """Runs that have not ended, in whichever state, and when each was created."""
    from dagster import DagsterRunStatus, RunsFilter

    ended = {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}
    records = instance.get_run_records(RunsFilter(statuses=[each for each in DagsterRunStatus if each not in ended]))
    return [(record.dagster_run, record.create_timestamp.timestamp()) for record in records]


def _killed_commands(instance: DagsterInstance) -> list[DagsterRun]:
    """Runs of commands whose process is gone; a command has one run, so one of this process is left over too."""
    gone = []
    for run, created in _unfinished(instance):
        process = int(run.tags.get(PROCESS_TAG, 0))
        if process and (process == os.getpid() or not is_running(process, created)):
            gone.append(run)
    return gone


def _left_by_ui(instance: DagsterInstance) -> list[DagsterRun]:
    return [run for run, _ in _unfinished(instance) if PROCESS_TAG not in run.tags]
