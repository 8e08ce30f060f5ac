"""Two to six models, accelerators or benchmark rounds side by side: the data are in the page, the choice in its address."""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.answers.labels import KINDS, method_name, place, quantity_name
from pipelines.answers.numbers import significant
from pipelines.answers.subjects import public_name
from pipelines.site.pages.models import grouped, makers
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

DIGITS = 4
MODELS = """
    select
        r.training_run_id, r.model_name, r.model_id, r.organization, r.is_main_run, r.publication_date, r.total_params,
        r.active_params, r.training_tokens
    from core.training_runs as r
    where r.training_run_id in (select subject_id from mart.figures where subject_kind = 'training_run')
    order by lower(r.model_name), r.training_run_id
"""
FIGURES = """
    select subject_id, quantity, boundary, unit, method, kind, value_low, value, value_high
    from mart.figures where subject_kind = 'training_run' and is_preferred order by subject_id, quantity, boundary
"""
CHIPS = """
    select accelerator_id, accelerator_name, vendor, release_date, dense_16_bit_flop_per_s, dense_16_bit_flop_per_joule, tdp_w,
        memory_bytes, memory_bandwidth_bytes_per_s, interconnect_bytes_per_s, process_nm, release_price_usd
    from mart.accelerators order by lower(accelerator_name), accelerator_id
"""
PEAKS = """
    select accelerator_id, number_format, max(peak_flop_per_s) as peak from mart.accelerator_peaks
    where not is_sparse and number_format in ('fp64', 'fp32', 'tf32', 'bf16', 'fp8', 'fp4', 'int8')
    group by 1, 2 order by 1, 2
"""
ROUNDS = """
    select suite, round, benchmark, scenario, metric, unit, value, accelerator_count,
        coalesce(accelerator_name, system) as machine, submitter, published_date
    from mart.benchmark_runs where value > 0 and not is_duplicate
    order by suite, published_date nulls first, round, benchmark, scenario, metric, unit, benchmark_result_id
"""
CHIP_FIELDS = {
    "dense_16_bit_flop_per_s": ("Dense 16-bit peak", "FLOP/s"),
    "dense_16_bit_flop_per_joule": ("Dense 16-bit peak per joule", "FLOP/J"),
    "tdp_w": ("Rated power", "W"),
    "memory_bytes": ("Memory", "B"),
    "memory_bandwidth_bytes_per_s": ("Memory bandwidth", "B/s"),
    "interconnect_bytes_per_s": ("Interconnect", "B/s"),
    "process_nm": ("Process", "nm"),
    "release_price_usd": ("Price at release", "USD"),
}
RUN_FIELDS = {
    "total_params": ("Parameters", "parameter"),
    "active_params": ("Active parameters", "parameter"),
    "training_tokens": ("Training tokens", "token"),
}
FORMATS = ("fp64", "fp32", "tf32", "bf16", "fp8", "fp4", "int8")
MORE_IS_BETTER = ("throughput",)


def _short(value: float | None) -> float | None:
    """A number with the digits that a comparison shows."""
    return None if value is None else float(significant(value, DIGITS))


class Columns:
    """Quantities of a comparison in order, and methods and kinds by number, so that the page holds each text once."""

    def __init__(self) -> None:
        self.quantities: dict[str, tuple[str, str]] = {}
        self.texts: dict[str, int] = {}

    def text(self, text: str) -> int:
        """The number of a text."""
        return self.texts.setdefault(text, len(self.texts))

    def packed(self, entries: list[list[Any]], order: list[str]) -> Words:
        """Entries whose figures name quantities, with numbers of quantities in their place."""
        index = {key: number for number, key in enumerate(order)}
        rows = [[*head, sorted([index[figure[0]], *figure[1:]] for figure in figures)] for *head, figures in entries]
        return {
            "quantities": [[key, *self.quantities[key]] for key in order],
            "texts": list(self.texts),
            "entries": rows,
        }


def _models(runs: list[Row], figures: dict[str, list[Row]]) -> Words:
    columns, entries = Columns(), []
    for run in runs:
        found = []
        for key, (name, unit) in RUN_FIELDS.items():
            if run[key] is not None:
                columns.quantities[key] = (name, unit)
                found.append([key, None, _short(run[key]), None, columns.text("stated"), ""])
        for row in figures.get(run["training_run_id"], []):
            public = public_name(row["quantity"], row["boundary"])
            columns.quantities.setdefault(public, (quantity_name(public), row["unit"]))
            low, value, high = (_short(row[end]) for end in ("value_low", "value", "value_high"))
            bounds = (None, value, None) if low == value == high else (low, value, high)
            method = columns.text(method_name(row["method"]))
            found.append([public, *bounds, method, columns.text(KINDS.get(row["kind"]) or row["kind"])])
        day = run["publication_date"].isoformat() if run["publication_date"] else ""
        anchor = "" if run["is_main_run"] else f"#{run['training_run_id']}--training_flop"
        head = [run["training_run_id"], run["model_name"], ", ".join(filter(None, (makers(run["organization"]), day)))]
        entries.append([*head, f"models/{run['model_id']}.html{anchor}", found])
    order = sorted(
        columns.quantities,
        key=lambda key: (key not in RUN_FIELDS, list(RUN_FIELDS).index(key) if key in RUN_FIELDS else 0, place(key)),
    )
    return columns.packed(entries, order)


def _chips(chips: list[Row], peaks: dict[str, list[Row]]) -> Words:
    columns, entries = Columns(), []
    for key, (name, unit) in CHIP_FIELDS.items():
        columns.quantities[key] = (name, unit)
    for number_format in FORMATS:
        unit = "OP/s" if number_format.startswith("int") else "FLOP/s"
        columns.quantities[number_format] = (f"Dense peak in {number_format}", unit)
    order = list(columns.quantities)
    stated, derived = columns.text("stated"), columns.text("calculated by our formula")
    for chip in chips:
        found = [
            [key, None, _short(chip[key]), None, derived if key.endswith("joule") else stated, ""]
            for key in CHIP_FIELDS
            if chip[key] is not None
        ]
        found += [
            [row["number_format"], None, _short(row["peak"]), None, stated, ""]
            for row in peaks.get(chip["accelerator_id"], [])
        ]
        day = chip["release_date"].isoformat() if chip["release_date"] else ""
        head = [chip["accelerator_id"], chip["accelerator_name"], ", ".join(filter(None, (chip["vendor"], day)))]
        entries.append([*head, f"accelerators/{chip['accelerator_id']}.html", found])
    return columns.packed(entries, order)


def _rounds(results: list[Row]) -> Words:
    """For each round and measurement its best result."""
    columns, entries = Columns(), []
    for (suite, one_round), rows in grouped(results, "suite", "round").items():
        found = []
        for (benchmark, scenario, metric, unit), alike in grouped(
            rows, "benchmark", "scenario", "metric", "unit"
        ).items():
            key = "|".join(filter(None, (suite, benchmark, scenario, metric, unit)))
            better = max if metric in MORE_IS_BETTER else min
            best = better(alike, key=lambda row: row["value"])
            name = ", ".join(filter(None, (benchmark, scenario, metric)))
            columns.quantities[key] = (f"{name}: best", unit)
            count = f"{best['accelerator_count']:,} × " if best["accelerator_count"] else ""
            many = f"{len(alike)} result{'' if len(alike) == 1 else 's'}"
            found.append(
                [
                    key,
                    None,
                    _short(best["value"]),
                    None,
                    columns.text(f"{count}{best['machine']}, {best['submitter']}"),
                    columns.text(many),
                ]
            )
        days = sorted(row["published_date"].isoformat() for row in rows if row["published_date"])
        key = f"{suite} {one_round}".replace(" ", "-").replace(",", "")
        entries.append(
            [key, f"{suite} {one_round}", f"{len(rows)} results{', ' + days[-1] if days else ''}", "", found]
        )
    return columns.packed(entries, sorted(columns.quantities))


def _examples(data: dict[str, Words], figures: dict[str, list[Row]]) -> dict[str, list[str]]:
    """What is compared until something is chosen: runs with most compute, fastest chips, the latest rounds of one suite."""
    flop = {run: row["value"] for run, rows in figures.items() for row in rows if row["quantity"] == "training_flop"}
    runs = sorted(flop, key=lambda run: (-len(figures[run]), -flop[run], run))[:3]
    peak = {entry[0]: figure[2] for entry in data["accelerators"]["entries"] for figure in entry[4] if figure[0] == 0}
    chips = sorted(peak, key=lambda chip: (-peak[chip], chip))[:3]
    suites = grouped(
        [{"suite": entry[1].rsplit(" ", 1)[0], "id": entry[0]} for entry in data["rounds"]["entries"]], "suite"
    )
    longest = max(suites.values(), key=len, default=[])
    return {"models": runs, "accelerators": chips, "rounds": [one["id"] for one in longest][-3:]}


def _words(
    runs: list[Row], figures: dict[str, list[Row]], chips: list[Row], peaks: dict[str, list[Row]], results: list[Row]
) -> Words:
    data = {"models": _models(runs, figures), "accelerators": _chips(chips, peaks), "rounds": _rounds(results)}
    return {
        "title": "Compare",
        "data": {**data, "examples": _examples(data, figures)},
        "scripts": ["sheets/numbers.js", "sheets/combobox.js", "sheets/compare.js"],
        "kinds": [("models", "Models"), ("accelerators", "Accelerators"), ("rounds", "Benchmark rounds")],
    }


@page_kind(
    "compare",
    number=6,
    name="Compare",
    menu_page="compare.html",
    description="Two to six models, accelerators or benchmark rounds side by side, with intervals; the address stores "
    "the selection.",
    tables=("mart.figures", "core.training_runs", "mart.accelerators", "mart.accelerator_peaks", "mart.benchmark_runs"),
)
def draft_compare_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page that holds the figures of all."""
    runs, chips, results = (read_rows(connection, query) for query in (MODELS, CHIPS, ROUNDS))
    figures = grouped(read_rows(connection, FIGURES), "subject_id")
    peaks = grouped(read_rows(connection, PEAKS), "accelerator_id")
    rows = (runs, sorted(figures.items()), chips, sorted(peaks.items()), results)
    draft = Draft("compare.html", "compare.html", rows, lambda: _words(runs, figures, chips, peaks, results))
    rounds = len({(row["suite"], row["round"]) for row in results})
    return Drafts([draft], facts={"runs": len(runs), "accelerators": len(chips), "rounds": rounds})
