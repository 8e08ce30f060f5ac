"""The page that calculates what serving a model takes: rows and queries of ``ledger estimate --inference``, in the page.

What belongs here: the rows that a case joins, and words. What does not: any formula or rule of a case; the two queries
that the command runs are printed as JavaScript (``calculator/formulas_js.py``).
"""

from __future__ import annotations

from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.answers.labels import input_name
from pipelines.answers.serving_case import Point
from pipelines.answers.serving_estimate import FIGURES, PARALLELISM, RENTAL_KINDS, with_answers
from pipelines.answers.serving_scenarios import FORMATS, MAX_BATCH, SCENARIO, estimates_model
from pipelines.settings import SQL
from pipelines.site.calculator.formulas_js import formulas_script
from pipelines.site.calculator.front_parts import chips_by_vendor
from pipelines.site.pages.models import grouped
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

MODELS = """
    select s.* exclude (architecture, expert_params, locator, verified, kv_cache_bytes_per_token)
    from core.model_shapes as s order by lower(model_name), model_id
"""
MEASURED = """
    select model_id, accelerator_id, weight_bits, batch_size, joule_per_token, accelerator_count, source_id
    from core.inference_measurements where joule_per_token is not null order by all
"""
HARDWARE = """
    select h.* exclude (release_date, kind, memory_bytes, driver_memory_bytes, purchase_usd), d.interconnect_domain_count
    from core.inference_hardware as h inner join core.interconnect_domains as d on h.accelerator_id = d.accelerator_id
    where h.memory_bytes is not null order by h.accelerator_id, h.weight_bits desc
"""
INPUTS = "select * from core.inference_inputs order by model_class"
FIT = "select * exclude (coefficient_set) from core.serving_coefficients"
WEIGHT_BITS = """
    select applies_to, name, low, central as value, high, unit, 'assumed' as kind, source_id
    from seeds.assumptions where name = 'weight_bits' order by applies_to
"""
SOURCES = "select source_id, title from meta.sources order by source_id"
OF_FORMAT = ("number_format", "compute_format", "peak_flop_per_s")
"""Columns of the hardware that differ by the bits of a weight."""
ASSUMED = ("name", "low", "value", "high", "unit", "kind", "source_id")
"""Fields of an assumption that the page shows."""
DEFAULTS = {"model": "Llama 3.1 70B", "device": "h100-sxm", "batch": "64"}
SOFTWARE_YEARS = (2022, 2028)
NAMES = {
    "weight_bytes": "Memory of the weights", "kv_cache_bytes_per_token": "KV cache per token",
    "needed_bytes": "Memory of one copy with its users", "flop_per_token": "Work per token",
    "decode_floor_s": "Least time of a step, by bandwidth", "compute_floor_s": "Least time of a step, by peak",
    "tokens_per_s_bound": "Speed at most", "structural_s": "Accelerator time per token, by bandwidth and peak",
    "fitted_ratio": "Estimated time ÷ time by bandwidth and peak", "tokens_per_s": "Speed, all users",
    "joule_per_token": "Energy per token, accelerators", "facility_joule_per_token": "Energy per token, whole service",
    "usd_per_million_tokens": "Rental cost per million tokens",
    "location_co2e_kg_per_million_tokens": "Emissions per million tokens",
    "embodied_co2e_kg_per_million_tokens": "Manufacturing emissions per million tokens",
    "water_l_per_million_tokens": "Water per million tokens", "facility_joule_per_request": "Energy per answer, whole service",
    "location_co2e_kg_per_request": "Emissions per answer", "embodied_co2e_kg_per_request": "Manufacturing emissions per answer",
    "water_l_per_request": "Water per answer",
}  # fmt: skip
"""Figures of the command, as the page names them."""
PLAIN_INPUTS = {
    "weight_bits": "Bits per weight in memory", "cached_values_count": "Numbers in the cache per token and layer",
    "memory_bandwidth_bytes_per_s": "Memory bandwidth", "peak_flop_per_s": "Dense peak", "tdp_w": "Rated power",
    "rental_usd_per_chip_hour": "Rental price", "total_params": "Parameters", "active_params": "Active parameters",
    "serving_prompt_tokens": "Tokens of a prompt", "serving_answer_tokens": "Tokens of an answer",
    "bandwidth_efficiency": "Share of the bandwidth reached", "compute_efficiency": "Share of the dense peak reached",
    "step_overhead_s": "Overhead of a step", "cache_bits": "Bits per number in the cache",
    "recurrent_state_bits": "Bits per number in a recurrent state", "serving_step_tokens": "Tokens per speculative step at most",
    "inference_power_ratio": "Average power ÷ rated power", "serving_idle_power_ratio": "Idle power ÷ rated power",
    "serving_idle_fraction": "Idle share of a fleet's time", "serving_most_users": "Users per accelerator at most",
    "inference_memory_overhead_ratio": "Memory with workspace ÷ memory of the weights",
    "gpu_energy_to_service_energy": "Energy of the service ÷ energy of its accelerators",
    "accelerators_per_server": "Accelerators per server", "pue": "Power usage effectiveness",
    "wue_onsite_l_per_kwh": "Water on site per kWh", "wue_offsite_l_per_kwh": "Water for a kWh of electricity",
    "embodied_kg_per_server": "Manufacturing emissions of a server", "embodied_lifetime_years": "Service life of the hardware",
    "embodied_kg_per_accelerator": "Manufacturing emissions of an accelerator",
    "fleet_utilisation": "Share of the service life with productive work",
}  # fmt: skip
"""Inputs of serving in words."""


def serving_script() -> str:
    """The case and its estimate as JavaScript, with the formulas that they call."""
    queries = {"inference_scenario": SCENARIO, "inference_estimates": estimates_model().query,
               "inference_answers": with_answers("estimates")}  # fmt: skip
    return formulas_script(SQL / "macros", [], queries)


def _hardware(connection: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    """Accelerators whose memory is known, each with what differs by the bits of a weight."""
    chips = {}
    for chip, rows in grouped(read_rows(connection, HARDWARE), "accelerator_id").items():
        common = {key: _shown(value) for key, value in rows[0].items() if key not in (*OF_FORMAT, "weight_bits")}
        chips[chip] = {**common, "bits": {row["weight_bits"]: {key: row[key] for key in OF_FORMAT} for row in rows}}
    return chips


def _shown(value: Any) -> Any:
    """An assumption without what the page does not show; anything else as it is."""
    return {key: value[key] for key in ASSUMED} if isinstance(value, dict) else value


def _inputs(connection: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    """Assumptions by class of model."""
    return {
        row["model_class"]: {name: _shown(one) for name, one in row.items() if isinstance(one, dict)}
        for row in read_rows(connection, INPUTS)
    }


def _cited(value: Any) -> set[str]:
    """Sources that nested rows name."""
    if isinstance(value, dict):
        own = {str(one) for key, one in value.items() if str(key).endswith("source_id") and one is not None}
        return own.union(*map(_cited, value.values()))
    return set().union(*map(_cited, value)) if isinstance(value, list) else set()


def serving_data(connection: duckdb.DuckDBPyConnection) -> Words:
    """All rows that a case may join, and what the page says of them."""
    measured = grouped(read_rows(connection, MEASURED), "model_id")
    rows: Words = {
        "models": {
            row["model_id"]: {**row, "measured": measured.get(row["model_id"], [])}
            for row in read_rows(connection, MODELS)
        },
        "chips": _hardware(connection),
        "inputs": _inputs(connection),
        "fit": read_rows(connection, FIT)[0],
        "weight_bits": {row["applies_to"]: row for row in read_rows(connection, WEIGHT_BITS)},
    }
    cited = _cited(rows)
    names = [one["name"] for of_class in rows["inputs"].values() for one in of_class.values()]
    return {
        **rows,
        "sources": {row["source_id"]: row["title"] for row in read_rows(connection, SOURCES) if row["source_id"] in cited},
        "figures": [[name, unit, formula] for name, (unit, formula) in FIGURES.items()],
        "names": {**{name: input_name(name) for name in names}, **PLAIN_INPUTS, **NAMES},
        "rental_kinds": RENTAL_KINDS,
        "parallelism": PARALLELISM,
        "limits": {
            "bits": list(FORMATS), "batch": MAX_BATCH, "years": SOFTWARE_YEARS, "year": int(Point().software_year),
        },
        "defaults": DEFAULTS,
    }  # fmt: skip


def _words(data: Words) -> Words:
    return {
        "title": "Serving calculator",
        "data": data,
        "chips": chips_by_vendor(
            {key: (chip["vendor"], chip["accelerator_name"]) for key, chip in data["chips"].items()}
        ),
        "default_chip": DEFAULTS["device"],
        "formulas": Markup(serving_script()),
        "scripts": [
            f"sheets/{name}.js"
            for name in ("unpack", "numbers", "matching", "combobox", "finder", "amounts", "serving", "serving_form")
        ],
    }


@page_kind(
    "serving",
    number=15,
    name="Serving",
    menu_page="serving.html",
    description="What serving a model takes at an operating point of one's own: speed, energy, rent and carbon of a token, "
    "by the queries of ledger estimate --inference.",
    tables=(
        "core.model_shapes",
        "core.inference_hardware",
        "core.interconnect_domains",
        "core.inference_inputs",
        "core.inference_measurements",
        "core.serving_coefficients",
    ),
)
def draft_serving_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page that holds models, accelerators and assumptions."""
    data = serving_data(connection)
    draft = Draft("serving.html", "serving.html", data, lambda: _words(data))
    return Drafts([draft], facts={"models": len(data["models"]), "accelerators": len(data["chips"])})
