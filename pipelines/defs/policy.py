"""What holds for every asset: owner, how a table is shown, how a fault is told.

What belongs here: said once, used by all files of this folder.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg
import duckdb

from pipelines.errors import LedgerError
from pipelines.logs import scrubbed
from pipelines.warehouse.models.tables import type_and_unit

OWNERS = ["team:compute-ledger"]
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8


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


def column_schema(columns: Mapping[str, str], types: Mapping[str, str]) -> dg.TableSchema:
    """Columns, types with units and descriptions, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=type_and_unit(name, types.get(name, "")) or "unknown", description=text)
            for name, text in columns.items()
        ]
    )


def _cell(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:60]


def table_metadata(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], types: Mapping[str, str]
) -> dict[str, dg.MetadataValue]:
    """Row count, columns and the first rows of a table, for the materialization."""
    count = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    names = list(columns)[:PREVIEW_COLUMNS]
    rows = connection.execute(f"select {', '.join(names)} from {table} limit {PREVIEW_ROWS}").fetchall()
    lines = [f"| {' | '.join(names)} |", "|" + " --- |" * len(names)]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return {
        "dagster/row_count": dg.MetadataValue.int(count),
        "dagster/table_name": dg.MetadataValue.text(table),
        "dagster/column_schema": dg.MetadataValue.table_schema(column_schema(columns, types)),
        "preview": dg.MetadataValue.md("\n".join(lines)),
    }
