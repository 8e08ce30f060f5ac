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

shares as (
    select
        a.accelerator_id,
        any_value(a.memory_bytes) as memory_bytes,
        arg_min(uncertain(s.low, s.central, s.high), list_position([a.segment, 'all'], s.applies_to)) as usable_share
    from core.accelerators as a
    inner join seeds.assumptions as s on s.name = 'usable_memory_share' and list_contains([a.segment, 'all'], s.applies_to)
    where a.memory_bytes is not null
    group by a.accelerator_id
),

fitting as (
    select
        s.accelerator_id,
        w.bits,
        params_that_fit(exactly(s.memory_bytes), s.usable_share, w.bits_per_param) as params
    from shares as s
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
