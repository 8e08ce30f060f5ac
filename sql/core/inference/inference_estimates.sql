-- One row per case of serving, of the grid those that fit: memory, work, bounds, time, energy, rent and carbon of an output token. Figures
-- are null where the model does not fit. A mixture of experts reads the experts that its users touch, stores all, and computes with the active ones.
-- Accelerators of data centres follow the model fitted to measured serving; other devices bandwidth and peak with usual efficiencies, which
-- is closer to their measured speeds.
-- key: model_id, accelerator_id, weight_bits, workload, batch_size, asked_count
-- column: weight_bytes | Memory of the weights.
-- column: kv_cache_bytes_per_token | KV-cache memory per token.
-- column: sequence_bytes | Memory of the cache and the states of one user.
-- column: needed_bytes | Memory of weights with workspace and of all users, one copy of the model.
-- column: accelerators_needed | Accelerators with enough memory, in groups of a power of two.
-- column: accelerator_count | Accelerators that the estimate is for.
-- column: decode_count | Accelerators that write answers: all, unless others read the prompts.
-- column: group_count | Accelerators that share one copy of the model; more accelerators hold more copies.
-- column: parallelism | How a copy fits: single, tensor, expert or pipeline (macro parallelism_of); null where it does not.
-- column: fits | True if the model fits these accelerators, and one copy of it one fast interconnect.
-- column: read_bytes | Bytes that one decoding step of a copy reads: weights that its users touch, caches and states.
-- column: flop_per_token | Work of decoding one token, attention over the context included.
-- column: decode_floor_s | Least time of a decoding step by memory bandwidth.
-- column: compute_floor_s | Least time of a decoding step by the dense peak.
-- column: bound_by | bandwidth or compute, whichever is slower.
-- column: tokens_per_s_bound | Most output tokens per second of all users, prompts not counted.
-- column: structural_s | Time of an accelerator per output token by bandwidth and peaks, share of the prompt included.
-- column: fitted_ratio | Estimated time over structural_s: what the fit adds.
-- interval: tokens_per_s | Estimate of the output tokens per second of all users, prompts read in between.
-- interval: joule_per_token | Energy of the accelerators per output token, share of the prompt included.
-- interval: facility_joule_per_token | The same of the whole service, data centre and idle time included; a small device is the whole.
-- interval: usd_per_million_tokens | Rent of the accelerators per million output tokens, idle time included.
-- interval: location_co2e_kg_per_million_tokens | Emissions of the electricity per million output tokens.
-- interval: embodied_co2e_kg_per_million_tokens | Share of hardware manufacturing emissions per million output tokens, idle time included; null for
--    devices that are not of data centres.
-- interval: water_l_per_million_tokens | Water evaporated on site and for the electricity per million output tokens; null for devices that are not of
--    data centres.
-- column: method | serving_fit or roofline_with_efficiencies.
-- check: no_bound_is_faster_than_hardware | select * from core.inference_estimates where tokens_per_s_high > tokens_per_s_bound * 1.0001
with sized as (
    select
        c.*,
        h.number_format,
        h.compute_format,
        h.peak_flop_per_s,
        h.memory_bandwidth_bytes_per_s,
        h.usable_memory_bytes,
        h.tdp_w,
        h.embodied_kg_per_accelerator,
        h.segment,
        h.is_stand_alone,
        h.vendor = 'AMD' as is_amd,
        d.interconnect_domain_count as domain_count,
        case
            when h.rental_usd_per_chip_hour is not null
                then uncertain(h.rental_usd_per_chip_hour_low, h.rental_usd_per_chip_hour, h.rental_usd_per_chip_hour_high)
        end as rental,
        i as given, -- noqa: RF02
        k.coefficients as fitted,
        uncertain(k.time_error_ratio_low, k.time_error_ratio, k.time_error_ratio_high) as time_error,
        uncertain(k.energy_error_ratio_low, k.energy_error_ratio, k.energy_error_ratio_high) as energy_error,
        w.central as bits,
        s.total_params,
        s.active_params,
        s.experts_count,
        s.experts_per_token_count,
        s.layers_count,
        s.kv_heads_count,
        s.kv_lora_dimension,
        weight_bytes_of(s.total_params, w.central) as weight_bytes,
        kv_cache_bytes_per_token_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.cached_values_count, i.cache_bits.value
        ) as kv_cache_bytes_per_token,
        kv_cache_bytes_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.cached_values_count,
            i.cache_bits.value, c.context_tokens
        ) + recurrent_state_bytes_of(s.recurrent_layers_count, s.recurrent_state_count, i.state_bits.value) as sequence_bytes,
        decode_flop_per_token_of(
            s.active_params,
            attention_flop_per_token_of(
                s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
                s.head_dimension, s.kv_lora_dimension, s.rope_dimension, c.context_tokens
            )
        ) as flop_per_token,
        prefill_flop_of(
            s.active_params,
            attention_flop_per_token_of(
                s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
                s.head_dimension, s.kv_lora_dimension, s.rope_dimension, c.prompt_tokens
            ),
            c.prompt_tokens
        ) as prompt_flop
    from core.inference_scenarios as c
    inner join core.model_shapes as s on c.model_id = s.model_id
    inner join core.inference_hardware as h on c.accelerator_id = h.accelerator_id and c.weight_bits = h.weight_bits
    inner join core.interconnect_domains as d on c.accelerator_id = d.accelerator_id
    inner join core.inference_inputs as i on i.model_class = case when s.experts_count is null then 'dense' else 'moe' end
    inner join seeds.assumptions as w on w.name = 'weight_bits' and w.applies_to = c.weight_bits::varchar
    cross join core.serving_coefficients as k
),

placed as (
    select
        *,
        accelerators_needed_of(
            serving_bytes_of(weight_bytes, given.memory_overhead.value, batch_size, sequence_bytes), usable_memory_bytes
        ) as accelerators_needed,
        accelerators_needed_of(
            serving_bytes_of(weight_bytes, given.memory_overhead.value, 1, sequence_bytes), usable_memory_bytes
        ) as least_group,
        greatest(given.server_accelerators.value, domain_count) as most_in_group
    from sized
),

counted as (
    select
        * exclude (accelerator_count, decode_count, group_count),
        group_count is not null as is_group_asked,
        coalesce(accelerator_count, accelerators_needed) as accelerator_count,
        coalesce(decode_count, accelerator_count, accelerators_needed) as decode_count,
        coalesce(
            group_count,
            group_of(coalesce(decode_count, accelerator_count, accelerators_needed), given.server_accelerators.value, least_group)
        ) as group_count
    from placed
),

shared as (
    select
        *,
        users_a_copy_of(batch_size, decode_count, group_count) as users,
        serving_bytes_of(
            weight_bytes, given.memory_overhead.value, users_a_copy_of(batch_size, decode_count, group_count), sequence_bytes
        ) as needed_bytes
    from counted
),

read as (
    select
        *,
        group_count * usable_memory_bytes >= needed_bytes
        and (group_count <= most_in_group or is_group_asked)
        and (accelerator_count <= most_in_group or (asked_count > 0 and segment = 'datacentre')) as fits,
        weight_bytes_of(params_read_of(total_params, active_params, experts_count, experts_per_token_count, users), bits) as read_weight_bytes
    from shared
),

bounded as (
    select
        *,
        cache_copies_of(group_count, given.server_accelerators.value, kv_heads_count, kv_lora_dimension) as cache_copies_count,
        read_weight_bytes + users * sequence_bytes as read_bytes,
        case
            when fits then decode_floor_s_of(read_weight_bytes + users * sequence_bytes, memory_bandwidth_bytes_per_s, group_count)
        end as decode_floor_s,
        case when fits then compute_floor_s_of(users * flop_per_token, peak_flop_per_s, group_count) end as compute_floor_s,
        case when fits then weights_s_of(read_weight_bytes, memory_bandwidth_bytes_per_s, users) end as weights_s,
        case when fits then sequence_bytes / memory_bandwidth_bytes_per_s end as cache_s,
        case when fits then flop_per_token / peak_flop_per_s end as operations_s,
        case when fits then prompt_s_of(prompt_flop, cached_prompt_fraction, answer_tokens, peak_flop_per_s) end as prompt_s,
        case when is_speculative then given.step_tokens.value else 1 end as step_tokens
    from read
),

structural as (
    select
        *,
        serving_floor_s_of(
            weights_s, cache_s, operations_s, prompt_s, step_tokens, idle_copies_ratio_of(batch_size, decode_count, group_count)
        ) as structural_s
    from bounded
),

timed as (
    select
        *,
        case
            when structural_s is null then null
            when segment = 'datacentre'
                then
                    no_less_than(
                        scaled(
                            time_error,
                            serving_s_of(
                                fitted,
                                together_s_of(
                                    decode_s_of(
                                        fitted, weights_s, cache_s, operations_s, layer_steps_of(group_count, layers_count, users), group_count,
                                        cache_copies_count, domain_count,
                                        experts_count is not null,
                                        weight_bits = 8, is_speculative, idle_copies_ratio_of(batch_size, decode_count, group_count)
                                    ),
                                    prompt_s * fitted.prompt_ratio, accelerator_count, decode_count, fitted.parts_exponent
                                ),
                                layers_count, software_ratio_of(fitted, software, is_amd, software_years), structural_s
                            )
                        ),
                        structural_s
                    )
            else multiply(
                exactly(accelerator_count),
                second_per_token_of(
                    decode_floor_s, amount(given.bandwidth_efficiency), amount(given.step_overhead), batch_size,
                    operations_s / accelerator_count, exactly(prompt_tokens / answer_tokens),
                    amount(given.compute_efficiency)
                )
            )
        end as accelerator_s
    from structural
),

costed as (
    select
        *,
        multiply(exactly(accelerator_count), reciprocal(accelerator_s)) as rate,
        case
            when segment = 'datacentre'
                then
                    multiply(
                        exactly(serving_joule_of(fitted, tdp_w, central_of(accelerator_s), weights_s, cache_s, operations_s, prompt_s)), energy_error
                    )
            else joule_per_token_of(1, tdp_w, amount(given.power_ratio), accelerator_s)
        end as energy,
        usd_per_million_tokens_of(1, rental, multiply(exactly(1 / (1 - idle_fraction)), accelerator_s)) as rent
    from timed
),

served as (
    select
        *,
        case
            when segment in ('edge', 'mobile') then energy
            when idle_fraction > 0
                then
                    multiply(
                        add_up(energy, joule_per_token_of(idle_fraction / (1 - idle_fraction), tdp_w, amount(given.idle_power_ratio), accelerator_s)),
                        amount(given.service_ratio)
                    )
            else multiply(energy, amount(given.service_ratio))
        end as facility_energy
    from costed
),

emitted as (
    select
        *,
        co2e_kg_per_million_tokens_of(facility_energy, amount(given.grid_intensity)) as carbon,
        case
            when segment = 'datacentre'
                then
                    embodied_co2e_kg_of(
                        multiply(exactly(1e6 / 3600 / (1 - idle_fraction)), accelerator_s), amount(embodied_kg_per_accelerator),
                        amount(given.embodied_kg_per_server), amount(given.embodied_lifetime), amount(given.fleet_utilisation)
                    )
        end as embodied,
        case
            when segment = 'datacentre'
                then
                    water_l_per_million_tokens_of(facility_energy, amount(given.pue), amount(given.wue_onsite), amount(given.wue_offsite))
        end as water
    from served
)

select
    model_id,
    accelerator_id,
    weight_bits,
    workload,
    batch_size,
    asked_count,
    number_format,
    compute_format,
    prompt_tokens,
    answer_tokens,
    cached_prompt_fraction,
    context_tokens,
    software,
    is_speculative,
    idle_fraction,
    weight_bytes,
    kv_cache_bytes_per_token,
    sequence_bytes,
    needed_bytes,
    accelerators_needed,
    accelerator_count,
    decode_count,
    group_count,
    case
        when fits
            then
                parallelism_of(
                    group_count, most_in_group,
                    serving_bytes_of(weight_bytes, given.memory_overhead.value, users, sequence_bytes * cache_copies_count),
                    group_count * usable_memory_bytes, experts_count is not null
                )
    end as parallelism,
    fits,
    read_bytes,
    flop_per_token,
    decode_floor_s,
    compute_floor_s,
    case when decode_floor_s is null or compute_floor_s is null then null when decode_floor_s >= compute_floor_s then 'bandwidth' else 'compute' end
        as bound_by,
    tokens_per_s_bound_of(users * copies_of_model_of(decode_count, group_count), decode_floor_s, compute_floor_s) * step_tokens
    / idle_copies_ratio_of(batch_size, decode_count, group_count) as tokens_per_s_bound,
    structural_s,
    (central_of(accelerator_s) / structural_s)::float as fitted_ratio,
    low_of(rate)::float as tokens_per_s_low,
    central_of(rate)::float as tokens_per_s,
    high_of(rate)::float as tokens_per_s_high,
    low_of(energy)::float as joule_per_token_low,
    central_of(energy)::float as joule_per_token,
    high_of(energy)::float as joule_per_token_high,
    low_of(facility_energy)::float as facility_joule_per_token_low,
    central_of(facility_energy)::float as facility_joule_per_token,
    high_of(facility_energy)::float as facility_joule_per_token_high,
    low_of(rent)::float as usd_per_million_tokens_low,
    central_of(rent)::float as usd_per_million_tokens,
    high_of(rent)::float as usd_per_million_tokens_high,
    low_of(carbon)::float as location_co2e_kg_per_million_tokens_low,
    central_of(carbon)::float as location_co2e_kg_per_million_tokens,
    high_of(carbon)::float as location_co2e_kg_per_million_tokens_high,
    low_of(embodied)::float as embodied_co2e_kg_per_million_tokens_low,
    central_of(embodied)::float as embodied_co2e_kg_per_million_tokens,
    high_of(embodied)::float as embodied_co2e_kg_per_million_tokens_high,
    low_of(water)::float as water_l_per_million_tokens_low,
    central_of(water)::float as water_l_per_million_tokens,
    high_of(water)::float as water_l_per_million_tokens_high,
    case when segment = 'datacentre' then 'serving_fit' else 'roofline_with_efficiencies' end as method
from emitted
where fits or workload = 'standard'
order by model_id, accelerator_id, weight_bits, workload, batch_size, asked_count
