-- One row per metric, cohort and thing: the points through which a trend is fitted.
-- key: metric, cohort, subject_id
-- column: metric | What grows.
-- column: cohort | Which things are counted.
-- column: subject_id | Key of the run or accelerator.
-- column: subject_name | Its name.
-- column: event_date | Publication or release.
-- column: value | The metric, in the unit of the row.
-- column: unit | Unit of value.
with runs as (
    select
        'training_flop' as metric,
        unnest(if(r.is_frontier, ['all', 'frontier', r.domain], ['all', r.domain])) as cohort,
        r.training_run_id as subject_id,
        r.model_name as subject_name,
        r.publication_date as event_date,
        f.value,
        f.unit
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where f.is_preferred and f.quantity = 'training_flop' and r.run_kind = 'pretraining' and r.is_main_run
),

chips as (
    select
        segment as cohort,
        accelerator_id as subject_id,
        accelerator_name as subject_name,
        release_date as event_date,
        unnest([
            { 'metric': 'flop_per_s', 'value': dense_16_bit_flop_per_s, 'unit': 'FLOP/s' },
            { 'metric': 'flop_per_joule', 'value': dense_16_bit_flop_per_s / tdp_w, 'unit': 'FLOP/J' },
            { 'metric': 'flop_per_s_per_usd', 'value': dense_16_bit_flop_per_s / release_price_usd, 'unit': 'FLOP/s/USD' },
            { 'metric': 'memory_bytes', 'value': memory_bytes, 'unit': 'byte' }
        ]) as measure
    from core.accelerators
    where release_date is not null and dense_16_bit_flop_per_s is not null and kind in ('gpu', 'tpu', 'npu', 'asic')
),

points as (
    select
        metric,
        cohort,
        subject_id,
        subject_name,
        event_date,
        value,
        unit
    from runs
    union all
    select
        measure.metric,
        cohort,
        subject_id,
        subject_name,
        event_date,
        measure.value,
        measure.unit
    from chips
)

select
    metric,
    cohort,
    subject_id,
    subject_name,
    event_date,
    value,
    unit
from points
where value > 0 and event_date >= date '2010-01-01'
order by metric, cohort, event_date, subject_id
