-- One row per accelerator and number of bits: how many parameters fit its memory.
-- key: accelerator_id, bits
-- column: bits | Bits per parameter.
-- interval: largest_model_params | Parameters whose weights fit.
with widths as (
    select
        applies_to::integer as bits,
        uncertain(low, central, high) as bits_per_param
    from seeds.assumptions
    where name = 'weight_bits'
),

fitting as (
    select
        m.accelerator_id,
        w.bits,
        params_that_fit(
            uncertain(m.usable_memory_bytes_low, m.usable_memory_bytes, m.usable_memory_bytes_high), w.bits_per_param
        ) as params
    from core.accelerator_memory as m
    cross join widths as w
)

select
    accelerator_id,
    bits,
    low_of(params) as largest_model_params_low,
    central_of(params) as largest_model_params,
    high_of(params) as largest_model_params_high
from fitting
order by accelerator_id, bits
