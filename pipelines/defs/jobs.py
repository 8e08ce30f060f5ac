"""Jobs and schedules."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.launched_by import LAUNCHED_BY, SCHEDULE
from pipelines.defs.own_run_assets import INBOX, daily_energy
from pipelines.defs.raw_assets import FETCH_ASSETS
from pipelines.defs.session import BUILD_ALL
from pipelines.errors import LedgerError
from pipelines.settings import read_settings
from pipelines.site.front_page import shown_version
from pipelines.site.published import data_version

REPORTS_ONLY = "reports_only"
REFRESH = "refresh"
TAKE_IN = "take_in"

ON_THEIR_OWN = dg.AssetSelection.assets(INBOX, daily_energy)
"""Assets of own runs that a build does not need: the inbox has a sensor, energies that are missing are worked out."""

build_all = dg.define_asset_job(
    BUILD_ALL,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*FETCH_ASSETS) - ON_THEIR_OWN,
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
    selection=dg.AssetSelection.all() - ON_THEIR_OWN,
    description="Fetches data from all publishers, then builds everything. If a source cannot be fetched, its last "
    "good snapshot stays in use.",
)
take_in = dg.define_asset_job(
    TAKE_IN,
    selection=dg.AssetSelection.assets(INBOX),
    description="Takes in the files of own runs that lie in LEDGER_HOME/inbox.",
)
energy_of_days = dg.define_asset_job(
    "energy_of_days",
    selection=dg.AssetSelection.assets(daily_energy),
    description="Works out the energies of own runs again, day by day.",
)
JOBS = [build_all, reports_only, refresh, take_in, energy_of_days]


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
