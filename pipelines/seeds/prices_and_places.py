"""Schemas of the files in seeds/prices, seeds/environment and seeds/sites; and of assumptions.csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.records.fields import (
    Count,
    Country,
    DatePrecision,
    Day,
    Identifier,
    Number,
    Positive,
    Text,
    Unit,
    Year,
    filled,
    nullable,
)
from pipelines.seeds.fact import Fact


class CloudPrices(Fact):
    """One row per observed rental price of an accelerator."""

    key = ("provider", "accelerator_id", "terms", "region", "observed_date", "instance")
    provider: Text = filled("Provider that rents it out.")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    instance: Text | None = nullable("Instance type, for example p5.48xlarge.")
    instance_accelerator_count: Count | None = nullable("Accelerators in that instance.")
    terms: Literal["on demand", "spot", "reserved 1 year", "reserved 3 years", "marketplace"] = filled(
        "Terms of the price."
    )
    region: Text | None = nullable("Region, if published.")
    observed_date: Day = filled("Date on which the price applied.")
    observed_date_precision: DatePrecision = filled("Precision of observed_date.")
    price_usd_per_chip_hour: Annotated[Number, Field(ge=0.01, le=50)] = filled(
        "Price of one accelerator for one hour, nominal US dollars."
    )


class PurchasePrices(Fact):
    """One row per observed purchase price of an accelerator or a system with several accelerators."""

    key = ("accelerator_id", "seller", "observed_date", "what")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    seller: Text = filled("Organization that offered, paid or reported the price.")
    what: Literal["chip", "card", "board", "server", "rack", "device"] = filled("Item that the price buys.")
    accelerators_per_item_count: Count = filled("Number of accelerators in the item.")
    observed_date: Day = filled("Date on which the price applied.")
    observed_date_precision: DatePrecision = filled("Precision of observed_date.")
    price_usd: Positive = filled("Price of the item, nominal US dollars.")


class ElectricityPrices(Fact):
    """One row per country and year: industrial electricity price."""

    key = ("country", "year", "consumer")
    country: Country = filled("ISO 3166 alpha-3 code.")
    year: Year = filled("Year of the price.")
    consumer: Literal["industrial", "business", "wholesale"] = filled("Class of consumer.")
    price_usd_per_kwh: Annotated[Number, Field(ge=0.001, le=1)] = filled("Price, nominal USD per kWh.")


class GridCarbon(Fact):
    """One row per location, year and basis: carbon intensity of electricity."""

    key = ("place", "year", "basis", "operator")
    place: Text = filled("ISO 3166 alpha-3 code, or WOR for the world, or a named grid region.")
    year: Year = filled("Year of the intensity.")
    basis: Literal["location", "market"] = filled("Location-based (grid mix) or market-based (contracts).")
    operator: Text | None = nullable("Organization with the market-based figure.")
    intensity_kg_co2e_per_kwh: Annotated[Number, Field(ge=0, le=2)] = filled("kg CO2e per kWh.")
    scope: Literal["direct", "lifecycle", "unstated"] = filled("Direct emissions or life cycle.")


class CountryOutlines(Fact):
    """One row per country that a map of the world can show: its outline in whole degrees."""

    key = ("place",)
    place: Annotated[Text, Field(pattern="^[A-Z]{3}$")] = filled("ISO 3166 alpha-3 code.")
    outline: Annotated[str, Field(pattern=r"^MULTIPOLYGON \(\(\([-0-9(), ]+\)\)\)$", max_length=4_000)] = filled(
        "Well-known text: longitude and latitude in degrees (WGS 84), rounded; drawn in, not to be measured."
    )


class SiteEfficiency(Fact):
    """One row per operator, location, year and metric: PUE or water use."""

    key = ("operator", "place", "year", "metric")
    operator: Text = filled("Operator of the site, or publisher of the survey.")
    place: Text = filled("Site, country or 'fleet'.")
    year: Year = filled("Year of the figure.")
    metric: Literal["pue", "wue_l_per_kwh"] = filled(
        "Power usage effectiveness, or water used on site per kWh of IT energy."
    )
    value: Annotated[Number, Field(ge=0, le=20)] = filled("The figure: a ratio, or litres per kWh.")
    unit: Literal["ratio", "L/kWh"] = filled("Unit of value.")


class EmbodiedCarbon(Fact):
    """One row per item: embodied emissions."""

    key = ("item", "source_id")
    item: Text = filled("Product, for example H100 SXM module.")
    accelerator_id: Identifier | None = nullable("Accelerator that the row is about.")
    what: Literal["chip", "card", "module", "server", "device", "memory", "building"] = filled(
        "What the figure includes."
    )
    embodied_kg_co2e: Positive = filled("Cradle-to-gate emissions, kg CO2e.")
    embodied_kg_co2e_low: Positive | None = nullable("Lower bound, if published.")
    embodied_kg_co2e_high: Positive | None = nullable("Upper bound, if published.")
    kind: Literal["measured", "reported", "estimated"] = filled("How the figure was obtained.")


class Assumptions(Fact):
    """One row per assumption that a formula uses when a value is not published for the run."""

    key = ("name", "applies_to")
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = filled("Name by which the formulas ask for it.")
    applies_to: Text = filled("Where the assumption applies: 'all', or a class such as an accelerator_id or a country.")
    low: Number = filled("5th percentile.")
    central: Number = filled("Central value (median).")
    high: Number = filled("95th percentile.")
    unit: Unit = filled("Unit of the three values.")
    description: Text = filled("What it means.")

    @model_validator(mode="after")
    def _ordered(self) -> Assumptions:
        if not self.low <= self.central <= self.high:
            raise ValueError("expected low <= central <= high")
        return self


class SiteScenarios(Fact):
    """One row per cluster or site with a total cost estimate."""

    key = ("site_id",)
    site_id: Identifier = filled("Key of the site.")
    site_name: Text = filled("Description of the site.")
    it_megawatts: Positive | None = nullable("Rated power of its computers, if that describes the site.")
    accelerator_id: Identifier | None = nullable("Accelerators of the site, if those describe it.")
    accelerator_count: Count | None = nullable("Number of accelerators.")
    operator_kind: Literal["hyperscaler", "other"] = filled("Operator of the site.")
    country: Country = filled("Country: ISO 3166 alpha-3.")
    it_lifetime_years: Positive | None = nullable(
        "Years over which the computers are depreciated; else the assumption."
    )

    @model_validator(mode="after")
    def _is_described_once(self) -> SiteScenarios:
        if (self.it_megawatts is None) != (self.accelerator_count is not None and self.accelerator_id is not None):
            raise ValueError("expected it_megawatts, or accelerator_id and accelerator_count")
        return self
