-- One row: the fitted coefficients that estimates of serving use, as a structure that the macros take, and the errors of the fit on measurements
-- that it left out. They are assumptions, so that every build estimates alike; core.serving_fit fits them again where measurements are at hand.
-- key: coefficient_set
-- column: coefficient_set | preferred.
-- column: coefficients | Coefficients by name, for decode_s_of to serving_joule_of.
-- interval: time_error_ratio | Measured over estimated time.
-- interval: energy_error_ratio | Measured over estimated energy.
select
    'preferred' as coefficient_set,
    {
        'weight_ratio': assumed['serving_weight_ratio'].value,
        'cache_ratio': assumed['serving_cache_ratio'].value,
        'operation_ratio': assumed['serving_operation_ratio'].value,
        'prompt_ratio': assumed['serving_prompt_ratio'].value,
        'layer_s': assumed['serving_layer_s'].value,
        'token_layer_s': assumed['serving_token_layer_s'].value,
        'group_exponent': assumed['serving_group_exponent'].value,
        'moe_weight_ratio': assumed['serving_moe_weight_ratio'].value,
        'eight_bit_weight_ratio': assumed['serving_eight_bit_weight_ratio'].value,
        'cache_copies_exponent': assumed['serving_cache_copies_exponent'].value,
        'link_ratio': assumed['serving_link_ratio'].value,
        'speculation_ratio': assumed['serving_speculation_ratio'].value,
        'parts_exponent': assumed['serving_parts_exponent'].value,
        'amd_ratio': assumed['serving_amd_ratio'].value,
        'stock_ratio': assumed['serving_stock_ratio'].value,
        'benchmark_ratio': assumed['serving_benchmark_ratio'].value,
        'yearly_ratio': assumed['serving_yearly_ratio'].value,
        'time_power_fraction': assumed['serving_time_power_fraction'].value,
        'byte_power_fraction': assumed['serving_byte_power_fraction'].value,
        'operation_power_fraction': assumed['serving_operation_power_fraction'].value
    } as coefficients,
    assumed['serving_time_error'].low as time_error_ratio_low,
    assumed['serving_time_error'].value as time_error_ratio,
    assumed['serving_time_error'].high as time_error_ratio_high,
    assumed['serving_energy_error'].low as energy_error_ratio_low,
    assumed['serving_energy_error'].value as energy_error_ratio,
    assumed['serving_energy_error'].high as energy_error_ratio_high
from core.assumption_sets
where subject_kind = 'class' and subject_id = 'all'
