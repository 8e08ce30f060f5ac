"""Charts -> SVG and PNG, and the script bundle of the page, by vl-convert.

What belongs here: drawing, and making the drawn bytes repeatable. What does not: what is drawn
(``charts/``), where files go (``pages.py``).
"""

from __future__ import annotations

import copy
import hashlib
import re
import struct
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert as vlc

from pipelines.settings import REPORTS
from pipelines.site.charts.registry import Built, Chart
from pipelines.site.charts.style import themed, vega_config
from pipelines.site.files import write_changed

VEGA_LITE = "6.4"
WIDTH = 940
AXIS_ROOM = 60
"""Pixels that the axis of a panel takes beside its plot."""
PNG_SCALE = 1.5


@cache
def _register_fonts() -> None:
    vlc.register_font_directory(str(REPORTS / "fonts"))


def script_bundle(kept_in: Path) -> str:
    """Vega, Vega-Lite and the embedder as one script, from the installed package: nothing is fetched.

    Packing it takes a second: it is kept in a folder, under the version of the package, after its digest.
    """
    path = kept_in / f"vega-{VEGA_LITE}-{version('vl-convert-python')}.js"
    with suppress(OSError):
        digest, _, kept = path.read_bytes().partition(b"\n")
        if hashlib.sha256(kept).hexdigest().encode() == digest:
            return kept.decode()
    script = str(vlc.javascript_bundle(vl_version=VEGA_LITE))  # type: ignore[call-arg]  # the stub asks for a snippet
    with suppress(OSError):
        write_changed(path, f"{hashlib.sha256(script.encode()).hexdigest()}\n{script}".encode())
    return script


def base_spec(chart: alt.LayerChart) -> dict[str, Any]:
    """The Vega-Lite specification of a panel without size, theme or title."""
    with alt.data_transformers.enable(consolidate_datasets=False):  # each layer keeps its rows, also inside a vconcat
        spec: dict[str, Any] = chart.to_dict()
    return {key: value for key, value in spec.items() if key not in ("config", "width", "height", "$schema")}


def parameters(chart: Chart) -> list[dict[str, Any]]:
    """The parameters that every specification knows: highlighted group, small screen, chosen chip."""
    pick = [{"name": "pick", "value": chart.chosen or chart.choices[0]}] if chart.choices else []
    return [{"name": "hl", "value": "all"}, {"name": "narrow", "value": False}, *pick]


LEGENDS = ("stroke", "fill", "shape", "color")


def _without_legends(spec: dict[str, Any], shown: set[str] | None = None) -> dict[str, Any]:
    """A specification without the legends of fields in ``shown``; of all that a key in HTML stands for if it is None."""
    for layer in spec["layer"]:
        for channel in LEGENDS:
            encoding = layer.get("encoding", {}).get(channel)
            if not isinstance(encoding, dict) or "field" not in encoding:
                continue
            if encoding["type"] != "quantitative" if shown is None else encoding["field"] in shown:
                encoding["legend"] = None
    return spec


def _fields_with_legend(spec: dict[str, Any]) -> set[str]:
    encodings = [layer.get("encoding", {}).get(channel) for layer in spec["layer"] for channel in LEGENDS]
    return {e["field"] for e in encodings if isinstance(e, dict) and "field" in e and e.get("legend", "") is not None}


def panel_specs(built: Built) -> list[dict[str, Any]]:
    """The specifications of all panels, from which page and picture are made."""
    return [base_spec(panel.chart) for panel in built.panels]


def page_specs(specs: list[dict[str, Any]], built: Built, chart: Chart) -> list[dict[str, Any]]:
    """The panels as the page draws them: as wide as their place, the key in HTML instead of a legend.

    The page adds the rows under the name ``rows``, and the colours of its theme.
    """
    return [
        {
            **_without_legends(copy.deepcopy(spec)), "params": parameters(chart), "width": "container",
            "height": panel.height or chart.height, "autosize": {"type": "fit-x", "contains": "padding"},
            **({"usermeta": {"narrowHeight": panel.narrow_height}} if panel.narrow_height else {}),
        }
        for spec, panel in zip(specs, built.panels, strict=True)
    ]  # fmt: skip


def static_spec(specs: list[dict[str, Any]], built: Built, chart: Chart, caption: str) -> dict[str, Any]:
    """The specification as a picture that stands alone: with title, legend and source line."""
    width = (WIDTH - AXIS_ROOM * (chart.columns - 1)) / chart.columns - chart.names_px
    panels: list[dict[str, Any]] = []
    lines = wrapped(caption, 160)
    shown: set[str] = set()
    for bare, panel in zip(specs, built.panels, strict=True):
        spec = _without_legends(copy.deepcopy(bare), shown)
        shown |= _fields_with_legend(spec)
        title = {"text": panel.heading, "fontSize": 13, "offset": 22, "frame": "group"}
        panels.append({**spec, **({"title": title} if panel.heading else {}), "width": width,
                       "height": panel.height or chart.height})  # fmt: skip
    own_scales = {"scale": dict.fromkeys(LEGENDS, "independent")}
    concat = {"concat": panels, "columns": chart.columns, "spacing": 24, "resolve": own_scales}
    drawing = panels[0] if len(panels) == 1 else concat
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE}.json",
        "config": vega_config("light"),
        "padding": 18,
        "title": {"text": wrapped(built.title, 90), "subtitle": wrapped(chart.subtitle, 125), "subtitlePadding": 6},
        "params": parameters(chart),
        "datasets": {"rows": built.rows.to_dicts()},
        "spacing": 14,
        "vconcat": [
            drawing,
            {"data": {"values": [{}]}, "width": WIDTH, "height": 12 * len(lines), "view": {"stroke": None},
             "mark": {"type": "text", "align": "left", "x": 0, "text": lines, "fontSize": 11, "style": "caption"}},
        ],
    }  # fmt: skip


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters."""
    lines = [""]
    for word in text.split(" "):  # not at no-break spaces
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
    return stable_svg(vlc.vegalite_to_svg(themed(spec, "light"), vl_version=VEGA_LITE)).encode()


def draw_png(svg: bytes, scale: float = PNG_SCALE) -> bytes:
    """PNG of an SVG picture, ``scale`` pixels to a unit."""
    _register_fonts()
    return recompressed(bytes(vlc.svg_to_png(svg.decode(), scale=scale)))


def recompressed(png: bytes) -> bytes:
    """The same picture in a third of the bytes: the drawing engine packs for speed."""
    position, head, tail, pixels = 8, png[:8], b"", b""
    while position < len(png):
        size, kind = struct.unpack(">I4s", png[position : position + 8])
        part = png[position : position + 12 + size]
        if kind == b"IDAT":
            pixels += part[8:-4]
        elif pixels:
            tail += part
        else:
            head += part
        position += 12 + size
    packed = b"IDAT" + zlib.compress(zlib.decompress(pixels), 6)
    return head + struct.pack(">I", len(packed) - 4) + packed + struct.pack(">I", zlib.crc32(packed)) + tail
