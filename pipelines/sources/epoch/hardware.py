"""Epoch AI's table of machine learning hardware.

What belongs here: the columns of a chip record, which the chip dataset of the training cost study shares
(``epoch_costs.py``). What does not: choosing among the peak rates. They mix vector and matrix
units (half precision is the vector rate on some chips, the matrix rate on others), and the publisher's
maximum and efficiency mix number formats.

Dates are ISO days; a month or a year alone is its first day, and release_date_precision says so.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pipelines.records.raw_tables import RawDay, RawDayPrecision, RawNumber, RawRow, RawText, RemoteFile, remote_csv


class EpochChipRow(RawRow):
    """A chip as Epoch AI describes it: what both of its tables of chips have."""

    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "hardware_name": ("Hardware name",),
        "manufacturer": ("Manufacturer",),
        "type": ("Type",),
        "release_date": ("Release date",),
        "release_date_precision": ("Release date",),
        "release_price_usd": ("Release price (USD)",),
        "tensor_fp16_bf16_performance_flop_per_s": ("Tensor-FP16/BF16 performance (FLOP/s)",),
        "fp8_performance_flop_per_s": ("FP8 performance (FLOP/s)",),
        "fp4_performance_flop_per_s": ("FP4 performance (FLOP/s)",),
        "memory_bytes": ("Memory (bytes)", "Memory size per board (Byte)"),
        "memory_bandwidth_bytes_per_s": ("Memory bandwidth (byte/s)",),
        "intranode_bandwidth_bytes_per_s": ("Intranode bandwidth (byte/s)",),
        "internode_bandwidth_bits_per_s": ("Internode bandwidth (bit/s)",),
        "tdp_w": ("TDP (W)",),
        "fp64_double_precision_performance_flop_per_s": ("FP64 (double precision) performance (FLOP/s)",),
        "fp32_single_precision_performance_flop_per_s": ("FP32 (single precision) performance (FLOP/s)",),
        "tf32_tensorfloat_32_performance_flop_per_s": ("TF32 (TensorFloat-32) performance (FLOP/s)",),
        "fp16_half_precision_performance_flop_per_s": ("FP16 (half precision) performance (FLOP/s)",),
        "int16_performance_op_per_s": ("INT16 performance (OP/s)",),
        "int8_performance_op_per_s": ("INT8 performance (OP/s)",),
        "int4_performance_op_per_s": ("INT4 performance (OP/s)",),
        "foundry": ("Foundry",),
        "die_size_mm2": ("Die Size (mm^2)",),
        "base_clock_mhz": ("Base clock (MHz)",),
        "boost_clock_mhz": ("Boost clock (MHz)",),
        "memory_clock_mhz": ("Memory clock (MHz)",),
        "memory_bus_bits": ("Memory bus (bit)",),
        "tensor_cores_count": ("Tensor cores",),
        "process_size_nm": ("Process size (nm)",),
        "transistors_millions": ("Transistors (millions)", "Number of transistors (millions)"),
        "link_to_datasheet": ("Link to datasheet",),
        "source_for_the_price": ("Source for the price",),
        "ml_models": ("ML models",),
        "last_modified": ("Last modified",),
        "max_performance_op_per_s": ("Max performance",),
    }

    hardware_name: RawText | None = Field(default=None, description="Name of the chip or card.")
    manufacturer: RawText | None = Field(default=None, description="Company that designs it.")
    type: RawText | None = Field(default=None, description="Class of device: GPU, TPU, CPU ...")
    release_date: RawDay | None = Field(default=None, description="Date of release.")
    release_date_precision: RawDayPrecision | None = Field(
        default=None, description="What release_date names: a day, a month or a year."
    )
    release_price_usd: RawNumber | None = Field(default=None, description="Price at release, nominal US dollars.")
    tensor_fp16_bf16_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate of the matrix units in FP16 or BF16, floating-point operations a second."
    )
    fp8_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in FP8, floating-point operations a second."
    )
    fp4_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in FP4, floating-point operations a second."
    )
    memory_bytes: RawNumber | None = Field(default=None, description="Memory of the board, bytes.")
    memory_bandwidth_bytes_per_s: RawNumber | None = Field(
        default=None, description="Memory bandwidth, bytes a second."
    )
    intranode_bandwidth_bytes_per_s: RawNumber | None = Field(
        default=None, description="Bandwidth to chips of the same node, bytes a second."
    )
    internode_bandwidth_bits_per_s: RawNumber | None = Field(
        default=None, description="Bandwidth to other nodes, bits a second (not bytes)."
    )
    tdp_w: RawNumber | None = Field(default=None, description="Thermal design power, watts.")
    fp64_double_precision_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in FP64, floating-point operations a second."
    )
    fp32_single_precision_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in FP32, floating-point operations a second."
    )
    tf32_tensorfloat_32_performance_flop_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in TF32, floating-point operations a second."
    )
    fp16_half_precision_performance_flop_per_s: RawNumber | None = Field(
        default=None,
        description="Peak rate in FP16, floating-point operations a second: vector units on some chips, matrix units "
        "on others.",
    )
    int16_performance_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in INT16, operations a second."
    )
    int8_performance_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in INT8, operations a second."
    )
    int4_performance_op_per_s: RawNumber | None = Field(
        default=None, description="Peak rate in INT4, operations a second."
    )
    foundry: RawText | None = Field(default=None, description="Foundries that make it, split by commas.")
    die_size_mm2: RawNumber | None = Field(default=None, description="Die size, square millimetres.")
    base_clock_mhz: RawNumber | None = Field(default=None, description="Base clock, megahertz.")
    boost_clock_mhz: RawNumber | None = Field(default=None, description="Boost clock, megahertz.")
    memory_clock_mhz: RawNumber | None = Field(default=None, description="Memory clock, megahertz.")
    memory_bus_bits: RawNumber | None = Field(default=None, description="Width of the memory bus, bits.")
    tensor_cores_count: RawNumber | None = Field(default=None, description="Tensor cores, a count.")
    process_size_nm: RawNumber | None = Field(default=None, description="Process node, nanometres.")
    transistors_millions: RawNumber | None = Field(default=None, description="Transistors, millions.")
    link_to_datasheet: RawText | None = Field(default=None, description="Addresses of the sources, one a line.")
    source_for_the_price: RawText | None = Field(default=None, description="Addresses of the price's sources.")
    ml_models: RawText | None = Field(default=None, description="Models trained on it, split by commas.")
    last_modified: RawText | None = Field(default=None, description="When the entry was last changed, as spelled.")
    max_performance_op_per_s: RawNumber | None = Field(
        default=None, description="Highest of the peak rates whatever their number format, operations a second."
    )


class EpochHardware(EpochChipRow):
    """One row per chip used for machine learning, as published by Epoch AI."""

    table = "epoch_hardware"
    source_id = "epoch_hardware"
    key = ("hardware_name", "manufacturer", "release_date", "link_to_datasheet")
    min_rows = 100
    derived = frozenset({
        "max_performance_op_per_s", "energy_efficiency_op_per_s_per_w", "total_processing_performance_op_per_s_bits",
        "price_performance_op_per_s_per_usd", "ml_op_per_s",
    })  # fmt: skip
    volatile = frozenset({"last_modified", "ml_models"})
    # Columns that the publisher derives from others, its notes, and the newest format.
    optional = frozenset({
        "release_date_precision", "notes", "fp4_performance_flop_per_s", "ml_models", "max_performance_op_per_s",
        "energy_efficiency_op_per_s_per_w", "total_processing_performance_op_per_s_bits",
        "price_performance_op_per_s_per_usd", "ml_op_per_s",
    })  # fmt: skip
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        **EpochChipRow.headers,
        "notes": ("Notes",),
        "energy_efficiency_op_per_s_per_w": ("Energy efficiency",),
        "total_processing_performance_op_per_s_bits": ("Total processing performance (bit-OP/s)",),
        "price_performance_op_per_s_per_usd": ("Price-performance",),
        "ml_op_per_s": ("ML OP/s",),
    }

    hardware_name: RawText = Field(description="Name of the chip or card.")
    notes: RawText | None = Field(default=None, description="Notes on the entry.")
    energy_efficiency_op_per_s_per_w: RawNumber | None = Field(
        default=None, description="Max performance per watt of TDP, operations a second and watt; formats are mixed."
    )
    total_processing_performance_op_per_s_bits: RawNumber | None = Field(
        default=None, description="Peak rate times the bits of its format, at its highest, bit operations a second."
    )
    price_performance_op_per_s_per_usd: RawNumber | None = Field(
        default=None, description="Performance per US dollar of release price, operations a second and dollar."
    )
    ml_op_per_s: RawNumber | None = Field(
        default=None,
        description="Peak rate that the publisher takes as usable for machine learning, operations a second.",
    )


FILES: tuple[RemoteFile, ...] = (remote_csv(EpochHardware, "https://epoch.ai/data/ml_hardware.csv"),)
"""What this connector fetches."""
