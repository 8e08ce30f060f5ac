"""Rows on a terminal, in a pipe, as CSV, JSON or Parquet.

What belongs here: how answers are printed. What does not: the answers.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from pipelines.answers.as_json import as_json, distinct_names, json_value
from pipelines.answers.numbers import number
from pipelines.errors import LedgerError

if TYPE_CHECKING:
    import polars as pl

    from pipelines.fetch.drift import Doubt  # loads polars

MOST_FITTED = 500
"""Rows that ``ledger sql`` fits to the width of a terminal; with more of them that takes seconds."""


class TextFormat(StrEnum):
    """How ``ledger explain`` and ``ledger status`` print."""

    text = "text"
    json = "json"


Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
"""The option that people try first."""


class Format(StrEnum):
    """How ``ledger sql`` prints."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def print_table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows as an aligned table, fitted to a terminal, and their count."""
    numbers = [all(isinstance(r[i], int | float | Decimal | None) for r in rows) for i in range(len(names))]
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty() and len(rows) <= MOST_FITTED:
        print_fitted(names, cells, numbers)
    else:
        print_whole(names, cells, numbers)
    print(f"({len(rows):,} row{'' if len(rows) == 1 else 's'})")


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    return number(value, 6) if isinstance(value, float) else str(value)


def print_fitted(names: list[str], cells: list[list[str]], numbers: list[bool]) -> None:
    """A table as wide as the terminal: long texts are folded."""
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, is_number in zip(names, numbers, strict=True):
        table.add_column(Text(name), justify="right" if is_number else "left", no_wrap=is_number)
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def print_whole(names: list[str], cells: list[list[str]], numbers: list[bool]) -> None:
    """One line a row, as wide as it takes: nothing is cut, and thousands of rows take no time."""
    lines = [[text.replace("\n", "\\n") for text in row] for row in [names, *cells]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for row in lines:
        aligned = (t.rjust(w) if n else t.ljust(w) for t, w, n in zip(row, widths, numbers, strict=True))
        print("  ".join(aligned).rstrip())


def print_doubts(doubts: Sequence[Doubt]) -> None:
    """Why a snapshot is held, as a table: what changed, before and now."""
    cells = [[f"raw.{one.table}", one.column or "all", one.what, one.before, one.now] for one in doubts]
    if cells:
        print_whole(["table", "column", "what changed", "before", "now"], cells, [False] * 5)


def print_json(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows as a list of JSON objects."""
    print(as_json([dict(zip(distinct_names(names), row, strict=True)) for row in rows]))


def fetch_rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns and all rows of a query."""
    cursor = connection.execute(query)
    return [column[0] for column in cursor.description or []], cursor.fetchall()


@contextmanager
def _told_what_cannot_be_held(output: Format) -> Iterator[None]:
    import polars as pl

    try:
        yield
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(
            f"{output} cannot store these rows: {reason}. Cast the column, for example to varchar."
        ) from None


def fetch_frame(connection: duckdb.DuckDBPyConnection, query: str, output: Format) -> pl.DataFrame:
    """All rows of a query as a frame; raises LedgerError where it cannot hold them."""
    relation = connection.sql(query)
    if relation is None:
        raise LedgerError("the statement returns no rows.")
    with _told_what_cannot_be_held(output):
        frame: pl.DataFrame = relation.pl()
    return frame


def write_frame(frame: pl.DataFrame, output: Format) -> None:
    """A frame as CSV or Parquet on standard output; raises LedgerError where the format cannot hold it."""
    with _told_what_cannot_be_held(output):
        _write(frame, output)


def _write(frame: pl.DataFrame, output: Format) -> None:
    import polars as pl

    if output is Format.csv:
        nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
        for name in nested:
            texts = [json.dumps(v, default=json_value, ensure_ascii=False) for v in frame[name].to_list()]
            frame = frame.with_columns(pl.Series(name, texts))
        sys.stdout.write(frame.write_csv())
        return
    if sys.stdout.isatty():
        raise LedgerError(
            "Parquet is binary and not for a terminal. Write it to a file: ledger sql … --format parquet > rows.parquet"
        )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    sys.stdout.buffer.write(buffer.getvalue())
