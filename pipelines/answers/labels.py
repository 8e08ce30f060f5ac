"""How quantities, methods and amounts are said on pages: plain words for the keys that the warehouse uses.

What belongs here: text. A key without words of its own is said with blanks for underscores, so that a quantity or
method that is new in the warehouse appears without a change here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.answers.numbers import NBSP, count, energy, flop, mass, money, number, percent, significant, with_prefix

QUANTITIES = {
    "training_flop": "Training compute",
    "chip_hours": "Chip-hours",
    "training_hours": "Duration",
    "wall_days": "Duration",
    "mfu": "Model FLOP utilisation (MFU)",
    "hfu": "Hardware FLOP utilisation (HFU)",
    "throughput_flop_per_s": "Achieved FLOP/s per accelerator",
    "chip_energy_kwh": "Chip energy",
    "server_energy_kwh": "Server energy",
    "facility_energy_kwh": "Facility energy",
    "unstated_energy_kwh": "Energy, boundary not published",
    "cloud_cost_usd": "Cost, rented hardware",
    "owned_cost_usd": "Cost, owned hardware",
    "unstated_cost_usd": "Cost, basis not published",
    "location_co2e_kg": "Location-based emissions",
    "market_co2e_kg": "Market-based emissions",
    "embodied_co2e_kg": "Embodied emissions",
    "unstated_co2e_kg": "Emissions, basis not published",
    "water_l": "Water",
    "onsite_water_l": "Water, on site",
    "generation_water_l": "Water, electricity generation",
    "petaflop_days": "Training compute in petaFLOP-days",
    "home_years": "Facility energy in US home-years",
    "energy_kwh": "Energy",
    "co2e_kg": "Emissions",
    "cost_usd": "Cost",
    "cloud_price_usd_per_chip_hour": "Rental price, as stated",
    "inference_j_per_request": "Energy per request",
    "inference_j_per_token": "Energy per token",
    "inference_l_per_request": "Water per request",
    "inference_co2e_kg_per_request": "Emissions per request",
    "development_energy_kwh": "Development energy",
    "development_co2e_kg": "Development emissions",
    "lifecycle_co2e_kg": "Life-cycle emissions",
    "chip_hours_per_trillion_tokens": "Chip-hours per trillion tokens",
    "chip_power_w": "Accelerator power",
    "server_chip_power_w": "Server power per accelerator",
    "node_power_w": "Server power",
    "node_power_ratio": "Server power ÷ power of its accelerators",
    "tdp_w": "Rated power",
    "memory_bytes": "Memory",
    "memory_bandwidth_bytes_per_s": "Memory bandwidth",
    "process_nm": "Process",
    "die_area_mm2": "Die area",
    "release_price_usd": "Price at release",
    "facility_power_w": "Facility power",
    "h100_equivalents_count": "Installed compute in H100-equivalents",
    "capital_usd": "Capital cost",
    "accelerator_count": "Number of accelerators",
    "total_params": "Parameters",
    "active_params": "Active parameters",
    "training_tokens": "Training tokens",
}
"""Names of quantities by their public name (``explain.public_name``)."""

ORDER = tuple(QUANTITIES)

METHODS = {
    "published": "as published",
    "6nd": "6 × active parameters × tokens",
    "3nd": "3 × parameters × tokens (encoder and decoder)",
    "operation_count": "3 × counted operations of a forward pass",
    "hardware": "chip-hours × peak × utilisation",
    "count_times_hours": "accelerators × duration",
    "flop_over_rate": "compute ÷ typical throughput",
    "flop_over_time": "compute ÷ (chip-hours × peak)",
    "prior": "typical of similar runs",
    "chip_hours_times_power": "chip-hours × power",
    "rental": "chip-hours × rental price",
    "rental_moved": "chip-hours × rental price of other years, moved",
    "rental_peers_by_peak": "chip-hours × rental price of similar chips, per peak",
    "rental_peers_by_price": "chip-hours × rental price of similar chips, per purchase price",
    "rental_peers_by_class": "chip-hours × rental price of similar chips",
    "rental_typical": "chip-hours × typical rental price, chip not published",
    "rental_stated": "chip-hours × rental price that the developer states",
    "amortised": "depreciation plus electricity, owned hardware",
    "energy_times_intensity": "energy × grid carbon intensity",
    "energy_times_contracts": "energy × grid intensity × share without carbon-free contracts",
    "energy_and_hardware": "energy × grid carbon intensity + run's share of the hardware lifetime",
    "share_of_life": "run's share of the hardware lifetime",
    "energy_times_water_use": "energy × water use",
    "span_of_boundaries": "range over all possible boundaries",
    "conversion": "conversion",
    "sum_over_chips": "sum over the kinds of chips",
    "stock_times_ratios": "chips in service × rated power × ratios",
    "given": "given by you",
}

KINDS = {
    "measured": "measured by the publisher",
    "reported": "reported by the developer",
    "estimated": "estimated by a third party",
    "derived": "calculated by our formula",
    "assumed": "assumed",
}

INPUTS = {
    "active_params": "Active parameters",
    "total_params": "Parameters",
    "training_tokens": "Training tokens",
    "training_examples": "Training examples",
    "forward_mac": "Multiply-accumulates per forward pass",
    "accelerator_count": "Accelerators",
    "dense_peak": "Dense peak per accelerator",
    "tdp": "Rated power per accelerator",
    "flop_6nd_ratio": "Training compute ÷ 6ND",
    "operation_count_ratio": "Training compute ÷ counted operations",
    "chip_hours_ratio": "Chip-hours ÷ (accelerators × duration)",
    "mfu": "Model FLOP utilisation",
    "average_power_ratio": "Average power ÷ rated power",
    "server_power_ratio": "Server power ÷ power of its accelerators",
    "pue": "Power usage effectiveness (PUE)",
    "cloud_price_usd_per_chip_hour": "Rental price",
    "chip_price": "Purchase price",
    "server_cost_ratio": "Server cost ÷ cost of its accelerators",
    "network_cost_share": "Network share of capital cost",
    "hardware_age_years": "Age of the hardware at the start",
    "published_cloud_price_usd_per_chip_hour": "Rental price, as stated",
    "hardware_price_decline_per_year": "Depreciation, orders of magnitude per year",
    "electricity_price_usd_per_kwh": "Electricity price",
    "grid_intensity_kg_co2e_per_kwh": "Grid carbon intensity",
    "productive_time_ratio": "Productive share of the run time",
    "carbon_free_contract_share": "Share of electricity from carbon-free contracts",
    "embodied_kg_per_accelerator": "Embodied emissions per accelerator",
    "embodied_kg_per_server": "Embodied emissions per server",
    "embodied_lifetime_years": "Hardware lifetime",
    "fleet_utilisation": "Fleet utilisation",
    "service_life_years": "Service life of accelerators",
    "commissioning_days": "Days from sale to operation",
    "idle_power_ratio": "Idle power ÷ rated power",
    "rated_power_w": "Rated power per accelerator",
    "unit_hours": "Chip-hours of running chips",
    "owned_hours": "Chip-hours of chips in service",
    "installed_units": "Chips in service",
    "sold_units": "Chips sold",
    "h100_equivalents_per_unit": "H100-equivalents per chip",
    "uncovered_share": "Share of electricity without carbon-free contracts",
    "grid_intensity_spread_ratio": "Grid intensity at the site ÷ average of the country",
    "it_capital_usd_per_megawatt": "Capital cost of computers per megawatt",
    "facility_capital_usd_per_megawatt": "Capital cost of buildings per megawatt",
    "discount_rate_per_year": "Interest per year",
    "site_it_lifetime_years": "Years over which computers are paid",
    "facility_lifetime_years": "Years over which buildings are paid",
    "home_year_kwh": "Electricity use of a US home per year",
    "wue_onsite_l_per_kwh": "On-site water use per kWh",
    "wue_offsite_l_per_kwh": "Water use of electricity generation per kWh",
}

SUBJECT_KINDS = {
    "model": "Model", "training_run": "Training run", "family": "Model family", "stage": "Training stage",
    "machine": "Machine in operation", "inference": "Inference service",
}  # fmt: skip

PREFIXED = {"W": "W", "B": "B", "byte": "B", "J": "J", "FLOP/s": "FLOP/s", "FLOP/s per chip": "FLOP/s", "FLOP/J": "FLOP/J",
            "B/s": "B/s", "OP/s": "OP/s", "OP/J": "OP/J", "J/token": "J/token", "J/request": "J/request"}  # fmt: skip
SHARES = frozenset({"mfu", "hfu"})
PLURAL = {unit: f"{unit}s" for unit in (
    "chip-day", "chip-hour", "day", "example", "home-year", "hour", "month", "parameter", "petaFLOP-day", "token", "year",
)}  # fmt: skip
BARE = frozenset({"", "1", "ratio", "fraction", "share", "times", "x", "count"})
"""Units that are not said."""


def spoken(key: str) -> str:
    """A key as words.

    >>> spoken("node_power_ratio")
    'Node power ratio'
    """
    text = key.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


UNIT_ENDINGS = re.compile(r"_(kwh|kg|usd|w|l|j|params|flop)(?=_per_|$)")


BOUNDARIES = {
    "chip": "chip",
    "server": "server",
    "facility": "facility",
    "location": "location-based",
    "market": "market-based",
    "embodied": "embodied",
    "lifecycle": "with embodied emissions",
    "onsite": "on site",
    "generation": "electricity generation",
    "both": "on site and electricity generation",
    "cloud": "rented",
    "owned": "owned",
    "unstated": "boundary not published",
}


def unit_word(value: float, unit: str) -> str:
    """A unit behind a number with all its digits: in the plural where the number is not 1; a ratio has none.

    >>> unit_word(1.5e13, "token"), unit_word(1, "chip-hour"), unit_word(0.4, "ratio")
    ('tokens', 'chip-hour', '')
    """
    if unit in ("", "1", "ratio", "share"):
        return ""
    return unit if value == 1 else PLURAL.get(unit, unit)


def quantity_name(public: str) -> str:
    """The name of a quantity, by its public name.

    >>> quantity_name("facility_energy_kwh"), quantity_name("market_inference_co2e_kg_per_request")
    ('Facility energy', 'Emissions per request, market-based')
    >>> quantity_name("new_energy_kwh")
    'New energy'
    """
    if public in QUANTITIES:
        return QUANTITIES[public]
    boundary, _, quantity = public.partition("_")
    if boundary in BOUNDARIES and quantity:
        return f"{quantity_name(quantity)}, {BOUNDARIES[boundary]}"
    return spoken(UNIT_ENDINGS.sub("", public)).replace("co2e", "CO₂e").replace("Co2e", "CO₂e")


def method_name(method: str) -> str:
    """What a method does."""
    return METHODS.get(method) or method.replace("_", " ")


def input_name(name: str) -> str:
    """The name of an input."""
    bare = name.removeprefix("published_")
    return INPUTS.get(bare) or quantity_name(bare)


def place(public: str) -> tuple[int, str]:
    """Sort key of a quantity: in the order of the words above, others behind by name."""
    return (ORDER.index(public) if public in ORDER else len(ORDER), public)


@lru_cache(maxsize=65536)
def said(value: float, unit: str, quantity: str = "", digits: int = 2) -> str:  # noqa: PLR0911
    """An amount for people: the unit that suits its size, so many significant digits.

    >>> [said(v, u).replace(NBSP, " ") for v, u in ((6.3e24, "FLOP"), (7455000, "kWh"), (3.1e6, "kg CO2e"), (7e6, "chip-hour"))]
    ['6.3×10²⁴ FLOP', '7.5 GWh', '3,100 t CO₂e', '7 million chip-hours']
    >>> said(0.375, "ratio", "mfu").replace(NBSP, " "), said(1.1, "ratio"), said(1, "day").replace(NBSP, " ")
    ('38 %', '1.1', '1 day')
    """
    if unit == "FLOP":
        return flop(value, digits) if abs(significant(value, digits)) >= 1e6 else f"{count(value, digits)}{NBSP}FLOP"
    if unit == "kWh":
        return energy(value, digits)
    if unit == "kg CO2e":
        return f"{mass(value, digits)}{NBSP}CO₂e"
    if unit == "USD":
        return money(value, digits)
    if quantity in SHARES:
        return percent(value, digits)
    if unit in PREFIXED:
        return with_prefix(value, PREFIXED[unit], digits)
    amount = count(value, digits)
    if unit in BARE:
        return amount
    return f"{amount}{NBSP}{unit if amount in ('1', '-1') else PLURAL.get(unit, unit)}".replace("CO2e", "CO₂e")


def span(low: float, high: float, unit: str, quantity: str = "", digits: int = 2) -> str:
    """From one amount to another: words that both end in are said once, and one amount where both read alike.

    >>> [span(a, b, u).replace(NBSP, " ") for a, b, u in ((6e6, 6.8e6, "chip-hour"), (1.3e11, 1.7e12, "parameter"), (2, 2, "L"))]
    ['6 to 6.8 million chip-hours', '130 billion to 1.7 trillion parameters', '2 L']
    >>> span(1, 24, "hour").replace(NBSP, " "), span(2, 5, "USD")
    ('1 to 24 hours', '$2 to $5')
    """
    first, last = said(low, unit, quantity, digits), said(high, unit, quantity, digits)
    if first == last:
        return first
    if not first.startswith("$"):
        amount, _, words = first.partition(NBSP)
        if last.partition(NBSP)[2] in (words, f"{words}s"):
            first = amount
        elif words and last.endswith(f"{NBSP}{words.rpartition(NBSP)[2]}"):
            first = first.rpartition(NBSP)[0]
    return f"{first} to {last}"


CLAIMED_DIGITS = 4
"""A claim is quoted as it was made; what is computed of it has two digits."""


def digits_of(kind: str) -> int:
    """Three digits for what somebody states, two for what is computed or assumed."""
    return 3 if kind in ("measured", "reported") else 2


def interval(low: float | None, high: float | None, value: float, unit: str, quantity: str = "") -> str | None:
    """The bounds, or None for a value that is taken as exact."""
    if low is None or high is None or low == high == value:
        return None
    return span(low, high, unit, quantity)


def exact_interval(low: float | None, high: float | None, value: float) -> str:
    """Bounds of an input as they enter the formula."""
    return "exact" if low is None or high is None or low == high == value else f"{number(low)} to {number(high)}"
