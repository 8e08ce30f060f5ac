-- One row per metric, cohort and window: growth by ordinary least squares on the logarithm, with 90 % intervals. The interval is the wider of
-- two: of the regression, and of a bootstrap over the points and over the interval of each value.
-- key: metric, cohort, since_year
-- column: since_year | First year of the window.
-- column: is_longest | True for the window that holds all points.
-- interval: growth_per_year | Factor by which the metric grows in a year.
-- interval: doubling_time_months | Months in which it doubles; null where the interval of growth includes no growth.
-- column: growth_ratio | Effect of the window: growth_per_year ÷ that of the longest window.
-- column: t_quantile | 95th percentile of Student's t for the number of points.
-- column: windows | Growth by all windows of the metric and cohort: first year, bounds, value and number of points.
with longest as (
    select
        metric,
        cohort,
        min(since_year) as since_year,
        arg_min(log10_slope, since_year) as log10_slope,
        list(
            {
                'since_year': since_year,
                'low': growth_per_year_of(log10_slope_low),
                'value': growth_per_year_of(log10_slope),
                'high': growth_per_year_of(log10_slope_high),
                'n_rows': n_rows
            } order by since_year
        ) as windows
    from core.trend_fits
    group by metric, cohort
)

select
    f.metric,
    f.cohort,
    f.since_year,
    f.since_year = l.since_year as is_longest,
    growth_per_year_of(f.log10_slope_low) as growth_per_year_low,
    growth_per_year_of(f.log10_slope) as growth_per_year,
    growth_per_year_of(f.log10_slope_high) as growth_per_year_high,
    case when f.log10_slope_low > 0 then doubling_time_months_of(f.log10_slope_high) end as doubling_time_months_low,
    case when f.log10_slope_low > 0 then doubling_time_months_of(f.log10_slope) end as doubling_time_months,
    case when f.log10_slope_low > 0 then doubling_time_months_of(f.log10_slope_low) end as doubling_time_months_high,
    growth_per_year_of(f.log10_slope - l.log10_slope) as growth_ratio,
    f.r2,
    f.n_rows,
    f.window_start,
    f.window_end,
    f.log10_slope,
    f.log10_at_mean,
    f.mean_year,
    f.log10_residual,
    f.squared_years,
    f.t_quantile,
    l.windows
from core.trend_fits as f
inner join longest as l on f.metric = l.metric and f.cohort = l.cohort
order by f.metric, f.cohort, f.since_year
