"""Section of the page on data quality: names of accelerators that no curated row resolves."""

from __future__ import annotations

import duckdb

from pipelines.answers.explain import References
from pipelines.answers.labels import spoken
from pipelines.site.pages.tabular import Words, cell, head, row, section, table
from pipelines.warehouse.file import Row, read_rows

UNKNOWN_NAMES = """
    select source_id, name, mention_count from core.accelerator_names
    where accelerator_id is null and mention_count > 0 order by mention_count desc, name, source_id
"""


def unknown_names(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Names that publishers use and that are not resolved, the most frequent first."""
    return read_rows(connection, UNKNOWN_NAMES)


def unknown_names_section(names: list[Row], references: References) -> Words | None:
    """The names with their number of rows; None where all are resolved."""
    if not names:
        return None
    heads = [head("Name"), head("Source"), head("Rows", number=True)]
    rows = [
        row(
            cell(one["name"]),
            cell(
                references.sources[one["source_id"]]["title"]
                if one["source_id"] in references.sources
                else spoken(one["source_id"])
            ),
            cell(f"{one['mention_count']:,}", one["mention_count"]),
        )
        for one in names
    ]
    count = sum(one["mention_count"] for one in names)
    return section(
        "unknown-names",
        "Which accelerators are unknown?",
        f"{len(names)} names of accelerators are not resolved",
        f"{count:,} rows of publishers name accelerators that seeds/hardware does not list. They stay in the warehouse "
        "without an accelerator, so no comparison per accelerator uses them.",
        table=table("unknown-name-table", "Names that are not resolved", heads, rows, tall=True),
    )
