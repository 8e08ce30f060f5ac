-- One row per quantity, and one for all: the errors of our independent estimates against published figures.
-- Targets are in docs/methods.md; a test checks the curated files against them, so that new rows of a publisher never stop a build.
-- key: quantity
-- column: quantity | Quantity; all for all of them.
-- column: figure_count | Published figures compared.
-- column: run_count | Training runs that they are of.
-- column: median_absolute_error_log10 | Median of |log10(estimate / published)|; 0.30 is a factor of two.
-- column: bias_log10 | Median of log10(estimate / published): above 0 where estimates are too high.
-- column: coverage_fraction | Share of figures inside the 90 % interval of the estimate.
-- column: median_interval_ratio | Median of upper over lower bound.
with compared as (
    select
        unnest([quantity, 'all']) as quantity,
        training_run_id,
        log10_error,
        is_covered,
        value_high / value_low as interval_ratio
    from core.independent_estimates
    where is_best and not is_circular
)

select
    quantity,
    count(*) as figure_count,
    count(distinct training_run_id) as run_count,
    median(abs(log10_error)) as median_absolute_error_log10,
    median(log10_error) as bias_log10,
    avg(is_covered::int) as coverage_fraction,
    median(interval_ratio) as median_interval_ratio
from compared
group by quantity
order by quantity
