"""Epoch AI's study of training costs: its snapshots of models, chips, prices and inflation, and its results.

What belongs here: the columns of the files in its repository and how an Airtable export spells money.
What does not: inflation, which year's dollars a figure is in, one price per chip.

* Money is spelled $1,234.50: a dollar sign, commas between groups of three digits or none, a plain
  number. Sign and commas are spelling and are dropped; any other number in such a column is plain.
* Dates are ISO days; a month or a year alone is its first day, and the column that ends in
  _precision says so.
* Efficiencies of the chip dataset are text: where a chip has no TDP the cells hold Infinity and NaN.
* The chip dataset breaks one record in two, as a line end stands unquoted in a name. The half with
  the name is refused; the half with the figures is kept, its hardware_name empty.
* Offers that equal each other in every cell of the hardware prices are all kept: they may be offers of
  several machines or regions, so that table has no key.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BeforeValidator

from pipelines.records.fields import filled, nullable
from pipelines.records.raw_tables import (
    RawDay,
    RawDayPrecision,
    RawNumber,
    RawRow,
    RawTable,
    RawText,
    RemoteFile,
    read_raw_csv,
    remote_csv,
)
from pipelines.sources.epoch.hardware import EpochChipRow
from pipelines.sources.epoch.models import EpochModelRow

REPOSITORY = "https://raw.githubusercontent.com/epoch-research/training-cost-trends/main/"

DOLLARS = re.compile(r"\$([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?")
BLANK_LINES_AT_THE_END = re.compile(rb"(?<=[\r\n])[\r\n]+\Z")


def plain_dollars(value: Any) -> Any:
    """Money without its sign and commas; anything else as it is.

    >>> plain_dollars("$1,234.50")
    '1234.50'
    """
    found = DOLLARS.fullmatch(value) if isinstance(value, str) else None
    return found[1].replace(",", "") + (found[2] or "") if found else value


RawMoney = Annotated[RawNumber, BeforeValidator(plain_dollars)]
"""An amount of US dollars, with or without the dollar sign."""


class EpochMlSystems(EpochModelRow):
    """One row per AI model in the snapshot that the training cost study used (June 2025), notable or not."""

    table = "epoch_ml_systems"
    source_id = "epoch_costs"
    min_rows = 1000
    optional = frozenset({
        "publication_date_precision", "hardware_utilization_hfu", "training_compute_cost_cloud_usd",
        "training_compute_cost_upfront_usd", "hardware_acquisition_cost_usd", "compute_cost_notes",
        "inference_code_accessibility", "frontier_model", "open_model_weights",
    })  # fmt: skip

    training_compute_cost_2023_usd: RawMoney | None = nullable(
        "Cost of the training compute, US dollars of 2023.", "Training compute cost (2023 USD)"
    )
    approach: RawText | None = nullable("Kind of learning.", "Approach")
    benchmark_data: RawText | None = nullable("Name under which benchmark results are kept.", "Benchmark data")
    last_modified: RawText | None = nullable("When the entry was last changed, as spelled.", "Last modified")
    training_cloud_compute_vendor: RawText | None = nullable(
        "Cloud provider of the training.", "Training cloud compute vendor"
    )
    training_data_center: RawText | None = nullable("Data centre of the training.", "Training data center")
    archived_links: RawText | None = nullable("Name of the entry with archived links.", "Archived links")
    foundation_model: RawText | None = nullable("The word checked, or empty.", "Foundation model")
    training_compute_lower_bound_flop: RawNumber | None = nullable(
        "Lower bound of the training compute, floating-point operations.", "Training compute lower bound"
    )
    training_compute_upper_bound_flop: RawNumber | None = nullable(
        "Upper bound of the training compute, floating-point operations.", "Training compute upper bound"
    )
    training_chip_hours: RawNumber | None = nullable("Training time of all chips, chip-hours.", "Training chip-hours")
    utilization_notes: RawText | None = nullable("Notes on the hardware utilization.", "Utilization notes")
    training_compute_estimation_method: RawText | None = nullable(
        "How the training compute was estimated, methods split by commas.", "Training compute estimation method"
    )
    hugging_face_developer_id: RawText | None = nullable("Its developer at Hugging Face.", "Hugging Face developer id")
    post_training_compute_flop: RawNumber | None = nullable(
        "Compute of the post-training, floating-point operations.", "Post-training compute (FLOP)"
    )
    post_training_compute_notes: RawText | None = nullable(
        "Notes on the post-training compute.", "Post-training compute notes"
    )
    compute_rank_when_published: RawNumber | None = nullable(
        "Rank by training compute at its publication, a number from 1.", "Compute rank when published"
    )


class EpochChips(EpochChipRow):
    """One row per chip of any kind in the snapshot that the training cost study used (June 2025).

    Names of the staff who entered a chip and addresses of attached files, which expire, are left out.
    Several names appear twice with different figures.
    """

    table = "epoch_chips"
    source_id = "epoch_costs"
    key = ("hardware_name", "manufacturer", "release_date", "link_to_datasheet", "last_modified")
    min_rows = 4000
    optional = frozenset({"release_date_precision"})

    release_price_usd: RawMoney | None = nullable("Price at release, nominal US dollars.", "Release price (USD)")
    lambdalabs_fp32_resnet_50_pytorch_throughput_samples_per_s: RawNumber | None = nullable(
        "Training throughput measured by Lambda Labs, samples a second.",
        "LambdaLabs FP32 ResNet-50 Pytorch throughput (samples/s)",
    )
    shading_units_count: RawNumber | None = nullable("Shading units, a count.", "Shading units")
    tmus_count: RawNumber | None = nullable("Texture mapping units, a count.", "TMUs")
    rops_count: RawNumber | None = nullable("Render output units, a count.", "ROPs")
    sm_count: RawNumber | None = nullable("Streaming multiprocessors, a count.", "SM count")
    rt_cores_count: RawNumber | None = nullable("Ray tracing cores, a count.", "RT cores")
    prominent_years_of_usage: RawText | None = nullable("Years of use, in words.", "Prominent years of usage")
    google_cloud_pricing_usd_per_hour: RawMoney | None = nullable(
        "Price at Google Cloud on 17 December 2022, US dollars an hour.",
        "Google Cloud pricing ($ per hour) data from 17 dec 2022",
    )
    all_ml_systems_copy: RawText | None = nullable("Models of another list, split by commas.", "All ML Systems copy")
    hardware_prices: RawText | None = nullable("Sources of its prices, split by commas.", "Hardware prices")
    ml_hardware: RawText | None = nullable("The word checked for chips of raw.epoch_hardware, or empty.", "ML hardware")
    number_of_ml_models_trained_count: RawNumber | None = nullable(
        "Models trained, a count.", "Number of ML models trained"
    )
    energy_efficiency: RawText | None = nullable(
        "Max performance per watt of TDP, operations a second and watt, or Infinity or NaN where no TDP is known.",
        "Energy efficiency",
    )
    unverified: RawText | None = nullable("The word checked, or empty.", "Unverified")
    bit_length_bits: RawNumber | None = nullable("Bits of the format of the peak rate, bits.", "Bit length")
    performance_tops: RawNumber | None = nullable(
        "Peak rate, by its header in 1e12 operations a second; cells are not all in that unit.", "Performance (TOPS)"
    )
    energy_efficiency_16_bit: RawText | None = nullable(
        "16-bit performance per watt of TDP, operations a second and watt, or Infinity or NaN where no TDP is known.",
        "Energy efficiency (16-bit)",
    )


class EpochHardwarePrices(RawRow):
    """One row per price of a chip, bought or rented, at a date, as collected by Epoch AI."""

    table = "epoch_hardware_prices"
    source_id = "epoch_costs"
    min_rows = 300
    optional = frozenset({"price_date_precision"})

    price_source: RawText | None = nullable("Addresses of the sources.", "Price source")
    price_date: RawDay | None = nullable("Date of the price.", "Price date")
    price_date_precision: RawDayPrecision | None = nullable(
        "What price_date names: a day, a month or a year.", "Price date"
    )
    hardware_model: RawText = filled("Name of the chip; names as in raw.epoch_chips.", "Hardware model")
    manufacturer: RawText | None = nullable("Company that designs the chip.", "Manufacturer")
    vendor: RawText | None = nullable("Cloud provider; empty for purchases.", "Vendor")
    location: RawText | None = nullable("Region of the offer.", "Location")
    price_on_demand_usd_per_chip_hour: RawMoney | None = nullable(
        "Price on demand, nominal US dollars a chip and hour.", "Price per chip-hour (on-demand)"
    )
    price_1_year_cud_usd_per_chip_hour: RawMoney | None = nullable(
        "Price with use committed for one year, nominal US dollars a chip and hour.", "Price per chip-hour (1-year CUD)"
    )
    price_3_year_cud_usd_per_chip_hour: RawMoney | None = nullable(
        "Price with use committed for three years, nominal US dollars a chip and hour.",
        "Price per chip-hour (3-year CUD)",
    )
    price_hardware_purchase_usd: RawMoney | None = nullable(
        "Price of buying the chip, nominal US dollars.", "Price (hardware purchase)"
    )
    notes: RawText | None = nullable("Notes on the price, or the name of the machine type.", "Notes")
    cloud_gpu_description: RawText | None = nullable("Chip as the provider calls it.", "Cloud GPU description")
    number_of_gpus_count: RawNumber | None = nullable("Chips in the offer, a count.", "Number of GPUs")


class EpochPriceIndex(RawRow):
    """One row per month: the producer price index of data processing and hosting in the United States.

    The training cost study uses it to correct for inflation; the Bureau of Labor Statistics publishes it.
    """

    table = "epoch_price_index"
    source_id = "epoch_costs"
    key = ("observation_date", "pcu518210518210_index")
    min_rows = 200

    observation_date: RawDay = filled("First day of the month.", "observation_date", "DATE")
    pcu518210518210_index: RawNumber | None = nullable(
        "Price index, a number that is 100 in December 2000.", "PCU518210518210"
    )


class EpochModelCosts(RawRow):
    """One row per model and file: training cost, as calculated by the training cost study.

    The first file gives three costs by their method, the updated one a single cost without naming its
    method. US dollars; no header names the year, the study's own is 2023.
    """

    table = "epoch_model_costs"
    source_id = "epoch_costs"
    min_rows = 30
    optional = frozenset({
        "cloud_cost_usd", "hardware_acquisition_cost_usd", "hardware_capex_energy_cost_usd", "cost_usd"
    })  # fmt: skip

    model: RawText = filled("Name of the model; names as in raw.epoch_ml_systems.", "Model")
    cloud_cost_usd: RawNumber | None = nullable("Cost of renting the hardware in the cloud, US dollars.", "Cloud_Cost")
    hardware_acquisition_cost_usd: RawNumber | None = nullable(
        "Cost of acquiring the hardware, US dollars.", "Hardware_Acquisition_Cost"
    )
    hardware_capex_energy_cost_usd: RawNumber | None = nullable(
        "Cost of the hardware's wear and of energy, US dollars.", "Hardware_Capex_Energy_Cost"
    )
    cost_usd: RawNumber | None = nullable("Cost in the updated file, US dollars.", "Cost")


class FirstModelCosts(EpochModelCosts):
    """The columns of the first file."""

    key = ("model", "cloud_cost_usd", "hardware_acquisition_cost_usd", "hardware_capex_energy_cost_usd")
    optional = frozenset({"cost_usd"})


class UpdatedModelCosts(EpochModelCosts):
    """The columns of the updated file."""

    key = ("model", "cost_usd")
    optional = frozenset({"cloud_cost_usd", "hardware_acquisition_cost_usd", "hardware_capex_energy_cost_usd"})


def _read_price_index(data: bytes, file: str, sha256: str) -> list[RawTable]:
    """The file ends with an empty line, which is no record."""
    return [read_raw_csv(BLANK_LINES_AT_THE_END.sub(b"", data), file, sha256, EpochPriceIndex)]


def _model_costs(schema: type[EpochModelCosts], file_name: str) -> RemoteFile:
    """One of the two files of model costs: read by its own columns, for the table that both feed."""

    def read(data: bytes, file: str, sha256: str) -> list[RawTable]:
        return [replace(read_raw_csv(data, file, sha256, schema), schema=EpochModelCosts)]

    return replace(remote_csv(EpochModelCosts, REPOSITORY + file_name), read=read)


FILES: tuple[RemoteFile, ...] = (
    remote_csv(EpochMlSystems, REPOSITORY + quote("data/All ML Systems - full view.csv")),
    remote_csv(EpochChips, REPOSITORY + quote("data/Chip dataset-Grid view.csv")),
    remote_csv(EpochHardwarePrices, REPOSITORY + quote("data/Hardware prices.csv")),
    replace(remote_csv(EpochPriceIndex, REPOSITORY + "data/PCU518210518210.csv"), read=_read_price_index),
    _model_costs(FirstModelCosts, "model_costs.csv"),
    _model_costs(UpdatedModelCosts, "model_costs_updated.csv"),
)
"""What this connector fetches."""
