"""Jobs and schedules."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.session import BUILD_ALL

REPORTS_ONLY = "reports_only"

build_all = dg.define_asset_job(
    BUILD_ALL,
    selection=dg.AssetSelection.all(),
    description="Everything, from curated files to pages, starting from an empty build file. "
    "Publishes the warehouse only if every blocking check passes.",
)
reports_only = dg.define_asset_job(
    REPORTS_ONLY,
    selection=dg.AssetSelection.groups("reports"),
    description="Charts and pages from the published warehouse. Unchanged data change no byte.",
)
JOBS = [build_all, reports_only]

SCHEDULES = [
    dg.ScheduleDefinition(
        name="weekly_reports",
        job=reports_only,
        cron_schedule="0 6 * * 1",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Regenerates charts and pages on Mondays at 06:00 UTC.",
    ),
    dg.ScheduleDefinition(
        name="monthly_refresh",
        job=build_all,
        cron_schedule="0 4 1 * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Rebuilds everything on the first of the month at 04:00 UTC.",
    ),
]
