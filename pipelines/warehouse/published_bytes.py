"""The note beside each published file: what its bytes were when it was published.

What belongs here: writing the note, and telling whether a file still has those bytes. DuckDB's checksums find a
damaged block when it is read, and nothing of a file that another program wrote to; a digest finds both.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.settings import Settings


class PublishedBytes(BaseModel):
    """The note: ``versions/warehouse-<build_id>.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    byte_count: int = Field(ge=0)


def note_path(version: Path) -> Path:
    """Where the note on a published file lies."""
    return version.with_suffix(".json")


def digest(path: Path) -> PublishedBytes:
    """Size and SHA-256 of a file; raises OSError."""
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        return PublishedBytes(sha256=sha256, byte_count=opened.tell())


def note_bytes(written: Path, version: Path) -> None:
    """Note what the bytes of ``written`` are, which is about to become ``version``; nobody is to write to it again."""
    note = json.dumps(digest(written).model_dump()) + "\n"
    partial = note_path(version).with_suffix(".json.partial")
    partial.write_text(note, encoding="utf-8")
    partial.replace(note_path(version))
    written.chmod(0o444)


def damage(version: Path) -> str | None:
    """What is wrong with the bytes of a published file; None where they are those that were published."""
    try:
        expected = PublishedBytes.model_validate_json(note_path(version).read_bytes())
    except FileNotFoundError:
        return "nothing says what its bytes were: an older version published it"
    except (OSError, ValidationError):
        return f"{note_path(version).name}, which says what its bytes were, is damaged"
    try:
        found = digest(version)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if found != expected:
        return (
            f"its bytes have changed since it was published: {found.byte_count:,} bytes with sha256 "
            f"{found.sha256[:12]}…; expected {expected.byte_count:,} bytes with sha256 {expected.sha256[:12]}…"
        )
    return None


def logs_beside(version: Path, settings: Settings) -> list[Path]:
    """Write-ahead logs that a client left: readers would replay them over the published data."""
    beside = [version.with_name(f"{version.name}.wal")]
    if settings.published.is_symlink() and settings.published.resolve() == version.resolve():
        beside.append(settings.published.with_name(f"{settings.published.name}.wal"))
    return [path for path in beside if path.exists()]


def published_damage(settings: Settings) -> str | None:
    """What is wrong with the file that readers open; None where it is as it was published."""
    version = settings.published.resolve()
    if logs := logs_beside(version, settings):
        return f"{logs[0].name} lies beside it: another program wrote to it"
    return damage(version)
