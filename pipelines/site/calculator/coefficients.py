"""Coefficients of the page's calculator, as the warehouse's own models choose them.

Runs that nobody made, one for every accelerator and number format, accelerator and year of a new price, country and
year, go through core.training_runs and core.training_inputs; what these choose is exported. So the page holds no rule
about which price, peak or intensity is taken, but the one that the most specific assumption holds.
"""

from __future__ import annotations

import json
from itertools import groupby, zip_longest
from typing import Any

import duckdb

from pipelines.answers.given import KINDS
from pipelines.answers.labels import INPUTS, METHODS, QUANTITIES
from pipelines.answers.training_case import EARLIEST_YEAR, LATEST_YEAR
from pipelines.answers.training_estimate import FIRST_MODELS, latest_price_year, open_whatif, run_model
from pipelines.settings import Settings
from pipelines.site.files import sha256, write_changed
from pipelines.site.pages.writing import Note, Written, is_current, read_note, write_note
from pipelines.site.published import Reading, versions_of
from pipelines.warehouse.code_digests import version_of_code
from pipelines.warehouse.file import Row, connect_published, read_rows

ASSUMPTIONS = (
    "flop_6nd_ratio", "chip_hours_ratio", "mfu", "average_power_ratio", "server_power_ratio", "pue",
    "server_cost_ratio", "network_cost_share", "hardware_price_decline_per_year",
    "electricity_price_usd_per_kwh", "grid_intensity_kg_co2e_per_kwh", "carbon_free_contract_share",
    "embodied_kg_per_accelerator", "embodied_kg_per_server", "embodied_lifetime_years", "fleet_utilisation",
    "wue_onsite_l_per_kwh", "wue_offsite_l_per_kwh",
)  # fmt: skip
"""Names in seeds.assumptions that the calculator may need."""

FORMULAS = (
    "amount", "uncertain", "exactly", "multiply", "divide", "low_of", "central_of", "high_of", "flop_6nd", "flop_3nd",
    "flop_hardware", "chip_hours_from_flop", "model_flop_utilisation", "petaflop_days_of", "wall_days_of",
    "training_state_bytes_of", "chip_energy_kwh_of", "server_energy_kwh_of", "facility_energy_kwh_of", "co2e_kg_of",
    "market_co2e_kg_of", "embodied_co2e_kg_of", "water_l_of", "home_years_of", "cloud_cost_usd_of",
    "hardware_age_years_of", "depreciation_per_hour_of", "capital_usd_per_chip_hour", "electricity_usd_per_chip_hour",
    "owned_cost_usd_of",
)  # fmt: skip
"""Macros that the calculator calls."""

PRICE = (
    "row(paid_usd_per_chip_hour_low, price_usd_per_chip_hour, paid_usd_per_chip_hour_high, method, basis, source_id)"
)
"""What is exported of a rental price."""
SYNTHETIC_RUNS = f"""
    delete from core.models;
    insert into core.models by name select 'x' as model_id, 'x' as model_name, 'language' as domain,
        'dense decoder' as architecture, false as is_frontier;
    delete from seeds.training_runs;
    insert into seeds.training_runs by name
    with chips as (select accelerator_id from ledger.core.accelerators),
    formats as (
        select accelerator_id, null as number_format from chips
        union all
        select distinct accelerator_id, number_format from ledger.core.accelerator_peaks
        where not is_sparse and number_format not like 'int%'
    ),
    years as (select unnest(range({EARLIEST_YEAR}, {LATEST_YEAR} + 1)) as year),
    places as (
        select place from ledger.seeds.grid_carbon where basis = 'location' and regexp_full_match(place, '[A-Z]{{3}}')
        union select country from ledger.seeds.electricity_prices
    ),
    new_prices as (
        select accelerator_id, year from ledger.core.rental_prices
        qualify {PRICE} is distinct from lag({PRICE}) over (partition by accelerator_id order by year)
    ),
    runs as (
        select 'format' as what, accelerator_id, number_format, null as year, null as place from formats
        union all
        select 'rental' as what, accelerator_id, null, year, null from new_prices
        union all
        select 'place' as what, null, null, year, place from places cross join years
    )
    select concat_ws('|', what, accelerator_id, number_format, place, year) as training_run_id, 'x' as model_id,
        'pretraining' as run_kind, accelerator_id, number_format, place as training_country, coalesce(year, 2020) as started_year
    from runs where what = ?
"""
CHOSEN = """
    select
        split_part(r.training_run_id, '|', 1) as what, r.accelerator_id, s.number_format as asked_format, r.number_format,
        r.training_country as place, r.training_year as year, i.dense_peak, i.cloud_price, i.cloud_price_method, i.chip_price,
        i.electricity_price, i.grid_intensity, i.hardware_age, h.acquired_years_low, h.acquired_years, h.acquired_years_high
    from core.training_runs as r
    inner join core.training_inputs as i on r.training_run_id = i.training_run_id
    inner join core.hardware_ages as h on r.training_run_id = h.training_run_id
    inner join seeds.training_runs as s on r.training_run_id = s.training_run_id
    order by what, r.accelerator_id, place, asked_format nulls first, year
"""
CHIPS = """
    select accelerator_id, accelerator_name, vendor, kind, tdp_w, memory_bytes, year(release_date) as released_year, source_id
    from ledger.core.accelerators order by lower(vendor), lower(accelerator_name), accelerator_id
"""


def _ranges(rows: list[Row], column: str) -> list[list[Any]]:
    """What was seen, by year: runs of years with the same choice as one row [from, to, low, value, high, basis, source]."""
    made = []
    seen = [(row["year"], row[column]) for row in rows if row[column] is not None and row[column]["kind"] != "assumed"]
    for _, group in groupby(enumerate(seen), key=lambda item: (item[1][0] - item[0], repr(item[1][1]))):
        years = [entry for _, entry in group]
        one = years[0][1]
        made.append([years[0][0], years[-1][0], one["low"], one["value"], one["high"], one["basis"], one["source_id"]])
    return made


def _rentals(rows: list[Row], released_year: int | None) -> list[list[Any]]:
    """Rental prices by year, as ``_ranges``, with the kind of the input and the method of the cost.

    Each row is of a year with a new price, which holds until the next. No run uses an accelerator before its release,
    so that earlier years are left out.
    """
    made = []
    for row, following in zip_longest(rows, rows[1:]):
        years = max(row["year"], released_year or EARLIEST_YEAR), following["year"] - 1 if following else LATEST_YEAR
        if years[0] > years[1]:
            continue
        price, method = row["cloud_price"], row["cloud_price_method"]
        made.append([
            *years,
            *(price[key] for key in ("low", "value", "high", "basis", "source_id")),
            KINDS[price["kind"]], "rental" if method == "observed" else f"rental_{method}",
        ])  # fmt: skip
    return made


def _acquired(row: Row) -> dict[str, Any] | None:
    """When a run acquires this accelerator, decimal years; None if its release date is not published."""
    if row["acquired_years"] is None:
        return None
    years = [row[f"acquired_years{side}"] for side in ("_low", "", "_high")]
    return {"years": years, "source": row["hardware_age"]["source_id"]}


def _chips(connection: duckdb.DuckDBPyConnection, chosen: dict[str, list[Row]]) -> dict[str, Any]:
    formats = {
        key: list(rows) for key, rows in groupby(chosen.get("format", []), key=lambda row: row["accelerator_id"])
    }
    rentals = {
        key: list(rows) for key, rows in groupby(chosen.get("rental", []), key=lambda row: row["accelerator_id"])
    }
    chips = {}
    for chip in read_rows(connection, CHIPS):
        rows = formats[chip["accelerator_id"]]
        if rows[0]["dense_peak"] is None:
            continue  # nothing can be said of a run on it
        price = rows[0]["chip_price"]
        years = [EARLIEST_YEAR, LATEST_YEAR]
        bought = [[*years, *(price[key] for key in ("low", "value", "high", "basis", "source_id"))]] if price else []
        peaks = [row for row in rows if row["dense_peak"] is not None]
        chips[chip["accelerator_id"]] = {
            "name": chip["accelerator_name"],
            "vendor": chip["vendor"],
            "kind": chip["kind"],
            "tdp_w": chip["tdp_w"],
            "memory_bytes": chip["memory_bytes"],
            "released_year": chip["released_year"],
            "source": chip["source_id"],
            "peak_source": rows[0]["dense_peak"]["source_id"],
            "usual_format": rows[0]["number_format"],
            "formats": {row["number_format"]: row["dense_peak"]["value"] for row in peaks},
            "rentals": _rentals(rentals.get(chip["accelerator_id"], []), chip["released_year"]),
            "acquired": _acquired(rows[0]),
            "purchase": bought,
        }
    return chips


def _countries(chosen: dict[str, list[Row]]) -> dict[str, Any]:
    return {
        place: {"electricity": _ranges(by_year, "electricity_price"), "grid": _ranges(by_year, "grid_intensity")}
        for place, rows in groupby(chosen.get("place", []), key=lambda row: row["place"])
        for by_year in [list(rows)]
    }


def _chosen(connection: duckdb.DuckDBPyConnection, what: str) -> list[Row]:
    """What the models choose for the runs of one kind: one kind after the other takes a third of the memory."""
    connection.execute(SYNTHETIC_RUNS, [what])
    for name in FIRST_MODELS:
        run_model(connection, name)
    return read_rows(connection, CHOSEN)


def _assumptions(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, list[Any]]]:
    query = "select * from ledger.seeds.assumptions where list_contains(?, name) order by name, applies_to"
    found: dict[str, dict[str, list[Any]]] = {}
    for row in read_rows(connection, query, [list(ASSUMPTIONS)]):
        found.setdefault(row["name"], {})[row["applies_to"]] = [
            row["low"], row["central"], row["high"], row["unit"], row["source_id"]
        ]  # fmt: skip
    return found


def _one(connection: duckdb.DuckDBPyConnection, name: str) -> Row:
    return read_rows(connection, "select * from ledger.seeds.assumptions where name = ?", [name])[0]


def _cited(value: Any) -> set[str]:
    """All texts of nested data: those that are sources are among them."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for each in inner for text in _cited(each)}


def _words() -> dict[str, dict[str, str]]:
    """Names of quantities and inputs, and of methods."""
    return {"names": {**QUANTITIES, **INPUTS}, "methods": METHODS}


DEFAULT_CHIPS = ("h100-sxm", "a100-sxm-80gb")
"""The accelerator that the form begins with: the first of these that is known."""
DIGITS = 16
"""Significant digits of a coefficient: what a sum of decimals is off by (0.30000000000000004) is not sent to readers."""
COEFFICIENTS = "whatif.json"
NAME = "what_if"
"""The asset's name, and what its file of notes is called."""


def build_coefficients(settings: Settings, *, force: bool = False) -> Written:
    """Write ``whatif.json`` unless code and tables of now would make the same; returns what changed."""
    path = settings.site / COEFFICIENTS
    code = version_of_code([__name__])
    note = read_note(settings, NAME)
    done = Written(first=[COEFFICIENTS])
    with connect_published(settings) as connection:
        is_kept = not force and is_current(note, code, connection, settings.site)
    if not is_kept:
        data, tables = read_coefficients(settings)
        text = json.dumps(_rounded(data), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        done.rendered = 1
        if write_changed(path, text):
            done.changed.append(COEFFICIENTS)
        done.facts = {"accelerators": len(data["chips"]), "countries": len(data["countries"])}
        with connect_published(settings) as connection:
            reads = versions_of(tables, connection)
        note = Note(
            code=code, reads=reads, keys={COEFFICIENTS: ""}, files={COEFFICIENTS: sha256(text)}, facts=done.facts
        )
        write_note(settings, NAME, note)
    done.facts = note.facts
    done.byte_count = path.stat().st_size
    return done


def _rounded(value: Any) -> Any:
    """All numbers within a value, to DIGITS."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def read_coefficients(settings: Settings) -> tuple[dict[str, Any], set[str]]:
    """Everything that the calculator needs, from the published file; and the tables that it was read from."""
    with open_whatif(settings) as opened:
        reading = Reading(opened)
        connection = reading.connection
        chosen = {what: _chosen(connection, what) for what in ("format", "rental", "place")}
        home = _one(connection, "home_year_kwh")
        data: dict[str, Any] = {
            "chips": _chips(connection, chosen),
            "countries": _countries(chosen),
            "assumptions": _assumptions(connection),
            "latest_year": latest_price_year(connection),
            "years": [EARLIEST_YEAR, LATEST_YEAR],
            "state_bytes_per_param": _one(connection, "training_state_bytes_per_param")["low"],
            "home_year": {"name": "home_year_kwh", "low": None, "value": home["central"], "high": None, "unit": home["unit"],
                          "kind": "assumed", "basis": f"{home['name']} for {home['applies_to']}", "source": home["source_id"]},
        }  # fmt: skip
        cited = _cited(data)
        titles = connection.execute("select source_id, title from ledger.meta.sources order by source_id").fetchall()
        data["default_chip"] = next(
            (chip for chip in DEFAULT_CHIPS if chip in data["chips"]), next(iter(data["chips"]))
        )
        data["words"] = _words()
        data["sources"] = {source: title for source, title in titles if source in cited}
    return data, reading.tables
