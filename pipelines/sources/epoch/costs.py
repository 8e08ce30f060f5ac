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
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BeforeValidator, Field

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
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        **EpochModelRow.headers,
        "approach": ("Approach",),
        "benchmark_data": ("Benchmark data",),
        "last_modified": ("Last modified",),
        "training_cloud_compute_vendor": ("Training cloud compute vendor",),
        "training_data_center": ("Training data center",),
        "archived_links": ("Archived links",),
        "foundation_model": ("Foundation model",),
        "training_compute_lower_bound_flop": ("Training compute lower bound",),
        "training_compute_upper_bound_flop": ("Training compute upper bound",),
        "training_chip_hours": ("Training chip-hours",),
        "utilization_notes": ("Utilization notes",),
        "training_compute_estimation_method": ("Training compute estimation method",),
        "hugging_face_developer_id": ("Hugging Face developer id",),
        "post_training_compute_flop": ("Post-training compute (FLOP)",),
        "post_training_compute_notes": ("Post-training compute notes",),
        "compute_rank_when_published": ("Compute rank when published",),
    }

    training_compute_cost_2023_usd: RawMoney | None = Field(
        default=None, description="Cost of the training compute, US dollars of 2023."
    )
    approach: RawText | None = Field(default=None, description="Kind of learning.")
    benchmark_data: RawText | None = Field(default=None, description="Name under which benchmark results are kept.")
    last_modified: RawText | None = Field(default=None, description="When the entry was last changed, as spelled.")
    training_cloud_compute_vendor: RawText | None = Field(default=None, description="Cloud provider of the training.")
    training_data_center: RawText | None = Field(default=None, description="Data centre of the training.")
    archived_links: RawText | None = Field(default=None, description="Name of the entry with archived links.")
    foundation_model: RawText | None = Field(default=None, description="The word checked, or empty.")
    training_compute_lower_bound_flop: RawNumber | None = Field(
        default=None, description="Lower bound of the training compute, floating-point operations."
    )
    training_compute_upper_bound_flop: RawNumber | None = Field(
        default=None, description="Upper bound of the training compute, floating-point operations."
    )
    training_chip_hours: RawNumber | None = Field(default=None, description="Training time of all chips, chip-hours.")
    utilization_notes: RawText | None = Field(default=None, description="Notes on the hardware utilization.")
    training_compute_estimation_method: RawText | None = Field(
        default=None, description="How the training compute was estimated, methods split by commas."
    )
    hugging_face_developer_id: RawText | None = Field(default=None, description="Its developer at Hugging Face.")
    post_training_compute_flop: RawNumber | None = Field(
        default=None, description="Compute of the post-training, floating-point operations."
    )
    post_training_compute_notes: RawText | None = Field(default=None, description="Notes on the post-training compute.")
    compute_rank_when_published: RawNumber | None = Field(
        default=None, description="Rank by training compute at its publication, a number from 1."
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
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        **EpochChipRow.headers,
        "lambdalabs_fp32_resnet_50_pytorch_throughput_samples_per_s": (
            "LambdaLabs FP32 ResNet-50 Pytorch throughput (samples/s)",
        ),
        "shading_units_count": ("Shading units",),
        "tmus_count": ("TMUs",),
        "rops_count": ("ROPs",),
        "sm_count": ("SM count",),
        "rt_cores_count": ("RT cores",),
        "prominent_years_of_usage": ("Prominent years of usage",),
        "google_cloud_pricing_usd_per_hour": ("Google Cloud pricing ($ per hour) data from 17 dec 2022",),
        "all_ml_systems_copy": ("All ML Systems copy",),
        "hardware_prices": ("Hardware prices",),
        "ml_hardware": ("ML hardware",),
        "number_of_ml_models_trained_count": ("Number of ML models trained",),
        "energy_efficiency": ("Energy efficiency",),
        "unverified": ("Unverified",),
        "bit_length_bits": ("Bit length",),
        "performance_tops": ("Performance (TOPS)",),
        "energy_efficiency_16_bit": ("Energy efficiency (16-bit)",),
    }

    release_price_usd: RawMoney | None = Field(default=None, description="Price at release, nominal US dollars.")
    lambdalabs_fp32_resnet_50_pytorch_throughput_samples_per_s: RawNumber | None = Field(
        default=None, description="Training throughput measured by Lambda Labs, samples a second."
    )
    shading_units_count: RawNumber | None = Field(default=None, description="Shading units, a count.")
    tmus_count: RawNumber | None = Field(default=None, description="Texture mapping units, a count.")
    rops_count: RawNumber | None = Field(default=None, description="Render output units, a count.")
    sm_count: RawNumber | None = Field(default=None, description="Streaming multiprocessors, a count.")
    rt_cores_count: RawNumber | None = Field(default=None, description="Ray tracing cores, a count.")
    prominent_years_of_usage: RawText | None = Field(default=None, description="Years of use, in words.")
    google_cloud_pricing_usd_per_hour: RawMoney | None = Field(
        default=None, description="Price at Google Cloud on 17 December 2022, US dollars an hour."
    )
    all_ml_systems_copy: RawText | None = Field(default=None, description="Models of another list, split by commas.")
    hardware_prices: RawText | None = Field(default=None, description="Sources of its prices, split by commas.")
    ml_hardware: RawText | None = Field(
        default=None, description="The word checked for chips of raw.epoch_hardware, or empty."
    )
    number_of_ml_models_trained_count: RawNumber | None = Field(default=None, description="Models trained, a count.")
    energy_efficiency: RawText | None = Field(
        default=None,
        description="Max performance per watt of TDP, operations a second and watt, or Infinity or NaN where no TDP is "
        "known.",
    )
    unverified: RawText | None = Field(default=None, description="The word checked, or empty.")
    bit_length_bits: RawNumber | None = Field(default=None, description="Bits of the format of the peak rate, bits.")
    performance_tops: RawNumber | None = Field(
        default=None,
        description="Peak rate, by its header in 1e12 operations a second; cells are not all in that unit.",
    )
    energy_efficiency_16_bit: RawText | None = Field(
        default=None,
        description="16-bit performance per watt of TDP, operations a second and watt, or Infinity or NaN where no TDP "
        "is known.",
    )


class EpochHardwarePrices(RawRow):
    """One row per price of a chip, bought or rented, at a date, as collected by Epoch AI."""

    table = "epoch_hardware_prices"
    source_id = "epoch_costs"
    min_rows = 300
    optional = frozenset({"price_date_precision"})
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "price_source": ("Price source",),
        "price_date": ("Price date",),
        "price_date_precision": ("Price date",),
        "hardware_model": ("Hardware model",),
        "manufacturer": ("Manufacturer",),
        "vendor": ("Vendor",),
        "location": ("Location",),
        "price_on_demand_usd_per_chip_hour": ("Price per chip-hour (on-demand)",),
        "price_1_year_cud_usd_per_chip_hour": ("Price per chip-hour (1-year CUD)",),
        "price_3_year_cud_usd_per_chip_hour": ("Price per chip-hour (3-year CUD)",),
        "price_hardware_purchase_usd": ("Price (hardware purchase)",),
        "notes": ("Notes",),
        "cloud_gpu_description": ("Cloud GPU description",),
        "number_of_gpus_count": ("Number of GPUs",),
    }

    price_source: RawText | None = Field(default=None, description="Addresses of the sources.")
    price_date: RawDay | None = Field(default=None, description="Date of the price.")
    price_date_precision: RawDayPrecision | None = Field(
        default=None, description="What price_date names: a day, a month or a year."
    )
    hardware_model: RawText = Field(description="Name of the chip; names as in raw.epoch_chips.")
    manufacturer: RawText | None = Field(default=None, description="Company that designs the chip.")
    vendor: RawText | None = Field(default=None, description="Cloud provider; empty for purchases.")
    location: RawText | None = Field(default=None, description="Region of the offer.")
    price_on_demand_usd_per_chip_hour: RawMoney | None = Field(
        default=None, description="Price on demand, nominal US dollars a chip and hour."
    )
    price_1_year_cud_usd_per_chip_hour: RawMoney | None = Field(
        default=None, description="Price with use committed for one year, nominal US dollars a chip and hour."
    )
    price_3_year_cud_usd_per_chip_hour: RawMoney | None = Field(
        default=None, description="Price with use committed for three years, nominal US dollars a chip and hour."
    )
    price_hardware_purchase_usd: RawMoney | None = Field(
        default=None, description="Price of buying the chip, nominal US dollars."
    )
    notes: RawText | None = Field(default=None, description="Notes on the price, or the name of the machine type.")
    cloud_gpu_description: RawText | None = Field(default=None, description="Chip as the provider calls it.")
    number_of_gpus_count: RawNumber | None = Field(default=None, description="Chips in the offer, a count.")


class EpochPriceIndex(RawRow):
    """One row per month: the producer price index of data processing and hosting in the United States.

    The training cost study uses it to correct for inflation; the Bureau of Labor Statistics publishes it.
    """

    table = "epoch_price_index"
    source_id = "epoch_costs"
    key = ("observation_date", "pcu518210518210_index")
    min_rows = 200
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "observation_date": ("observation_date", "DATE"),
        "pcu518210518210_index": ("PCU518210518210",),
    }

    observation_date: RawDay = Field(description="First day of the month.")
    pcu518210518210_index: RawNumber | None = Field(
        default=None, description="Price index, a number that is 100 in December 2000."
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
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "model": ("Model",),
        "cloud_cost_usd": ("Cloud_Cost",),
        "hardware_acquisition_cost_usd": ("Hardware_Acquisition_Cost",),
        "hardware_capex_energy_cost_usd": ("Hardware_Capex_Energy_Cost",),
        "cost_usd": ("Cost",),
    }

    model: RawText = Field(description="Name of the model; names as in raw.epoch_ml_systems.")
    cloud_cost_usd: RawNumber | None = Field(
        default=None, description="Cost of renting the hardware in the cloud, US dollars."
    )
    hardware_acquisition_cost_usd: RawNumber | None = Field(
        default=None, description="Cost of acquiring the hardware, US dollars."
    )
    hardware_capex_energy_cost_usd: RawNumber | None = Field(
        default=None, description="Cost of the hardware's wear and of energy, US dollars."
    )
    cost_usd: RawNumber | None = Field(default=None, description="Cost in the updated file, US dollars.")


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
