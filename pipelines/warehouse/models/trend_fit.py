"""Fits exponential trends: ordinary least squares on the logarithm, by scipy, for several windows of time.

The bounds of a slope are the wider of two: Student's t of the regression, which knows that the points are few, and a
seeded bootstrap over the points and over the interval of each value, which knows that the values are uncertain.

What belongs here: the statistics of a trend. What does not: which points (``core.trend_points``), how
growth is phrased (``mart.trends`` and the charts).
"""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.warehouse.models.python_tables import python_table

MIN_ROWS = 5
LEVEL = 0.90
DRAWS = 1000
WINDOWS = (2010, 2012, 2016, 2018, 2020, 2022)
"""First years of the windows; the first holds all points."""

Values = NDArray[np.float64]

FIT_COLUMNS = {
    "metric": "Metric of the trend.",
    "cohort": "Cohort of the points.",
    "since_year": "First year of the window.",
    "log10_slope_low": "Lower bound of the slope: the wider of regression and bootstrap.",
    "log10_slope": "Slope of log10(metric) per year.",
    "log10_slope_high": "Upper bound of the slope: the wider of regression and bootstrap.",
    "log10_at_mean": "log10(metric) of the line at mean_year.",
    "mean_year": "Mean date of the points, as a decimal year.",
    "log10_residual": "Standard deviation of the points about the line, log10.",
    "squared_years": "Sum of squared distances of the dates from their mean, square years.",
    "t_quantile": "95th percentile of Student's t with n - 2 degrees of freedom.",
    "r2": "Share of the variance of the logarithm explained by the line.",
    "n_rows": "Number of points.",
    "window_start": "First date.",
    "window_end": "Last date.",
}
"""Columns of ``core.trend_fits`` and what they mean."""

KINDS = {
    "metric": pl.String, "cohort": pl.String, "since_year": pl.Int64, "n_rows": pl.Int64,
    "window_start": pl.Date, "window_end": pl.Date,
}  # fmt: skip
"""Columns that are not numbers with fractions."""


def decimal_year(date: str) -> pl.Expr:
    """A date column as decimal year (days over 365.25 since 1970)."""
    return 1970 + pl.col(date).cast(pl.Date).to_physical() / 365.25


@python_table(
    "core.trend_fits", reads=["core.trend_points"], key=["metric", "cohort", "since_year"], columns=FIT_COLUMNS
)
def fit_trends(points: pl.DataFrame) -> pl.DataFrame:
    """One row per metric, cohort and window: the line through log10 of the metric, by ordinary least squares (scipy).

    Only windows with at least MIN_ROWS points on two dates.
    ``points``: metric, cohort, event_date (Date), value_low, value, value_high (> 0). Returns the columns of FIT_COLUMNS.
    """
    fits = []
    for (metric, cohort), group in points.sort("metric", "cohort", "event_date", "value").group_by(
        "metric", "cohort", maintain_order=True
    ):
        for since in WINDOWS:
            window = group.filter(pl.col("event_date").dt.year() >= since)
            if window.height >= MIN_ROWS and window["event_date"].n_unique() > 1:
                fits.append(
                    {
                        "metric": metric,
                        "cohort": cohort,
                        "since_year": since,
                        **fit_window(window, f"{metric} {cohort} {since}"),
                    }
                )
    return pl.DataFrame(fits, schema={name: KINDS.get(name, pl.Float64) for name in FIT_COLUMNS})


def fit_window(window: pl.DataFrame, name: str) -> dict[str, object]:
    """The columns of one fit; ``name`` seeds its bootstrap."""
    from scipy import stats  # half a second, which a build that fits nothing does not need

    years = window.select(decimal_year("event_date")).to_series().to_numpy()
    logs = window["value"].log10().to_numpy()
    fit = stats.linregress(years, logs)
    residuals = logs - (fit.intercept + fit.slope * years)
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, window.height - 2))
    down = logs - window["value_low"].log10().to_numpy()
    up = window["value_high"].log10().to_numpy() - logs
    low, high = bootstrap_slope(years, logs, down, up, np.random.default_rng(zlib.crc32(name.encode())))
    return {
        "log10_slope": float(fit.slope),
        "log10_slope_low": min(low, float(fit.slope - quantile * fit.stderr)),
        "log10_slope_high": max(high, float(fit.slope + quantile * fit.stderr)),
        "log10_at_mean": float(logs.mean()),
        "mean_year": float(years.mean()),
        "log10_residual": float((residuals @ residuals / (window.height - 2)) ** 0.5),
        "squared_years": float(((years - years.mean()) ** 2).sum()),
        "t_quantile": quantile,
        "r2": float(fit.rvalue**2) if np.ptp(logs) > 0 else 1.0,  # a constant lies on its line
        "n_rows": window.height,
        "window_start": window["event_date"].min(),
        "window_end": window["event_date"].max(),
    }


def bootstrap_slope(
    years: Values, logs: Values, down: Values, up: Values, rng: np.random.Generator
) -> tuple[float, float]:
    """Bounds of the slope when both the points and their values are drawn again, each value from its own interval."""
    from scipy import stats

    picked = rng.integers(0, len(years), (DRAWS, len(years)))
    normal = rng.standard_normal(picked.shape)
    drawn = logs[picked] + normal * np.where(normal < 0, down[picked], up[picked]) / stats.norm.ppf((1 + LEVEL) / 2)
    distance = years[picked] - years[picked].mean(axis=1, keepdims=True)
    spread = (distance**2).sum(axis=1)
    slopes = (distance * drawn).sum(axis=1)[spread > 0] / spread[spread > 0]
    low, high = np.quantile(slopes, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return round(float(low), 6), round(float(high), 6)
