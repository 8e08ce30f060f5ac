"""What pages and charts read of the published file, and by which versions they know whether it has changed.

What belongs here: the data version that pages state, and noting which tables the queries of a page read. What does
not: what is made of the rows (``pages/``, ``charts/``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import duckdb

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.models.sql_models import TABLE_OR_META
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.versions import read_versions


def _build(settings: Settings) -> dict[str, str]:
    build = published_build(settings)
    if build is None:
        raise LedgerError(f"there is no warehouse at {settings.published} yet. Run: ledger build")
    return build


def published_month(settings: Settings) -> str:
    """Month of the published build, as captions state it."""
    return _build(settings)["finished_at"][:7].replace("-", ".")


def data_version(settings: Settings) -> str:
    """Month and digest of the published data, as pages state it."""
    build = _build(settings)
    return f"{published_month(settings)}-{build['data_version'][:8]}"


class Reading:
    """A connection that notes which tables its queries name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.tables: set[str] = set()

    def execute(self, query: str, values: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run a query."""
        self.tables |= set(TABLE_OR_META.findall(query))
        return self._connection.execute(query, values)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query whose rows are taken as a frame."""
        self.tables |= set(TABLE_OR_META.findall(query))
        return self._connection.sql(query)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Itself, as what functions that ask take: the two ways to ask are all that they use."""
        return cast("duckdb.DuckDBPyConnection", self)


def versions_of(tables: Iterable[str], connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Versions of the content of tables of the published file.

    A table of which the file notes none, such as meta.builds, is as new as the build.
    """
    noted = read_versions(connection)
    build_id = str(connection.execute("select build_id from meta.builds").fetchall()[0][0])
    return {table: noted[table].data_version if table in noted else build_id for table in sorted(tables)}
