"""The resource that gives assets their build: lock and build file, held for the whole run."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.policy import readable_failures
from pipelines.settings import read_settings
from pipelines.warehouse.build import Session, open_session

SESSION = "session"
BUILD_ALL = "build_all"
FULL_JOBS = (BUILD_ALL, "refresh")


def _starts_over(run: dg.DagsterRun) -> bool:
    """Whether a run makes everything: one of selected steps, or of those that failed, goes on with what is there."""
    return not run.step_keys_to_execute or "seeds__sources" in run.step_keys_to_execute


@dg.resource(description="The running build: its lock and its DuckDB file. A full build starts from an empty file.")
def session_resource(context: dg.InitResourceContext) -> Iterator[Session]:
    """Hold the build lock while the run lasts; fails at once, naming the holder, if another build runs."""
    is_full = context.run is not None and context.run.job_name in FULL_JOBS and _starts_over(context.run)
    with readable_failures(), open_session(read_settings(), fresh=is_full) as session:
        yield session
