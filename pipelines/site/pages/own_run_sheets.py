"""A fact sheet per own run: its figures with formulas, the cases of its benchmark, and the files that it was read from."""

from __future__ import annotations

from functools import partial

import duckdb

from pipelines.answers.labels import input_name, interval, method_name, quantity_name, said
from pipelines.answers.numbers import number
from pipelines.answers.subjects import public_name
from pipelines.site.pages.registry import Draft
from pipelines.site.pages.tabular import Words, cell, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows

TABLES = ("core.telemetry_figures", "core.telemetry_benchmarks", "raw.telemetry_files")
FIGURES = "select * from core.telemetry_figures order by run_id, quantity, boundary"
CASES = "select * from core.telemetry_benchmarks order by run_id, number_format, is_optimized, thread_count, batch_size"
FILES = "select * from raw.telemetry_files order by run_id, file_name, file_sha256"


def sheet_name(run_id: str) -> str:
    """The page of a run, below the site."""
    return f"own-runs/{run_id}.html"


def _figure_row(figure: Row) -> Words:
    quantity = public_name(figure["quantity"], figure["boundary"])
    value, unit = figure["value"], figure["unit"]
    inputs = "; ".join(
        f"{input_name(one['name'])}: {number(one['value'], 4)} {one['unit']}"
        + (f" ({one['locator']})" if one["locator"] else "")
        for one in figure["inputs"]
    )
    bounds = interval(figure["value_low"], figure["value_high"], value, unit, quantity)
    return row(
        cell(quantity_name(quantity)),
        cell(said(value, unit, quantity), value, note=bounds),
        cell(method_name(figure["method"]), note=figure["formula"]),
        cell(inputs),
    )


def _case_row(case: Row) -> Words:
    return row(
        cell(case["case_name"], note=f"{case['repeat_count']:,} repeats, {case['inference_count']:,} inferences"),
        cell(
            number(case["inferences_per_s"], 3),
            case["inferences_per_s"],
            note=f"{number(case['inferences_per_s_low'], 3)} to {number(case['inferences_per_s_high'], 3)}",
        ),
        cell(said(case["processor_s_per_inference"], "s"), case["processor_s_per_inference"]),
        cell(
            said(case["joule_per_inference"], "J"),
            case["joule_per_inference"],
            note=("modelled, " if case["is_modelled"] else "")
            + f"{said(case['joule_per_inference_low'], 'J')} to {said(case['joule_per_inference_high'], 'J')}",
        ),
        cell(f"{100 * case['same_answer_fraction']:.1f} %", case["same_answer_fraction"]),
    )


def _file_row(file: Row) -> Words:
    return row(
        cell(file["file_name"], note=f"{file['byte_count']:,} bytes, {file['format']}"),
        cell(f"{file['sample_count']:,}", file["sample_count"]),
        cell(file["file_sha256"], code=True, note="SHA-256 as delivered"),
        cell(file["landed_path"], code=True, note="samples, below LEDGER_HOME/landed"),
    )


def _sheet(run: Row, figures: list[Row], cases: list[Row], files: list[Row]) -> Words:
    heads = [head("Quantity"), head("Value", number=True), head("Method", long=True), head("Inputs", long=True)]
    title = f"{len(figures):,} figures"
    cards = [
        section(
            "figures", "What did it take?", title, table=table("figures", title, heads, [*map(_figure_row, figures)])
        )
    ]
    if cases:
        heads = [head("Case"), head("Inferences per second", number=True), head("Processor time of one", number=True),
                 head("Energy of one", number=True), head("Same answers", number=True)]  # fmt: skip
        title = f"{cases[0]['model_name']} by {cases[0]['framework']} on {cases[0]['processor_name']}"
        shown = table("cases", title, heads, [*map(_case_row, cases)])
        cards.append(
            section(
                "cases",
                "How fast is each case?",
                title,
                "Median over the repeats, 5th to 95th percentile.",
                table=shown,
            )
        )
    heads = [
        head("File"),
        head("Samples", number=True),
        head("Bytes", long=True),
        head("Where its samples are", long=True),
    ]
    title = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    cards.append(
        section("files", "What was it read from?", title, table=table("files", title, heads, [*map(_file_row, files)]))
    )
    kind = "modelled from processor time, not measured" if run["is_modelled"] else "measured"
    lead = f"Run {run['run_id']}, {run['started_at']:%Y-%m-%d %H:%M} UTC: energy {kind}, {run['energy_boundary']}."
    return page(run["title"], run["title"], lead, cards)


def draft_sheets(connection: duckdb.DuckDBPyConnection, runs: list[Row]) -> list[Draft]:
    """One page a run."""
    found = [read_rows(connection, query) if runs else [] for query in (FIGURES, CASES, FILES)]
    drafts = []
    for run in runs:
        rows = [[one for one in each if one["run_id"] == run["run_id"]] for each in found]
        drafts.append(Draft(sheet_name(run["run_id"]), "tabular.html", (run, rows), partial(_sheet, run, *rows)))
    return drafts
