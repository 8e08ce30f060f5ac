"""Runs whose process is gone: marked as failed, because they would count as running, and hold up the queue, for ever.

What belongs here: telling which runs are gone. What does not: ending a process that runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

PROCESS_TAG = "ledger/process"
"""Tag of a run that the command line started: the number of its process."""

LAUNCHED_TAG = ".dagster/grpc_info"
"""Tag that Dagster gives a run that the UI's queue started."""


def end_killed_runs(instance: DagsterInstance) -> None:
    """Mark the runs of commands whose process is gone as failed."""
    from dagster import DagsterRunStatus, RunsFilter

    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])):
        process = int(run.tags.get(PROCESS_TAG, 0))
        if process and (process == os.getpid() or not is_running(process)):
            instance.report_run_failed(run, "The process of this run ended before the run did.")


def end_runs_of_ui(instance: DagsterInstance) -> None:
    """Mark the runs that a UI started, and whose processes ended with it, as failed; what waits in the queue stays there.

    Only for the process that holds the lock of the UI, while no run of it can be alive.
    """
    for run in runs_of_ui(instance):
        instance.report_run_failed(run, "The UI that started this run ended before the run did.")


def runs_of_ui(instance: DagsterInstance) -> list[DagsterRun]:
    """The runs under way that a UI started."""
    from dagster import DagsterRunStatus, RunsFilter

    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    return [run for run in instance.get_runs(RunsFilter(statuses=under_way)) if LAUNCHED_TAG in run.tags]


def is_running(process: int) -> bool:
    """Whether a process with this number exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
