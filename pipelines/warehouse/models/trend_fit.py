"""Fits exponential trends: ordinary least squares on the logarithm, by scipy.

What belongs here: the statistics of a trend. What does not: which points (``core.trend_points``), how
growth is phrased (``mart.trends`` and the charts).
"""

from __future__ import annotations

import polars as pl
from scipy import stats

from pipelines.warehouse.models.python_tables import python_table

MIN_ROWS = 5
LEVEL = 0.90

FIT_COLUMNS = {
    "metric": "Metric of the trend.",
    "cohort": "Cohort of the points.",
    "log10_slope": "Slope of log10(metric) per year.",
    "log10_slope_error": "Standard error of the slope.",
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
    "metric": pl.String, "cohort": pl.String, "n_rows": pl.Int64, "window_start": pl.Date, "window_end": pl.Date,
}  # fmt: skip
"""Columns that are not numbers with fractions."""


def decimal_year(date: str) -> pl.Expr:
    """A date column as decimal year (days over 365.25 since 1970)."""
    return 1970 + pl.col(date).cast(pl.Date).to_physical() / 365.25


@python_table("core.trend_fits", reads=["core.trend_points"], key=["metric", "cohort"], columns=FIT_COLUMNS)
def fit_trends(points: pl.DataFrame) -> pl.DataFrame:
    """One row per metric and cohort: the line through log10 of the metric, by ordinary least squares (scipy).

    Only those with at least MIN_ROWS points on two dates.
    ``points``: metric, cohort, event_date (Date), value (> 0). Returns the columns of FIT_COLUMNS.
    """
    fits = []
    for (metric, cohort), group in points.sort("metric", "cohort", "event_date", "value").group_by(
        "metric", "cohort", maintain_order=True
    ):
        if group.height < MIN_ROWS or group["event_date"].n_unique() < 2:
            continue
        years = group.select(decimal_year("event_date")).to_series().to_numpy()
        logs = group["value"].log10().to_numpy()
        fit = stats.linregress(years, logs)
        residuals = logs - (fit.intercept + fit.slope * years)
        fits.append({
            "metric": metric,
            "cohort": cohort,
            "log10_slope": float(fit.slope),
            "log10_slope_error": float(fit.stderr),
            "log10_at_mean": float(logs.mean()),
            "mean_year": float(years.mean()),
            "log10_residual": float((residuals @ residuals / (group.height - 2)) ** 0.5),
            "squared_years": float(((years - years.mean()) ** 2).sum()),
            "t_quantile": float(stats.t.ppf((1 + LEVEL) / 2, group.height - 2)),
            "r2": float(fit.rvalue**2),
            "n_rows": group.height,
            "window_start": group["event_date"].min(),
            "window_end": group["event_date"].max(),
        })  # fmt: skip
    return pl.DataFrame(fits, schema={name: KINDS.get(name, pl.Float64) for name in FIT_COLUMNS})
