-- One row per measured speed or energy of serving a language model and way of testing: our estimate at the same operating point by a fit that has not
-- seen the model, or not the accelerator.
-- key: serving_point_id, quantity, held_back_kind
-- column: source | inferencex, ml.energy or mlperf inference.
-- column: serving_point_id | Suite, and the key of the measurement in its table.
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | Accelerators of the system.
-- column: number_format | Format of the weights.
-- column: prompt_tokens | Mean length of a prompt.
-- column: answer_tokens | Mean length of an answer.
-- column: concurrency | Users at the same time in all.
-- column: software | stock, tuned or benchmark.
-- column: quantity | tokens_per_s_per_accelerator or joule_per_token (accelerators, output token).
-- column: held_back_kind | What the fit has not seen: model or accelerator.
-- column: is_held_out | True if the fit has not used the measurement.
-- column: measured_value | Measured value.
-- interval: value | Estimate.
-- column: floor_value | Most tokens per second by bandwidth and peaks; null for energy.
-- column: log10_error | Decimal logarithm of estimate over measured value.
-- column: is_covered | True if the measured value lies in the interval.
-- column: ecologits_value | EcoLogits' estimate of the energy, its GPUs alone.
-- column: ecologits_error_log10 | Decimal logarithm of EcoLogits' estimate over the measured value.
-- column: source_id | Source of the measurement.
-- check: no_measurement_is_above_the_bound | select * from mart.validation_inference where measured_value > floor_value * 1.0001
select
    p.source,
    s.serving_point_id,
    p.model_id,
    p.accelerator_id,
    p.accelerator_count,
    p.number_format,
    p.prompt_tokens,
    p.answer_tokens,
    p.concurrency,
    p.software,
    s.quantity,
    s.held_back_kind,
    true as is_held_out,
    s.measured_value,
    s.value_low,
    s.value,
    s.value_high,
    s.unit,
    s.floor_value,
    log10(s.value / s.measured_value) as log10_error,
    s.measured_value between s.value_low and s.value_high as is_covered,
    s.ecologits_value,
    log10(s.ecologits_value / s.measured_value) as ecologits_error_log10,
    p.source_id,
    p.locator
from core.serving_scores as s
inner join core.serving_points as p on s.serving_point_id = p.serving_point_id
order by p.source, s.serving_point_id, s.quantity, s.held_back_kind
