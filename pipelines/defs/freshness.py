"""How old sources and reports may be before Dagster marks them: the daemon that ``ledger ui`` starts looks every half minute.

Both windows leave room for one failed run of the monthly refresh, and fail where two in a row are missing. An attempt at
a source counts as its refresh; whether it brought what it should is told by the source's check.
"""

import dagster as dg

from pipelines.fetch.states import OVERDUE_AFTER, REFRESHED_WITHIN

SOURCES = dg.FreshnessPolicy.time_window(fail_window=OVERDUE_AFTER, warn_window=REFRESHED_WITHIN)
"""Of assets that fetch."""

REPORTS = dg.FreshnessPolicy.time_window(fail_window=OVERDUE_AFTER, warn_window=REFRESHED_WITHIN)
"""Of charts, pages and the site: every build makes them."""
