"""A copy of the published file for readers elsewhere: in a folder or in object storage, by fsspec.

Layout below LEDGER_COPY_TO: ``versions/warehouse-<build_id>.duckdb`` are the files; ``latest.json`` names the newest
with its SHA-256 and size. A file is uploaded under another name, read back, compared and renamed; ``latest.json`` is
replaced after that, in one request. So whoever reads ``latest.json`` first gets a whole file, at any moment.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.errors import LedgerError
from pipelines.logs import scrubbed
from pipelines.settings import Settings
from pipelines.warehouse.published_bytes import digest

POINTER = "latest.json"

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs"})
"""They have no folders; making one would make the bucket, and a bucket that is missing is a misspelt address."""


@dataclass(frozen=True)
class Place:
    """A folder of a file system that fsspec knows."""

    files: Any
    folder: str
    shown: str
    """The address without secrets."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """Names of its file system."""
        names = self.files.protocol
        return (names,) if isinstance(names, str) else tuple(names)

    def at(self, name: str) -> str:
        """The path of a file in it."""
        return f"{self.folder.rstrip('/')}/{name}"


def copy_published(settings: Settings) -> str | None:
    """Copy the published file unless it is there already; returns what was done, None where no copy is wanted.

    Raises LedgerError where it cannot be done; what was there before then stays.
    """
    if settings.copy_to is None:
        return None
    place = _open(settings.copy_to)
    try:
        return _copy(settings, place)
    except Exception as error:  # each file system has errors of its own
        reason = " ".join(scrubbed(f"{type(error).__name__}: {error}").split())[:300]
        raise LedgerError(
            f"the published file was not copied to {place.shown} (LEDGER_COPY_TO): {reason}. "
            "Readers there keep the copy that they have. Mend it, then run: ledger build"
        ) from None


def _open(address: str) -> Place:
    import fsspec

    shown = scrubbed(address)
    try:
        files, folder = fsspec.core.url_to_fs(address)
    except ImportError:
        raise LedgerError(
            f"LEDGER_COPY_TO={shown}: its file system is not installed. Run: pip install 'compute-ledger[remote]'"
        ) from None
    except ValueError as error:
        raise LedgerError(f"LEDGER_COPY_TO={shown}: {error}; expected s3://BUCKET/FOLDER or file:///FOLDER.") from None
    return Place(files, folder, shown)


def _copy(settings: Settings, place: Place) -> str:
    published = settings.published.resolve()
    own = digest(published)
    if _latest(place).get("sha256") == own.sha256:
        return f"{place.shown} has it already"
    if not OBJECT_STORES.intersection(place.protocols):
        place.files.makedirs(place.at("versions"), exist_ok=True)
    target, partial = place.at(f"versions/{published.name}"), place.at(f"versions/.{uuid.uuid4().hex}.partial")
    try:
        place.files.put_file(str(published), partial)
        _compare(place, partial, own.sha256)
        place.files.mv(partial, target)
    except BaseException:
        with suppress(Exception):
            place.files.rm_file(partial)
        raise
    build_id = published.stem.removeprefix("warehouse-")
    said = {"build_id": build_id, "file": f"versions/{published.name}", **own.model_dump()}
    _replace_pointer(place, json.dumps(said, indent=1).encode())
    _prune(place, settings.keep_versions, keep=published.name)
    return f"copied to {place.shown}: versions/{published.name}"


def _latest(place: Place) -> dict[str, Any]:
    """What the pointer says; nothing where there is none, or none that can be read."""
    try:
        said = json.loads(place.files.cat_file(place.at(POINTER)))
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _compare(place: Place, partial: str, sha256: str) -> None:
    place.files.invalidate_cache()
    with place.files.open(partial, "rb") as copied:
        if hashlib.file_digest(copied, "sha256").hexdigest() != sha256:
            raise OSError("other bytes arrived than were sent")


def _replace_pointer(place: Place, said: bytes) -> None:
    """Object storage replaces an object in one request; a folder needs a rename for that."""
    partial = place.at(f".{uuid.uuid4().hex}.partial")
    place.files.pipe_file(partial, said)
    place.files.mv(partial, place.at(POINTER))


def _prune(place: Place, keep_versions: int, keep: str) -> None:
    place.files.invalidate_cache()
    names = sorted(path.rpartition("/")[2] for path in place.files.ls(place.at("versions"), detail=False))
    copies = [name for name in names if name.startswith("warehouse-")]  # a build_id begins with its time
    for name in copies[:-keep_versions]:
        if name != keep:
            place.files.rm_file(place.at(f"versions/{name}"))
