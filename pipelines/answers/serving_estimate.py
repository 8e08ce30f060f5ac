"""What serving a model takes, and which devices can: what ``ledger estimate --inference`` says.

What belongs here: a case of serving, what makes one impossible, running it, and choosing among devices. What does not:
any formula or default. A case becomes a row of core.inference_scenarios, in memory beside the published file, and the
SQL model that makes the warehouse's estimates runs over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb

from pipelines.answers.beside_published import beside_published
from pipelines.answers.given import KINDS, find_accelerator
from pipelines.answers.numbers import with_prefix
from pipelines.answers.serving_case import Budget, Serving
from pipelines.errors import UsageError, nearest, shown
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.sql_models import SqlModel, read_models

MODEL = "core.inference_estimates"
OWN_TABLES = ("core.inference_scenarios", "core.inference_inputs", "core.inference_hardware")
"""Tables of that model which a case may differ in: copied, where the others are only looked at."""

FORMATS = {16: ("16", "bf16", "fp16"), 8: ("8", "fp8", "int8"), 4: ("4", "fp4", "int4")}
"""Nominal bits of a weight -> what an option may call them."""

MAX_BATCH, MAX_CONTEXT = 65_536, 100_000_000

FIGURES = {
    "weight_bytes": ("byte", "total_params · weight_bits / 8"),
    "kv_cache_bytes_per_token": ("byte/token", "by kind of attention"),
    "needed_bytes": ("byte", "weight_bytes · memory_overhead + batch · cache"),
    "flop_per_token": ("FLOP/token", "2 · active_params + attention"),
    "decode_floor_s": ("s", "bytes read / (bandwidth · count)"),
    "compute_floor_s": ("s", "batch · flop_per_token / (peak · count)"),
    "tokens_per_s_bound": ("token/s", "batch / slower floor"),
    "tokens_per_s": ("token/s", "1 / second_per_token"),
    "joule_per_token": ("J/token", "count · tdp · power_ratio · second_per_token"),
    "facility_joule_per_token": ("J/token", "joule_per_token · service_ratio"),
    "usd_per_million_tokens": ("USD/Mtoken", "count · rental price · second_per_token"),
    "location_co2e_kg_per_million_tokens": ("kg CO2e/Mtoken", "facility_joule_per_token · grid_intensity"),
}
"""Columns of the model that are shown -> unit and formula in words."""

RENTAL_KINDS = {"given": "given", "observed": "reported", "moved": "reported"}
"""Where a rental price comes from -> kind of the input; prices of similar accelerators are assumed."""


# --- the warehouse beside an empty one ------------------------------------------------------------------------------


@cache
def _model() -> SqlModel:
    return read_models(SQL, "sql")[MODEL]


@contextmanager
def open_serving(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory in which the model can run, with data and macros of the published file."""
    with beside_published(settings, {MODEL: _model()}, copied=OWN_TABLES) as connection:
        yield connection


def find_model(connection: duckdb.DuckDBPyConnection, text: str) -> Row:
    """The model of that key or name whose shape is known; raises UsageError with the nearest ones."""
    rows = read_rows(
        connection, "select *, plain_name(model_name) as plain, plain_name(model_id) as plain_id from core.model_shapes"
    )
    spellings = connection.execute("select plain_name($1), bare_model_name($1)", [text]).fetchall()[0]
    for plain in filter(None, spellings):
        for row in rows:
            if text == row["model_id"] or plain in (row["plain"], row["plain_id"]):
                return row
    known = connection.execute(
        "select model_name from ledger.core.models where plain_name(model_name) = $1 or plain_name(model_id) = $1",
        [spellings[0]],
    ).fetchall()
    near = nearest(
        spellings[0], {r["plain_id"]: r["model_id"] for r in rows} | {r["plain"]: r["model_id"] for r in rows}
    )
    hint = (
        f"Did you mean {', '.join(near)}?"
        if near
        else ('To list all: ledger sql "select model_id from core.model_shapes"')
    )
    if known:
        raise UsageError(
            f"the architecture of {known[0][0]} is not published, so its memory cannot be calculated. {hint}"
        )
    raise UsageError(f"{shown(text)} is not a known model. {hint}")


def _bits(text: str | None, model: Row) -> list[int]:
    """Nominal bits that an option asks for; where nothing is asked, those of the model's release and fewer."""
    if text is None:
        return [bits for bits in FORMATS if bits <= model["released_weight_bits"]]
    for bits, names in FORMATS.items():
        if text.lower() in names:
            return [bits]
    known = ", ".join(name for names in FORMATS.values() for name in names)
    raise UsageError(f"--number-format {shown(text)}: expected one of {known}.")


def _check(given: Serving, model: Row) -> None:
    if not 1 <= given.batch <= MAX_BATCH:
        raise UsageError(f"--batch {given.batch}: expected 1 to {MAX_BATCH:,} sequences.")
    longest = int(model["max_context_tokens"])
    if given.context is not None and not 1 <= given.context <= MAX_CONTEXT:
        raise UsageError(f"--context {given.context}: expected 1 token or more.")
    if given.context is not None and given.context > longest:
        raise UsageError(f"--context {given.context}: {model['model_id']} supports at most {longest:,} tokens.")
    if given.count is not None and given.count < 1:
        raise UsageError(f"--count {given.count}: expected a whole number of accelerators.")


# --- one device -----------------------------------------------------------------------------------------------------


def _set_scenarios(
    connection: duckdb.DuckDBPyConnection, given: Serving, model: Row, device: str | None, bits: list[int]
) -> None:
    """The case as rows of core.inference_scenarios: one a device and number of bits."""
    connection.execute(
        """
        create or replace table core.inference_scenarios as
        select $model::varchar as model_id, h.accelerator_id, h.weight_bits, $batch::bigint as batch_size,
            coalesce($context::double, least(i.context_tokens.value, $longest::double)) as context_tokens,
            coalesce($count::bigint, case when h.is_stand_alone then 1 end) as accelerator_count
        from core.inference_hardware as h cross join core.inference_inputs as i
        where i.model_class = 'dense' and (h.accelerator_id = $device or $device is null) and list_contains($bits, h.weight_bits)
            and h.memory_bytes is not null
        """,
        {
            "model": model["model_id"],
            "batch": given.batch,
            "context": given.context,
            "longest": model["max_context_tokens"],
            "count": given.count,
            "device": device,
            "bits": bits,
        },
    )
    if given.price is not None:
        connection.execute(
            """
            update core.inference_hardware set rental_usd_per_chip_hour_low = $1, rental_usd_per_chip_hour = $2,
                rental_usd_per_chip_hour_high = $3, rental_basis = 'given'
            """,
            [given.price.low, given.price.value, given.price.high],
        )


def estimate(connection: duckdb.DuckDBPyConnection, given: Serving) -> Row:
    """What serving takes on one device, as nested dictionaries that JSON can hold; raises UsageError for what cannot be.

    ``connection`` is one of ``open_serving``.
    """
    model = find_model(connection, given.model)
    _check(given, model)
    chip = find_accelerator(connection, given.device or "")
    if chip["memory_bytes"] is None:
        raise UsageError(f"the memory of {chip['accelerator_id']} is not published, so we cannot say what fits.")
    asked = _bits(given.number_format, model)
    _set_scenarios(connection, given, model, chip["accelerator_id"], asked)
    rows = read_rows(connection, f"select * from ({_model().query}) order by weight_bits desc")
    fitting = [row for row in rows if row["fits"]]
    row = fitting[0] if fitting else rows[-1]  # the most bits that fit, unless some were asked for
    hardware = read_rows(
        connection,
        "select * from core.inference_hardware where accelerator_id = ? and weight_bits = ?",
        [chip["accelerator_id"], row["weight_bits"]],
    )[0]
    if not fitting:
        raise UsageError(_what_is_missing(row, hardware, given))
    build_id = connection.execute("select build_id from ledger.meta.builds").fetchall()[0][0]
    return {
        "model": {
            key: model[key] for key in ("model_id", "model_name", "total_params", "active_params", "attention_kind")
        },
        "device": {"accelerator_id": chip["accelerator_id"], "accelerator_name": chip["accelerator_name"]},
        "case": _case(given, row),
        "figures": [_figure(row, name) for name in FIGURES if row[name] is not None],
        "bound_by": row["bound_by"],
        "inputs": _inputs(connection, model, hardware),
        "memory": {
            "needed_bytes": row["needed_bytes"],
            "available_bytes": hardware["usable_memory_bytes"] * row["accelerator_count"],
        },
        "measured": _measured(connection, row),
        "notes": _notes(row, hardware),
        "build_id": build_id,
    }


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
        {"name": "context_tokens", "value": row["context_tokens"], "is_given": given.context is not None,
         "note": "assumption inference_context_tokens"},
        {"name": "count", "value": row["accelerator_count"], "is_given": given.count is not None,
         "note": "the smallest power of two whose memory suffices"},
    ]  # fmt: skip


def _figure(row: Row, name: str) -> Row:
    unit, formula = FIGURES[name]
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
    model = find_model(connection, given.model)
    _check(given, model)
    _set_scenarios(connection, given, model, None, _bits(given.number_format, model))
    connection.execute(f"create or replace temp table rows as {_model().query}")
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
    }
