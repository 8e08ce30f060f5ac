"""Encodings and columns that charts share: time axes, log axes, groups by hue and shape, labels, tooltips.

What belongs here: pieces of Vega-Lite that more than one chart uses. Three parameters are known to
every specification: ``hl`` (the highlighted group, 'all' for none), ``narrow`` (true on small screens)
and ``pick`` (the chosen chip of charts with choices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import altair as alt
import polars as pl

from pipelines.charts.style import SHAPES, SUPERSCRIPT_LABEL, hue

ROWS = alt.NamedData("rows")
"""The rows of the chart: the page sends them once for marks and table."""


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
    return pl.when(pl.col(low).is_null()).then(pl.lit("not stated")).otherwise(text).alias(name)


def short_number(column: str, name: str, digits: int = 4) -> pl.Expr:
    """A numeric column with as many digits as a mark needs."""
    return pl.col(column).cast(pl.Float64).round_sig_figs(digits).alias(name)


def years(field: str = "event_date", ticks: int = 8) -> alt.X:
    """A time axis with years. ``field`` holds ISO dates and is read in UTC, so that no time zone shifts a point."""
    axis = alt.Axis(format="%Y", tickCount=alt.TimeIntervalStep("year", 1) if ticks == 0 else ticks)
    return alt.X(f"{field}:T", title=None, scale=alt.Scale(type="utc", nice=False), axis=axis)


def powers_of_ten(low: int, high: int, step: int = 2) -> alt.Axis:
    """A log axis labelled 10¹⁷, 10¹⁹ …"""
    return alt.Axis(labelExpr=SUPERSCRIPT_LABEL, values=[10.0**e for e in range(low, high + 1, step)])


def grouped(field: str, keys: Mapping[str, int], rows: pl.DataFrame) -> dict[str, Any]:
    """Stroke, fill and shape by the groups that have rows: hue and shape say the same."""
    found = set(rows[field])
    words = [word for word in keys if word in found]
    hues = alt.Scale(domain=words, range=[hue(keys[word]) for word in words])
    shapes = alt.Scale(domain=words, range=[SHAPES[keys[word]] for word in words])
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


def labels(
    named: pl.DataFrame, text: str, x: alt.X, y: alt.Y, *, dx: int = 8, dy: int = -7, most_when_narrow: int = 2
) -> list[alt.Chart]:
    """Names beside points, on a halo of the card's colour; fewer on small screens.

    ``side`` (a column, left if there is none) says on which side of its point a name stands. The first
    rows of ``named`` are the ones that stay on small screens: at least one, for an axis needs a value.
    """
    if named.is_empty():
        return []
    sides = [] if "side" in named.columns else [pl.lit("left").alias("side")]
    ranked = named.with_columns(*sides).with_row_index("rank")
    base = alt.Chart(inline_data(ranked)).transform_filter(f"!narrow || datum.rank < {most_when_narrow}")
    place: dict[str, Any] = {
        "align": alt.ExprRef("datum.side == 'left' ? 'right' : 'left'"),
        "dx": alt.ExprRef(f"datum.side == 'left' ? {-dx} : {dx}"), "dy": dy, "fontSize": 11.5, "limit": 190,
    }  # fmt: skip
    halo = base.mark_text(**place, style="halo", opacity=0.75, strokeWidth=3, strokeJoin="round")
    words = base.mark_text(**place, style="ink-label")
    return [halo.encode(x=x, y=y, text=f"{text}:N"), words.encode(x=x, y=y, text=f"{text}:N")]


def layered(*layers: alt.Chart) -> alt.LayerChart:
    """Layers on the same axes."""
    return alt.LayerChart(layer=list(layers))


def rule(value: float, text: str, axis: Literal["x", "y"], *, dash: Sequence[int] = (3, 3)) -> list[alt.Chart]:
    """A reference line with its name."""
    data = inline_data(pl.DataFrame({"at": [value], "text": [text]}))
    line = alt.Chart(data).mark_rule(style="muted-line", strokeDash=list(dash))
    words = alt.Chart(data).mark_text(style="caption", fontSize=11.5, align="left", baseline="bottom", dx=4, dy=-3)
    if axis == "y":
        return [line.encode(y="at:Q"), words.encode(y="at:Q", x=alt.value(0), text="text:N")]
    return [line.encode(x="at:Q"), words.encode(x="at:Q", y=alt.value(0), text="text:N")]
