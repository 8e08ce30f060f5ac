"""The page that finds devices: what runs a model within a budget, and what serving it takes; the data are in the page."""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.answers.numbers import significant
from pipelines.site.pages.models import grouped
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

DIGITS = 3
FITS = """
    select model_id, model_name, accelerator_id, accelerator_name, accelerator_count, segment, weight_bits,
        any_value(context_tokens) as context_tokens, any_value(needed_bytes) as needed_bytes,
        any_value(available_bytes) as available_bytes, bool_or(fits) as fits, max(tokens_per_s_bound) as tokens_per_s_bound,
        median(measured_tokens_per_s) as measured_tokens_per_s,
        any_value(purchase_usd) as purchase_usd, any_value(tdp_w) as tdp_w
    from mart.device_fit where context_tokens is not null
    group by all order by model_id, weight_bits, accelerator_id, accelerator_count
"""
"""Language models on each device, by bits of a weight: of formats with as many bits the faster one."""
MODELS = """
    select model_id, any_value(total_params) as total_params, median(api_usd_per_million_tokens) as api_usd_per_million_tokens,
        count(measured_joule_per_token) as measured_count
    from mart.inference_estimates group by 1 order by 1
"""
SERVING = """
    select model_id, accelerator_id, number_format, accelerators_needed, batch_size,
        tokens_per_s_low, tokens_per_s, tokens_per_s_high,
        joule_per_token_low, joule_per_token, joule_per_token_high,
        usd_per_million_tokens_low, usd_per_million_tokens, usd_per_million_tokens_high, measured_joule_per_token
    from mart.inference_estimates where fits and batch_size in (1, 8, 64, 256)
    qualify row_number() over (partition by model_id, accelerator_id, batch_size order by weight_bits desc, number_format) = 1
    order by model_id, batch_size, accelerator_id
"""
"""What serving takes on each accelerator, with the most bits that fit."""
CHIPS = "select accelerator_id, accelerator_name from mart.accelerators order by 1"
SERVED = ("tokens_per_s", "joule_per_token", "usd_per_million_tokens")
BATCHES = (1, 8, 64, 256)
NO_FIT = -1
"""Stands for a speed where the model does not fit; null is a speed that is not known."""


def _short(value: float | None) -> float | int | None:
    if value is None:
        return None
    rounded = float(significant(value, DIGITS))
    return int(rounded) if rounded.is_integer() else rounded


def _devices(fits: list[Row]) -> dict[tuple[str, int], list[Any]]:
    """Each device or server once: key, name, count, segment, usable memory, price, power."""
    return {
        (row["accelerator_id"], row["accelerator_count"]): [
            row["accelerator_id"], row["accelerator_name"], row["accelerator_count"], row["segment"],
            *(_short(row[name]) for name in ("available_bytes", "purchase_usd", "tdp_w")),
        ]
        for row in fits
    }  # fmt: skip


def _speeds(rows: list[Row], places: dict[tuple[str, int], int]) -> Words:
    """The case of a model and number of bits: memory, and the greatest and the measured speed on each device."""
    bound: list[float | int | None] = [NO_FIT] * len(places)
    measured = {}
    for row in rows:
        place = places[(row["accelerator_id"], row["accelerator_count"])]
        if row["fits"]:
            bound[place] = _short(row["tokens_per_s_bound"])
        if row["measured_tokens_per_s"] is not None:
            measured[place] = _short(row["measured_tokens_per_s"])
    return {"needed": _short(rows[0]["needed_bytes"]), "bound": bound, "measured": measured}


def _serving(rows: list[Row], chips: dict[str, int]) -> list[list[Any]]:
    return [
        [chips[row["accelerator_id"]], row["accelerators_needed"], row["number_format"], row["batch_size"],
         *(_short(row[f"{name}{end}"]) for name in SERVED for end in ("_low", "", "_high")),
         _short(row["measured_joule_per_token"])]
        for row in rows
    ]  # fmt: skip


def devices_data(connection: duckdb.DuckDBPyConnection) -> Words:
    """Models with the devices that run them, and what serving takes."""
    fits, serving = read_rows(connection, FITS), grouped(read_rows(connection, SERVING), "model_id")
    about = {row["model_id"]: row for row in read_rows(connection, MODELS)}
    names = {row["accelerator_id"]: row["accelerator_name"] for row in read_rows(connection, CHIPS)}
    devices = _devices(fits)
    places = {key: place for place, key in enumerate(devices)}
    chip_ids = sorted({row["accelerator_id"] for rows in serving.values() for row in rows})
    chips = {chip: place for place, chip in enumerate(chip_ids)}
    models = []
    for model_id, rows in grouped(fits, "model_id").items():
        known = about.get(model_id)
        if known is None:
            continue
        cases = {bits: _speeds(of_bits, places) for bits, of_bits in grouped(rows, "weight_bits").items()}
        models.append(
            {
                "id": model_id,
                "name": rows[0]["model_name"],
                "params": known["total_params"],
                "api": _short(known["api_usd_per_million_tokens"]),
                "measured": known["measured_count"],
                "context": rows[0]["context_tokens"],
                "cases": cases,
                "serving": _serving(serving.get(model_id, []), chips),
            }
        )
    models.sort(key=lambda one: (one["api"] is None, -one["measured"], one["name"].lower()))
    return {
        "devices": list(devices.values()),
        "models": models,
        "chips": [[chip, names.get(chip, chip)] for chip in chip_ids],
        "batches": BATCHES,
    }


def _words(data: Words) -> Words:
    return {
        "title": "Find a device",
        "data": data,
        "scripts": [f"sheets/{name}.js" for name in ("unpack", "numbers", "matching", "combobox", "finder", "devices")],
    }


@page_kind(
    "devices",
    number=6,
    name="Devices",
    menu_page="devices.html",
    description="Devices that run a model within a budget of money, watts and memory, and what serving it takes on each "
    "accelerator.",
    tables=("mart.device_fit", "mart.inference_estimates", "mart.accelerators"),
)
def draft_devices_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page that holds the speeds of all."""
    data = devices_data(connection)
    draft = Draft("devices.html", "devices.html", data, lambda: _words(data))
    return Drafts([draft], facts={"models": len(data["models"]), "devices": len(data["devices"])})
