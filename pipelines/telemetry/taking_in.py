"""Taking files in: whole ones only, each content once, refused ones by name.

What belongs here: which files of a path are meant, whether one is whole, which run it belongs to, and what becomes of it.
What does not: formats, the store.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.regular_files import read_regular_file
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.known import read_delivered
from pipelines.telemetry.formats.logs import Context
from pipelines.telemetry.landed import FileEntry, Landed, Manifest, NoteEntry, Part
from pipelines.telemetry.run_note import NAME, RunNote, named_config, now_utc, read_note_of

MAX_BYTES = 1_000_000_000
"""A larger file is to be split: it is read into memory whole."""

Status = Literal["landed", "known", "refused"]


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    path: Path
    status: Status
    message: str
    sample_count: int = 0
    byte_count: int = 0

    def __str__(self) -> str:
        return (
            f"{self.status:<8} {self.path}: {self.message}" if self.status != "refused" else f"refused  {self.message}"
        )


@dataclass(frozen=True)
class Found:
    """A file to take in, and the folder that gives its run a name; None for a file on its own."""

    path: Path
    folder: Path | None


@dataclass(frozen=True)
class Origin:
    """A delivered file: the digest of its bytes, its name, its size."""

    sha256: str
    name: str
    byte_count: int


def find_files(path: Path, *, is_inbox: bool = False) -> Iterator[Found]:
    """The files that a path means: itself, or those of a folder and its folders, in the order of their names.

    Links are given as they are, to be refused by name; hidden files, run.toml and the config.json that it names are passed
    over. The folder of an inbox itself is the name of no run.
    """
    if not path.is_dir() or path.is_symlink():
        yield Found(path, None)
        return
    passed_over = {NAME, named_config(path)}
    for entry in sorted(os.scandir(path), key=lambda each: each.name):
        if entry.name.startswith(".") or entry.name in passed_over:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from find_files(Path(entry.path))
        else:
            yield Found(Path(entry.path), None if is_inbox else path)


def run_name(found: Found) -> str:
    """Name of the run of a file: that of its folder, or its own without what follows the first dot.

    >>> run_name(Found(Path("/in/My run #3/gpu.csv"), Path("/in/My run #3")))
    'My-run-3'
    """
    name = found.folder.resolve().name if found.folder else found.path.name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-._")[:80] or "run"


def take_in(
    landed: Landed,
    files: Iterable[Found],
    *,
    run: str | None = None,
    zone: str | None = None,
    tell: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Take files in, one after the other; ``tell`` hears of each at once. A file that is refused does not stop the others."""
    outcomes = []
    for found in files:
        try:
            outcome = _take(landed, found, run, zone)
        except LedgerError as error:
            outcome = Outcome(found.path, "refused", str(error))
        tell(outcome)
        outcomes.append(outcome)
    return outcomes


def _take(landed: Landed, found: Found, run: str | None, zone: str | None) -> Outcome:
    data = read_whole(found.path)
    sha256 = hashlib.sha256(data).hexdigest()
    note = read_note_of(found.path.parent)
    known = landed.read_manifest().by_sha256.get(sha256)
    if known is not None:
        _note_again(landed, known, note)
        return Outcome(found.path, "known", f"taken in before as {known.name}", byte_count=len(data))
    context = Context(
        str(found.path), zone or (note.timezone if note else None), note.started_at_ms if note else None,
        note.interval_s if note else None,
    )  # fmt: skip
    delivered = read_delivered(data, context)
    name = run or (note.run_id if note else None) or run_name(found)
    with landed.locked():
        entry = _land(landed, delivered, name, Origin(sha256, found.path.name, len(data)))
        for run_id in dict.fromkeys(part.run_id for part in entry.parts) if note else ():
            _add_note(landed, run_id, note)
    aside = f", {entry.rejected_count:,} set aside" if entry.rejected_count else ""
    again = f", {entry.duplicate_count:,} delivered before" if entry.duplicate_count else ""
    runs = ", ".join(dict.fromkeys(part.run_id for part in entry.parts)) or name
    message = f"{entry.accepted_count:,} samples ({entry.format}) of run {runs}{aside}{again}"
    return Outcome(found.path, "landed", message, entry.accepted_count, len(data))


def read_whole(path: Path) -> bytes:
    """The bytes of a regular file that nobody writes to meanwhile; raises LedgerError that says what it is else."""
    before = _state(path)
    data = read_regular_file(path, MAX_BYTES)
    if _state(path) != before or len(data) != before[1]:
        raise LedgerError(
            f"{path}: it changed while it was read: it is still being written. Try again when it is whole."
        )
    if not data:
        raise LedgerError(f"{path}: it is empty.")
    return data


def _state(path: Path) -> tuple[int, int, int]:
    try:
        found = path.lstat()
    except OSError as error:
        raise LedgerError(f"{path}: cannot be read: {error.strerror}.") from None
    return (found.st_ino, found.st_size if stat.S_ISREG(found.st_mode) else -1, found.st_mtime_ns)


def _add_note(landed: Landed, run_id: str, note: RunNote | None) -> None:
    if note is not None and note != landed.read_manifest().notes.get(run_id):
        landed.add(NoteEntry(run_id=run_id, landed_at=now_utc(), note=note))


def _note_again(landed: Landed, known: FileEntry, note: RunNote | None) -> None:
    """A note that was changed after its samples were taken in counts too."""
    if note is not None:
        with landed.locked():
            for run_id in dict.fromkeys(part.run_id for part in known.parts):
                _add_note(landed, run_id, note)


def _land(landed: Landed, delivered: Delivered, name: str, origin: Origin) -> FileEntry:
    """Write the samples of a file that are new, and say so in the manifest."""
    manifest = landed.read_manifest()
    parts, duplicates, facts = [], 0, {}
    accepted = delivered.record_count - delivered.rejected_count
    for (given,), samples in sorted(
        delivered.samples.group_by("run", maintain_order=True), key=lambda pair: str(pair[0])
    ):
        run_id = run_name(Found(Path(str(given)), Path(str(given)))) if given else name
        fresh = _not_delivered(landed, manifest, run_id, delivered, samples)
        duplicates += samples.height - fresh.height
        facts[run_id] = dict(delivered.facts.get(str(given or ""), {}))
        if not fresh.is_empty():
            parts.append(
                landed.write_part(
                    origin.sha256,
                    run_id,
                    fresh,
                    delivered.kind,
                    dict(delivered.devices),
                    is_numbered=delivered.is_numbered,
                )
            )
    landed.write_rejects(origin.sha256, delivered.rejects)
    again = min(duplicates, accepted)
    entry = FileEntry(
        sha256=origin.sha256, name=origin.name, byte_count=origin.byte_count, format=delivered.format, landed_at=now_utc(),
        record_count=delivered.record_count, accepted_count=accepted - again, rejected_count=delivered.rejected_count,
        duplicate_count=again, folded_count=delivered.folded_count, parts=parts, facts=facts,
    )  # fmt: skip
    landed.add(entry)
    return entry


def _not_delivered(
    landed: Landed, manifest: Manifest, run_id: str, delivered: Delivered, samples: pl.DataFrame
) -> pl.DataFrame:
    """The samples that no earlier file of the run has: by number where both are numbered, else by time and reading.

    A log that has grown since it was delivered, or a whole that was delivered in pieces too, brings only what is new.
    """
    first, last = samples.select(pl.col("at_ms").min(), last=pl.col("at_ms").max()).row(0)
    if delivered.is_numbered:
        samples = samples.unique(["device_id", "seq"], keep="first", maintain_order=True)
    for part in manifest.parts_of(run_id):
        if part.kind != delivered.kind or part.last_at_ms < first or part.first_at_ms > last:
            continue
        key = ["device_id", "seq"] if part.is_numbered and delivered.is_numbered else ["device_id", "at_ms", "reading"]
        samples = samples.join(read_samples(landed, part).select(key), on=key, how="anti", maintain_order="left")
    return samples


def read_samples(landed: Landed, part: Part) -> pl.DataFrame:
    """The samples of a part; raises LedgerError where its bytes have changed."""
    from pipelines.telemetry.formats.own_parquet import read_parquet

    data = read_regular_file(landed.folder / part.path, MAX_BYTES)
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise LedgerError(
            f"{landed.folder / part.path}: the stored bytes have changed. Remove it and deliver the file again."
        )
    return read_parquet(data, Context(part.path)).samples
