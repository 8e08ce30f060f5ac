"""What the front page takes from the other pages: links to them, the search box, the calculator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.settings import REPORTS
from pipelines.sheets.find_page import search_entries
from pipelines.sheets.registry import registered_pages
from pipelines.site_files import json_for_html

SCRIPTS = ("combobox.js", "search.js")
ABOUT = {
    "find": "Every model and chip, with a fact sheet each.",
    "compare": "Two to six models, chips or benchmark rounds side by side.",
    "claims": "What others claim, computed again.",
    "validation": "Our estimates against published figures.",
    "quality": "What is measured, assumed, missing or in conflict.",
    "methods": "Every formula and every assumption.",
}


@dataclass(frozen=True)
class Front:
    """Variables of the front page's template, one script and further style rules."""

    words: dict[str, Any]
    script: Markup
    style: str


def front_parts(connection: duckdb.DuckDBPyConnection) -> Front:
    """The parts, from the published file."""
    menu = [(kind.menu_page, kind.name, ABOUT.get(kind.kind_id, "")) for kind in registered_pages() if kind.menu_page]
    script = "\n".join((REPORTS / "sheets" / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return Front(
        {"pages_menu": menu, "search_data": json_for_html(search_entries(connection))},
        Markup(script.replace("</script", "<\\/script")),
        (REPORTS / "sheets" / "front.css").read_text(encoding="utf-8"),
    )
