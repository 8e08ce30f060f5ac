-- One row per benchmark result from any source: fetched results, curated results that were not fetched, and own runs.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of core.benchmark_results.
-- column: round | Round or version.
-- column: accelerator_name | Accelerator: its name in core.accelerators, else as the submitter writes it.
-- column: number_format | Format of the matrix multiplications, of the weights for ML.ENERGY.
-- column: benchmark | Task in the suite's own short name.
-- column: model_name | Model that ran.
-- column: model_id | Key of core.models, where the model is one that we know.
-- column: active_params | Parameters of a language model that work on a token.
-- column: batch_size | Most requests, images or videos at the same time, as set; samples of a step in training; where stated.
-- column: training_samples_count | Samples that a training run took, mean over the runs of the result, where logged.
-- column: value | The result, in the unit of the row; null with value_reason.
-- column: value_reason | Why there is no value; null where there is one.
-- column: unit_name | What is counted per second or per joule: token, sample, query, inference, image or video.
-- column: latency_s | Time that one request, token or batch takes, where measured: see latency_kind.
-- column: latency_kind | What latency_s is of.
-- column: power_w | Mean power during the run, watts; null with power_reason.
-- column: published_power_w | Power as published, also where it cannot be.
-- column: power_reason | Why power and energy are left out although the publisher gives them: 0, or far from the rated power of the accelerators.
-- column: energy_j | Energy of the whole run, joules; null with power_reason.
-- column: joule_per_unit | Energy per unit, joules; null with power_reason.
-- column: is_official | True if reviewed and published by the suite's organization.
-- column: same_runs_as | Key of the row that counts, where this one gives the same runs again; else null.
-- column: is_duplicate | True if another row describes the same run.
-- column: is_default | True for the rows that summaries use: official, not inferred, not repeated, no sweep.
-- column: is_curated | True if the row was entered by hand, false if it was fetched.
-- column: published_date | Date of publication of the round.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked; null for fetched rows.
-- check: nothing_is_lost | select 1 where (select count(*) from core.benchmark_results)
--    <> (select count(*) from core.fetched_results) + (select count(*) from core.curated_results where repeated_by is null)
--    + (select count(*) from core.own_results)
with rounds as (
    select
        suite,
        round,
        published_date
    from seeds.mlperf_rounds
),

limits as (
    select
        any_value(low) as least_power_ratio,
        any_value(high) as most_power_ratio
    from seeds.assumptions
    where name = 'plausible_system_power_ratio'
),

results as (
    select
        *,
        false as is_curated,
        null::varchar as verified
    from core.fetched_results
    union all by name
    select
        *,
        false as is_curated,
        null::varchar as verified
    from core.own_results
    union all by name
    select
        * exclude (repeated_by, is_superseded),
        case when suite = 'ml.energy' then regexp_extract(system, ', (.+)$', 1) end as model_name,
        null::double as training_samples_count,
        null::double as latency_s,
        null::varchar as latency_kind,
        null::varchar as value_reason,
        null::varchar as power_reason,
        null::varchar as same_runs_as,
        false as is_duplicate,
        is_official and not is_inferred and division <> 'open' and not is_superseded as is_default,
        true as is_curated
    from core.curated_results
    where repeated_by is null
),

judged as (
    select
        r.*,
        a.accelerator_name as known_name,
        coalesce(
            r.power_reason,
            case
                when r.power_w / (r.accelerator_count * a.tdp_w) not between l.least_power_ratio and l.most_power_ratio
                    then format(
                        'not possible: {} W is {} of the rated power of {} accelerators; expected {} to {}',
                        round(r.power_w, 1), round(r.power_w / (r.accelerator_count * a.tdp_w), 4), r.accelerator_count,
                        l.least_power_ratio, l.most_power_ratio
                    )
            end
        ) as power_problem
    from results as r
    cross join limits as l
    left join core.accelerators as a on r.accelerator_id = a.accelerator_id
)

select
    r.benchmark_result_id,
    r.suite,
    r.round,
    r.division,
    r.submitter,
    r.system,
    coalesce(r.known_name, r.accelerator_name) as accelerator_name,
    r.accelerator_id,
    r.accelerator_count,
    r.number_format,
    r.benchmark,
    coalesce(k.model_name, regexp_replace(r.model_name, '^.*/', '')) as model_name,
    k.model_id,
    coalesce(r.active_params, case when k.domain in ('language', 'multimodal') then k.active_params end) as active_params,
    r.scenario,
    r.batch_size,
    r.training_samples_count,
    r.metric,
    r.value,
    r.unit,
    r.value_reason,
    r.unit_name,
    r.units_per_s,
    r.latency_s,
    r.latency_kind,
    case when r.power_problem is null then r.power_w end as power_w,
    r.power_w as published_power_w,
    r.power_problem as power_reason,
    case when r.power_problem is null then r.energy_j end as energy_j,
    case when r.power_problem is null then r.joule_per_unit end as joule_per_unit,
    r.energy_boundary,
    r.is_official,
    r.is_inferred,
    r.same_runs_as,
    r.is_duplicate,
    r.is_default,
    r.is_curated,
    coalesce(r.published_date, d.published_date) as published_date,
    r.source_id,
    r.locator,
    r.verified
from judged as r
left join rounds as d on r.suite = d.suite and r.round = d.round
left join seeds.model_aliases as n on r.model_name = n.alias
left join seeds.benchmark_models as b -- in the open division another model may run than the benchmark's
    on r.suite = b.suite and r.benchmark = b.benchmark and (r.division <> 'open' or plain_name(r.model_name) = plain_name(r.benchmark))
left join core.models as k on coalesce(r.model_id, n.model_id, b.model_id) = k.model_id
order by r.benchmark_result_id
