"""One UI for each home, and the folder that only its processes may enter.

Two UIs would both start the runs that wait in the queue.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.errors import LedgerError
from pipelines.server.killed_runs import is_running
from pipelines.server.processes import GRACE_S
from pipelines.settings import Settings

POLL_S = 0.1


LONGEST_FOLDER = 60
"""Characters: the name of a socket in the folder has room for 107, a limit of the kernel."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for sockets and temporary files, which only this user may enter; removed at the end."""
    parent = None if len(tempfile.gettempdir()) <= LONGEST_FOLDER else "/tmp"  # noqa: S108 - a new folder in it, mode 0700
    with tempfile.TemporaryDirectory(prefix="ledger-ui-", dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def ui_lock(settings: Settings, url: str, folder: Path) -> Iterator[int]:
    """Hold the right to serve the UI of this home; yields the descriptor, for the processes of the UI to hold as well.

    Raises LedgerError that names the process and the address of a UI that is open. A UI that was killed still has
    processes that end, for some seconds: they are waited for.
    """
    settings.prepare()
    handle = os.open(settings.ui_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + 2 * GRACE_S
        while not _is_locked(handle):
            note = _read(handle)
            if note is None or is_running(note["pid"]) or time.monotonic() > deadline:
                holder = f"at {note['url']} (process {note['pid']})" if note else "and just starting"
                raise LedgerError(f"the UI of {settings.home} is already open {holder}.")
            time.sleep(POLL_S)
        killed = _read(handle)
        if killed:
            shutil.rmtree(killed["folder"], ignore_errors=True)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "url": url, "folder": str(folder)}).encode(), 0)
        yield handle
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _is_locked(handle: int) -> bool:
    """Take the lock if nobody holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(handle: int) -> dict[str, Any] | None:
    try:
        note: dict[str, Any] = json.loads(os.pread(handle, 4096, 0))
    except ValueError:
        return None
    return note
