"""CodeCarbon: electricity mix of countries, and carbon intensity of cloud regions.

What belongs here: the columns of both files. The countries are one JSON object whose members are keyed
by ISO code; their record numbers count members in the order of the file.

Years differ between countries (2009 to 2023): never compare rows without looking at ``year``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from pipelines.records.fields import Country, Text, Year
from pipelines.records.json_records import JsonRecord, Values, cut_members, json_table, named_columns
from pipelines.records.raw_tables import RawNumber, RawRow, RemoteFile, remote_csv

FOLDER = "https://raw.githubusercontent.com/mlco2/codecarbon/master/codecarbon/data"

Energy = Annotated[RawNumber, Field(ge=0, le=100_000)]
Intensity = Annotated[RawNumber, Field(ge=0, le=3_000)]


class CodecarbonCountries(RawRow):
    """One row per country in CodeCarbon's global energy mix: electricity made by source in one year, and its carbon intensity."""

    table = "codecarbon_countries"
    source_id = "codecarbon_grid"
    key = ("iso_code",)
    min_rows = 150
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "carbon_intensity_g_co2e_per_kwh": ("carbon_intensity",),
        "per_capita_kwh": ("per_capita_Wh",),
        **{
            f"{source}_twh": (f"{source}_TWh",)
            for source in (
                "total", "biofuel", "coal", "fossil", "gas", "hydroelectricity", "low_carbon", "nuclear", "oil",
                "other_renewable", "other_renewable_exc_biofuel", "renewables", "solar", "wind",
            )
        },
    }  # fmt: skip

    iso_code: Country = Field(description="ISO 3166 alpha-3 code of the country.")
    country_name: Text = Field(description="Name of the country, as published.")
    year: Year = Field(description="Calendar year of the figures of this row; it differs between countries.")
    carbon_intensity_g_co2e_per_kwh: Intensity = Field(
        description="Carbon intensity of electricity made in the country, life cycle, grams CO2 equivalent per "
        "kilowatt-hour."
    )
    per_capita_kwh: Annotated[RawNumber, Field(ge=0, le=1_000_000)] = Field(
        description="Electricity made per inhabitant, kilowatt-hours; the publisher's name for it says Wh, but the "
        "numbers are total over population in kWh."
    )
    total_twh: Energy = Field(description="Electricity made from all sources, terawatt-hours.")
    biofuel_twh: Energy = Field(description="Electricity made from biofuels, terawatt-hours.")
    coal_twh: Energy = Field(description="Electricity made from coal, terawatt-hours.")
    fossil_twh: Energy = Field(description="Electricity made from coal, oil and gas, terawatt-hours.")
    gas_twh: Energy = Field(description="Electricity made from gas, terawatt-hours.")
    hydroelectricity_twh: Energy = Field(description="Electricity made from hydropower, terawatt-hours.")
    low_carbon_twh: Energy = Field(description="Electricity made from renewables and nuclear, terawatt-hours.")
    nuclear_twh: Energy = Field(description="Electricity made from nuclear fission, terawatt-hours.")
    oil_twh: Energy = Field(description="Electricity made from oil, terawatt-hours.")
    other_renewable_twh: Energy = Field(
        description="Electricity made from other renewables, biofuels included, terawatt-hours."
    )
    other_renewable_exc_biofuel_twh: Energy = Field(
        description="Electricity made from other renewables, biofuels left out, terawatt-hours."
    )
    renewables_twh: Energy = Field(description="Electricity made from all renewables, terawatt-hours.")
    solar_twh: Energy = Field(description="Electricity made from sunlight, terawatt-hours.")
    wind_twh: Energy = Field(description="Electricity made from wind, terawatt-hours.")


class CodecarbonRegions(RawRow):
    """One row per cloud region in CodeCarbon's impact table: carbon intensity of its grid, as published by the provider."""

    table = "codecarbon_regions"
    source_id = "codecarbon_grid"
    key = ("provider", "region")
    min_rows = 30
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "provider_name": ("providerName",),
        "offset_ratio_percent": ("offsetRatio",),
        "region_name": ("regionName",),
        "country_iso_code": ("countryIsoCode",),
        "impact_g_co2e_per_kwh": ("impact",),
        "source_url": ("source",),
    }

    provider: Text = Field(description="Short name of the cloud provider.")
    provider_name: Text = Field(description="Name of the cloud provider.")
    offset_ratio_percent: Annotated[RawNumber, Field(ge=0, le=100)] | None = Field(
        default=None, description="Share of emissions that the provider says it offsets, percent."
    )
    region: Text = Field(description="Identifier of the region, as published (one is misspelt: me-cenrtal1).")
    region_name: Text | None = Field(default=None, description="Name of the region, where published.")
    country_name: Text = Field(description="Country of the region, as published.")
    country_iso_code: Country = Field(description="ISO 3166 alpha-3 code of that country.")
    state: Text | None = Field(default=None, description="State or part of the country, where published.")
    city: Text | None = Field(default=None, description="City of the region, where published.")
    impact_g_co2e_per_kwh: Intensity = Field(
        description="Carbon intensity of the region's grid, grams CO2 equivalent per kilowatt-hour."
    )
    source_url: Text | None = Field(default=None, description="Where the publisher has the figure from.")
    comment: Text | None = Field(default=None, description="The publisher's comment.")


_columns = named_columns(CodecarbonCountries)


def country_row(record: JsonRecord) -> Values:
    """Columns of a country; raises ValueError where it is not the one that it is kept under."""
    row = _columns(record)
    if row.get("iso_code", record.key) != record.key:
        raise ValueError(f"is keyed {record.key!r}, but its iso_code is {row['iso_code']!r}")
    return row


read_countries = json_table(CodecarbonCountries, cut_members, country_row)

FILES: tuple[RemoteFile, ...] = (
    RemoteFile(
        source_id="codecarbon_grid",
        name="global_energy_mix.json",
        url=f"{FOLDER}/private_infra/global_energy_mix.json",
        read=read_countries,
        tables=(CodecarbonCountries,),
        max_bytes=5_000_000,
    ),
    remote_csv(CodecarbonRegions, f"{FOLDER}/cloud/impact.csv", max_bytes=5_000_000),
)
"""Files of this source."""
