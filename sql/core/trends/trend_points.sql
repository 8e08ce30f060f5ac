-- One row per metric, cohort and thing: the points through which a trend is fitted.
-- key: metric, cohort, subject_id
-- column: metric | What grows.
-- column: cohort | Which things are counted. Pretraining runs of curated and notable models: all, by domain, notable, frontier (as curated), or
--    top ten (by rule: among the ten with the most FLOP when published). Costs also: costliest ten (by rule: pretraining or reinforcement
--    learning, among the ten with the highest cost when published). What only Epoch's list of all models has is not counted: which models
--    it has follows no rule. Chips: by market, by kind, by market and number format (16-bit rates where none is named), or leading (by rule:
--    among the best three of their market or kind when released). AI chips of the world: all, or by designer, a point a quarter.
-- column: subject_id | Key of the run or accelerator.
-- column: subject_name | Its name.
-- column: event_date | Publication or release.
-- interval: value | The metric, in the unit of the row; rated values of chips are exact.
-- column: unit | Unit of value.
with window_start as (
    select central as first_year
    from seeds.assumptions
    where name = 'first_year' and applies_to = 'trends'
),

-- The rank among those published so far is ten at most where the eleventh of them is less.
sized as (
    select
        r.training_run_id,
        f.value as training_flop,
        max(f.value, 11) over (order by r.publication_date) as largest
    from core.training_runs as r
    inner join core.training_figures as f on r.training_run_id = f.training_run_id and f.quantity = 'training_flop' and f.is_preferred
    where
        r.run_kind = 'pretraining'
        and r.is_main_run
        and (r.is_notable or r.seed_line is not null)
        and r.publication_date is not null
        and f.value is not null
),

ranks as (
    select
        training_run_id,
        coalesce(largest[11] < training_flop, true) as is_top_ten
    from sized
),

runs as (
    select
        case f.boundary when 'none' then f.quantity else f.boundary || '_' || f.quantity end as metric,
        unnest(
            -- Distinct leaves out the nulls.
            list_distinct([
                'all', case when r.is_frontier then 'frontier' end, case when k.is_top_ten then 'top ten' end,
                case when r.is_notable then 'notable' end, r.domain
            ])
        ) as cohort,
        r.training_run_id as subject_id,
        r.model_name as subject_name,
        r.publication_date as event_date,
        f.value_low,
        f.value,
        f.value_high,
        f.unit
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    left join ranks as k on r.training_run_id = k.training_run_id
    where
        f.is_preferred
        and r.run_kind = 'pretraining'
        and r.is_main_run
        and (r.is_notable or r.seed_line is not null)
        and (
            f.quantity = 'training_flop'
            or (f.quantity = 'energy_kwh' and f.boundary = 'facility')
            or (f.quantity = 'cost_usd' and f.boundary in ('cloud', 'owned'))
        )
),

-- Costs of runs from nothing, reinforcement learning included.
costs as (
    select
        f.boundary || '_cost_usd' as metric,
        'costliest ten' as cohort,
        r.training_run_id as subject_id,
        r.model_name as subject_name,
        r.publication_date as event_date,
        f.value_low,
        f.value,
        f.value_high,
        f.unit
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where
        f.is_preferred
        and f.quantity = 'cost_usd'
        and f.boundary in ('cloud', 'owned')
        and r.run_kind in ('pretraining', 'reinforcement learning')
        and r.is_main_run
        and (r.is_notable or r.seed_line is not null)
),

costliest as (
    select *
    from costs
    where event_date is not null and value is not null
    qualify coalesce((max(value, 11) over (partition by metric order by event_date))[11] < value, true)
),

-- The faster of matrix and vector unit in formats other than 16 bits.
other_formats as (
    select
        p.accelerator_id,
        p.number_format,
        max(p.peak_flop_per_s) as peak_flop_per_s
    from core.accelerator_peaks as p
    where not p.is_sparse and p.number_format not in ('bf16', 'fp16')
    group by p.accelerator_id, p.number_format
),

-- 16-bit rates by market and kind of chip; other formats by market, named in the cohort.
rates as (
    select
        unnest([segment, 'kind ' || kind]) as cohort,
        a.*,
        dense_16_bit_flop_per_s as peak_flop_per_s
    from core.accelerators as a
    where dense_16_bit_flop_per_s is not null
    union all by name
    select
        a.segment || ' ' || o.number_format as cohort,
        a.*,
        o.peak_flop_per_s
    from core.accelerators as a
    inner join other_formats as o on a.accelerator_id = o.accelerator_id
),

chips as (
    select
        cohort,
        accelerator_id as subject_id,
        accelerator_name as subject_name,
        release_date as event_date,
        unnest(
            list_filter(
                [
                    { 'metric': 'flop_per_s', 'value': peak_flop_per_s, 'unit': 'FLOP/s' },
                    { 'metric': 'flop_per_joule', 'value': peak_flop_per_s / tdp_w, 'unit': 'FLOP/J' },
                    { 'metric': 'flop_per_s_per_usd', 'value': peak_flop_per_s / release_price_usd, 'unit': 'FLOP/s/USD' },
                    case
                        when cohort = segment or cohort = 'kind ' || kind
                            then { 'metric': 'memory_bytes', 'value': memory_bytes, 'unit': 'byte' }
                    end
                ],
                lambda point: point is not null
            )
        ) as measure
    from rates
    where release_date is not null and kind in ('gpu', 'tpu', 'npu', 'asic')
),

measured as (
    select
        measure.metric,
        cohort,
        subject_id,
        subject_name,
        event_date,
        measure.value,
        measure.unit
    from chips
    where measure.value > 0
),

best as (
    select * replace (cohort || ' leading' as cohort)
    from measured
    where cohort in ('datacentre', 'consumer', 'kind gpu')
    qualify coalesce((max(value, 4) over (partition by metric, cohort order by event_date))[4] < value, true)
),

-- AI chips of the world by quarter; over all designers only quarters in which each of them is counted. Quarters known in part are left out.
chip_quarters as (
    select
        t.designer,
        t.quarter_end,
        sum(t.installed_units_count * c.h100_equivalents_count / c.units_count order by t.chip_id) as installed_h100_equivalents,
        sum(t.sold_units_count * c.h100_equivalents_count / c.units_count order by t.chip_id) as sold_h100_equivalents
    from core.installed_stock as t
    inner join core.installed_counts as c on t.chip_id = c.chip_id and t.quarter_end = c.quarter_end and c.owner = 'All' and c.units_count > 0
    where not t.is_incomplete
    group by t.designer, t.quarter_end
),

all_quarters as (
    select
        designer as cohort,
        *
    from chip_quarters
    union all by name
    select
        'all' as cohort,
        quarter_end,
        sum(installed_h100_equivalents order by designer) as installed_h100_equivalents,
        sum(sold_h100_equivalents order by designer) as sold_h100_equivalents
    from chip_quarters
    group by quarter_end
    having count(*) = (select count(distinct d.designer) from chip_quarters as d)
),

installed as (
    select
        unnest(['installed_h100_equivalents', 'sold_h100_equivalents']) as metric,
        cohort,
        'quarter-' || quarter_end as subject_id,
        'Quarter to ' || quarter_end as subject_name,
        quarter_end as event_date,
        unnest([installed_h100_equivalents, sold_h100_equivalents]) as value,
        'count' as unit
    from all_quarters
),

points as (
    select
        metric,
        cohort,
        subject_id,
        subject_name,
        event_date,
        value_low,
        value,
        value_high,
        unit
    from runs
    union all by name
    select *
    from costliest
    union all by name
    select
        *,
        value as value_low,
        value as value_high
    from measured
    union all by name
    select
        *,
        value as value_low,
        value as value_high
    from best
    union all by name
    select
        *,
        value as value_low,
        value as value_high
    from installed
    where metric = 'sold_h100_equivalents' or cohort = 'all' -- a designer's stock begins at nothing when its counts do
)

select
    metric,
    cohort,
    subject_id,
    subject_name,
    event_date,
    value_low,
    value,
    value_high,
    unit
from points
where value > 0 and year(event_date) >= (select w.first_year from window_start as w)
order by metric, cohort, event_date, subject_id
