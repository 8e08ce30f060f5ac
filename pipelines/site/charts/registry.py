"""The registry of charts: one decorated function per chart is all that a new chart takes.

A chart function gets the frame that its query returns and gives ``Built``: panels, a title computed
from the data, alternative text, the facts that the title states and the rows that marks and table
share. The HTML card, data table, downloads, Dagster asset and page tests follow from the registration.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import polars as pl

from pipelines.errors import LedgerError, did_you_mean

SECTIONS = {
    "compute": "Compute", "hardware": "Hardware", "cost": "Cost", "energy": "Energy and carbon",
    "inference": "Inference and devices", "trust": "Claims and trust",
}  # fmt: skip
"""Sections of the front page, in order."""


@dataclass(frozen=True)
class Panel:
    """One drawing of a card: layers without size or theme."""

    chart: alt.LayerChart
    heading: str = ""
    height: int = 0
    """Pixels; 0 for the height of the chart."""
    narrow_height: int = 0
    """Pixels on a small screen; 0 for the same."""


@dataclass(frozen=True)
class Column:
    """A column of the data table: text as people read it, and the number to sort by where there is one."""

    text: str
    heading: str
    sort: str = ""
    has_bar: bool = False
    link: str = ""
    """Folder of fact sheets and the column of the rows that names them, as in ``models/model_id``."""


@dataclass(frozen=True)
class Built:
    """A drawn chart and the words that belong to it."""

    panels: tuple[Panel, ...]
    title: str
    alt_text: str
    facts: dict[str, float | int | str]
    rows: pl.DataFrame
    """What marks (as the data named ``rows``) and the table share, one row for each row of the query."""


@dataclass(frozen=True)
class Chart:
    """A registered chart: what it answers, what it reads and how it is explained."""

    chart_id: str
    number: int
    """Place in the catalogue."""
    section: str
    """Key of SECTIONS."""
    name: str
    kicker: str
    subtitle: str
    query: str
    source: str
    notes: tuple[str, ...]
    table: tuple[Column, ...]
    keys: dict[str, int] = field(default_factory=dict)
    """Words of the colour key and the index of their hue and shape (5 is 'other')."""
    key_column: str = ""
    """Column of the rows that holds them: words without rows get no chip."""
    key_style: str = "point"
    """point: shapes double the hues; bar: squares, and texts in or beside the bars double them."""
    choices: tuple[str, ...] = ()
    """Values of the parameter ``pick``: chips that choose which rows are drawn."""
    choice_column: str = ""
    """Column of the rows that holds them: choices without rows get no chip. Empty where they name measures."""
    chosen: str = ""
    """The choice at first and in the picture; the first of them if empty."""
    choice_label: str = ""
    height: int = 380
    columns: int = 1
    """Panels side by side where the page is wide enough."""
    names_px: int = 0
    """Width that names of rows take beside the plot in pictures."""
    is_table_open: bool = False
    internal_columns: tuple[str, ...] = ()
    """Columns of the query that serve the drawing and are not data of the rows."""
    draw: Callable[[pl.DataFrame], Built] = field(default=lambda _: NotImplemented, repr=False)


_REGISTERED: list[Chart] = []


def registered_charts() -> list[Chart]:
    """All charts in the order of the page; the modules of this package are imported first.

    Raises LedgerError that names the modules where charts clash.
    """
    import pipelines.site.charts as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    if problems := clashes(_REGISTERED):
        raise LedgerError("\n".join(problems))
    order = list(SECTIONS)
    return sorted(_REGISTERED, key=lambda c: (order.index(c.section), c.number))


def clashes(charts: Sequence[Chart]) -> list[str]:
    """Charts whose section is none of SECTIONS, or whose id or number is that of a chart before: file and remedy."""
    found = []
    free = max((chart.number for chart in charts), default=0) + 1
    for index, chart in enumerate(charts):
        here = f"{_file_of(chart)}: chart {chart.chart_id}:"
        if chart.section not in SECTIONS:
            near = did_you_mean(chart.section, SECTIONS)
            found.append(f"{here} section {chart.section!r}: expected one of {', '.join(SECTIONS)}.{near}")
        for other in charts[:index]:
            if other.chart_id == chart.chart_id:
                found.append(f"{here} {_file_of(other)} has a chart of this id already. Choose another id.")
            if other.number == chart.number:
                taken = f"number {chart.number} is that of {other.chart_id} ({_file_of(other)})"
                found.append(f"{here} {taken}. Choose another; {free} is free.")
    return found


def _file_of(chart: Chart) -> str:
    return f"{chart.draw.__module__.replace('.', '/')}.py"


def chart(chart_id: str, **about: Any) -> Callable[[Callable[[pl.DataFrame], Built]], Callable[[pl.DataFrame], Built]]:
    """Register a chart function under ``chart_id``; the keywords are the fields of ``Chart``."""

    def register(draw: Callable[[pl.DataFrame], Built]) -> Callable[[pl.DataFrame], Built]:
        _REGISTERED.append(Chart(chart_id, draw=draw, **about))
        return draw

    return register
