-- One row per measured speed or energy of serving and fit that has not seen its model, or its accelerator: the estimate at the same operating point,
-- with the bounds of that fit, beside EcoLogits' where energy was measured.
-- key: serving_point_id, quantity, held_back_kind
-- column: serving_point_id | Key of core.serving_points.
-- column: quantity | tokens_per_s_per_accelerator or joule_per_token (accelerators, output token).
-- column: held_back_kind | What the fit has not seen: the model's shape, or the accelerator.
-- column: unit | token/s or J/token.
-- column: measured_value | Measured value, in unit.
-- interval: value | Estimate.
-- column: floor_value | Most tokens per second by bandwidth and peaks; null for energy.
-- column: ecologits_value | EcoLogits' estimate, its GPUs alone.
-- check: nothing_is_faster_than_its_bound | select * from core.serving_scores where quantity = 'tokens_per_s_per_accelerator' and value > floor_value * 1.0001
with fits as (
    select
        held_back_kind,
        held_back,
        time_low_ratio,
        time_high_ratio,
        energy_low_ratio,
        energy_high_ratio,
        {
            'weight_ratio': weight_ratio,
            'cache_ratio': cache_ratio,
            'operation_ratio': operation_ratio,
            'prompt_ratio': prompt_ratio,
            'layer_s': layer_s,
            'token_layer_s': token_layer_s,
            'group_exponent': group_exponent,
            'moe_weight_ratio': moe_weight_ratio,
            'eight_bit_weight_ratio': eight_bit_weight_ratio,
            'cache_copies_exponent': cache_copies_exponent,
            'link_ratio': link_ratio,
            'speculation_ratio': speculation_ratio,
            'parts_exponent': parts_exponent,
            'amd_ratio': amd_ratio,
            'stock_ratio': stock_ratio,
            'benchmark_ratio': benchmark_ratio,
            'yearly_ratio': yearly_ratio,
            'time_power_fraction': time_power_fraction,
            'byte_power_fraction': byte_power_fraction,
            'operation_power_fraction': operation_power_fraction
        } as c
    from core.serving_fit
    where held_back is not null
),

unseen as (
    select
        p.*,
        f.*,
        serving_floor_s_of(p.weights_s, p.cache_s, p.operations_s, p.prompt_s, p.step_tokens, p.idle_copies_ratio) as floor_s
    from core.serving_points as p
    inner join fits as f
        on
            (f.held_back_kind = 'model' and p.shape = f.held_back)
            or (f.held_back_kind = 'accelerator' and p.accelerator_id = f.held_back)
),

timed as (
    select
        *,
        serving_s_of(
            c,
            together_s_of(
                decode_s_of(
                    c,
                    weights_s,
                    cache_s,
                    operations_s,
                    layer_steps_count,
                    group_count,
                    cache_copies_count,
                    domain_count,
                    is_moe,
                    weight_bits = 8,
                    is_speculative,
                    idle_copies_ratio
                ),
                prompt_s * c.prompt_ratio, accelerator_count, decode_count, c.parts_exponent
            ),
            layers_count, software_ratio_of(c, software, is_amd, software_years), floor_s
        ) as serving_s
    from unseen
),

answered as (
    select
        serving_point_id,
        'tokens_per_s_per_accelerator' as quantity,
        held_back_kind,
        'token/s' as unit,
        measured_tokens_per_s / accelerator_count as measured_value,
        1 / (serving_s * time_high_ratio) as value_low,
        1 / serving_s as value,
        1 / greatest(serving_s * time_low_ratio, floor_s) as value_high,
        1 / floor_s as floor_value
    from timed
    union all by name
    select
        serving_point_id,
        'joule_per_token' as quantity,
        held_back_kind,
        'J/token' as unit,
        measured_joule_per_token as measured_value,
        serving_joule_of(c, tdp_w, serving_s, weights_s, cache_s, operations_s, prompt_s) * energy_low_ratio as value_low,
        serving_joule_of(c, tdp_w, serving_s, weights_s, cache_s, operations_s, prompt_s) as value,
        serving_joule_of(c, tdp_w, serving_s, weights_s, cache_s, operations_s, prompt_s) * energy_high_ratio as value_high,
        null as floor_value
    from timed
    where measured_joule_per_token is not null
)

select
    a.serving_point_id,
    a.quantity,
    a.held_back_kind,
    a.unit,
    a.measured_value,
    a.value_low,
    a.value,
    a.value_high,
    a.floor_value,
    case when a.quantity = 'joule_per_token' then e.ecologits_joule_per_token end as ecologits_value
from answered as a
left join core.ecologits_estimates as e on a.serving_point_id = 'ml.energy/' || e.energy_point_id
order by a.serving_point_id, a.quantity, a.held_back_kind
