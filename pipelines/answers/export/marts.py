"""The marts as files, what is said of them, and whom to name.

What belongs here: what lies beside the tables. What does not: the files and formats (the modules beside it).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.answers.dictionary import sources
from pipelines.answers.export.citation import citation_cff
from pipelines.answers.export.files import digests, write_tables
from pipelines.answers.export.packages import croissant, data_package
from pipelines.warehouse.file import Row, read_rows


def write_marts(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the marts, what is said of them, and whom to name."""
    build = read_rows(connection, "select * from meta.builds")[0]
    known = sources(connection)
    written = list(write_tables(connection, folder))
    texts = {
        "datapackage.json": data_package(folder, written, build, known),
        "croissant.json": croissant(written, build, digests(folder)),
        "CITATION.cff": citation_cff(build),
        "ATTRIBUTION.md": attribution(build, known),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def attribution(build: Row, known: list[Row]) -> str:
    """Whom to name for what: every source with its licence, in groups by licence."""
    lines = [
        "# Sources and licences",
        "",
        f"Build {build['build_id']} of Compute Ledger, data version {build['data_version']}. The compilation is under "
        "Apache-2.0. The facts come from the works below; who passes on a part of them follows the licence of its source. "
        "`source_id` in the tables names the source of each value.",
    ]
    for licence in sorted({str(one["licence"] or "not stated") for one in known}):
        lines += ["", f"## {licence}", ""]
        lines += [_attributed(one) for one in known if str(one["licence"] or "not stated") == licence]
    return "\n".join(lines) + "\n"


def _attributed(source: Row) -> str:
    parts = [source["authors"], source["title"], source["year"], source["url"]]
    return f"* `{source['source_id']}`: " + ", ".join(str(part) for part in parts if part)
