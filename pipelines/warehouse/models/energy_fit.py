"""Fits energy per output token to measurements, by least squares on the logarithm (scipy), and says how far it is off.

What belongs here: the form of the model, the fit, its error on models that it has not seen. What does not:
which measurements (``core.energy_per_token_points``), the prediction (macro ``fitted_joule_per_token``, which must
have the same form), scores (``core.energy_per_token_scores``).

Energy per token = factors · (step + bytes + operations + cache), at rated power over the rates of the chip:
a decoding step takes a time of its own, reads every weight that its batch touches, computes 2 FLOP per active
parameter and token, and reads the cache of the context. Each of the four is a product of powers, so that the
logarithm of the energy is a log-sum-exp of linear forms, whose derivative is known.

Every coefficient is drawn towards what an ideal machine would give (PRIORS), so that few measurements give
few surprises. Models of one shape (parameters, active parameters, kind) lie in one of FOLDS parts, by a digest
of the shape; the bounds come from predictions of parts that the fit has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from ecologits.impacts import llm as ecologits
from numpy.typing import NDArray

from pipelines.warehouse.models.python_tables import python_table

Numbers = NDArray[np.float64]

FOLDS = 5
MIN_ROWS = 40
MIN_SHAPES = 6
SOFT_LOSS_SCALE = 0.3
"""Residuals of the logarithm beyond this count less than their square."""
PULL = 0.2
"""Strength of the priors: residuals per unit of prior width and root of 50 measurements."""
ROWS_OF_UNIT_PULL = 50
SIGNIFICANT_DIGITS = 8

TERMS = ("step", "byte", "operation", "cache")
TASKS = ("gpqa", "sourcegraph-fim", "image-chat", "video-chat")
"""Tasks with a factor of their own; short chat is the one without."""

PRIORS: dict[str, tuple[float, float]] = {
    "step_log": (0.0, 3.0),
    "byte_log": (0.0, 2.0),
    "operation_log": (0.0, 2.0),
    "cache_log": (0.0, 3.0),
    "step_params_exponent": (0.5, 0.4),
    "step_count_exponent": (1.0, 0.3),
    "operation_params_exponent": (0.0, 0.2),
    "operation_bits_exponent": (0.0, 0.4),
    "moe_log": (0.0, 0.5),
    "moe_count_exponent": (0.0, 0.2),
    "hybrid_log": (0.0, 0.3),
    "blackwell_log": (0.0, 0.3),
    **{f"{task.replace('-', '_')}_log": (0.0, 0.4) for task in TASKS},
}
"""Coefficient -> where it is drawn to, and how far it may lie from there."""

COEFFICIENTS: dict[str, str] = {
    "step_log": "Time per decoding step for a model with 8 billion active parameters on one accelerator, ln of "
    "milliseconds.",
    "byte_log": "Time to read the weights ÷ time at full bandwidth, ln.",
    "operation_log": "Computing time ÷ computing time at the dense 16-bit peak, ln.",
    "cache_log": "Time to read 1,000 tokens of KV-cache at 8 billion active parameters, ln of 10 microseconds.",
    "step_params_exponent": "Exponent of active parameters in the time per step.",
    "step_count_exponent": "Exponent of the number of accelerators in the energy per step.",
    "operation_params_exponent": "Exponent of active parameters in the computing time, beyond 1.",
    "operation_bits_exponent": "Exponent of weight bits ÷ 16 in the computing time.",
    "moe_log": "Factor for mixtures of experts, ln.",
    "moe_count_exponent": "Exponent of the number of accelerators for mixtures of experts.",
    "hybrid_log": "Factor for hybrids of attention and state space models, ln.",
    "blackwell_log": "Factor for accelerators of the Blackwell generation, ln.",
    **{f"{task.replace('-', '_')}_log": f"Factor for the task {task} relative to short chat, ln." for task in TASKS},
}

FIT_COLUMNS: dict[str, str] = {
    "part": "all, or without fold N: the measurements that the fit uses.",
    "held_back_fold": "Fold that the fit does not use; null if it uses all.",
    **COEFFICIENTS,
    "error_low_ratio": "Measured ÷ predicted energy on shapes that the fit does not use, 5th percentile.",
    "error_high_ratio": "Measured ÷ predicted energy on shapes that the fit does not use, 95th percentile.",
    "median_error_ratio": "Median ratio of the larger to the smaller of measured and predicted energy, on the "
    "measurements that the fit uses.",
    "row_count": "Number of measurements that the fit uses.",
    "shape_count": "Number of model shapes among them.",
}
"""Columns of ``core.energy_per_token_fit`` and what they mean."""


ECOLOGITS_COLUMNS: dict[str, str] = {
    "energy_point_id": "Key of core.energy_per_token_points.",
    "ecologits_joule_per_token": "Energy of the GPUs per output token from EcoLogits' regression, at the same batch "
    "and bits.",
}
"""Columns of ``core.ecologits_estimates`` and what they mean."""

JOULE_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Design:
    """Measurements as the linear forms of the model: ``offsets[k] + forms[k] @ p`` is the logarithm of term k."""

    offsets: Numbers
    forms: Numbers
    factors: Numbers
    logs: Numbers
    """Logarithm of the measured energy per token."""
    weights: Numbers
    """Shapes of many measurements count less per measurement."""


def touched_share(active_share: Numbers, batch: Numbers) -> Numbers:
    """Share of the weights that a batch reads: each token takes ``active_share`` of them, as if at random.

    >>> touched_share(np.array([1.0, 0.1]), np.array([1.0, 1.0])).round(3).tolist()
    [1.0, 0.1]
    """
    return 1 - (1 - np.minimum(active_share, 1.0)) ** np.asarray(batch)


def build_design(points: pl.DataFrame) -> Design:
    """The linear forms of the measurements; columns as in ``core.energy_per_token_points``."""
    column = {name: points[name].cast(pl.Float64).to_numpy() for name in (
        "active_params", "total_params", "weight_bits", "batch_size", "accelerator_count", "tdp_w",
        "memory_bandwidth_bytes_per_s", "dense_16_bit_flop_per_s", "output_tokens", "joule_per_token",
    )}  # fmt: skip
    names = list(PRIORS)
    size = np.log(column["active_params"] / 8e9)
    count = np.log(column["accelerator_count"])
    batch, tdp = column["batch_size"], column["tdp_w"]
    bytes_read = (
        column["total_params"]
        * touched_share(column["active_params"] / column["total_params"], batch)
        * column["weight_bits"] / 8
    )  # fmt: skip
    offsets = np.log(np.stack([
        tdp * 1e-3 / batch,
        tdp * bytes_read / (batch * column["memory_bandwidth_bytes_per_s"]),
        tdp * 2 * column["active_params"] / column["dense_16_bit_flop_per_s"],
        tdp * 1e-5 * column["output_tokens"] / 1000,
    ]))  # fmt: skip
    forms = np.zeros((len(TERMS), points.height, len(names)))
    factors = np.zeros((points.height, len(names)))

    def put(target: Numbers, name: str, values: Numbers | float) -> None:
        target[..., names.index(name)] = values

    for index, term in enumerate(TERMS):
        put(forms[index], f"{term}_log", 1.0)
    put(forms[0], "step_params_exponent", size)
    put(forms[0], "step_count_exponent", count)
    put(forms[2], "operation_params_exponent", size)
    put(forms[2], "operation_bits_exponent", np.log(column["weight_bits"] / 16))
    offsets[3] += 0.5 * size
    is_moe = (points["architecture_kind"] == "moe").to_numpy().astype(float)
    put(factors, "moe_log", is_moe)
    put(factors, "moe_count_exponent", is_moe * count)
    put(factors, "hybrid_log", (points["architecture_kind"] == "hybrid").to_numpy().astype(float))
    put(factors, "blackwell_log", points["is_blackwell"].to_numpy().astype(float))
    for task in TASKS:
        put(factors, f"{task.replace('-', '_')}_log", (points["task"] == task).to_numpy().astype(float))
    rows_of = points.select(pl.len().over("shape")).to_series().to_numpy()
    weights = (points.height / points["shape"].n_unique() / rows_of) ** 0.25
    return Design(offsets, forms, factors, np.log(column["joule_per_token"]), weights)


def predict_logs(design: Design, coefficients: Numbers) -> tuple[Numbers, Numbers]:
    """Logarithm of the energy per token, and its derivative by the coefficients."""
    terms = design.offsets + design.forms @ coefficients
    top = terms.max(axis=0)
    shares = np.exp(terms - top)
    total = shares.sum(axis=0)
    slope = np.einsum("kn,knp->np", shares / total, design.forms) + design.factors
    return top + np.log(total) + design.factors @ coefficients, slope


def fit_coefficients(design: Design) -> Numbers:
    """The coefficients, rounded so that the last bits of a machine do not show."""
    from scipy import optimize  # half a second, which a build that fits nothing does not need

    centre, width = (np.array([prior[i] for prior in PRIORS.values()]) for i in (0, 1))
    pull = PULL * np.sqrt(len(design.logs) / ROWS_OF_UNIT_PULL) / width

    def residuals(p: Numbers) -> Numbers:
        return np.concatenate([(predict_logs(design, p)[0] - design.logs) * design.weights, pull * (p - centre)])

    def slope(p: Numbers) -> Numbers:
        return np.concatenate([predict_logs(design, p)[1] * design.weights[:, None], np.diag(pull)])

    found = optimize.least_squares(residuals, centre, slope, loss="soft_l1", f_scale=SOFT_LOSS_SCALE, max_nfev=500)
    return np.array([float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in found.x])


def _unseen_errors(points: pl.DataFrame, folds: Sequence[int]) -> Numbers:
    """Logarithm of measured over predicted energy, each fold predicted by a fit of the others."""
    errors = []
    for fold in folds:
        unseen = points.filter(pl.col("fold") == fold)
        seen = points.filter((pl.col("fold") != fold) & pl.col("fold").is_in(list(folds)))
        if unseen.is_empty() or seen["shape"].n_unique() < 2:
            continue
        design = build_design(unseen)
        errors.append(design.logs - predict_logs(design, fit_coefficients(build_design(seen)))[0])
    return np.concatenate(errors)


def _fit_part(points: pl.DataFrame, held_back: int | None) -> Mapping[str, object]:
    folds = [fold for fold in range(FOLDS) if fold != held_back]
    seen = points.filter(pl.col("fold").is_in(folds))
    design = build_design(seen)
    coefficients = fit_coefficients(design)
    low, high = np.exp(np.quantile(_unseen_errors(seen, folds), [0.05, 0.95]))
    off = np.abs(design.logs - predict_logs(design, coefficients)[0])
    return {
        "part": "all" if held_back is None else f"without fold {held_back}",
        "held_back_fold": held_back,
        **dict(zip(PRIORS, coefficients.tolist(), strict=True)),
        "error_low_ratio": min(1.0, float(f"{low:.{SIGNIFICANT_DIGITS}g}")),
        "error_high_ratio": max(1.0, float(f"{high:.{SIGNIFICANT_DIGITS}g}")),
        "median_error_ratio": float(f"{np.exp(np.median(off)):.{SIGNIFICANT_DIGITS}g}"),
        "row_count": seen.height,
        "shape_count": seen["shape"].n_unique(),
    }


@python_table(
    "core.ecologits_estimates",
    reads=["core.energy_per_token_points"],
    key=["energy_point_id"],
    columns=ECOLOGITS_COLUMNS,
)
def estimate_ecologits(points: pl.DataFrame) -> pl.DataFrame:
    """One row per measurement of energy per output token: what EcoLogits' regression gives for it.

    By the code and constants of the installed package. Its energy of the GPUs of one output token, at the batch and
    bits of the measurement; its server and data centre are left out, as they are of the measurements.
    """

    def joules(row: Mapping[str, float]) -> float:
        billions = {name: row[name] / 1e9 for name in ("active_params", "total_params")}
        memory = ecologits.model_required_memory(billions["total_params"], row["weight_bits"])
        kwh = ecologits.gpu_energy(
            billions["active_params"], 1.0, row["batch_size"],
            ecologits.GPU_ENERGY_ALPHA, ecologits.GPU_ENERGY_BETA, ecologits.GPU_ENERGY_GAMMA,
        )  # fmt: skip
        return float(ecologits.gpu_required_count(memory, ecologits.GPU_MEMORY) * kwh * JOULE_PER_KWH)

    rows = points.sort("energy_point_id").to_dicts()
    return pl.DataFrame(
        {
            "energy_point_id": pl.Series([row["energy_point_id"] for row in rows], dtype=pl.String),
            "ecologits_joule_per_token": pl.Series([joules(row) for row in rows], dtype=pl.Float64),
        }
    )


@python_table("core.energy_per_token_fit", reads=["core.energy_per_token_points"], key=["part"], columns=FIT_COLUMNS)
def fit_energy(points: pl.DataFrame) -> pl.DataFrame:
    """One row per fit of energy per output token: of all measurements, and without each fold of shapes (scipy).

    Empty where there are too few measurements.
    ``points``: the columns of ``core.energy_per_token_points``. Returns the columns of FIT_COLUMNS.
    """
    whole = {"held_back_fold": pl.Int64, "row_count": pl.Int64, "shape_count": pl.Int64}
    kinds = {name: whole.get(name, pl.String if name == "part" else pl.Float64) for name in FIT_COLUMNS}
    if points.height < MIN_ROWS or points["shape"].n_unique() < MIN_SHAPES:
        return pl.DataFrame(schema=kinds)
    points = points.sort("energy_point_id")
    held_back = [None, *sorted(points["fold"].unique().to_list())]
    return pl.DataFrame([_fit_part(points, fold) for fold in held_back], schema=kinds)
