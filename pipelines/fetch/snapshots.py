"""Fetched bytes: kept under their digest, judged before a build may use them, verified before each use.

What belongs here: the store below ``LEDGER_HOME/raw``, its manifest, and the contract that a new
snapshot must hold. What does not: how bytes travel (``fetching.py``), the columns of a source
(``sources/``).

Layout: ``raw/<aa>/<sha256>`` holds the bytes of a snapshot; ``raw/manifest.jsonl`` says where each came
from and whether it is accepted, held or refused, and is only ever appended to; ``raw/checks.json`` says
how the last attempt at each file ended, and may be lost. A download is written to ``raw/partial-*``,
synced, judged, and renamed. All changes are made under the flock of ``raw/.lock``, which dies with its
process, as does the flock on a partial: what a killed process left is known by its free lock.

A snapshot is *refused* if it is no such file (a page, a cut file, other columns): its bytes are not
kept. It is *held* if it could be one, but differs so much from the last accepted one that a person
should look: its bytes are kept, and ``--accept`` lets it pass. In both cases the last accepted snapshot
stays in use, and the source counts as stale.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import LedgerError, shown
from pipelines.fetch.download import (
    FetchPolicy,
    Progress,
    Received,
    UnreachableError,
    default_policy,
    download,
    mirror_path,
)
from pipelines.fetch.raw_cache import keep_tables
from pipelines.records.raw_tables import RawTable, RemoteFile, check_raw
from pipelines.settings import Settings

MAX_FEWER_SHARE = 0.05
MAX_TIMES_AS_MANY = 3.0
MAX_MORE_REPEATED_SHARE = 0.05
"""Growth of the share of records that repeat a key: a file delivered twice in one repeats half of them."""

PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S
)
TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.I | re.S)

CLOCK_STEP_NS = 2_000_000_000
"""A file that was touched this lately may be touched again without its time showing it."""
_VERIFIED: set[tuple[Path, str, int, int, int, int]] = set()

OnProgress = Callable[[RemoteFile, Progress], None]


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


@dataclass(frozen=True)
class FetchOutcome:
    """How the attempt at one file ended."""

    file: RemoteFile
    status: Literal["new", "unchanged", "held", "failed", "absent"]
    reason: str
    in_use: Snapshot | None
    """The snapshot that builds use from now on."""
    byte_count: int = 0
    """Bytes received, unpacked."""

    def __str__(self) -> str:
        text = f"{self.file.source_id} {self.file.name}: {self.status}: {self.reason}"
        if self.status in {"new", "unchanged", "absent"}:
            return text
        return f"{text} {f'Still in use: {self.in_use.label}.' if self.in_use else 'No snapshot of it is in use.'}"


@dataclass(frozen=True)
class Attempt:
    """When a file was last asked for, and how that ended."""

    checked_at: datetime
    status: str
    reason: str


@dataclass(frozen=True)
class SourceState:
    """What is known of one file: the snapshot in use, its age, the last attempt."""

    file: RemoteFile
    last_accepted: Snapshot | None
    age: timedelta | None
    last_attempt: Attempt | None
    is_stale: bool
    """The last attempt brought nothing that may be used: the snapshot in use is older than it should be."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def read_manifest(settings: Settings) -> list[Snapshot]:
    """All snapshots ever fetched, oldest first.

    A last line without its end is one that a killed process did not finish, and is passed over. Any
    other line that cannot be read raises LedgerError: nothing but this module writes the file.
    """
    try:
        whole = settings.raw_manifest.read_bytes().rpartition(b"\n")[0]
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(whole.split(b"\n") if whole else [], start=1):
        try:
            entry = json.loads(line)
            path = settings.raw / str(entry["sha256"])[:2] / str(entry["sha256"])
            found.append(Snapshot.model_validate({**entry, "path": path}))
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise LedgerError(
                f"{settings.raw_manifest}:{number}: not a line that this program wrote ({type(error).__name__}): "
                f"{shown(line.decode(errors='replace'))}. Restore the file from a copy, or remove the folder "
                f"{settings.raw} and fetch again."
            ) from None
    return found


def _history(settings: Settings, file: RemoteFile) -> list[Snapshot]:
    return [s for s in read_manifest(settings) if (s.source_id, s.name) == (file.source_id, file.name)]


def _last_accepted(history: Sequence[Snapshot]) -> Snapshot | None:
    return next((s for s in reversed(history) if s.status == "accepted"), None)


def latest_accepted(settings: Settings, file: RemoteFile) -> Snapshot | None:
    """The snapshot that a build uses, or None if none was ever accepted."""
    return _last_accepted(_history(settings, file))


def _digest_file(path: Path) -> str | None:
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


def _open_store(settings: Settings) -> None:
    try:
        settings.raw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"cannot create {settings.raw}: {error.strerror}. Set LEDGER_HOME (or --home) to a folder that you may write."
        ) from None


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
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
class _Partial:
    """A file that a download is written to."""

    path: Path
    sink: IO[bytes]


@contextmanager
def _partial_file(settings: Settings) -> Iterator[_Partial]:
    """A file below the store to download into; gone at the end unless it was renamed."""
    with _locked(settings):
        _sweep(settings)
        handle, name = tempfile.mkstemp(prefix="partial-", dir=settings.raw)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with os.fdopen(handle, "w+b") as sink:
            yield _Partial(Path(name), sink)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _land(settings: Settings, snapshot: Snapshot, arrival: _Partial) -> bool:
    """Put downloaded bytes under their digest, unless they are there unharmed; returns whether they were put."""
    if _digest_file(snapshot.path) == snapshot.sha256:
        return False
    snapshot.path.parent.mkdir(exist_ok=True)
    arrival.sink.flush()
    os.fsync(arrival.sink.fileno())
    os.fchmod(arrival.sink.fileno(), 0o444)
    arrival.path.replace(snapshot.path)
    _sync_folder(snapshot.path.parent)
    _sync_folder(settings.raw)
    return True


def _append(settings: Settings, snapshot: Snapshot) -> None:
    """Add a line to the manifest: whole and on disk, or not at all. The caller holds the lock of the store."""
    line = snapshot.model_dump_json().encode() + b"\n"
    handle = os.open(settings.raw_manifest, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            size = os.pread(handle, size, 0).rfind(b"\n") + 1
            os.ftruncate(handle, size)
        try:
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _expectation(file: RemoteFile) -> str:
    """What a file should hold, for messages: its tables and the first of their columns."""
    parts = []
    for schema in file.tables:
        wanted = [schema.headers.get(c, (c,))[0] for c in schema.model_fields if c not in schema.optional]
        listed = ", ".join(repr(name) for name in wanted[:4]) + (", …" if len(wanted) > 4 else "")
        parts.append(f"raw.{schema.table} ({listed})")
    return f"expected {file.name} with the data of {' and '.join(parts)}"


def _refuse_other_kinds(file: RemoteFile, data: bytes) -> None:
    """Raise LedgerError for an empty file or a web page."""
    if not data.strip():
        raise LedgerError(f"got an empty file ({len(data):,} bytes); {_expectation(file)}.")
    if PAGE.match(data[:4096]):
        found = TITLE.search(data[:65_536])
        title = f" titled {shown(' '.join(found[1].decode(errors='replace').split()))}" if found else ""
        raise LedgerError(
            f"got an HTML page{title} ({len(data):,} bytes); {_expectation(file)}. "
            "The publisher may ask for a login, or be under repair."
        )


def _is_csv(file: RemoteFile) -> bool:
    return httpx.URL(file.url).path.lower().endswith(".csv")


def _ends_cut(data: bytes) -> bool:
    return not data.endswith((b"\n", b"\r"))


def _refuse_cut_record(file: RemoteFile, data: bytes, tables: Sequence[RawTable]) -> None:
    """Raise LedgerError for a CSV file that ends in the middle of a record."""
    if not (_is_csv(file) and _ends_cut(data)):
        return
    for table in tables:
        for reject in table.rejects:
            if reject.column is None and reject.record_no == table.record_count:
                raise LedgerError(
                    f"{file.name}:{reject.line}: the file ends in the middle of record {reject.record_no:,}, without a line "
                    f"end: it {reject.reason} The transfer was cut short."
                )


def read_tables(file: RemoteFile, data: bytes, sha256: str) -> list[RawTable]:
    """The tables of a new snapshot; raises LedgerError where it does not hold its source's contract."""
    _refuse_other_kinds(file, data)
    try:
        tables = file.read(data, file.name, sha256)
    except LedgerError:
        raise
    except Exception as error:
        raise LedgerError(
            f"{file.name}: its reader stopped with {type(error).__name__}: {shown(str(error))}; {_expectation(file)}."
        ) from error
    if not tables:
        raise LedgerError(f"{file.name}: holds no table; {_expectation(file)}.")
    for table in tables:
        check_raw(table)
    _refuse_cut_record(file, data, tables)
    return tables


def _table_doubts(table: str, now: Snapshot, before: Snapshot) -> Iterator[str]:
    new, old = now.record_counts[table], before.record_counts.get(table, 0)
    seen = f"raw.{table} has {new:,} records where the last accepted snapshot has {old:,}"
    if new < (1 - MAX_FEWER_SHARE) * old:
        yield f"{seen}: {1 - new / old:.0%} fewer, more than the {MAX_FEWER_SHARE:.0%} that pass unasked"
    if 0 < MAX_TIMES_AS_MANY * old < new:
        yield f"{seen}: {new / old:.1f} times as many, more than the {MAX_TIMES_AS_MANY:g} times that pass unasked"
    repeated, repeated_before = now.repeated_counts.get(table, 0), before.repeated_counts.get(table, 0)
    if old and new and repeated / new > repeated_before / old + MAX_MORE_REPEATED_SHARE:
        yield (
            f"{repeated:,} of {new:,} records of raw.{table} repeat the key of another, where "
            f"{repeated_before:,} of {old:,} did in the last accepted snapshot"
        )


def doubts(file: RemoteFile, data: bytes, now: Snapshot, before: Snapshot | None) -> list[str]:
    """Why a person should look before ``now`` takes the place of ``before``; empty where nothing is odd."""
    if before is None:
        return []
    found = [text for table in now.record_counts for text in _table_doubts(table, now, before)]
    if _is_csv(file) and _ends_cut(data):
        with suppress(OSError):
            if not _ends_cut(before.path.read_bytes()[-1:]):
                found.append("its last line has no end, unlike that of the last accepted snapshot: it may be cut short")
    return found


def _counts(tables: Sequence[RawTable]) -> tuple[dict[str, int], dict[str, int]]:
    records: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for table in tables:
        name = table.schema.table
        records[name] = records.get(name, 0) + table.record_count
        repeated[name] = repeated.get(name, 0) + table.duplicate_count
    return records, repeated


def _same_as_last(history: Sequence[Snapshot], snapshot: Snapshot) -> bool:
    """Whether the newest line of a file already says this."""
    return bool(history) and (history[-1].sha256, history[-1].status) == (snapshot.sha256, snapshot.status)


@dataclass(frozen=True)
class _Attempt:
    """One file on its way from its address into the store."""

    settings: Settings
    file: RemoteFile
    policy: FetchPolicy
    accept: bool
    licence: str | None
    report: Callable[[Progress], None]

    def run(self) -> FetchOutcome:
        """Download, judge, land."""
        known = self._known()
        with _partial_file(self.settings) as arrival:
            received = download(
                self.file.url,
                arrival.sink,
                self.policy,
                max_bytes=self.file.max_bytes,
                etag=known.etag if known else None,
                last_modified=known.last_modified if known else None,
                report=self.report,
            )
            if received.sha256 is None and known is not None:
                arrived, data = known, read_verified(known)
            else:
                arrival.sink.seek(0)
                arrived, data = self._snapshot(received), arrival.sink.read()
            return self._settle(arrived, data, arrival, received)

    def _known(self) -> Snapshot | None:
        """The last snapshot of this very address whose bytes are here: the publisher may say that it is still it."""
        kept = [s for s in _history(self.settings, self.file) if s.status != "refused"]
        is_whole = kept and kept[-1].url == self.file.url and _digest_file(kept[-1].path) == kept[-1].sha256
        return kept[-1] if is_whole else None

    def _snapshot(self, received: Received) -> Snapshot:
        sha256 = received.sha256 or ""
        return Snapshot(
            source_id=self.file.source_id,
            name=self.file.name,
            url=self.file.url,
            sha256=sha256,
            fetched_at=_now(),
            byte_count=received.byte_count,
            etag=received.etag,
            last_modified=received.last_modified,
            licence=self.licence,
            status="refused",
            path=self.settings.raw / sha256[:2] / sha256,
        )

    def _settle(self, arrived: Snapshot, data: bytes, arrival: _Partial, received: Received) -> FetchOutcome:
        tries = f" ({received.tries} tries)" if received.tries > 1 else ""
        in_use = latest_accepted(self.settings, self.file)
        if in_use is not None and in_use.sha256 == arrived.sha256:
            return self._unchanged(in_use, arrival, received, tries)
        self.report(Progress("checking", len(data), len(data)))
        try:
            tables = read_tables(self.file, data, arrived.sha256)
        except LedgerError as error:
            return self._refuse(arrived, str(error), received)
        records, repeated = _counts(tables)
        now = arrived.model_copy(update={"record_counts": records, "repeated_counts": repeated})
        with _locked(self.settings):
            history = _history(self.settings, self.file)
            in_use = _last_accepted(history)
            if in_use is not None and in_use.sha256 == now.sha256:
                return FetchOutcome(self.file, "unchanged", f"another process fetched it{tries}.", in_use)
            found = doubts(self.file, data, now, in_use)
            if found and not self.accept:
                return self._hold(now, "; ".join(found), history, arrival)
            keep_tables(self.settings, self.file, now.sha256, tables)
            return self._accept(now, "; ".join(found), arrival, tries)

    def _hold(self, now: Snapshot, why: str, history: Sequence[Snapshot], arrival: _Partial) -> FetchOutcome:
        """Keep the bytes for a person to look at; the lock of the store is held."""
        held = now.model_copy(update={"status": "held", "reason": why})
        if not _same_as_last(history, held):
            _land(self.settings, held, arrival)
            _append(self.settings, held)
        said = f"{why}. To use it all the same: ledger fetch {self.file.source_id} --accept."
        return FetchOutcome(self.file, "held", said, _last_accepted(history), now.byte_count)

    def _accept(self, now: Snapshot, why: str, arrival: _Partial, tries: str) -> FetchOutcome:
        """Make it the snapshot that builds use; the lock of the store is held."""
        reason = f"accepted on request: {why}" if why else None
        accepted = now.model_copy(update={"status": "accepted", "reason": reason, "fetched_at": _now()})
        _land(self.settings, accepted, arrival)
        _append(self.settings, accepted)
        counts = ", ".join(f"{count:,} records of raw.{table}" for table, count in now.record_counts.items())
        said = f"{counts}, {now.byte_count:,} bytes{tries}{f'; {reason}' if reason else ''}."
        return FetchOutcome(self.file, "new", said, accepted, now.byte_count)

    def _unchanged(self, in_use: Snapshot, arrival: _Partial, received: Received, tries: str) -> FetchOutcome:
        said = "the publisher says so" if received.sha256 is None else "the same bytes"
        if received.sha256 is not None:
            with _locked(self.settings):
                if _land(self.settings, in_use, arrival):
                    said += "; the stored copy was damaged and is restored"
        return FetchOutcome(self.file, "unchanged", f"{said}{tries}.", in_use, received.byte_count)

    def _refuse(self, arrived: Snapshot, reason: str, received: Received) -> FetchOutcome:
        refused = arrived.model_copy(update={"status": "refused", "reason": reason})
        with _locked(self.settings):
            if not _same_as_last(_history(self.settings, self.file), refused):
                _append(self.settings, refused)
        in_use = latest_accepted(self.settings, self.file)
        said = f"{self.file.url}: {reason} (sha256 {arrived.sha256[:12]})"
        return FetchOutcome(self.file, "failed", said, in_use, received.byte_count)


def _reason(error: Exception, settings: Settings, file: RemoteFile) -> str:
    """What stopped the attempt at a file, in words."""
    if isinstance(error, LedgerError):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot write below {settings.raw}: {error.strerror or error}. Free some space, or set LEDGER_HOME."
    return f"{file.url}: stopped by a fault of this program, {type(error).__name__}: {shown(str(error))}."


def _in_mirror(mirror: Path, file: RemoteFile) -> RemoteFile | None:
    """The file as a mirror holds it: itself, its excerpt, or None where the mirror may lack it and does."""
    if not file.mirror_may_lack:
        return file
    held = (url for url in (file.url, file.excerpt_url) if url and mirror_path(mirror, httpx.URL(url)).exists())
    address = next(held, None)
    return replace(file, url=address) if address else None


def fetch(
    settings: Settings,
    files: Sequence[RemoteFile],
    on_progress: OnProgress | None = None,
    *,
    accept: bool = False,
    licences: Mapping[str, str] | None = None,
    policy: FetchPolicy | None = None,
) -> list[FetchOutcome]:
    """Fetch files, one after the other; a file that fails does not stop the others.

    ``accept`` lets a snapshot pass that would be held. ``licences`` gives the licence of each source for
    the manifest. ``policy`` is for tests; without it only the registered hosts are asked, over HTTPS.
    Raises LedgerError only where nothing can be fetched at all (no folder to write to, no such mirror).
    """
    _open_store(settings)
    if settings.mirror is not None and not settings.mirror.is_dir():
        raise LedgerError(f"LEDGER_MIRROR: there is no folder {settings.mirror}. Name one, or unset LEDGER_MIRROR.")
    rules = policy or default_policy(settings, [file.url for file in files])
    silent: set[str] = set()  # hosts that gave no connection: their other files get one try each
    outcomes = []
    for file in files:
        report = partial(on_progress, file) if on_progress else lambda _: None
        host = file.url.split("/")[2] if file.url.count("/") > 1 else ""
        patience = replace(rules, max_tries=1) if host in silent else rules
        try:
            asked = _in_mirror(settings.mirror, file) if settings.mirror else file
            if asked is None:
                outcomes.append(FetchOutcome(file, "absent", f"{file.url} is not in the mirror.", None))
                continue
            licence = (licences or {}).get(file.source_id)
            outcome = _Attempt(settings, asked, patience, accept, licence, report).run()
        except Exception as error:  # whatever it is: one file must not cost the others
            if isinstance(error, UnreachableError):
                silent.add(host)
            outcome = FetchOutcome(file, "failed", _reason(error, settings, file), latest_accepted(settings, file))
        _note_attempt(settings, outcome)
        outcomes.append(outcome)
    return outcomes


def _read_attempts(settings: Settings) -> dict[str, Attempt]:
    """The last attempt at each file, by 'source name'; empty where the note is lost or damaged."""
    try:
        noted = json.loads(settings.raw_checks.read_bytes())
        return {
            key: Attempt(datetime.fromisoformat(entry["checked_at"]), str(entry["status"]), str(entry["reason"]))
            for key, entry in noted.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _note_attempt(settings: Settings, outcome: FetchOutcome) -> None:
    """Note how an attempt ended. The note is a comfort: where it cannot be written, the outcome still counts."""
    with suppress(OSError), _locked(settings):
        attempts = _read_attempts(settings)
        key = f"{outcome.file.source_id} {outcome.file.name}"
        attempts[key] = Attempt(_now(), outcome.status, outcome.reason)
        noted = {
            key: {"checked_at": a.checked_at.isoformat(), "status": a.status, "reason": a.reason}
            for key, a in sorted(attempts.items())
        }
        temporary = settings.raw_checks.with_suffix(".partial")
        temporary.write_text(json.dumps(noted, ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.replace(settings.raw_checks)


def source_states(settings: Settings, files: Sequence[RemoteFile]) -> list[SourceState]:
    """What is known of each file: the snapshot in use, its age, the last attempt, and whether it is stale."""
    attempts, manifest, now = _read_attempts(settings), read_manifest(settings), _now()
    as_status = {"accepted": "new", "held": "held", "refused": "failed"}
    states = []
    for file in files:
        history = [s for s in manifest if (s.source_id, s.name) == (file.source_id, file.name)]
        accepted = _last_accepted(history)
        attempt = attempts.get(f"{file.source_id} {file.name}")
        if attempt is None and history:
            attempt = Attempt(history[-1].fetched_at, as_status[history[-1].status], history[-1].reason or "")
        age = now - accepted.fetched_at if accepted else None
        is_stale = attempt is not None and attempt.status in {"held", "failed"}
        states.append(SourceState(file, accepted, age, attempt, is_stale))
    return states
