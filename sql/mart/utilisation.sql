-- One row per measure of utilisation, suite, kind of work and accelerator: how the measured values are distributed. Only results that publish
-- their number format count: without it the peak is unknown, and a run in fewer bits would look better used than it was.
-- key: measure, suite, work, accelerator_id
-- column: measure | What is measured: training MFU, output FLOP over the peak while serving, bandwidth of weights while serving, or power of the
--    accelerators alone over their rated power.
-- column: suite | Benchmark suite.
-- column: work | Benchmark, kind of model and batch, or boundary of the power.
-- column: accelerator_id | Key of mart.accelerators; all for all together.
-- column: measurement_count | Measurements.
-- column: lowest_ratio | Lowest value.
-- column: p05_ratio | 5th percentile.
-- column: p25_ratio | 25th percentile.
-- column: median_ratio | Median.
-- column: p75_ratio | 75th percentile.
-- column: p95_ratio | 95th percentile.
-- column: highest_ratio | Highest value, at most 1: a value above it is a finding, not a measurement.
with measured as (
    select
        unnest([
            { 'name': 'training MFU', 'task': r.benchmark, 'value': case when d.is_format_stated then d.mfu end },
            {
                'name': 'output FLOP over peak, serving', 'task': coalesce(r.model_name, r.benchmark),
                'value': case when d.is_format_stated then d.output_utilisation_ratio end
            },
            {
                'name': 'power over rated power', 'task': 'power of the accelerators',
                'value': case when r.energy_boundary = 'accelerators' then d.power_to_tdp_ratio end
            }
        ]) as figure,
        r.suite,
        r.accelerator_id
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    where r.is_default and r.accelerator_id is not null
    union all by name
    select
        {
            'name': 'bandwidth of weights over peak, serving',
            'task': architecture_kind
            || case when batch_size <= 16 then ', batch to 16' when batch_size <= 64 then ', batch 17 to 64' else ', batch above 64' end,
            'value': bandwidth_utilisation_ratio
        } as figure,
        'ml.energy' as suite,
        accelerator_id
    from core.decode_bandwidth
),

grouped as (
    select
        figure,
        suite,
        unnest([accelerator_id, 'all']) as accelerator_id
    from measured
    where figure.value <= 1
)

select
    figure.name as measure,
    suite,
    figure.task as work,
    accelerator_id,
    count(figure.value) as measurement_count,
    min(figure.value) as lowest_ratio,
    quantile_cont(figure.value, 0.05) as p05_ratio,
    quantile_cont(figure.value, 0.25) as p25_ratio,
    median(figure.value) as median_ratio,
    quantile_cont(figure.value, 0.75) as p75_ratio,
    quantile_cont(figure.value, 0.95) as p95_ratio,
    max(figure.value) as highest_ratio
from grouped
group by figure.name, suite, figure.task, accelerator_id
order by figure.name, suite, figure.task, accelerator_id
