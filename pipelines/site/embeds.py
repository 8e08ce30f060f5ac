"""Pages of one chart each, to be put into a page of somebody else, and the library that they share.

What belongs here: the files below ``embed/``. What does not: the front page, which holds the library itself, so that it
can be sent as one file. The files are for frames: a frame takes the chart, its words, table and downloads as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from pipelines.settings import Settings
from pipelines.site.charts.style import palette, vega_config
from pipelines.site.files import packed_json, script_hash, write_changed
from pipelines.site.pages.writing import script_text

FOLDER = "embed"
LIBRARY = "vega.js"


def payload_of(cards: Sequence[Mapping[str, Any]]) -> Markup:
    """What ``reports/page.js`` draws: rows and specifications of the cards, and both themes."""
    charts = {card["chart_id"]: {"data": card["data"], "specs": card["specs"]} for card in cards}
    themes = {theme: {"config": vega_config(theme), "palette": palette(theme)} for theme in ("light", "dark")}
    return packed_json({"charts": charts, "themes": themes})


def build_embeds(
    settings: Settings, cards: Sequence[Mapping[str, Any]], environment: Environment, bundle: str
) -> tuple[list[str], list[str]]:
    """Write a page for each card, and the library; returns all names and those that changed. Pages of no card go."""
    script = script_text("page.js")
    template = environment.get_template("embed.html")
    files = {LIBRARY: bundle.encode()}
    for card in cards:
        html = template.render(
            card=card, heading="h1", root="../", is_embedded=True, library=LIBRARY, payload=payload_of([card]),
            script=script, script_hashes=script_hash(script),
        )  # fmt: skip
        files[f"{FOLDER}/{card['chart_id']}.html"] = html.encode()
    changed = [name for name, data in files.items() if write_changed(settings.site / name, data)]
    for path in (settings.site / FOLDER).glob("*.html"):
        if f"{FOLDER}/{path.name}" not in files:
            path.unlink()
    return sorted(files), changed
