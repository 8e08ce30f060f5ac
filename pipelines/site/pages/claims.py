"""Public claims beside what the warehouse computes, with a verdict."""

from __future__ import annotations

import duckdb

from pipelines.answers.labels import CLAIMED_DIGITS, said, span
from pipelines.answers.numbers import NBSP, number
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, csv_of, head, page, ratio_plot, row, section, table
from pipelines.warehouse.file import Row, read_rows

TABLE = "mart.claim_audit"
THERE = """
    select count(*) as tables from information_schema.tables where table_schema || '.' || table_name = ?
"""
CLAIMS = f"select * from {TABLE} order by claim_id"
MODELS = """
    select distinct r.model_id from core.training_runs as r
    inner join mart.figures as f on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id order by 1
"""
VERDICTS = {
    "supported": "✓ supported",
    "partly": "≈ partly",
    "contradicted": "✗ contradicted",
    "unsupported": "? unsupported",
    "untestable": "– untestable",
}
MEANINGS = (
    "Supported: the claim overlaps our interval. Partly: part of the claim is right. Contradicted: our figures "
    "exclude it. Unsupported: our data do not support it. Untestable: the claim gives no quantity that can be "
    "checked. A claim that leaves open what it includes is tested against each boundary by itself; the reason names the "
    "best match and gives the verdict for each of the others."
)


def _span(low: float | None, high: float | None, unit: str, digits: int) -> str | None:
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return None
    return span(ends[0], ends[-1], unit, digits=digits)


def _claim_row(one: Row, models: set[str]) -> Words:
    unit = one["unit"] or ""
    central = one["computed"]
    claimed = [n for n in (one["claimed_low"], one["claimed_high"]) if n is not None]
    plot = None
    if central and claimed and min(claimed) > 0 and one["computed_low"] and one["computed_high"]:
        middle = (claimed[0] * claimed[-1]) ** 0.5
        plot = ratio_plot(one["computed_low"] / middle, central / middle, one["computed_high"] / middle)
    bounds = _span(one["computed_low"], one["computed_high"], unit, 2)
    shown = None if central is None else said(central, unit)
    computed = shown and (shown if bounds in (None, shown) else f"{shown} ({bounds})")
    ratio = None if one["ratio"] is None else f"{number(one['ratio'], 3)}{NBSP}×"
    return row(
        cell(one["paraphrase"]),
        cell(VERDICTS.get(one["verdict"], one["verdict"])),
        cell(_span(one["claimed_low"], one["claimed_high"], unit, CLAIMED_DIGITS), claimed[0] if claimed else None),
        cell(
            computed, central, href=f"models/{one['subject']}.html" if computed and one["subject"] in models else None
        ),
        cell(f"our value ÷ claimed value: {ratio}" if plot else None, one["ratio"], plot=plot),
        cell(one["reason"]),
    )


def _words(claims: list[Row], models: set[str]) -> Words:
    documents: dict[str, list[Row]] = {}
    for one in claims:
        documents.setdefault(one["document"], []).append(one)
    heads = [
        head("Claim, in our words"),
        head("Verdict", short=True),
        head("Claimed"),
        head("Calculated, 90 % interval"),
        head("Our interval; the vertical mark is the claim", unseen=True),
        head("Reason", long=True),
    ]
    sections = []
    for index, (document, rows) in enumerate(documents.items()):
        counts = {verdict: sum(one["verdict"] == verdict for one in rows) for verdict in VERDICTS}
        title = f"{document}: {len(rows)} claim{'' if len(rows) == 1 else 's'}"
        said_counts = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
        sections.append(
            section(
                f"document-{index + 1}",
                "Which claims are right?",
                title,
                f"{said_counts[:1].upper()}{said_counts[1:]}.",
                table=table(
                    f"claims-{index + 1}", f"Claims of {document}", heads, [_claim_row(one, models) for one in rows]
                ),
                downloads=["claims.csv"] if index == 0 else [],
            )
        )
    held = sum(one["verdict"] == "supported" for one in claims)
    lead = f"{len(claims)} public claims, recalculated from the figures of the ledger: {held} are supported. {MEANINGS}"
    return page(
        "Claim audit",
        "Which public claims are right?",
        lead if claims else "We have not audited any claim yet.",
        sections,
    )


@page_kind(
    "claims",
    number=9,
    name="Claims",
    menu_page="claims.html",
    description="Public claims beside our calculated values, with a verdict and the reason.",
    tables=(TABLE, "core.training_runs", "mart.figures"),
)
def draft_claims_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page with a table a document, and all claims as CSV."""
    is_there = read_rows(connection, THERE, [TABLE])[0]["tables"] == 1
    claims = read_rows(connection, CLAIMS) if is_there else []
    files = {"claims.csv": csv_of(connection, CLAIMS)} if claims else {}
    models = {model for (model,) in connection.execute(MODELS).fetchall()}
    draft = Draft("claims.html", "tabular.html", (claims, sorted(models)), lambda: _words(claims, models))
    return Drafts([draft], files, {"claims": len(claims)})
