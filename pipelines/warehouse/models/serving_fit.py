"""Fits the time and energy of an output token to measured serving, by least squares on the logarithm (scipy).

What belongs here: the fit, fits that leave out one shape of model or one accelerator, and how far those are off.
What does not: the measurements and their structural terms (``core.serving_points``), the formula (macros
``decode_s_of`` to ``serving_joule_of``, which must have the same form), the coefficients that estimates use
(``seeds/assumptions.csv``, so that every build estimates alike), scores (``core.serving_scores``).

Every coefficient is above zero and fitted as its logarithm, drawn towards PRIORS, so that few measurements give few
surprises and more users, longer prompts and more bits keep their direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.warehouse.models.python_tables import python_table

Numbers = NDArray[np.float64]

MIN_ROWS = 40
MIN_SHAPES = 6
SOFT_LOSS_SCALE = 0.4
"""Residuals of the logarithm beyond this count less than their square."""
ROWS_OF_UNIT_WEIGHT = 300
"""A source of so many rows weighs one per row; larger ones weigh less per row, smaller ones more."""
SIGNIFICANT_DIGITS = 6

PRIORS: dict[str, tuple[float, float]] = {
    "weight_ratio": (1.2, 1.0),
    "cache_ratio": (1.6, 1.0),
    "operation_ratio": (2.7, 1.0),
    "prompt_ratio": (2.5, 1.0),
    "layer_s": (1e-5, 2.0),
    "token_layer_s": (1e-6, 0.3),
    "group_exponent": (0.2, 1.0),
    "moe_weight_ratio": (1.0, 0.7),
    "eight_bit_weight_ratio": (1.0, 0.5),
    "cache_copies_exponent": (0.1, 1.0),
    "link_ratio": (1.3, 0.5),
    "speculation_ratio": (1.65, 0.3),
    "parts_exponent": (1.2, 0.3),
    "amd_ratio": (1.0, 0.5),
    "stock_ratio": (1.0, 0.5),
    "benchmark_ratio": (1.0, 0.7),
    "yearly_ratio": (0.82, 0.3),
}
"""Coefficient of the time -> where it is drawn to, and how far its logarithm may lie from there."""

POWER_PRIORS: dict[str, tuple[float, float]] = {
    "time_power_fraction": (0.37, 2.0),
    "byte_power_fraction": (0.37, 2.0),
    "operation_power_fraction": (0.37, 2.0),
}
"""Coefficient of the energy -> the same."""

COEFFICIENTS: dict[str, str] = {
    "weight_ratio": "Time to read weights ÷ time at full bandwidth.",
    "cache_ratio": "Time to read the cache ÷ time at full bandwidth.",
    "operation_ratio": "Time of arithmetic ÷ time at the dense peak, writing answers.",
    "prompt_ratio": "Time of arithmetic ÷ time at the dense peak, reading prompts.",
    "layer_s": "Time per layer and step beside memory and arithmetic, seconds.",
    "token_layer_s": "Time per layer and token beside memory and arithmetic (communication, routing), seconds.",
    "group_exponent": "Exponent of the accelerators per copy of the model in the time per layer.",
    "moe_weight_ratio": "Factor on the time to read weights for mixtures of experts.",
    "eight_bit_weight_ratio": "Factor on the time to read weights of 8 bits.",
    "cache_copies_exponent": "Exponent of the copies of the cache under tensor parallelism.",
    "link_ratio": "Factor on the time per layer where a copy of the model spans more than one fast interconnect.",
    "speculation_ratio": "Speed with speculative decoding ÷ speed without.",
    "parts_exponent": "How separate prefill and decode wait for each other: 1 one after the other, large the slower.",
    "amd_ratio": "Time on AMD accelerators ÷ time on others, beyond their bandwidth and peaks.",
    "stock_ratio": "Time with stock software ÷ tuned software.",
    "benchmark_ratio": "Time of benchmark submissions ÷ tuned software.",
    "yearly_ratio": "Time a year later ÷ time, by software.",
    "time_power_fraction": "Share of rated power drawn at all times.",
    "byte_power_fraction": "Share of rated power drawn for bytes, per time at full bandwidth.",
    "operation_power_fraction": "Share of rated power drawn for arithmetic, per time at the dense peak.",
}

FIT_COLUMNS: dict[str, str] = {
    "part": "all, or without one shape of model or one accelerator.",
    "held_back_kind": "model or accelerator; null for all.",
    "held_back": "Shape or accelerator that the fit does not use; null for all.",
    **COEFFICIENTS,
    "time_low_ratio": "Lower bound of measured ÷ predicted time of a model or accelerator that no fit has seen (5 %).",
    "time_high_ratio": "Upper bound of measured ÷ predicted time of a model or accelerator that no fit has seen (95 %).",
    "energy_low_ratio": "Lower bound of measured ÷ predicted energy, the same way.",
    "energy_high_ratio": "Upper bound of measured ÷ predicted energy, the same way.",
    "row_count": "Number of measurements that the fit uses.",
}
"""Columns of ``core.serving_fit`` and what they mean."""

KINDS = {"model": "shape", "accelerator": "accelerator_id"}
"""What is held back -> column."""


class Points:
    """Measurements as arrays: the columns of ``core.serving_points``."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.column = {
            name: frame[name].cast(pl.Float64).to_numpy()
            for name, kind in frame.schema.items()
            if kind.is_numeric() or kind == pl.Boolean
        }
        self.software = frame["software"].to_numpy()
        self.held = {kind: frame[name].to_numpy() for kind, name in KINDS.items()}
        count, rate = self.column["accelerator_count"], self.column["measured_tokens_per_s"]
        self.log_time: Numbers = np.log(count / rate)
        joule = np.array(frame["measured_joule_per_token"].to_list(), dtype=float)
        self.has_energy = np.isfinite(joule)
        self.log_energy: Numbers = np.log(np.where(self.has_energy, joule, 1.0) / self.column["tdp_w"])
        rows = frame.select(pl.len().over("source")).to_series().to_numpy()
        self.weights: Numbers = np.sqrt(ROWS_OF_UNIT_WEIGHT / rows)


def predict_time(points: Points, logs: Numbers) -> Numbers:
    """Seconds of one accelerator per output token, by the logarithms of the coefficients."""
    c, p = dict(zip(PRIORS, np.exp(logs), strict=True)), points.column
    weights = p["weights_s"] * c["weight_ratio"]
    weights = weights * np.where(p["is_moe"] > 0, c["moe_weight_ratio"], 1.0)
    weights = weights * np.where(p["weight_bits"] == 8, c["eight_bit_weight_ratio"], 1.0)
    cache = p["cache_s"] * c["cache_ratio"] * p["cache_copies_count"] ** c["cache_copies_exponent"]
    link = np.where(p["group_count"] > p["domain_count"], c["link_ratio"], 1.0)
    layers = p["layer_steps_count"] * c["layer_s"] * p["group_count"] ** c["group_exponent"] * link
    decode = weights + cache + p["operations_s"] * c["operation_ratio"] + layers
    decode = decode / np.where(p["is_speculative"] > 0, c["speculation_ratio"], 1.0) * p["idle_copies_ratio"]
    together = _together(decode, p["prompt_s"] * c["prompt_ratio"], p, c["parts_exponent"])
    together = together + p["layers_count"] * c["token_layer_s"]
    ratio = np.select([points.software == name for name in ("stock", "benchmark")],
                      [c["stock_ratio"], c["benchmark_ratio"]], 1.0)  # fmt: skip
    ratio = ratio * np.where(p["is_amd"] > 0, c["amd_ratio"], 1.0) * c["yearly_ratio"] ** p["software_years"]
    step = np.maximum((p["weights_s"] + p["cache_s"]) / p["step_tokens"], p["operations_s"])
    floor = step * p["idle_copies_ratio"] + p["prompt_s"]
    time: Numbers = np.maximum(together * ratio, floor)
    return time


def _together(decode: Numbers, prompt: Numbers, p: Mapping[str, Numbers], exponent: float) -> Numbers:
    count, writing = p["accelerator_count"], p["decode_count"]
    reading = np.maximum(count - writing, 1.0)
    apart = count * ((decode / writing) ** exponent + (prompt / reading) ** exponent) ** (1 / exponent)
    whole: Numbers = np.where(writing < count, apart, decode + prompt)
    return whole


def predict_energy(points: Points, logs: Numbers, time: Numbers) -> Numbers:
    """Energy per output token over rated power, by the logarithms of the coefficients of POWER_PRIORS."""
    at_all_times, of_bytes, of_operations = np.exp(logs)
    p = points.column
    energy = at_all_times * time + of_bytes * (p["weights_s"] + p["cache_s"])
    energy = energy + of_operations * (p["operations_s"] + p["prompt_s"])
    capped: Numbers = np.minimum(time, energy)
    return capped


def _least_squares(
    priors: Mapping[str, tuple[float, float]], residuals: Callable[[Numbers], Numbers], start: Numbers | None
) -> Numbers:
    from scipy import optimize  # half a second, which a build that fits nothing does not need

    centre = np.log([value for value, _ in priors.values()])
    width = np.array([width for _, width in priors.values()])

    def pulled(x: Numbers) -> Numbers:
        return np.concatenate([residuals(x), (x - centre) / width])

    found = optimize.least_squares(
        pulled, centre if start is None else start, loss="soft_l1", f_scale=SOFT_LOSS_SCALE, ftol=1e-6, xtol=1e-6
    )
    return np.asarray(found.x)


def fit_logs(points: Points, seen: NDArray[np.bool_], start: Numbers | None = None) -> Numbers:
    """Logarithms of all coefficients, time first, fitted to the measurements ``seen``."""
    count = len(PRIORS)
    time = _least_squares(
        PRIORS,
        lambda x: ((np.log(predict_time(points, x)) - points.log_time) * points.weights)[seen],
        None if start is None else start[:count],
    )
    measured, with_energy = np.exp(points.log_time), seen & points.has_energy
    power = _least_squares(
        POWER_PRIORS,
        lambda x: (np.log(predict_energy(points, x, measured)) - points.log_energy)[with_energy],
        None if start is None else start[count:],
    )
    return np.concatenate([time, power])


def _errors(points: Points, logs: Numbers) -> tuple[Numbers, Numbers]:
    """Logarithm of measured over predicted time and energy; energy is not a number where it was not measured."""
    count = len(PRIORS)
    time = predict_time(points, logs[:count])
    energy = points.log_energy - np.log(predict_energy(points, logs[count:], time))
    return points.log_time - np.log(time), np.where(points.has_energy, energy, np.nan)


Unseen = Mapping[tuple[str, str], tuple[Numbers, Numbers]]
"""Kind and name of what a fit left out -> logarithms of measured over predicted time and energy there."""


def _bounds(unseen: Unseen, kind: str, but: str | None, quantity: int) -> Numbers:
    """5th and 95th percentile of the error on a model or accelerator that no fit has seen.

    Such a one is off as a whole, by as much as those left out are in their mean and in either direction (which one
    cannot be known: energy was measured on three accelerators), and each measurement is off from that mean.
    """
    others = {part: errors[quantity] for part, errors in unseen.items() if part != (kind, but)}
    others = {part: errors[np.isfinite(errors)] for part, errors in others.items() if np.isfinite(errors).any()}
    known = [errors for part, errors in others.items() if part[0] == kind] or [*others.values()]
    if not known:
        return np.zeros(2)  # nothing was measured, so nothing is compared
    means = np.array([part.mean() for part in known])
    within = np.concatenate([part - part.mean() for part in known])
    bounds: Numbers = np.quantile(np.add.outer(np.concatenate([means, -means]), within), [0.05, 0.95])
    return bounds


def _row(kind: str | None, held: str | None, logs: Numbers, unseen: Unseen, count: int) -> dict[str, object]:
    def rounded(value: float) -> float:
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")

    kinds = KINDS if kind is None else (kind,)  # an estimate may be of a new model or of a new accelerator: the wider
    bounds = [[_bounds(unseen, each, held, quantity) for each in kinds] for quantity in (0, 1)]
    (time_low, time_high), (energy_low, energy_high) = (
        (min(low for low, _ in each), max(high for _, high in each)) for each in bounds
    )
    return {
        "part": "all" if kind is None else f"without {kind} {held}",
        "held_back_kind": kind,
        "held_back": held,
        **{name: rounded(value) for name, value in zip(COEFFICIENTS, np.exp(logs), strict=True)},
        "time_low_ratio": min(1.0, rounded(np.exp(time_low))),
        "time_high_ratio": max(1.0, rounded(np.exp(time_high))),
        "energy_low_ratio": min(1.0, rounded(np.exp(energy_low))),
        "energy_high_ratio": max(1.0, rounded(np.exp(energy_high))),
        "row_count": count,
    }


@python_table("core.serving_fit", reads=["core.serving_points"], key=["part"], columns=FIT_COLUMNS)
def fit_serving(points: pl.DataFrame) -> pl.DataFrame:
    """One row per fit of serving: of all measurements, and without each shape of model and each accelerator.

    Empty where there are too few measurements. The bounds of a fit that leaves something out come from what the
    other fits leave out.
    """
    whole = {"row_count": pl.Int64, "part": pl.String, "held_back_kind": pl.String, "held_back": pl.String}
    kinds = {name: whole.get(name, pl.Float64) for name in FIT_COLUMNS}
    points = points.filter("is_fitted")
    if points.height < MIN_ROWS or points["shape"].n_unique() < MIN_SHAPES:
        return pl.DataFrame(schema=kinds)
    arrays = Points(points.sort("serving_point_id"))
    everything = np.ones(points.height, dtype=bool)
    logs = fit_logs(arrays, everything)
    parts = [(kind, str(held)) for kind in KINDS for held in sorted(set(arrays.held[kind]))]
    fits = {(kind, held): fit_logs(arrays, arrays.held[kind] != held, logs) for kind, held in parts}
    unseen: dict[tuple[str, str], tuple[Numbers, Numbers]] = {}
    for (kind, held), fit in fits.items():
        time, energy = _errors(arrays, fit)
        unseen[kind, held] = time[arrays.held[kind] == held], energy[arrays.held[kind] == held]
    rows = [_row(None, None, logs, unseen, points.height)]
    for kind, held in parts:
        seen = int((arrays.held[kind] != held).sum())
        rows.append(_row(kind, held, fits[kind, held], unseen, seen))
    return pl.DataFrame(rows, schema=kinds)
