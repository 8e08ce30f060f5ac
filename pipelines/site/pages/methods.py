"""How figures are made: every formula from its own documentation, every assumption with its source."""

from __future__ import annotations

import duckdb

from pipelines.answers.explain import VERIFIED, References, read_references
from pipelines.answers.labels import KINDS, exact_interval, method_name, quantity_name, spoken
from pipelines.answers.numbers import number
from pipelines.settings import SQL
from pipelines.site.pages.glossary import TERMS, term_name
from pipelines.site.pages.models import references_digest
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.macros import Macro, read_macros

ASSUMPTIONS = "select * from seeds.assumptions order by name, applies_to"
METHODS = """
    select quantity, method, kind, count(*) as figure_count, count(*) filter (where is_preferred) as preferred_count
    from mart.figures where subject_kind = 'training_run'
    group by all order by quantity, preferred_count desc, method, kind
"""
TITLES = {
    "uncertainty": "Arithmetic of uncertain quantities",
    "training": "Training",
    "energy": "Energy, carbon and water",
    "cost": "Money",
    "inference": "Inference",
    "inputs": "Inputs",
    "names": "Names",
}
ORDER = ("training", "energy", "cost", "inference", "uncertainty")
FIRST = (
    "flop_6nd", "chip_hours_from_flop", "model_flop_utilisation", "server_energy_kwh_of", "facility_energy_kwh_of", "co2e_kg_of",
    "water_l_of", "cloud_cost_usd_of", "owned_cost_usd_of", "usd_per_million_tokens_of",
)  # fmt: skip
"""Formulas that most figures come from: shown first, the others in an appendix."""


def _macro_words(macro: Macro, references: References) -> Words:
    source = references.sources.get(macro.source_id) if macro.source_id else None
    return {
        "name": macro.name,
        "signature": f"{macro.name}({', '.join(macro.arguments)})",
        "description": macro.description,
        "equation": macro.equation if macro.equation != "none" else None,
        "units": macro.units if macro.units not in ("none", "as named") else None,
        "source": source,
        "example": macro.example,
        "file": macro.file,
    }


def _formula_groups(macros: list[Macro], references: References) -> list[Words]:
    groups: dict[str, list[Words]] = {}
    for macro in (one for one in macros if one.name not in FIRST):
        stem = macro.file.rsplit("/")[-1].removesuffix(".sql")
        groups.setdefault(stem, []).append(_macro_words(macro, references))
    ordered = sorted(groups, key=lambda stem: (ORDER.index(stem) if stem in ORDER else len(ORDER), stem))
    return [
        {"id": stem, "title": TITLES.get(stem, spoken(stem)), "macros": groups[stem], "file": groups[stem][0]["file"]}
        for stem in ordered
    ]


def _first_formulas(macros: list[Macro], references: References) -> list[Words]:
    by_name = {macro.name: macro for macro in macros}
    return [_macro_words(by_name[name], references) for name in FIRST if name in by_name]


def _assumption_row(one: Row, references: References) -> Words:
    source = references.sources[one["source_id"]]
    checked = (
        "our own judgement, explained there"
        if source["kind"] == "judgement"
        else VERIFIED.get(one["verified"], one["verified"])
    )
    unit = "" if one["unit"] in ("1", "ratio", "share") else one["unit"]
    return row(
        cell(one["name"], code=True),
        cell(one["applies_to"]),
        cell(f"{number(one['central'])} {unit}".strip(), one["central"]),
        cell(exact_interval(one["low"], one["high"], one["central"])),
        cell(one["description"]),
        cell(source["title"], url=source["url"]),
        cell(f"{one['locator']}: {checked}" if one["locator"] else checked),
    )


def _words(macros: list[Macro], assumptions: list[Row], methods: list[Row], references: References) -> Words:
    assumed = table(
        "assumption-table",
        "Assumptions",
        [
            head("Name"),
            head("Applies to"),
            head("Value", number=True),
            head("90 % interval"),
            head("Meaning", long=True),
            head("Source"),
            head("Location in the source, and how it was checked", long=True),
        ],
        [_assumption_row(one, references) for one in assumptions],
        tall=True,
    )
    used = table(
        "method-table",
        "Methods in use",
        [head("Quantity"), head("Method"), head("Kind"), head("Figures", number=True), head("Preferred", number=True)],
        [
            row(
                cell(quantity_name(one["quantity"])),
                cell(method_name(one["method"])),
                cell(KINDS.get(one["kind"]), kind=one["kind"]),
                cell(f"{one['figure_count']:,}", one["figure_count"]),
                cell(f"{one['preferred_count']:,}", one["preferred_count"]),
            )
            for one in methods
        ],
        tall=True,
    )
    return {
        **page(
            "Methods",
            "How the figures are made",
            "Formulas are SQL macros. Assumptions are rows with a source. This page reads both from the warehouse "
            "that calculated the figures. Formulas contain no hidden constants.",
            [],
        ),
        "kinds": [{"key": key, "text": text} for key, text in KINDS.items()],
        "terms": [(f"term-{key}", term_name(key), text) for key, text in sorted(TERMS.items())],
        "first": _first_formulas(macros, references),
        "groups": _formula_groups(macros, references),
        "before": [
            section(
                "methods",
                "How often is each method used?",
                "Methods in use",
                "We never use a published value of a quantity as input to our own estimate of that quantity. "
                "Summaries show the preferred figure.",
                table=used,
            )
        ],
        "after": [
            section(
                "assumptions",
                "What is assumed?",
                f"{len(assumptions)} assumptions",
                "The most specific row applies: a row for the run's number format or chip takes precedence over a row "
                "for all.",
                table=assumed,
            )
        ],
    }


@page_kind(
    "methods",
    number=13,
    name="Methods",
    menu_page="methods.html",
    description="Every formula with its documentation, every assumption with its source.",
    tables=("seeds.assumptions", "mart.figures"),
)
def draft_methods_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page; formulas are those of the code that built the warehouse."""
    references = read_references(connection)
    macros = [m for m in read_macros(SQL / "macros", "sql/macros") if not m.file.endswith(("names.sql", "inputs.sql"))]
    assumptions, methods = read_rows(connection, ASSUMPTIONS), read_rows(connection, METHODS)
    rows = (macros, assumptions, methods, references_digest(references))
    draft = Draft("methods.html", "methods.html", rows, lambda: _words(macros, assumptions, methods, references))
    return Drafts([draft], facts={"formulas": len(macros), "assumptions": len(assumptions)})
