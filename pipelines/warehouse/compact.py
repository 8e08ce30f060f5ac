"""Keeps the build file small: a file with much free space, or with blocks of another size, is written anew.

Tables that are made again leave free blocks, which DuckDB fills later and never gives back. Publishing a file costs
its length several times (copy, digest, versions that are kept), so a build that publishes compacts first.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse.file import BLOCK_BYTES, connect
from pipelines.warehouse.models.tables import quoted

MOST_FREE_SHARE = 0.15
"""A file with more free blocks than this share of all is written anew; less is not worth the two to four seconds."""


def compact(settings: Settings) -> bool:
    """Write the closed build file anew where that makes it smaller; says whether it did. The content is the same.

    A file that cannot be written anew (no space, a damaged block) is left to ``publish``, which reads all of it.
    """
    path = settings.build_file
    smaller = path.with_suffix(".compact")
    try:
        if not _is_wasteful(path, settings):
            return False
        _copy(path, smaller, settings)
    except (duckdb.Error, OSError):
        smaller.unlink(missing_ok=True)
        return False
    smaller.replace(path)
    return True


def _copy(path: Path, target: Path, settings: Settings) -> None:
    target.unlink(missing_ok=True)
    with connect(target, settings) as connection:
        connection.execute(f"attach {quoted(str(path))} as wasteful (read_only)")
        [(name,)] = connection.execute("select current_database()").fetchall()
        connection.execute(f'copy from database wasteful to "{name}"')
        connection.execute("detach wasteful")
        connection.execute("checkpoint")


def _is_wasteful(path: Path, settings: Settings) -> bool:
    with connect(path, settings, read_only=True) as connection:
        block_bytes, total, free = connection.execute(
            "select block_size, total_blocks, free_blocks from pragma_database_size()"
        ).fetchall()[0]
    return bool(block_bytes != BLOCK_BYTES or free > MOST_FREE_SHARE * total)
