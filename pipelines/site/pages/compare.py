"""Two to six models, accelerators or benchmark rounds side by side: the data are in the page, the choice in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.answers.labels import KINDS, method_name, place, quantity_name
from pipelines.answers.subjects import public_name
from pipelines.site.pages.chip_use import ChipUse, read_chip_use, short
from pipelines.site.pages.models import grouped, makers
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

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
PRESETS: dict[str, list[tuple[str, list[str]]]] = {
    "models": [
        ("GPT-3, PaLM, Llama 3.1 405B", ["gpt-3-175b", "palm-540b", "llama-3.1-405b"]),
        ("DeepSeek-V3 and Llama 3.1 405B", ["deepseek-v3", "llama-3.1-405b"]),
        ("Llama 3.1: 8B, 70B, 405B", ["llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b"]),
    ],
    "accelerators": [
        ("H100, B200, MI300X", ["h100-sxm", "b200-sxm", "mi300x"]),
        ("A100, H100, H200, B200", ["a100-sxm-80gb", "h100-sxm", "h200-sxm", "b200-sxm"]),
        ("RTX 3090, 4090, 5090", ["rtx-3090", "rtx-4090", "rtx-5090"]),
        ("TPU v4, v5e, v5p, v6e", ["tpu-v4", "tpu-v5e", "tpu-v5p", "tpu-v6e"]),
    ],
    "rounds": [],
}
"""Comparisons that people often ask for; those of which an entry is not known are left out."""


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
                found.append([key, None, short(run[key]), None, columns.text("stated"), ""])
        for row in figures.get(run["training_run_id"], []):
            public = public_name(row["quantity"], row["boundary"])
            columns.quantities.setdefault(public, (quantity_name(public), row["unit"]))
            low, value, high = (short(row[end]) for end in ("value_low", "value", "value_high"))
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


def _chips(chips: list[Row], peaks: dict[str, list[Row]], use: ChipUse) -> tuple[Words, Words]:
    """Accelerators, and what serving a chosen model takes on them."""
    columns, entries = Columns(), []
    columns.quantities |= use.quantities()
    in_use = use.figures(columns)
    for key, (name, unit) in CHIP_FIELDS.items():
        columns.quantities[key] = (name, unit)
    for number_format in FORMATS:
        unit = "OP/s" if number_format.startswith("int") else "FLOP/s"
        columns.quantities[number_format] = (f"Dense peak in {number_format}", unit)
    order = list(columns.quantities)
    stated, derived = columns.text("stated"), columns.text("calculated by our formula")
    for chip in chips:
        found = [
            [key, None, short(chip[key]), None, derived if key.endswith("joule") else stated, ""]
            for key in CHIP_FIELDS
            if chip[key] is not None
        ]
        found += [
            [row["number_format"], None, short(row["peak"]), None, stated, ""]
            for row in peaks.get(chip["accelerator_id"], [])
        ]
        found += in_use.get(chip["accelerator_id"], [])
        day = chip["release_date"].isoformat() if chip["release_date"] else ""
        head = [chip["accelerator_id"], chip["accelerator_name"], ", ".join(filter(None, (chip["vendor"], day)))]
        entries.append([*head, f"accelerators/{chip['accelerator_id']}.html", found])
    served = use.served(columns, order)
    return columns.packed(entries, order), served


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
                    short(best["value"]),
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


def _presets(data: dict[str, Words]) -> dict[str, list[tuple[str, list[str]]]]:
    known = {kind: {entry[0] for entry in data[kind]["entries"]} for kind in PRESETS}
    return {kind: [one for one in found if known[kind].issuperset(one[1])] for kind, found in PRESETS.items()}


def _examples(data: dict[str, Words]) -> dict[str, list[str]]:
    """What is compared until something is chosen: the first that people ask for, the latest rounds of one suite."""
    presets = _presets(data)
    first = {
        kind: presets[kind][0][1] if presets[kind] else [entry[0] for entry in data[kind]["entries"][:3]]
        for kind in ("models", "accelerators")
    }
    suites = grouped(
        [{"suite": entry[1].rsplit(" ", 1)[0], "id": entry[0]} for entry in data["rounds"]["entries"]], "suite"
    )
    longest = max(suites.values(), key=len, default=[])
    return {**first, "rounds": [one["id"] for one in longest][-3:]}


@dataclass(frozen=True)
class Compared:
    """Rows of all that can be compared."""

    runs: list[Row]
    figures: dict[str, list[Row]]
    chips: list[Row]
    peaks: dict[str, list[Row]]
    results: list[Row]
    use: ChipUse


def _words(found: Compared) -> Words:
    accelerators, served = _chips(found.chips, found.peaks, found.use)
    models, rounds = _models(found.runs, found.figures), _rounds(found.results)
    data = {"models": models, "accelerators": accelerators, "rounds": rounds}
    return {
        "title": "Compare",
        "data": {**data, "examples": _examples(data), "presets": _presets(data), "serving": served},
        "scripts": [f"sheets/{name}.js" for name in ("unpack", "numbers", "matching", "combobox", "compare")],
        "kinds": [("models", "Models"), ("accelerators", "Accelerators"), ("rounds", "Benchmark rounds")],
    }


@page_kind(
    "compare",
    number=7,
    name="Compare",
    menu_page="compare.html",
    description="Two to six models, accelerators or benchmark rounds side by side, with intervals; the address stores "
    "the selection.",
    tables=(
        "mart.figures",
        "core.training_runs",
        "mart.accelerators",
        "mart.accelerator_peaks",
        "mart.benchmark_runs",
        "mart.device_fit",
        "mart.inference_estimates",
        "core.on_demand_prices",
        "core.memory_limits",
    ),
)
def draft_compare_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page that holds the figures of all."""
    runs, chips, results = (read_rows(connection, query) for query in (MODELS, CHIPS, ROUNDS))
    figures = grouped(read_rows(connection, FIGURES), "subject_id")
    peaks = grouped(read_rows(connection, PEAKS), "accelerator_id")
    found = Compared(runs, dict(figures), chips, dict(peaks), results, read_chip_use(connection))
    draft = Draft("compare.html", "compare.html", found, lambda: _words(found))
    rounds = len({(row["suite"], row["round"]) for row in results})
    return Drafts([draft], facts={"runs": len(runs), "accelerators": len(chips), "rounds": rounds})
