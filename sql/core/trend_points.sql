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
        r.training_run_id as subject_id,
        r.model_name as subject_name,
        r.publication_date as event_date,
        r.domain,
        r.is_frontier,
        f.value,
        f.unit
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where f.is_preferred and f.quantity = 'training_flop' and r.run_kind = 'pretraining'
),

chips as (
    select
        accelerator_id as subject_id,
        accelerator_name as subject_name,
        release_date as event_date,
        kind,
        segment,
        dense_16_bit_flop_per_s,
        tdp_w,
        memory_bytes,
        release_price_usd
    from core.accelerators
    where release_date is not null and dense_16_bit_flop_per_s is not null
),

points as (
    select 'training_flop' as metric, 'all' as cohort, subject_id, subject_name, event_date, value, unit from runs
    union all
    select 'training_flop', 'frontier', subject_id, subject_name, event_date, value, unit from runs where is_frontier
    union all
    select 'training_flop', domain, subject_id, subject_name, event_date, value, unit from runs
    where domain in ('language', 'vision', 'image generation', 'games', 'biology', 'speech')
    union all
    select 'flop_per_joule', 'datacentre', subject_id, subject_name, event_date, dense_16_bit_flop_per_s / tdp_w, 'FLOP/J'
    from chips
    where segment = 'datacentre' and tdp_w is not null
    union all
    select 'flop_per_joule', 'consumer', subject_id, subject_name, event_date, dense_16_bit_flop_per_s / tdp_w, 'FLOP/J'
    from chips
    where segment = 'consumer' and kind = 'gpu' and tdp_w is not null
    union all
    select 'flop_per_s', 'datacentre', subject_id, subject_name, event_date, dense_16_bit_flop_per_s, 'FLOP/s'
    from chips
    where segment = 'datacentre'
    union all
    select 'memory_bytes', 'datacentre', subject_id, subject_name, event_date, memory_bytes, 'byte'
    from chips
    where segment = 'datacentre' and memory_bytes is not null
    union all
    select 'flop_per_s_per_usd', 'all', subject_id, subject_name, event_date, dense_16_bit_flop_per_s / release_price_usd,
        'FLOP/s/USD'
    from chips
    where release_price_usd is not null
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
