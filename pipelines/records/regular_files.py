"""Files that a user names, read so that nothing of what they may be hangs the program or fills its memory.

What belongs here: opening and reading under a cap. What does not: what the bytes mean.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipelines.errors import UsageError

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_regular_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file of at most ``max_bytes``; raises UsageError for anything else.

    It is opened without waiting and without following a link, and judged once it is open: what it is cannot change
    between the question and the reading. Of one that grows meanwhile, what it held when it was opened is read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        is_link = path.is_symlink()
        reason = f"it is a link to {path.readlink()}. Name that file" if is_link else error.strerror
        raise UsageError(f"{path}: cannot be read: {reason}.") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            kind = KINDS.get(stat.S_IFMT(found.st_mode), "of an unknown kind")
            raise UsageError(f"{path}: it is {kind}; expected a file. Save its content as a file and name that.")
        if found.st_size > max_bytes:
            raise _too_large(path, found.st_size, max_bytes)
        with os.fdopen(handle, "rb", closefd=False) as opened:
            data = opened.read(found.st_size or max_bytes + 1)  # the kernel's own files say 0
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
    finally:
        os.close(handle)
    if len(data) > max_bytes:
        raise _too_large(path, len(data), max_bytes)
    return data


def _too_large(path: Path, size: int, max_bytes: int) -> UsageError:
    return UsageError(
        f"{path}: {size:,} bytes or more; expected at most {max_bytes:,}. Split it, or raise LEDGER_MAX_FILE_BYTES."
    )
