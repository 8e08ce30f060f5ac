"""How a finished build becomes the file that readers open: lock, digest, verify, swap.

What belongs here: who may build (one process, by flock), and publishing.

Layout below ``LEDGER_HOME``: steps write ``build/warehouse.duckdb`` only. A publish checkpoints and
closes it, copies it to ``versions/warehouse-<build_id>.duckdb``, verifies the copy, syncs it to disk
and swaps the symlink ``warehouse.duckdb``. Readers are never locked out and never see half a build;
a failure before the swap leaves the published bytes as they were.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import duckdb

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.file import connect, connect_published, list_tables
from pipelines.warehouse.home import note_home, read_home_version, refuse_newer
from pipelines.warehouse.models.macros import digest_macros
from pipelines.warehouse.published_bytes import note_bytes, published_damage
from pipelines.warehouse.versions import VERSIONS, digest_table, read_versions

UNDIGESTED = ("meta.builds", "meta.changes", VERSIONS)
"""Tables that say when and by which code a build was made and what came before it: not part of its data version."""


UNDIGESTED_COLUMNS = {"meta.snapshots": ("fetched_at",), "meta.sources": ("state_since",)}
"""Columns that say when data arrived: the same bytes, fetched again or elsewhere, are the same data."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def build_lock(settings: Settings) -> Iterator[bool]:
    """Hold the right to build; yields True if the last holder was killed and left things to sweep.

    Raises LedgerError that names the holding process, at once: builds do not queue.
    """
    settings.prepare()
    refuse_newer(settings)
    if read_home_version(settings) is None:
        note_home(settings)
    handle = os.open(settings.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(handle)
            raise LedgerError(f"another build is running: {holder}. Wait for it to end, then try again.") from None
        was_killed = os.fstat(handle).st_size > 0
        _write_holder(handle)
        yield was_killed
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _write_holder(handle: int) -> None:
    os.ftruncate(handle, 0)
    note = {"pid": os.getpid(), "since": _now().isoformat(), "command": " ".join(sys.argv)[:200]}
    os.pwrite(handle, json.dumps(note).encode(), 0)


def _holder(handle: int) -> str:
    try:
        note = json.loads(os.pread(handle, 4096, 0))
        return f"process {note['pid']} since {note['since']} ({note['command']})"
    except (ValueError, KeyError):
        return "a process that is just starting"


def sweep(settings: Settings) -> list[str]:
    """Remove what a killed build left: the unfinished file, partial copies. Returns their names."""
    left = [*settings.build.glob("*"), *settings.versions.glob("*.partial"), *settings.home.glob(".warehouse.*")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return sorted(path.name for path in left)


def open_build(settings: Settings, *, fresh: bool) -> duckdb.DuckDBPyConnection:
    """Open the build file: empty if ``fresh``, else as the last run left it or as published."""
    if fresh:
        sweep(settings)
    elif not settings.build_file.exists() and settings.published.exists() and not published_damage(settings):
        shutil.copyfile(settings.published.resolve(), settings.build_file)
    try:
        return connect(settings.build_file, settings)
    except duckdb.Error:  # a build file that is damaged is no loss: all that it held can be made again
        sweep(settings)
        return connect(settings.build_file, settings)


def digest_data(connection: duckdb.DuckDBPyConnection, known: Mapping[str, str] | None = None) -> str:
    """The data version: 12 hex digits over the content of all tables and over the formulas that the file holds.

    UNDIGESTED and UNDIGESTED_COLUMNS do not count. ``known`` are digests of tables that were taken before.
    """
    known = known or {}
    digested = [table for table in list_tables(connection) if table not in UNDIGESTED]
    parts = [f"{t}={known.get(t) or digest_table(connection, t, UNDIGESTED_COLUMNS.get(t, ()))}" for t in digested]
    return hashlib.sha256("\n".join([*parts, digest_macros(connection)]).encode()).hexdigest()[:12]


def published_build(settings: Settings) -> dict[str, str] | None:
    """The row of meta.builds in the published file, or None if there is no readable one."""
    if not settings.published.exists():
        return None
    path = settings.published.resolve()
    found = _build_in(settings, path, path.stat().st_mtime_ns)
    return dict(found) if found else None


@lru_cache(maxsize=8)
def _build_in(settings: Settings, _path: Path, _mtime_ns: int) -> dict[str, str] | None:
    """The row of meta.builds; a published file is never written again, so it is asked once."""
    try:
        with connect_published(settings, any_version=True) as connection:
            cursor = connection.execute("select * from meta.builds order by finished_at desc limit 1")
            names = [column[0] for column in cursor.description or []]
            return {name: str(value) for name, value in zip(names, cursor.fetchall()[0], strict=True)}
    except duckdb.OutOfMemoryException:
        raise  # the machine is at fault, not the file
    except (duckdb.Error, LedgerError, IndexError):
        return None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def verify_file(path: Path, build_id: str, settings: Settings) -> None:
    """Open a copy read-only, read every table, and see that it is the build it should be, table by table.

    Reading finds blocks that do not have their checksum. Raises LedgerError.
    """
    try:
        with connect(path, settings, read_only=True) as connection:
            found = connection.execute("select build_id from meta.builds").fetchall()
            versions = read_versions(connection)
            digests = {table: digest_table(connection, table) for table in list_tables(connection)}
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(
            f"{path.name} cannot be read back: {reason} Nothing was published. Run: ledger build --force"
        ) from None
    if found != [(build_id,)]:
        raise LedgerError(f"{path.name}: meta.builds says {found}, expected {build_id}. Nothing was published.")
    if other := [table for table, version in versions.items() if digests.get(table) != version.data_version]:
        raise LedgerError(
            f"{path.name}: {other[0]} is not the table that was made and checked: another program wrote to "
            f"{settings.build_file}. Nothing was published. Run: ledger build --force"
        )


def publish(settings: Settings, build_id: str) -> Path:
    """Make the closed build file the published one; returns its path below ``versions/``.

    The caller holds the build lock and has closed its connection after a checkpoint.
    """
    if (wal := Path(f"{settings.build_file}.wal")).exists():
        raise LedgerError(f"{wal.name} is beside the build file: the checkpoint did not finish. Nothing was published.")
    target = settings.versions / f"warehouse-{build_id}.duckdb"
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.copyfile(settings.build_file, partial)
        verify_file(partial, build_id, settings)
        note_bytes(partial, target)
        _sync(partial)
    except (OSError, LedgerError) as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, LedgerError):
            raise
        raise LedgerError(f"{partial} cannot be written: {error.strerror}. Nothing was published.") from None
    partial.replace(target)
    _sync(settings.versions)
    link = settings.home / f".warehouse.{build_id}"
    link.unlink(missing_ok=True)
    link.symlink_to(target.relative_to(settings.home))
    link.replace(settings.published)
    note_home(settings)
    _sync(settings.home)
    _prune(settings, keep=target)
    return target


def _prune(settings: Settings, keep: Path) -> None:
    versions = sorted(settings.versions.glob("warehouse-*.duckdb"), key=lambda p: p.stat().st_mtime_ns, reverse=True)
    for old in versions[settings.keep_versions :]:
        if old != keep:
            old.unlink()
    for note in settings.versions.glob("warehouse-*.json"):
        if not note.with_suffix(".duckdb").exists():
            note.unlink()
