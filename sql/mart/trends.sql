-- One row per metric, cohort and window: growth by ordinary least squares on the logarithm, with 90 % intervals.
-- key: metric, cohort, window_start
-- interval: growth_per_year | Factor by which the metric grows in a year.
-- interval: doubling_time_months | Months in which it doubles; null where the interval of growth includes no growth.
-- column: t_quantile | 95th percentile of Student's t for the number of points.
with fits as (
    select
        *,
        log10_slope - t_quantile * log10_slope_error as slope_low,
        log10_slope + t_quantile * log10_slope_error as slope_high
    from core.trend_fits
)

select
    metric,
    cohort,
    growth_per_year_of(slope_low) as growth_per_year_low,
    growth_per_year_of(log10_slope) as growth_per_year,
    growth_per_year_of(slope_high) as growth_per_year_high,
    case when slope_low > 0 then doubling_time_months_of(slope_high) end as doubling_time_months_low,
    case when slope_low > 0 then doubling_time_months_of(log10_slope) end as doubling_time_months,
    case when slope_low > 0 then doubling_time_months_of(slope_low) end as doubling_time_months_high,
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
from fits
order by metric, cohort, window_start
