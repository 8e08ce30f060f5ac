"""Own runs: energy, cost and emissions as measured, beside published results of the same model and accelerator."""

from __future__ import annotations

import duckdb

from pipelines.answers.labels import said
from pipelines.answers.numbers import number
from pipelines.site.pages.own_run_sheets import TABLES, draft_sheets, sheet_name
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, csv_of, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows

TABLE = "mart.telemetry_runs"
RUNS = f"select * from {TABLE} order by started_at desc, run_id"
CSV = "own-runs.csv"

HOW = (
    "Put the logs of your machines into a folder and run: ledger ingest FOLDER. Or record a command: ledger record -- COMMAND. "
    "Then run: ledger build."
)
READING = (
    "Energy is that of the accelerators, or of what was measured in their place; gaps add nothing. Emissions include server and "
    "cooling. The published value is the median of published results of the same model on the same accelerator."
)


def _doubts(run: Row) -> str:
    """What to bear in mind with a run."""
    found = ["power modelled from processor time, not measured"] if run["is_modelled"] else []
    if run["gap_count"]:
        found.append(
            f"{said(run['gap_s'], 's')} not measured, in {run['gap_count']:,} gap{'' if run['gap_count'] == 1 else 's'}"
        )
    if run["reset_count"]:
        found.append(f"the clock or a counter went back {run['reset_count']:,} ×")
    return "; ".join(found)


def _interval(run: Row, name: str, unit: str) -> Words:
    value, low, high = run[name], run[f"{name}_low"], run[f"{name}_high"]
    if value is None:
        return cell(None)
    note = None if low == high else f"{said(low, unit)} to {said(high, unit)}"
    return cell(said(value, unit), value, note=note)


def _run_row(run: Row) -> Words:
    accelerators = (
        f"{run['accelerator_count'] or run['device_count']:,} × {run['accelerator_name'] or run['energy_boundary']}"
    )
    ratio = run["power_to_tdp_ratio"]
    published = run["published_joule_per_token"]
    return row(
        cell(
            run["title"],
            href=sheet_name(run["run_id"]),
            note=f"{run['run_id']}, {run['started_at']:%Y-%m-%d %H:%M} UTC",
        ),
        cell(accelerators, href=f"accelerators/{run['accelerator_id']}.html" if run["accelerator_id"] else None),
        cell(said(run["energy_j"], "J"), run["energy_j"], note=run["energy_boundary"]),
        cell(
            said(run["mean_power_w"], "W"),
            run["mean_power_w"],
            note=ratio and f"{number(100 * ratio, 2)} % of rated power",
        ),
        cell(
            run["joule_per_token"] and said(run["joule_per_token"], "J/token"),
            run["joule_per_token"],
            note=published and f"published: {said(published, 'J/token')}",
        ),
        _interval(run, "cost_usd", "USD"),
        _interval(run, "location_co2e_kg", "kg CO2e"),
        cell(_doubts(run)),
    )


def _words(runs: list[Row]) -> Words:
    heads = [
        head("Run"),
        head("Accelerators"),
        head("Energy", number=True),
        head("Mean power of one", number=True),
        head("Energy per token", number=True),
        head("Cost", number=True),
        head("Emissions", number=True),
        head("To bear in mind", long=True),
    ]
    shown = table("runs", "Own runs", heads, [_run_row(run) for run in runs]) if runs else None
    title = f"{len(runs):,} own run{'' if len(runs) == 1 else 's'}" if runs else "No own run was taken in yet"
    card = section(
        "runs",
        "What do our own runs take?",
        title,
        READING if runs else HOW,
        table=shown,
        downloads=[CSV] if runs else [],
    )
    return page("Own runs", "What do our own runs take?", f"{title}. {HOW}" if runs else "", [card])


@page_kind(
    "own_runs",
    number=12,
    name="Own runs",
    menu_page="own-runs.html",
    description="Own runs, as measured, beside published results.",
    tables=(TABLE, *TABLES),
)
def draft_own_runs_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page with all own runs, the same as CSV, and a sheet for each run."""
    runs = read_rows(connection, RUNS)
    files = {CSV: csv_of(connection, RUNS)} if runs else {}
    whole = Draft("own-runs.html", "tabular.html", runs, lambda: _words(runs))
    return Drafts([whole, *draft_sheets(connection, runs)], files, {"runs": len(runs)})
