"""Jobs and schedules."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.raw_assets import FETCH_ASSETS
from pipelines.defs.session import BUILD_ALL

REPORTS_ONLY = "reports_only"
REFRESH = "refresh"

build_all = dg.define_asset_job(
    BUILD_ALL,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*FETCH_ASSETS),
    description="Everything from curated files and the snapshots at hand to pages, starting from an empty build file. "
    "Publishes the warehouse only if every blocking check passes.",
)
reports_only = dg.define_asset_job(
    REPORTS_ONLY,
    selection=dg.AssetSelection.groups("reports"),
    description="Charts and pages from the published warehouse. Unchanged data change no byte.",
)
refresh = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    description="Fetches what publishers have, then builds everything. A source that cannot be fetched keeps its last "
    "good snapshot.",
)
JOBS = [build_all, reports_only, refresh]

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
        job=refresh,
        cron_schedule="0 4 1 * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Fetches and rebuilds everything on the first of the month at 04:00 UTC.",
    ),
]
