-- One row per training run and quantity: emissions of the electricity by the grid mix of the place, and water.
-- Energy is worked out anew from time and power: stored bounds would lose the shape between them.
-- key: training_run_id, quantity, boundary, method
-- column: training_run_id | Key of core.training_runs.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | How the figure was made.
-- column: kind | reported, where it is a published figure; derived, where a formula made it; assumed, where nothing but a prior stands behind it.
-- interval: value | The figure.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- column: is_preferred | True: there is one method for each.
with estimates as (
    select
        i.training_run_id,
        'co2e_kg' as quantity,
        'location' as boundary,
        'energy_times_intensity' as method,
        'derived' as kind,
        co2e_kg_of(
            facility_energy_kwh_of(
                uncertain(t.value_low, t.value, t.value_high), amount(i.tdp), amount(i.server_power_ratio),
                amount(i.average_power_ratio), amount(i.pue)
            ),
            amount(i.grid_intensity)
        ) as estimate,
        'kg CO2e' as unit,
        'facility_energy_kwh · grid_intensity_kg_co2e_per_kwh' as formula,
        list_concat(e.inputs, [i.grid_intensity]) as inputs
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    inner join core.training_energy as e on i.training_run_id = e.training_run_id and e.boundary = 'facility' and e.is_preferred
    where i.grid_intensity is not null
    union all by name
    select
        i.training_run_id,
        'co2e_kg' as quantity,
        'market' as boundary,
        'energy_times_contracts' as method,
        'derived' as kind,
        market_co2e_kg_of(
            facility_energy_kwh_of(
                uncertain(t.value_low, t.value, t.value_high), amount(i.tdp), amount(i.server_power_ratio),
                amount(i.average_power_ratio), amount(i.pue)
            ),
            amount(i.carbon_free_contract_share), amount(i.grid_intensity)
        ) as estimate,
        'kg CO2e' as unit,
        'facility_energy_kwh · (1 - carbon_free_contract_share) · grid_intensity_kg_co2e_per_kwh' as formula,
        list_concat(e.inputs, [i.carbon_free_contract_share, i.grid_intensity]) as inputs
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    inner join core.training_energy as e on i.training_run_id = e.training_run_id and e.boundary = 'facility' and e.is_preferred
    where i.grid_intensity is not null and i.carbon_free_contract_share is not null
    union all by name
    select
        i.training_run_id,
        'co2e_kg' as quantity,
        'embodied' as boundary,
        'share_of_life' as method,
        'derived' as kind,
        embodied_co2e_kg_of(
            uncertain(t.value_low, t.value, t.value_high), amount(i.embodied_kg_per_accelerator), amount(i.embodied_kg_per_server),
            amount(i.embodied_lifetime_years), amount(i.fleet_utilisation)
        ) as estimate,
        'kg CO2e' as unit,
        'chip_hours · (embodied_kg_per_accelerator + embodied_kg_per_server / 8) / (8766 · embodied_lifetime_years · fleet_utilisation)' as formula,
        list_concat(
            t.inputs,
            [i.embodied_kg_per_accelerator, i.embodied_kg_per_server, i.embodied_lifetime_years, i.fleet_utilisation]
        ) as inputs
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    where i.embodied_kg_per_accelerator is not null and i.embodied_kg_per_server is not null
    union all by name
    select
        i.training_run_id,
        'water_l' as quantity,
        'none' as boundary,
        'energy_times_water_use' as method,
        'derived' as kind,
        water_l_of(
            server_energy_kwh_of(
                uncertain(t.value_low, t.value, t.value_high), amount(i.tdp), amount(i.server_power_ratio), amount(i.average_power_ratio)
            ),
            amount(i.wue_onsite), amount(i.pue), amount(i.wue_offsite)
        ) as estimate,
        'L' as unit,
        'server_energy_kwh · (wue_onsite_l_per_kwh + pue · wue_offsite_l_per_kwh)' as formula,
        list_concat(e.inputs, [i.wue_onsite, i.pue, i.wue_offsite]) as inputs
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    inner join core.training_energy as e on i.training_run_id = e.training_run_id and e.boundary = 'server' and e.is_preferred
    where i.wue_onsite is not null and i.wue_offsite is not null
)

select
    training_run_id,
    quantity,
    boundary,
    method,
    kind,
    low_of(estimate) as value_low,
    central_of(estimate) as value,
    high_of(estimate) as value_high,
    unit,
    formula,
    inputs,
    row_number() over (
        partition by training_run_id, quantity, boundary
        order by method
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
