"""The closed lists of units: those that a column name may end in, and those that a column ``unit`` may hold.

What belongs here: suffix -> unit, the columns that carry their unit elsewhere, and what may stand there. A name that ends
in ``_low``, ``_high`` or ``_method`` has the unit of the name without it. Every unit but plain
counts is parsed by pint in a test.
"""

from __future__ import annotations

SUFFIXES: dict[str, str] = {
    "flop": "FLOP",
    "flop_per_s": "FLOP/s",
    "flop_per_s_per_usd": "FLOP/s/USD",
    "flop_per_joule": "FLOP/J",
    "flop_per_byte": "FLOP/byte",
    "flop_per_token": "FLOP/token",
    "flop_per_param_and_token": "FLOP/parameter/token",
    "tokens_per_sample": "token/example",
    "op_per_s": "op/s",
    "op_per_s_bits": "op*bit/s",
    "op_per_s_per_w": "op/s/W",
    "op_per_s_per_usd": "op/s/USD",
    "tops": "Top/s",
    "w": "W",
    "megawatts": "MW",
    "j": "J",
    "microjoules": "uJ",
    "joule_per_token": "J/token",
    "joule_per_unit": "J/unit",
    "joule_per_request": "J/request",
    "joule_per_image": "J/image",
    "joule_per_inference": "J/inference",
    "s_per_inference": "s/inference",
    "joule_per_video": "J/video",
    "kwh": "kWh",
    "twh": "TWh",
    "ms": "ms",
    "s": "s",
    "minutes": "min",
    "hours": "h",
    "days": "day",
    "months": "month",
    "years": "year",
    "year": "year",
    "bytes": "byte",
    "bytes_per_s": "byte/s",
    "bytes_per_token": "byte/token",
    "bits": "bit",
    "bits_per_s": "bit/s",
    "mhz": "MHz",
    "tokens": "token",
    "tokens_per_s": "token/s",
    "tokens_per_month": "token/month",
    "tokens_per_s_per_accelerator": "token/s",
    "tokens_per_s_per_user": "token/s",
    "params": "parameter",
    "billion_params": "Gparameter",
    "examples": "example",
    "samples_per_s": "example/s",
    "inferences_per_s": "inference/s",
    "mac_per_example": "MAC/example",
    "usd": "USD",
    "billion_usd": "GUSD",
    "usd_per_hour": "USD/h",
    "usd_per_year": "USD/year",
    "usd_per_kwh": "USD/kWh",
    "usd_per_chip_hour": "USD/h",
    "usd_per_million_tokens": "USD/Mtoken",
    "usd_per_million_units": "USD/Munit",
    "kg_co2e": "kg",
    "co2e_kg": "kg",
    "co2e_kg_per_million_tokens": "kg/Mtoken",
    "kg_co2e_per_kwh": "kg/kWh",
    "g_co2e_per_kwh": "g/kWh",
    "kg_sb_per_kwh": "kg/kWh",
    "mj_per_kwh": "MJ/kWh",
    "l": "L",
    "l_per_kwh": "L/kWh",
    "fraction": "1",
    "percent": "percent",
    "ratio": "1",
    "count": "1",
    "dimension": "1",
    "millions": "Mcount",
    "log10": "1",
    "log": "1",
    "batch_size": "1",
    "exponent": "1",
    "index": "1",
    "nm": "nm",
    "mm2": "mm^2",
    "px": "pixel",
    "units_per_s": "unit/s",
    "images_per_s": "image/s",
    "videos_per_s": "video/s",
    "frames_per_s": "frame/s",
    "mfu": "1",
    "hfu": "1",
}
"""Suffix of a measured column -> its unit."""

WHOLE_NAMES: dict[str, str] = {
    "pue": "1",
    "mfu": "1",
    "hfu": "1",
    "r2": "1",
    "petaflop_days": "petaFLOP*day",
    "home_years": "home*year",
    "epochs": "1",
    "growth_per_year": "1/year",
    "log10_error": "1",
    "log10_error_of_ecologits": "1",
    "share": "1",
    "ratio": "1",
    "gradient_accumulation_steps": "1",
    "train_samples": "1",
    "eval_samples": "1",
    "eval_accuracy": "1",
    "eval_epoch_num": "1",
    "scaling_factor": "1",
    "conversion_eff": "1",
    "round_number": "1",
    "frontier_rank": "1",
    "fold": "1",
    "held_back_fold": "1",
    "accelerators_needed": "1",
    "concurrency": "1",
    "tokens_per_s_bound": "token/s",
    "rank_when_first_operational": "1",
    "compute_rank_when_published": "1",
    "units": "1",
    "installed_units": "1",
    "running_units": "1",
    "h100_equivalents": "1",
    "n_rows": "1",
    "record_no": "1",
    "result_no": "1",
    "baseline_result_no": "1",
    "repeat_no": "1",
    "first_seq": "1",
    "last_seq": "1",
    "seed_line": "1",
    "precedence": "1",
    "place": "1",
    "byte_start": "byte",
    "byte_end": "byte",
    "factor": "1",
    "combined_factor": "1",
    "tokens_at_break_even": "token",
    "step": "1",
    "question_no": "1",
    "log10_slope": "1/year",
    "log10_slope_error": "1/year",
    "log10_at_mean": "1",
    "log10_residual": "1",
    "t_quantile": "1",
}
"""Measured columns whose whole name stands for the unit."""

UNIT_BESIDE = "see unit"
UNIT_BESIDE_NAMES = frozenset({
    "measured_value", "floor_value", "ecologits_value",
    "value", "best_value", "assumed", "measured", "published_value", "expect", "corrected", "chosen",
    "low", "central", "high", "observed", "expected", "value_a", "value_b", "earlier_value", "later_value",
    "claimed", "computed", "amount", "training_amount", "per_token_amount",
    "result", "performance_result", "power_result", "result_power",
    "median_throughput", "median_energy_cost", "median_energy_median_throughput",
})  # fmt: skip
"""Measured columns whose unit stands in the column ``unit`` (or ``metric``, ``field``) of the same row."""

UNITS: dict[str, str] = {
    "FLOP": "FLOP",
    "FLOP/s": "FLOP/s",
    "FLOP/s per chip": "FLOP/s/chip",
    "FLOP/J": "FLOP/J",
    "chip-hour": "chip*h",
    "chip-hour per 1e12 tokens": "chip*h/Ttoken",
    "s": "s",
    "ms": "ms",
    "minute": "min",
    "hour": "h",
    "day": "day",
    "year": "year",
    "1/year": "1/year",
    "orders of magnitude/year": "1/year",
    "W": "W",
    "kW": "kW",
    "J": "J",
    "J/token": "J/token",
    "J/request": "J/request",
    "J/inference": "J/inference",
    "kWh": "kWh",
    "kWh/year": "kWh/year",
    "home-year": "home*year",
    "kg CO2e": "kg",
    "kg CO2e/kWh": "kg/kWh",
    "kg CO2e/request": "kg/request",
    "L": "L",
    "L/kWh": "L/kWh",
    "L/request": "L/request",
    "USD": "USD",
    "USD/chip-hour": "USD/chip/h",
    "USD/Mtoken": "USD/Mtoken",
    "USD/kWh": "USD/kWh",
    "USD/MW": "USD/MW",
    "USD/MW/year": "USD/MW/year",
    "bit": "bit",
    "bit/parameter": "bit/parameter",
    "byte": "byte",
    "byte/s": "byte/s",
    "byte/parameter": "byte/parameter",
    "parameter": "parameter",
    "token": "token",
    "token/s": "token/s",
    "token/day": "token/day",
    "sample/s": "example/s",
    "query/s": "request/s",
    "count": "1",
    "ratio": "1",
    "share": "1",
    "1": "1",
}
"""Units that the column ``unit`` of a curated file may hold -> the same for pint.

Claims may use more: the rows of ``seeds/claims/claim_units.csv``, each a multiple of one of these.
"""

TEMPORAL = ("DATE", "TIMESTAMP")
NUMERIC = ("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "UBIGINT", "SMALLINT")


def unit_of(column: str, column_type: str) -> str | None:
    """Unit of a column by its name: None for text, flags and dates, which have none.

    Raises KeyError for a numeric column whose name ends in no known unit.

    >>> unit_of("facility_energy_kwh_low", "DOUBLE")
    'kWh'
    """
    if not column_type.startswith(NUMERIC) or column_type.endswith("]"):
        return None
    name = column.removesuffix("_low").removesuffix("_high")
    if name in WHOLE_NAMES:
        return WHOLE_NAMES[name]
    if name in UNIT_BESIDE_NAMES:
        return UNIT_BESIDE
    words = name.split("_")
    for start in range(len(words)):
        if start and words[start - 1] == "per":
            continue  # the end of a compound unit is no unit of its own
        if (suffix := "_".join(words[start:])) in SUFFIXES:
            return SUFFIXES[suffix]
    raise KeyError(column)
