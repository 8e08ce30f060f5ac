-- One row per case of serving: memory, work, bounds, time, energy, rent and carbon of an output token. Figures are null where the
-- model does not fit. A mixture of experts reads the experts that its batch touches, stores all, and computes with the active ones.
-- key: model_id, accelerator_id, weight_bits, batch_size
-- column: context_tokens | Tokens in the cache of each sequence, on average.
-- column: weight_bytes | Memory of the weights.
-- column: kv_cache_bytes_per_token | KV-cache memory per token.
-- column: sequence_bytes | Memory of the cache and the states of one sequence.
-- column: needed_bytes | Memory of weights with workspace and of all sequences.
-- column: accelerators_needed | Accelerators with enough memory, in groups of a power of two.
-- column: accelerator_count | Accelerators that the estimate is for.
-- column: fits | True if the model fits these accelerators and one server has enough of them.
-- column: read_bytes | Bytes that one decoding step reads: weights that the batch touches, caches and states.
-- column: flop_per_token | Work of decoding one token, attention over the context included.
-- column: decode_floor_s | Least time of a decoding step by memory bandwidth.
-- column: compute_floor_s | Least time of a decoding step by the dense peak.
-- column: bound_by | bandwidth or compute, whichever is slower.
-- column: tokens_per_s_bound | Most output tokens per second of the whole batch, prompts not counted.
-- interval: tokens_per_s | Estimate of the output tokens per second of the whole batch, prompts read in between.
-- interval: joule_per_token | Energy of the accelerators per output token, share of the prompt included.
-- interval: facility_joule_per_token | The same of the whole service, data centre included; a small device is the whole.
-- interval: usd_per_million_tokens | Rent of the accelerators per million output tokens.
-- interval: location_co2e_kg_per_million_tokens | Emissions of the electricity per million output tokens.
with sized as (
    select
        c.*,
        h.number_format,
        h.compute_format,
        h.peak_flop_per_s,
        h.memory_bandwidth_bytes_per_s,
        h.usable_memory_bytes,
        h.tdp_w,
        h.segment,
        case
            when h.rental_usd_per_chip_hour is not null
                then uncertain(h.rental_usd_per_chip_hour_low, h.rental_usd_per_chip_hour, h.rental_usd_per_chip_hour_high)
        end as rental,
        i as given, -- noqa: RF02
        w.central as bits,
        weight_bytes_of(s.total_params, w.central) as weight_bytes,
        kv_cache_bytes_per_token_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.cached_values_count, i.cache_bits.value
        ) as kv_cache_bytes_per_token,
        kv_cache_bytes_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.cached_values_count,
            i.cache_bits.value, c.context_tokens
        ) + recurrent_state_bytes_of(s.recurrent_layers_count, s.recurrent_state_count, i.state_bits.value) as sequence_bytes,
        params_read_of(s.total_params, s.active_params, s.experts_count, s.experts_per_token_count, c.batch_size) as params_read,
        decode_flop_per_token_of(
            s.active_params,
            attention_flop_per_token_of(
                s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
                s.head_dimension, s.kv_lora_dimension, s.rope_dimension, c.context_tokens
            )
        ) as flop_per_token
    from core.inference_scenarios as c
    inner join core.model_shapes as s on c.model_id = s.model_id
    inner join core.inference_hardware as h on c.accelerator_id = h.accelerator_id and c.weight_bits = h.weight_bits
    inner join core.inference_inputs as i on i.model_class = case when s.experts_count is null then 'dense' else 'moe' end
    inner join seeds.assumptions as w on w.name = 'weight_bits' and w.applies_to = c.weight_bits::varchar
),

placed as (
    select
        *,
        weight_bytes_of(params_read, bits) + batch_size * sequence_bytes as read_bytes,
        serving_bytes_of(weight_bytes, given.memory_overhead.value, batch_size, sequence_bytes) as needed_bytes,
        accelerators_needed_of(
            serving_bytes_of(weight_bytes, given.memory_overhead.value, batch_size, sequence_bytes), usable_memory_bytes
        ) as accelerators_needed
    from sized
),

counted as (
    select
        * exclude (accelerator_count),
        coalesce(accelerator_count, accelerators_needed) as accelerator_count,
        coalesce(accelerator_count, accelerators_needed) * usable_memory_bytes >= needed_bytes
        and coalesce(accelerator_count, accelerators_needed) <= given.server_accelerators.value as fits
    from placed
),

bounded as (
    select
        *,
        case when fits then decode_floor_s_of(read_bytes, memory_bandwidth_bytes_per_s, accelerator_count) end as decode_floor_s,
        case when fits then compute_floor_s_of(batch_size * flop_per_token, peak_flop_per_s, accelerator_count) end as compute_floor_s
    from counted
),

timed as (
    select
        *,
        case when decode_floor_s is not null and compute_floor_s is not null then second_per_token_of(
            decode_floor_s, amount(given.bandwidth_efficiency), amount(given.step_overhead), batch_size, compute_floor_s / batch_size,
            amount(given.prompt_ratio), amount(given.compute_efficiency)
        ) end as second_per_token
    from bounded
),

costed as (
    select
        *,
        reciprocal(second_per_token) as rate,
        joule_per_token_of(accelerator_count, tdp_w, amount(given.power_ratio), second_per_token) as energy,
        usd_per_million_tokens_of(accelerator_count, rental, second_per_token) as rent
    from timed
),

served as (
    select
        *,
        case when segment in ('edge', 'mobile') then energy else multiply(energy, amount(given.service_ratio)) end as facility_energy
    from costed
),

emitted as (
    select
        *,
        co2e_kg_per_million_tokens_of(facility_energy, amount(given.grid_intensity)) as carbon
    from served
)

select
    model_id,
    accelerator_id,
    weight_bits,
    batch_size,
    number_format,
    compute_format,
    context_tokens,
    weight_bytes,
    kv_cache_bytes_per_token,
    sequence_bytes,
    needed_bytes,
    accelerators_needed,
    accelerator_count,
    fits,
    read_bytes,
    flop_per_token,
    decode_floor_s,
    compute_floor_s,
    case when decode_floor_s is null or compute_floor_s is null then null when decode_floor_s >= compute_floor_s then 'bandwidth' else 'compute' end
        as bound_by,
    tokens_per_s_bound_of(batch_size, decode_floor_s, compute_floor_s) as tokens_per_s_bound,
    low_of(rate) as tokens_per_s_low,
    central_of(rate) as tokens_per_s,
    high_of(rate) as tokens_per_s_high,
    low_of(energy) as joule_per_token_low,
    central_of(energy) as joule_per_token,
    high_of(energy) as joule_per_token_high,
    low_of(facility_energy) as facility_joule_per_token_low,
    central_of(facility_energy) as facility_joule_per_token,
    high_of(facility_energy) as facility_joule_per_token_high,
    low_of(rent) as usd_per_million_tokens_low,
    central_of(rent) as usd_per_million_tokens,
    high_of(rent) as usd_per_million_tokens_high,
    low_of(carbon) as location_co2e_kg_per_million_tokens_low,
    central_of(carbon) as location_co2e_kg_per_million_tokens,
    high_of(carbon) as location_co2e_kg_per_million_tokens_high
from emitted
order by model_id, accelerator_id, weight_bits, batch_size
