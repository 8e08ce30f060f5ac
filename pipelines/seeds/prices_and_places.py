"""Schemas of the files in seeds/prices, seeds/environment and seeds/sites; and of assumptions.csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.records.fields import Count, Country, DatePrecision, Day, Identifier, Number, Positive, Text, Unit, Year
from pipelines.seeds.fact import Fact


class CloudPrices(Fact):
    """One row per observed rental price of an accelerator."""

    key = ("provider", "accelerator_id", "terms", "region", "observed_date", "instance")
    provider: Text = Field(description="Who rents it out.")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    instance: Text | None = Field(default=None, description="Instance type, for example p5.48xlarge.")
    instance_accelerator_count: Count | None = Field(default=None, description="Accelerators in that instance.")
    terms: Literal["on demand", "spot", "reserved 1 year", "reserved 3 years", "marketplace"] = Field(
        description="Terms of the price."
    )
    region: Text | None = Field(default=None, description="Region, where stated.")
    observed_date: Day = Field(description="Date at which the price held.")
    observed_date_precision: DatePrecision = Field(description="How exact observed_date is.")
    price_usd_per_chip_hour: Annotated[Number, Field(ge=0.01, le=50)] = Field(
        description="Price of one accelerator for one hour, nominal US dollars."
    )


class PurchasePrices(Fact):
    """One row per observed purchase price of an accelerator or a system that holds several."""

    key = ("accelerator_id", "seller", "observed_date", "what")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    seller: Text = Field(description="Who offered or paid it, or who reports it.")
    what: Literal["chip", "card", "board", "server", "rack", "device"] = Field(description="What the price buys.")
    accelerators_per_item_count: Count = Field(description="Accelerators in what the price buys.")
    observed_date: Day = Field(description="Date at which the price held.")
    observed_date_precision: DatePrecision = Field(description="How exact observed_date is.")
    price_usd: Positive = Field(description="Price of the item, nominal US dollars.")


class ElectricityPrices(Fact):
    """One row per country and year: price of electricity for industry."""

    key = ("country", "year", "consumer")
    country: Country = Field(description="ISO 3166 alpha-3 code.")
    year: Year = Field(description="Year of the price.")
    consumer: Literal["industrial", "business", "wholesale"] = Field(description="Class of consumer.")
    price_usd_per_kwh: Annotated[Number, Field(ge=0.001, le=1)] = Field(description="Price, nominal USD per kWh.")


class GridCarbon(Fact):
    """One row per place, year and basis: carbon intensity of electricity."""

    key = ("place", "year", "basis", "operator")
    place: Text = Field(description="ISO 3166 alpha-3 code, or WOR for the world, or a named grid region.")
    year: Year = Field(description="Year of the intensity.")
    basis: Literal["location", "market"] = Field(description="Location-based (grid mix) or market-based (contracts).")
    operator: Text | None = Field(default=None, description="Whose market-based figure it is.")
    intensity_kg_co2e_per_kwh: Annotated[Number, Field(ge=0, le=2)] = Field(description="kg CO2e per kWh.")
    scope: Literal["direct", "lifecycle", "unstated"] = Field(description="Direct emissions or life cycle.")


class SiteEfficiency(Fact):
    """One row per operator, place, year and metric: PUE or water use."""

    key = ("operator", "place", "year", "metric")
    operator: Text = Field(description="Who runs the site, or whose survey it is.")
    place: Text = Field(description="Site, country or 'fleet'.")
    year: Year = Field(description="Year of the figure.")
    metric: Literal["pue", "wue_l_per_kwh"] = Field(
        description="Power usage effectiveness, or water used on site per kWh of IT energy."
    )
    value: Annotated[Number, Field(ge=0, le=20)] = Field(description="The figure: a ratio, or litres per kWh.")
    unit: Literal["ratio", "L/kWh"] = Field(description="Unit of value.")


class EmbodiedCarbon(Fact):
    """One row per item: carbon emitted to make it."""

    key = ("item", "source_id")
    item: Text = Field(description="What was made, for example H100 SXM module.")
    accelerator_id: Identifier | None = Field(default=None, description="Accelerator that the row is about.")
    what: Literal["chip", "card", "module", "server", "device", "memory", "building"] = Field(
        description="What the figure includes."
    )
    embodied_kg_co2e: Positive = Field(description="Cradle-to-gate emissions, kg CO2e.")
    embodied_kg_co2e_low: Positive | None = Field(default=None, description="Lower bound, where stated.")
    embodied_kg_co2e_high: Positive | None = Field(default=None, description="Upper bound, where stated.")
    kind: Literal["measured", "reported", "estimated"] = Field(description="How the figure came about.")


class Assumptions(Fact):
    """One row per assumption that a formula uses and no source states for the run at hand."""

    key = ("name", "applies_to")
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Name by which the formulas ask for it."
    )
    applies_to: Text = Field(description="Where it holds: 'all', or a class such as an accelerator_id or a country.")
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
    """One row per cluster or site whose whole cost is reckoned."""

    key = ("site_id",)
    site_id: Identifier = Field(description="Key of the site.")
    site_name: Text = Field(description="What it is.")
    it_megawatts: Positive | None = Field(
        default=None, description="Rated power of its computers, where that describes it."
    )
    accelerator_id: Identifier | None = Field(default=None, description="Its accelerators, where those describe it.")
    accelerator_count: Count | None = Field(default=None, description="How many.")
    operator_kind: Literal["hyperscaler", "other"] = Field(description="Who runs it.")
    country: Country = Field(description="Where: ISO 3166 alpha-3.")
    it_lifetime_years: Positive | None = Field(
        default=None, description="Years over which its computers are written off; else the assumption."
    )

    @model_validator(mode="after")
    def _is_described_once(self) -> SiteScenarios:
        if (self.it_megawatts is None) != (self.accelerator_count is not None and self.accelerator_id is not None):
            raise ValueError("expected it_megawatts, or accelerator_id and accelerator_count")
        return self
