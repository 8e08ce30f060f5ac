"""Colours, type and the Vega-Lite configuration of both themes.

The hues are told apart under three kinds of colour blindness and carry text at 4.5:1; a shape or a
word repeats every distinction that a colour makes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

Theme = Literal["light", "dark"]

FONT = "Inter"
HUES: dict[Theme, list[str]] = {
    "light": ["#0072B2", "#CC4400", "#660044", "#7300E6", "#806953"],
    "dark": ["#5BB3E8", "#FF6040", "#B27D8F", "#FFDF40", "#CCFFB2"],
}
OTHER: dict[Theme, str] = {"light": "#4A5568", "dark": "#A8B3C2"}
INK: dict[Theme, str] = {"light": "#17212b", "dark": "#e8ecf0"}
MUTED: dict[Theme, str] = {"light": "#56616d", "dark": "#a5b0bc"}
CARD: dict[Theme, str] = {"light": "#ffffff", "dark": "#161d25"}
GRID: dict[Theme, str] = {"light": "#e3e6ea", "dark": "#2a333d"}
RAMP: dict[Theme, list[str]] = {"light": ["#e8f1f8", "#0072B2", "#0b2f4a"], "dark": ["#1b2b38", "#2f7fae", "#c9e7f8"]}
"""From little to much on heat maps."""

SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"]
"""Shapes of the hues, in the same order: what a colour tells apart, a shape tells apart as well."""

SUPERSCRIPT_LABEL = (
    "'10' + replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace("
    "toString(round(log(datum.value)/LN10)),"
    "'-','⁻'),/0/g,'⁰'),/1/g,'¹'),/2/g,'²'),/3/g,'³'),/4/g,'⁴'),/5/g,'⁵'),/6/g,'⁶'),/7/g,'⁷'),/8/g,'⁸'),/9/g,'⁹')"
)
"""Vega expression that writes a power of ten with a raised exponent."""


def hue(index: int) -> str:
    """Name of a hue in a specification; ``themed`` puts the colour of a theme in its place."""
    return f"hue:{index}"


def palette(theme: Theme) -> list[str]:
    """Colours of the hues 0 to 5 in a theme."""
    return [*HUES[theme], OTHER[theme]]


def themed(spec: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """A specification with the colours of a theme instead of names of hues."""
    colours = palette(theme)
    text = re.sub(r'"hue:([0-5])"', lambda found: f'"{colours[int(found[1])]}"', json.dumps(spec, default=str))
    done: dict[str, Any] = json.loads(text)
    return done


def vega_config(theme: Theme) -> dict[str, Any]:
    """Vega-Lite configuration of a theme."""
    text = {"font": FONT, "labelFont": FONT, "titleFont": FONT}
    return {
        "background": CARD[theme],
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "mark": {"color": HUES[theme][0]},
        "axis": {
            **text,
            "labelColor": MUTED[theme],
            "titleColor": MUTED[theme],
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "gridColor": GRID[theme],
            "domainColor": GRID[theme],
            "tickColor": GRID[theme],
            "labelPadding": 6,
        },
        "axisX": {"grid": False},
        "axisQuantitative": {"labelOverlap": "greedy", "labelSeparation": 8},
        "axisTemporal": {"labelOverlap": "greedy", "labelSeparation": 8},
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -12, "titleX": 0, "domain": False,
                  "ticks": False},
        "legend": {**text, "labelColor": INK[theme], "titleColor": MUTED[theme], "labelFontSize": 12, "titleFontSize": 12,
                   "titleFontWeight": 400, "orient": "top", "symbolSize": 90},
        "title": {"font": FONT, "color": INK[theme], "fontWeight": 600, "subtitleFont": FONT,
                  "subtitleColor": MUTED[theme], "anchor": "start", "fontSize": 19, "subtitleFontSize": 13, "offset": 18},
        "style": {
            "ink-line": {"color": INK[theme], "stroke": INK[theme]},
            "ink-band": {"color": INK[theme], "fill": INK[theme]},
            "ink-label": {"color": INK[theme], "fill": INK[theme]},
            "halo": {"color": CARD[theme], "fill": CARD[theme], "stroke": CARD[theme]},
            "card-label": {"color": CARD[theme], "fill": CARD[theme]},
            "muted-line": {"color": MUTED[theme], "stroke": MUTED[theme]},
            "land": {"color": GRID[theme], "fill": GRID[theme]},
            "outline": {"stroke": CARD[theme], "strokeWidth": 0.5},
            "caption": {"color": MUTED[theme], "fill": MUTED[theme]},
        },
        "range": {"category": palette(theme), "heatmap": RAMP[theme], "ramp": RAMP[theme]},
    }  # fmt: skip
