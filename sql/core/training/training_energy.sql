-- One row per training run and boundary: chip energy, server energy (IT energy) and facility energy.
-- as: core.training_compute
with given as (
    select
        i.*,
        t.inputs as time_inputs,
        uncertain(t.value_low, t.value, t.value_high) as chip_hours,
        amount(i.server_power_ratio) as server,
        amount(i.pue) as overhead
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
),

chips as (
    select
        *,
        chip_energy_kwh_of(chip_hours, amount(tdp), amount(average_power_ratio)) as chip_energy
    from given
),

servers as (
    select
        *,
        server_of_chip_kwh(chip_energy, server) as server_energy
    from chips
),

estimates as (
    select
        training_run_id,
        [
            figure(
                'energy_kwh', 'chip', 'chip_hours_times_power', chip_energy, 'kWh',
                'chip_hours · tdp / 1000 · average_power_ratio', list_concat(time_inputs, [tdp, average_power_ratio])
            ),
            figure(
                'energy_kwh', 'server', 'chip_hours_times_power', server_energy, 'kWh',
                'chip_hours · tdp / 1000 · server_power_ratio · average_power_ratio',
                list_concat(time_inputs, [tdp, server_power_ratio, average_power_ratio])
            ),
            figure(
                'energy_kwh', 'facility', 'chip_hours_times_power', facility_of_server_kwh(server_energy, overhead), 'kWh',
                'chip_hours · tdp / 1000 · server_power_ratio · average_power_ratio · pue',
                list_concat(time_inputs, [tdp, server_power_ratio, average_power_ratio, pue])
            )
        ] as figures
    from servers
)

select
    training_run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
