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
from typing import Annotated, Any

from pydantic import BeforeValidator

from pipelines.records.fields import filled, nullable
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

    name: RawText = filled("Name of the cluster, or of a class of anonymized ones.", "Name")
    status: RawText | None = nullable("Existing, Planned or Decommissioned.", "Status")
    certainty: RawText | None = nullable("Confirmed, Likely or Unlikely.", "Certainty")
    single_cluster: RawText | None = nullable("Whether its chips work as one: Yes, No, Unclear.", "Single cluster?")
    max_op_per_s_log10: RawNumber | None = nullable("Decimal logarithm of max_op_per_s, a number.", "Max OP/s (log)")
    h100_equivalents_count: RawNumber | None = nullable(
        "Performance as a count of H100 chips of equal performance.", "H100 equivalents"
    )
    chip_type_primary: RawText | None = nullable("Main chip; names as in raw.epoch_hardware.", "Chip type (primary)")
    chip_quantity_primary_count: RawNumber | None = nullable("Main chips, a count.", "Chip quantity (primary)")
    country: RawText | None = nullable("Countries, split by commas.", "Country")
    owner: RawText | None = nullable("Owners, split by commas.", "Owner")
    first_operational_date: ClusterDay | None = nullable("Date of first operation.", "First Operational Date")
    first_operational_date_precision: ClusterDayPrecision | None = nullable(
        "What first_operational_date names: a day, a month or a year.", "First Operational Date"
    )
    note: RawText | None = nullable("Notes on the entry.", "Note")
    sector: RawText | None = nullable("Private, Public or Public/Private.", "Sector")
    power_capacity_megawatts: RawNumber | None = nullable(
        "Power capacity, reported else calculated, megawatts.", "Power Capacity (MW)"
    )
    hardware_cost_usd: RawNumber | None = nullable(
        "Cost of the hardware, reported else calculated, US dollars; the header names no year.", "Hardware Cost"
    )
    location: RawText | None = nullable("Address, place or coordinates.", "Location")
    users: RawText | None = nullable("Users, split by commas.", "Users")
    hardware_note: RawText | None = nullable("Chips, as the sources describe them.", "Hardware note")
    quote: RawText | None = nullable("What the sources say.", "Quote")
    first_operational_date_note: RawText | None = nullable(
        "Date of first operation or the plan of it, in words.", "First Operational Date Note"
    )
    certainty_note: RawText | None = nullable("Notes on the certainty.", "Certainty Note")
    energy_efficiency_log10: RawNumber | None = nullable(
        "Decimal logarithm of energy_efficiency_op_per_s_per_w, a number.", "Energy Efficiency (log)"
    )
    builds_upon: RawText | None = nullable("Cluster that it extends.", "Builds Upon")
    superseded_by: RawText | None = nullable("Cluster that replaced it.", "Superseded by")
    possible_duplicate: RawText | None = nullable(
        "True if the entry may duplicate another entry, else empty.", "Possible Duplicate"
    )
    possible_duplicate_of: RawText | None = nullable(
        "Possible duplicates, separated by commas.", "Possible Duplicate Of"
    )
    chip_type_secondary: RawText | None = nullable(
        "Second chip; names as in raw.epoch_hardware.", "Chip type (secondary)"
    )
    chip_quantity_secondary_count: RawNumber | None = nullable("Second chips, a count.", "Chip quantity (secondary)")
    total_number_of_ai_chips_count: RawNumber | None = nullable("Chips in all, a count.", "Total number of AI chips")
    gpu_supplier_primary: RawText | None = nullable("Supplier of the main chip.", "GPU Supplier (primary)")
    gpu_supplier_secondary: RawText | None = nullable("Supplier of the second chip.", "GPU supplier (secondary)")
    include_in_standard_analysis: RawText | None = nullable(
        "True where the publisher counts it in its analyses, else empty.", "Include in Standard Analysis"
    )
    exclude: RawText | None = nullable("True where the publisher leaves it out, else empty.", "Exclude")
    rank_when_first_operational: RawNumber | None = nullable(
        "Rank by performance at its first operation, a number from 1.", "Rank when first operational"
    )
    sixteen_bit_op_per_s_log10: RawNumber | None = nullable(
        "Decimal logarithm of sixteen_bit_op_per_s, a number.", "16-bit OP/s (log)"
    )
    max_op_per_s: RawNumber | None = nullable(
        "Peak rate in the format that gives the highest, operations a second.", "Max OP/s"
    )
    eight_bit_op_per_s: RawNumber | None = nullable("Peak rate in 8-bit formats, operations a second.", "8-bit OP/s")
    sixteen_bit_op_per_s: RawNumber | None = nullable(
        "Peak rate in 16-bit formats, operations a second.", "16-bit OP/s"
    )
    thirty_two_bit_op_per_s: RawNumber | None = nullable(
        "Peak rate in 32-bit formats, operations a second.", "32-bit OP/s"
    )
    calculated_power_capacity_megawatts: RawNumber | None = nullable(
        "Power capacity computed from chips, megawatts.", "Calculated Power Capacity (MW)"
    )
    reported_power_capacity_megawatts: RawNumber | None = nullable(
        "Power capacity that was reported, megawatts.", "Reported Power Capacity (MW)"
    )
    energy_efficiency_op_per_s_per_w: RawNumber | None = nullable(
        "Peak rate per watt of power capacity, operations a second and watt.", "Energy Efficiency"
    )
    calculated_cost_usd: RawNumber | None = nullable(
        "Cost computed from chips, US dollars; the header names no year.", "Calculated Cost"
    )
    reported_cost_usd: RawNumber | None = nullable("Cost that was reported, US dollars.", "Reported Cost")
    reported_cost_inflation_adjusted_usd: RawNumber | None = nullable(
        "Reported cost in US dollars of a later year, which the header does not name.",
        "Reported Cost (Inflation adjusted)",
    )
    cost_quote: RawText | None = nullable("What the sources say on the cost.", "Cost Quote")
    noteworthy: RawText | None = nullable("True where the publisher marks it, else empty.", "Noteworthy")
    decommissioned_date: ClusterDay | None = nullable("Date of its end.", "Decommissioned Date (if applicable)")
    decommissioned_date_precision: ClusterDayPrecision | None = nullable(
        "What decommissioned_date names: a day, a month or a year.", "Decommissioned Date (if applicable)"
    )
    largest_existing_cluster_when_first_operational: RawText | None = nullable(
        "Largest cluster at its first operation.", "Largest existing cluster when first operational"
    )
    percent_of_largest_cluster_when_first_operational_fraction: RawNumber | None = nullable(
        "Performance as a fraction of the largest cluster's; the header says percent, the cells hold 1 for all.",
        "% of largest cluster when first operational",
    )
    source_1: RawText | None = nullable("Address of a source.", "Source 1")
    source_2: RawText | None = nullable("Address of a source.", "Source 2")
    source_3: RawText | None = nullable("Address of a source.", "Source 3")
    source_4: RawText | None = nullable("Address of a source.", "Source 4")
    source_5: RawText | None = nullable("Address of a source.", "Source 5")


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

    name: RawText = filled("Name of the data centre.", "Name", "Title")
    handle: RawText | None = nullable("Longer name: owner, project and place.", "Handle")
    project: RawText | None = nullable("Project that it is part of.", "Project")
    address: RawText | None = nullable("Street address.", "Address")
    latitude: RawText | None = nullable("Latitude in degrees, minutes and seconds, as spelled.", "Latitude")
    longitude: RawText | None = nullable("Longitude in degrees, minutes and seconds, as spelled.", "Longitude")
    country: RawText | None = nullable("Country of the data centre.", "Country")
    owner: RawText | None = nullable("Owners, split by commas.", "Owner")
    users: RawText | None = nullable("Users, split by commas.", "Users")
    investors: RawText | None = nullable("Investors, split by commas.", "Investors")
    construction_companies: RawText | None = nullable("Builders, split by commas.", "Construction companies")
    energy_companies: RawText | None = nullable("Energy companies, split by commas.", "Energy companies")
    current_chip_types: RawText | None = nullable("Chips in use, split by commas.", "Current chip types")
    all_chip_types: RawText | None = nullable("Chips in use or planned, split by commas.", "All chip types")
    current_h100_equivalents_count: RawNumber | None = nullable(
        "Performance now, as a count of H100 chips of equal performance.", "Current H100 equivalents"
    )
    current_power_megawatts: RawNumber | None = nullable("Power of the facility now, megawatts.", "Current power (MW)")
    current_total_capital_cost_2025_billion_usd: RawNumber | None = nullable(
        "Capital cost up to now, billions of US dollars of 2025.", "Current total capital cost (2025 USD billions)"
    )
    selected_sources: RawText | None = nullable("Sources, as a list with addresses.", "Selected Sources")
    calculations_sheet: RawText | None = nullable("Address of the publisher's calculation.", "Calculations sheet")


FILES: tuple[RemoteFile, ...] = (
    remote_csv(EpochClusters, "https://epoch.ai/data/gpu_clusters.csv"),
    remote_csv(EpochDataCenters, "https://epoch.ai/data/data_centers.csv"),
)
"""What this connector fetches."""
