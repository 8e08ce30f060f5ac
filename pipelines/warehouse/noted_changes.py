"""What a build changed, as ``meta.changes`` keeps it.

What belongs here: the columns of that table, reading them, and the change of one table in words. What does not: comparing
versions (``changes.py``), which loads far more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.warehouse.file import list_tables

CHANGES = "meta.changes"

CHANGE_COLUMNS = {
    "table_name": "Table of the layers seeds, raw, core and mart, in this version or the one before.",
    "added_count": "Rows whose key the version before lacks; null where its table is damaged.",
    "removed_count": "Rows of the version before whose key is gone; null where its table is damaged.",
    "changed_count": "Rows of the same key with another value in a column that both versions have, positions in files "
    "aside; null where the table before is damaged.",
    "previous_build_id": "Build that was published before: what this one is compared with.",
}


@dataclass(frozen=True)
class TableChange:
    """Rows of one table that came, went or changed; None where the version before cannot be read."""

    table: str
    added: int | None
    removed: int | None
    changed: int | None
    previous_build_id: str

    @property
    def is_change(self) -> bool:
        """Whether there is anything to tell."""
        return (self.added, self.removed, self.changed) != (0, 0, 0)


def read_changes(connection: duckdb.DuckDBPyConnection) -> list[TableChange] | None:
    """What meta.changes says; None in a file of a time when builds did not note it."""
    if CHANGES not in list_tables(connection):
        return None
    query = f"select {', '.join(CHANGE_COLUMNS)} from {CHANGES} order by table_name"
    return [TableChange(*row) for row in connection.execute(query).fetchall()]


def summary(changes: Sequence[TableChange] | None) -> str:
    """The changes in a few words, without the tables."""
    if changes is None:
        return "not noted in this file"
    if not changes:
        return "first build"
    count = sum(change.is_change for change in changes)
    since = f"since build {changes[0].previous_build_id}"
    return f"rows of {count} table{'' if count == 1 else 's'} {since}" if count else f"no changes {since}"
