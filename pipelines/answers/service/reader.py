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

from pipelines.answers.explain import Catalogue, read_catalogue
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published


class OpenFile:
    """A published file that is held open, and what is read of it once."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own, for one question."""
        cursor = self._connection.cursor()
        cursor.execute("set TimeZone = 'UTC'")  # a setting of each connection
        try:
            yield cursor
        finally:
            cursor.close()

    def catalogue(self) -> Catalogue:
        """Names, sources and version of the file."""
        with self._lock:
            if self._catalogue is None:
                with self.open() as connection:
                    self._catalogue = read_catalogue(connection)
            return self._catalogue


class PublishedReader:
    """The file that is published at the time of asking; safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._file: OpenFile | None = None

    def current(self) -> OpenFile:
        """The published file; raises LedgerError where there is none. It stays open until the last one asking it is answered."""
        with self._lock:
            path = self._settings.published.resolve()
            if self._file is None or path != self._file.path or not path.exists():
                self._file = OpenFile(path, connect_published(self._settings))
            return self._file

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to it for one question."""
        with self.current().open() as connection:
            yield connection
