-- One row per language model, accelerator, number format, task and boundary: measured energy of an output token over all settings.
-- key: model_name, accelerator_id, number_format, suite, benchmark, energy_boundary
-- column: model_id | Key of core.models, where the model is one that we know.
-- column: active_params | Parameters that work on a token.
-- column: accelerator_id | Key of mart.accelerators.
-- column: number_format | Format of the weights; not stated where the result names none.
-- column: energy_boundary | What the energy includes: accelerators alone, or the system.
-- column: result_count | Results.
-- column: least_joule_per_token | Least of all settings.
-- column: median_joule_per_token | Median of all settings.
-- column: most_joule_per_token | Most of all settings.
-- column: most_frugal_batch_size | Most requests at the same time in the most frugal setting, as set, where stated.
-- column: most_frugal_accelerator_count | Accelerators in the most frugal setting.
-- column: nearest_to_64_joule_per_token | Energy in the setting whose batch is nearest to 64, where batches are stated.
-- column: benchmark_result_id | Key of the most frugal result in mart.benchmark_runs.
select
    r.model_name,
    min(r.model_id) as model_id,
    min(r.active_params) as active_params,
    r.accelerator_id,
    coalesce(r.number_format, 'not stated') as number_format,
    r.suite,
    r.benchmark,
    r.energy_boundary,
    count(r.benchmark_result_id) as result_count,
    min(r.joule_per_unit) as least_joule_per_token,
    median(r.joule_per_unit) as median_joule_per_token,
    max(r.joule_per_unit) as most_joule_per_token,
    arg_min(r.batch_size, (r.joule_per_unit, r.benchmark_result_id)) as most_frugal_batch_size,
    arg_min(r.accelerator_count, (r.joule_per_unit, r.benchmark_result_id)) as most_frugal_accelerator_count,
    arg_min(r.joule_per_unit, (abs(ln(r.batch_size / 64)), r.joule_per_unit)) filter (where r.batch_size > 0) as nearest_to_64_joule_per_token,
    arg_min(r.benchmark_result_id, (r.joule_per_unit, r.benchmark_result_id)) as benchmark_result_id
from core.benchmark_results as r
where
    r.unit_name = 'token'
    and r.joule_per_unit > 0
    and r.is_default
    and r.model_name is not null
    and r.accelerator_id is not null
group by r.model_name, r.accelerator_id, coalesce(r.number_format, 'not stated'), r.suite, r.benchmark, r.energy_boundary
order by r.model_name, r.accelerator_id, number_format, r.suite, r.benchmark, r.energy_boundary
