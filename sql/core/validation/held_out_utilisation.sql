-- One row per run with published chip-hours and independently counted FLOP, in a hardware class with at least five such runs:
-- the chip-hours predicted from the utilisation of the other runs in the class. The assumptions in seeds/assumptions.csv
-- were calibrated on these runs; this table shows their accuracy for an unseen run.
-- key: published_figure_id
-- column: published_figure_id | Key of the published chip-hours.
-- column: class | Class of the assumption that applies.
-- column: others_count | Other runs of the class.
-- column: implied_mfu | Utilisation that the published time implies.
-- interval: predicted_mfu | Geometric mean of the others, with the 90 % interval for one more run of a lognormal distribution.
-- column: log10_error | log10 of predicted ÷ published chip-hours.
-- column: is_covered | True if the implied utilisation is inside the interval.
with implied as (
    select
        published_figure_id,
        training_run_id,
        list_filter(inputs, lambda i: i.name = 'mfu')[1].basis as class,
        ln(list_filter(inputs, lambda i: i.name = 'mfu')[1].value * value / published_value) as log_mfu
    from core.independent_estimates
    where quantity = 'chip_hours' and is_best and not is_circular
),

-- Sums over the class without the run itself.
others as (
    select
        *,
        count(*) over of_class - 1 as others_count,
        (sum(log_mfu) over of_class - log_mfu) / nullif(count(*) over of_class - 1, 0) as others_mean,
        sum(log_mfu * log_mfu) over of_class - log_mfu * log_mfu as others_squares
    from implied
    window of_class as (partition by class)
),

predicted as (
    select
        *,
        sqrt(greatest(others_squares - others_count * others_mean * others_mean, 0) / (others_count - 1)) * sqrt(1 + 1.0 / others_count) as spread
    from others
    where others_count >= 4
),

bounded as (
    select
        *,
        exp(others_mean - t_quantile_95(others_count - 1) * spread) as predicted_mfu_low,
        exp(others_mean) as predicted_mfu,
        exp(others_mean + t_quantile_95(others_count - 1) * spread) as predicted_mfu_high
    from predicted
)

select
    published_figure_id,
    training_run_id,
    class,
    others_count,
    exp(log_mfu) as implied_mfu,
    predicted_mfu_low,
    predicted_mfu,
    predicted_mfu_high,
    (log_mfu - others_mean) / ln(10) as log10_error,
    exp(log_mfu) between predicted_mfu_low and predicted_mfu_high as is_covered
from bounded
order by published_figure_id
