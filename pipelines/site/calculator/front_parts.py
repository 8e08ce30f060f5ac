"""What the front page takes from the other pages: links to them, the search box, the calculator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.settings import REPORTS, SQL
from pipelines.site.calculator.coefficients import FORMULAS
from pipelines.site.calculator.formulas_js import formulas_script
from pipelines.site.files import json_for_html
from pipelines.site.pages.find import search_entries
from pipelines.site.pages.registry import registered_pages

ABOUT = {
    "find": "A fact sheet for every model and accelerator.",
    "compare": "Two to six models, accelerators or benchmark rounds side by side.",
    "claims": "Public claims, recalculated.",
    "validation": "Our estimates against published figures.",
    "quality": "Which data are measured, assumed, missing or in conflict.",
    "methods": "Every formula and every assumption.",
}


@dataclass(frozen=True)
class Front:
    """Variables of the front page's template, one script and further style rules."""

    words: dict[str, Any]
    script: Markup
    style: str


def calculator_script() -> str:
    """The calculator without its form: formulas from sql/macros, numbers, rules."""
    texts = ((REPORTS / "sheets" / name).read_text(encoding="utf-8") for name in ("numbers.js", "whatif.js"))
    return "\n".join((formulas_script(SQL / "macros", FORMULAS), *texts))


def _script() -> str:
    """The one script of the front page's further parts. Strict, and without names outside of it."""
    search, form = (
        [(REPORTS / "sheets" / name).read_text(encoding="utf-8") for name in names]
        for names in (("combobox.js", "search.js"), ("whatif_form.js",))
    )
    return "\n".join(['"use strict";', "(() => {", *search, calculator_script(), *form, "})();"])


def _embedded(data: dict[str, Any]) -> dict[str, Any]:
    """The coefficients without what the form's own choices say already."""
    chips = {
        key: {name: value for name, value in chip.items() if name not in ("name", "vendor") and value not in (None, [])}
        for key, chip in data["chips"].items()
    }
    return {**data, "chips": chips}


def _whatif_words(data: dict[str, Any]) -> dict[str, Any]:
    """Choices of the calculator's form."""
    vendors: dict[str, list[tuple[str, str]]] = {}
    for key, chip in data["chips"].items():
        vendors.setdefault(chip["vendor"] or "Other", []).append((key, chip["name"]))
    chips = [
        (vendor, sorted(vendors[vendor], key=lambda one: (one[1].lower(), one[0])))
        for vendor in sorted(vendors, key=str.lower)
    ]
    return {
        "whatif_chips": chips,
        "whatif_default": data["default_chip"],
        "whatif_data": json_for_html(_embedded(data)),
        "whatif_countries": [("", "not given"), *((code, code) for code in sorted(data["countries"]))],
    }


def front_parts(connection: duckdb.DuckDBPyConnection, coefficients: dict[str, Any]) -> Front:
    """The parts, from the published file and the coefficients of the calculator."""
    menu = [(kind.menu_page, kind.name, ABOUT.get(kind.kind_id, "")) for kind in registered_pages() if kind.menu_page]
    return Front(
        {"pages_menu": menu, "search_data": json_for_html(search_entries(connection)), **_whatif_words(coefficients)},
        Markup(_script().replace("</script", "<\\/script")),
        (REPORTS / "sheets" / "front.css").read_text(encoding="utf-8"),
    )
