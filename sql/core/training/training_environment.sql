-- One row per training run, quantity and boundary: emissions (location-based, market-based, embodied, life cycle), and water (on site,
-- for generating the electricity, both). Embodied emissions add to those of the electricity; they never replace them.
-- Energy is worked out anew from time and power: stored bounds would lose the shape between them.
-- as: core.training_compute
-- column: is_preferred | True: there is one method for each boundary.
with given as (
    select
        i.*,
        t.inputs as time_inputs,
        uncertain(t.value_low, t.value, t.value_high) as chip_hours,
        amount(i.tdp) as rated,
        amount(i.server_power_ratio) as server,
        amount(i.average_power_ratio) as average,
        amount(i.pue) as overhead,
        amount(i.grid_intensity) as intensity,
        amount(i.wue_onsite) as onsite,
        amount(i.wue_offsite) as offsite,
        amount(i.embodied_kg_per_accelerator) as accelerator_kg,
        amount(i.embodied_kg_per_server) as server_kg,
        amount(i.embodied_lifetime_years) as lifetime,
        amount(i.fleet_utilisation) as busy
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
),

amounts as (
    select
        *,
        server_energy_kwh_of(chip_hours, rated, server, average) as server_energy,
        energy_kwh_per_chip_hour_of(rated, server, average, overhead) as energy_per_chip_hour,
        embodied_co2e_kg_of(exactly(1), accelerator_kg, server_kg, lifetime, busy) as embodied_per_chip_hour,
        list_concat(time_inputs, [tdp, server_power_ratio, average_power_ratio]) as energy_inputs,
        [embodied_kg_per_accelerator, embodied_kg_per_server, embodied_lifetime_years, fleet_utilisation] as embodied_inputs
    from given
),

facilities as (
    select
        *,
        facility_of_server_kwh(server_energy, overhead) as facility_energy
    from amounts
),

estimates as (
    select
        training_run_id,
        [
            figure(
                'co2e_kg', 'location', 'energy_times_intensity', co2e_kg_of(facility_energy, intensity), 'kg CO2e',
                'facility_energy_kwh · grid_intensity_kg_co2e_per_kwh', list_concat(energy_inputs, [pue, grid_intensity])
            ),
            figure(
                'co2e_kg', 'market', 'energy_times_contracts',
                market_co2e_kg_of(facility_energy, amount(carbon_free_contract_share), intensity), 'kg CO2e',
                'facility_energy_kwh · (1 - carbon_free_contract_share) · grid_intensity_kg_co2e_per_kwh',
                list_concat(energy_inputs, [pue, carbon_free_contract_share, grid_intensity])
            ),
            figure(
                'co2e_kg', 'embodied', 'share_of_life',
                embodied_co2e_kg_of(chip_hours, accelerator_kg, server_kg, lifetime, busy), 'kg CO2e',
                'chip_hours · (embodied_kg_per_accelerator + embodied_kg_per_server / 8) / (8766 · embodied_lifetime_years · fleet_utilisation)',
                list_concat(time_inputs, embodied_inputs)
            ),
            figure(
                'co2e_kg', 'lifecycle', 'energy_and_hardware',
                lifecycle_co2e_kg_of(chip_hours, energy_per_chip_hour, intensity, embodied_per_chip_hour), 'kg CO2e',
                'chip_hours · (tdp / 1000 · server_power_ratio · average_power_ratio · pue · grid_intensity_kg_co2e_per_kwh '
                || '+ (embodied_kg_per_accelerator + embodied_kg_per_server / 8) / (8766 · embodied_lifetime_years · fleet_utilisation))',
                list_concat(list_concat(energy_inputs, [pue, grid_intensity]), embodied_inputs)
            ),
            figure(
                'water_l', 'onsite', 'energy_times_water_use', onsite_water_l_of(server_energy, onsite), 'L',
                'server_energy_kwh · wue_onsite_l_per_kwh', list_append(energy_inputs, wue_onsite)
            ),
            figure(
                'water_l', 'generation', 'energy_times_water_use', generation_water_l_of(server_energy, overhead, offsite),
                'L', 'server_energy_kwh · pue · wue_offsite_l_per_kwh', list_concat(energy_inputs, [pue, wue_offsite])
            ),
            figure(
                'water_l', 'none', 'energy_times_water_use', water_l_of(server_energy, onsite, overhead, offsite),
                'L', 'server_energy_kwh · (wue_onsite_l_per_kwh + pue · wue_offsite_l_per_kwh)',
                list_concat(energy_inputs, [wue_onsite, pue, wue_offsite])
            )
        ] as figures
    from facilities
)

select
    training_run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
