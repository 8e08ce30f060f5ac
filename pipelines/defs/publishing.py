"""The asset that turns a finished build into the file that readers open."""

import dagster as dg

from pipelines.defs.asset import Result, asset_key, step_asset
from pipelines.defs.session import SESSION
from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published, count_rejects
from pipelines.warehouse.noted_changes import TableChange, read_changes, summary
from pipelines.warehouse.recipes import recipes, sql_models
from pipelines.warehouse.remote_copy import copy_published

COPIED = "remote_copy_is_current"
"""The check that tells whether readers elsewhere have the published file too; a failed copy undoes no publish."""

PUBLISHED = dg.AssetKey(["meta", "builds"])


def changes_as_markdown(changes: list[TableChange] | None) -> str:
    """What a build changed, as a table of those tables that it changed."""
    lines = [summary(changes)]
    if changed := [change for change in changes or () if change.is_change]:
        lines += ["", "| table | added | removed | changed |", "| --- | ---: | ---: | ---: |"]
        for each in changed:
            counts = ("unknown" if n is None else f"{n:,}" for n in (each.added, each.removed, each.changed))
            lines.append(f"| {each.table} | {' | '.join(counts)} |")
    return "\n".join(lines)


@step_asset(
    PUBLISHED,
    kinds={"duckdb"},
    description="Writes meta.* and publishes the build: checkpoint, copy, verify, sync, swap the symlink "
    "`warehouse.duckdb`. It refuses tables that were not made from those beside them, or that failed a check. If readers "
    "already have these data, it publishes nothing.",
    deps=[asset_key(table) for table in sorted(recipes())],
    checks={COPIED: "If LEDGER_COPY_TO is set, the published file was copied there."},
    warnings=frozenset({COPIED}),
    uses_build=True,
)
def publish_build(context: dg.AssetExecutionContext) -> Result:
    """Publish what is of one piece and checked, whichever runs made it."""
    session = getattr(context.resources, SESSION)
    build_id, is_new = session.finish(recipes(), sql_models())
    with connect_published(session.settings) as connection:
        changes, set_aside = read_changes(connection), count_rejects(connection)
    note = "published" if is_new else "no changes, nothing published"
    context.log.info(f"{note}: {build_id}; {summary(changes)}" if is_new else f"{note}: {build_id}")
    return dg.MaterializeResult(
        metadata={
            "build_id": build_id,
            "is_new": is_new,
            "set_aside": set_aside,
            "file": str(session.settings.published),
            "note": note,
            "changes": dg.MetadataValue.md(changes_as_markdown(changes) if is_new else f"{note} since {build_id}"),
        },
        check_results=[_copied(session.settings)],
    )


def _copied(settings: Settings) -> dg.AssetCheckResult:
    """Copy the published file; what comes of it as a check that stops nothing."""
    try:
        done, passed = copy_published(settings) or "LEDGER_COPY_TO is not set.", True
    except LedgerError as error:
        done, passed = str(error), False
    return dg.AssetCheckResult(check_name=COPIED, passed=passed, severity=dg.AssetCheckSeverity.WARN, description=done)
