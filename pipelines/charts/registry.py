"""The registry of charts: one decorated function per chart is all that a new chart takes.

A chart function gets the frame that its query returns and gives ``Built``: the Altair chart, a title
computed from the data, alternative text and the facts that the title states. The HTML card, data
table, downloads, Dagster asset and page tests follow from the registration.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import polars as pl


@dataclass(frozen=True)
class Built:
    """A drawn chart: layers without size or theme, and the words that belong to it."""

    chart: alt.LayerChart | alt.FacetChart
    title: str
    alt_text: str
    facts: dict[str, float | int | str]


@dataclass(frozen=True)
class Chart:
    """A registered chart: what it answers, what it reads and how it is explained."""

    chart_id: str
    number: int
    """Place in the catalogue, which is the order on the page."""
    name: str
    kicker: str
    subtitle: str
    query: str
    source: str
    notes: tuple[str, ...]
    keys: dict[str, int] = field(default_factory=dict)
    """Words of the colour key and the index of their hue (5 is 'other')."""
    table_columns: dict[str, str] = field(default_factory=dict)
    """Columns of the data table under the chart and their headings."""
    height: int = 380
    draw: Callable[[pl.DataFrame], Built] = field(default=lambda _: NotImplemented, repr=False)


_REGISTERED: dict[str, Chart] = {}


def registered_charts() -> list[Chart]:
    """All charts in the order of the catalogue; the modules of this package are imported first."""
    import pipelines.charts as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(_REGISTERED.values(), key=lambda c: c.number)


def chart(chart_id: str, **about: Any) -> Callable[[Callable[[pl.DataFrame], Built]], Callable[[pl.DataFrame], Built]]:
    """Register a chart function under ``chart_id``; the keywords are the fields of ``Chart``."""

    def register(draw: Callable[[pl.DataFrame], Built]) -> Callable[[pl.DataFrame], Built]:
        if chart_id in _REGISTERED:
            raise ValueError(f"chart {chart_id} is registered twice")
        _REGISTERED[chart_id] = Chart(chart_id, draw=draw, **about)
        return draw

    return register
