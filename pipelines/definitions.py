"""All that Dagster loads: assets, jobs, schedules, the executor, the session resource.

The executor is said once, here: steps run in one process, because one DuckDB file has one writer and
starting a process per step costs more than the SQL in it.
"""

import dagster as dg

from pipelines.defs.jobs import JOBS, SCHEDULES
from pipelines.defs.model_assets import MODEL_ASSETS, every_assumption_is_read
from pipelines.defs.own_run_assets import OWN_RUN_ASSETS
from pipelines.defs.progress import PROGRESS, progress_logger
from pipelines.defs.publishing import publish_build
from pipelines.defs.raw_assets import FETCH_ASSETS, RAW_ASSETS
from pipelines.defs.report_assets import REPORT_ASSETS
from pipelines.defs.seed_assets import SEED_ASSETS
from pipelines.defs.sensors import SENSORS
from pipelines.defs.session import SESSION, session_resource

progress = dg.LoggerDefinition(
    lambda _context: progress_logger(), description="Counts finished steps for the command line."
)

defs = dg.Definitions(
    assets=[*SEED_ASSETS, *FETCH_ASSETS, *RAW_ASSETS, *OWN_RUN_ASSETS, *MODEL_ASSETS, publish_build, *REPORT_ASSETS],
    asset_checks=[every_assumption_is_read],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={SESSION: session_resource},
    loggers={"console": dg.colored_console_logger, PROGRESS: progress},
    executor=dg.in_process_executor,
)
