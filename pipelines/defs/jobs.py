"""Jobs and schedules."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.launched_by import LAUNCHED_BY, SCHEDULE
from pipelines.defs.raw_assets import FETCH_ASSETS
from pipelines.defs.session import BUILD_ALL
from pipelines.errors import LedgerError
from pipelines.settings import read_settings
from pipelines.site.front_page import shown_version
from pipelines.site.published import data_version

REPORTS_ONLY = "reports_only"
REFRESH = "refresh"

build_all = dg.define_asset_job(
    BUILD_ALL,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*FETCH_ASSETS),
    description="Builds everything from curated files and available snapshots to pages, starting with an empty build "
    "file. Publishes the warehouse only if every blocking check passes.",
)
reports_only = dg.define_asset_job(
    REPORTS_ONLY,
    selection=dg.AssetSelection.groups("reports"),
    description="Draws charts and pages from the published warehouse. With unchanged data, no byte changes.",
)
refresh = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    description="Fetches data from all publishers, then builds everything. If a source cannot be fetched, its last "
    "good snapshot stays in use.",
)
JOBS = [build_all, reports_only, refresh]


@dg.schedule(
    name="weekly_reports",
    job=reports_only,
    cron_schedule="0 6 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Draws charts and pages on Mondays at 06:00 UTC, unless they already show the published data.",
)
def weekly_reports(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run where the page on disk does not show the published data, or is not whole."""
    try:
        settings = read_settings()
        published = data_version(settings)
    except LedgerError as error:
        return dg.SkipReason(str(error))
    if shown_version(settings) == published:
        return dg.SkipReason(f"The page in {settings.site} already shows the published data {published}.")
    return dg.RunRequest(tags={LAUNCHED_BY: SCHEDULE})


SCHEDULES = [
    weekly_reports,
    dg.ScheduleDefinition(
        name="monthly_refresh",
        job=refresh,
        tags={LAUNCHED_BY: SCHEDULE},
        cron_schedule="0 4 1 * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Fetches and rebuilds everything on the first day of each month at 04:00 UTC.",
    ),
]
