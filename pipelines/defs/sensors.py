"""Sensors: two that build when a fetch or the inbox brought something, one that tells of runs that failed.

They run in the daemon of ``ledger ui``, and see the runs of the command line and of schedules too.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.defs.alerts import failure_report, post_alert
from pipelines.defs.jobs import build_all, take_in
from pipelines.defs.launched_by import LAUNCHED_BY, SENSOR
from pipelines.errors import LedgerError
from pipelines.fetch.states import source_states
from pipelines.fetch.store import Snapshot
from pipelines.logs import say
from pipelines.settings import Settings, read_settings
from pipelines.warehouse.file import connect_published, list_tables
from pipelines.warehouse.own_run_inbox import states, waiting
from pipelines.warehouse.own_runs import FILES, store
from pipelines.warehouse.raw_layer import fetched_files

SETTLED_AFTER = timedelta(minutes=2)
"""A fetch brings many files, one after the other: a build starts when none has come for so long."""

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def unused_snapshots(settings: Settings) -> list[Snapshot]:
    """Accepted snapshots that the published build was not made from; raises LedgerError where nothing is published."""
    with connect_published(settings) as connection:
        used = dict(connection.execute("select url, sha256 from meta.snapshots").fetchall())
    accepted = [
        state.last_accepted for state in source_states(settings, fetched_files(settings)) if state.last_accepted
    ]
    return [snapshot for snapshot in accepted if used.get(snapshot.url) != snapshot.sha256]


@dg.sensor(
    name="new_snapshots",
    job=build_all,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a build when a fetch brought snapshots that the published build does not use: once for the same "
    "snapshots, when no run is under way and no file has come for two minutes.",
)
def new_snapshots(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a build of what was fetched."""
    try:
        unused = unused_snapshots(read_settings())
    except LedgerError as error:
        return dg.SkipReason(str(error))
    if not unused:
        return dg.SkipReason("The published build uses the newest snapshots.")
    if datetime.now(UTC) - max(snapshot.fetched_at for snapshot in unused) < SETTLED_AFTER:
        return dg.SkipReason("Files are still coming.")
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNDER_WAY)):
        return dg.SkipReason("A run is under way, which may build them.")
    digest = hashlib.sha256(repr(sorted((s.url, s.sha256) for s in unused)).encode()).hexdigest()
    return dg.RunRequest(run_key=digest, tags={LAUNCHED_BY: SENSOR})


def unbuilt_files(settings: Settings) -> list[str]:
    """Delivered files of own runs that the published build was not made from."""
    with connect_published(settings) as connection:
        is_there = FILES in list_tables(connection)  # a build of before had no own runs
        rows = connection.execute(f"select file_sha256 from {FILES}").fetchall() if is_there else []
    built = {sha256 for (sha256,) in rows}
    return sorted(
        file.sha256 for file in store(settings).read_manifest().files if file.parts and file.sha256 not in built
    )


@dg.sensor(
    name="own_runs",
    jobs=[take_in, build_all],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes in files that lie in LEDGER_HOME/inbox and have not changed since the last look; starts a build when "
    "files were taken in that the published build does not have.",
)
def own_runs(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for taking in what lies still, else for a build of what was taken in."""
    settings = read_settings()
    now = states(waiting(settings))
    before = json.loads(context.cursor or "{}")
    context.update_cursor(json.dumps(now))
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNDER_WAY)):
        return dg.SkipReason("A run is under way.")
    if now and now == before:
        digest = hashlib.sha256(repr(sorted(now.items())).encode()).hexdigest()
        return dg.RunRequest(run_key=f"in {digest}", job_name=take_in.name, tags={LAUNCHED_BY: SENSOR})
    if now:
        return dg.SkipReason("Files are still coming.")
    try:
        unbuilt = unbuilt_files(settings)
    except LedgerError as error:
        return dg.SkipReason(str(error))
    if not unbuilt:
        return dg.SkipReason("The published build has all own runs.")
    digest = hashlib.sha256(repr(unbuilt).encode()).hexdigest()
    return dg.RunRequest(run_key=f"build {digest}", job_name=build_all.name, tags={LAUNCHED_BY: SENSOR})


@dg.run_failure_sensor(
    name="run_failed",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Logs one line for each run that failed, and posts it to LEDGER_WEBHOOK_URL where that is set.",
)
def run_failed(context: dg.RunFailureSensorContext) -> None:
    """Tell of a run that failed."""
    report = failure_report(context.dagster_run, context.failure_event, context.get_step_failure_events())
    say("run_failed", report["text"], level="error", **report)
    url = read_settings().webhook_url
    if url is not None:
        post_alert(url, report)


SENSORS = [new_snapshots, own_runs, run_failed]
