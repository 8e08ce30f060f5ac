-- One row per class of models: the assumptions that turn bounds into estimates of time, energy, money and carbon.
-- key: model_class
-- column: model_class | moe for mixtures of experts, dense for all others.
-- column: bandwidth_efficiency | Share of the memory bandwidth that decoding reaches.
-- column: compute_efficiency | Share of the dense peak that tokens in large batches reach.
-- column: step_overhead | Time of a step that is neither memory nor arithmetic.
-- column: prompt_ratio | Prompt tokens read per output token.
-- column: power_ratio | Average power of an accelerator while it serves, over its rated power.
-- column: service_ratio | Energy of the whole service over that of its accelerators.
-- column: grid_intensity | Carbon intensity of the electricity.
-- column: context_tokens | Tokens in the cache of a sequence, on average.
-- column: memory_overhead | Memory of weights with workspace over that of the weights.
-- column: cache_bits | Bits of a number in the cache.
-- column: state_bits | Bits of a number in the state of a recurrent layer.
-- column: server_accelerators | Accelerators in a server.
with assumed as (
    select
        c.model_class,
        a.name,
        arg_max(
            input(
                a.name, a.low, a.central, a.high, a.unit, 'assumed', a.source_id, a.locator, a.verified, a.name || ' for ' || a.applies_to
            ),
            a.applies_to <> 'all'
        ) as assumption
    from (values ('dense'), ('moe')) as c (model_class)
    inner join seeds.assumptions as a on a.applies_to in (c.model_class, 'all')
    group by c.model_class, a.name
)

select
    model_class,
    any_value(assumption) filter (where name = 'bandwidth_efficiency') as bandwidth_efficiency,
    any_value(assumption) filter (where name = 'compute_efficiency') as compute_efficiency,
    any_value(assumption) filter (where name = 'step_overhead_s') as step_overhead,
    any_value(assumption) filter (where name = 'prompt_tokens_per_output_token') as prompt_ratio,
    any_value(assumption) filter (where name = 'inference_power_ratio') as power_ratio,
    any_value(assumption) filter (where name = 'gpu_energy_to_service_energy') as service_ratio,
    any_value(assumption) filter (where name = 'grid_intensity_kg_co2e_per_kwh') as grid_intensity,
    any_value(assumption) filter (where name = 'inference_context_tokens') as context_tokens,
    any_value(assumption) filter (where name = 'inference_memory_overhead_ratio') as memory_overhead,
    any_value(assumption) filter (where name = 'cache_bits') as cache_bits,
    any_value(assumption) filter (where name = 'recurrent_state_bits') as state_bits,
    any_value(assumption) filter (where name = 'accelerators_per_server') as server_accelerators
from assumed
group by model_class
order by model_class
