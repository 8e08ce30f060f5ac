-- One row per curated benchmark result, with the same fetched result if there is one.
-- key: benchmark_result_id
-- column: division | closed, open, network or none.
-- column: accelerator_id | Key of core.accelerators.
-- column: scenario | Load scenario, for inference.
-- column: batch_size | Most requests, images or videos at the same time, as set, where stated.
-- column: value | The result, in the unit of the row.
-- column: unit | Unit of value.
-- column: unit_name | What is counted per second or per joule.
-- column: units_per_s | Units per second, where measured.
-- column: joule_per_unit | Energy per unit, joules.
-- column: energy_boundary | What power and energy include: accelerators alone, the system, or the board; of own runs also processors, and
--    "modelled" where no meter was read.
-- column: source_id | Source of the result.
-- column: repeated_by | Key in core.fetched_results of the same result: equal but for rounding, or, for a row that was not seen in the
--    official results itself, the result of the same submitter, task and accelerators. Null if there is none.
-- column: is_superseded | True if the official results of its round were fetched, but for the row no result of them is found.
with results as (
    select
        *,
        case
            when benchmark = 'text-to-image' then 'J/image'
            when benchmark = 'text-to-video' then 'J/video'
            else unit
        end as shown_unit,
        name_words(submitter) as makers,
        case benchmark when 'resnet50' then 'resnet' else plain_name(benchmark) end as task
    from seeds.benchmark_results
),

pairs as (
    select
        r.benchmark_result_id,
        f.benchmark_result_id as fetched_id,
        abs(ln(f.value / r.value)) as distance
    from results as r
    inner join core.fetched_results as f
        on
            r.suite = f.suite
            and r.round = f.round
            and r.shown_unit = f.unit
            and r.task = plain_name(f.benchmark)
            and coalesce(r.scenario, '') = coalesce(f.scenario, '')
            and coalesce(r.accelerator_count = f.accelerator_count, true)
            and coalesce(r.accelerator_id = f.accelerator_id, true)
            and (list_has_any(name_words(f.submitter), r.makers) or plain_name(f.submitter) = plain_name(r.submitter))
    -- curated values are rounded to three digits or more; the press rounds more, or tells of an earlier state of the same result
    where f.value > 0 and (abs(ln(f.value / r.value)) < 0.002 or (r.verified <> 'seen' and r.accelerator_id is not null))
    union all
    select -- the energy of a training run is a row of its own here, and a column of the time to train there
        r.benchmark_result_id,
        f.benchmark_result_id as fetched_id,
        abs(ln(f.energy_j / r.value)) as distance
    from results as r
    inner join core.fetched_results as f
        on
            r.suite = f.suite
            and r.round = f.round
            and r.task = plain_name(f.benchmark)
            and r.accelerator_count = f.accelerator_count
            and r.accelerator_id = f.accelerator_id
            and (list_has_any(name_words(f.submitter), r.makers) or plain_name(f.submitter) = plain_name(r.submitter))
    where r.metric = 'energy' and r.unit = 'J' and f.energy_j > 0 and abs(ln(f.energy_j / r.value)) < 0.02 -- runs weighted otherwise
),

repeats as (
    select
        benchmark_result_id,
        arg_min(fetched_id, (distance, fetched_id)) as repeated_by
    from pairs
    group by benchmark_result_id
),

fetched_rounds as (
    select distinct
        suite,
        round
    from core.fetched_results
    where is_official
)

select
    r.benchmark_result_id,
    r.suite,
    r.round,
    r.division,
    r.submitter,
    r.system,
    r.accelerator_id,
    r.accelerator_count,
    r.number_format,
    r.benchmark,
    r.scenario,
    try_cast(nullif(regexp_extract(r.scenario, '^batch ([0-9]+)$', 1), '') as double) as batch_size,
    r.metric,
    r.value,
    r.shown_unit as unit,
    case
        when r.shown_unit like 'J/%' then r.shown_unit[3:]
        when r.shown_unit like '%/s' then r.shown_unit[:-3]
    end as unit_name,
    case when r.shown_unit like '%/s' then r.value when r.shown_unit like 'J/%' then r.power_w / r.value end as units_per_s,
    r.power_w,
    r.energy_j,
    case
        when r.shown_unit like 'J/%' then r.value
        when r.shown_unit like '%/s' then r.power_w / r.value
    end as joule_per_unit,
    case
        when r.power_w is null and r.energy_j is null and r.metric <> 'energy' then null
        when r.suite = 'ml.energy' then 'accelerators'
        when r.suite = 'mlperf tiny' then 'board'
        else 'system'
    end as energy_boundary,
    r.is_official,
    r.is_inferred,
    r.published_date,
    r.source_id,
    r.locator,
    r.verified,
    p.repeated_by,
    p.repeated_by is null and q.round is not null as is_superseded
from results as r
left join repeats as p on r.benchmark_result_id = p.benchmark_result_id
left join fetched_rounds as q on r.suite = q.suite and r.round = q.round
order by r.benchmark_result_id
