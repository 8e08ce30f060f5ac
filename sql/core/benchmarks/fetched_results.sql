-- One row per benchmark result that was fetched from its publisher, in the same columns for every suite.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of the result.
-- column: suite | Benchmark suite.
-- column: round | Round or version.
-- column: division | closed, open, network or none.
-- column: submitter | Organization that submitted or measured the result.
-- column: system | System as the submitter names it.
-- column: accelerator_name | Accelerator as the submitter writes it.
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_count | Accelerators in the system.
-- column: number_format | Format of the matrix multiplications, of the weights for ML.ENERGY.
-- column: benchmark | Task in the suite's own short name.
-- column: model_name | Model, where the benchmark lets several run.
-- column: model_id | Key of core.models, where the result names a model that we know.
-- column: active_params | Parameters of the model that work on a token, where the publisher states them.
-- column: scenario | Load scenario, for inference.
-- column: batch_size | Most requests, images or videos at the same time, as set; samples of a step in training; where stated.
-- column: training_samples_count | Samples that a training run took, mean over the runs of the result, where logged.
-- column: metric | What value measures.
-- column: value | The result, in the unit of the row; null with value_reason.
-- column: unit | Unit of value.
-- column: value_reason | Why there is no value; null where there is one.
-- column: unit_name | What is counted per second or per joule: token, sample, query, inference, image or video.
-- column: units_per_s | Units per second, where measured.
-- column: latency_s | Time that one request, token or batch takes, where measured: see latency_kind.
-- column: latency_kind | What latency_s is of.
-- column: power_w | Mean power during the run, watts.
-- column: power_reason | Why power and energy are missing although the publisher gives one; else null.
-- column: energy_j | Energy of the whole run, joules.
-- column: joule_per_unit | Energy per unit, joules.
-- column: energy_boundary | What power and energy include: accelerators alone, the system, or the board; of own runs also processors, and
--    "modelled" where no meter was read.
-- column: is_official | True if reviewed and published by the suite's organization.
-- column: is_inferred | True if the publisher derived the row from another result.
-- column: same_runs_as | Key of the row that counts, where this one gives the same runs again; else null.
-- column: is_duplicate | True if another row describes the same run.
-- column: is_default | True for the rows that summaries use: official, not inferred, not repeated, no sweep.
-- column: published_date | Date of publication of the round, where the publisher states it.
-- column: source_id | Source of the result.
-- column: locator | Where in the source.
select
    ml_energy_run_id as benchmark_result_id,
    'ml.energy' as suite,
    round,
    'none' as division,
    'The ML.ENERGY Initiative' as submitter,
    concat(accelerator_count, ' x ', accelerator_name, ', ', publisher_model) as system,
    accelerator_name,
    accelerator_id,
    accelerator_count,
    number_format,
    task as benchmark,
    model_name,
    model_id,
    case when unit_name = 'token' then active_params end as active_params,
    'batch ' || max_batch_size as scenario,
    max_batch_size::double as batch_size,
    null::double as training_samples_count,
    'energy' as metric,
    nullif(joule_per_unit, 0) as value,
    'J/' || unit_name as unit,
    case when joule_per_unit = 0 then 'the publisher gives 0' end as value_reason,
    unit_name,
    units_per_s,
    coalesce(median_token_interval_s, batch_latency_s) as latency_s,
    case when median_token_interval_s is not null then 'between tokens, median' else 'of a batch' end as latency_kind,
    nullif(power_w, 0) as power_w,
    case when power_w = 0 then 'the publisher gives 0 watts' end as power_reason,
    null::double as energy_j,
    nullif(joule_per_unit, 0) as joule_per_unit,
    'accelerators' as energy_boundary,
    true as is_official,
    false as is_inferred,
    null::varchar as same_runs_as,
    false as is_duplicate,
    true as is_default,
    measured_date as published_date,
    source_id,
    locator
from core.ml_energy_runs
union all by name
select
    inferencex_run_id as benchmark_result_id,
    'inferencex' as suite,
    'nightly' as round,
    'none' as division,
    'SemiAnalysis' as submitter,
    concat_ws(', ', concat(accelerator_count, ' x ', accelerator_name), framework, speculation, case when is_disaggregated then 'disaggregated' end)
        as system,
    accelerator_name,
    accelerator_id,
    accelerator_count,
    number_format,
    concat(prompt_tokens, ' in, ', answer_tokens, ' out') as benchmark,
    model_name,
    model_id,
    null::double as active_params,
    'concurrency ' || concurrency_count as scenario,
    concurrency_count::double as batch_size,
    null::double as training_samples_count,
    'throughput' as metric,
    output_tokens_per_s as value,
    'token/s' as unit,
    null::varchar as value_reason,
    'token' as unit_name,
    output_tokens_per_s as units_per_s,
    median_token_interval_s as latency_s,
    'between tokens, median' as latency_kind,
    power_w,
    power_problem as power_reason,
    null::double as energy_j,
    joule_per_token as joule_per_unit,
    case when power_w is not null then 'accelerators' end as energy_boundary,
    true as is_official,
    false as is_inferred,
    null::varchar as same_runs_as,
    false as is_duplicate,
    speed_problem is null as is_default,
    measured_date as published_date,
    source_id,
    locator
from core.inferencex_runs
where output_tokens_per_s > 0
union all by name
select
    benchmark_result_id,
    suite,
    round,
    division,
    submitter,
    system,
    coalesce(accelerator_name, processor_name) as accelerator_name,
    accelerator_id,
    accelerator_count,
    number_format,
    benchmark,
    model_name,
    null::varchar as model_id,
    null::double as active_params,
    scenario,
    null::double as batch_size,
    null::double as training_samples_count,
    metric,
    value,
    unit,
    value_reason,
    unit_name,
    case when metric = 'throughput' then value end as units_per_s,
    case when unit = 'ms' then value / 1000 end as latency_s,
    case when unit = 'ms' then 'of a query, high percentile' end as latency_kind,
    power_w,
    power_reason,
    null::double as energy_j,
    joule_per_unit,
    case when coalesce(power_w, joule_per_unit) is not null then 'system' end as energy_boundary,
    is_official,
    is_inferred,
    same_runs_as,
    is_duplicate,
    is_default,
    published_date,
    source_id,
    locator
from core.mlperf_inference_runs
union all by name
select
    benchmark_result_id,
    suite,
    round,
    division,
    submitter,
    system,
    coalesce(accelerator_name, processor_name) as accelerator_name,
    accelerator_id,
    accelerator_count,
    null::varchar as number_format,
    benchmark,
    null::varchar as model_name,
    null::varchar as model_id,
    null::double as active_params,
    scenario,
    null::double as batch_size,
    null::double as training_samples_count,
    metric,
    value,
    unit,
    value_reason,
    unit_name,
    case when metric = 'throughput' then value end as units_per_s,
    null::double as latency_s,
    null::varchar as latency_kind,
    power_w,
    null::varchar as power_reason,
    case when benchmark = 'sww' then energy_j end as energy_j,
    joule_per_unit,
    case when metric = 'energy' then 'board' end as energy_boundary,
    is_official,
    is_inferred,
    null::varchar as same_runs_as,
    is_duplicate,
    is_default,
    published_date,
    source_id,
    locator
from core.mlperf_tiny_runs
union all by name
select
    t.mlperf_training_run_id as benchmark_result_id,
    t.suite,
    t.round,
    t.division,
    t.submitter,
    coalesce(t.system_name, t.system) as system,
    t.accelerator_name,
    t.accelerator_id,
    t.accelerator_count::bigint as accelerator_count,
    null::varchar as number_format,
    t.benchmark,
    null::varchar as model_name,
    null::varchar as model_id,
    null::double as active_params,
    null::varchar as scenario,
    t.global_batch_size::double as batch_size,
    s.samples_count as training_samples_count,
    'time to train' as metric,
    t.value,
    'minute' as unit,
    t.score_reason as value_reason,
    null::varchar as unit_name,
    null::double as units_per_s,
    null::double as latency_s,
    null::varchar as latency_kind,
    nullif(t.power_w, 0) as power_w,
    case when t.energy_j = 0 then 'the power logs give 0 joules' end as power_reason,
    nullif(t.energy_j, 0) as energy_j,
    null::double as joule_per_unit,
    case when t.energy_j is not null then 'system' end as energy_boundary,
    true as is_official,
    false as is_inferred,
    t.same_runs_as,
    t.is_duplicate,
    t.value is not null and not t.is_duplicate and t.division = 'closed' as is_default,
    t.published_date,
    t.source_id,
    t.locator
from core.mlperf_training_runs as t
left join core.mlperf_training_samples as s on t.mlperf_training_run_id = s.mlperf_training_run_id
union all by name
select
    mlperf_training_run_id as benchmark_result_id,
    'mlperf training' as suite,
    round,
    division,
    submitter,
    system,
    accelerator_name,
    accelerator_id,
    accelerator_count,
    null::varchar as number_format,
    benchmark,
    null::varchar as model_name,
    null::varchar as model_id,
    null::double as active_params,
    null::varchar as scenario,
    null::double as batch_size,
    null::double as training_samples_count,
    'time to train' as metric,
    value,
    unit,
    value_reason,
    null::varchar as unit_name,
    null::double as units_per_s,
    null::double as latency_s,
    null::varchar as latency_kind,
    null::double as power_w,
    null::varchar as power_reason,
    null::double as energy_j,
    null::double as joule_per_unit,
    null::varchar as energy_boundary,
    true as is_official,
    false as is_inferred,
    null::varchar as same_runs_as,
    false as is_duplicate,
    value is not null and division = 'closed' as is_default,
    published_date,
    source_id,
    locator
from core.mlperf_training_published
order by benchmark_result_id
