"""How the UI's queue starts runs: as Dagster does, and noticing when the process of one is gone.

Dagster's own launcher leaves a run whose process and code server died together as running for ever; the queue waits
for it. Named in ``dagster.yaml``, which ``cli/runs.py`` writes.
"""

from __future__ import annotations

from dagster import DagsterEventType, DagsterRun, DefaultRunLauncher
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus

from pipelines.defs.launched_by import LAUNCHED_BY, UI
from pipelines.server.killed_runs import is_running


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, which also answers whether the process of a run is alive."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run. One that no schedule, sensor or command tagged was launched in the UI."""
        run = context.dagster_run
        if LAUNCHED_BY not in run.tags:
            self._instance.add_run_tags(run.run_id, {LAUNCHED_BY: UI})
        super().launch_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Let run monitoring ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process that a run named lives; one that named none yet counts as running."""
        process, since = self._process_of(run)
        if process is None or is_running(process, since):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {process} is gone")

    def _process_of(self, run: DagsterRun) -> tuple[int | None, float | None]:
        """The process that does the run, and a time when it was there already."""
        for entry in self._instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
            event = entry.dagster_event
            if event is not None and "pid" in (found := event.engine_event_data.metadata):
                return int(str(found["pid"].value)), entry.timestamp
        return None, None
