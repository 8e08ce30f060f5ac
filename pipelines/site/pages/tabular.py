"""Tables of pages: cells, rows, sections and their downloads, as ``reports/sheets/table.html`` draws them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import duckdb
import polars as pl

from pipelines.site.files import guarded

Words = dict[str, Any]

BAR_WIDTH = 180


def cell(text: object, sort: float | str | None = None, **more: Any) -> Words:
    """A cell: its text, what it sorts by, and one of ``href``, ``url``, ``code``, ``kind``, ``bar``, ``plot``.

    ``note`` is a smaller line below it, a link where ``note_url`` is given.
    """
    shown = "–" if text is None or text == "" else str(text)
    return {
        "href": None,
        "url": None,
        "code": False,
        "kind": None,
        "bar": None,
        "plot": None,
        "note": None,
        "note_url": None,
        "text": shown,
        "sort": sort if sort is not None or text not in (None, "") else "",
        **more,
    }


def head(text: str, *, number: bool = False, unseen: bool = False, long: bool = False, short: bool = False) -> Words:
    """A column heading; ``unseen`` ones are for screen readers, ``long`` columns hold sentences, ``short`` ones never break."""
    return {"text": text, "number": number, "unseen": unseen, "long": long, "short": short}


def row(*cells: Words, terms: str | None = None) -> Words:
    """A row; ``terms`` are the lower-case words that a search finds it by."""
    return {"cells": cells, "terms": terms}


def table(
    table_id: str,
    label: str,
    heads: Sequence[Words],
    rows: Sequence[Words],
    *,
    noun: str = "rows",
    tall: bool = False,
    sortable: bool = True,
) -> Words:
    """A table: ``tall`` ones scroll."""
    return {
        "id": table_id,
        "label": label,
        "heads": heads,
        "rows": rows,
        "noun": noun,
        "tall": tall,
        "sortable": sortable,
    }


def section(section_id: str, kicker: str, title: str, subtitle: str = "", **more: Any) -> Words:
    """A card of a page: ``table``, ``paragraphs``, ``code``, ``keys``, ``notes``, ``downloads``, ``folded``."""
    return {
        "id": section_id,
        "kicker": kicker,
        "title": title,
        "subtitle": subtitle,
        "keys": (),
        "paragraphs": (),
        "code": None,
        "table": None,
        "notes": (),
        "downloads": (),
        "folded": None,
        **more,
    }


def page(title: str, heading: str, lead: str, sections: Sequence[Words], **more: Any) -> Words:
    """A page of sections: ``headline``, ``filter``."""
    return {
        "title": title,
        "heading": heading,
        "lead": lead,
        "sections": sections,
        "headline": (),
        "filter": None,
        **more,
    }


def stacked(counts: Sequence[tuple[str, int, int]]) -> Words:
    """A cell with a stacked bar of (word, hue, count)."""
    whole = sum(n for _, _, n in counts)
    parts, x = [], 0.0
    for _, hue, n in counts:
        width = BAR_WIDTH * n / whole if whole else 0
        if width:
            parts.append({"x": round(x, 1), "width": round(width, 1), "hue": hue})
        x += width
    said = ", ".join(f"{word} {n:,}" for word, _, n in counts if n)
    return cell(said, bar=parts or [{"x": 0, "width": 0, "hue": 5}])


def ratio_plot(low: float, value: float, high: float, *, decades: float = 1.5, width: int = 120) -> Words:
    """Places of a ratio and its bounds on a logarithmic scale that is centred on one."""

    def x(ratio: float) -> float:
        place = 0.5 + math.log10(ratio) / (2 * decades)
        return round(6 + min(1.0, max(0.0, place)) * (width - 12), 1)

    return {"low": x(low), "value": x(value), "high": x(high), "mark": width / 2, "width": width}


def csv_of(connection: duckdb.DuckDBPyConnection, query: str) -> bytes:
    """Rows of a query as CSV in which no cell is a formula; lists become texts."""
    frame = connection.sql(query).pl()
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    frame = frame.with_columns(pl.col(name).list.join("; ") for name in lists)
    return guarded(frame).write_csv().encode()


def parquet_of(connection: duckdb.DuckDBPyConnection, query: str) -> bytes:
    """Rows of a query as Parquet."""
    buffer = io.BytesIO()
    connection.sql(query).pl().write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()
