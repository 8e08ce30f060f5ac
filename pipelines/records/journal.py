"""A file of lines that only grows: each line is whole and on disk, or not there at all.

What belongs here: adding a line, and syncing a folder. What does not: what lines say, and who may add one.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path


def append_line(path: Path, line: bytes) -> None:
    """Add a line, which ends in a line end: whole and on disk, or not at all. The caller holds the right to write.

    A last line without its end is one that a killed process did not finish; it goes first.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
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


def whole_lines(path: Path) -> list[bytes]:
    """The lines that are whole, without their ends; none where there is no file."""
    try:
        whole = path.read_bytes().rpartition(b"\n")[0]
    except FileNotFoundError:
        return []
    return whole.split(b"\n") if whole else []


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
