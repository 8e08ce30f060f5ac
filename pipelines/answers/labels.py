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
    "chip_hours": "Accelerator time",
    "training_hours": "Duration",
    "wall_days": "Duration",
    "mfu": "Model FLOP utilisation (MFU)",
    "hfu": "Hardware FLOP utilisation (HFU)",
    "throughput_flop_per_s": "Rate of each accelerator",
    "chip_energy_kwh": "Energy of the accelerators",
    "server_energy_kwh": "Energy of the servers",
    "facility_energy_kwh": "Energy of the data centre",
    "unstated_energy_kwh": "Energy, boundary not stated",
    "cloud_cost_usd": "Cost at rental prices",
    "owned_cost_usd": "Cost on own machines",
    "unstated_cost_usd": "Cost, basis not stated",
    "location_co2e_kg": "Emissions by the mix of the grid",
    "market_co2e_kg": "Emissions by the contracts of the buyer",
    "embodied_co2e_kg": "Emissions of making the machines",
    "unstated_co2e_kg": "Emissions, basis not stated",
    "water_l": "Water",
    "petaflop_days": "The same in petaFLOP-days",
    "home_years": "The same in years of a US home",
    "energy_kwh": "Energy",
    "co2e_kg": "Emissions",
    "cost_usd": "Cost",
    "inference_j_per_request": "Energy per request",
    "inference_j_per_token": "Energy per token",
    "inference_l_per_request": "Water per request",
    "inference_co2e_kg_per_request": "Emissions per request",
    "development_energy_kwh": "Energy of the whole development",
    "development_co2e_kg": "Emissions of the whole development",
    "lifecycle_co2e_kg": "Emissions over the life cycle",
    "chip_hours_per_trillion_tokens": "Accelerator time per trillion tokens",
    "chip_power_w": "Power of an accelerator",
    "server_chip_power_w": "Power of a server, each accelerator's share",
    "node_power_w": "Power of a server",
    "node_power_ratio": "Power of a server over that of its accelerators",
    "tdp_w": "Rated power",
    "memory_bytes": "Memory",
    "memory_bandwidth_bytes_per_s": "Memory bandwidth",
    "process_nm": "Process",
    "die_area_mm2": "Area of the die",
    "release_price_usd": "Price at release",
    "accelerator_count": "Number of accelerators",
    "total_params": "Parameters",
    "active_params": "Parameters used per token",
    "training_tokens": "Training tokens",
}
"""Names of quantities by their public name (``explain.public_name``)."""

ORDER = tuple(QUANTITIES)

METHODS = {
    "published": "as published",
    "6nd": "6 × active parameters × tokens",
    "3nd": "3 × parameters × tokens (encoder and decoder)",
    "operation_count": "operations of a forward pass, counted, × 3",
    "hardware": "accelerator time × peak × utilisation",
    "count_times_hours": "accelerators × duration",
    "flop_over_rate": "compute over the rate that is usually reached",
    "flop_over_time": "compute over accelerator time and peak",
    "prior": "what such runs usually reach",
    "chip_hours_times_power": "accelerator time × power",
    "rental": "accelerator time × rental price",
    "amortised": "loss of value and electricity of own machines",
    "energy_times_intensity": "energy × carbon intensity of the grid",
    "energy_times_contracts": "energy × intensity of what contracts leave",
    "share_of_life": "share of the life of the machines",
    "energy_times_water_use": "energy × water use",
    "span_of_boundaries": "from the least to the most that any boundary gives",
    "conversion": "conversion",
    "given": "as given",
}

KINDS = {
    "measured": "measured by who published it",
    "reported": "stated by who published it",
    "estimated": "estimated by who published it",
    "derived": "computed here by a formula",
    "assumed": "an assumption alone",
}

INPUTS = {
    "active_params": "Parameters used per token",
    "total_params": "Parameters",
    "training_tokens": "Training tokens",
    "training_examples": "Training examples",
    "forward_mac": "Multiply-accumulates of a forward pass",
    "accelerator_count": "Accelerators",
    "dense_peak": "Dense peak of an accelerator",
    "tdp": "Rated power of an accelerator",
    "flop_6nd_ratio": "Compute over 6ND",
    "operation_count_ratio": "Compute over the operations counted",
    "chip_hours_ratio": "Accelerator time over count × duration",
    "mfu": "Model FLOP utilisation",
    "average_power_ratio": "Average over rated power",
    "server_power_ratio": "Server over accelerator power",
    "pue": "Power usage effectiveness (PUE)",
    "cloud_price_usd_per_chip_hour": "Rental price",
    "chip_price": "Purchase price",
    "server_cost_ratio": "Server over accelerator cost",
    "network_cost_share": "Share of the network in the capital",
    "hardware_price_decline_per_year": "Loss of value, orders of magnitude a year",
    "electricity_price_usd_per_kwh": "Electricity price",
    "grid_intensity_kg_co2e_per_kwh": "Carbon intensity of the grid",
    "productive_time_ratio": "Share of the time in which the run advances",
    "carbon_free_contract_share": "Share covered by carbon-free contracts",
    "embodied_kg_per_accelerator": "Emissions of making an accelerator",
    "embodied_kg_per_server": "Emissions of making a server",
    "embodied_lifetime_years": "Life of the machines",
    "fleet_utilisation": "Share of the life in which they work",
    "home_year_kwh": "Electricity of a US home in a year",
    "wue_onsite_l_per_kwh": "Water evaporated on site",
    "wue_offsite_l_per_kwh": "Water of electricity generation",
}

SUBJECT_KINDS = {
    "model": "Model", "training_run": "Training run", "family": "Family of models", "stage": "Stage of a training run",
    "machine": "Machine at work", "inference": "Inference service",
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
    "chip": "accelerators alone",
    "server": "servers",
    "facility": "data centre",
    "location": "by the mix of the grid",
    "market": "by contracts",
    "embodied": "of making the machines",
    "lifecycle": "over the life cycle",
    "cloud": "rented",
    "owned": "owned",
    "unstated": "boundary not stated",
}


def quantity_name(public: str) -> str:
    """The name of a quantity, by its public name.

    >>> quantity_name("facility_energy_kwh"), quantity_name("market_inference_co2e_kg_per_request")
    ('Energy of the data centre', 'Emissions per request, by contracts')
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
