-- One row per measurement of a language model that was served: the bytes of weights that decoding read in a second, over what memory could.
-- Reading of caches and of prompts is left out, so that the machine did more.
-- key: energy_point_id
-- column: energy_point_id | Key of core.energy_per_token_points.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators.
-- column: bandwidth_utilisation_ratio | Bytes of weights read per second over the bandwidth of all accelerators.
with measured as (
    select
        ml_energy_run_id as energy_point_id,
        power_w,
        units_per_s as tokens_per_s
    from core.ml_energy_runs
    union all
    select
        energy_measurement_id as energy_point_id,
        power_w,
        tokens_per_s
    from seeds.energy_measurements
    where (select count(*) from core.ml_energy_runs) = 0
)

select
    p.energy_point_id,
    p.accelerator_id,
    p.architecture_kind,
    p.batch_size,
    m.power_w / (p.accelerator_count * p.tdp_w) as power_to_tdp_ratio,
    weights_read_of(p.total_params, p.active_params, p.batch_size) * p.weight_bits / 8 * m.tokens_per_s / p.batch_size
    / (p.accelerator_count * p.memory_bandwidth_bytes_per_s) as bandwidth_utilisation_ratio
from core.energy_per_token_points as p
inner join measured as m on p.energy_point_id = m.energy_point_id
order by p.energy_point_id
