"""Epoch AI's counts of AI chips: how many of each kind were sold, and who owns them, quarter by quarter.

What belongs here: the columns of the files in its repository and how they spell dates. What does not: which chips are
the same under two names, sums over owners, retirement.

* Columns are found by name: some files have the median first, others between the 5th and the 95th percentile.
* Counts come by chip in calendar quarters (sales), by chip as a running total (cumulative), and over all chips of a
  designer as a running total (totals); the same three again by owner. Sales by fiscal quarter and quarterly sums over
  the chips of an owner repeat these and are not read.
* A quarter that the publisher has only in part is marked checked, or begins its note with the word Incomplete.
* Power is rated chip power: units times the rated power of a chip, servers and buildings not included.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from pipelines.records.fields import filled, nullable
from pipelines.records.raw_tables import RawDay, RawNumber, RawRow, RawText, RemoteFile, remote_csv
from pipelines.sources.epoch.clusters import iso_spelling

REPOSITORY = "https://raw.githubusercontent.com/epoch-research/ai-chip-counts/main/"

CountDay = Annotated[RawDay, BeforeValidator(iso_spelling)]

ABSENT_FROM_SOME = frozenset({
    "total_tdp_w", "total_tdp_w_low", "total_tdp_w_high", "power_megawatts", "power_megawatts_low",
    "power_megawatts_high", "incomplete", "source_link",
})  # fmt: skip
"""Columns that some of the files lack."""


class ChipCountRow(RawRow):
    """What every file of counts says of a quarter, or of all quarters up to one."""

    source_id = "epoch_chip_counts"
    key = ("name",)

    name: RawText = filled("Name of the count: chip or designer, owner and quarters.", "Name")
    chip_manufacturer: RawText = filled("Designer of the chips.", "Chip manufacturer")
    start_date: CountDay = filled(
        "First day of the quarter; the publisher gives it for running totals too.", "Start date"
    )
    end_date: CountDay = filled("Last day of the quarter.", "End date")
    units_count_low: RawNumber = filled(
        "5th percentile of units, a count.", "Number of Units (5th percentile)", "Number of units (5th percentile)"
    )
    units_count: RawNumber = filled(
        "Median of units, a count.", "Number of Units", "Number of Units (median)", "Number of units (median)"
    )
    units_count_high: RawNumber = filled(
        "95th percentile of units, a count.", "Number of Units (95th percentile)", "Number of units (95th percentile)"
    )
    h100_equivalents_count_low: RawNumber = filled(
        "5th percentile of the count of H100 chips with equal peak 8-bit rate.",
        "H100e (5th percentile)", "Compute estimate in H100e (5th percentile)",
    )  # fmt: skip
    h100_equivalents_count: RawNumber = filled(
        "Median of the count of H100 chips with equal peak 8-bit rate.", "Compute estimate in H100e (median)"
    )
    h100_equivalents_count_high: RawNumber = filled(
        "95th percentile of the count of H100 chips with equal peak 8-bit rate.",
        "H100e (95th percentile)", "Compute estimate in H100e (95th percentile)",
    )  # fmt: skip
    total_tdp_w_low: RawNumber | None = nullable(
        "5th percentile of rated chip power, watts.", "Total TDP (W) (5th percentile)"
    )
    total_tdp_w: RawNumber | None = nullable("Rated chip power of the median of units, watts.", "Total TDP (W)")
    total_tdp_w_high: RawNumber | None = nullable(
        "95th percentile of rated chip power, watts.", "Total TDP (W) (95th percentile)"
    )
    power_megawatts_low: RawNumber | None = nullable(
        "5th percentile of rated chip power, megawatts.", "Power in MW (5th percentile)"
    )
    power_megawatts: RawNumber | None = nullable("Median of rated chip power, megawatts.", "Power in MW (median)")
    power_megawatts_high: RawNumber | None = nullable(
        "95th percentile of rated chip power, megawatts.", "Power in MW (95th percentile)"
    )
    incomplete: RawText | None = nullable(
        "The word checked where the quarter is not complete, else empty.", "Incomplete"
    )
    source_link: RawText | None = nullable("Address of a source.", "Source / Link")
    notes: RawText | None = nullable("Notes, among them the day of the estimate.", "Notes")


class EpochChipSales(ChipCountRow):
    """One row per chip and calendar quarter: chips sold, as estimated by Epoch AI."""

    table = "epoch_chip_sales"
    optional = ABSENT_FROM_SOME
    chip_type: RawText = filled("Chip, as the publisher calls it.", "Chip type")


class EpochChipCumulative(ChipCountRow):
    """One row per chip and calendar quarter: chips sold up to its end."""

    table = "epoch_chip_cumulative"
    optional = ABSENT_FROM_SOME
    chip_type: RawText = filled("Chip, as the publisher calls it.", "Chip type")


class EpochChipTotals(ChipCountRow):
    """One row per designer and calendar quarter: all its chips sold up to its end."""

    table = "epoch_chip_totals"
    optional = ABSENT_FROM_SOME


class EpochChipOwners(ChipCountRow):
    """One row per chip, owner and calendar quarter: chips that the owner received."""

    table = "epoch_chip_owners"
    optional = ABSENT_FROM_SOME
    chip_type: RawText = filled("Chip, as the publisher calls it.", "Chip type")
    owner: RawText = filled("Owner of the chips; Other and China are groups of owners.", "Owner")


class EpochChipOwnersCumulative(ChipCountRow):
    """One row per chip, owner and calendar quarter: chips that the owner received up to its end."""

    table = "epoch_chip_owners_cumulative"
    optional = ABSENT_FROM_SOME
    chip_type: RawText = filled("Chip, as the publisher calls it.", "Chip type")
    owner: RawText = filled("Owner of the chips; Other and China are groups of owners.", "Owner")


class EpochChipOwnersTotals(ChipCountRow):
    """One row per designer, owner and calendar quarter: all chips that the owner received up to its end."""

    table = "epoch_chip_owners_totals"
    optional = ABSENT_FROM_SOME
    owner: RawText = filled("Owner of the chips; Other and China are groups of owners.", "Owner")


NAMED_BY: dict[type[ChipCountRow], tuple[str, ...]] = {
    EpochChipSales: (
        "csv_export/nvidia_calendar_quarter_chip_timelines.csv", "csv_export/tpu_calendar_quarter_chip_timelines.csv",
        "csv_export/trainium_chip_timelines.csv", "csv_export/amd_chip_timelines.csv",
    ),
    EpochChipCumulative: tuple(f"csv_export/{maker}_cumulative_by_chip.csv" for maker in ("nvidia", "tpu", "trainium", "amd")),
    EpochChipTotals: tuple(f"csv_export/{maker}_cumulative_totals.csv" for maker in ("nvidia", "tpu", "trainium", "amd")),
    **{
        schema: tuple(
            f"owners_csv_export/{owners}_{ending}.csv"
            for owners in (
                "nvidia_owners", "nvidia_owners_OTHER", "coreweave/coreweave_owners", "tpu_owners", "trainium_owners",
                "amd_owners",
            )
        )
        for schema, ending in (
            (EpochChipOwners, "quarters_by_chip"), (EpochChipOwnersCumulative, "cumulative_by_chip"),
            (EpochChipOwnersTotals, "cumulative_totals"),
        )
    },
}  # fmt: skip
"""The files of each table, below the repository."""

FILES: tuple[RemoteFile, ...] = tuple(
    remote_csv(schema, REPOSITORY + path) for schema, paths in NAMED_BY.items() for path in paths
)
"""What this connector fetches."""
