"""The runs behind the typical utilisation: what their published time and counted compute imply, by class."""

from __future__ import annotations

from statistics import median

import duckdb

from pipelines.answers.numbers import number, percent
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows

NAME = "utilisation.html"
"""The page that sheets link to beside an assumed utilisation."""
RUNS = """
    select
        u.training_run_id, m.model_id, m.model_name, u.architecture_kind, u.chip_kind, u.accelerator_count, u.training_year,
        u.implied_mfu, s.title, s.url
    from core.implied_utilisation as u
    inner join core.training_runs as r on u.training_run_id = r.training_run_id
    inner join core.models as m on r.model_id = m.model_id
    left join meta.sources as s on u.paper_id = s.source_id
    where u.implied_mfu is not null
    order by u.implied_mfu desc, u.training_run_id
"""
TYPICAL = "select applies_to, low, central, high, note from seeds.assumptions where name = 'mfu' order by seed_line"


def _run_row(one: Row) -> Words:
    count = one["accelerator_count"]
    return row(
        cell(one["model_name"], one["model_name"].lower(), href=f"models/{one['model_id']}.html"),
        cell(percent(one["implied_mfu"]), one["implied_mfu"]),
        cell(one["architecture_kind"]),
        cell(one["chip_kind"]),
        cell(number(count, 6) if count else None, count),
        cell(one["training_year"], one["training_year"]),
        cell(one["title"], url=one["url"]),
    )


def _words(runs: list[Row], typical: list[Row]) -> Words:
    middle = percent(median(one["implied_mfu"] for one in runs)) if runs else "unknown"
    run_heads = [
        head("Model"), head("Utilisation", number=True), head("Architecture"), head("Chip", short=True),
        head("Accelerators", number=True), head("Year", number=True), head("Source", long=True),
    ]  # fmt: skip
    typical_heads = [
        head("Runs with"), head("Low", number=True), head("Central", number=True), head("High", number=True),
        head("Why", long=True),
    ]  # fmt: skip
    typical_rows = [
        row(
            cell(one["applies_to"], code=True),
            *(cell(percent(one[end]), one[end]) for end in ("low", "central", "high")),
            cell(one["note"]),
        )
        for one in typical
    ]
    sections = [
        section(
            "runs", "Which runs show a utilisation?", f"{len(runs):,} runs, median {middle} of the dense peak",
            "Training compute that we count, divided by published chip-hours times the dense peak. Values that cannot be "
            "are left out.",
            table=table("run-table", "Runs with a utilisation", run_heads, [_run_row(one) for one in runs], tall=True),
        ),
        section(
            "typical", "What do we assume?", "Typical utilisation by class of run",
            "The most specific row applies to a run without a published utilisation. Low and high bound the central 90 %.",
            table=table("typical-table", "Typical utilisation", typical_heads, typical_rows, tall=True),
        ),
    ]  # fmt: skip
    lead = "Where no utilisation is published, we take a typical one. These runs are its evidence."
    return page("Runs behind the typical utilisation", "How much of the peak do runs reach?", lead, sections)


@page_kind(
    "utilisation",
    number=16,
    name="",
    menu_page=None,
    description="Runs whose published time and counted compute imply a utilisation, and the typical ones taken from them.",
    tables=("core.implied_utilisation", "core.training_runs", "core.models"),
)
def draft_utilisation_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page with the runs and the assumptions."""
    runs, typical = read_rows(connection, RUNS), read_rows(connection, TYPICAL)
    return Drafts(
        [Draft(NAME, "tabular.html", (runs, typical), lambda: _words(runs, typical))], {}, {"runs": len(runs)}
    )
