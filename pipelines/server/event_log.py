"""Dagster's log of events in SQLite, with its connections held open during a run.

What belongs here: how events reach their files fast, and which need not be there. What does not: how long they are kept
(``run_history.py``).

Dagster makes an engine and a connection for each event, reads the schema and compiles the statement anew, and waits for
the disk: a third of the CPU time of a small build. A run in this process writes to two files only, so one connection to
each is enough.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster import DagsterInstance, EventLogEntry
    from sqlalchemy import Connection

BUSY_TIMEOUT_S = 60
"""Seconds to wait for another process that writes to the same file."""

ASSET_OUTPUT = "result"
"""Dagster's name of the output of a step that is the asset itself; its other outputs are checks."""

Connect = Callable[[str], AbstractContextManager["Connection"]]


@contextmanager
def held_open(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """Write the events of a run, and what the index of assets takes from them, through one connection to each file.

    A commit goes to SQLite's write-ahead log without waiting for the disk: a power cut can cost the last events of the
    history, never its consistency, and no table depends on it.
    """
    storage: Any = instance.event_log_storage
    new_connection: Connect = storage._connect
    held: dict[str, Connection] = {}
    lock = threading.Lock()

    @contextmanager
    def connect(shard: str) -> Iterator[Connection]:
        if shard not in (run_id, "index"):
            with new_connection(shard) as connection:
                yield connection
            return
        with lock:
            if shard not in held:
                with new_connection(shard):
                    pass  # makes the file and its tables
                held[shard] = stack.enter_context(_lasting(storage.conn_string_for_shard(shard)))
            with held[shard].begin():
                yield held[shard]

    with ExitStack() as stack:
        storage._connect = connect
        stack.callback(delattr, storage, "_connect")
        storage.has_table = cache(storage.has_table)  # asked for each check, through a connection of its own
        stack.callback(delattr, storage, "has_table")
        storage.store_event = _without_outputs_of_checks(storage.store_event)
        stack.callback(delattr, storage, "store_event")
        yield


def _without_outputs_of_checks(store: Callable[[EventLogEntry], None]) -> Callable[[EventLogEntry], None]:
    """What stores events, but for those that say that a check gave its output: its result is an event of its own.

    They are a fifth of all events of a run.
    """

    def store_others(entry: EventLogEntry) -> None:
        event = entry.dagster_event
        is_output = event is not None and event.event_type_value == "STEP_OUTPUT"
        if event is None or not is_output or event.step_output_data.output_name == ASSET_OUTPUT:
            store(entry)

    return store_others


@contextmanager
def _lasting(address: str) -> Iterator[Connection]:
    """A connection that any thread may use, one at a time."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import StaticPool

    engine = create_engine(
        address, poolclass=StaticPool, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    )
    with engine.connect() as connection:
        connection.execute(text("pragma synchronous = normal"))
        connection.commit()
        yield connection
    engine.dispose()
