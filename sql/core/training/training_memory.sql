-- One row per training run whose parameters are known: memory that training it needs at least, and that its accelerators have.
-- key: training_run_id
-- interval: state_bytes | Weights, gradients and optimizer state, spread over all accelerators; activations are not counted.
-- column: lora_state_bytes | Adapters above frozen weights of 16 bits, with their gradients and optimizer state.
-- column: qlora_state_bytes | Adapters above frozen weights of 4 bits, with their gradients and optimizer state.
-- column: available_bytes | Memory of all accelerators; null where their number or memory is not known.
-- column: bytes_per_param | The assumption that state_bytes rests on.
select
    i.training_run_id,
    training_state_bytes_of(i.total_params.value, s.assumed['training_state_bytes_per_param'].low) as state_bytes_low,
    training_state_bytes_of(i.total_params.value, s.assumed['training_state_bytes_per_param'].value) as state_bytes,
    training_state_bytes_of(i.total_params.value, s.assumed['training_state_bytes_per_param'].high) as state_bytes_high,
    adapter_state_bytes_of(
        i.total_params.value, 16, s.assumed['adapter_params_fraction'].value, s.assumed['training_state_bytes_per_param'].value
    ) as lora_state_bytes,
    adapter_state_bytes_of(
        i.total_params.value, w.central, s.assumed['adapter_params_fraction'].value, s.assumed['training_state_bytes_per_param'].value
    ) as qlora_state_bytes,
    i.accelerator_count.value * a.memory_bytes as available_bytes,
    s.assumed['training_state_bytes_per_param'] as bytes_per_param
from core.training_inputs as i
inner join core.training_runs as r on i.training_run_id = r.training_run_id
inner join core.assumption_sets as s on i.training_run_id = s.subject_id and s.subject_kind = 'training_run'
inner join seeds.assumptions as w on w.name = 'weight_bits' and w.applies_to = '4'
left join core.accelerators as a on r.accelerator_id = a.accelerator_id
where i.total_params is not null
order by i.training_run_id
