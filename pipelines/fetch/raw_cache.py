"""Raw tables as they were read from a snapshot, kept so that a build need not read it again.

What belongs here: the folder ``LEDGER_HOME/parsed``. What does not: judging a snapshot
(``snapshots.py``), reading one (``sources/``).

An entry is one file, named after the bytes it was read from and the code that read them: another
version of either makes another entry. It holds a line of JSON (its own digest before it) that says
which tables follow and what they left out, and then each table as an Arrow file under its digest. It is
written aside, synced and renamed. An entry that is not whole counts as none, and nothing depends on
there being one: the folder may be removed at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pipelines.records.code_versions import code_version
from pipelines.records.csv_records import Reject
from pipelines.records.raw_tables import RawRow, RawTable, RemoteFile
from pipelines.settings import Settings

KEPT_PER_FILE = 2
DIGEST_CHARS = 64
LISTS = ("rejects", "duplicates", "faults")


def _prefix(file: RemoteFile) -> str:
    """How the names of all entries of a file begin."""
    return hashlib.sha256(f"{file.source_id} {file.name}".encode()).hexdigest()[:12]


def _entry(settings: Settings, file: RemoteFile, sha256: str) -> Path | None:
    reader = code_version(frozenset(schema.__module__ for schema in file.tables))
    return settings.parsed / f"{_prefix(file)}-{sha256[:16]}-{reader[:16]}" if reader else None


def _header(entry: IO[bytes]) -> dict[str, Any]:
    """What the first line says; raises ValueError where it is not whole."""
    digest, _, line = entry.readline().partition(b" ")
    if hashlib.sha256(line).hexdigest().encode() != digest:
        raise ValueError("the first line is damaged")
    found: dict[str, Any] = json.loads(line)
    return found


def _table(entry: IO[bytes], noted: dict[str, Any], file: RemoteFile, sha256: str) -> RawTable:
    """One table of an entry; raises ValueError where its bytes are not those that were written."""
    import polars as pl

    content = entry.read(noted["byte_count"])
    if hashlib.sha256(content).hexdigest() != noted["sha256"]:
        raise ValueError("the bytes of a table are damaged")
    schema = next(schema for schema in file.tables if schema.table == noted["table"])
    lists = {name: [Reject(**reject) for reject in noted[name]] for name in LISTS}
    try:
        frame = pl.read_ipc(content)
    except pl.exceptions.PolarsError as error:
        raise ValueError("a table is no Arrow file") from error
    return RawTable(schema, noted["file"], sha256, frame, noted["record_count"], **lists)


def kept_tables(
    settings: Settings, file: RemoteFile, sha256: str, only: type[RawRow] | None = None
) -> list[RawTable] | None:
    """The tables of a snapshot as this code read them before, or those of one schema; None where they are not kept."""
    path = _entry(settings, file, sha256)
    if path is None:
        return None
    try:
        with path.open("rb") as entry:
            tables = []
            for noted in _header(entry)["tables"]:
                if only is not None and noted["table"] != only.table:
                    entry.seek(noted["byte_count"], os.SEEK_CUR)
                else:
                    tables.append(_table(entry, noted, file, sha256))
            return tables
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return None


def _write(sink: IO[bytes], tables: Sequence[RawTable]) -> None:
    contents, noted = [], []
    for table in tables:
        buffer = io.BytesIO()
        table.frame.write_ipc(buffer, compression="zstd")
        contents.append(buffer.getvalue())
        noted.append(
            {
                "table": table.schema.table,
                "file": table.file,
                "record_count": table.record_count,
                "byte_count": len(contents[-1]),
                "sha256": hashlib.sha256(contents[-1]).hexdigest(),
                **{name: [asdict(reject) for reject in getattr(table, name)] for name in LISTS},
            }
        )
    line = json.dumps({"tables": noted}).encode() + b"\n"
    sink.write(hashlib.sha256(line).hexdigest().encode() + b" " + line)
    for content in contents:
        sink.write(content)


def _sweep(settings: Settings, file: RemoteFile) -> None:
    """Remove what killed processes left, and all but the newest entries of a file."""
    for left in settings.parsed.glob("partial-*"):
        with suppress(OSError), left.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by the process that still writes it
            left.unlink()
    entries = sorted(settings.parsed.glob(f"{_prefix(file)}-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in entries[KEPT_PER_FILE:]:
        old.unlink(missing_ok=True)


def keep_tables(settings: Settings, file: RemoteFile, sha256: str, tables: Sequence[RawTable]) -> None:
    """Keep the tables of a snapshot. Where that is not possible they are read again next time."""
    path = _entry(settings, file, sha256)
    if path is None:
        return
    with suppress(OSError):
        settings.parsed.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="partial-", dir=settings.parsed)
        temporary = Path(name)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with os.fdopen(handle, "wb") as sink:
                _write(sink, tables)
                sink.flush()
                os.fsync(sink.fileno())
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sweep(settings, file)
