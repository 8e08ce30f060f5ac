-- One row per group of measurements: how far the model of energy per output token is off on shapes that it has not seen, beside
-- EcoLogits' regression on the same measurements.
-- key: grouping, member
-- column: grouping | all, fold, accelerator, batch, task, kind of model or shape.
-- column: member | Member of the grouping; batches are classed by powers of four.
-- column: measurement_count | Measurements.
-- column: shape_count | Shapes of models among them.
-- column: share | Share of all measurements.
-- column: median_error_ratio | Median of the larger over the smaller of prediction and measurement.
-- column: p90_error_ratio | 90th percentile of it.
-- column: bias_ratio | Median of prediction over measurement.
-- column: ecologits_median_error_ratio | Median error of EcoLogits' regression.
-- column: ecologits_p90_error_ratio | 90th percentile of it.
-- column: ecologits_bias_ratio | Median of its prediction over measurement.
-- column: covered_fraction | Share of the measurements inside the 90 % interval.
with scores as (
    select
        *,
        4 ** floor(log2(batch_size) / 2) as batch_class
    from core.energy_per_token_scores
    where fitted_joule_per_token is not null
),

grouped as (
    select
        s.*,
        unnest([
            { 'kind': 'all', 'name': 'all' },
            { 'kind': 'fold', 'name': 'fold ' || s.fold },
            { 'kind': 'accelerator', 'name': s.accelerator_id },
            { 'kind': 'batch', 'name': format('{:d} to {:d}', s.batch_class::bigint, (4 * s.batch_class)::bigint - 1) },
            { 'kind': 'task', 'name': s.task },
            { 'kind': 'kind of model', 'name': s.architecture_kind },
            { 'kind': 'shape', 'name': s.shape }
        ]) as part
    from scores as s
)

select
    part.kind as grouping,
    part.name as member,
    count(energy_point_id) as measurement_count,
    count(distinct shape) as shape_count,
    count(energy_point_id) / (select count(*) from scores) as share,
    median(fit_error_ratio) as median_error_ratio,
    quantile_cont(fit_error_ratio, 0.9) as p90_error_ratio,
    exp(median(ln(fitted_joule_per_token / measured_joule_per_token))) as bias_ratio,
    median(ecologits_error_ratio) as ecologits_median_error_ratio,
    quantile_cont(ecologits_error_ratio, 0.9) as ecologits_p90_error_ratio,
    exp(median(ln(ecologits_joule_per_token / measured_joule_per_token))) as ecologits_bias_ratio,
    avg(is_covered::int) as covered_fraction
from grouped
group by part.kind, part.name
order by part.kind, part.name
