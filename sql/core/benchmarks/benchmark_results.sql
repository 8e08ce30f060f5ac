-- One row per benchmark result from any source: fetched results, and curated results that were not fetched.
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
-- column: unit_name | What is counted per second or per joule: token, sample, query, inference, image or video.
-- column: latency_s | Time that one request, token or batch takes, where measured: see latency_kind.
-- column: latency_kind | What latency_s is of.
-- column: power_w | Mean power during the run, watts.
-- column: is_official | True if reviewed and published by the suite's organization.
-- column: is_duplicate | True if another row describes the same run.
-- column: is_default | True for the rows that summaries use: official, not inferred, not repeated, no sweep.
-- column: is_curated | True if the row was entered by hand, false if it was fetched.
-- column: published_date | Date of publication of the round.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked; null for fetched rows.
-- check: nothing_is_lost | select 1 where (select count(*) from core.benchmark_results)
--    <> (select count(*) from core.fetched_results) + (select count(*) from core.curated_results where repeated_by is null)
with rounds as (
    select
        suite,
        round,
        min(published_date) as published_date
    from seeds.benchmark_results
    group by suite, round
),

results as (
    select
        *,
        false as is_curated,
        null::varchar as verified
    from core.fetched_results
    union all by name
    select
        * exclude (repeated_by),
        case when suite = 'ml.energy' then regexp_extract(system, ', (.+)$', 1) end as model_name,
        null::double as training_samples_count,
        null::double as latency_s,
        null::varchar as latency_kind,
        false as is_duplicate,
        is_official and not is_inferred and division <> 'open' as is_default,
        true as is_curated
    from core.curated_results
    where repeated_by is null
)

select
    r.benchmark_result_id,
    r.suite,
    r.round,
    r.division,
    r.submitter,
    r.system,
    coalesce(a.accelerator_name, r.accelerator_name) as accelerator_name,
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
    r.unit_name,
    r.units_per_s,
    r.latency_s,
    r.latency_kind,
    r.power_w,
    r.energy_j,
    r.joule_per_unit,
    r.energy_boundary,
    r.is_official,
    r.is_inferred,
    r.is_duplicate,
    r.is_default,
    r.is_curated,
    coalesce(r.published_date, d.published_date) as published_date,
    r.source_id,
    r.locator,
    r.verified
from results as r
left join rounds as d on r.suite = d.suite and r.round = d.round
left join core.accelerators as a on r.accelerator_id = a.accelerator_id
left join seeds.model_aliases as n on r.model_name = n.alias
left join seeds.benchmark_models as b -- in the open division another model may run than the benchmark's
    on r.suite = b.suite and r.benchmark = b.benchmark and (r.division <> 'open' or plain_name(r.model_name) = plain_name(r.benchmark))
left join core.models as k on coalesce(r.model_id, n.model_id, b.model_id) = k.model_id
order by r.benchmark_result_id
