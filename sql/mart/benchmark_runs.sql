-- One row per benchmark result, in the same columns for every suite: MLPerf Training, Inference and Tiny, ML.ENERGY,
-- InferenceX, and own runs (suite own).
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of the result.
-- column: accelerator_id | Key of mart.accelerators.
-- column: training_flop | Model FLOP of a training run, where its samples were logged and the benchmark fixes their length.
-- column: joule_per_unit | Energy per token, sample, query, inference, image or video, joules.
-- column: joule_per_token | Energy per output token, joules.
-- column: mfu | Model FLOP utilisation of a training run, where its operations are known.
select
    r.benchmark_result_id,
    r.suite,
    r.round,
    r.division,
    r.submitter,
    r.system,
    r.accelerator_name,
    r.accelerator_id,
    r.accelerator_count,
    r.benchmark,
    r.model_id,
    r.model_name,
    r.scenario,
    r.batch_size,
    r.number_format,
    r.metric,
    r.value,
    r.unit,
    r.value_reason,
    r.unit_name,
    r.units_per_s,
    r.latency_s,
    r.latency_kind,
    d.chip_minutes,
    d.training_flop,
    r.power_w,
    r.power_reason,
    d.power_to_tdp_ratio,
    r.energy_j,
    r.energy_boundary,
    r.joule_per_unit,
    d.joule_per_token,
    d.mfu,
    d.peak_format,
    d.is_format_stated,
    d.utilisation_reason,
    d.output_utilisation_ratio,
    d.usd_per_million_units_low,
    d.usd_per_million_units,
    d.usd_per_million_units_high,
    r.is_official,
    r.is_inferred,
    r.same_runs_as,
    r.is_duplicate,
    r.is_default,
    r.is_curated,
    r.published_date,
    r.source_id,
    r.locator,
    r.verified
from core.benchmark_results as r
inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
order by r.suite, r.round, r.benchmark, r.scenario, r.accelerator_id, r.accelerator_count, r.benchmark_result_id
