"""Where the given rows come from: digest, line and bytes of each in its curated file, and the snapshots of fetched ones.

What belongs here: finding rows in files by their source and place. What does not: the rows themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from pipelines.records.csv_records import cut_csv
from pipelines.settings import Settings
from pipelines.warehouse.file import Row, read_rows

Place = tuple[str, str]
"""Key of a source, and the place in it."""


def spans(settings: Settings, places: Collection[Place]) -> list[Row]:
    """The curated rows that say they come from these places: file, its SHA-256, line, and bytes from and to."""
    return [span for path in sorted(settings.seeds.rglob("*.csv")) for span in _in_file(path, settings.seeds, places)]


def _in_file(path: Path, folder: Path, places: Collection[Place]) -> Iterator[Row]:
    data = path.read_bytes()
    table = cut_csv(data, path.name)
    if not {"source_id", "locator"} <= set(table.header):
        return
    source, locator = table.header.index("source_id"), table.header.index("locator")
    for record in table.records:
        if (record.cells[source], record.cells[locator]) in places:
            yield {
                "file": f"seeds/{path.relative_to(folder)}", "file_sha256": hashlib.sha256(data).hexdigest(),
                "line": record.line, "byte_start": record.byte_start, "byte_end": record.byte_end,
                "row_sha256": hashlib.sha256(data[record.byte_start : record.byte_end]).hexdigest(),
                "source_id": record.cells[source], "locator": record.cells[locator],
            }  # fmt: skip


def named_sources(connection: duckdb.DuckDBPyConnection, source_ids: Collection[str]) -> list[Row]:
    """The sources with title, address and licence, and the digests of what was fetched or read of them."""
    rows = read_rows(
        connection,
        """
        select
            source_id, title, authors, year, url, licence, kind,
            (select list({url: s.url, sha256: s.sha256, fetched_at: s.fetched_at::varchar} order by s.url)
             from meta.snapshots as s where s.source_id = sources.source_id) as snapshots
        from meta.sources as sources where list_contains(?, source_id) order by source_id
        """,
        [sorted(source_ids)],
    )
    return [{**row, "snapshots": row["snapshots"] or []} for row in rows]
