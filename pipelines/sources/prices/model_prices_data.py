"""model-prices: dated prices of tokens since 2025, as the Python package ships them.

What belongs here: the columns of a dated price. What does not: which price holds at a time. The file is
read as it is shipped; prices that the package may have fetched are never asked for. Time-of-day schedules
and subscription plans of the file are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from pipelines.errors import LedgerError
from pipelines.records.fields import Text, filled, nullable
from pipelines.records.json_records import (
    JsonInstant,
    JsonRecord,
    JsonText,
    Values,
    named_columns,
    package_label,
    packaged_json,
    read_packaged,
)
from pipelines.records.raw_tables import PackagedFile, RawNumber, RawRow, RawTable

PACKAGE = "model-prices"
SNAPSHOT = "model_prices/snapshot.json"
KNOWN_SCHEMA = 1
"""Format of the shipped file that this module reads."""

MAX_USD_PER_MILLION_TOKENS = 5_000
RATE_NAMES = ("input", "output", "cache_read", "cache_write")
PRICE_COLUMNS = {f"{name}_usd_per_million_tokens": (name,) for name in RATE_NAMES}

Price = Annotated[RawNumber, Field(ge=0, le=MAX_USD_PER_MILLION_TOKENS)]


class ModelPrices(RawRow):
    """One row per provider, model, mode and start of model-prices: the prices that apply from start until the next row."""

    table = "model_prices"
    source_id = "model_prices"
    key = ("provider", "model", "mode", "start_at")
    min_rows = 1_000

    provider: Text = filled("Identifier of the provider that serves the model.")
    model: Text = filled("Identifier of the model at that provider.")
    mode: Text = filled("How requests are served: standard, batch, flex, fast, ultrafast or thinking.")
    status: Literal["deprecated", "removed"] | None = nullable(
        "Whether the provider phases the model out (deprecated) or no longer lists it (removed)."
    )
    start_at: JsonInstant | None = nullable(
        "Time (UTC) from which the row applies; empty for the first row of a model and mode, which also covers all "
        "earlier times.",
        "start",
    )
    input_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens, US dollars per million tokens; empty where the mode had no price yet.", "input"
    )
    output_usd_per_million_tokens: Price | None = nullable(
        "Price of output tokens, US dollars per million tokens.", "output"
    )
    cache_read_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens read from a cache, US dollars per million tokens.", "cache_read"
    )
    cache_write_usd_per_million_tokens: Price | None = nullable(
        "Price of input tokens written to a cache, US dollars per million tokens.", "cache_write"
    )
    cache_write_1h_multiple_ratio: Annotated[RawNumber, Field(gt=0, le=100)] | None = nullable(
        "Price of a token cached for one hour over the price of an input token, a ratio.", "cache_write_1h_multiple"
    )
    tiers: JsonText | None = nullable(
        "Prices of longer inputs, as JSON: list of {above, input, output, …}; above so many input tokens the "
        "request costs these US dollars per million tokens.",
    )
    rated_model: Text | None = nullable("Identifier whose prices these are, where it is not the model's own.")
    valid_from_at: JsonInstant | None = nullable(
        "Time (UTC) to which the publisher dates the price; by a commit, it lags by days.", "valid_from"
    )
    valid_from_basis: Literal["models.dev commit", "documented", "first observed"] | None = nullable(
        "How valid_from_at was dated."
    )
    source_url: Text | None = nullable("Where the publisher has the price from.", "source")
    recorded: JsonText | None = nullable(
        "Prices as models.dev recorded them before the publisher corrected them, as JSON; null in it means that it "
        "recorded none.",
    )


def _items(value: Any) -> list[tuple[str, Any]]:
    return sorted(value.items()) if isinstance(value, dict) else []


def price_records(content: Any) -> Iterator[Values]:
    """Every dated price of the shipped file, by provider, model, mode and the file's order of time."""
    prices, status = content.get("prices"), content.get("status")
    state = {(provider, model): word for provider, models in _items(status) for model, word in _items(models)}
    for provider, models in _items(prices):
        for model, modes in _items(models):
            for mode, entries in _items(modes):
                for entry in entries if isinstance(entries, list) else [entries]:
                    about = {"provider": provider, "model": model, "mode": mode, "status": state.get((provider, model))}
                    yield {**about, "entry": entry}


def _tiers(tiers: Any) -> str | None:
    """Tiers of a price as JSON; raises ValueError where they do not rise or a price is none."""
    if not tiers:
        return None
    if not (isinstance(tiers, list) and all(isinstance(tier, dict) for tier in tiers)):
        raise ValueError("expected tiers to be a list of objects")
    above = [tier.get("above") for tier in tiers]
    if any(type(start) is not int or start <= 0 for start in above) or any(a >= b for a, b in pairwise(above)):
        raise ValueError(f"expected tiers that rise above 0 tokens, got {above}")
    for tier in tiers:
        for name, price in tier.items():
            if name != "above" and not (type(price) in (int, float) and 0 <= price <= MAX_USD_PER_MILLION_TOKENS):
                raise ValueError(f"expected {name} of a tier to be a price, got {price!r}")
    return json.dumps(tiers, sort_keys=True)


def price_row(record: JsonRecord) -> Values:
    """Columns of a dated price; raises ValueError where the entry has another shape."""
    about = dict(record.value)
    entry = about.pop("entry")
    if not isinstance(entry, dict) or not isinstance(entry.get("rates"), dict | None):
        raise ValueError("expected an entry with rates that are an object or null")
    rates = dict(entry["rates"] or {})
    if rates and not {"input", "output"} <= rates.keys():
        raise ValueError("expected rates with input and output")
    tiers, rated_model = _tiers(rates.pop("tiers", None)), rates.pop("model", None)
    recorded = json.dumps(entry["recorded"], sort_keys=True) if "recorded" in entry else None
    flat = {**rates, **about, "start": entry.get("start"), "rated_model": rated_model}
    flat_record = JsonRecord(record.position, record.key, {**flat, "tiers": tiers, "recorded": recorded})
    return named_columns(ModelPrices)(flat_record)


def shipped_prices() -> Values:
    """The shipped file; raises LedgerError where its format is not the one that this module reads."""
    content = packaged_json(PACKAGE, SNAPSHOT)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != KNOWN_SCHEMA:
        raise LedgerError(
            f"{package_label(PACKAGE)}: {SNAPSHOT} has schema {schema!r}; expected {KNOWN_SCHEMA}. "
            "Install the version that the lock names."
        )
    return dict(content)


def read_prices() -> list[RawTable]:
    """Prices of the installed package."""
    return read_packaged(PACKAGE, price_records(shipped_prices()), ModelPrices, price_row)


FILES: tuple[PackagedFile, ...] = (
    PackagedFile(source_id="model_prices", package=PACKAGE, read=read_prices, tables=(ModelPrices,)),
)
"""Files of this source."""
