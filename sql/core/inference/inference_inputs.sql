-- One row per class of models: the assumptions that turn bounds into estimates of time, energy, money and carbon.
-- key: model_class
-- column: model_class | moe for mixtures of experts, dense for all others.
-- column: bandwidth_efficiency | Share of the memory bandwidth that decoding reaches.
-- column: compute_efficiency | Share of the dense peak that tokens in large batches reach.
-- column: step_overhead | Time of a step that is neither memory nor arithmetic.
-- column: power_ratio | Average power of an accelerator while it serves, over its rated power.
-- column: service_ratio | Energy of the whole service over that of its accelerators.
-- column: grid_intensity | Carbon intensity of the electricity.
-- column: pue | Energy of the data centre over that of its computers.
-- column: wue_onsite | Water evaporated on site per kWh of the computers.
-- column: wue_offsite | Water evaporated for generating a kWh of electricity.
-- column: embodied_kg_per_server | Manufacturing emissions of a server of eight accelerators, without them.
-- column: embodied_lifetime | Years of service over which manufacturing emissions are spread.
-- column: fleet_utilisation | Share of those years with productive work.
-- column: prompt_tokens | Tokens of a prompt.
-- column: answer_tokens | Tokens of an answer.
-- column: memory_overhead | Memory of weights with workspace over that of the weights.
-- column: cache_bits | Bits of a number in the cache.
-- column: state_bits | Bits of a number in the state of a recurrent layer.
-- column: step_tokens | Output tokens of a user per step at most under speculative decoding.
-- column: most_users | Users per accelerator of a copy of the model at most.
-- column: idle_power_ratio | Power of an accelerator that waits, over its rated power.
-- column: idle_fraction | Share of the time in which a fleet waits for users.
-- column: server_accelerators | Accelerators in a server.
select
    case subject_id when 'moe' then 'moe' else 'dense' end as model_class,
    assumed['bandwidth_efficiency'] as bandwidth_efficiency,
    assumed['compute_efficiency'] as compute_efficiency,
    assumed['step_overhead_s'] as step_overhead,
    assumed['inference_power_ratio'] as power_ratio,
    assumed['gpu_energy_to_service_energy'] as service_ratio,
    assumed['grid_intensity_kg_co2e_per_kwh'] as grid_intensity,
    assumed['pue'] as pue,
    assumed['wue_onsite_l_per_kwh'] as wue_onsite,
    assumed['wue_offsite_l_per_kwh'] as wue_offsite,
    assumed['embodied_kg_per_server'] as embodied_kg_per_server,
    assumed['embodied_lifetime_years'] as embodied_lifetime,
    assumed['fleet_utilisation'] as fleet_utilisation,
    assumed['serving_prompt_tokens'] as prompt_tokens,
    assumed['serving_answer_tokens'] as answer_tokens,
    assumed['inference_memory_overhead_ratio'] as memory_overhead,
    assumed['cache_bits'] as cache_bits,
    assumed['recurrent_state_bits'] as state_bits,
    assumed['serving_step_tokens'] as step_tokens,
    assumed['serving_most_users'] as most_users,
    assumed['serving_idle_power_ratio'] as idle_power_ratio,
    assumed['serving_idle_fraction'] as idle_fraction,
    assumed['accelerators_per_server'] as server_accelerators
from core.assumption_sets
where subject_kind = 'class' and subject_id in ('moe', 'all')
order by model_class
