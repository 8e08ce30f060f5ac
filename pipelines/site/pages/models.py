"""Fact sheets of models, and of other subjects that somebody published figures of."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Container, Mapping
from functools import partial
from typing import Any

import duckdb

from pipelines.answers.explain import Known, References, read_references
from pipelines.answers.labels import SUBJECT_KINDS, quantity_name, said, spoken
from pipelines.answers.numbers import NBSP, count, number
from pipelines.answers.subjects import public_name
from pipelines.records.places import country_name
from pipelines.site.pages.figure_words import Words, cards, headline
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.served import SERVED, served_words
from pipelines.warehouse.file import Row, read_rows

HEADLINE = ("training_flop", "facility_energy_kwh", "cloud_cost_usd", "location_co2e_kg")

RUNS = """
    select r.*, a.accelerator_name, coalesce(s.flop_covers, s.time_covers) as covers, s.pair_doubt, s.home_years, s.petaflop_days
    from core.training_runs as r
    left join mart.training_summary as s on r.training_run_id = s.training_run_id
    left join mart.accelerators as a on r.accelerator_id = a.accelerator_id
    order by r.model_id, not r.is_main_run, r.training_run_id
"""
MODELS = "select * from core.models order by model_id"
FIGURES = "select * from mart.figures order by subject_kind, subject_id, not is_preferred, method, figure_id"
RECORDS = """
    select quantity, method, count(*) as figures, count(*) filter (is_covered) as covered
    from mart.validation where not is_circular group by 1, 2 having count(*) >= 5 order by 1, 2
"""
"""How estimates of a quantity by a method did against published figures, where there are enough."""
FAMILIES = """
    select model_id, model_name, sister_name(model_name) as family from core.models
    where sister_name(model_name) is not null order by family, total_params, model_name, model_id
"""
MOST_SISTERS = 12
OF_OTHERS = """
    subject_kind <> 'training_run'
    and not (subject_kind = 'model' and subject_id in (select model_id from core.models))
"""
BREAKDOWN = """
    select training_run_id, component, share_low, share, share_high, cost_usd
    from mart.cost_breakdown order by training_run_id, share desc, component
"""
FINDINGS = """
    select subject_name, rule, observed, expected, ratio, unit, severity, likely_cause, is_corrected
    from mart.consistency_findings order by subject_name, severity, rule, finding_id
"""
CONFLICTS = """
    select subject_kind, subject_id, field, value_a, source_a, value_b, source_b, ratio, reason
    from mart.conflicts order by subject_kind, subject_id, field, source_b, row_b
"""


def references_digest(references: References) -> str:
    """Digest of all that inputs refer to: where it changes, pages are made again."""
    parts = (sorted(references.sources.items()), sorted(references.assumptions.items()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def grouped(rows: list[Row], *columns: str) -> dict[Any, list[Row]]:
    """Rows by the value of a column, or the values of several."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns)].append(row)
    return groups


def _field_name(field: str) -> str:
    """A field of mart.conflicts in words: a quantity with its boundary behind it, or the peak of a format."""
    if field.endswith(" peak"):
        return spoken(field)
    quantity, _, boundary = field.partition(" ")
    return quantity_name(public_name(quantity, boundary or "none"))


def conflict_words(row: Row, references: References) -> Words:
    """A fact that two sources tell differently."""
    a, b = references.sources[row["source_a"]], references.sources[row["source_b"]]
    return {
        "field": _field_name(row["field"]),
        "used": number(row["value_a"]),
        "used_source": a,
        "other": number(row["value_b"]),
        "other_source": b,
        "ratio": f"{number(row['ratio'], 3)}{NBSP}×",
        "reason": row["reason"],
    }


def finding_words(row: Row) -> Words:
    """A figure that cannot be, or needs care."""
    return {
        "rule": spoken(row["rule"]),
        "severity": row["severity"],
        "cause": row["likely_cause"],
        "observed": number(row["observed"]) if row["observed"] is not None else "–",
        "expected": number(row["expected"]) if row["expected"] is not None else "–",
        "unit": row["unit"] if row["unit"] not in (None, "1", "ratio") else "",
        "corrected": row["is_corrected"],
    }


def breakdown_words(row: Row) -> Words:
    """A component of the cost."""

    def percent(share: float | None) -> str:
        return "–" if share is None else said(share, "ratio", "mfu")

    return {
        "component": spoken(row["component"]),
        "share": percent(row["share"]),
        "interval": f"{percent(row['share_low'])} to {percent(row['share_high'])}",
        "cost": said(row["cost_usd"], "USD") if row["cost_usd"] is not None else "–",
        "width": round(100 * min(1.0, max(0.0, row["share"] or 0)), 1),
    }


def _run_facts(run: Row) -> list[Words]:
    facts: list[tuple[str, str | None, str | None]] = [
        ("Kind of run", spoken(run["run_kind"]) if run["run_kind"] else None, None),
        ("Figures of", "this stage alone, without the base model" if run["covers"] == "stage" else None, None),
        ("Check", run["pair_doubt"], None),
        ("Training tokens", count(run["training_tokens"], 3) if run["training_tokens"] else None, None),
        (
            "Accelerator",
            run["accelerator_name"],
            run["accelerator_id"] and f"accelerators/{run['accelerator_id']}.html",
        ),
        ("Accelerators", number(run["accelerator_count"]) if run["accelerator_count"] else None, None),
        ("Number format", run["number_format"], None),
        ("Country", run["training_country"] and country_name(run["training_country"]), None),
        ("Operator", spoken(run["operator_kind"]) if run["operator_kind"] else None, None),
    ]
    return [{"name": name, "value": value, "href": href} for name, value, href in facts if value]


def _equivalents(run: Row) -> dict[str, str]:
    """What an amount is as much as, by the quantity that it is of."""
    homes, days = run["home_years"], run["petaflop_days"]
    return {
        name: text
        for name, text in (
            ("facility_energy_kwh", homes and f"As much as {count(homes)} US homes use in a year."),
            ("training_flop", days and f"{said(days, 'petaFLOP-day')}."),
        )
        if text
    }


def _records(rows: list[Row]) -> dict[tuple[str, str], str]:
    """How well each method did, in words."""
    return {
        (
            row["quantity"],
            row["method"],
        ): f"Estimates by this method against independent published figures: {row['covered']} of "
        f"{row['figures']} lie inside the interval."
        for row in rows
    }


def _sisters(rows: list[Row], sheets: Container[str]) -> dict[str, list[Words]]:
    """Links to the other models of the family, by model."""
    found: dict[str, list[Words]] = {}
    for family in grouped(rows, "family").values():
        there = [row for row in family if row["model_id"] in sheets]
        for row in there:
            others = [other for other in there if other is not row][:MOST_SISTERS]
            found[row["model_id"]] = [
                {"href": f"models/{other['model_id']}.html", "name": f"Same family: {other['model_name']}"}
                for other in others
            ]
    return found


def makers(organization: str | None) -> str | None:
    """Several makers with a blank after each comma."""
    return organization and re.sub(r",(?=\S)", ", ", organization)


def _model_facts(model: Row) -> list[Words]:
    facts = [
        ("Developer", makers(model["organization"])),
        ("Published", model["publication_date"] and model["publication_date"].isoformat()),
        ("Domain", model["domain"] and spoken(model["domain"])),
        ("Architecture", model["architecture"] and spoken(model["architecture"])),
        ("Parameters", model["total_params"] and count(model["total_params"], 3)),
        ("Active parameters", model["active_params"] and count(model["active_params"], 3)),
    ]
    return [{"name": name, "value": value, "href": None} for name, value in facts if value]


def _model_words(model: Row, parts: list[dict[str, Any]], extra: dict[str, Any], references: References) -> Words:
    runs = []
    for index, part in enumerate(parts):
        prefix = "" if index == 0 else f"{part['id']}--"
        runs.append(
            {
                "id": part["id"],
                "name": part["name"],
                "facts": _run_facts(part["run"]) if part["run"] else [],
                "cards": cards(
                    Known(part["figures"], references),
                    prefix,
                    _equivalents(part["run"]) if part["run"] else {},
                    extra["records"],
                ),
                "breakdown": [breakdown_words(row) for row in part["breakdown"]],
            }
        )
    main = runs[0]["cards"]
    return {
        "kicker": "Model",
        "title": model["model_name"],
        "facts": _model_facts(model),
        "runs": runs,
        "headline": headline(main, HEADLINE) or main[:4],
        "findings": [finding_words(row) for row in extra["findings"]],
        "conflicts": [conflict_words(row, references) for row in extra["conflicts"]],
        "links": extra["links"],
        "served": served_words(extra["served"], "accelerator"),
        "compare": runs[0]["id"] if parts[0]["run"] else None,
    }


def _other_words(kind: str, name: str, figures: list[Row], references: References) -> Words:
    made = cards(Known(figures, references))
    return {
        "kicker": SUBJECT_KINDS.get(kind, spoken(kind)),
        "title": name,
        "facts": [],
        "headline": made[:4],
        "runs": [{"id": "", "name": "", "facts": [], "cards": made, "breakdown": []}],
        "findings": [],
        "conflicts": [],
        "links": [],
        "served": None,
        "compare": None,
    }


def sheet_name(kind: str, subject_id: str) -> str:
    """File of the fact sheet of a subject that is neither a model nor a training run."""
    return f"subjects/{kind}-{subject_id}.html"


def _with_sheets(figures: Container[tuple[str, str]], runs: Mapping[str, list[Row]]) -> set[str]:
    """Models of which a run has a figure."""
    return {
        model
        for model, found in runs.items()
        if any(("training_run", run["training_run_id"]) in figures for run in found)
    }


@page_kind(
    "models",
    number=2,
    name="",
    menu_page=None,
    description="A fact sheet for every model that has a figure: each figure with interval, method, formula, inputs "
    "and sources, beside published values from other sources.",
    tables=(
        "mart.figures",
        "core.training_runs",
        "core.models",
        "mart.training_summary",
        "mart.accelerators",
        "mart.cost_breakdown",
        "mart.consistency_findings",
        "mart.conflicts",
        "mart.validation",
        "mart.serving_grid",
        "mart.device_fit",
    ),
)
def draft_model_sheets(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One sheet a model; the figures of all are read at once."""
    references = read_references(connection)
    cited = references_digest(references)
    figures = grouped(read_rows(connection, FIGURES), "subject_kind", "subject_id")
    runs = grouped(read_rows(connection, RUNS), "model_id")
    breakdowns = grouped(read_rows(connection, BREAKDOWN), "training_run_id")
    findings = grouped(read_rows(connection, FINDINGS), "subject_name")
    conflicts = grouped(read_rows(connection, CONFLICTS), "subject_kind", "subject_id")
    records = _records(read_rows(connection, RECORDS))
    sisters = _sisters(read_rows(connection, FAMILIES), _with_sheets(figures, runs))
    served = grouped(read_rows(connection, SERVED), "model_id")
    pages = []
    for model in read_rows(connection, MODELS):
        model_id = model["model_id"]
        parts = [
            {
                "id": run["training_run_id"],
                "name": run["model_name"],
                "run": run,
                "figures": figures.pop(("training_run", run["training_run_id"]), []),
                "breakdown": breakdowns.get(run["training_run_id"], []),
            }
            for run in runs.get(model_id, [])
        ]
        parts.append(
            {
                "id": "model",
                "name": "Published for the model, not for a run",
                "run": None,
                "figures": figures.pop(("model", model_id), []),
                "breakdown": [],
            }
        )
        parts = [part for part in parts if part["figures"]]
        if not parts:
            continue
        names = dict.fromkeys([model["model_name"], *(part["name"] for part in parts)])
        ids = dict.fromkeys([("model", model_id), *(("training_run", part["id"]) for part in parts)])
        links = [
            {
                "href": sheet_name(kind, subject),
                "name": f"{SUBJECT_KINDS.get(kind, spoken(kind))}: {rows[0]['subject_name']}",
            }
            for (kind, subject), rows in figures.items()
            if subject == model_id and kind not in ("model", "training_run")
        ]
        extra = {
            "findings": [row for name in names for row in findings.get(name, [])],
            "conflicts": [row for key in ids for row in conflicts.get(key, [])],
            "links": [*sisters.get(model_id, []), *links],
            "records": records,
            "served": served.get(model_id, []),
        }
        pages.append(
            Draft(
                f"models/{model_id}.html",
                "model.html",
                (model, parts, extra, cited),
                partial(_model_words, model, parts, extra, references),
            )
        )
    return Drafts(pages, facts={"models": len(pages)})


@page_kind(
    "subjects",
    number=4,
    name="",
    menu_page=None,
    description="A fact sheet for every model family, training stage, machine and inference service with a published "
    "figure.",
    tables=("mart.figures",),
)
def draft_other_sheets(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One sheet a subject that is neither a model nor a training run."""
    references = read_references(connection)
    cited = references_digest(references)
    query = FIGURES.replace("order by", f"where {OF_OTHERS} order by")
    pages = [
        Draft(
            sheet_name(kind, subject),
            "model.html",
            (rows, cited),
            partial(_other_words, kind, rows[0]["subject_name"], rows, references),
        )
        for (kind, subject), rows in grouped(read_rows(connection, query), "subject_kind", "subject_id").items()
    ]
    return Drafts(pages, facts={"subjects": len(pages)})
