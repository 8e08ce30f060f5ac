"""The archive of a figure: written by ``ledger export --figure``, read by ``ledger verify``.

What belongs here: which members it has, and the digest of each line. ``digests.json`` has them, and its own digest is the
comment of the archive: a changed digit anywhere is named by file and line.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from pipelines.errors import LedgerError, UsageError
from pipelines.records.regular_files import read_regular_file

DIGESTS = "digests.json"
EVIDENCE = "evidence.json"
FORMAT = "compute-ledger-evidence-1"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time of all members, so that the same figure gives the same bytes."""

MOST_BYTES = 200_000_000
"""Largest archive, packed and unpacked."""


def write(path: Path, members: Mapping[str, str]) -> str:
    """Write the archive; returns the digest that seals it."""
    digests = {name: [_short(line) for line in text.split("\n")] for name, text in members.items()}
    sealed = json.dumps(digests, indent=1) + "\n"
    partial = path.with_name(f"{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in {**members, DIGESTS: sealed}.items():
                archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text, zipfile.ZIP_DEFLATED)
            archive.comment = _digest(sealed).encode()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return _digest(sealed)


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """Members of an archive, and what in it is not as it was written, by file and line.

    Raises UsageError for a file that is no such archive.
    """
    data = read_regular_file(path, MOST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise UsageError(f"{path}: it unpacks to more than {MOST_BYTES:,} bytes; expected less.")
            seal = archive.comment.decode("ascii", "replace")
            members = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise LedgerError(f"{path}: the archive is damaged: {error}.") from None
    if DIGESTS not in members or EVIDENCE not in members:
        raise UsageError(f"{path}: it has no {EVIDENCE} and {DIGESTS}; expected a file of ledger export --figure.")
    return members, _changes(members, seal)


def _changes(members: dict[str, str], seal: str) -> list[str]:
    sealed = members.pop(DIGESTS)
    found = (
        [] if _digest(sealed) == seal else [f"{DIGESTS}: it has not the digest that the comment of the archive says"]
    )
    try:
        digests: dict[str, list[str]] = json.loads(sealed)
    except ValueError:
        return [*found, f"{DIGESTS}: it is no JSON"]
    found += [f"{name}: it is missing" for name in digests if name not in members]
    for name, text in members.items():
        stated, lines = digests.get(name, []), text.split("\n")
        if len(stated) != len(lines):
            found.append(f"{name}: it has {len(lines):,} lines; expected {len(stated):,}")
        found += [
            f"{name}, line {number}: it was changed"
            for number, (digest, line) in enumerate(zip(stated, lines, strict=False), 1)
            if digest != _short(line)
        ]
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _short(line: str) -> str:
    return _digest(line)[:16]
