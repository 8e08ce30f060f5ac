-- One row per year and scope: what the installed AI chips took in power, energy, emissions, water and money, with 90 % intervals. Only chips
-- that the publisher of the counts has: NVIDIA from 2022, Google from 2023, AMD and Amazon from 2024.
-- key: year, scope_kind, scope
-- column: scope_kind | all, designer, owner or chip.
-- column: scope | all, the designer, the owner, or the key of seeds.chip_kinds.
-- column: scope_name | Name of the scope.
-- column: has_all_designers | True if every designer is counted in every quarter of the year: only such years may be compared.
-- interval: h100_equivalents | H100 chips of equal peak 8-bit rate to the chips in service at the end of the year.
-- interval: chip_power_w | Rated power of the chips in service at the end of the year.
-- interval: facility_power_w | Average power of the facilities in the last quarter of the year.
-- interval: chip_energy_kwh | Energy of the chips in the year.
-- interval: server_energy_kwh | Energy of the servers in the year.
-- interval: facility_energy_kwh | Energy of the facilities in the year.
-- interval: location_co2e_kg | Location-based emissions of the electricity in the year.
-- interval: market_co2e_kg | Market-based emissions of the electricity in the year.
-- interval: embodied_co2e_kg | Embodied emissions of the hardware, spread over its service life: the share of the year.
-- interval: water_l | Water evaporated on site and for generating the electricity in the year.
-- interval: capital_usd | Capital cost of computers and buildings for the chips sold in the year.
-- interval: cost_usd | Cost of the year: depreciation and interest of computers and buildings, and electricity.
-- check: more_energy_at_each_wider_boundary | select * from mart.installed_footprint
--    where chip_energy_kwh > server_energy_kwh or server_energy_kwh > facility_energy_kwh
with coverage as (
    select
        year(quarter_end) as year,
        count(distinct designer || quarter_end) as quarter_count
    from core.installed_totals_published
    where not is_incomplete
    group by year(quarter_end)
),

designers as (
    select count(distinct designer) as designer_count
    from core.installed_totals_published
)

select
    t.year,
    t.scope_kind,
    t.scope,
    case t.scope_kind when 'all' then 'All counted AI chips' when 'chip' then any_value(k.chip_name) else t.scope end as scope_name,
    any_value(c.quarter_count) = 4 * any_value(d.designer_count) as has_all_designers,
    any_value(t.value_low) filter (where t.quantity = 'h100_equivalents_count') as h100_equivalents_low,
    any_value(t.value) filter (where t.quantity = 'h100_equivalents_count') as h100_equivalents,
    any_value(t.value_high) filter (where t.quantity = 'h100_equivalents_count') as h100_equivalents_high,
    any_value(t.value_low) filter (where t.quantity = 'chip_power_w') as chip_power_w_low,
    any_value(t.value) filter (where t.quantity = 'chip_power_w') as chip_power_w,
    any_value(t.value_high) filter (where t.quantity = 'chip_power_w') as chip_power_w_high,
    any_value(t.value_low) filter (where t.quantity = 'facility_power_w') as facility_power_w_low,
    any_value(t.value) filter (where t.quantity = 'facility_power_w') as facility_power_w,
    any_value(t.value_high) filter (where t.quantity = 'facility_power_w') as facility_power_w_high,
    any_value(t.value_low) filter (where t.quantity = 'chip_energy_kwh') as chip_energy_kwh_low,
    any_value(t.value) filter (where t.quantity = 'chip_energy_kwh') as chip_energy_kwh,
    any_value(t.value_high) filter (where t.quantity = 'chip_energy_kwh') as chip_energy_kwh_high,
    any_value(t.value_low) filter (where t.quantity = 'server_energy_kwh') as server_energy_kwh_low,
    any_value(t.value) filter (where t.quantity = 'server_energy_kwh') as server_energy_kwh,
    any_value(t.value_high) filter (where t.quantity = 'server_energy_kwh') as server_energy_kwh_high,
    any_value(t.value_low) filter (where t.quantity = 'facility_energy_kwh') as facility_energy_kwh_low,
    any_value(t.value) filter (where t.quantity = 'facility_energy_kwh') as facility_energy_kwh,
    any_value(t.value_high) filter (where t.quantity = 'facility_energy_kwh') as facility_energy_kwh_high,
    any_value(t.value_low) filter (where t.quantity = 'location_co2e_kg') as location_co2e_kg_low,
    any_value(t.value) filter (where t.quantity = 'location_co2e_kg') as location_co2e_kg,
    any_value(t.value_high) filter (where t.quantity = 'location_co2e_kg') as location_co2e_kg_high,
    any_value(t.value_low) filter (where t.quantity = 'market_co2e_kg') as market_co2e_kg_low,
    any_value(t.value) filter (where t.quantity = 'market_co2e_kg') as market_co2e_kg,
    any_value(t.value_high) filter (where t.quantity = 'market_co2e_kg') as market_co2e_kg_high,
    any_value(t.value_low) filter (where t.quantity = 'embodied_co2e_kg') as embodied_co2e_kg_low,
    any_value(t.value) filter (where t.quantity = 'embodied_co2e_kg') as embodied_co2e_kg,
    any_value(t.value_high) filter (where t.quantity = 'embodied_co2e_kg') as embodied_co2e_kg_high,
    any_value(t.value_low) filter (where t.quantity = 'water_l') as water_l_low,
    any_value(t.value) filter (where t.quantity = 'water_l') as water_l,
    any_value(t.value_high) filter (where t.quantity = 'water_l') as water_l_high,
    any_value(t.value_low) filter (where t.quantity = 'capital_usd') as capital_usd_low,
    any_value(t.value) filter (where t.quantity = 'capital_usd') as capital_usd,
    any_value(t.value_high) filter (where t.quantity = 'capital_usd') as capital_usd_high,
    any_value(t.value_low) filter (where t.quantity = 'cost_usd') as cost_usd_low,
    any_value(t.value) filter (where t.quantity = 'cost_usd') as cost_usd,
    any_value(t.value_high) filter (where t.quantity = 'cost_usd') as cost_usd_high
from core.installed_totals as t
inner join coverage as c on t.year = c.year
cross join designers as d
left join seeds.chip_kinds as k on t.scope_kind = 'chip' and t.scope = k.chip_id
group by t.year, t.scope_kind, t.scope
order by t.year, list_position(['all', 'designer', 'owner', 'chip'], t.scope_kind), t.scope
