"""Fact sheets of accelerators: specifications and what other sources say of them, peaks, prices, runs, results."""

from __future__ import annotations

import math
from functools import partial

import duckdb

from pipelines.answers.explain import VERIFIED, References, read_references
from pipelines.answers.labels import said, spoken
from pipelines.answers.numbers import number
from pipelines.site.pages.figure_words import Words
from pipelines.site.pages.models import CONFLICTS, conflict_words, grouped, references_digest
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.served import SERVED, served_words
from pipelines.warehouse.file import Row, read_rows

KINDS = {"gpu": "GPU", "tpu": "TPU", "npu": "NPU", "asic": "Accelerator chip", "cpu": "CPU", "edge": "Edge accelerator"}
SPECIFICATIONS = {
    "tdp_w": ("Rated power", "W"),
    "memory_bytes": ("Memory", "B"),
    "memory_bandwidth_bytes_per_s": ("Memory bandwidth", "B/s"),
    "interconnect_bytes_per_s": ("Interconnect", "B/s"),
    "release_price_usd": ("Price at release", "USD"),
    "process_nm": ("Process", "nm"),
    "dense_16_bit_flop_per_s": ("Dense 16-bit peak", "FLOP/s"),
    "dense_16_bit_flop_per_joule": ("Dense 16-bit peak per joule", "FLOP/J"),
}

SOURCES_OF_THEIR_OWN = {"release_price_usd": "price_source_id", "tdp_w": "tdp_source_id"}
SPECIFICATION_KINDS = {
    "derived": "calculated by our formula",
    "estimated": "estimated by a third party",
    "reported": "reported by the vendor",
}

ACCELERATORS = """
    select a.*, c.price_source_id, c.tdp_source_id
    from mart.accelerators as a inner join core.accelerators as c on a.accelerator_id = c.accelerator_id
    order by a.accelerator_id
"""
PEAKS = """
    select * exclude (accelerator_name, kind, segment, release_date) from mart.accelerator_peaks
    order by accelerator_id, is_sparse, not is_tensor, peak_flop_per_s desc, number_format
"""
TOLD = """
    select subject_id as accelerator_id, field, value, source_id, row_label from core.fact_values
    where subject_kind = 'accelerator' and row_label <> 'curated' order by all
"""
RENTALS = """
    select accelerator_id, observed_date, provider, region, terms, price_usd_per_chip_hour as price_usd, source_id, locator
    from seeds.cloud_prices order by accelerator_id, observed_date desc, provider, terms, region, instance
"""
PURCHASES = """
    select accelerator_id, observed_date, seller as provider, what as terms,
        price_usd / accelerators_per_item_count as price_usd, source_id, locator
    from seeds.purchase_prices order by accelerator_id, observed_date desc, seller, what
"""
RUNS = """
    select s.accelerator_id, s.model_id, s.model_name, s.publication_date, s.accelerator_count, s.training_flop, s.mfu,
        s.mfu_method,
        exists (
            from mart.figures as f where f.subject_kind = 'training_run' and f.subject_id = s.training_run_id
        ) as has_sheet
    from mart.training_summary as s where s.accelerator_id is not null
    order by s.accelerator_id, s.publication_date desc nulls last, s.training_run_id
"""
RESULTS = """
    select accelerator_id, suite, round, benchmark, scenario, metric, value, unit, accelerator_count, submitter, system,
        is_official
    from mart.benchmark_runs where accelerator_id is not null and value is not null
    order by accelerator_id, published_date desc nulls last, suite, round desc, benchmark, scenario, metric, accelerator_count,
        benchmark_result_id
"""


def _operation_unit(number_format: str, per: str) -> str:
    """Integer formats do operations, others floating-point operations."""
    return f"{'OP' if number_format.startswith('int') else 'FLOP'}/{per}"


def _specifications(chip: Row, told: list[Row], references: References) -> list[Words]:
    others = grouped(told, "field")
    found = []
    for field, (name, unit) in SPECIFICATIONS.items():
        value = chip[field]
        if value is None:
            continue
        derived = field == "dense_16_bit_flop_per_joule"
        estimated = field == "tdp_w" and chip["is_tdp_estimated"]
        source_id = chip.get(SOURCES_OF_THEIR_OWN.get(field, "source_id")) or chip["source_id"]
        kind = "derived" if derived else "estimated" if estimated else "reported"
        found.append(
            {
                "name": name,
                "key": field,
                "value": f"{number(value, 3)}\u00a0nm" if unit == "nm" else said(value, unit, digits=3),
                "exact": f"{number(value)} {unit}",
                "formula": "dense_16_bit_flop_per_s / tdp_w = "
                f"{number(chip['dense_16_bit_flop_per_s'])} / {number(chip['tdp_w'])}"
                if derived
                else None,
                "kind_key": kind,
                "kind": SPECIFICATION_KINDS[kind],
                "source": references.sources[source_id],
                "locator": chip["locator"] if source_id == chip["source_id"] else None,
                "verified": VERIFIED.get(chip["verified"]),
                "others": [
                    {
                        "value": f"{number(row['value'], 3)}\u00a0nm"
                        if unit == "nm"
                        else said(row["value"], unit, digits=3),
                        "ratio": None
                        if math.isclose(row["value"], value, rel_tol=0.002)
                        else f"{number(row['value'] / value, 3)} ×",
                        "source": references.sources[row["source_id"]],
                        "row": row["row_label"],
                    }
                    for row in others.get(field, [])
                ],
            }
        )
    return found


def _peak_words(row: Row, told: dict[str, list[Row]]) -> Words:
    per = {name: _operation_unit(row["number_format"], name) for name in ("s", "J")}
    sparsity = "" if not row["is_tensor"] else "dense " if not row["is_sparse"] else "sparse "
    field = f"{sparsity}{'tensor' if row['is_tensor'] else 'vector'} {row['number_format']} peak"
    dollar = row["flop_per_s_per_usd"]
    return {
        "format": row["number_format"],
        "unit": "matrix" if row["is_tensor"] else "vector",
        "sparse": "2:4 sparsity" if row["is_sparse"] else "dense",
        "peak": said(row["peak_flop_per_s"], per["s"], digits=3),
        "per_joule": said(row["flop_per_joule"], per["J"], digits=3) if row["flop_per_joule"] else "–",
        "per_dollar": said(dollar, per["s"], digits=3) if dollar else "–",
        "per_byte": number(row["flop_per_byte"], 3) if row["flop_per_byte"] else "–",
        "sorts": [row["peak_flop_per_s"], row["flop_per_joule"], dollar, row["flop_per_byte"]],
        "others": [
            said(one["value"], per["s"], digits=4)
            for one in told.get(field, [])
            if abs(one["value"] / row["peak_flop_per_s"] - 1) > 0.002
        ],
        "source_id": row["source_id"],
        "locator": row["locator"],
    }


def _price_words(row: Row, per: str, references: References) -> Words:
    return {
        "date": row["observed_date"].isoformat(),
        "who": row["provider"],
        "terms": row["terms"],
        "region": row.get("region") or "",
        "price": said(row["price_usd"], "USD", digits=3) + per,
        "sort": row["price_usd"],
        "source": references.sources[row["source_id"]],
        "locator": row["locator"],
    }


def _run_words(row: Row) -> Words:
    return {
        "href": f"models/{row['model_id']}.html" if row["has_sheet"] else None,
        "name": row["model_name"],
        "date": row["publication_date"].isoformat() if row["publication_date"] else "–",
        "count": number(row["accelerator_count"], 6) if row["accelerator_count"] else "–",
        "count_sort": row["accelerator_count"],
        "flop": said(row["training_flop"], "FLOP") if row["training_flop"] else "–",
        "flop_sort": row["training_flop"],
        "mfu": said(row["mfu"], "ratio", "mfu") if row["mfu"] and row["mfu_method"] != "prior" else "–",
    }


def _result_words(row: Row) -> Words:
    return {
        "suite": f"{row['suite']} {row['round']}",
        "benchmark": row["benchmark"],
        "scenario": row["scenario"] or "",
        "result": said(row["value"], row["unit"], digits=3) if row["value"] is not None else "–",
        "sort": row["value"],
        "metric": row["metric"],
        "count": number(row["accelerator_count"], 6) if row["accelerator_count"] else "–",
        "count_sort": row["accelerator_count"],
        "submitter": row["submitter"],
        "system": row["system"],
        "official": "official" if row["is_official"] else "unofficial",
    }


def _words(chip: Row, parts: dict[str, list[Row]], references: References) -> Words:
    specifications = _specifications(chip, parts["told"], references)
    told = grouped(parts["told"], "field")
    wanted = (
        "Dense 16-bit peak",
        "Rated power",
        "Memory",
        "Memory bandwidth",
        "Dense 16-bit peak per joule",
        "Price at release",
    )
    by_name = {one["name"]: one for one in specifications}
    facts = [
        ("Vendor", chip["vendor"]),
        ("Kind", KINDS.get(chip["kind"], chip["kind"])),
        ("Segment", chip["segment"]),
        ("Form factor", chip["form_factor"]),
        ("Released", chip["release_date"] and chip["release_date"].isoformat()),
        ("Memory type", chip["memory_type"]),
    ]
    return {
        "kicker": "Accelerator",
        "title": chip["accelerator_name"],
        "accelerator_id": chip["accelerator_id"],
        "facts": [
            {
                "name": name,
                "value": value if name in ("Vendor", "Kind", "Released") else spoken(str(value)),
                "href": None,
            }
            for name, value in facts
            if value
        ],
        "headline": [by_name[name] for name in wanted if name in by_name][:4],
        "specifications": specifications,
        "peaks": [_peak_words(row, told) for row in parts["peaks"]],
        "rentals": [_price_words(row, " per hour", references) for row in parts["rentals"]],
        "purchases": [_price_words(row, "", references) for row in parts["purchases"]],
        "runs": [_run_words(row) for row in parts["runs"]],
        "results": [_result_words(row) for row in parts["results"]],
        "served": served_words(parts["served"], "model"),
        "conflicts": [conflict_words(row, references) for row in parts["conflicts"]],
        "peak_sources": list(
            {row["source_id"]: references.sources[row["source_id"]] for row in parts["peaks"]}.values()
        ),
    }


@page_kind(
    "accelerators",
    number=3,
    name="",
    menu_page=None,
    description="A fact sheet for every accelerator: specifications beside other sources, peaks by number format, "
    "observed prices, models trained on it, benchmark results.",
    tables=(
        "mart.accelerators",
        "mart.accelerator_peaks",
        "core.accelerators",
        "core.fact_values",
        "seeds.cloud_prices",
        "seeds.purchase_prices",
        "mart.training_summary",
        "mart.benchmark_runs",
        "mart.conflicts",
        "mart.figures",
        "mart.serving_grid",
        "mart.device_fit",
        "core.models",
        "core.training_runs",
    ),
)
def draft_accelerator_sheets(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One sheet an accelerator; everything is read in one query a section."""
    references = read_references(connection)
    cited = references_digest(references)
    queries = {
        "peaks": PEAKS,
        "told": TOLD,
        "rentals": RENTALS,
        "purchases": PURCHASES,
        "runs": RUNS,
        "results": RESULTS,
        "served": SERVED,
    }
    sections = {name: grouped(read_rows(connection, query), "accelerator_id") for name, query in queries.items()}
    conflicts = grouped(read_rows(connection, CONFLICTS), "subject_kind", "subject_id")
    pages = []
    for chip in read_rows(connection, ACCELERATORS):
        key = chip["accelerator_id"]
        parts = {name: groups.get(key, []) for name, groups in sections.items()}
        parts["conflicts"] = conflicts.get(("accelerator", key), [])
        pages.append(
            Draft(
                f"accelerators/{key}.html",
                "accelerator.html",
                (chip, parts, cited),
                partial(_words, chip, parts, references),
            )
        )
    return Drafts(pages, facts={"accelerators": len(pages)})
