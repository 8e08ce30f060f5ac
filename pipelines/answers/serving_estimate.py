"""What serving a model takes, and which devices can: what ``ledger estimate --inference`` says.

What belongs here: running a case of serving, what comes out, and choosing among devices. What does not: any formula or
default. A case becomes a row of core.inference_scenarios (``serving_scenarios``), and the SQL model that makes the
warehouse's estimates runs over it.
"""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.answers.given import KINDS, find_accelerator
from pipelines.answers.numbers import with_prefix
from pipelines.answers.serving_case import Budget, Serving
from pipelines.answers.serving_scenarios import asked_bits, check_case, choose_model, estimates_model, set_scenarios
from pipelines.errors import UsageError
from pipelines.records.model_config import read_config
from pipelines.warehouse.file import Row, data_version, read_rows

FIGURES = {
    "weight_bytes": ("byte", "total_params · weight_bits / 8"),
    "kv_cache_bytes_per_token": ("byte/token", "by kind of attention"),
    "needed_bytes": ("byte", "weight_bytes · memory_overhead + batch · cache"),
    "flop_per_token": ("FLOP/token", "2 · active_params + attention"),
    "decode_floor_s": ("s", "bytes read / (bandwidth · count)"),
    "compute_floor_s": ("s", "batch · flop_per_token / (peak · count)"),
    "tokens_per_s_bound": ("token/s", "batch / slower floor"),
    "structural_s": ("s", "accelerator time per token by bandwidth and peaks"),
    "fitted_ratio": ("ratio", "estimated time / structural time"),
    "tokens_per_s": ("token/s", "count / (structural_s · fitted_ratio)"),
    "joule_per_token": ("J/token", "tdp · time, with fitted shares of power"),
    "facility_joule_per_token": ("J/token", "(joule_per_token + idle) · service_ratio"),
    "usd_per_million_tokens": ("USD/Mtoken", "rental price · accelerator time / (1 - idle)"),
    "location_co2e_kg_per_million_tokens": ("kg CO2e/Mtoken", "facility_joule_per_token · grid_intensity"),
    "embodied_co2e_kg_per_million_tokens": ("kg CO2e/Mtoken", "share of the service life · manufacturing emissions"),
    "water_l_per_million_tokens": ("L/Mtoken", "facility_joule_per_token · (wue_onsite / pue + wue_offsite)"),
}
"""Columns of the model that are shown -> unit and formula in words."""

PER_REQUEST = {
    "facility_joule_per_request": ("J/request", "facility_joule_per_token{side} * answer_tokens"),
    "location_co2e_kg_per_request": (
        "kg CO2e/request", "per_request_of(location_co2e_kg_per_million_tokens{side}, answer_tokens)"
    ),
    "embodied_co2e_kg_per_request": (
        "kg CO2e/request", "per_request_of(embodied_co2e_kg_per_million_tokens{side}, answer_tokens)"
    ),
    "water_l_per_request": ("L/request", "per_request_of(water_l_per_million_tokens{side}, answer_tokens)"),
}  # fmt: skip
"""Figures of a request -> unit, and SQL over those of its tokens."""

PARALLELISM = {
    "single": "one accelerator holds a copy",
    "tensor": "each layer is split over the accelerators of a copy, with copies of the cache where key heads are fewer",
    "expert": "experts and users are split over the accelerators of a copy; copies of the cache would not fit",
    "pipeline": "layers are split over the accelerators of a copy; copies of the cache, or one interconnect, would not do",
}
"""How a copy of the model fits its accelerators -> in words."""

RENTAL_KINDS = {"given": "given", "observed": "reported", "moved": "reported"}
"""Where a rental price comes from -> kind of the input; prices of similar accelerators are assumed."""


# --- one device -----------------------------------------------------------------------------------------------------


def estimate(connection: duckdb.DuckDBPyConnection, given: Serving) -> Row:
    """What serving takes on one device, as nested dictionaries that JSON can hold; raises UsageError for what cannot be.

    ``connection`` is one of ``open_serving``.
    """
    model = choose_model(connection, given)
    check_case(given, model)
    chip = find_accelerator(connection, given.device or "")
    if chip["memory_bytes"] is None:
        raise UsageError(f"the memory of {chip['accelerator_id']} is not published, so we cannot say what fits.")
    asked = asked_bits(given.number_format, model)
    set_scenarios(connection, given, model, chip["accelerator_id"], asked)
    rows = read_rows(connection, f"{with_answers(f'({estimates_model().query})')} order by weight_bits desc")
    fitting = [row for row in rows if row["fits"]]
    row = fitting[0] if fitting else rows[-1]  # the most bits that fit, unless some were asked for
    hardware = read_rows(
        connection,
        "select * from core.inference_hardware where accelerator_id = ? and weight_bits = ?",
        [chip["accelerator_id"], row["weight_bits"]],
    )[0]
    if not fitting:
        raise UsageError(_what_is_missing(row, hardware, given))
    return {
        "model": {
            key: model[key] for key in ("model_id", "model_name", "total_params", "active_params", "attention_kind")
        },
        "device": {"accelerator_id": chip["accelerator_id"], "accelerator_name": chip["accelerator_name"]},
        "case": _case(given, row),
        "figures": [_figure(row, name, *FIGURES[name]) for name in FIGURES if row[name] is not None],
        "per_request": [
            _figure(row, name, unit, "of a token · answer_tokens")
            for name, (unit, _) in PER_REQUEST.items()
            if row[name] is not None
        ],
        "bound_by": row["bound_by"],
        "inputs": _inputs(connection, model, hardware),
        "memory": {
            "needed_bytes": row["needed_bytes"],
            "available_bytes": hardware["usable_memory_bytes"] * row["accelerator_count"],
        },
        "measured": _measured(connection, row),
        "notes": [*_notes(row, hardware), *_left_out(given)],
        **data_version(connection, "ledger.meta"),
    }


def with_answers(estimates: str) -> str:
    """SQL of figures of an answer beside those of its tokens, which the table or query ``estimates`` has."""
    answers = [
        f"{of_token.format(side=side)} as {name}{side}"
        for name, (_, of_token) in PER_REQUEST.items()
        for side in ("_low", "", "_high")
    ]
    return f"select *, {', '.join(answers)} from {estimates}"


def _what_is_missing(row: Row, hardware: Row, given: Serving) -> str:
    count = int(given.count or (1 if row["accelerator_count"] == 1 else 8))
    need = with_prefix(row["needed_bytes"], "B")
    return (
        f"the model does not fit: with {row['weight_bits']}-bit weights, {given.batch} × {row['context_tokens']:,.0f} "
        f"tokens and workspace it needs {need}; of {count} × {hardware['accelerator_id']} a model can use "
        f"{with_prefix(count * hardware['usable_memory_bytes'], 'B')}. Use fewer bits, a smaller batch or context or a "
        "larger --count, or leave out --device to see what fits."
    )


def _case(given: Serving, row: Row) -> list[Row]:
    """What is no result: as given, else what stands for it and why."""
    return [
        {"name": "number_format", "value": row["number_format"], "is_given": given.number_format is not None,
         "note": "the released format, or the highest precision below it that fits"},
        {"name": "batch", "value": row["batch_size"], "is_given": given.batch != 1, "note": "one sequence"},
        {"name": "prompt_tokens", "value": row["prompt_tokens"], "is_given": given.point.prompt_tokens is not None,
         "note": "assumption serving_prompt_tokens"},
        {"name": "answer_tokens", "value": row["answer_tokens"], "is_given": given.point.answer_tokens is not None,
         "note": "assumption serving_answer_tokens"},
        {"name": "context_tokens", "value": row["context_tokens"], "is_given": given.context is not None,
         "note": "prompt and half of the answer"},
        {"name": "count", "value": row["accelerator_count"], "is_given": given.count is not None,
         "note": "the smallest power of two whose memory suffices"},
        {"name": "group", "value": row["group_count"], "is_given": given.point.group is not None,
         "note": "accelerators that share one copy of the model: a server, or what memory needs"},
        {"name": "parallelism", "value": row["parallelism"], "is_given": False, "note": PARALLELISM[row["parallelism"]]},
        {"name": "decode_count", "value": row["decode_count"], "is_given": given.point.decode_count is not None,
         "note": "all write answers and read prompts"},
        {"name": "software", "value": row["software"], "is_given": given.point.software != "tuned",
         "note": "settings chosen for the case, as in InferenceX"},
        {"name": "speculative", "value": row["is_speculative"], "is_given": given.point.speculative, "note": "none"},
        {"name": "cached_prompt", "value": row["cached_prompt_fraction"], "is_given": given.point.cached_prompt > 0,
         "note": "no prompt tokens cached"},
        {"name": "idle", "value": row["idle_fraction"], "is_given": given.point.idle > 0, "note": "always in use"},
    ]  # fmt: skip


def _figure(row: Row, name: str, unit: str, formula: str) -> Row:
    return {
        "quantity": name,
        "value_low": row.get(f"{name}_low", row[name]),
        "value": row[name],
        "value_high": row.get(f"{name}_high", row[name]),
        "unit": unit,
        "formula": formula,
    }


def _inputs(connection: duckdb.DuckDBPyConnection, model: Row, hardware: Row) -> list[Row]:
    """Every input with bounds and source: the assumptions of the model's class, shape and chip."""
    kind = "dense" if model["experts_count"] is None else "moe"
    assumed = read_rows(
        connection, "select * exclude (model_class) from core.inference_inputs where model_class = ?", [kind]
    )
    inputs = [one for one in assumed[0].values() if one is not None]
    if hardware["segment"] == "datacentre":
        inputs.append(hardware["embodied_kg_per_accelerator"])
    inputs += read_rows(
        connection,
        "select name, low, central as value, high, unit, 'assumed' as kind, source_id, locator, verified, null as basis "
        "from seeds.assumptions where name = 'weight_bits' and applies_to = ?::varchar",
        [hardware["weight_bits"]],
    )
    inputs += [
        _plain_input(name, row[name], unit, row[source])
        for row, source, name, unit in (
            (model, "params_source_id", "total_params", "parameter"),
            (model, "params_source_id", "active_params", "parameter"),
            (model, "source_id", "cached_values_count", "1"),
            (hardware, "source_id", "memory_bandwidth_bytes_per_s", "byte/s"),
            (hardware, "source_id", "peak_flop_per_s", "FLOP/s"),
            (hardware, "source_id", "tdp_w", "W"),
        )
        if row[name] is not None
    ]
    if hardware["rental_usd_per_chip_hour"] is not None:
        inputs.append({
            **_plain_input("rental_usd_per_chip_hour", hardware["rental_usd_per_chip_hour"], "USD/chip-hour",
                           hardware["rental_source_id"]),
            "low": hardware["rental_usd_per_chip_hour_low"],
            "high": hardware["rental_usd_per_chip_hour_high"],
            "kind": RENTAL_KINDS.get(hardware["rental_basis"], "assumed"),
        })  # fmt: skip
    titles = dict(connection.execute("select source_id, title from ledger.meta.sources").fetchall())
    return [
        {
            **one,
            "kind": KINDS[one["kind"]],
            "source": "--price" if one["kind"] == "given" else titles.get(one["source_id"]),
        }
        for one in inputs
    ]


def _plain_input(name: str, value: Any, unit: str, source_id: str) -> Row:
    return {"name": name, "low": None, "value": value, "high": None, "unit": unit, "kind": "reported",
            "source_id": source_id, "locator": None, "verified": None, "basis": None}  # fmt: skip


def _measured(connection: duckdb.DuckDBPyConnection, row: Row) -> list[Row]:
    query = """
        select benchmark_result_id, joule_per_token, accelerator_count, benchmark, source_id
        from ledger.core.inference_measurements
        where model_id = ? and accelerator_id = ? and weight_bits = ? and batch_size = ? order by 1
    """
    return read_rows(connection, query, [row[k] for k in ("model_id", "accelerator_id", "weight_bits", "batch_size")])


def _left_out(given: Serving) -> list[str]:
    """What a configuration has that is not counted."""
    towers = read_config(given.config).left_out if given.config is not None else ()
    return [f"Not counted: {', '.join(towers)} of the configuration." for _ in towers[:1]]


def _notes(row: Row, hardware: Row) -> list[str]:
    notes = []
    if hardware["memory_bandwidth_bytes_per_s"] is None:
        notes.append("The memory bandwidth is not published: no speed, energy or rental cost.")
    elif hardware["peak_flop_per_s"] is None:
        notes.append("No dense peak is published: only the bandwidth bound is given, without energy and rental cost.")
    elif hardware["tdp_w"] is None:
        notes.append("The rated power is not published: no energy or emissions.")
    if row["usd_per_million_tokens"] is None and hardware["rental_usd_per_chip_hour"] is None:
        notes.append("No rental price is published: give --price for the rental cost.")
    return notes


# --- which device ---------------------------------------------------------------------------------------------------

CHOICES = """
    select
        r.accelerator_id, r.accelerator_count, r.number_format, r.weight_bits, r.needed_bytes,
        h.usable_memory_bytes * r.accelerator_count as available_bytes,
        h.memory_bytes * r.accelerator_count as memory_bytes,
        h.purchase_usd * r.accelerator_count as purchase_usd,
        h.tdp_w * r.accelerator_count as tdp_w,
        tokens_per_s_bound_of(r.batch_size, r.decode_floor_s, r.compute_floor_s) as tokens_per_s_bound,
        r.tokens_per_s, r.joule_per_token
    from rows as r
    inner join core.inference_hardware as h using (accelerator_id, weight_bits)
    where r.fits and r.decode_floor_s is not null
        and ($1::double is null or h.purchase_usd * r.accelerator_count <= $1)
        and ($2::double is null or h.tdp_w * r.accelerator_count <= $2)
        and ($3::double is null or h.memory_bytes * r.accelerator_count <= $3)
        and (not h.is_stand_alone or r.accelerator_count = 1)
        and r.accelerator_id in (select accelerator_id from ledger.mart.device_fit)
    qualify row_number() over (partition by r.accelerator_id order by r.weight_bits desc) = 1
    order by tokens_per_s_bound desc, r.accelerator_id
"""
"""Devices that run it within the budget, each with the most bits that fit, the fastest first."""


def choose(connection: duckdb.DuckDBPyConnection, given: Serving, budget: Budget) -> Row:
    """The devices that run the model within the budget, the fastest first, and what was asked."""
    model = choose_model(connection, given)
    check_case(given, model)
    set_scenarios(connection, given, model, None, asked_bits(given.number_format, model))
    connection.execute(f"create or replace temp table rows as {estimates_model().query}")
    devices = read_rows(connection, CHOICES, [budget.usd, budget.watts, budget.memory_bytes])
    if not devices:
        raise UsageError(
            f"no known device runs {model['model_id']} within this "
            f"budget{(' in ' + given.number_format if given.number_format else '')}: raise the budget, or allow fewer "
            "bits (--number-format 4), a smaller --batch or --context."
        )
    return {
        "model": {
            key: model[key] for key in ("model_id", "model_name", "total_params", "active_params", "attention_kind")
        },
        "budget": {"usd": budget.usd, "watts": budget.watts, "memory_bytes": budget.memory_bytes},
        "batch": given.batch,
        "context_tokens": given.context,
        "devices": devices,
        **data_version(connection, "ledger.meta"),
    }
