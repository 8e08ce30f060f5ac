-- One row per benchmark result whose power or utilisation is impossible, per curated result that the official ones of its round do
-- not support, and per name of an accelerator that is not resolved.
-- as: core.findings_counting
-- column: record_id | Key of the benchmark result, or source and name of the accelerator.
-- column: observed | Power, utilisation or value of the result, or how often the name is mentioned.
-- column: expected | Bound that it should keep; null if there is none.
with limits as (
    select
        assumed['plausible_system_power_ratio'].low as least_power_ratio,
        assumed['plausible_system_power_ratio'].high as most_power_ratio
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_benchmarks'
),

results as (
    select
        r.*,
        r.accelerator_count * a.tdp_w as rated_power_w,
        concat_ws(' ', r.suite, r.round, r.submitter, r.system, r.benchmark, r.scenario) as subject_name
    from core.benchmark_results as r
    left join core.accelerators as a on r.accelerator_id = a.accelerator_id
)

select
    unnest(finding(
        'power_of_accelerators', r.benchmark_result_id, 'core.benchmark_results', r.subject_name, r.published_power_w,
        case
            when r.published_power_w < l.least_power_ratio * r.rated_power_w then l.least_power_ratio * r.rated_power_w
            else l.most_power_ratio * r.rated_power_w
        end,
        'W', 'error', 'The power is in another unit, or belongs to another system. Power and energy of the result are left out.', [r.source_id]
    )) as finding
from results as r
cross join limits as l
where r.published_power_w not between l.least_power_ratio * r.rated_power_w and l.most_power_ratio * r.rated_power_w
union all
select
    unnest(finding(
        'benchmark_utilisation_above_one', r.benchmark_result_id, 'core.benchmark_results', r.subject_name, d.utilisation_ratio, 1, 'ratio',
        'error', 'The published number format is not that of the matrix products, or the accelerators are counted wrong.', [r.source_id]
    )) as finding
from results as r
inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
where d.utilisation_ratio > 1 and d.is_format_stated
union all
select
    unnest(finding(
        'not_among_official_results', c.benchmark_result_id, 'seeds.benchmark_results',
        concat_ws(' ', c.suite, c.round, c.submitter, c.system, c.benchmark, c.scenario), c.value, null, c.unit, 'info',
        'The press rounds, or tells of another system. The row stays, but no summary uses it.', [c.source_id]
    )) as finding
from core.curated_results as c
where c.is_superseded
union all
select
    unnest(finding(
        'unknown_accelerator', n.source_id || '/' || n.name, 'core.accelerator_names', n.name, n.mention_count, null, 'rows', 'info',
        'No accelerator or alias of this name is in seeds/hardware: results on it have no accelerator.', [n.source_id]
    )) as finding
from core.accelerator_names as n
where n.accelerator_id is null and n.mention_count > 0
order by all
