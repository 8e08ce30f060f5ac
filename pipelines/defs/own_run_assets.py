"""Own runs as assets: the inbox, the energy of each day's files, and the tables that are read from them."""

import dagster as dg

from pipelines.defs.asset import Result, step_asset, table_asset
from pipelines.defs.policy import OWNERS, readable_failures
from pipelines.settings import read_settings
from pipelines.warehouse.own_run_inbox import take_in_inbox
from pipelines.warehouse.own_runs import TABLES, partials_of
from pipelines.warehouse.recipes import recipes

INBOX = dg.AssetKey(["raw", "inbox"])
DAYS = dg.DailyPartitionsDefinition(start_date="2020-01-01", end_offset=1)
"""Days on which samples begin, UTC; the day of today is there from its first minute."""


@step_asset(
    INBOX,
    kinds={"parquet"},
    description="Takes whole files of the inbox in: LEDGER_HOME/inbox. What was taken in moves to inbox/.done, what was refused "
    "to inbox/.refused, with the reason beside it.",
)
def inbox(context: dg.AssetExecutionContext) -> Result:
    """Take in what lies in the inbox."""
    outcomes = take_in_inbox(read_settings())
    for outcome in outcomes:
        context.log.info(str(outcome))
    count = {status: sum(each.status == status for each in outcomes) for status in ("landed", "known", "refused")}
    return dg.MaterializeResult(
        metadata={
            **count,
            "outcomes": dg.MetadataValue.md("\n".join(f"* {each}" for each in outcomes) or "nothing there"),
        }
    )


@dg.asset(
    key=["raw", "daily_energy"],
    group_name="raw",
    kinds={"parquet"},
    owners=OWNERS,
    deps=[INBOX],
    partitions_def=DAYS,
    description="Energy of each device in each file whose samples begin on a day. A build works out by itself what is not "
    "there; materialize days to work them out again, or before.",
)
def daily_energy(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Work out the energies of a day's files, or of the days of a backfill."""
    with readable_failures():
        found = partials_of(read_settings()).of_days(set(context.partition_keys), again=True)
        return dg.MaterializeResult(
            metadata={"files": found["path"].n_unique(), "samples": int(found["sample_count"].sum() or 0)}
        )


OWN_RUN_ASSETS = [
    inbox,
    daily_energy,
    *(
        table_asset(recipes()[name], kind="python", description=own.description, deps=[INBOX])
        for name, own in TABLES.items()
    ),
]
"""Assets of own runs."""
