"""A query that takes no longer than it may.

What belongs here: ending a query from outside. What does not: the query.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipelines.errors import LedgerError

GRACE_S = 5.0
"""Seconds that an interrupted query has to end; some steps of planning cannot be interrupted."""


class TooLongError(LedgerError):
    """A query did not end within its time."""


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the connection does after ``seconds``; raises TooLongError then.

    Where that does not end it, the process ends, with the same message and exit status 1.
    """
    message = f"the query took longer than {seconds:g} s. Ask for less, or give it more time with --timeout."
    is_over = threading.Event()

    def interrupt() -> None:
        is_over.set()
        connection.interrupt()

    def give_up() -> None:
        print(f"ledger: {message}", file=sys.stderr, flush=True)
        os._exit(1)

    timers = [threading.Timer(seconds, interrupt), threading.Timer(seconds + GRACE_S, give_up)]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    except duckdb.Error:
        if is_over.is_set():
            raise TooLongError(message) from None
        raise
    finally:
        for timer in timers:
            timer.cancel()
