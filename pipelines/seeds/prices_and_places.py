"""Schemas of the files in seeds/prices, seeds/environment and seeds/sites; and of assumptions.csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.records.fields import Count, Country, DatePrecision, Day, Identifier, Number, Positive, Text, Unit, Year
from pipelines.seeds.fact import Fact


class CloudPrices(Fact):
    """One row per observed rental price of an accelerator."""

    key = ("provider", "accelerator_id", "terms", "region", "observed_date", "instance")
    provider: Text = Field(description="Provider that rents it out.")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    instance: Text | None = Field(default=None, description="Instance type, for example p5.48xlarge.")
    instance_accelerator_count: Count | None = Field(default=None, description="Accelerators in that instance.")
    terms: Literal["on demand", "spot", "reserved 1 year", "reserved 3 years", "marketplace"] = Field(
        description="Terms of the price."
    )
    region: Text | None = Field(default=None, description="Region, if published.")
    observed_date: Day = Field(description="Date on which the price applied.")
    observed_date_precision: DatePrecision = Field(description="Precision of observed_date.")
    price_usd_per_chip_hour: Annotated[Number, Field(ge=0.01, le=50)] = Field(
        description="Price of one accelerator for one hour, nominal US dollars."
    )


class PurchasePrices(Fact):
    """One row per observed purchase price of an accelerator or a system with several accelerators."""

    key = ("accelerator_id", "seller", "observed_date", "what")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    seller: Text = Field(description="Organization that offered, paid or reported the price.")
    what: Literal["chip", "card", "board", "server", "rack", "device"] = Field(description="Item that the price buys.")
    accelerators_per_item_count: Count = Field(description="Number of accelerators in the item.")
    observed_date: Day = Field(description="Date on which the price applied.")
    observed_date_precision: DatePrecision = Field(description="Precision of observed_date.")
    price_usd: Positive = Field(description="Price of the item, nominal US dollars.")


class ElectricityPrices(Fact):
    """One row per country and year: industrial electricity price."""

    key = ("country", "year", "consumer")
    country: Country = Field(description="ISO 3166 alpha-3 code.")
    year: Year = Field(description="Year of the price.")
    consumer: Literal["industrial", "business", "wholesale"] = Field(description="Class of consumer.")
    price_usd_per_kwh: Annotated[Number, Field(ge=0.001, le=1)] = Field(description="Price, nominal USD per kWh.")


class GridCarbon(Fact):
    """One row per location, year and basis: carbon intensity of electricity."""

    key = ("place", "year", "basis", "operator")
    place: Text = Field(description="ISO 3166 alpha-3 code, or WOR for the world, or a named grid region.")
    year: Year = Field(description="Year of the intensity.")
    basis: Literal["location", "market"] = Field(description="Location-based (grid mix) or market-based (contracts).")
    operator: Text | None = Field(default=None, description="Organization with the market-based figure.")
    intensity_kg_co2e_per_kwh: Annotated[Number, Field(ge=0, le=2)] = Field(description="kg CO2e per kWh.")
    scope: Literal["direct", "lifecycle", "unstated"] = Field(description="Direct emissions or life cycle.")


class SiteEfficiency(Fact):
    """One row per operator, location, year and metric: PUE or water use."""

    key = ("operator", "place", "year", "metric")
    operator: Text = Field(description="Operator of the site, or publisher of the survey.")
    place: Text = Field(description="Site, country or 'fleet'.")
    year: Year = Field(description="Year of the figure.")
    metric: Literal["pue", "wue_l_per_kwh"] = Field(
        description="Power usage effectiveness, or water used on site per kWh of IT energy."
    )
    value: Annotated[Number, Field(ge=0, le=20)] = Field(description="The figure: a ratio, or litres per kWh.")
    unit: Literal["ratio", "L/kWh"] = Field(description="Unit of value.")


class EmbodiedCarbon(Fact):
    """One row per item: embodied emissions."""

    key = ("item", "source_id")
    item: Text = Field(description="Product, for example H100 SXM module.")
    accelerator_id: Identifier | None = Field(default=None, description="Accelerator that the row is about.")
    what: Literal["chip", "card", "module", "server", "device", "memory", "building"] = Field(
        description="What the figure includes."
    )
    embodied_kg_co2e: Positive = Field(description="Cradle-to-gate emissions, kg CO2e.")
    embodied_kg_co2e_low: Positive | None = Field(default=None, description="Lower bound, if published.")
    embodied_kg_co2e_high: Positive | None = Field(default=None, description="Upper bound, if published.")
    kind: Literal["measured", "reported", "estimated"] = Field(description="How the figure was obtained.")


class Assumptions(Fact):
    """One row per assumption that a formula uses when a value is not published for the run."""

    key = ("name", "applies_to")
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Name by which the formulas ask for it."
    )
    applies_to: Text = Field(
        description="Where the assumption applies: 'all', or a class such as an accelerator_id or a country."
    )
    low: Number = Field(description="5th percentile.")
    central: Number = Field(description="Central value (median).")
    high: Number = Field(description="95th percentile.")
    unit: Unit = Field(description="Unit of the three values.")
    description: Text = Field(description="What it means.")

    @model_validator(mode="after")
    def _ordered(self) -> Assumptions:
        if not self.low <= self.central <= self.high:
            raise ValueError("expected low <= central <= high")
        return self


class SiteScenarios(Fact):
    """One row per cluster or site with a total cost estimate."""

    key = ("site_id",)
    site_id: Identifier = Field(description="Key of the site.")
    site_name: Text = Field(description="Description of the site.")
    it_megawatts: Positive | None = Field(
        default=None, description="Rated power of its computers, if that describes the site."
    )
    accelerator_id: Identifier | None = Field(
        default=None, description="Accelerators of the site, if those describe it."
    )
    accelerator_count: Count | None = Field(default=None, description="Number of accelerators.")
    operator_kind: Literal["hyperscaler", "other"] = Field(description="Operator of the site.")
    country: Country = Field(description="Country: ISO 3166 alpha-3.")
    it_lifetime_years: Positive | None = Field(
        default=None, description="Years over which the computers are depreciated; else the assumption."
    )

    @model_validator(mode="after")
    def _is_described_once(self) -> SiteScenarios:
        if (self.it_megawatts is None) != (self.accelerator_count is not None and self.accelerator_id is not None):
            raise ValueError("expected it_megawatts, or accelerator_id and accelerator_count")
        return self
