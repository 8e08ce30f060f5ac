"""A machine that has too little of something: one line that says of what, and what to do.

What belongs here: asking beforehand for what libraries cannot report, and naming the errors that come late. What does
not: errors that a module below can explain better; it raises a LedgerError.
"""

from __future__ import annotations

import errno
import resource
import threading

import duckdb

from pipelines.errors import LedgerError

GIGABYTE = 1e9

ADDRESS_SPACE = {"build": 80 * GIGABYTE, "report": 80 * GIGABYTE, "ui": 80 * GIGABYTE, "doctor": 80 * GIGABYTE}
"""Address space that a command reserves: the engine that draws charts reserves much of it and uses little."""
ADDRESS_SPACE_OF_OTHERS = 2 * GIGABYTE

NEEDED_THREADS = 16
"""Threads that a command starts at the same time, those of libraries included."""

OF_THE_MACHINE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EMFILE,
    errno.ENFILE,
}


def refuse_shortage(command: str | None) -> None:
    """Raise LedgerError where the machine lets this process have too little: libraries would abort without a word."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    needed = ADDRESS_SPACE.get(command or "", ADDRESS_SPACE_OF_OTHERS)
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        raise LedgerError(
            f"this process may reserve {allowed / GIGABYTE:.3g} GB of address space (ulimit -v); expected "
            f"{needed / GIGABYTE:.3g} GB or no limit. Lift it; LEDGER_MEMORY_LIMIT bounds what DuckDB uses."
        )
    if (started := _threads_to_be_had(NEEDED_THREADS)) < NEEDED_THREADS:
        raise LedgerError(
            f"this process can start {started} threads; expected {NEEDED_THREADS} or more. Raise the limit on processes "
            "of this user (ulimit -u) or of its container."
        )


def _threads_to_be_had(wanted: int) -> int:
    """How many threads can live at the same time, up to ``wanted``."""
    done = threading.Event()
    started = 0
    try:
        for _ in range(wanted):
            threading.Thread(target=done.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        return started
    finally:
        done.set()
    return started


def told(error: Exception) -> str | None:
    """One line for an error that comes from the machine or from a file of other code; None for any other."""
    first = next(iter(str(error).splitlines()), "")
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            f"DuckDB needs more memory than LEDGER_MEMORY_LIMIT allows it or the machine has: {first}. Raise the limit."
        )
    if isinstance(error, MemoryError):
        return "the machine has too little memory for this. Free some, or ask for less."
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. Make room or give the right to write there, or set LEDGER_HOME (or --home)."
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return f"the published warehouse does not fit this code: {first} Run: ledger build --force"
    if isinstance(error, duckdb.IOException):
        return f"DuckDB cannot read or write a file: {first}. Run: ledger doctor"
    return None
