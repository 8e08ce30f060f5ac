"""A database in memory beside the published file, in which SQL models of the warehouse run over rows of one's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.errors import LedgerError
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import connect, connect_published
from pipelines.warehouse.models.sql_models import SqlModel, parse_model, tables_named
from pipelines.warehouse.models.tables import quoted


def models_of(tables: Iterable[str]) -> dict[str, SqlModel]:
    """The models that make these tables, in their order. Only their files are read: to read all takes a second."""
    files = {f"{path.relative_to(SQL).parts[0]}.{path.stem}": path for path in SQL.rglob("*.sql")}
    return {table: _read_model(files[table]) for table in tables}


def _read_model(path: Path) -> SqlModel:
    inside = path.relative_to(SQL)
    text = path.read_text(encoding="utf-8")
    return parse_model(text, f"sql/{inside.as_posix()}", inside.parts[0], path.stem, tables_named)


@contextmanager
def fitting_code() -> Iterator[None]:
    """A query that fails means that the file was built by other code."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(
            f"a different version of the code built the published warehouse: {reason} Run: ledger build --force"
        ) from error


@contextmanager
def beside_published(
    settings: Settings, made: Mapping[str, SqlModel], *, copied: Collection[str] = (), emptied: Collection[str] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the models of ``made`` can run, with data and macros of the published file.

    The file itself is attached as ``ledger``. What the models read is there as views of its tables; those of ``copied``
    are tables that may be changed, those of ``emptied`` tables without rows. Raises LedgerError where nothing is
    published, or other code built it.
    """
    with connect_published(settings):
        pass  # says what to do where there is none
    with connect(Path(":memory:"), settings) as connection:
        connection.execute(f"attach {quoted(str(settings.published.resolve()))} as ledger (read_only)")
        connection.execute("set search_path = 'memory.main,ledger.main'")
        connection.execute("create schema core; create schema seeds")
        with fitting_code():
            for table in sorted(emptied):
                connection.execute(f"create table {table} as from ledger.{table} limit 0")
            for table in sorted({table for model in made.values() for table in model.depends_on} - {*made, *emptied}):
                kind = "table" if table in copied else "view"
                connection.execute(f"create {kind} {table} as from ledger.{table}")
        yield connection
