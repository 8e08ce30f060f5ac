"""Which assets a build has to make again: tables that are not current, what is made from them, and their pages.

What belongs here: the choice of steps before a run, so that what has not changed costs nothing. What does not: the
last word, which each step has when its turn comes: what is made from a table that came out as before is kept.
"""

from __future__ import annotations

from pipelines.settings import Settings
from pipelines.warehouse.file import list_tables
from pipelines.warehouse.publish import open_build
from pipelines.warehouse.recipes import recipes, with_dependents
from pipelines.warehouse.versions import faults, read_versions


def stale_assets(settings: Settings) -> list[str]:
    """Names of the assets that a build runs: tables that may have changed, publishing, and all pages.

    A page knows itself whether it has changed. The caller holds the build lock.
    """
    from pipelines.defs.publishing import PUBLISHED
    from pipelines.defs.report_assets import REPORT_ASSETS

    keys = [PUBLISHED, *(asset.key for asset in REPORT_ASSETS)]
    return [*(table.replace(".", "/") for table in stale_tables(settings)), *("/".join(key.path) for key in keys)]


def stale_tables(settings: Settings) -> list[str]:
    """Tables that may have to be made again, in order. The caller holds the build lock."""
    with open_build(settings, fresh=False) as connection:
        there = set(list_tables(connection))
        versions = {table: version for table, version in read_versions(connection).items() if table in there}
    return with_dependents(faults(recipes(), versions, settings), recipes())
