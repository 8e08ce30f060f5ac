"""The published file, held open for many readers, and opened anew as soon as another one is published.

What belongs here: which file a question is asked of. A question asks one file from its first query to its last, so that
an answer never mixes two builds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published


class PublishedReader:
    """Connections to the file that is published at the time of asking; safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question; raises LedgerError where nothing is published."""
        cursor = self._cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """The file stays open until the last question that was asked of it is answered."""
        with self._lock:
            path = self._settings.published.resolve()
            if self._connection is None or path != self._path or not path.exists():
                self._connection, self._path = connect_published(self._settings), path
            cursor = self._connection.cursor()
        cursor.execute("set TimeZone = 'UTC'")  # a setting of each connection
        return cursor
