"""Encodings and columns that charts share: time axes, log axes, groups by hue and shape, labels, tooltips.

What belongs here: pieces of Vega-Lite that more than one chart uses. Three parameters are known to
every specification: ``hl`` (the highlighted group, 'all' for none), ``narrow`` (true on small screens)
and ``pick`` (the chosen chip of charts with choices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import polars as pl

from pipelines.site.charts.style import SHAPES, SUPERSCRIPT_LABEL, hue

ROWS = alt.NamedData("rows")
"""The rows of the chart: the page sends them once for marks and table."""


EDGE_PX = 8
"""Room between the first and last point and the ends of a time axis: no point covers a label of the other axis."""


def inline_data(rows: pl.DataFrame) -> alt.InlineData:
    """Rows as data that the specification carries along."""
    return alt.InlineData(values=rows.to_dicts())


def written(column: str, write: Callable[[float], str], name: str) -> pl.Expr:
    """A numeric column as text; a dash where there is no number."""
    return pl.col(column).map_elements(write, pl.String, skip_nulls=True).fill_null("–").alias(name)


def interval(low: str, high: str, write: Callable[[float], str], name: str) -> pl.Expr:
    """The bounds of a triple as text."""
    text = pl.format(
        "{} to {}", pl.col(low).map_elements(write, pl.String), pl.col(high).map_elements(write, pl.String)
    )
    return pl.when(pl.col(low).is_null()).then(pl.lit("not published")).otherwise(text).alias(name)


def short_number(column: str, name: str, digits: int = 4) -> pl.Expr:
    """A numeric column with as many digits as a mark needs."""
    return pl.col(column).cast(pl.Float64).round_sig_figs(digits).alias(name)


def years(field: str = "event_date", ticks: int = 8) -> alt.X:
    """A time axis with years. ``field`` holds ISO dates and is read in UTC, so that no time zone shifts a point."""
    axis = alt.Axis(format="%Y", tickCount=alt.TimeIntervalStep("year", 1) if ticks == 0 else ticks)
    return alt.X(f"{field}:T", title=None, scale=alt.Scale(type="utc", nice=False, padding=EDGE_PX), axis=axis)


def powers_of_ten(low: int, high: int, step: int = 2) -> alt.Axis:
    """A log axis labelled 10¹⁷, 10¹⁹ …"""
    return alt.Axis(labelExpr=SUPERSCRIPT_LABEL, values=[10.0**e for e in range(low, high + 1, step)])


def percents(count: int = 6, **options: Any) -> alt.Axis:
    """An axis of shares, labelled in percent."""
    return alt.Axis(labelExpr="format(datum.value * 100, '~r') + '\u00a0%'", tickCount=count, **options)


def names_axis(wide: int = 190, narrow: int = 110, **options: Any) -> alt.Axis:
    """An axis of names, cut to what small screens hold."""
    return alt.Axis(labelLimit=alt.ExprRef(f"narrow ? {narrow} : {wide}"), domain=False, ticks=False, **options)


def by_number(field: str, *, descending: bool = False) -> alt.EncodingSortField:
    """The order of names by a number of their rows.

    A list of names in their order would become code of an expression, which a name with a line separator breaks.
    """
    op, order = ("max", "descending") if descending else ("min", "ascending")
    return alt.EncodingSortField(field, op=op, order=order)  # type: ignore[arg-type]


def hues_of(keys: Mapping[str, int]) -> alt.Scale:
    """The colour scale of a key."""
    return alt.Scale(domain=list(keys), range=[hue(index) for index in keys.values()])


def grouped(field: str, keys: Mapping[str, int], rows: pl.DataFrame) -> dict[str, Any]:
    """Stroke, fill and shape by the groups that have rows: hue and shape say the same."""
    found = set(rows[field])
    there = {word: index for word, index in keys.items() if word in found}
    hues = hues_of(there)
    shapes = alt.Scale(domain=list(there), range=[SHAPES[index] for index in there.values()])
    return {
        "stroke": alt.Stroke(f"{field}:N", scale=hues, title=None),
        "fill": alt.Fill(f"{field}:N", scale=hues, title=None),
        "shape": alt.Shape(f"{field}:N", scale=shapes, title=None),
    }


def highlighted(field: str, shown: float = 1.0) -> Any:
    """Opacity that fades all but the highlighted group."""
    return alt.condition(f"hl == 'all' || datum.{field} == hl", alt.value(shown), alt.value(0.12))


def hollow(field: str, value: str) -> Any:
    """Fill opacity that leaves marks hollow where ``field`` holds ``value``."""
    return alt.condition(f"datum.{field} == '{value}'", alt.value(0), alt.value(0.85))


def tooltips(titles: Mapping[str, str]) -> list[alt.Tooltip]:
    """Tooltips of text columns: numbers are written by the formatter before, never by the browser."""
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def layered(*layers: alt.Chart) -> alt.LayerChart:
    """Layers on the same axes."""
    return alt.LayerChart(layer=list(layers))
