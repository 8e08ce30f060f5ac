-- One row per measurement of the energy of an output token that the model of energy per token is fitted to or scored on: those of
-- ML.ENERGY, all of them where its data were fetched, else the curated ones. Energy is that of the accelerators alone.
-- key: energy_point_id
-- column: energy_point_id | Key of core.ml_energy_runs or of seeds.energy_measurements.
-- column: shape | Total and active parameters and kind; models with the same shape are held out together.
-- column: fold | Part of the shape: its MD5 digest modulo 5.
-- column: task | Task.
-- column: architecture_kind | dense, moe or hybrid.
-- column: weight_bits | Bits of a weight.
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_count | Number of accelerators that served the model.
-- column: is_blackwell | True for accelerators of NVIDIA's Blackwell generation.
-- column: tdp_w | Rated power of one accelerator.
-- column: memory_bandwidth_bytes_per_s | Memory bandwidth of one accelerator.
-- column: dense_16_bit_flop_per_s | Dense peak of one accelerator in 16 bits.
-- column: batch_size | Average number of requests that ran in parallel.
-- column: joule_per_token | Measured energy of the accelerators per output token.
-- column: source_id | Source of the measurement.
-- column: locator | Where in the source.
with measured as (
    select
        ml_energy_run_id as energy_point_id,
        publisher_model,
        task,
        architecture_kind,
        total_params,
        active_params,
        number_format,
        accelerator_id,
        accelerator_count,
        batch_size,
        output_tokens,
        joule_per_token,
        source_id,
        locator
    from core.ml_energy_runs
    where joule_per_token is not null
    union all by name
    select
        energy_measurement_id as energy_point_id,
        publisher_model,
        task,
        architecture_kind,
        total_params,
        active_params,
        number_format,
        accelerator_id,
        accelerator_count,
        batch_size,
        output_tokens,
        joule_per_token,
        source_id,
        locator
    from seeds.energy_measurements
    where (select count(*) from core.ml_energy_runs) = 0
),

shaped as (
    select
        m.*,
        format('{:g}b-{:g}b-{}', m.total_params / 1e9, m.active_params / 1e9, m.architecture_kind) as shape,
        case
            when m.number_format in ('bf16', 'fp16') then 16
            when m.number_format in ('fp8', 'int8') then 8
            when m.number_format in ('fp4', 'int4') then 4
        end as weight_bits
    from measured as m
)

select
    s.energy_point_id,
    s.publisher_model,
    s.shape,
    ('0x' || left(md5(s.shape), 8))::bigint % 5 as fold,
    s.task,
    s.architecture_kind,
    s.total_params,
    s.active_params,
    s.weight_bits,
    s.accelerator_id,
    s.accelerator_count,
    coalesce(a.generation = 'Blackwell', false) as is_blackwell,
    a.tdp_w,
    a.memory_bandwidth_bytes_per_s,
    a.dense_16_bit_flop_per_s,
    s.batch_size,
    s.output_tokens,
    s.joule_per_token,
    s.source_id,
    s.locator
from shaped as s
inner join core.accelerators as a on s.accelerator_id = a.accelerator_id
where s.weight_bits is not null and s.architecture_kind in ('dense', 'moe', 'hybrid')
order by s.energy_point_id
