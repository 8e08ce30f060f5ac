"""Predicts the utilisation of a run from other papers' runs: what an estimate would use had the run not been published.

What belongs here: the form of the model, the fit (scipy), how far it is off. What does not: the utilisations that it is
fitted to (``core.implied_utilisation``), where its predictions are used (``core.independent_estimates``).

The logarithm of the utilisation is a sum of effects: of the architecture, of the chip, of how the time is known, and of
size, number of accelerators and year. Each effect is drawn towards none (PULL), so that a kind with few runs gives few
surprises. A run far from its kind counts less than its square (LOSS_SCALE), and the runs of one paper count together as
the root of their number: they share code, machine and authors.

How far unseen runs lie from the fit is an effect model too: wider for architectures other than the most common one, for
runs whose time is a number of accelerators times a rounded duration, and for small models; each drawn towards none
(SPREAD_PULL). The half-width is that spread times what nine of ten unseen runs stay within.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.warehouse.models.python_tables import python_table

Numbers = NDArray[np.float64]

PULL = 2.0
"""Strength with which an effect is drawn towards none: as so many runs of one paper each that show none."""
LOSS_SCALE = 0.5
"""Residuals of the natural logarithm beyond this count less than their square."""
COVERED = 0.9
SPREAD_PULL = 8.0
"""As PULL, for the effects on the spread: a spread takes more runs to tell than a centre."""
LEAST_RESIDUAL = 0.05
"""Residuals below this tell no more of a spread than it does: a run may be hit by chance."""
MOST_COMMON = "dense decoder"
ROUNDED_TIME = "count_times_hours"
LEAST_PAPERS = 10
QUANTITIES = ("training_flop", "chip_hours", "energy_kwh", "cost_usd", "co2e_kg", "water_l")
SIGNIFICANT_DIGITS = 8

SIZE, COUNT, YEAR = (9.5, 1.0), (2.3, 1.0), (2022.0, 3.0)
"""Middle and unit of log10 of the parameters, of log10 of the accelerators, and of the year."""


def _scaled(column: pl.Expr, middle_and_unit: tuple[float, float]) -> pl.Expr:
    middle, unit = middle_and_unit
    return ((column - middle) / unit).fill_null(0.0)


IS_ROUNDED = pl.col("time_method").eq_missing(ROUNDED_TIME).cast(pl.Float64)
OF_SIZE = _scaled(pl.col("total_params").log10(), SIZE)


def design(runs: pl.DataFrame) -> Numbers:
    """One row a run, one column an effect: a constant, architectures, chips, time, size, count, year (0 where unknown)."""
    kinds = runs.select(pl.col("architecture_kind", "chip_kind").fill_null("unknown")).to_dummies()
    amounts = runs.select(
        IS_ROUNDED.alias("time"),
        OF_SIZE.alias("size"),
        _scaled(pl.col("accelerator_count").log10(), COUNT).alias("count"),
        _scaled(pl.col("training_year").cast(pl.Float64), YEAR).alias("year"),
    )
    return np.column_stack([np.ones(runs.height), kinds.to_numpy().astype(float), amounts.to_numpy()])


def spread_design(runs: pl.DataFrame) -> Numbers:
    """As ``design``, of the effects on the spread: a constant, time, architecture, size."""
    is_other = pl.col("architecture_kind").ne_missing(MOST_COMMON).cast(pl.Float64)
    effects = runs.select(IS_ROUNDED.alias("time"), is_other.alias("other"), OF_SIZE.alias("size"))
    return np.column_stack([np.ones(runs.height), effects.to_numpy()])


def fit(forms: Numbers, logs: Numbers, weights: Numbers) -> Numbers:
    """Effects that fit the logarithms of utilisations; rows of ``forms`` as ``design`` makes them."""
    from scipy import optimize  # half a second, which a build that fits nothing does not need

    roots = np.sqrt(weights)
    pulls = np.diag(np.sqrt(np.full(forms.shape[1], PULL)))
    pulls[0] = 0  # the constant is free

    def residuals(effects: Numbers) -> Numbers:
        return np.concatenate([roots * (forms @ effects - logs), pulls @ effects])

    jacobian = np.vstack([roots[:, None] * forms, pulls])
    start = np.linalg.lstsq(jacobian, np.concatenate([roots * logs, np.zeros(forms.shape[1])]), rcond=None)[0]
    found = optimize.least_squares(residuals, start, jac=lambda _: jacobian, loss="huber", f_scale=LOSS_SCALE)
    return np.asarray(found.x)


def fit_spread(forms: Numbers, unseen: Numbers, weights: Numbers) -> tuple[Numbers, float]:
    """Effects on the logarithm of how far unseen runs lie, and the multiple of it that nine of ten stay within.

    Rows of ``forms`` as ``spread_design`` makes them.
    """
    pulls = SPREAD_PULL * np.eye(forms.shape[1])
    pulls[0, 0] = 0  # the constant is free
    weighted = forms * weights[:, None]
    solved = np.linalg.solve(forms.T @ weighted + pulls, weighted.T @ np.log(np.maximum(unseen, LEAST_RESIDUAL)))
    effects = np.asarray(solved, dtype=np.float64)
    relative = unseen / np.exp(forms @ effects)
    return effects, float(np.quantile(relative, COVERED, method="inverted_cdf", weights=weights))


@dataclass(frozen=True)
class Fit:
    """What runs of one kind of network predict: papers used, effects on the centre and on the spread."""

    papers: int
    effects: Numbers
    spread_effects: Numbers
    covering: float

    def half_width(self, asked: Numbers) -> float:
        """Distance of the logarithm within which nine of ten runs such as the one asked for lie, a row of ``spread_design``."""
        return float(self.covering * np.exp(asked @ self.spread_effects))


def fit_without(
    runs: pl.DataFrame, forms: Numbers, spread_forms: Numbers, network_kind: str, left_out: frozenset[str]
) -> Fit | None:
    """The fit to the runs of a kind of network that share no source with ``left_out``; None where few papers are left."""
    is_used = runs.select(
        pl.col("implied_mfu").is_not_null()
        & (pl.col("network_kind") == network_kind)
        & (pl.col("source_ids").list.set_intersection(sorted(left_out)).list.len() == 0)
    ).to_series()
    used = runs.filter(is_used)
    papers = used["paper_id"].n_unique()
    if papers < LEAST_PAPERS:
        return None
    weights = used.select(1 / pl.len().over("paper_id").sqrt()).to_series().to_numpy()
    logs, rows = used["implied_mfu"].log().to_numpy(), forms[is_used.to_numpy()]
    effects = fit(rows, logs, weights)
    # how far each run would lie from a fit that has not seen it
    pulled = rows.T @ (rows * weights[:, None]) + PULL * np.eye(rows.shape[1])
    leverage = np.einsum("ij,ji->i", rows, np.linalg.solve(pulled, (rows * weights[:, None]).T))
    unseen = np.abs(logs - rows @ effects) / (1 - np.minimum(leverage, 0.9))
    return Fit(papers, effects, *fit_spread(spread_forms[is_used.to_numpy()], unseen, weights))


@python_table(
    "core.held_out_utilisation",
    reads=("core.implied_utilisation", "core.published_figures"),
    key=("published_figure_id",),
    columns={
        "published_figure_id": "Key of core.published_figures.",
        "training_run_id": "Key of core.training_runs.",
        "paper_count": "Papers whose runs the prediction uses.",
        "predicted_mfu_low": "Utilisation that nineteen of twenty such runs exceed.",
        "predicted_mfu": "Utilisation predicted from the runs of other papers, ratio.",
        "predicted_mfu_high": "Utilisation that nineteen of twenty such runs stay below.",
        "implied_mfu": "Utilisation that the published time of the run implies; null where it implies none.",
    },
    checks={
        "bounds_are_in_order": "select * from core.held_out_utilisation where not (0 < predicted_mfu_low and "
        "predicted_mfu_low < predicted_mfu and predicted_mfu < predicted_mfu_high)"
    },
)
def held_out_utilisation(implied: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """One row per published figure: the utilisation of its run as the runs of other papers predict it.

    Left out are the run itself and all runs that share a source with the figure or with the run.
    """
    runs = implied.sort("training_run_id")
    forms, spread_forms = design(runs), spread_design(runs)
    by_id = {row["training_run_id"]: (place, row) for place, row in enumerate(runs.iter_rows(named=True))}
    asked = figures.filter(
        pl.col("quantity").is_in(QUANTITIES), ~pl.col("is_circular"), pl.col("training_run_id").is_in([*by_id])
    )

    @cache  # runs of the same sources share a fit: otherwise the cost grows with the square of their number
    def fitted(network_kind: str, left_out: frozenset[str]) -> Fit | None:
        return fit_without(runs, forms, spread_forms, network_kind, left_out)

    rows = []
    for figure_id, run_id, source_id in (
        asked.select("published_figure_id", "training_run_id", "source_id").sort(by="published_figure_id").iter_rows()
    ):
        place, run = by_id[run_id]
        left_out = frozenset([source_id, *run["source_ids"]])
        if (found := fitted(run["network_kind"], left_out)) is not None:
            centre = float(forms[place] @ found.effects)
            half = found.half_width(spread_forms[place])
            bounds = np.exp([centre - half, centre, centre + half]).tolist()
            rows.append((figure_id, run_id, found.papers, *bounds, run["implied_mfu"]))
    schema = {"published_figure_id": pl.String, "training_run_id": pl.String, "paper_count": pl.Int64,
              "predicted_mfu_low": pl.Float64, "predicted_mfu": pl.Float64, "predicted_mfu_high": pl.Float64,
              "implied_mfu": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("predicted_mfu_low", "predicted_mfu", "predicted_mfu_high").round_sig_figs(SIGNIFICANT_DIGITS)
    )
