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

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import httpx

from pipelines.errors import LedgerError, shown
from pipelines.fetch.contract import (
    accepts_broken_pin,
    broken_pin,
    count_doubts,
    read_tables,
    row_counts,
    row_differences,
    value_doubts,
)
from pipelines.fetch.download import download
from pipelines.fetch.drift import Doubt
from pipelines.fetch.policy import (
    FetchError,
    FetchPolicy,
    MissingError,
    Progress,
    Received,
    UnreachableError,
    default_policy,
)
from pipelines.fetch.raw_cache import keep_tables, kept_tables
from pipelines.fetch.states import note_attempt
from pipelines.fetch.store import (
    Partial,
    Snapshot,
    append_entry,
    digest_file,
    land_bytes,
    last_accepted,
    latest_accepted,
    open_store,
    partial_file,
    read_history,
    read_verified,
    seconds_now,
    store_locked,
)
from pipelines.fetch.transports import find_mirrored
from pipelines.records.raw_tables import RawTable, RemoteFile
from pipelines.settings import Settings

OnProgress = Callable[[RemoteFile, Progress], None]

ListedBy = Callable[[RemoteFile], Iterable[RemoteFile]]
"""The files that a fetched file names, known once it was fetched."""


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
    doubts: tuple[Doubt, ...] = ()
    """Why it is held."""
    may_pass: bool = False
    """Whether another attempt some minutes later may end better."""

    def __str__(self) -> str:
        text = f"{self.file.source_id} {self.file.name}: {self.status}: {self.reason}"
        if self.status in {"new", "unchanged", "absent"}:
            return text
        return f"{text} {f'Still in use: {self.in_use.label}.' if self.in_use else 'No snapshot of it is in use.'}"


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
    pin: str | None
    report: Callable[[Progress], None]

    def run(self) -> FetchOutcome:
        """Download, judge, land."""
        known = self._known()
        with partial_file(self.settings) as arrival:
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
        kept = [s for s in read_history(self.settings, self.file) if s.status != "refused"]
        is_whole = kept and kept[-1].url == self.file.url and digest_file(kept[-1].path) == kept[-1].sha256
        return kept[-1] if is_whole else None

    def _snapshot(self, received: Received) -> Snapshot:
        sha256 = received.sha256 or ""
        return Snapshot(
            source_id=self.file.source_id,
            name=self.file.name,
            url=self.file.url,
            sha256=sha256,
            fetched_at=seconds_now(),
            byte_count=received.byte_count,
            etag=received.etag,
            last_modified=received.last_modified,
            licence=self.licence,
            status="refused",
            path=self.settings.raw / sha256[:2] / sha256,
        )

    def _settle(self, arrived: Snapshot, data: bytes, arrival: Partial, received: Received) -> FetchOutcome:
        tries = f" ({received.tries} tries)" if received.tries > 1 else ""
        in_use = latest_accepted(self.settings, self.file)
        if in_use is not None and in_use.sha256 == arrived.sha256 and self._is_as_pinned(in_use):
            return self._unchanged(in_use, arrival, received, tries)
        self.report(Progress("checking", len(data), len(data)))
        try:
            tables = read_tables(self.file, data, arrived.sha256)
        except LedgerError as error:
            return self._refuse(arrived, str(error), received)
        records, repeated = row_counts(tables)
        now = arrived.model_copy(update={"record_counts": records, "repeated_counts": repeated})
        with store_locked(self.settings):
            history = read_history(self.settings, self.file)
            in_use = last_accepted(history)
            if in_use is not None and in_use.sha256 == now.sha256 and self._is_as_pinned(in_use):
                return FetchOutcome(self.file, "unchanged", f"another process fetched it{tries}.", in_use)
            found = self._doubts(now, data, tables, in_use)
            if found and not self.accept:
                return self._hold(now, found, history, arrival)
            keep_tables(self.settings, self.file, now.sha256, tables)
            return self._accept(now, "; ".join(map(str, found)), arrival, tries)

    def _doubts(
        self, now: Snapshot, data: bytes, tables: Sequence[RawTable], in_use: Snapshot | None
    ) -> Sequence[Doubt]:
        """Why a person should look before ``now`` takes the place of the snapshot in use."""
        broken = broken_pin(self.file, now.sha256, self.pin)
        if in_use is None:
            return broken
        before = kept_tables(self.settings, self.file, in_use.sha256)
        if before is None:
            with suppress(LedgerError):  # bytes that were damaged, or that this code no longer reads
                before = self.file.read(read_verified(in_use), self.file.name, in_use.sha256)
        differences = row_differences(tables, before or []) if broken else []
        return [*broken, *count_doubts(self.file, data, now, in_use), *value_doubts(tables, before or []), *differences]

    def _is_as_pinned(self, snapshot: Snapshot) -> bool:
        """Whether its bytes are those that the address must give, or somebody accepted that they are not."""
        return self.pin in (None, snapshot.sha256) or accepts_broken_pin(snapshot.reason, self.pin)

    def _hold(
        self, now: Snapshot, found: Sequence[Doubt], history: Sequence[Snapshot], arrival: Partial
    ) -> FetchOutcome:
        """Keep the bytes for a person to look at; the lock of the store is held."""
        why = "; ".join(map(str, found))
        held = now.model_copy(update={"status": "held", "reason": why})
        if not _same_as_last(history, held):
            land_bytes(self.settings, held, arrival)
            append_entry(self.settings, held)
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        said = f"{found[0]}{more}. To accept the snapshot: ledger fetch {self.file.fetch_name} --accept."
        return FetchOutcome(self.file, "held", said, last_accepted(history), now.byte_count, tuple(found))

    def _accept(self, now: Snapshot, why: str, arrival: Partial, tries: str) -> FetchOutcome:
        """Make it the snapshot that builds use; the lock of the store is held."""
        reason = f"accepted on request: {why}" if why else None
        accepted = now.model_copy(update={"status": "accepted", "reason": reason, "fetched_at": seconds_now()})
        land_bytes(self.settings, accepted, arrival)
        append_entry(self.settings, accepted)
        counts = ", ".join(f"{count:,} records of raw.{table}" for table, count in now.record_counts.items())
        said = f"{counts}, {now.byte_count:,} bytes{tries}{f'; {reason}' if reason else ''}."
        return FetchOutcome(self.file, "new", said, accepted, now.byte_count)

    def _unchanged(self, in_use: Snapshot, arrival: Partial, received: Received, tries: str) -> FetchOutcome:
        said = "confirmed by the publisher" if received.sha256 is None else "same bytes"
        if received.sha256 is not None:
            with store_locked(self.settings):
                if land_bytes(self.settings, in_use, arrival):
                    said += "; the stored copy was damaged and has been restored"
        return FetchOutcome(self.file, "unchanged", f"{said}{tries}.", in_use, received.byte_count)

    def _refuse(self, arrived: Snapshot, reason: str, received: Received) -> FetchOutcome:
        refused = arrived.model_copy(update={"status": "refused", "reason": reason})
        with store_locked(self.settings):
            if not _same_as_last(read_history(self.settings, self.file), refused):
                append_entry(self.settings, refused)
        in_use = latest_accepted(self.settings, self.file)
        said = f"{self.file.url}: {reason} (sha256 {arrived.sha256[:12]})"
        return FetchOutcome(self.file, "failed", said, in_use, received.byte_count)


def _reason(error: Exception, settings: Settings, file: RemoteFile) -> str:
    """What stopped the attempt at a file, in words."""
    if isinstance(error, LedgerError):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot write below {settings.raw}: {error.strerror or error}. Free some space, or set LEDGER_HOME."
    return f"{file.url}: stopped by an error in this program, {type(error).__name__}: {shown(str(error))}."


def _in_mirrors(mirrors: Sequence[Path], file: RemoteFile) -> RemoteFile | None:
    """The file as mirrors hold it: itself, its excerpt, or None where they may lack it and do."""
    if not file.mirror_may_lack:
        return file
    held = (url for url in (file.url, file.excerpt_url) if url and find_mirrored(mirrors, httpx.URL(url)))
    address = next(held, None)
    return replace(file, url=address) if address else None


def fetch(
    settings: Settings,
    files: Sequence[RemoteFile],
    on_progress: OnProgress | None = None,
    *,
    accept: bool = False,
    licences: Mapping[str, str] | None = None,
    pins: Mapping[str, str] | None = None,
    listed_by: ListedBy = lambda _: (),
    policy: FetchPolicy | None = None,
) -> list[FetchOutcome]:
    """Fetch files, one after the other; a file that fails does not stop the others.

    ``accept`` lets a snapshot pass that would be held. ``licences`` gives the licence of each source for the
    manifest, ``pins`` the SHA-256 that an address must give: other bytes are held. ``listed_by`` gives the files
    that a file names; they are fetched after it, from its hosts only.
    ``policy`` is for tests; without it only the registered hosts are asked, over HTTPS.
    Raises LedgerError only where nothing can be fetched at all (no folder to write to, no such mirror).
    """
    open_store(settings)
    if lacking := [folder for folder in settings.mirrors if not folder.is_dir()]:
        raise LedgerError(
            f"LEDGER_MIRROR: the folder {lacking[0]} does not exist. Name existing folders, separated by "
            f"'{os.pathsep}', or unset it."
        )
    rules = policy or default_policy(settings, [file.url for file in files])
    silent: set[str] = set()  # hosts that gave no connection: their other files get one try each
    outcomes = []
    waiting = deque(files)
    while waiting:
        file = waiting.popleft()
        report = partial(on_progress, file) if on_progress else lambda _: None
        host = file.url.split("/")[2] if file.url.count("/") > 1 else ""
        patience = replace(rules, max_tries=1) if host in silent else rules
        try:
            asked = _in_mirrors(settings.mirrors, file) if settings.mirrors else file
            if asked is None:
                outcomes.append(FetchOutcome(file, "absent", f"{file.url} is not in the mirror.", None))
                continue
            licence = file.licence or (licences or {}).get(file.source_id)
            pin = (pins or {}).get(asked.url)
            outcome = _Attempt(settings, asked, patience, accept, licence, pin, report).run()
        except Exception as error:  # whatever it is: one file must not cost the others
            if isinstance(error, UnreachableError):
                silent.add(host)
            in_use = latest_accepted(settings, file)
            is_absent = isinstance(error, MissingError) and file.is_address_recalled and in_use is None
            outcome = FetchOutcome(
                file,
                "absent" if is_absent else "failed",
                _reason(error, settings, file),
                in_use,
                may_pass=isinstance(error, FetchError) and error.may_pass,
            )
        note_attempt(settings, outcome.file, outcome.status, outcome.reason)
        outcomes.append(outcome)
        if file.listing is not None:
            waiting.extendleft(reversed(list(listed_by(file))))
    return outcomes
