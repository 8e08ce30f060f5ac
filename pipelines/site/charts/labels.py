"""Names beside points, where they cover no other point: a greedy search over a few places for each name.

What belongs here: where a name stands. Positions are reckoned in pixels of the wide page; on small
screens fewer names are shown, and each towards the middle, so that none is cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt
import polars as pl

from pipelines.site.charts.marks import inline_data

CHARACTER_PX = 6.3
"""Mean width of a character of a label."""
LINE_PX = 13
NARROW_PX = 215
"""Width of a plot on a small screen."""
TABLE_PX = (130, 84)
"""Width and height of a table of growth, ``trend_line.window_table``."""
PLACES = ((9, -8), (-9, -8), (9, 4), (-9, 4), (9, 15), (-9, 15))
"""Shifts of a name from its point: to the right where the first number is positive; the best first."""


@dataclass(frozen=True)
class Ground:
    """The points of a plot, and the axes that place them."""

    points: pl.DataFrame
    x: str
    y: str
    y_domain: tuple[float, float]
    x_domain: tuple[Any, Any] | None = None
    """Ends of the x axis; those of the points if None."""
    is_y_log: bool = True
    is_x_log: bool = False
    width: int = 860
    height: int = 340
    has_table: bool = False
    """A table of growth stands in the upper left corner."""

    def _place_x(self, values: list[Any]) -> list[float]:
        return [date.fromisoformat(v).toordinal() if isinstance(v, str) else math.log10(v) if self.is_x_log else v
                for v in values]  # fmt: skip

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_y_log else float(value)

    def pixels(self, rows: pl.DataFrame) -> list[tuple[float, float]]:
        """Where rows stand, from the upper left corner."""
        everywhere = self._place_x(list(self.x_domain) if self.x_domain else self.points[self.x].to_list())
        left, right = min(everywhere), max(everywhere)
        low, high = (self._scaled(bound) for bound in self.y_domain)
        across = (max(right - left, 1e-9), high - low)
        return [
            ((px - left) / across[0] * self.width, (high - self._scaled(py)) / across[1] * self.height)
            for px, py in zip(self._place_x(rows[self.x].to_list()), rows[self.y].to_list(), strict=True)
        ]


Box = tuple[float, float, float, float]


def _box(at: tuple[float, float], shift: tuple[int, int], text: str) -> Box:
    width = min(len(text), 30) * CHARACTER_PX
    left = at[0] + shift[0] if shift[0] > 0 else at[0] + shift[0] - width
    middle = at[1] + shift[1] - 4
    return left, middle - LINE_PX / 2, left + width, middle + LINE_PX / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def placed(named: pl.DataFrame, text: str, ground: Ground) -> pl.DataFrame:
    """Rows with a place for their name, without those that find none.

    Columns: ``shift_x`` and ``shift_y`` from the point, ``is_right`` for names that stand left of it on small screens,
    the ``room`` that they have there, and the ``rank`` by which they are left out there: null for one in the way of a table.
    """
    points = ground.pixels(ground.points)
    taken: list[Box] = []
    kept = []
    for row, at in zip(named.iter_rows(named=True), ground.pixels(named), strict=True):
        best: tuple[float, tuple[int, int], Box] | None = None
        for order, shift in enumerate(PLACES):
            box = _box(at, shift, row[text])
            if box[0] < 0 or box[2] > ground.width + 6 or box[1] < 0 or any(_overlap(box, other) for other in taken):
                continue
            covered = sum(
                box[0] - 3 < x < box[2] + 3 and box[1] - 3 < y < box[3] + 3 for x, y in points if (x, y) != at
            )
            if best is None or covered + order * 0.3 < best[0]:
                best = covered + order * 0.3, shift, box
        if best is not None:
            taken.append(best[2])
            share = at[0] / ground.width
            room = round(max(share, 1 - share) * NARROW_PX)
            narrow = _box((share * NARROW_PX, at[1]), (-9 if share > 0.5 else 9, best[1][1]), row[text])
            is_free = not (ground.has_table and _overlap(narrow, (0, 0, *TABLE_PX)))
            kept.append({**row, "shift_x": best[1][0], "shift_y": best[1][1], "is_right": share > 0.5, "room": room,
                         "is_free": is_free})  # fmt: skip
    rank = pl.when("is_free").then(pl.col("is_free").cum_sum() - 1)
    return pl.DataFrame(kept).with_columns(rank.alias("rank")).drop("is_free")


def labels(
    named: pl.DataFrame, text: str, x: alt.X, y: alt.Y, ground: Ground, *, most_when_narrow: int = 2
) -> list[alt.Chart]:
    """Names of rows beside their points, the most important first: those stay on small screens."""
    if named.is_empty():
        return []
    rows = placed(named.select(ground.x, ground.y, text), text, ground)
    shown = f"!narrow || (datum.rank !== null && datum.rank < {most_when_narrow})"
    base = alt.Chart(inline_data(rows)).transform_filter(shown)
    place: dict[str, Any] = {
        "align": alt.ExprRef("(narrow ? datum.is_right : datum.shift_x < 0) ? 'right' : 'left'"),
        "dx": alt.ExprRef("narrow ? (datum.is_right ? -9 : 9) : datum.shift_x"),
        "dy": alt.ExprRef("datum.shift_y"), "fontSize": 11.5, "limit": alt.ExprRef("narrow ? datum.room : 190"),
    }  # fmt: skip
    halo = base.mark_text(**place, style="halo", opacity=0.75, strokeWidth=3, strokeJoin="round")
    words = base.mark_text(**place, style="ink-label")
    return [halo.encode(x=x, y=y, text=f"{text}:N"), words.encode(x=x, y=y, text=f"{text}:N")]
