"""``ledger export DIR``: the marts as files, what is said of them, whom to name, and a digest of each file.

What belongs here: what lies in an export. What does not: the files and formats (the modules beside it).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.answers.dictionary import sources
from pipelines.answers.export.citation import citation_cff
from pipelines.answers.export.files import digests, write_tables
from pipelines.answers.export.packages import croissant, data_package
from pipelines.errors import UsageError
from pipelines.warehouse.file import Row, read_rows

MARK = "SHA256SUMS"
"""Lists every file with its digest; a folder that has it is an export, and may be written anew."""


def export(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str]:
    """Write the whole export; returns the digest of each file. Raises UsageError for a folder that holds other things."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists())):
        raise UsageError(f"{folder} is there and is no export. Name a new or an empty folder.")
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        found = _write(connection, beside)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return found


def _write(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str]:
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
    found = digests(folder)
    (folder / MARK).write_text("".join(f"{digest}  {path}\n" for path, digest in found.items()), encoding="utf-8")
    return found


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
