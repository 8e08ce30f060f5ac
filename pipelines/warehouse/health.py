"""What is wrong in a home, and how each of it is mended.

What belongs here: the published file, older versions, the build folder, fetched bytes. What does not: the run history
(``server/run_history.py``), asking and printing (``cli/doctor.py``).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from pipelines.errors import LedgerError
from pipelines.fetch.store import Snapshot, digest_file, drop_damaged_entries, read_entry, read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.fetching import fetch_sources
from pipelines.warehouse.file import SCHEMA_VERSION, connect, list_tables, schema_version
from pipelines.warehouse.home import HOME_VERSION, note_home, read_home_version, refuse_newer
from pipelines.warehouse.publish import build_lock, sweep
from pipelines.warehouse.published_bytes import damage, logs_beside, note_path
from pipelines.warehouse.raw_layer import remote_files
from pipelines.warehouse.versions import digest_table


@dataclass(frozen=True)
class Finding:
    """Something that is wrong."""

    problem: str
    remedy: str
    """What mends it, as an order."""
    mend: Callable[[], object] | None
    """Does it; None where a build does."""


BUILD = "build the warehouse again"


def find_damage(settings: Settings) -> Iterator[Finding]:
    """All that is wrong with files below the home, the run history aside."""
    yield from _killed_build(settings)
    yield from _manifest(settings)
    yield from _published(settings)
    yield from _older_versions(settings)


# --- the home and the build folder ----------------------------------------------------------------------------------


def find_other_version(settings: Settings) -> Iterator[Finding]:
    """Whether an older version of the program made the home; raises LedgerError where a newer one did."""
    try:
        found = read_home_version(settings)
    except LedgerError as error:
        problem = str(error).removesuffix(" Run: ledger doctor --fix")
        yield Finding(problem, "write it again", partial(note_home, settings))
        return
    refuse_newer(settings)
    if found is not None and found < HOME_VERSION:
        yield Finding(
            f"{settings.home} was made by an older version of Compute Ledger (folder version {found}; expected "
            f"{HOME_VERSION})",
            BUILD,
            None,
        )


def _build_runs(settings: Settings) -> bool:
    try:
        handle = os.open(settings.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _killed_build(settings: Settings) -> Iterator[Finding]:
    """What a killed build left; while a build runs, these files are its own."""
    if _build_runs(settings):
        return

    def clear() -> None:
        with build_lock(settings):
            sweep(settings)

    left = [*settings.build.glob("*.wal"), *settings.versions.glob("*.partial"), *settings.home.glob(".warehouse.*")]
    if left:
        names = ", ".join(sorted(str(path.relative_to(settings.home)) for path in left))
        yield Finding(f"a build that was killed left {names}", "remove what it left", clear)
    elif settings.lock.exists() and settings.lock.stat().st_size:
        yield Finding(f"{settings.lock.name} names a process that no longer builds", "clear it", clear)


# --- fetched bytes --------------------------------------------------------------------------------------------------


def _manifest(settings: Settings) -> Iterator[Finding]:
    try:
        data = settings.raw_manifest.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(
            f"{settings.raw_manifest} cannot be read: {error.strerror}", "fetch all sources", partial(_fetch, settings)
        )
        return
    damaged = list(_damaged_entries(settings, data))
    if damaged:
        more = f" And {len(damaged) - 1} more lines." if len(damaged) > 1 else ""
        yield Finding(
            f"{damaged[0]}.{more}",
            "take the damaged lines out (the file as it was stays beside it), then fetch all sources again",
            partial(_mend_manifest, settings),
        )
        return
    yield from _snapshots(settings)


def _damaged_entries(settings: Settings, data: bytes) -> Iterator[str]:
    whole, _, rest = data.rpartition(b"\n")
    for number, line in enumerate(whole.split(b"\n") if whole else [], 1):
        try:
            read_entry(settings, number, line)
        except LedgerError as error:
            yield str(error).partition(". Restore")[0]
    if rest:
        yield f"{settings.raw_manifest}: the last line has no end: a fetch was killed"


def _mend_manifest(settings: Settings) -> None:
    drop_damaged_entries(settings)
    _fetch(settings)


def _fetch(settings: Settings, *sources: str) -> None:
    fetch_sources(settings, remote_files(sources))


def _snapshots(settings: Settings) -> Iterator[Finding]:
    """Stored bytes that are not those that were fetched; of a snapshot that no build uses, they may be gone."""
    snapshots = [each for each in read_manifest(settings) if each.status != "refused"]
    in_use = {(each.source_id, each.name): each.sha256 for each in snapshots if each.status == "accepted"}
    for snapshot in {each.sha256: each for each in snapshots}.values():
        is_used = snapshot.sha256 in in_use.values()
        found = digest_file(snapshot.path)
        if found == snapshot.sha256 or (found is None and not is_used):
            continue
        state = "are gone" if found is None else f"have changed: sha256 {found[:12]}…"
        problem = f"{snapshot.path}: the stored bytes of {snapshot.label} {state}"
        if is_used:
            yield Finding(problem, f"fetch {snapshot.source_id} again", partial(_fetch_again, settings, snapshot))
        else:
            yield Finding(problem, "remove them: no build uses them", snapshot.path.unlink)


def _fetch_again(settings: Settings, snapshot: Snapshot) -> None:
    known = {file.source_id for file in remote_files()}
    if snapshot.source_id in known:
        _fetch(settings, snapshot.source_id)


# --- published files ------------------------------------------------------------------------------------------------


def _published(settings: Settings) -> Iterator[Finding]:
    """The file that readers open."""
    if not settings.published.exists():
        lost = "points to a file that is gone" if settings.published.is_symlink() else "is not there"
        yield Finding(f"{settings.published} {lost}: there is nothing to read", BUILD, None)
        return
    version = settings.published.resolve()
    for log in logs_beside(version, settings):
        yield Finding(
            f"{log.relative_to(settings.home)} lies beside the published file: another program wrote to it, and readers "
            "see what it wrote",
            "remove it",
            partial(log.unlink, missing_ok=True),
        )
    problem = damage(version) or _unreadable(version, settings) or _other_schema(version, settings)
    if problem:
        yield Finding(f"{version.relative_to(settings.home)}: {problem}", BUILD, None)


def _unreadable(version: Path, settings: Settings) -> str | None:
    """Why DuckDB cannot read all of a file: a block whose checksum is wrong, another version of its format."""
    table = "the file"
    try:
        with connect(version, settings, read_only=True) as connection:
            for table in list_tables(connection):
                digest_table(connection, table)
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, LedgerError) as error:
        return f"{table} cannot be read: {str(error).splitlines()[0]}"
    return None


def _other_schema(version: Path, settings: Settings) -> str | None:
    with connect(version, settings, read_only=True) as connection:
        found = schema_version(connection)
    if found == SCHEMA_VERSION:
        return None
    return f"its tables are of version {found}, those of another version of Compute Ledger; expected {SCHEMA_VERSION}"


def _older_versions(settings: Settings) -> Iterator[Finding]:
    """Versions that were published before: kept to go back to, so a damaged one is of no use."""

    def remove(version: Path) -> None:
        for path in (version, note_path(version), *logs_beside(version, settings)):
            path.unlink(missing_ok=True)

    current = settings.published.resolve() if settings.published.is_symlink() else None
    for version in sorted(settings.versions.glob("warehouse-*.duckdb")):
        if version.resolve() == current:
            continue
        problem = damage(version) if note_path(version).exists() else _unreadable(version, settings)
        if problem:
            where = version.relative_to(settings.home)
            yield Finding(f"{where}, an older version: {problem}", "remove it", partial(remove, version))
