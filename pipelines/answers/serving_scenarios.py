"""A case of serving beside the published file: the model that it is about, what makes it impossible, its rows.

What belongs here: a database in which the SQL model of the estimates can run, and the case as rows of
core.inference_scenarios. What does not: what comes out (``serving_estimate``), the options (``serving_case``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache

import duckdb

from pipelines.answers.beside_published import beside_published
from pipelines.answers.serving_case import Serving
from pipelines.errors import UsageError, nearest, shown
from pipelines.records.model_config import read_config
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.sql_models import SqlModel, read_models

MODEL = "core.inference_estimates"
OWN_TABLES = ("core.inference_scenarios", "core.inference_inputs", "core.inference_hardware", "core.model_shapes")
"""Tables of that model which a case may differ in: copied, where the others are only looked at."""

FORMATS = {16: ("16", "bf16", "fp16"), 8: ("8", "fp8", "int8"), 4: ("4", "fp4", "int4")}
"""Nominal bits of a weight -> what an option may call them."""

MAX_BATCH, MAX_CONTEXT = 65_536, 100_000_000

SCENARIO = """
    select $model::varchar as model_id, h.accelerator_id, h.weight_bits, 'standard' as workload, $batch::bigint as batch_size,
        coalesce($count::bigint, 0) as asked_count,
        coalesce($count::bigint, case when h.is_stand_alone then 1 end) as accelerator_count,
        $decode_count::bigint as decode_count, $group::bigint as group_count,
        coalesce($prompt::double, i.prompt_tokens.value) as prompt_tokens,
        coalesce($answer::double, i.answer_tokens.value) as answer_tokens,
        $cached_prompt::double as cached_prompt_fraction,
        coalesce(
            $context::double,
            least(
                cached_tokens_of(
                    coalesce($prompt::double, i.prompt_tokens.value), coalesce($answer::double, i.answer_tokens.value)
                ),
                $longest::double
            )
        ) as context_tokens,
        $software::varchar as software, $software_year::double - 2026 as software_years,
        $speculative::boolean as is_speculative, $idle::double as idle_fraction
    from core.inference_hardware as h cross join core.inference_inputs as i
"""
"""A case on a device with a number of bits: what is given, else what stands for it. The page's calculator runs it too."""

NOT_OF_SHAPE = ("model_type", "embedding_params", "left_out")
"""What a configuration is counted for beside the columns of core.model_shapes."""


# --- the warehouse beside an empty one ------------------------------------------------------------------------------


@cache
def estimates_model() -> SqlModel:
    """The SQL model that makes the warehouse's estimates."""
    return read_models(SQL, "sql")[MODEL]


@contextmanager
def open_serving(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory in which the model can run, with data and macros of the published file."""
    with beside_published(settings, {MODEL: estimates_model()}, copied=OWN_TABLES) as connection:
        yield connection


def choose_model(connection: duckdb.DuckDBPyConnection, given: Serving) -> Row:
    """The shape of the model that is given: one that we know, or one counted from its own configuration."""
    if given.config is None:
        return find_model(connection, given.model)
    counted = read_config(given.config)
    name = given.config.parent.name or "config"
    row = {
        "model_id": "config", "model_name": name, "architecture": counted.model_type, "source_id": "hf_model_configs",
        "params_source_id": "hf_model_configs", "locator": str(given.config), "verified": "seen",
        **{key: value for key, value in asdict(counted).items() if key not in NOT_OF_SHAPE},
    }  # fmt: skip
    places = ", ".join(f"${key}" for key in row)
    connection.execute(f"insert into core.model_shapes ({', '.join(row)}) values ({places})", row)
    connection.execute(
        "update core.model_shapes set cached_values_count = cached_values_of(kv_heads_count, head_dimension, kv_lora_dimension, "
        "rope_dimension, null) where model_id = 'config'"
    )
    return read_rows(connection, "select * from core.model_shapes where model_id = 'config'")[0]


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


def asked_bits(text: str | None, model: Row) -> list[int]:
    """Nominal bits that an option asks for; where nothing is asked, those of the model's release and fewer."""
    if text is None:
        return [bits for bits in FORMATS if bits <= model["released_weight_bits"]]
    for bits, names in FORMATS.items():
        if text.lower() in names:
            return [bits]
    known = ", ".join(name for names in FORMATS.values() for name in names)
    raise UsageError(f"--number-format {shown(text)}: expected one of {known}.")


def check_case(given: Serving, model: Row) -> None:
    """Raise UsageError for a case that cannot be."""
    if not 1 <= given.batch <= MAX_BATCH:
        raise UsageError(f"--batch {given.batch}: expected 1 to {MAX_BATCH:,} sequences.")
    longest = int(model["max_context_tokens"])
    if given.context is not None and not 1 <= given.context <= MAX_CONTEXT:
        raise UsageError(f"--context {given.context}: expected 1 token or more.")
    if given.context is not None and given.context > longest:
        raise UsageError(f"--context {given.context}: {model['model_id']} supports at most {longest:,} tokens.")
    if given.count is not None and given.count < 1:
        raise UsageError(f"--count {given.count}: expected a whole number of accelerators.")


def set_scenarios(
    connection: duckdb.DuckDBPyConnection, given: Serving, model: Row, device: str | None, bits: list[int]
) -> None:
    """The case as rows of core.inference_scenarios: one a device and number of bits."""
    point = given.point
    connection.execute(
        f"""
        create or replace table core.inference_scenarios as {SCENARIO}
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
            "decode_count": point.decode_count,
            "group": point.group,
            "prompt": point.prompt_tokens,
            "answer": point.answer_tokens,
            "cached_prompt": point.cached_prompt,
            "software": point.software,
            "software_year": point.software_year,
            "speculative": point.speculative,
            "idle": point.idle,
        },
    )
    if point.cache_bits is not None:
        connection.execute(
            "update core.inference_inputs set cache_bits = "
            "struct_update(cache_bits, low := $1, value := $1, high := $1, kind := 'given')",
            [point.cache_bits],
        )
    if given.price is not None:
        connection.execute(
            """
            update core.inference_hardware set rental_usd_per_chip_hour_low = $1, rental_usd_per_chip_hour = $2,
                rental_usd_per_chip_hour_high = $3, rental_basis = 'given'
            """,
            [given.price.low, given.price.value, given.price.high],
        )
