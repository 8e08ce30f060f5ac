"""The index of all fact sheets, with a search box; and the same index as data for the search box of the front page."""

from __future__ import annotations

import unicodedata
from typing import Any

import duckdb

from pipelines.answers.labels import SUBJECT_KINDS, said, spoken
from pipelines.answers.numbers import count
from pipelines.site.pages.accelerators import KINDS
from pipelines.site.pages.models import OF_OTHERS, makers, sheet_name
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows

MODELS = """
    select m.model_id, m.model_name, m.organization, m.publication_date, m.domain, m.total_params,
        s.training_flop, s.facility_energy_kwh, s.cloud_cost_usd, coalesce(k.mention_count, 0) as mention_count
    from core.models as m
    left join mart.training_summary as s on m.model_id = s.model_id and s.is_main_run
    left join (
        select coalesce(r.model_id, f.subject_id) as model_id, count(*) as mention_count
        from mart.figures as f left join core.training_runs as r on f.subject_id = r.training_run_id
        where f.method = 'published' and f.subject_kind in ('model', 'training_run') group by 1
    ) as k on m.model_id = k.model_id
    where
        m.model_id in (select subject_id from mart.figures where subject_kind = 'model')
        or m.model_id in (
            select r.model_id from core.training_runs as r
            inner join mart.figures as f on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id
        )
    order by s.training_flop desc nulls last, lower(m.model_name), m.model_id
"""
"""Models, the largest training runs first; ``mention_count`` is how many figures of them were published."""
OTHERS = f"""
    select subject_kind, subject_id, any_value(subject_name) as subject_name, count(*) as figure_count
    from mart.figures where {OF_OTHERS}
    group by subject_kind, subject_id order by lower(any_value(subject_name)), subject_kind, subject_id
"""
CHIPS = """
    select accelerator_id, accelerator_name, vendor, kind, release_date, dense_16_bit_flop_per_s, tdp_w, memory_bytes,
        coalesce(k.mention_count, 0) as mention_count
    from mart.accelerators left join (
        select accelerator_id, count(*) as mention_count from (
            select accelerator_id from core.training_runs union all select accelerator_id from seeds.cloud_prices
            union all select accelerator_id from seeds.purchase_prices
        ) as m group by 1
    ) as k using (accelerator_id)
    order by release_date desc nulls last, lower(accelerator_name), accelerator_id
"""
"""Accelerators, the newest first; ``mention_count`` is in how many runs and observed prices they are."""
MODEL_NAMES = """
    select model_id as id, string_agg(distinct word, ' ' order by word) as names
    from (select model_id, lower(replace(name, ' ', '')) as word from core.model_names) as n
    where model_id is not null group by 1
"""
CHIP_NAMES = """
    select accelerator_id as id, string_agg(distinct word, ' ' order by word) as names
    from (select accelerator_id, lower(replace(name, ' ', '')) as word from core.accelerator_names) as n
    where accelerator_id is not null group by 1
"""


def _names(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {one["id"]: one["names"] for one in read_rows(connection, query)}


def _terms(*texts: str | None) -> str:
    """Words that a search finds a row by, each once."""
    return " ".join(dict.fromkeys(" ".join(text for text in texts if text).lower().split()))


def _amount(value: float | None, unit: str) -> Words:
    return cell(None if value is None else said(value, unit), value)


def _model_row(one: Row, names: dict[str, str]) -> Words:
    day = one["publication_date"].isoformat() if one["publication_date"] else None
    return row(
        cell(one["model_name"], one["model_name"].lower(), href=f"models/{one['model_id']}.html"),
        cell(makers(one["organization"])),
        cell(day),
        cell(None if one["total_params"] is None else count(one["total_params"]), one["total_params"]),
        _amount(one["training_flop"], "FLOP"),
        _amount(one["facility_energy_kwh"], "kWh"),
        _amount(one["cloud_cost_usd"], "USD"),
        terms=_terms(
            one["model_name"], one["organization"], one["domain"], one["model_id"], names.get(one["model_id"])
        ),
    )


def _chip_row(one: Row, names: dict[str, str]) -> Words:
    day = one["release_date"].isoformat() if one["release_date"] else None
    kind = KINDS.get(one["kind"], one["kind"])
    return row(
        cell(
            one["accelerator_name"], one["accelerator_name"].lower(), href=f"accelerators/{one['accelerator_id']}.html"
        ),
        cell(one["vendor"]),
        cell(kind),
        cell(day),
        _amount(one["dense_16_bit_flop_per_s"], "FLOP/s"),
        _amount(one["tdp_w"], "W"),
        _amount(one["memory_bytes"], "B"),
        terms=_terms(
            one["accelerator_name"], one["vendor"], kind, one["accelerator_id"], names.get(one["accelerator_id"])
        ),
    )


def _other_row(one: Row) -> Words:
    kind = SUBJECT_KINDS.get(one["subject_kind"], spoken(one["subject_kind"]))
    return row(
        cell(one["subject_name"], one["subject_name"].lower(), href=sheet_name(one["subject_kind"], one["subject_id"])),
        cell(kind),
        cell(one["figure_count"], one["figure_count"]),
        terms=_terms(one["subject_name"], kind, one["subject_id"]),
    )


def _tables(rows: dict[str, list[Row]], names: dict[str, dict[str, str]]) -> list[tuple[str, Words]]:
    models = table(
        "models",
        "Models",
        [
            head("Model"),
            head("Developer"),
            head("Published", short=True),
            head("Parameters", number=True),
            head("Compute", number=True),
            head("Energy", number=True),
            head("Rental cost", number=True),
        ],
        [_model_row(one, names["models"]) for one in rows["models"]],
        noun="models",
        tall=True,
    )
    chips = table(
        "chips",
        "Accelerators",
        [
            head("Accelerator"),
            head("Vendor"),
            head("Kind"),
            head("Released", short=True),
            head("16-bit peak", number=True),
            head("Rated power", number=True),
            head("Memory", number=True),
        ],
        [_chip_row(one, names["chips"]) for one in rows["chips"]],
        noun="accelerators",
        tall=True,
    )
    others = table(
        "others",
        "Other subjects",
        [head("Subject"), head("Kind"), head("Figures", number=True)],
        [_other_row(one) for one in rows["others"]],
        noun="others",
        tall=True,
    )
    return [
        ("Models", models),
        ("Accelerators", chips),
        ("Model families, training stages, machines and services", others),
    ]


def _words(rows: dict[str, list[Row]], names: dict[str, dict[str, str]]) -> Words:
    kickers = ("What did training need?", "Which accelerators are listed?", "What else has published figures?")
    tables = _tables(rows, names)
    sections = [
        section(f"all-{one['id']}", kicker, f"{title}: {len(one['rows']):,}", table=one)
        for kicker, (title, one) in zip(kickers, tables, strict=True)
    ]
    return page(
        "Find a model or an accelerator",
        "Find a model or an accelerator",
        "Every name links to a fact sheet with the interval, method, formula, inputs and sources of each figure.",
        sections,
        filter={
            "label": "Search by name, company or key",
            "placeholder": "for example gpt4, H100, Google",
            "tables": [one["id"] for _, one in tables],
        },
        scripts=["sheets/matching.js", "sheets/filter.js"],
    )


def read_index(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """Everything that has a fact sheet, by kind."""
    return {
        name: read_rows(connection, query) for name, query in (("models", MODELS), ("chips", CHIPS), ("others", OTHERS))
    }


def search_entries(connection: duckdb.DuckDBPyConnection) -> list[list[Any]]:
    """For the search box of the front page: name, what it is, file, further words that find it, and 1 for what goes last.

    The known come before the obscure: by figures that were published of a model, by runs and prices of an accelerator.
    """
    names = {"models": _names(connection, MODEL_NAMES), "chips": _names(connection, CHIP_NAMES)}
    index = read_index(connection)
    ranked: list[tuple[int, int, list[Any]]] = []
    for kind, (_, one) in zip(("model", "accelerator", ""), _tables(index, names), strict=True):
        known = [row.get("mention_count", 0) for row in index[one["id"]]]
        order = sorted(range(len(known)), key=lambda place: (-known[place], place))
        entries = [_entry(one["rows"][place], kind) for place in order]
        ranked += [(len(kind) == 0, rank, entry) for rank, entry in enumerate(entries)]
    return [entry for _, _, entry in sorted(ranked, key=lambda one: one[:2])]


def _entry(each: Words, kind: str) -> list[Any]:
    name, second = each["cells"][0], each["cells"][1]["text"]
    what = f"{kind}, {second}".removesuffix(", –") if kind else second.lower()
    known = [_plain(name["text"]), *map(_plain, what.split())]
    kept: list[str] = []
    for word in sorted(each["terms"].split(), key=len, reverse=True):  # what a longer word holds is found by that one
        plain = _plain(word)
        if not any(plain in one for one in known):
            known.append(plain)
            kept.append(plain)
    return [name["text"], what, name["href"], " ".join(kept), *([] if kind else [1])]


def _plain(text: str) -> str:
    """Letters and digits alone, as reports/sheets/matching.js compares them."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).lower()))


@page_kind(
    "find",
    number=5,
    name="Find",
    menu_page="find.html",
    description="The index of all fact sheets, with a search box.",
    tables=(
        "core.models",
        "core.training_runs",
        "mart.training_summary",
        "mart.figures",
        "mart.accelerators",
        "core.model_names",
        "core.accelerator_names",
    ),
)
def draft_find_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page with three tables."""
    rows = read_index(connection)
    names = {"models": _names(connection, MODEL_NAMES), "chips": _names(connection, CHIP_NAMES)}
    known = [sorted(by_id.items()) for by_id in names.values()]
    draft = Draft("find.html", "tabular.html", (rows, known), lambda: _words(rows, names))
    return Drafts([draft], facts={name: len(found) for name, found in rows.items()})
