"""Layers that trend charts share: the fitted line with its 90 % band, labels of record points."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl

from pipelines.answers.numbers import plain
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import inline_data

STEPS = 24
LINE_PX = 14
BESIDE_PX = 150


def band_frame(trend: dict[str, Any]) -> pl.DataFrame:
    """The line and its 90 % confidence band at STEPS + 1 dates of the window, never beyond it.

    ``trend`` is a row of mart.trends. Columns: event_date (ISO text), line, low, high.
    """
    start, end = trend["window_start"], trend["window_end"]
    rows = []
    for step in range(STEPS + 1):
        day = start + timedelta(days=round((end - start).days * step / STEPS))
        distance = 1970 + (day - date(1970, 1, 1)).days / 365.25 - trend["mean_year"]
        middle = trend["log10_at_mean"] + trend["log10_slope"] * distance
        spread = trend["t_quantile"] * trend["log10_residual"]
        spread *= (1 / trend["n_rows"] + distance**2 / trend["squared_years"]) ** 0.5
        rows.append((day.isoformat(), 10**middle, 10 ** (middle - spread), 10 ** (middle + spread)))
    return pl.DataFrame(rows, schema=["event_date", "line", "low", "high"], orient="row").with_columns(
        pl.col("line", "low", "high").round_sig_figs(4)
    )


def trend_layers(trend: dict[str, Any], x: alt.X, title: str, scale: alt.Scale, axis: alt.Axis) -> list[alt.Chart]:
    """Band and dashed line of a trend on the given axes."""
    values = inline_data(band_frame(trend))
    band = alt.Chart(values).mark_area(style="ink-band", opacity=0.10)
    line = alt.Chart(values).mark_line(style="ink-line", strokeDash=[5, 4], strokeWidth=1.6)
    return [
        band.encode(x=x, y=alt.Y("low:Q", axis=axis, scale=scale, title=title), y2="high:Q"),
        line.encode(x=x, y=alt.Y("line:Q", axis=axis, scale=scale, title=title)),
    ]


def window_table(
    windows: list[dict[str, Any]], *, percent: bool = False, heading: str = "Growth a year, since", beside: bool = False
) -> list[alt.Chart]:
    """Growth by window, as lines of text at the upper left of the plot: how much the slope owes to its window.

    A window with the points of the one before says nothing new and is left out. A table ``beside`` another stands to
    its right; a narrow page has no room for it without hiding points.
    """
    told = [
        window
        for window, before in zip(windows, [None, *windows], strict=False)
        if before is None or before["n_rows"] != window["n_rows"]
    ]
    lines = [heading, *(f"{window['since_year']}: {growth_words(window, percent)}" for window in told)]
    # Left out where there is no room: text that is only made transparent still reaches out of the frame.
    text: Any = alt.Text("text:N") if not beside else alt.value(alt.ExprRef("narrow ? '' : datum.text"))
    return [
        alt.Chart(inline_data(pl.DataFrame({"text": [line]}))).mark_text(
            style="ink-label", align="left", baseline="top", fontSize=11, dx=BESIDE_PX if beside else 0
        ).encode(x=alt.value(8), y=alt.value(6 + LINE_PX * row), text=text)
        for row, line in enumerate(lines)
    ]  # fmt: skip


def growth_words(window: dict[str, Any], percent: bool) -> str:
    """Growth a year with its 90 % interval: as a factor, or in per cent.

    >>> growth_words({"low": 3.61, "value": 4.05, "high": 4.55}, percent=False)
    '4.1× (3.6 to 4.6)'
    >>> growth_words({"low": 1.19, "value": 1.26, "high": 1.33}, percent=True)
    '26 % (19 to 33)'
    """
    low, value, high = (
        plain((window[name] - 1) * 100 if percent else window[name]) for name in ("low", "value", "high")
    )
    return f"{value}{' %' if percent else '×'} ({low} to {high})"


def windows_sentence(trend: dict[str, Any], *, percent: bool = False) -> str:
    """The same for readers who do not see the chart."""
    return (
        "By window: "
        + "; ".join(f"since {window['since_year']} {growth_words(window, percent)}" for window in trend["windows"])
        + "."
    )


WELL_KNOWN = (
    "GPT-4", "AlexNet", "GPT-3 175B", "BERT-Large", "NVIDIA H100 SXM5 80 GB", "NVIDIA B200 SXM 180 GB", "NVIDIA A100 SXM4 80 GB",
    "Google TPU v4", "GeForce RTX 4090",
)  # fmt: skip
"""Points that readers look for: they have a name where there is room for one."""


def pick_labels(frame: pl.DataFrame, value: str, *, most: int, apart_days: int) -> pl.DataFrame:
    """Rows worth a label: those that set a record when they appeared, at least so many days apart."""
    records = frame.sort("event_date", value).filter(pl.col(value) > pl.col(value).cum_max().shift(1).fill_null(0))
    picked: list[int] = []
    days = records["event_date"].str.to_date().to_list()
    for index in reversed(range(records.height)):
        if len(picked) < most and all(abs((days[index] - days[other]).days) >= apart_days for other in picked):
            picked.append(index)
    return records[sorted(picked)]


def record_labels(
    points: pl.DataFrame, text: str, x: alt.X, y: alt.Y, ground: Ground, *, most: int, apart_days: int
) -> list[alt.Chart]:
    """Names of the points that people know, then of records, the newest first."""
    records = pick_labels(points, ground.y, most=most, apart_days=apart_days).reverse()
    order = pl.col(text).replace_strict({name: place for place, name in enumerate(WELL_KNOWN)}, default=None)
    known = (
        points.with_columns(order.alias("known")).drop_nulls("known").sort("known", ground.y, descending=[False, True])
    )
    known = known.unique(text, keep="first", maintain_order=True).drop("known")
    named = pl.concat([known, records]).unique(text, keep="first", maintain_order=True)
    return labels(named, text, x, y, ground)
