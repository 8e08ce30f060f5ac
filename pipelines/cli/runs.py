"""Dagster's instance and runs as the command line uses them.

What belongs here: the instance folder under ``LEDGER_HOME``, running a job in this process with
progress, and turning a failed run into one readable message. What does not: what a job does.
"""

from __future__ import annotations

import glob
import logging
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.defs.launched_by import COMMAND_LINE, LAUNCHED_BY
from pipelines.defs.progress import PROGRESS, SHARED_HANDLERS, ProgressHandler
from pipelines.errors import LedgerError
from pipelines.logs import say
from pipelines.server.event_log import held_open
from pipelines.server.killed_runs import PROCESS_TAG, settle_runs
from pipelines.server.run_history import prune_history
from pipelines.settings import Settings
from pipelines.warehouse.file import published_held_open

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterEvent, ExecuteInProcessResult

INSTANCE = """\
# Written by Compute Ledger. Runs go one at a time: one DuckDB file has one writer.
telemetry:
  enabled: false
nux:
  enabled: false
instance_class:
  module: pipelines.server.packed_events
  class: PackingInstance
compute_logs:
  module: pipelines.server.run_output
  class: RunOutput
concurrency:
  runs:
    max_concurrent_runs: 1
python_logs:
  python_log_level: INFO
run_launcher:
  module: pipelines.server.launcher
  class: WatchedRunLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 15
  start_timeout_seconds: 180
  cancel_timeout_seconds: 180
  max_resume_run_attempts: 0
  max_runtime_seconds: 14400
"""


def refuse_pattern(settings: Settings) -> None:
    """Refuse a home whose name Dagster would read as a pattern."""
    if glob.has_magic(str(settings.home)):
        raise LedgerError(
            f"{settings.home}: Dagster reads *, ? and [ in a folder name as a pattern and would not find its settings "
            "there. Set LEDGER_HOME (or --home) to a folder without these characters."
        )


def prepare_instance(settings: Settings) -> dict[str, str]:
    """Make the instance folder and point this process at it; returns the environment for child processes."""
    refuse_pattern(settings)
    settings.prepare()
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists() or config.read_text(encoding="utf-8") != INSTANCE:
        config.write_text(INSTANCE, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["LEDGER_HOME"] = str(settings.home)
    absolute = {"LEDGER_SITE": str(settings.site), "LEDGER_SEEDS": str(settings.seeds)}
    if settings.mirrors:
        absolute["LEDGER_MIRROR"] = os.pathsep.join(map(str, settings.mirrors))
    return {**os.environ, **absolute}


def run_job(
    settings: Settings, job_name: str, selection: Iterable[str] | None = None, *, force: bool = False
) -> dict[str, dict[str, object]]:
    """Run a job of the definitions in this process, with history in the instance.

    ``selection`` names the assets to make, all of the job if it is None; ``force`` makes also what has not changed.
    Returns the metadata of each materialized asset by its key, ``meta/builds`` for example. Raises
    LedgerError with the messages of what failed.
    """
    prepare_instance(settings)
    import dagster as dg

    from pipelines.definitions import defs
    from pipelines.defs.session import FORCED
    from pipelines.server.run_output import PRINTED

    job = defs.resolve_job_def(job_name)
    run_id = str(uuid.uuid4())
    keys = None if selection is None else [dg.AssetKey(name.split("/")) for name in selection]
    handler = ProgressHandler(len(job.nodes) if keys is None else _step_count(keys))
    SHARED_HANDLERS.append(handler)
    PRINTED.add(run_id)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    try:
        with (
            readable_history(settings),
            dg.DagsterInstance.get() as instance,
            held_open(instance, run_id),
            published_held_open(),
        ):
            settle_runs(instance, settings)
            result = job.execute_in_process(
                instance=instance,
                run_id=run_id,
                asset_selection=keys,
                raise_on_error=False,
                run_config={"loggers": {PROGRESS: {"config": {}}}},
                tags={PROCESS_TAG: str(os.getpid()), LAUNCHED_BY: COMMAND_LINE, **({FORCED: "true"} if force else {})},
            )
            prune_history(instance, settings)
    except dg.DagsterInvariantViolationError as error:
        raise LedgerError(f"Dagster cannot run {job_name}: {error}") from error
    finally:
        handler.close()
        SHARED_HANDLERS.clear()
    if not result.success:
        raise LedgerError(_told(result, settings))
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            for line in _failed_check(event):  # one that does not stop a build, or the run would have failed
                say("check_failed", f"warning: {line}", level="warning")
    return _metadata(result)


def _step_count(keys: Sequence[AssetKey]) -> int:
    """Steps that make these assets: one each, and one for each check that is a step of its own."""
    from pipelines.definitions import defs

    alone = [key.asset_key for check in defs.asset_checks or () for key in check.check_keys]
    return len(keys) + sum(asset in keys for asset in alone)


@contextmanager
def readable_history(settings: Settings) -> Iterator[None]:
    """Turn what SQLite says of the run history into one line: a machine without room, or a damaged file."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        reason = getattr(error, "orig", None) or error
        if isinstance(reason, sqlite3.OperationalError):
            problem, remedy = "cannot be written", "Free disk space there, then try again."
        else:
            problem, remedy = "is damaged", "Run: ledger doctor --fix"
        raise LedgerError(f"the run history in {settings.dagster_home} {problem}: {reason}. {remedy}") from None


def _metadata(result: ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for event in result.all_events:
        if event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            key = "/".join(materialization.asset_key.path)
            found[key] = {name: value.value for name, value in materialization.metadata.items()}
    return found


def _failed_check(event: DagsterEvent) -> list[str]:
    check = event.asset_check_evaluation_data
    told = f"check {check.check_name} of {'.'.join(check.asset_key.path)}: {check.description}"
    return [] if check.passed else [told]


def _told(result: ExecuteInProcessResult, settings: Settings) -> str:
    """What failed, as a person should read it: messages of steps and checks, then what is published."""
    lines: list[str] = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                lines.append(data.user_failure_data.description)
            elif data.error and "DagsterAssetCheckFailedError" not in str(data.error.cls_name):
                lines.append(f"{event.step_key}: {(data.error.cause or data.error).message.strip()}")
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            lines += _failed_check(event)
        elif event.event_type_value in ("PIPELINE_FAILURE", "RUN_FAILURE") and not lines:
            failure = event.job_failure_data
            error = failure.error.cause or failure.error if failure.error else None
            lines.append(error.message.split(": ", 1)[-1].strip() if error else (event.message or "the run failed"))
    kept = "The published warehouse is unchanged." if settings.published.exists() else "Nothing was published."
    return "\n".join([*dict.fromkeys(lines), kept])
