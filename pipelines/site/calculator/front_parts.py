"""What the front page takes from the other pages: links to them, the search box, the calculator."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.records.places import country_name
from pipelines.settings import REPORTS, SQL
from pipelines.site.calculator.coefficients import FORMULAS
from pipelines.site.calculator.formulas_js import formulas_script
from pipelines.site.files import json_for_html
from pipelines.site.pages.find import search_entries
from pipelines.site.pages.registry import site_menu


@dataclass(frozen=True)
class Question:
    """A question that people have: where it is answered, in which words, and examples with their addresses."""

    text: str
    href: str
    about: str
    examples: tuple[tuple[str, str], ...]


QUESTIONS = (
    Question(
        "What did a model take?", "find.html", "Compute, energy, money, carbon and water of a training run, with sources.",
        (("models/gpt-3-175b.html", "GPT-3"), ("models/gpt-4.html", "GPT-4"), ("models/llama-3.1-405b.html", "Llama 3.1 405B"),
         ("models/deepseek-v3.html", "DeepSeek-V3")),
    ),
    Question(
        "What would my run take?", "#what-if", "Your size, tokens, accelerators and country.",
        (("#what-if?accelerator=h100-sxm&params=13+billion&tokens=2+trillion&count=256&country=FRA",
          "13B on 2T tokens, 256 H100, France"),),
    ),
    Question(
        "What serves my model, and at what price?", "serving.html", "Your model, accelerator, users, prompts and answers.",
        (("serving.html#model=Llama+3.1+70B&device=h100-sxm&batch=64", "Llama 3.1 70B for 64 users"),
         ("devices.html#serving", "by accelerator"),
         ("compare.html#accelerators=h100-sxm,b200-sxm,mi300x", "H100, B200, MI300X")),
    ),
    Question(
        "What fits my device or budget?", "devices.html", "Limits on price, power and memory; the fastest come first.",
        (("devices.html#model=8B&usd=300", "8B under 300 dollars"), ("devices.html#model=70B&watts=500", "70B within 500 W")),
    ),
    Question(
        "Is this claim true?", "check.html", "Enter it, or read the public claims that we recalculated.",
        (("check.html#subject=GPT-3&quantity=home_years&comparison=about&number=120&unit=home-year", "GPT-3 and 120 homes"),
         ("claims.html", "Public claims")),
    ),
)  # fmt: skip
"""The questions of the front page, in order; an example whose sheet is not there is left out."""


def _questions(pages: Container[str]) -> list[Question]:
    def is_there(href: str) -> bool:
        name = href.partition("#")[0]
        return name == "" or name in pages

    return [replace(one, examples=tuple(e for e in one.examples if is_there(e[0]))) for one in QUESTIONS]


@dataclass(frozen=True)
class Front:
    """Variables of the front page's template, one script and further style rules."""

    words: dict[str, Any]
    script: Markup
    style: str


def calculator_script() -> str:
    """The calculator without its form: formulas from sql/macros, numbers, rules."""
    texts = (
        (REPORTS / "sheets" / name).read_text(encoding="utf-8") for name in ("numbers.js", "amounts.js", "whatif.js")
    )
    return "\n".join((formulas_script(SQL / "macros", FORMULAS), *texts))


def _script() -> str:
    """The one script of the front page's further parts. Strict, and without names outside of it."""
    search, form = (
        [(REPORTS / "sheets" / name).read_text(encoding="utf-8") for name in names]
        for names in (("matching.js", "combobox.js", "search.js"), ("whatif_form.js",))
    )
    return "\n".join(['"use strict";', "(() => {", *search, calculator_script(), *form, "})();"])


def _embedded(data: dict[str, Any]) -> dict[str, Any]:
    """The coefficients without what the form's own choices say already."""
    chips = {
        key: {name: value for name, value in chip.items() if name not in ("name", "vendor") and value not in (None, [])}
        for key, chip in data["chips"].items()
    }
    return {**data, "chips": chips}


def chips_by_vendor(chips: Mapping[str, tuple[str | None, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Accelerators as groups of a list to choose from: vendors, each with keys and names, from (vendor, name) by key."""
    vendors: dict[str, list[tuple[str, str]]] = {}
    for key, (vendor, name) in chips.items():
        vendors.setdefault(vendor or "Other", []).append((key, name))
    return [
        (vendor, sorted(vendors[vendor], key=lambda one: (one[1].lower(), one[0])))
        for vendor in sorted(vendors, key=str.lower)
    ]


def _whatif_words(data: dict[str, Any]) -> dict[str, Any]:
    """Choices of the calculator's form."""
    countries = sorted(((code, country_name(code)) for code in data["countries"]), key=lambda one: one[1])
    return {
        "whatif_chips": chips_by_vendor({key: (chip["vendor"], chip["name"]) for key, chip in data["chips"].items()}),
        "whatif_default": data["default_chip"],
        "whatif_data": json_for_html(_embedded(data)),
        "whatif_countries": [("", "not given"), *countries],
    }


def front_parts(connection: duckdb.DuckDBPyConnection, coefficients: dict[str, Any], pages: Container[str]) -> Front:
    """The parts, from the published file, the coefficients of the calculator and the names of the other pages."""
    search = json_for_html(search_entries(connection))
    return Front(
        {"menu": site_menu(), "questions": _questions(pages), "search_data": search, **_whatif_words(coefficients)},
        Markup(_script().replace("</script", "<\\/script")),
        (REPORTS / "sheets" / "front.css").read_text(encoding="utf-8"),
    )
