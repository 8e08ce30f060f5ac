-- One row per measured speed of a model on one device that serves one user, beside our bound and our estimate at the same number of
-- cached tokens. A bound holds for the nominal bits of the weights; the estimate is that of serving, without prompts.
-- key: local_speed_id
-- column: weight_bits | Nominal bits of a weight.
-- column: cached_tokens | Tokens in the cache on average while generating; as far as the publisher says.
-- column: fits | True if weights with workspace and cache fit what a model may fill of the memory.
-- column: measured_tokens_per_s | Output tokens per second as measured.
-- column: tokens_per_s_bound | Most output tokens per second by memory bandwidth and dense peak.
-- column: bound_ratio | Measured over bound.
-- interval: tokens_per_s | Our estimate.
-- column: measured_ratio | Measured over estimated, central value.
-- column: is_covered | True if the measured speed lies in the interval of the estimate.
-- column: measured_prompt_tokens_per_s | Prompt tokens read per second as measured.
-- column: prompt_bound_tokens_per_s | Most prompt tokens per second by the fastest dense peak of a format with at least these bits; null where
--    the device has matrix units for floating point whose dense peak in such a format is not known.
-- column: prompt_bound_ratio | Measured over bound, of the prompt.
-- check: no_speed_is_above_its_bound | select * from core.local_speeds where bound_ratio > 1
-- check: a_prompt_above_its_bound_says_why | select * from core.local_speeds where prompt_bound_ratio > 1 and note is null
-- check: every_measured_model_and_device_is_known | select local_speed_id from seeds.local_speeds anti join core.local_speeds using (local_speed_id)
with widths as (
    select distinct weight_bits
    from core.inference_hardware
),

matrix_units as (
    select distinct accelerator_id
    from core.accelerator_peaks
    where is_tensor and not starts_with(number_format, 'int')
),

peaks as (
    select
        w.weight_bits,
        p.accelerator_id,
        max(p.peak_flop_per_s) as peak_flop_per_s
    from core.accelerator_peaks as p
    inner join widths as w on nominal_bits_of(p.number_format) >= w.weight_bits
    left join matrix_units as u on p.accelerator_id = u.accelerator_id
    where not p.is_sparse and (p.is_tensor or u.accelerator_id is null)
    group by w.weight_bits, p.accelerator_id
),

measured as (
    select
        *,
        nominal_bits_of(number_format) as weight_bits,
        coalesce(context_tokens, 0) + coalesce(output_tokens, 0) / 2 as cached_tokens
    from seeds.local_speeds
),

placed as (
    select
        m.*,
        i as given, -- noqa: RF02
        h.memory_bandwidth_bytes_per_s,
        h.peak_flop_per_s,
        h.usable_memory_bytes,
        p.peak_flop_per_s as prompt_peak_flop_per_s,
        s.active_params,
        weight_bytes_of(s.total_params, w.central) as weight_bytes,
        weight_bytes_of(params_read_of(s.total_params, s.active_params, s.experts_count, s.experts_per_token_count, 1), w.central)
            as read_weight_bytes,
        kv_cache_bytes_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.cached_values_count,
            i.cache_bits.value, m.cached_tokens
        ) + recurrent_state_bytes_of(s.recurrent_layers_count, s.recurrent_state_count, i.state_bits.value) as sequence_bytes,
        attention_flop_per_token_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
            s.head_dimension, s.kv_lora_dimension, s.rope_dimension, m.cached_tokens
        ) as attention_flop,
        attention_flop_per_token_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
            s.head_dimension, s.kv_lora_dimension, s.rope_dimension, m.prompt_tokens
        ) as prompt_attention_flop
    from measured as m
    inner join core.model_shapes as s on m.model_id = s.model_id
    inner join core.inference_hardware as h on m.accelerator_id = h.accelerator_id and m.weight_bits = h.weight_bits
    inner join core.inference_inputs as i on i.model_class = case when s.experts_count is null then 'dense' else 'moe' end
    inner join seeds.assumptions as w on w.name = 'weight_bits' and w.applies_to = m.weight_bits::varchar
    left join peaks as p on m.accelerator_id = p.accelerator_id and m.weight_bits = p.weight_bits
),

floors as (
    select
        *,
        decode_floor_s_of(read_weight_bytes + sequence_bytes, memory_bandwidth_bytes_per_s, 1) as decode_floor_s,
        compute_floor_s_of(decode_flop_per_token_of(active_params, attention_flop), peak_flop_per_s, 1) as compute_floor_s,
        prompt_tokens
        / compute_floor_s_of(prefill_flop_of(active_params, prompt_attention_flop, prompt_tokens), prompt_peak_flop_per_s, 1)
            as prompt_bound_tokens_per_s
    from placed
),

timed as (
    select
        *,
        tokens_per_s_bound_of(1, decode_floor_s, compute_floor_s) as tokens_per_s_bound,
        reciprocal(
            second_per_token_of(
                decode_floor_s, amount(given.bandwidth_efficiency), amount(given.step_overhead), 1, coalesce(compute_floor_s, 0), exactly(0),
                amount(given.compute_efficiency)
            )
        ) as rate
    from floors
)

select
    local_speed_id,
    model_id,
    accelerator_id,
    device,
    runtime,
    weight_format,
    weight_bits,
    prompt_tokens,
    output_tokens,
    cached_tokens,
    serving_bytes_of(weight_bytes, given.memory_overhead.value, 1, sequence_bytes) <= usable_memory_bytes as fits,
    tokens_per_s as measured_tokens_per_s,
    tokens_per_s_bound,
    tokens_per_s / tokens_per_s_bound as bound_ratio,
    low_of(rate) as tokens_per_s_low,
    central_of(rate) as tokens_per_s,
    high_of(rate) as tokens_per_s_high,
    tokens_per_s / central_of(rate) as measured_ratio,
    tokens_per_s between low_of(rate) and high_of(rate) as is_covered,
    prompt_tokens_per_s as measured_prompt_tokens_per_s,
    prompt_bound_tokens_per_s,
    prompt_tokens_per_s / prompt_bound_tokens_per_s as prompt_bound_ratio,
    peak_system_power_w,
    published_date,
    source_id,
    locator,
    verified,
    note
from timed
order by local_speed_id
