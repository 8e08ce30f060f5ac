"""genai-prices: what providers charge for tokens, as the Python package ships it.

What belongs here: the columns of a price, and the walk over the package's providers. What does not: which
price holds at a time; as published, the last record of a model whose constraint holds does, and a variant
replaces only the prices that it names.

The package's own updates over the network are never asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt

from pipelines.records.fields import Text, filled, nullable
from pipelines.records.json_records import JsonDay, JsonRecord, JsonText, Values, read_packaged
from pipelines.records.raw_tables import PackagedFile, RawNumber, RawRow, RawTable

PACKAGE = "genai-prices"

MAX_USD_PER_MILLION_TOKENS = 5_000
TOKEN_PRICES = (
    "input", "output", "cache_read", "cache_write", "cache_write_1h", "input_audio", "output_audio", "cache_audio_read",
    "input_image", "output_image", "cache_image_read",
)  # fmt: skip
"""Prices that have a column; the package's name ends in _mtok."""

Price = Annotated[RawNumber, Field(ge=0, le=MAX_USD_PER_MILLION_TOKENS)]
ClockTime = Annotated[str, Field(pattern=r"^\d{2}:\d{2}:\d{2}$")]


class GenaiPrices(RawRow):
    """One row per provider, model, variant and constraint of genai-prices: prices of tokens.

    If several rows of a model and variant apply at a time, the one with the highest record_no applies.
    """

    table = "genai_prices"
    source_id = "genai_prices"
    key = ("provider", "model", "variant", "start_date", "start_time")
    min_rows = 1_500

    provider: Text = filled("Identifier of the provider that serves the model.")
    model: Text = filled("Identifier of the model at that provider.")
    model_name: Text | None = nullable("Name of the model, where given.")
    is_deprecated: StrictBool = filled("True if the provider is said to phase the model out.")
    context_window_tokens: Annotated[StrictInt, Field(gt=0, le=1_000_000_000)] | None = nullable(
        "Longest input that the model takes, tokens."
    )
    variant: Text | None = nullable(
        "Requests that the prices are for, as name=value joined by '; ', for example processing=batch; empty for "
        "standard requests.",
    )
    start_date: JsonDay | None = nullable(
        "First day (UTC) on which the prices apply, also in the future; empty if always."
    )
    start_time: ClockTime | None = nullable("Time of day (UTC) from which the prices apply each day; empty if all day.")
    end_time: ClockTime | None = nullable("Time of day (UTC) until which they apply each day.")
    input_usd_per_million_tokens: Price | None = nullable("Price of input tokens, US dollars per million tokens.")
    output_usd_per_million_tokens: Price | None = nullable("Price of output tokens, US dollars per million tokens.")
    cache_read_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens read from a cache, US dollars per million tokens."
    )
    cache_write_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens written to a cache, US dollars per million tokens."
    )
    cache_write_1h_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens written to a cache for one hour, US dollars per million tokens."
    )
    input_audio_usd_per_million_tokens: Price | None = nullable("Price of audio input, US dollars per million tokens.")
    output_audio_usd_per_million_tokens: Price | None = nullable(
        "Price of audio output, US dollars per million tokens."
    )
    cache_audio_read_usd_per_million_tokens: Price | None = nullable(
        "Price of audio input read from a cache, US dollars per million tokens."
    )
    input_image_usd_per_million_tokens: Price | None = nullable("Price of image input, US dollars per million tokens.")
    output_image_usd_per_million_tokens: Price | None = nullable(
        "Price of image output, US dollars per million tokens."
    )
    cache_image_read_usd_per_million_tokens: Price | None = nullable(
        "Price of image input read from a cache, US dollars per million tokens."
    )
    tiers: JsonText | None = nullable(
        "Prices of longer inputs, as JSON: name of the price -> list of {start, price}; above start input tokens "
        "all tokens of the request cost price, US dollars per million tokens.",
    )
    other_prices: JsonText | None = nullable(
        "Prices that have no column, as JSON: the package's name -> US dollars per what the name says (mtok: "
        "million tokens, kcount: thousand, hours, kpages: thousand pages, mchars: million characters).",
    )


def _plain(price: Any) -> Any:
    """A price of the package as JSON has it: a number, or {base, tiers}."""
    if isinstance(price, Decimal):
        return float(price)
    tiers = getattr(price, "tiers", None)
    if tiers is None:
        return str(price)
    return {
        "base": _plain(price.base),
        "tiers": [{"start": tier.start, "price": _plain(tier.price)} for tier in tiers],
    }


def _prices(prices: Any) -> Values:
    return {name: _plain(price) for name, price in vars(prices).items() if price is not None}


def _constraint(constraint: Any) -> Values:
    """Constraint of a price: attributes that it has, as text."""
    names = ("start_date", "start_time", "end_time")
    given = {name: getattr(constraint, name, None) for name in names}
    return {
        name: _utc_text(value) if name.endswith("_time") else value.isoformat()
        for name, value in given.items()
        if value
    }


def _utc_text(value: Any) -> str:
    """A time of day as text; one with another zone than UTC keeps its offset, which the schema then refuses."""
    return str(value.isoformat()).removesuffix("+00:00")


def price_records(providers: Any) -> Iterator[Values]:
    """Every price of every model, by provider and model, in the package's order within a model."""
    for provider in sorted(providers, key=lambda each: each.id):
        for model in sorted(provider.models, key=lambda each: each.id):
            about = {
                "provider": provider.id,
                "model": model.id,
                "model_name": model.name,
                "is_deprecated": bool(model.deprecated),
                "context_window_tokens": model.context_window,
            }
            listed = model.prices if isinstance(model.prices, list) else [model]
            for entry in listed:
                yield {**about, **_constraint(getattr(entry, "constraint", None)), "prices": _prices(entry.prices)}
            for entry in model.price_variants or ():
                constraint = _constraint(entry.constraint)
                yield {**about, **constraint, "when": dict(entry.when), "prices": _prices(entry.prices)}


def _price(value: Any, what: str) -> float:
    """A price that has no column of its own; raises ValueError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_USD_PER_MILLION_TOKENS:
        raise ValueError(f"expected {what} to be a price from 0 to {MAX_USD_PER_MILLION_TOKENS:,}, got {value!r}")
    return value


def _tiers(value: Any, what: str) -> list[Values]:
    """Tiers of a price; raises ValueError where their starts do not rise or a price is none."""
    tiers = value.get("tiers")
    starts = [tier["start"] for tier in tiers] if isinstance(tiers, list) else []
    if not starts or any(type(start) is not int or start <= 0 for start in starts) or starts != sorted(set(starts)):
        raise ValueError(f"expected tiers of {what} with rising starts above 0, got {starts}")
    return [{"start": tier["start"], "price": _price(tier["price"], f"a tier of {what}")} for tier in tiers]


def _as_json(value: Values) -> str | None:
    return json.dumps(value, sort_keys=True) if value else None


def price_row(record: JsonRecord) -> Values:
    """Columns of a price; raises ValueError where a tier or a price without column does not hold."""
    row = dict(record.value)
    prices, when = row.pop("prices"), row.pop("when", None)
    row["variant"] = "; ".join(f"{name}={when[name]}" for name in sorted(when)) if when else None
    tiers: Values = {}
    others: Values = {}
    for name, value in prices.items():
        base = value.get("base") if isinstance(value, dict) else value
        if isinstance(value, dict):
            tiers[name] = _tiers(value, name)
        if name.removesuffix("_mtok") in TOKEN_PRICES:
            row[f"{name.removesuffix('_mtok')}_usd_per_million_tokens"] = base
        else:
            others[name] = _price(base, name)
    return {**row, "tiers": _as_json(tiers), "other_prices": _as_json(others)}


def read_prices() -> list[RawTable]:
    """Prices of the installed package."""
    from genai_prices.data import providers

    return read_packaged(PACKAGE, price_records(providers), GenaiPrices, price_row)


FILES: tuple[PackagedFile, ...] = (
    PackagedFile(source_id="genai_prices", package=PACKAGE, read=read_prices, tables=(GenaiPrices,)),
)
"""Files of this source."""
