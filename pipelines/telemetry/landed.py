"""The store of own runs: samples as Parquet, and a manifest that says which file brought which.

What belongs here: the folder ``LEDGER_HOME/landed``. What does not: whether a file may be taken in (``taking_in.py``),
the energy of a run (``partials.py``).

Samples of one file and one run are one Parquet file, ordered by device and number:
``date=2026-11-30/run_id=NAME/<sha256 of the delivered file>.parquet``. It is written aside, synced and renamed; then the
manifest gets one line. A Parquet file that no line names does not count.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import LedgerError, shown
from pipelines.records.csv_records import Reject
from pipelines.records.journal import append_line, sync_folder, whole_lines
from pipelines.telemetry.formats.delivered import Device, Kind
from pipelines.telemetry.formats.own_parquet import write_parquet
from pipelines.telemetry.run_note import RunNote

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class Part(BaseModel):
    """Samples of one delivered file and one run."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run_id: str
    path: str
    """Below the folder of the store."""
    sha256: str = Sha256
    kind: Kind
    is_numbered: bool
    sample_count: int = Field(ge=1)
    first_at_ms: int
    last_at_ms: int
    devices: list[dict[str, Any]]

    @property
    def date(self) -> str:
        """UTC day of the first sample: the part of its path after ``date=``."""
        return self.path.partition("/")[0].removeprefix("date=")


class FileEntry(BaseModel):
    """A line of the manifest: a file that was taken in."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    entry: Literal["file"] = "file"
    sha256: str = Sha256
    name: str
    byte_count: int
    format: str
    landed_at: AwareDatetime
    record_count: int
    accepted_count: int
    rejected_count: int
    duplicate_count: int
    folded_count: int = 0
    parts: list[Part]
    facts: dict[str, dict[str, Any]] = {}
    """What the file itself says of its runs, by run_id."""


class NoteEntry(BaseModel):
    """A line of the manifest: what run.toml says of a run. The last one of a run counts."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    entry: Literal["run"] = "run"
    run_id: str
    landed_at: AwareDatetime
    note: RunNote


@dataclass
class Manifest:
    """All that the store has taken in."""

    files: list[FileEntry] = field(default_factory=list)
    by_sha256: dict[str, FileEntry] = field(default_factory=dict)
    notes: dict[str, RunNote] = field(default_factory=dict)
    """What was last said of each run."""
    parts_by_run: dict[str, list[Part]] = field(default_factory=dict)

    def add(self, entry: FileEntry | NoteEntry) -> None:
        """Take the entry of a line."""
        if isinstance(entry, NoteEntry):
            self.notes[entry.run_id] = entry.note
            return
        self.files.append(entry)
        self.by_sha256[entry.sha256] = entry
        for part in entry.parts:
            self.parts_by_run.setdefault(part.run_id, []).append(part)

    @property
    def parts(self) -> list[Part]:
        """All parts."""
        return [part for file in self.files for part in file.parts]

    def parts_of(self, run_id: str) -> list[Part]:
        """The parts of a run."""
        return self.parts_by_run.get(run_id, [])


class Landed:
    """The store in a folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest, self._read_lines = Manifest(), 0

    @property
    def manifest_file(self) -> Path:
        """One JSON object a line; only ever appended to."""
        return self.folder / "manifest.jsonl"

    @property
    def partials(self) -> Path:
        """Energies of parts that were worked out before; may be removed at any time."""
        return self.folder / "partials"

    def rejects_file(self, sha256: str) -> Path:
        """Records of a delivered file that were set aside, one JSON object a line."""
        return self.folder / "rejects" / f"{sha256}.jsonl"

    def read_manifest(self) -> Manifest:
        """What was taken in; lines that were read before are not read again. Raises LedgerError where a line is not ours."""
        lines = whole_lines(self.manifest_file)
        if len(lines) < self._read_lines:
            self._manifest, self._read_lines = Manifest(), 0
        for number, line in enumerate(lines[self._read_lines :], self._read_lines + 1):
            self._manifest.add(self._entry(number, line))
            self._read_lines = number
        return self._manifest

    def _entry(self, number: int, line: bytes) -> FileEntry | NoteEntry:
        try:
            found = json.loads(line)
            return (FileEntry if found["entry"] == "file" else NoteEntry).model_validate(found)
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise LedgerError(
                f"{self.manifest_file}:{number}: this program did not write this line ({type(error).__name__}): "
                f"{shown(line.decode(errors='replace'))}. Restore the file from a copy."
            ) from None

    def read_rejects(self, sha256: str) -> list[Reject]:
        """Records of a delivered file that were set aside."""
        return [Reject(**json.loads(line)) for line in whole_lines(self.rejects_file(sha256))]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The right to change the store; waits for its holder. What a killed process left is removed first."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LedgerError(
                f"cannot write to {self.folder}: {error.strerror}. Set LEDGER_HOME (or --home) to a writable folder."
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for left in self.folder.glob("partial-*"):
                left.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)

    def write_part(
        self,
        sha256: str,
        run_id: str,
        samples: pl.DataFrame,
        kind: Kind,
        devices: dict[str, Device],
        *,
        is_numbered: bool,
    ) -> Part:
        """Write samples of one run; raises LedgerError, leaving no half file, where that is not possible."""
        first_ms, last_ms = samples.select(pl.col("at_ms").min(), last=pl.col("at_ms").max()).row(0)
        day = datetime.fromtimestamp(first_ms / 1000, UTC).date().isoformat()
        path = self.folder / f"date={day}" / f"run_id={run_id}" / f"{sha256}.parquet"
        used = {name: devices[name] for name in samples["device_id"].unique().sort().to_list() if name in devices}
        with self._written(path) as partial:
            write_parquet(partial, samples, kind, used, is_numbered=is_numbered)
        return Part(
            run_id=run_id, path=str(path.relative_to(self.folder)), sha256=digest(path), kind=kind, is_numbered=is_numbered,
            sample_count=samples.height, first_at_ms=first_ms, last_at_ms=last_ms,
            devices=[asdict(device) for device in used.values()],
        )  # fmt: skip

    def write_rejects(self, sha256: str, rejects: list[Reject]) -> None:
        """Keep what was set aside of a delivered file."""
        if rejects:
            with self._written(self.rejects_file(sha256)) as partial:
                partial.write_text("".join(json.dumps(asdict(reject)) + "\n" for reject in rejects), encoding="utf-8")

    @contextmanager
    def _written(self, path: Path) -> Iterator[Path]:
        """A file to write that takes its name when it is whole and on disk."""
        handle, name = tempfile.mkstemp(prefix="partial-", dir=self.folder)
        os.close(handle)
        partial = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.chmod(0o444)
            partial.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise LedgerError(f"{path}: cannot be written: {reason}. Nothing of it was kept.") from None
        finally:
            partial.unlink(missing_ok=True)

    def add(self, entry: FileEntry | NoteEntry) -> None:
        """Add a line to the manifest; the caller holds the lock."""
        try:
            append_line(self.manifest_file, entry.model_dump_json().encode() + b"\n")
        except OSError as error:
            raise LedgerError(f"{self.manifest_file}: cannot be written: {error.strerror}.") from None


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
