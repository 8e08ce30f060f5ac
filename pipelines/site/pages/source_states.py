"""How the sources are whose files are fetched: a section of the page on data quality."""

from __future__ import annotations

import duckdb

from pipelines.site.pages.tabular import Words, cell, head, row, section, table
from pipelines.warehouse.file import Row, read_rows

STATES = """
    select
        s.source_id, s.title, s.url, s.state, s.state_since::date as since, s.state_reason as reason,
        min(n.fetched_at)::date as first_date, max(n.fetched_at)::date as last_date, count(n.url) as files
    from meta.sources as s left join meta.snapshots as n on s.source_id = n.source_id
    where s.state is not null
    group by s.source_id, s.title, s.url, s.state, s.state_since, s.state_reason
    order by s.state in ('fresh', 'never fetched'), s.state = 'fresh', s.title
"""

OUTDATED = ("stale", "held", "failed")


def read_states(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """The sources whose files are fetched, those first that somebody should look at."""
    return read_rows(connection, STATES)


def state_words(one: Row) -> str:
    """The state of a source with its date and its snapshots."""
    since = f" since {one['since']}" if one["since"] else ""
    if not one["files"]:
        return f"{one['state']}{since}"
    first, last = one["first_date"], one["last_date"]
    return f"{one['state']}{since}, snapshot of {last if first == last else f'{first} to {last}'}"


def outdated(states: list[Row]) -> list[Row]:
    """The sources that are stale, held or failed."""
    return [one for one in states if one["state"] in OUTDATED]


def _title(states: list[Row]) -> str:
    late, never = len(outdated(states)), sum(one["state"] == "never fetched" for one in states)
    if never == len(states):
        return f"None of the {len(states)} online sources was fetched"
    if not late:
        return f"{len(states) - never} of {len(states)} online sources are up to date"
    return f"{late} of {len(states)} online sources {'is' if late == 1 else 'are'} stale, held or failed"


def states_section(states: list[Row]) -> Words:
    """Which sources are out of date, since when and why."""
    rows = [
        row(
            cell(one["title"], url=one["url"]),
            cell(one["state"]),
            cell(one["since"] and str(one["since"])),
            cell(one["reason"]),
            cell(str(one["files"]), one["files"]),
            cell(one["first_date"] and str(one["first_date"])),
        )
        for one in states
    ]
    heads = [
        head("Source"),
        head("State"),
        head("Since"),
        head("Reason", long=True),
        head("Files", number=True),
        head("Oldest snapshot"),
    ]
    return section(
        "sources",
        "Which sources are out of date?",
        _title(states),
        "Stale: the last attempt failed, and an older snapshot is in use. Held: the new file differs so much that a person "
        "should look at it first. Failed: nothing is in use.",
        table=table("source-table", "Online sources", heads, rows, tall=True),
    )
