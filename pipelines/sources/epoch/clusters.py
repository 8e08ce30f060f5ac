"""Epoch AI's tables of GPU clusters and of the largest data centres.

What belongs here: their columns and how they spell dates. What does not: telling systems apart that the
publisher anonymized, coordinates as numbers, the confidence tags within cells.

Dates are spelled 7/22/2025 (month first) or 2025-07-22, by the month of the file; a month or a year
alone is its first day, and the column that ends in _precision says so.

No key identifies a cluster. A third of them are anonymized systems under one name with rounded
figures; dozens of those equal each other in every cell and are different systems all the same, so
no record counts as a duplicate of another.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from pipelines.records.raw_tables import RawDay, RawDayPrecision, RawNumber, RawRow, RawText, RemoteFile, remote_csv

MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def iso_spelling(value: Any) -> Any:
    """A date spelled with the month first in ISO spelling; anything else as it is.

    >>> iso_spelling("7/22/2025")
    '2025-07-22'
    """
    found = MONTH_FIRST.fullmatch(value) if isinstance(value, str) else None
    return f"{found[3]}-{found[1]:0>2}-{found[2]:0>2}" if found else value


ClusterDay = Annotated[RawDay, BeforeValidator(iso_spelling)]
ClusterDayPrecision = Annotated[RawDayPrecision, BeforeValidator(iso_spelling)]


class EpochClusters(RawRow):
    """One row per GPU cluster, existing, planned or decommissioned, as published by Epoch AI."""

    table = "epoch_clusters"
    source_id = "epoch_clusters"
    min_rows = 400
    optional = frozenset({"first_operational_date_precision", "decommissioned_date_precision", "exclude", "noteworthy"})
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "name": ("Name",),
        "status": ("Status",),
        "certainty": ("Certainty",),
        "single_cluster": ("Single cluster?",),
        "max_op_per_s_log10": ("Max OP/s (log)",),
        "h100_equivalents_count": ("H100 equivalents",),
        "chip_type_primary": ("Chip type (primary)",),
        "chip_quantity_primary_count": ("Chip quantity (primary)",),
        "country": ("Country",),
        "owner": ("Owner",),
        "first_operational_date": ("First Operational Date",),
        "first_operational_date_precision": ("First Operational Date",),
        "note": ("Note",),
        "sector": ("Sector",),
        "power_capacity_megawatts": ("Power Capacity (MW)",),
        "hardware_cost_usd": ("Hardware Cost",),
        "location": ("Location",),
        "users": ("Users",),
        "hardware_note": ("Hardware note",),
        "quote": ("Quote",),
        "first_operational_date_note": ("First Operational Date Note",),
        "certainty_note": ("Certainty Note",),
        "energy_efficiency_log10": ("Energy Efficiency (log)",),
        "builds_upon": ("Builds Upon",),
        "superseded_by": ("Superseded by",),
        "possible_duplicate": ("Possible Duplicate",),
        "possible_duplicate_of": ("Possible Duplicate Of",),
        "chip_type_secondary": ("Chip type (secondary)",),
        "chip_quantity_secondary_count": ("Chip quantity (secondary)",),
        "total_number_of_ai_chips_count": ("Total number of AI chips",),
        "gpu_supplier_primary": ("GPU Supplier (primary)",),
        "gpu_supplier_secondary": ("GPU supplier (secondary)",),
        "include_in_standard_analysis": ("Include in Standard Analysis",),
        "exclude": ("Exclude",),
        "rank_when_first_operational": ("Rank when first operational",),
        "sixteen_bit_op_per_s_log10": ("16-bit OP/s (log)",),
        "max_op_per_s": ("Max OP/s",),
        "eight_bit_op_per_s": ("8-bit OP/s",),
        "sixteen_bit_op_per_s": ("16-bit OP/s",),
        "thirty_two_bit_op_per_s": ("32-bit OP/s",),
        "calculated_power_capacity_megawatts": ("Calculated Power Capacity (MW)",),
        "reported_power_capacity_megawatts": ("Reported Power Capacity (MW)",),
        "energy_efficiency_op_per_s_per_w": ("Energy Efficiency",),
        "calculated_cost_usd": ("Calculated Cost",),
        "reported_cost_usd": ("Reported Cost",),
        "reported_cost_inflation_adjusted_usd": ("Reported Cost (Inflation adjusted)",),
        "cost_quote": ("Cost Quote",),
        "noteworthy": ("Noteworthy",),
        "decommissioned_date": ("Decommissioned Date (if applicable)",),
        "decommissioned_date_precision": ("Decommissioned Date (if applicable)",),
        "largest_existing_cluster_when_first_operational": ("Largest existing cluster when first operational",),
        "percent_of_largest_cluster_when_first_operational_fraction": ("% of largest cluster when first operational",),
        "source_1": ("Source 1",),
        "source_2": ("Source 2",),
        "source_3": ("Source 3",),
        "source_4": ("Source 4",),
        "source_5": ("Source 5",),
    }

    name: RawText = Field(description="Name of the cluster, or of a class of anonymized ones.")
    status: RawText | None = Field(default=None, description="Existing, Planned or Decommissioned.")
    certainty: RawText | None = Field(default=None, description="Confirmed, Likely or Unlikely.")
    single_cluster: RawText | None = Field(default=None, description="Whether its chips work as one: Yes, No, Unclear.")
    max_op_per_s_log10: RawNumber | None = Field(
        default=None, description="Decimal logarithm of max_op_per_s, a number."
    )
    h100_equivalents_count: RawNumber | None = Field(
        default=None, description="Performance as a count of H100 chips of equal performance."
    )
    chip_type_primary: RawText | None = Field(default=None, description="Main chip; names as in raw.epoch_hardware.")
    chip_quantity_primary_count: RawNumber | None = Field(default=None, description="Main chips, a count.")
    country: RawText | None = Field(default=None, description="Countries, split by commas.")
    owner: RawText | None = Field(default=None, description="Owners, split by commas.")
    first_operational_date: ClusterDay | None = Field(default=None, description="Date of first operation.")
    first_operational_date_precision: ClusterDayPrecision | None = Field(
        default=None, description="What first_operational_date names: a day, a month or a year."
    )
    note: RawText | None = Field(default=None, description="Notes on the entry.")
    sector: RawText | None = Field(default=None, description="Private, Public or Public/Private.")
    power_capacity_megawatts: RawNumber | None = Field(
        default=None, description="Power capacity, reported else calculated, megawatts."
    )
    hardware_cost_usd: RawNumber | None = Field(
        default=None,
        description="Cost of the hardware, reported else calculated, US dollars; the header names no year.",
    )
    location: RawText | None = Field(default=None, description="Address, place or coordinates.")
    users: RawText | None = Field(default=None, description="Users, split by commas.")
    hardware_note: RawText | None = Field(default=None, description="Chips, as the sources describe them.")
    quote: RawText | None = Field(default=None, description="What the sources say.")
    first_operational_date_note: RawText | None = Field(
        default=None, description="Date of first operation or the plan of it, in words."
    )
    certainty_note: RawText | None = Field(default=None, description="Notes on the certainty.")
    energy_efficiency_log10: RawNumber | None = Field(
        default=None, description="Decimal logarithm of energy_efficiency_op_per_s_per_w, a number."
    )
    builds_upon: RawText | None = Field(default=None, description="Cluster that it extends.")
    superseded_by: RawText | None = Field(default=None, description="Cluster that replaced it.")
    possible_duplicate: RawText | None = Field(
        default=None, description="True if the entry may duplicate another entry, else empty."
    )
    possible_duplicate_of: RawText | None = Field(default=None, description="Possible duplicates, separated by commas.")
    chip_type_secondary: RawText | None = Field(
        default=None, description="Second chip; names as in raw.epoch_hardware."
    )
    chip_quantity_secondary_count: RawNumber | None = Field(default=None, description="Second chips, a count.")
    total_number_of_ai_chips_count: RawNumber | None = Field(default=None, description="Chips in all, a count.")
    gpu_supplier_primary: RawText | None = Field(default=None, description="Supplier of the main chip.")
    gpu_supplier_secondary: RawText | None = Field(default=None, description="Supplier of the second chip.")
    include_in_standard_analysis: RawText | None = Field(
        default=None, description="True where the publisher counts it in its analyses, else empty."
    )
    exclude: RawText | None = Field(default=None, description="True where the publisher leaves it out, else empty.")
    rank_when_first_operational: RawNumber | None = Field(
        default=None, description="Rank by performance at its first operation, a number from 1."
    )
    sixteen_bit_op_per_s_log10: RawNumber | None = Field(
        default=None, description="Decimal logarithm of sixteen_bit_op_per_s, a number."
    )
    max_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in the format that gives the highest, operations a second."
    )
    eight_bit_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in 8-bit formats, operations a second."
    )
    sixteen_bit_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in 16-bit formats, operations a second."
    )
    thirty_two_bit_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in 32-bit formats, operations a second."
    )
    calculated_power_capacity_megawatts: RawNumber | None = Field(
        default=None, description="Power capacity computed from chips, megawatts."
    )
    reported_power_capacity_megawatts: RawNumber | None = Field(
        default=None, description="Power capacity that was reported, megawatts."
    )
    energy_efficiency_op_per_s_per_w: RawNumber | None = Field(
        default=None, description="Peak rate per watt of power capacity, operations a second and watt."
    )
    calculated_cost_usd: RawNumber | None = Field(
        default=None, description="Cost computed from chips, US dollars; the header names no year."
    )
    reported_cost_usd: RawNumber | None = Field(default=None, description="Cost that was reported, US dollars.")
    reported_cost_inflation_adjusted_usd: RawNumber | None = Field(
        default=None, description="Reported cost in US dollars of a later year, which the header does not name."
    )
    cost_quote: RawText | None = Field(default=None, description="What the sources say on the cost.")
    noteworthy: RawText | None = Field(default=None, description="True where the publisher marks it, else empty.")
    decommissioned_date: ClusterDay | None = Field(default=None, description="Date of its end.")
    decommissioned_date_precision: ClusterDayPrecision | None = Field(
        default=None, description="What decommissioned_date names: a day, a month or a year."
    )
    largest_existing_cluster_when_first_operational: RawText | None = Field(
        default=None, description="Largest cluster at its first operation."
    )
    percent_of_largest_cluster_when_first_operational_fraction: RawNumber | None = Field(
        default=None,
        description="Performance as a fraction of the largest cluster's; the header says percent, the cells hold 1 for all.",
    )
    source_1: RawText | None = Field(default=None, description="Address of a source.")
    source_2: RawText | None = Field(default=None, description="Address of a source.")
    source_3: RawText | None = Field(default=None, description="Address of a source.")
    source_4: RawText | None = Field(default=None, description="Address of a source.")
    source_5: RawText | None = Field(default=None, description="Address of a source.")


class EpochDataCenters(RawRow):
    """One row per large AI data centre, as published by Epoch AI.

    Addresses of satellite pictures are left out: they expire. A tag such as #confident in a cell is the
    publisher's confidence in the name before it.
    """

    table = "epoch_data_centers"
    source_id = "epoch_clusters"
    key = ("name", "address")
    min_rows = 8
    # Columns that only the files of 2025, or only those of 2026, have.
    optional = frozenset({
        "handle", "latitude", "longitude", "country", "current_chip_types", "all_chip_types", "selected_sources",
        "calculations_sheet",
    })  # fmt: skip
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "name": ("Name", "Title"),
        "handle": ("Handle",),
        "project": ("Project",),
        "address": ("Address",),
        "latitude": ("Latitude",),
        "longitude": ("Longitude",),
        "country": ("Country",),
        "owner": ("Owner",),
        "users": ("Users",),
        "investors": ("Investors",),
        "construction_companies": ("Construction companies",),
        "energy_companies": ("Energy companies",),
        "current_chip_types": ("Current chip types",),
        "all_chip_types": ("All chip types",),
        "current_h100_equivalents_count": ("Current H100 equivalents",),
        "current_power_megawatts": ("Current power (MW)",),
        "current_total_capital_cost_2025_billion_usd": ("Current total capital cost (2025 USD billions)",),
        "selected_sources": ("Selected Sources",),
        "calculations_sheet": ("Calculations sheet",),
    }

    name: RawText = Field(description="Name of the data centre.")
    handle: RawText | None = Field(default=None, description="Longer name: owner, project and place.")
    project: RawText | None = Field(default=None, description="Project that it is part of.")
    address: RawText | None = Field(default=None, description="Street address.")
    latitude: RawText | None = Field(default=None, description="Latitude in degrees, minutes and seconds, as spelled.")
    longitude: RawText | None = Field(
        default=None, description="Longitude in degrees, minutes and seconds, as spelled."
    )
    country: RawText | None = Field(default=None, description="Country of the data centre.")
    owner: RawText | None = Field(default=None, description="Owners, split by commas.")
    users: RawText | None = Field(default=None, description="Users, split by commas.")
    investors: RawText | None = Field(default=None, description="Investors, split by commas.")
    construction_companies: RawText | None = Field(default=None, description="Builders, split by commas.")
    energy_companies: RawText | None = Field(default=None, description="Energy companies, split by commas.")
    current_chip_types: RawText | None = Field(default=None, description="Chips in use, split by commas.")
    all_chip_types: RawText | None = Field(default=None, description="Chips in use or planned, split by commas.")
    current_h100_equivalents_count: RawNumber | None = Field(
        default=None, description="Performance now, as a count of H100 chips of equal performance."
    )
    current_power_megawatts: RawNumber | None = Field(default=None, description="Power of the facility now, megawatts.")
    current_total_capital_cost_2025_billion_usd: RawNumber | None = Field(
        default=None, description="Capital cost up to now, billions of US dollars of 2025."
    )
    selected_sources: RawText | None = Field(default=None, description="Sources, as a list with addresses.")
    calculations_sheet: RawText | None = Field(default=None, description="Address of the publisher's calculation.")


FILES: tuple[RemoteFile, ...] = (
    remote_csv(EpochClusters, "https://epoch.ai/data/gpu_clusters.csv"),
    remote_csv(EpochDataCenters, "https://epoch.ai/data/data_centers.csv"),
)
"""What this connector fetches."""
