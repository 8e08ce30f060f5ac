"""One registered chart -> its five files in the site folder: picture, downloads, and the card that the page shows.

What belongs here: making the files of a chart, or leaving them where rows and code are the same. What does not: how a
chart looks (``charts/``), how it is drawn (``images.py``), the page (``front_page.py``).

``<id>.json`` beside a chart holds its specification and the words around it; the page is put together from these
files, so that a chart is drawn once. Its caption names the version of the rows that are drawn: another change of the
warehouse leaves the chart as it is.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.site.charts.registry import Built, Chart
from pipelines.site.files import guarded, write_changed
from pipelines.site.images import draw_png, draw_svg, page_specs, panel_specs, static_spec
from pipelines.site.published import Reading, published_month, versions_of
from pipelines.warehouse.code_digests import version_of_code
from pipelines.warehouse.file import connect_published

PICTURES = ("png", "svg", "csv", "parquet", "json")


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def _rows_and_table(chart: Chart, built: Built) -> dict[str, Any]:
    """The rows of a chart by column, and which of them the table shows: marks and table share them."""
    rows = built.rows
    names = rows.columns
    table = [
        {"text": names.index(column.text), "heading": column.heading, "bar": column.has_bar,
         "sort": names.index(column.sort) if column.sort else None,
         "folder": column.link.partition("/")[0], "link": names.index(column.link.partition("/")[2]) if column.link else None}
        for column in chart.table
    ]  # fmt: skip
    texts = {name: (pl.col(name).fill_null("–")) for name in names if rows.schema[name] == pl.String}
    shown = rows.with_columns(**texts)
    return {"columns": names, "values": [shown[name].to_list() for name in names], "table": table}


def _keys_with_rows(chart: Chart, built: Built) -> list[tuple[str, int]]:
    found = set(built.rows[chart.key_column]) if chart.key_column else set(chart.keys)
    return [(word, hue) for word, hue in chart.keys.items() if word in found]


def _choices_with_rows(chart: Chart, built: Built) -> list[str]:
    found = set(built.rows[chart.choice_column]) if chart.choice_column else set(chart.choices)
    return [choice for choice in chart.choices if choice in found]


def chart_code(chart: Chart) -> str:
    """Version of all code that decides the files of a chart."""
    return version_of_code([__name__, chart.draw.__module__])


def build_chart(chart: Chart, settings: Settings, *, force: bool = False) -> dict[str, Any]:
    """Write the five files of one chart; returns its card, with ``changed`` names and the row count.

    A chart whose rows and code are those of the files on disk is not drawn again, unless by ``force``.
    """
    code = f"{published_month(settings)} {chart_code(chart)}"
    before = None if force else _card_on_disk(settings.site / f"{chart.chart_id}.json", code)
    with connect_published(settings) as connection:
        if before is not None and before["reads"] == versions_of(before["reads"], connection):
            return {**before, "changed": []}
        reading = Reading(connection)
        frame = reading.sql(chart.query).pl()
        reads = versions_of(reading.tables, connection)
    if frame.is_empty():
        raise LedgerError(f"chart {chart.chart_id}: its query returns no rows, so there is nothing to draw.")
    rows_digest = hashlib.sha256(frame.write_json().encode()).hexdigest()
    if before is None or before["rows_digest"] != rows_digest:
        version = f"{published_month(settings)}-{rows_digest[:8]}"
        made = {"code": code, "reads": reads, "rows_digest": rows_digest, "data_version": version}
        return _write_chart(chart, settings, frame, made)
    card = {**before, "reads": reads}
    write_changed(settings.site / f"{chart.chart_id}.json", _card_text(card))
    return {**card, "changed": []}


def _draw(chart: Chart, frame: pl.DataFrame) -> Built:
    """The drawn chart; raises ValueError where it leaves out a row or holds a number that is none."""
    built = chart.draw(frame)
    if built.rows.height != frame.height:
        raise ValueError(f"chart {chart.chart_id} draws {built.rows.height} rows of {frame.height}")
    numbers = built.rows.select(pl.selectors.float())
    if not all(column.drop_nulls().is_finite().all() for column in numbers.iter_columns()):
        raise ValueError(f"chart {chart.chart_id}: a number of its rows is not finite")
    return built


def _write_chart(chart: Chart, settings: Settings, frame: pl.DataFrame, made: dict[str, Any]) -> dict[str, Any]:
    """Draw a chart and write its files; ``made`` is what its card notes of how it was made."""
    built = _draw(chart, frame)
    card_file = settings.site / f"{chart.chart_id}.json"
    caption = f"Source: {chart.source}. Data {made['data_version']}, {frame.height:,} rows."
    specs = panel_specs(built)
    svg = draw_svg(static_spec(specs, built, chart, caption))
    shown = frame.drop(c for c in (*_TREND_COLUMNS, *chart.internal_columns) if c in frame.columns)
    about = {
        k: v for k, v in asdict(chart).items() if k not in ("draw", "query", "table", "internal_columns", "names_px")
    }
    card = {
        **about, **made, "keys": _keys_with_rows(chart, built), "choices": _choices_with_rows(chart, built),
        "chosen": chart.chosen or next(iter(chart.choices), ""),
        "title": built.title, "alt": built.alt_text,
        "facts": built.facts, "caption": caption, "rows": frame.height, "data": _rows_and_table(chart, built),
        "panels": [{"heading": p.heading, "height": p.height or chart.height} for p in built.panels],
        "specs": page_specs(specs, built, chart),
    }  # fmt: skip
    files = {
        "svg": svg, "png": draw_png(svg), "csv": guarded(shown).write_csv().encode(), "parquet": _parquet(shown),
    }  # fmt: skip
    card["sha256"] = {f"{chart.chart_id}.{kind}": hashlib.sha256(data).hexdigest() for kind, data in files.items()}
    changed = [
        f"{chart.chart_id}.{k}" for k, data in files.items() if write_changed(card_file.with_suffix(f".{k}"), data)
    ]
    if write_changed(card_file, _card_text(card)):
        changed.append(card_file.name)
    return {**card, "changed": changed}


_TREND_COLUMNS = (
    "growth_per_year_low", "growth_per_year", "growth_per_year_high", "doubling_time_months_low",
    "doubling_time_months", "doubling_time_months_high", "r2", "n_rows", "window_start", "window_end", "log10_slope",
    "log10_at_mean", "mean_year", "log10_residual", "squared_years", "t_quantile", "since_year", "is_longest",
    "growth_ratio", "windows",
)  # fmt: skip
"""Columns of mart.trends that a chart's query carries along: not data of its rows."""


def _card_text(card: dict[str, Any]) -> bytes:
    return json.dumps(card, ensure_ascii=False, sort_keys=True, default=str).encode()


def _card_on_disk(path: Path, code: str) -> dict[str, Any] | None:
    """The card of a chart, where this code made it and all its files are unharmed."""
    try:
        card: dict[str, Any] = json.loads(path.read_bytes())
        whole = card["code"] == code and all(
            hashlib.sha256((path.parent / name).read_bytes()).hexdigest() == digest
            for name, digest in card["sha256"].items()
        )
    except (OSError, ValueError, KeyError):
        return None
    return card if whole else None
