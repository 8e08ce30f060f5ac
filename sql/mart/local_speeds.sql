-- One row per measured speed of a language model on one device that serves one user, beside our upper bound and our estimate at the
-- same number of cached tokens: computers, phones, boards and single accelerators that people run models on.
-- key: local_speed_id
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: verified | How the row was checked: seen in the source, or cited by another work (secondary).
select
    s.local_speed_id,
    s.model_id,
    m.model_name,
    s.accelerator_id,
    a.accelerator_name,
    a.segment,
    s.device,
    s.runtime,
    s.weight_format,
    s.weight_bits,
    s.prompt_tokens,
    s.output_tokens,
    s.cached_tokens,
    s.fits,
    s.measured_tokens_per_s,
    s.tokens_per_s_bound,
    s.bound_ratio,
    s.tokens_per_s_low,
    s.tokens_per_s,
    s.tokens_per_s_high,
    s.measured_ratio,
    s.is_covered,
    s.measured_prompt_tokens_per_s,
    s.prompt_bound_tokens_per_s,
    s.prompt_bound_ratio,
    s.peak_system_power_w,
    s.published_date,
    s.source_id,
    s.locator,
    s.verified,
    s.note
from core.local_speeds as s
inner join core.models as m on s.model_id = m.model_id
inner join core.accelerators as a on s.accelerator_id = a.accelerator_id
order by s.model_id, s.accelerator_id, s.weight_bits, s.cached_tokens, s.local_speed_id
