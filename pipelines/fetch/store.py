"""The store of fetched bytes: content-addressed files and the manifest, written whole or not at all.

What belongs here: the folder ``LEDGER_HOME/raw``. What does not: judging a file (``contract.py``).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import LedgerError, shown
from pipelines.records.journal import append_line, sync_folder, whole_lines
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings

CLOCK_STEP_NS = 2_000_000_000
"""A file that was touched this lately may be touched again without its time showing it."""


_VERIFIED: set[tuple[Path, str, int, int, int, int]] = set()


class Snapshot(BaseModel):
    """One line of the manifest: bytes that were fetched, and what became of them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    source_id: str
    name: str
    url: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    fetched_at: AwareDatetime
    byte_count: int = Field(ge=0)
    etag: str | None = None
    last_modified: str | None = None
    licence: str | None = None
    status: Literal["accepted", "held", "refused"]
    reason: str | None = None
    record_counts: dict[str, int] = {}
    """Records by raw table."""
    repeated_counts: dict[str, int] = {}
    """Records that repeat the key of another, by raw table."""
    path: Path = Field(exclude=True)
    """Where the bytes lie; those of a refused snapshot are not kept."""

    @property
    def label(self) -> str:
        """How messages name it: source, file, day and start of the digest."""
        return f"{self.source_id} {self.name} of {self.fetched_at:%Y-%m-%d} (sha256 {self.sha256[:12]})"


def seconds_now() -> datetime:
    """Now, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def read_manifest(settings: Settings) -> list[Snapshot]:
    """All snapshots ever fetched, oldest first.

    A last line without its end is one that a killed process did not finish, and is passed over. Any
    other line that cannot be read raises LedgerError: nothing but this module writes the file.
    """
    return [read_entry(settings, number, line) for number, line in enumerate(whole_lines(settings.raw_manifest), 1)]


def read_entry(settings: Settings, number: int, line: bytes) -> Snapshot:
    """The snapshot that a line of the manifest tells of; raises LedgerError."""
    try:
        entry = json.loads(line)
        path = settings.raw / str(entry["sha256"])[:2] / str(entry["sha256"])
        return Snapshot.model_validate({**entry, "path": path})
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise LedgerError(
            f"{settings.raw_manifest}:{number}: this program did not write this line ({type(error).__name__}): "
            f"{shown(line.decode(errors='replace'))}. Restore the file from a copy, or run: ledger doctor --fix"
        ) from None


def read_history(settings: Settings, file: RemoteFile) -> list[Snapshot]:
    """All snapshots of a file, oldest first."""
    return [s for s in read_manifest(settings) if (s.source_id, s.name) == (file.source_id, file.name)]


def last_accepted(history: Sequence[Snapshot]) -> Snapshot | None:
    """The newest snapshot of a history that a build may use."""
    return next((s for s in reversed(history) if s.status == "accepted"), None)


def latest_accepted(settings: Settings, file: RemoteFile) -> Snapshot | None:
    """The snapshot that a build uses, or None if none was ever accepted."""
    return last_accepted(read_history(settings, file))


def digest_file(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none that can be read."""
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None


def read_verified(snapshot: Snapshot) -> bytes:
    """The bytes of a snapshot; raises LedgerError where they are not those that were fetched."""
    again = f"Fetch it again: ledger fetch {snapshot.source_id}"
    try:
        data = snapshot.path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{snapshot.path}: {error.strerror}; expected {snapshot.label}. {again}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != snapshot.sha256:
        raise LedgerError(
            f"{snapshot.path}: the stored bytes have changed: {len(data):,} bytes with sha256 {found}; expected "
            f"{snapshot.byte_count:,} bytes of {snapshot.label}. {again}"
        )
    return data


def verify(snapshot: Snapshot) -> None:
    """Raise LedgerError, naming the file, where the stored bytes of a snapshot have changed.

    A file that this process has verified, and that nobody has touched since, is not read again.
    """
    seen = None
    with suppress(OSError):
        state = snapshot.path.stat()
        seen = (snapshot.path, snapshot.sha256, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    if seen in _VERIFIED:
        return
    read_verified(snapshot)
    if seen is not None and time.time_ns() - seen[-1] > CLOCK_STEP_NS:
        _VERIFIED.add(seen)


def open_store(settings: Settings) -> None:
    """Make the folder of fetched bytes; raises LedgerError where that is not possible."""
    try:
        settings.raw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"cannot create {settings.raw}: {error.strerror}. Set LEDGER_HOME (or --home) to a writable folder."
        ) from None


@contextmanager
def store_locked(settings: Settings) -> Iterator[None]:
    """The right to change the store; waits for its holder, who has it for moments only."""
    handle = os.open(settings.raw_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(settings: Settings) -> None:
    """Remove partials whose process is gone: their lock is free. The caller holds the lock of the store."""
    for path in settings.raw.glob("partial-*"):
        with suppress(OSError), path.open("rb") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


@dataclass(frozen=True)
class Partial:
    """A file that a download is written to."""

    path: Path
    sink: IO[bytes]


@contextmanager
def partial_file(settings: Settings) -> Iterator[Partial]:
    """A file below the store to download into; gone at the end unless it was renamed."""
    with store_locked(settings):
        _sweep(settings)
        handle, name = tempfile.mkstemp(prefix="partial-", dir=settings.raw)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with os.fdopen(handle, "w+b") as sink:
            yield Partial(Path(name), sink)
    finally:
        Path(name).unlink(missing_ok=True)


def drop_damaged_entries(settings: Settings) -> Path:
    """Keep the lines of the manifest that can be read; returns where the manifest as it was now lies."""
    with store_locked(settings):
        aside = settings.raw_manifest.with_name("manifest.damaged.jsonl")
        data = settings.raw_manifest.read_bytes()
        kept = b""
        for number, line in enumerate(data.split(b"\n"), 1):
            with suppress(LedgerError):
                read_entry(settings, number, line)
                kept += line + b"\n"
        aside.write_bytes(data)
        partial = settings.raw_manifest.with_suffix(".partial")
        partial.write_bytes(kept)
        partial.replace(settings.raw_manifest)
        sync_folder(settings.raw)
    return aside


def land_bytes(settings: Settings, snapshot: Snapshot, arrival: Partial) -> bool:
    """Put downloaded bytes under their digest, unless they are there unharmed; returns whether they were put."""
    if digest_file(snapshot.path) == snapshot.sha256:
        return False
    snapshot.path.parent.mkdir(exist_ok=True)
    arrival.sink.flush()
    os.fsync(arrival.sink.fileno())
    os.fchmod(arrival.sink.fileno(), 0o444)
    arrival.path.replace(snapshot.path)
    sync_folder(snapshot.path.parent)
    sync_folder(settings.raw)
    return True


def append_entry(settings: Settings, snapshot: Snapshot) -> None:
    """Add a line to the manifest: whole and on disk, or not at all. The caller holds the lock of the store."""
    append_line(settings.raw_manifest, snapshot.model_dump_json().encode() + b"\n")
