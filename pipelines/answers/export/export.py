"""``ledger export DIR``: a folder that is written whole or not at all, with a digest of each file.

What belongs here: which folder may be written, and when. What does not: what lies in it (the modules beside it).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipelines.answers.export.files import digests
from pipelines.errors import UsageError

MARK = "SHA256SUMS"
"""Lists every file with its digest; a folder that has it is an export, and may be written anew."""

Write = Callable[[duckdb.DuckDBPyConnection, Path], None]
"""Writes the files of one kind of export into an empty folder."""


def export(connection: duckdb.DuckDBPyConnection, folder: Path, write: Write) -> dict[str, str]:
    """Write a whole export; returns the digest of each file. Raises UsageError for a folder that holds other things."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists())):
        raise UsageError(f"{folder} is there and is no export. Name a new or an empty folder.")
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        write(connection, beside)
        found = digests(beside)
        (beside / MARK).write_text("".join(f"{digest}  {path}\n" for path, digest in found.items()), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return found
