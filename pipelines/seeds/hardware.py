"""Schemas of the files in seeds/hardware: accelerators, their peaks, their other names, their memory by the driver."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pipelines.records.fields import DatePrecision, Day, Flag, Identifier, Positive, SourceId, Text, filled, nullable
from pipelines.seeds.fact import Fact, NumberFormat


class Accelerators(Fact):
    """One row per accelerator: a chip, card, module or system that runs AI work and has its own power rating."""

    key = ("accelerator_id",)
    accelerator_id: Identifier = filled("Key of the accelerator, for example h100-sxm.")
    accelerator_name: Text = filled("Name as the vendor writes it, without trademark signs.")
    vendor: Text = filled("Company that designs it.")
    kind: Literal["gpu", "tpu", "npu", "asic", "cpu", "edge"] = filled("Class of device.")
    segment: Literal["datacentre", "workstation", "consumer", "edge", "mobile"] = filled("Market segment.")
    form_factor: Text | None = nullable("SXM, PCIe, OAM, chip, board, module, laptop SoC ….")
    generation: Text | None = nullable(
        "Generation of the chip, as its vendor names it, such as Blackwell; entered for NVIDIA."
    )
    release_date: Day | None = nullable("Availability date, else announcement date.")
    release_date_precision: DatePrecision | None = nullable(
        "Precision of release_date; a month or year is entered as its first day."
    )
    process_nm: Positive | None = nullable("Marketing name of the process node, nanometres.")
    tdp_w: Positive | None = nullable("Rated (thermal design) power of the device, watts.")
    tdp_source_id: SourceId | None = nullable(
        "Source of tdp_w, if it is a third party's estimate: the maker publishes none."
    )
    memory_bytes: Positive | None = nullable(
        "Memory attached to the device, bytes (vendor GB taken as 1e9, GiB as 2^30)."
    )
    memory_type: Text | None = nullable("HBM2e, HBM3, GDDR6X, LPDDR5, SRAM ….")
    memory_bandwidth_bytes_per_s: Positive | None = nullable("Peak memory bandwidth, byte/s.")
    interconnect_bytes_per_s: Positive | None = nullable(
        "Total chip-to-chip bandwidth within a node (both directions), byte/s."
    )
    die_area_mm2: Positive | None = nullable("Die area, square millimetres.")
    transistor_count: Positive | None = nullable("Transistors on the package.")
    release_price_usd: Positive | None = nullable("Price at release, nominal US dollars: the list price if one exists.")
    price_source_id: SourceId | None = nullable("Source of the price, if not source_id.")

    @model_validator(mode="after")
    def _date_has_precision(self) -> Accelerators:
        if (self.release_date is None) != (self.release_date_precision is None):
            raise ValueError("release_date and release_date_precision come together")
        return self

    @model_validator(mode="after")
    def _source_of_power_has_power(self) -> Accelerators:
        if self.tdp_source_id and self.tdp_w is None:
            raise ValueError("tdp_source_id is the source of tdp_w, which is empty")
        return self


class AcceleratorPeaks(Fact):
    """One row per accelerator, number format, unit and sparsity: a peak rate published by the vendor."""

    key = ("accelerator_id", "number_format", "is_tensor", "is_sparse")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    number_format: NumberFormat = filled("Number format of the inputs.")
    is_tensor: Flag = filled("True for matrix (tensor, MXU, NPU) units, false for vector units.")
    is_sparse: Flag = filled("True if the peak requires 2:4 (structured) sparsity.")
    peak_flop_per_s: Positive = filled(
        "Peak rate in FLOP/s, a multiply and an add counted as two; operations for integer formats."
    )


class AcceleratorAliases(Fact):
    """One row per published name of an accelerator."""

    key = ("alias",)
    alias: Text = filled("Name as printed by the publisher.")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")


class DriverMemory(Fact):
    """One row per accelerator whose memory was read from its driver, which counts otherwise than the vendor."""

    key = ("accelerator_id",)
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    driver_name: Text = filled("Name that the driver prints.")
    driver_memory_bytes: Positive = filled("Total memory that the driver reports, bytes.")
