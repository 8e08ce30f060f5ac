"""Charts -> SVG and PNG, and the script bundle of the page, by vl-convert.

What belongs here: drawing, and making the drawn bytes repeatable. What does not: what is drawn
(``charts/``), where files go (``pages.py``).
"""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import altair as alt
import vl_convert as vlc

from pipelines.charts.registry import Built, Chart
from pipelines.charts.style import vega_config
from pipelines.settings import REPORTS

VEGA_LITE = "6.4"
WIDTH = 940
PNG_SCALE = 1.5
PREVIEW_SCALE = 0.8


@cache
def _register_fonts() -> None:
    vlc.register_font_directory(str(REPORTS / "fonts"))


@cache
def script_bundle() -> str:
    """Vega, Vega-Lite and the embedder as one script, from the installed package: nothing is fetched."""
    return vlc.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]  # the stub asks for a snippet


def base_spec(built: Built) -> dict[str, Any]:
    """The Vega-Lite specification without size, theme or title."""
    with alt.data_transformers.enable(consolidate_datasets=False):  # each layer keeps its rows, also inside a vconcat
        spec: dict[str, Any] = built.chart.to_dict()
    spec.pop("config", None)
    spec.pop("width", None)
    spec.pop("height", None)
    return spec


def page_spec(built: Built, chart: Chart) -> dict[str, Any]:
    """The specification as the page draws it: as wide as its card, the key in HTML instead of a legend."""
    spec = copy.deepcopy(base_spec(built))
    for layer in spec["layer"]:
        for channel in ("stroke", "fill", "shape"):
            if isinstance(layer.get("encoding", {}).get(channel), dict):
                layer["encoding"][channel]["legend"] = None
    return {**spec, "width": "container", "height": chart.height, "autosize": {"type": "fit-x", "contains": "padding"}}


def static_spec(built: Built, chart: Chart, caption: str) -> dict[str, Any]:
    """The specification as a picture that stands alone: with title, legend and source line."""
    return {
        "$schema": base_spec(built).get("$schema"),
        "config": vega_config("light"),
        "padding": 18,
        "title": {"text": built.title, "subtitle": wrapped(chart.subtitle, 125), "subtitlePadding": 6},
        "params": base_spec(built).get("params", []),
        "spacing": 14,
        "vconcat": [
            {**{k: v for k, v in base_spec(built).items() if k not in ("$schema", "params")},
             "width": WIDTH, "height": chart.height},
            {"data": {"values": [{}]}, "width": WIDTH, "height": 12, "view": {"stroke": None},
             "mark": {"type": "text", "align": "left", "x": 0, "text": caption, "fontSize": 11, "style": "caption"}},
        ],
    }  # fmt: skip


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def stable_svg(svg: str) -> str:
    """Renumber clip paths and gradients, which Vega counts through the whole process."""
    names: dict[str, str] = {}
    return re.sub(r"\b(clip|gradient_)\d+\b", lambda m: names.setdefault(m[0], f"{m[1]}{len(names)}"), svg)


def draw_svg(spec: dict[str, Any]) -> bytes:
    """SVG of a specification, the same bytes each time."""
    _register_fonts()
    return stable_svg(vlc.vegalite_to_svg(spec, vl_version=VEGA_LITE)).encode()


def draw_png(svg: bytes, scale: float = PNG_SCALE) -> bytes:
    """PNG of an SVG picture, ``scale`` pixels to a unit."""
    _register_fonts()
    return bytes(vlc.svg_to_png(svg.decode(), scale=scale))
