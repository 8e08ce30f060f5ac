-- One row per lever: what it would have saved of the total of the last whole year, with the work done unchanged. Levers are not independent: their
-- savings do not add up.
-- key: lever_id
-- column: lever_id | Key of the lever.
-- column: lever | The lever in words.
-- column: quantity | Quantity that it saves.
-- column: year | Year of the total.
-- interval: saved_fraction | Share of the total that it would save.
-- interval: amount | Amount that it would save, in the unit of the row.
-- column: unit | Unit of the amount.
-- column: basis | What was compared with what.
-- column: source_ids | Sources of what was compared.
with last_year as (
    select max(year) as year
    from core.installed_totals
),

totals as (
    select
        t.year,
        max(t.value) filter (where t.quantity = 'facility_energy_kwh') as energy_kwh,
        max(t.value) filter (where t.quantity = 'location_co2e_kg') as co2e_kg
    from core.installed_totals as t
    inner join last_year as l on t.year = l.year
    where t.scope_kind = 'all'
    group by t.year
),

cells as (
    select
        i.*,
        i.running_units_count * i.hours * i.rated_power.value / 1000 * i.server_power_ratio.value * i.fleet_power_ratio as server_kwh
    from core.installed_inputs as i
    inner join last_year as l on i.year = l.year
    where not i.is_incomplete
),

clean as (
    select
        arg_max(intensity_kg_co2e_per_kwh, year) as intensity,
        arg_max(source_id, year) as source_id
    from seeds.grid_carbon
    where place = 'FRA' and basis = 'location' and operator is null
),

spread as (
    select
        max(low) filter (where name = 'grid_intensity_spread_ratio') as spread_low,
        max(high) filter (where name = 'grid_intensity_spread_ratio') as spread_high,
        max(low) filter (where name = 'pue' and applies_to = 'hyperscaler') as pue_low,
        max(central) filter (where name = 'pue' and applies_to = 'hyperscaler') as pue,
        max(high) filter (where name = 'pue' and applies_to = 'hyperscaler') as pue_high
    from seeds.assumptions
),

weights as (
    select
        sum(server_kwh * pue.value) as kwh,
        sum(server_kwh * pue.value * grid_intensity.value) / sum(server_kwh * pue.value) as intensity,
        sum(server_kwh) as server_kwh,
        sum(server_kwh * pue.low) as kwh_low,
        sum(server_kwh * pue.high) as kwh_high,
        sum(server_kwh * fleet_power_ratio_of(fleet_utilisation.low, average_power_ratio.value, idle_power_ratio.value) / fleet_power_ratio)
        / sum(server_kwh) / any_value(fleet_utilisation.low) as per_work_low_use,
        1 / any_value(fleet_utilisation.value) as per_work,
        sum(server_kwh * fleet_power_ratio_of(fleet_utilisation.high, average_power_ratio.value, idle_power_ratio.value) / fleet_power_ratio)
        / sum(server_kwh) / any_value(fleet_utilisation.high) as per_work_high_use,
        sum(running_units_count * h100_equivalents_per_unit_ratio * hours) as work
    from cells
),

chips as (
    select
        chip_name,
        sum(server_kwh) / sum(running_units_count * h100_equivalents_per_unit_ratio * hours) as kwh_per_work,
        any_value(
            server_power_ratio.low / server_power_ratio.value
            * fleet_power_ratio_of(fleet_utilisation.value, average_power_ratio.low, idle_power_ratio.value) / fleet_power_ratio
        ) as low_ratio,
        any_value(
            server_power_ratio.high / server_power_ratio.value
            * fleet_power_ratio_of(fleet_utilisation.value, average_power_ratio.high, idle_power_ratio.value) / fleet_power_ratio
        ) as high_ratio
    from cells
    group by chip_name
    having sum(running_units_count) > 0
),

best as (
    select
        arg_min(chip_name, kwh_per_work) as chip_name,
        min(kwh_per_work) as kwh_per_work,
        arg_min(low_ratio, kwh_per_work) as low_ratio,
        arg_min(high_ratio, kwh_per_work) as high_ratio
    from chips
),

levers as (
    select
        t.year,
        unnest([
            {
                'lever_id': 'clean-grid',
                'lever': 'Cleaner grid: all sites on a grid like that of France',
                'quantity': 'location_co2e_kg',
                'low': 1 - c.intensity * s.spread_high / (w.intensity * s.spread_low),
                'central': 1 - c.intensity / w.intensity,
                'high': 1 - c.intensity * s.spread_low / (w.intensity * s.spread_high),
                'basis': 'mean grid of the owners ' || round(w.intensity, 3) || ' kg CO2e per kWh, France ' || round(c.intensity, 3),
                'source_ids': [c.source_id]
            },
            {
                'lever_id': 'newer-chips',
                'lever': 'Newer chips: the same peak 8-bit rate on the most efficient counted chip, ' || b.chip_name,
                'quantity': 'facility_energy_kwh',
                'low': 1 - b.kwh_per_work * b.high_ratio * w.work / w.server_kwh,
                'central': 1 - b.kwh_per_work * w.work / w.server_kwh,
                'high': 1 - b.kwh_per_work * b.low_ratio * w.work / w.server_kwh,
                'basis': 'energy per H100-equivalent and hour of all chips against that chip; its making is not counted',
                'source_ids': ['epoch_chip_counts']
            },
            {
                'lever_id': 'better-utilisation',
                'lever': 'Better utilisation: hardware busy as much of the time as at the upper bound',
                'quantity': 'facility_energy_kwh',
                'low': 0.0,
                'central': 1 - w.per_work_high_use / w.per_work,
                'high': 1 - w.per_work_high_use / w.per_work_low_use,
                'basis': 'the same busy hours on fewer machines, which idle less',
                'source_ids': ['compute_ledger']
            },
            {
                'lever_id': 'lower-pue',
                'lever': 'Better buildings: the PUE of hyperscalers everywhere',
                'quantity': 'facility_energy_kwh',
                'low': greatest(0, 1 - w.server_kwh * s.pue_low / w.kwh_low),
                'central': 1 - w.server_kwh * s.pue / w.kwh,
                'high': 1 - w.server_kwh * s.pue_high / w.kwh_high,
                'basis': 'PUE of ' || round(s.pue, 2) || ' instead of ' || round(w.kwh / w.server_kwh, 2),
                'source_ids': ['epoch_costs']
            }
        ], max_depth := 2) as item,
        t.energy_kwh,
        t.co2e_kg
    from totals as t
    cross join weights as w
    cross join best as b
    cross join clean as c
    cross join spread as s
)

select
    lever_id,
    lever,
    quantity,
    year,
    greatest(0, low) as saved_fraction_low,
    greatest(0, central) as saved_fraction,
    greatest(0, high) as saved_fraction_high,
    greatest(0, low) * if(quantity = 'location_co2e_kg', co2e_kg, energy_kwh) as amount_low,
    greatest(0, central) * if(quantity = 'location_co2e_kg', co2e_kg, energy_kwh) as amount,
    greatest(0, high) * if(quantity = 'location_co2e_kg', co2e_kg, energy_kwh) as amount_high,
    if(quantity = 'location_co2e_kg', 'kg CO2e', 'kWh') as unit,
    basis,
    source_ids
from levers
order by saved_fraction desc, lever_id asc
