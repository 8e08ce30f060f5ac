"""Epoch AI's table of machine learning hardware.

What belongs here: the columns of a chip record, which the chip dataset of the training cost study shares
(``epoch_costs.py``). What does not: choosing among the peak rates. They mix vector and matrix
units (half precision is the vector rate on some chips, the matrix rate on others), and the publisher's
maximum and efficiency mix number formats.

Dates are ISO days; a month or a year alone is its first day, and release_date_precision says so.
"""

from __future__ import annotations

from pipelines.records.fields import filled, nullable
from pipelines.records.raw_tables import RawDay, RawDayPrecision, RawNumber, RawRow, RawText, RemoteFile, remote_csv


class EpochChipRow(RawRow):
    """A chip as Epoch AI describes it: what both of its tables of chips have."""

    hardware_name: RawText | None = nullable("Name of the chip or card.", "Hardware name")
    manufacturer: RawText | None = nullable("Company that designs it.", "Manufacturer")
    type: RawText | None = nullable("Class of device: GPU, TPU, CPU ...", "Type")
    release_date: RawDay | None = nullable("Date of release.", "Release date")
    release_date_precision: RawDayPrecision | None = nullable(
        "What release_date names: a day, a month or a year.", "Release date"
    )
    release_price_usd: RawNumber | None = nullable("Price at release, nominal US dollars.", "Release price (USD)")
    tensor_fp16_bf16_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate of the matrix units in FP16 or BF16, floating-point operations a second.",
        "Tensor-FP16/BF16 performance (FLOP/s)",
    )
    fp8_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in FP8, floating-point operations a second.", "FP8 performance (FLOP/s)"
    )
    fp4_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in FP4, floating-point operations a second.", "FP4 performance (FLOP/s)"
    )
    memory_bytes: RawNumber | None = nullable(
        "Memory of the board, bytes.", "Memory (bytes)", "Memory size per board (Byte)"
    )
    memory_bandwidth_bytes_per_s: RawNumber | None = nullable(
        "Memory bandwidth, bytes a second.", "Memory bandwidth (byte/s)"
    )
    intranode_bandwidth_bytes_per_s: RawNumber | None = nullable(
        "Bandwidth to chips of the same node, bytes a second.", "Intranode bandwidth (byte/s)"
    )
    internode_bandwidth_bits_per_s: RawNumber | None = nullable(
        "Bandwidth to other nodes, bits a second (not bytes).", "Internode bandwidth (bit/s)"
    )
    tdp_w: RawNumber | None = nullable("Thermal design power, watts.", "TDP (W)")
    fp64_double_precision_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in FP64, floating-point operations a second.", "FP64 (double precision) performance (FLOP/s)"
    )
    fp32_single_precision_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in FP32, floating-point operations a second.", "FP32 (single precision) performance (FLOP/s)"
    )
    tf32_tensorfloat_32_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in TF32, floating-point operations a second.", "TF32 (TensorFloat-32) performance (FLOP/s)"
    )
    fp16_half_precision_performance_flop_per_s: RawNumber | None = nullable(
        "Peak rate in FP16, floating-point operations a second: vector units on some chips, matrix units on others.",
        "FP16 (half precision) performance (FLOP/s)",
    )
    int16_performance_op_per_s: RawNumber | None = nullable(
        "Peak rate in INT16, operations a second.", "INT16 performance (OP/s)"
    )
    int8_performance_op_per_s: RawNumber | None = nullable(
        "Peak rate in INT8, operations a second.", "INT8 performance (OP/s)"
    )
    int4_performance_op_per_s: RawNumber | None = nullable(
        "Peak rate in INT4, operations a second.", "INT4 performance (OP/s)"
    )
    foundry: RawText | None = nullable("Foundries that make it, split by commas.", "Foundry")
    die_size_mm2: RawNumber | None = nullable("Die size, square millimetres.", "Die Size (mm^2)")
    base_clock_mhz: RawNumber | None = nullable("Base clock, megahertz.", "Base clock (MHz)")
    boost_clock_mhz: RawNumber | None = nullable("Boost clock, megahertz.", "Boost clock (MHz)")
    memory_clock_mhz: RawNumber | None = nullable("Memory clock, megahertz.", "Memory clock (MHz)")
    memory_bus_bits: RawNumber | None = nullable("Width of the memory bus, bits.", "Memory bus (bit)")
    tensor_cores_count: RawNumber | None = nullable("Tensor cores, a count.", "Tensor cores")
    process_size_nm: RawNumber | None = nullable("Process node, nanometres.", "Process size (nm)")
    transistors_millions: RawNumber | None = nullable(
        "Transistors, millions.", "Transistors (millions)", "Number of transistors (millions)"
    )
    link_to_datasheet: RawText | None = nullable("Addresses of the sources, one a line.", "Link to datasheet")
    source_for_the_price: RawText | None = nullable("Addresses of the price's sources.", "Source for the price")
    ml_models: RawText | None = nullable("Models trained on it, split by commas.", "ML models")
    last_modified: RawText | None = nullable("When the entry was last changed, as spelled.", "Last modified")
    max_performance_op_per_s: RawNumber | None = nullable(
        "Highest of the peak rates whatever their number format, operations a second.", "Max performance"
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

    hardware_name: RawText = filled("Name of the chip or card.", "Hardware name")
    notes: RawText | None = nullable("Notes on the entry.", "Notes")
    energy_efficiency_op_per_s_per_w: RawNumber | None = nullable(
        "Max performance per watt of TDP, operations a second and watt; formats are mixed.", "Energy efficiency"
    )
    total_processing_performance_op_per_s_bits: RawNumber | None = nullable(
        "Peak rate times the bits of its format, at its highest, bit operations a second.",
        "Total processing performance (bit-OP/s)",
    )
    price_performance_op_per_s_per_usd: RawNumber | None = nullable(
        "Performance per US dollar of release price, operations a second and dollar.", "Price-performance"
    )
    ml_op_per_s: RawNumber | None = nullable(
        "Peak rate that the publisher takes as usable for machine learning, operations a second.", "ML OP/s"
    )


FILES: tuple[RemoteFile, ...] = (remote_csv(EpochHardware, "https://epoch.ai/data/ml_hardware.csv"),)
"""What this connector fetches."""
