"""The DuckDB file: how it is opened, one configuration for all, and rows as dictionaries.

What belongs here: connections. What does not: which tables there are, and publishing (``publish.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from tenacity import RetryError, Retrying, retry_if_exception_message, stop_after_delay, wait_fixed

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.home import UPGRADE, refuse_other

Row = dict[str, Any]


def read_rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] | Mapping[str, Any] = ()
) -> list[Row]:
    """Rows of a query as dictionaries."""
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


STORAGE_VERSION = "v1.4.0"
"""Written files open in DuckDB 1.4 and later; the default of 2.0 opens in no older release."""


BLOCK_BYTES = 32_768
"""Size of a block of a new file. A table fills at least one: at DuckDB's 262,144, hundreds of small tables took 60 MB."""


SCHEMA_VERSION = "2"
"""Raise it when a table or column that commands read changes its name or meaning. Version 1 had no such note."""


LOCK_WAIT_S = 3.0


def connect(path: Path, settings: Settings, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file with the one configuration that all of the project uses.

    Python variables are never read as tables; times are UTC. Another process that holds the file is
    waited for LOCK_WAIT_S seconds and then named in a LedgerError.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
    }
    if not read_only:
        config["storage_compatibility_version"] = STORAGE_VERSION
        config["default_block_size"] = BLOCK_BYTES
    attempts = Retrying(
        retry=retry_if_exception_message(match=r"(?s).*Could not set lock on file.*"),
        stop=stop_after_delay(LOCK_WAIT_S),
        wait=wait_fixed(0.1),
    )
    try:
        connection = attempts(duckdb.connect, str(path), read_only=read_only, config=config)
    except RetryError as error:
        reason = str(error.last_attempt.exception()).splitlines()[0]
        raise LedgerError(f"{path} is in use by another process: {reason} Close it there, then try again.") from None
    except (duckdb.ParserException, duckdb.InvalidInputException) as error:
        options = f"LEDGER_THREADS={settings.threads}, LEDGER_MEMORY_LIMIT={settings.memory_limit!r}"
        raise LedgerError(f"DuckDB rejects its options ({options}): {str(error).splitlines()[0]}.") from None
    connection.execute("set TimeZone = 'UTC'")
    return connection


_HELD: dict[Path, duckdb.DuckDBPyConnection] | None = None


@contextmanager
def published_held_open() -> Iterator[None]:
    """Keep a published file open from its first reading to the end of this: to open it anew takes 25 ms each time.

    A file that is published meanwhile is another one, at a path of its own, and is read from then on.
    """
    global _HELD  # noqa: PLW0603  # of the process, as DuckDB's open files are
    _HELD = {}
    try:
        yield
    finally:
        for connection in _HELD.values():
            connection.close()
        _HELD = None


def connect_published(
    settings: Settings, *, restricted: bool = False, any_version: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse read-only.

    ``restricted`` also forbids files, network and changes of configuration: for SQL from outside. ``any_version``
    opens also what another version of the program built; else that raises LedgerError with the remedy.
    """
    if not settings.published.exists():
        raise LedgerError(f"there is no warehouse at {settings.published} yet. Run: ledger build")
    path = settings.published.resolve()
    try:
        connection = connect(path, settings, read_only=True)
        if _HELD is not None and path not in _HELD and not restricted:
            _HELD[path] = connect(path, settings, read_only=True)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise LedgerError(
            f"{settings.published} cannot be opened: {str(error).splitlines()[0]} Run: ledger build --force"
        ) from None
    if not any_version:
        try:
            refuse_other(settings)
            _refuse_other_schema(connection, settings)
        except LedgerError:
            connection.close()
            raise
    if restricted:
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    return connection


def schema_version(connection: duckdb.DuckDBPyConnection) -> str:
    """The version of the tables of a file; 1 where it does not say."""
    try:
        return str(connection.execute("select schema_version from meta.builds").fetchall()[0][0])
    except (duckdb.BinderException, duckdb.CatalogException, IndexError):
        return "1"


def data_version(connection: duckdb.DuckDBPyConnection, schema: str = "meta") -> dict[str, str]:
    """Which data a file holds: the key of its build, and a digest of its tables that is the same for the same data."""
    return read_rows(connection, f"select build_id, data_version from {schema}.builds")[0]


def _refuse_other_schema(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Raise LedgerError, with the remedy, where the tables are those of another version of the program."""
    found = schema_version(connection)
    if found == SCHEMA_VERSION:
        return
    age = "an older" if found.isdecimal() and int(found) < int(SCHEMA_VERSION) else "a newer"
    raise LedgerError(
        f"{settings.published} was built by {age} version of Compute Ledger (tables of version {found}; expected "
        f"{SCHEMA_VERSION}). {UPGRADE}"
    )


def list_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of all tables as ``schema.table``, sorted."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where not internal order by 1"
    ).fetchall()
    return [name for (name,) in rows]


def count_rejects(connection: duckdb.DuckDBPyConnection) -> int:
    """What publishers say and no figure uses: rejected records, parts of records, and rows that break a rule."""
    return int(connection.execute("select count(*) from meta.rejects").fetchall()[0][0])
