"""The resource that gives assets their build: lock and build file, held for the whole run."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.policy import readable_failures
from pipelines.settings import read_settings
from pipelines.warehouse.build import Session, open_session

SESSION = "session"
BUILD_ALL = "build_all"
FORCED = "ledger/force"
"""Tag of a run that makes everything again, whether it has changed or not."""


def is_forced(run: dg.DagsterRun | None) -> bool:
    """Whether a run makes everything again."""
    return run is not None and run.tags.get(FORCED) == "true"


@dg.resource(
    description="The running build: its lock and its DuckDB file. It continues from what is there; a run with the tag "
    f"{FORCED} = true starts from an empty file."
)
def session_resource(context: dg.InitResourceContext) -> Iterator[Session]:
    """Hold the build lock while the run lasts; fails at once, naming the holder, if another build runs."""
    with readable_failures(), open_session(read_settings(), fresh=is_forced(context.run)) as session:
        yield session
