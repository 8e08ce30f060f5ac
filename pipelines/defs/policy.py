"""What holds for every asset: owner, how a table is shown, how a fault is told.

What belongs here: said once, used by all files of this folder.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache

import dagster as dg
import duckdb

from pipelines.errors import LedgerError
from pipelines.logs import scrubbed
from pipelines.settings import read_settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.models.tables import all_column_types, type_and_unit

OWNERS = ["team:compute-ledger"]
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8
COLUMNS = "dagster/column_schema"


@contextmanager
def readable_failures() -> Iterator[None]:
    """Turn a LedgerError into a Dagster failure that shows the message and no traceback; keep secrets out of both.

    Dagster writes messages and tracebacks of whatever is raised into the run history, as they are.
    """
    try:
        yield
    except LedgerError as error:
        raise dg.Failure(description=scrubbed(str(error)), allow_retries=False) from None
    except duckdb.OutOfMemoryException as error:
        reason = str(error).splitlines()[0]
        raise dg.Failure(
            description=f"DuckDB needs more memory than LEDGER_MEMORY_LIMIT allows it: {reason}. Raise the limit.",
            allow_retries=False,
        ) from None
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        if (clean := scrubbed(told)) == told:
            raise
        raise dg.Failure(
            description=scrubbed(f"{type(error).__name__}: {error}"),
            metadata={"traceback": dg.MetadataValue.md(f"```\n{clean}\n```")},
            allow_retries=False,
        ) from None


@cache
def published_types() -> Mapping[str, Mapping[str, str]]:
    """Types of the columns of each published table when the definitions were loaded; none before the first build."""
    settings = read_settings()
    with suppress(LedgerError, duckdb.Error), connect_published(settings) as connection:
        return all_column_types(connection)
    return {}


def column_schema(columns: Mapping[str, str], types: Mapping[str, str]) -> dg.MetadataValue:
    """Columns, types with units and descriptions, as Dagster shows them."""
    shown = [
        dg.TableColumn(name, type=type_and_unit(name, types.get(name, "")) or "unknown", description=text)
        for name, text in columns.items()
    ]
    return dg.MetadataValue.table_schema(dg.TableSchema(columns=shown))


def definition_metadata(table: str, columns: Mapping[str, str]) -> dict[str, dg.MetadataValue]:
    """What is shown of a table and is the same in each run: with each materialization it would be most of the history."""
    return {
        "dagster/table_name": dg.MetadataValue.text(table),
        COLUMNS: column_schema(columns, published_types().get(table, {})),
    }


def _cell(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:60]


def table_metadata(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], types: Mapping[str, str]
) -> dict[str, dg.MetadataValue]:
    """Row count and first rows of a table, for the materialization; its columns where they differ from the definition's."""
    count = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    names = list(columns)[:PREVIEW_COLUMNS]
    rows = connection.execute(f"select {', '.join(names)} from {table} limit {PREVIEW_ROWS}").fetchall()
    lines = [f"| {' | '.join(names)} |", "|" + " --- |" * len(names)]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    is_known = dict(types) == published_types().get(table)
    return {
        "dagster/row_count": dg.MetadataValue.int(count),
        **({} if is_known else {COLUMNS: column_schema(columns, types)}),
        "preview": dg.MetadataValue.md("\n".join(lines)),
    }
