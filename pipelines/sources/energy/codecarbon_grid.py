"""CodeCarbon: electricity mix of countries, and carbon intensity of cloud regions.

What belongs here: the columns of both files. The countries are one JSON object whose members are keyed
by ISO code; their record numbers count members in the order of the file.

Years differ between countries (2009 to 2023): never compare rows without looking at ``year``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipelines.records.fields import Country, Text, Year, filled, nullable
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

    iso_code: Country = filled("ISO 3166 alpha-3 code of the country.")
    country_name: Text = filled("Name of the country, as published.")
    year: Year = filled("Calendar year of the figures of this row; it differs between countries.")
    carbon_intensity_g_co2e_per_kwh: Intensity = filled(
        "Carbon intensity of electricity made in the country, life cycle, grams CO2 equivalent per kilowatt-hour.",
        "carbon_intensity",
    )
    per_capita_kwh: Annotated[RawNumber, Field(ge=0, le=1_000_000)] = filled(
        "Electricity made per inhabitant, kilowatt-hours; the publisher's name for it says Wh, but the numbers are "
        "total over population in kWh.",
        "per_capita_Wh",
    )
    total_twh: Energy = filled("Electricity made from all sources, terawatt-hours.", "total_TWh")
    biofuel_twh: Energy = filled("Electricity made from biofuels, terawatt-hours.", "biofuel_TWh")
    coal_twh: Energy = filled("Electricity made from coal, terawatt-hours.", "coal_TWh")
    fossil_twh: Energy = filled("Electricity made from coal, oil and gas, terawatt-hours.", "fossil_TWh")
    gas_twh: Energy = filled("Electricity made from gas, terawatt-hours.", "gas_TWh")
    hydroelectricity_twh: Energy = filled("Electricity made from hydropower, terawatt-hours.", "hydroelectricity_TWh")
    low_carbon_twh: Energy = filled("Electricity made from renewables and nuclear, terawatt-hours.", "low_carbon_TWh")
    nuclear_twh: Energy = filled("Electricity made from nuclear fission, terawatt-hours.", "nuclear_TWh")
    oil_twh: Energy = filled("Electricity made from oil, terawatt-hours.", "oil_TWh")
    other_renewable_twh: Energy = filled(
        "Electricity made from other renewables, biofuels included, terawatt-hours.", "other_renewable_TWh"
    )
    other_renewable_exc_biofuel_twh: Energy = filled(
        "Electricity made from other renewables, biofuels left out, terawatt-hours.", "other_renewable_exc_biofuel_TWh"
    )
    renewables_twh: Energy = filled("Electricity made from all renewables, terawatt-hours.", "renewables_TWh")
    solar_twh: Energy = filled("Electricity made from sunlight, terawatt-hours.", "solar_TWh")
    wind_twh: Energy = filled("Electricity made from wind, terawatt-hours.", "wind_TWh")


class CodecarbonRegions(RawRow):
    """One row per cloud region in CodeCarbon's impact table: carbon intensity of its grid, as published by the provider."""

    table = "codecarbon_regions"
    source_id = "codecarbon_grid"
    key = ("provider", "region")
    min_rows = 30

    provider: Text = filled("Short name of the cloud provider.")
    provider_name: Text = filled("Name of the cloud provider.", "providerName")
    offset_ratio_percent: Annotated[RawNumber, Field(ge=0, le=100)] | None = nullable(
        "Share of emissions that the provider says it offsets, percent.", "offsetRatio"
    )
    region: Text = filled("Identifier of the region, as published (one is misspelt: me-cenrtal1).")
    region_name: Text | None = nullable("Name of the region, where published.", "regionName")
    country_name: Text = filled("Country of the region, as published.")
    country_iso_code: Country = filled("ISO 3166 alpha-3 code of that country.", "countryIsoCode")
    state: Text | None = nullable("State or part of the country, where published.")
    city: Text | None = nullable("City of the region, where published.")
    impact_g_co2e_per_kwh: Intensity = filled(
        "Carbon intensity of the region's grid, grams CO2 equivalent per kilowatt-hour.", "impact"
    )
    source_url: Text | None = nullable("Where the publisher has the figure from.", "source")
    comment: Text | None = nullable("The publisher's comment.")


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
