-- One row per metric, cohort and window: growth by ordinary least squares on the logarithm, with 90 % intervals.
-- key: metric, cohort, window_start
-- column: metric | What grows.
-- column: cohort | Which things are counted.
-- interval: growth_per_year | Factor by which the metric grows in a year.
-- interval: doubling_time_months | Months in which it doubles; null where the interval of growth includes no growth.
-- column: r2 | Share of the variance of the logarithm that the line explains.
-- column: n_rows | Points.
-- column: window_start | First date.
-- column: window_end | Last date.
-- column: log10_slope | Slope of log10(metric) a year.
-- column: log10_at_mean | log10(metric) of the line at mean_year.
-- column: mean_year | Mean date of the points, as a decimal year.
-- column: log10_residual | Standard deviation of the points about the line, log10.
-- column: squared_years | Sum of squared distances of the dates from their mean, square years.
-- column: t_quantile | 95th percentile of Student's t for the points at hand.
select
    metric,
    cohort,
    10 ** (log10_slope - t_quantile * log10_slope_error) as growth_per_year_low,
    10 ** log10_slope as growth_per_year,
    10 ** (log10_slope + t_quantile * log10_slope_error) as growth_per_year_high,
    case
        when log10_slope - t_quantile * log10_slope_error > 0
            then 12 * log10(2) / (log10_slope + t_quantile * log10_slope_error)
    end as doubling_time_months_low,
    case when log10_slope - t_quantile * log10_slope_error > 0 then 12 * log10(2) / log10_slope end as doubling_time_months,
    case
        when log10_slope - t_quantile * log10_slope_error > 0
            then 12 * log10(2) / (log10_slope - t_quantile * log10_slope_error)
    end as doubling_time_months_high,
    r2,
    n_rows,
    window_start,
    window_end,
    log10_slope,
    log10_at_mean,
    mean_year,
    log10_residual,
    squared_years,
    t_quantile
from core.trend_fits
order by metric, cohort, window_start
