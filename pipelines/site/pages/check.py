"""The page that checks a claim: figures of every subject by name, and the rules of ``ledger audit`` in the page itself."""

from __future__ import annotations

from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.answers.labels import BOUNDARIES, KINDS, SUBJECT_KINDS, quantity_name
from pipelines.answers.numbers import significant
from pipelines.settings import SQL
from pipelines.site.calculator.formulas_js import formulas_script
from pipelines.site.pages.models import sheet_name
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

FORMULAS = ("claim_bounds", "claim_verdict")
DIGITS = 9
"""Digits of the figures in the page: more than any claim has, so that verdicts are those of the command."""

SPELLINGS = """
    select spelling, subject_kind, subject_id, subject_name, precedence, taken_for from mart.audit_subjects order by all
"""
EVIDENCE = """
    with points as (
        from mart.audit_points where quantity in (select measured_quantity from core.claim_quantities)
    ),
    members as (
        select distinct subject_kind, subject_id, subject_kind as member_kind, subject_id as member_id from points
        union all
        select 'class' as subject_kind, claim_class_id as subject_id, subject_kind as member_kind, subject_id as member_id
        from mart.audit_members
    )
    select m.subject_kind, m.subject_id, p.quantity, p.boundary,
        quantile_cont(p.value_low, 0.05) as low, median(p.value) as value,
        quantile_cont(p.value_high, 0.95) as high, first(p.kind order by p.figure_id) as kind,
        list(p.figure_id order by p.figure_id) as figure_ids
    from members as m inner join points as p on m.member_kind = p.subject_kind and m.member_id = p.subject_id
    group by all order by all
"""
"""Our value for each subject, quantity and boundary; of a class the median member, with the bounds of most."""
PUBLISHED = """
    with doubts as (
        select subject_name, list_distinct(flatten(list(source_ids))) as source_ids from mart.consistency_findings
        where severity = 'error' and claim_source = 'seeds.published_figures' group by subject_name
    )
    select f.subject_kind, f.subject_id, f.quantity, f.boundary, f.figure_id, f.value, s.title,
        f.inputs[1].kind in ('measured', 'reported') as is_by_makers,
        coalesce(list_has_any(d.source_ids, f.source_ids), false) as is_doubted
    from mart.figures as f
    left join doubts as d on f.subject_name = d.subject_name
    left join meta.sources as s on f.source_ids[1] = s.source_id
    where f.method = 'published' and not f.is_preferred order by all
"""
"""Published figures that our own estimate stands before: a claim may repeat one."""
SOURCES = """
    select f.figure_id, s.title from (select figure_id, unnest(source_ids) as source_id from mart.figures where is_preferred) as f
    inner join meta.sources as s on f.source_id = s.source_id
    group by all order by f.figure_id, s.title
"""
QUANTITIES = """
    select measured_quantity as quantity, any_value(unit) as unit from core.claim_quantities group by 1 order by 1
"""
UNITS = "select unit, base_unit, unit_ratio from core.claim_units order by base_unit, unit_ratio, unit"
RULES = """
    select assumed['claim_about_ratio'].low as about_low, assumed['claim_about_ratio'].high as about_high,
        assumed['claim_widest_ratio'].value as widest
    from core.assumption_sets where subject_kind = 'class' and subject_id = 'all'
"""
RUN_SHEETS = "select training_run_id, model_id from core.training_runs order by 1"
USUAL_UNITS = {
    "kWh": "MWh", "hour": "day", "kg CO2e": "t CO2e", "parameter": "billion parameters", "token": "billion tokens",
    "USD": "million USD", "byte": "GB",
}  # fmt: skip
"""Base unit -> the unit that a claim is first asked in."""
MOST_SOURCES = 6
EXAMPLES = (
    ("Training GPT-3 used what 120 homes use in a year", "GPT-3", "home_years", "about", "120", "home-year"),
    ("Training GPT-3 took 1,287 MWh", "GPT-3", "energy_kwh", "about", "1287", "MWh"),
    ("Training Llama 3.1 405B emitted 8,930 tonnes", "Llama 3.1 405B", "co2e_kg", "about", "8930", "t CO2e"),
    ("GPT-4 cost more than 100 million dollars to train", "GPT-4", "cost_usd", "at least", "100", "million USD"),
)
"""Claims to begin with: words, subject, quantity, comparison, number, unit."""


class Texts:
    """Texts by number, so that the page holds each once."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text."""
        return self.known.setdefault(text, len(self.known))


def _short(value: float | None) -> float | None:
    return None if value is None else float(significant(value, DIGITS))


def _sheet(kind: str, subject_id: str, models: dict[str, str]) -> str | None:
    """The fact sheet of a subject; None where it has none."""
    if kind == "training_run":
        return f"models/{models[subject_id]}.html" if subject_id in models else None
    if kind == "model":
        return f"models/{subject_id}.html"
    if kind == "accelerator":
        return f"accelerators/{subject_id}.html"
    return sheet_name(kind, subject_id) if kind in SUBJECT_KINDS else None


def _subjects(rows: dict[str, list[Row]], texts: Texts) -> tuple[dict[tuple[str, str], int], list[Words]]:
    """Every subject with its evidence: place of each by kind and key, and the subjects."""
    models = {row["training_run_id"]: row["model_id"] for row in rows["sheets"]}
    titles: dict[str, list[int]] = {}
    for row in rows["sources"]:
        titles.setdefault(row["figure_id"], []).append(texts.number(row["title"]))
    published: dict[tuple[str, ...], list[list[Any]]] = {}
    for row in rows["published"]:
        about = [
            _short(row["value"]),
            int(row["is_by_makers"]),
            int(row["is_doubted"]),
            texts.number(row["title"] or ""),
        ]
        for quantity in {row["quantity"], f"{row['boundary']}_{row['quantity']}"}:
            published.setdefault((row["subject_kind"], row["subject_id"], quantity, row["boundary"]), []).append(about)
    places: dict[tuple[str, str], int] = {}
    subjects: list[Words] = []
    for row in rows["evidence"]:
        key = (row["subject_kind"], row["subject_id"])
        if key not in places:
            places[key] = len(subjects)
            subjects.append({"kind": key[0], "id": key[1], "href": _sheet(*key, models), "evidence": {}})
        named = sorted({title for figure in row["figure_ids"][:50] for title in titles.get(figure, [])})[:MOST_SOURCES]
        triple = [_short(row[end]) for end in ("low", "value", "high")]
        figure = [
            row["boundary"],
            *triple,
            row["kind"],
            named,
            published.get((*key, row["quantity"], row["boundary"]), []),
        ]
        subjects[places[key]]["evidence"].setdefault(row["quantity"], []).append(figure)
    return places, subjects


def check_data(connection: duckdb.DuckDBPyConnection) -> Words:
    """All that judging a claim needs, and the names that a reader may enter."""
    queries = {
        "evidence": EVIDENCE,
        "published": PUBLISHED,
        "sources": SOURCES,
        "sheets": RUN_SHEETS,
        "spellings": SPELLINGS,
    }
    rows = {name: read_rows(connection, query) for name, query in queries.items()}
    texts = Texts()
    places, subjects = _subjects(rows, texts)
    spellings: dict[str, list[list[Any]]] = {}
    for row in rows["spellings"]:
        key = (row["subject_kind"], row["subject_id"])
        if key not in places:  # a model of which no figure is known
            places[key] = len(subjects)
            subjects.append({"kind": key[0], "id": key[1], "href": None, "evidence": {}})
        subjects[places[key]]["name"] = row["subject_name"]
        spellings.setdefault(row["spelling"], []).append([places[key], row["precedence"], row["taken_for"]])
    rules = read_rows(connection, RULES)[0]
    return {
        "subjects": subjects,
        "spellings": spellings,
        "titles": list(texts.known),
        "quantities": {
            row["quantity"]: {"name": quantity_name(row["quantity"]), "unit": row["unit"]}
            for row in read_rows(connection, QUANTITIES)
        },
        "units": {
            row["unit"]: {"base": row["base_unit"], "factor": row["unit_ratio"]} for row in read_rows(connection, UNITS)
        },
        "usual": USUAL_UNITS,
        "rules": {"aboutLow": rules["about_low"], "aboutHigh": rules["about_high"], "widest": rules["widest"]},
        "boundaries": BOUNDARIES,
        "kinds": KINDS,
    }


def claims_script() -> str:
    """The formulas that a verdict follows from, as JavaScript."""
    return formulas_script(SQL / "macros", FORMULAS)


def _words(data: Words) -> Words:
    return {
        "title": "Check a claim",
        "data": data,
        "formulas": Markup(claims_script()),
        "examples": EXAMPLES,
        "scripts": [f"sheets/{name}.js" for name in ("unpack", "numbers", "matching", "combobox", "claims", "check")],
    }


@page_kind(
    "check",
    number=8,
    name="Check",
    menu_page="check.html",
    description="A claim of a reader, checked in the page by the rules of ledger audit: verdict, interval, sources.",
    tables=(
        "mart.audit_subjects",
        "mart.audit_points",
        "mart.audit_members",
        "mart.figures",
        "mart.consistency_findings",
        "core.claim_quantities",
        "core.claim_units",
        "core.training_runs",
    ),
)
def draft_check_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page that holds the figures of all subjects."""
    data = check_data(connection)
    draft = Draft("check.html", "check.html", data, lambda: _words(data))
    return Drafts([draft], facts={"subjects": len(data["subjects"])})
