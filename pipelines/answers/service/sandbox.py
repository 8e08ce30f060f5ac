"""SQL from outside, run in a process of its own: it can be ended whatever it does, and takes nobody else along.

What belongs here: limits of a query. The process opens the published file as ``ledger sql`` does: read-only, without
files, network or settings.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import duckdb

from pipelines.answers.as_json import as_json, distinct_names
from pipelines.answers.time_limit import GRACE_S, TooLongError, time_limit
from pipelines.errors import LedgerError, UsageError
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published, data_version

AT_ONCE = 2
"""Queries that run at the same time; others wait."""

WAIT_S = 20.0
"""Seconds that a query waits for its turn."""

MOST_BYTES = 10_000_000
"""Largest answer, as JSON."""

_TURNS = threading.BoundedSemaphore(AT_ONCE)
PROCESSES = multiprocessing.get_context("forkserver")
"""Each query is forked from a process that has loaded the code and opened nothing: that takes milliseconds."""


def preload(*modules: str) -> None:
    """Begin the process that queries are forked from with these modules loaded; once, before the first query."""
    PROCESSES.set_forkserver_preload([__name__, *modules])


class BusyError(LedgerError):
    """Too many queries are under way."""


def run_query(settings: Settings, query: str, seconds: float, most_rows: int) -> str:
    """The answer to one SQL statement as JSON text: columns, rows, and the build that was asked.

    Raises UsageError for a query that fails, TooLongError and BusyError where there is no time for it.
    """
    with _turn():
        receiving, sending = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=_answer, args=(sending, settings, query, seconds, most_rows), daemon=True)
        process.start()
        sending.close()
        try:
            if not receiving.poll(seconds + 2 * GRACE_S):
                raise TooLongError(f"the query took longer than {seconds:g} s. Ask for less, or give it more time.")
            said = receiving.recv()
        except EOFError:
            raise UsageError("the query ended its process: it took too much memory or time. Ask for less.") from None
        finally:
            process.kill()
            process.join()
            receiving.close()
    if isinstance(said, LedgerError):
        raise said
    return str(said)


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=WAIT_S):
        raise BusyError(f"{AT_ONCE} queries are under way and none has ended for {WAIT_S:g} s. Try again later.")
    try:
        yield
    finally:
        _TURNS.release()


def _answer(sending: Connection, settings: Settings, query: str, seconds: float, most_rows: int) -> None:
    """What the process does: say the answer, or the error that a reader is meant to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which ends this
    try:
        with connect_published(settings, restricted=True) as connection, time_limit(connection, seconds):
            answer = as_json(ask(connection, query, most_rows), indent=None)
        if len(answer) > MOST_BYTES:
            raise UsageError(f"the answer takes more than {MOST_BYTES:,} bytes. Ask for fewer rows or columns.")
        sending.send(answer)
    except LedgerError as error:
        sending.send(error)
    except duckdb.Error as error:
        sending.send(UsageError(f"the query failed: {error}"))


def ask(connection: duckdb.DuckDBPyConnection, query: str, most_rows: int) -> dict[str, Any]:
    """Columns and the first rows of one statement, and the build that answers."""
    if (count := len(connection.extract_statements(query))) != 1:
        raise UsageError(f"expected one SQL statement, got {count}.")
    version = data_version(connection)
    cursor = connection.execute(query)
    described = cursor.description or []
    rows = cursor.fetchmany(most_rows + 1)
    names = distinct_names([column[0] for column in described])
    return {
        "columns": [{"name": name, "type": str(column[1])} for name, column in zip(names, described, strict=True)],
        "rows": rows[:most_rows],
        "is_cut": len(rows) > most_rows,
        **version,
    }
