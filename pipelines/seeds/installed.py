"""Schemas of the files in seeds/installed: chips that were sold, who owns them and where, and totals by others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.records.fields import (
    Day,
    Flag,
    Identifier,
    Number,
    Positive,
    Share,
    Text,
    Unit,
    Year,
    filled,
    nullable,
)
from pipelines.seeds.fact import Fact

Designer = Literal["NVIDIA", "Google", "Amazon", "AMD"]
UnitCount = Annotated[Number, Field(ge=0)]


class ChipCountFact(Fact):
    """Chips sold up to the end of a quarter, with the interval of the publisher."""

    quarter_end: Day = filled("Last day of the quarter.")
    units_count_low: UnitCount = filled("5th percentile of units sold since the publisher began to count.")
    units_count: UnitCount = filled("Median of units sold since the publisher began to count.")
    units_count_high: UnitCount = filled("95th percentile of units sold since the publisher began to count.")
    h100_equivalents_count_low: UnitCount = filled(
        "5th percentile of the count of H100 chips with equal peak 8-bit rate."
    )
    h100_equivalents_count: UnitCount = filled("Median of the count of H100 chips with equal peak 8-bit rate.")
    h100_equivalents_count_high: UnitCount = filled(
        "95th percentile of the count of H100 chips with equal peak 8-bit rate."
    )
    is_incomplete: Flag = filled("True if the publisher has only part of the quarter.")

    @model_validator(mode="after")
    def _is_ordered_and_ends_a_quarter(self) -> ChipCountFact:
        if not self.units_count_low <= self.units_count <= self.units_count_high:
            raise ValueError("expected units_count_low <= units_count <= units_count_high")
        if not ends_a_quarter(self.quarter_end):
            raise ValueError("expected quarter_end to be 31 March, 30 June, 30 September or 31 December")
        return self


def ends_a_quarter(day: date) -> bool:
    """Whether a quarter ends on the day.

    >>> ends_a_quarter(date(2025, 6, 30)), ends_a_quarter(date(2025, 7, 31))
    (True, False)
    """
    after = day + timedelta(days=1)
    return after.day == 1 and after.month % 3 == 1


class ChipCounts(ChipCountFact):
    """One row per chip, owner and quarter: chips sold since the publisher began to count. Without owner: all of them."""

    key = ("chip_id", "owner", "quarter_end")
    chip_id: Identifier = filled("Key of seeds.chip_kinds.")
    owner: Text | None = nullable("Owner or group of owners; empty for all owners together.")


class ChipTotals(ChipCountFact):
    """One row per designer and quarter: all its chips sold since the publisher began to count."""

    key = ("designer", "quarter_end")
    designer: Designer = filled("Designer of the chips.")
    chip_power_w_low: UnitCount = filled("5th percentile of rated chip power, watts.")
    chip_power_w: UnitCount = filled("Median of rated chip power, watts.")
    chip_power_w_high: UnitCount = filled("95th percentile of rated chip power, watts.")


class ChipKinds(Fact):
    """One row per chip that is counted: its names, its accelerator, and its rated power."""

    key = ("chip_id",)
    chip_id: Identifier = filled("Key of the chip.")
    chip_name: Text = filled("Name; two chips that the publisher counts as one are both named.")
    designer: Designer = filled("Designer of the chip.")
    publisher_designer: Literal["Nvidia", "Google", "Amazon", "AMD"] = filled("Designer as the publisher spells it.")
    publisher_name: Text = filled("Chip as the publisher calls it where it names owners.")
    other_publisher_name: Text | None = nullable("Another name that the publisher has for it.")
    accelerator_id: Identifier | None = nullable("Accelerator that stands for it: key of seeds.accelerators.")
    rated_power_w: Positive = filled("Rated power of a chip, by the publisher of the counts.")
    server_class: Text = filled("Class whose server_power_ratio applies: applies_to of seeds.assumptions.")
    power_class: Literal["gpu", "tpu", "all"] = filled("Kind of chip, whose average_power_ratio applies.")


class OwnerSites(Fact):
    """One row per owner and place: where the owner's chips run."""

    key = ("owner", "place")
    owner: Text = filled("Owner or group of owners.")
    operator_kind: Literal["hyperscaler", "other"] = filled("Kind of operator, whose PUE and contracts apply.")
    place: Text = filled("ISO 3166 alpha-3 code, or WOR for the rest of the world.")
    share: Share = filled("Share of the owner's chips there; the shares of an owner sum to one.")


class IndependentTotals(Fact):
    """One row per published total that ours is compared with."""

    key = ("total_id",)
    total_id: Identifier = filled("Key of the total.")
    total_name: Text = filled("What the total is of, and whose.")
    quantity: Literal["facility_energy_kwh", "facility_power_w", "location_co2e_kg", "water_l", "capital_usd"] = filled(
        "Quantity of core.installed_totals."
    )
    year: Year = filled("Year that the total is for, or in which most of its months lie.")
    scope_kind: Literal["all", "designer", "owner", "place"] = filled("Kind of scope of our side.")
    scope: Text = filled("Scope of our side; several are separated by commas.")
    value_low: Positive | None = nullable("Lower bound, if published.")
    value: Positive = filled("The total.")
    value_high: Positive | None = nullable("Upper bound, if published.")
    unit: Unit = filled("Unit of the values.")
    relation: Literal["the same", "includes ours", "part of ours", "upper bound"] = filled(
        "How the total relates to ours by definition."
    )
    reason: Text = filled("What the total has that ours does not, or the reverse, in our words.")


class ServedTokens(Fact):
    """One row per published count of tokens that a provider processed."""

    key = ("provider", "month")
    provider: Text = filled("Provider of the service.")
    month: Day = filled("First day of the month that the count is for.")
    tokens_per_month: Positive = filled("Tokens processed in a month, prompts included.")
