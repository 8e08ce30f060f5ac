-- One row per year, scope and quantity: the total as a figure with its formula and inputs. A total over everything or a designer is the sum over
-- chips; that of a chip follows from units, rated power and ratios, means over owners and quarters in which each is weighted by what it multiplies,
-- so that the formula gives the total.
-- key: subject_id, quantity, boundary
-- column: subject_id | Key of the subject: year and scope.
-- column: subject_name | Scope and year in words.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | sum_over_chips or stock_times_ratios.
-- interval: value | The total with its 90 % interval.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with named as (
    select
        t.year,
        t.scope_kind,
        t.scope,
        case t.scope_kind
            when 'all' then 'ai-compute-' || t.year
            else 'ai-compute-' || t.year || '-' || lower(t.scope)
        end as subject_id,
        case t.scope_kind
            when 'all' then 'AI compute of the world, ' || t.year
            when 'designer' then 'AI compute on chips of ' || t.scope || ', ' || t.year
            else 'AI compute on ' || k.chip_name || ', ' || t.year
        end as subject_name,
        k.designer,
        t.quantity as full_quantity,
        case
            when regexp_matches(t.quantity, '^(chip|server|facility)_') then regexp_replace(t.quantity, '^[a-z]+_', '')
            when regexp_matches(t.quantity, '_co2e_kg$') then 'co2e_kg'
            else t.quantity
        end as quantity,
        case
            when regexp_matches(t.quantity, '^(chip|server|facility|location|market|embodied)_') then regexp_extract(t.quantity, '^([a-z]+)_', 1)
            when t.quantity = 'cost_usd' then 'owned'
            else 'none'
        end as boundary,
        t.value_low,
        t.value,
        t.value_high,
        t.unit
    from core.installed_totals as t
    left join seeds.chip_kinds as k on t.scope_kind = 'chip' and t.scope = k.chip_id
    where t.scope_kind in ('all', 'designer', 'chip')
),

means as (
    select
        year,
        chip_id,
        arg_max(units_locator, quarter_end) as locator,
        any_value(units_source_id) as source_id,
        any_value(units_verified) as verified,
        any_value(rated_power) as rated_power,
        any_value(server_power_ratio) as server_power_ratio,
        any_value(fleet_utilisation) as fleet_utilisation,
        any_value(average_power_ratio) as average_power_ratio,
        any_value(idle_power_ratio) as idle_power_ratio,
        any_value(service_life) as service_life,
        any_value(commissioning) as commissioning,
        sum(running_units_count * hours) as unit_hours,
        sum(owned_units_count * hours) as owned_hours,
        sum(installed_units_count) filter (where is_last) as installed_units,
        sum(installed_units_count * h100_equivalents_per_unit_ratio) filter (where is_last) / sum(installed_units_count) filter (where is_last)
            as h100_equivalents_per_unit,
        sum(sold_units_count) as sold_units,
        sum(running_units_count * hours * pue.value) / sum(running_units_count * hours) as pue,
        min(pue.low) as pue_low,
        max(pue.high) as pue_high,
        any_value(pue.source_id) as pue_source_id,
        any_value(pue.locator) as pue_locator,
        any_value(pue.verified) as pue_verified,
        sum(running_units_count * hours * pue.value * grid_intensity.value) / sum(running_units_count * hours * pue.value) as grid,
        min(grid_intensity.low) as grid_low,
        max(grid_intensity.high) as grid_high,
        arg_max(grid_intensity.source_id, running_units_count) as grid_source_id,
        arg_max(grid_intensity.locator, running_units_count) as grid_locator,
        arg_max(grid_intensity.verified, running_units_count) as grid_verified,
        sum(running_units_count * hours * pue.value * grid_intensity.value * (1 - contracts.value))
        / sum(running_units_count * hours * pue.value * grid_intensity.value) as uncovered,
        min(1 - contracts.high) as uncovered_low,
        max(1 - contracts.low) as uncovered_high,
        any_value(contracts.source_id) as contracts_source_id,
        any_value(contracts.locator) as contracts_locator,
        any_value(contracts.verified) as contracts_verified,
        sum(running_units_count * hours * pue.value * wue_offsite.value) / sum(running_units_count * hours * pue.value) as wue_offsite,
        min(wue_offsite.low) as wue_offsite_low,
        max(wue_offsite.high) as wue_offsite_high,
        any_value(wue_offsite.source_id) as wue_source_id,
        any_value(wue_offsite.locator) as wue_locator,
        any_value(wue_offsite.verified) as wue_verified,
        any_value(wue_onsite) as wue_onsite,
        any_value(embodied_kg_per_accelerator) as embodied_kg_per_accelerator,
        any_value(embodied_kg_per_server) as embodied_kg_per_server,
        any_value(embodied_lifetime_years) as embodied_lifetime_years,
        any_value(it_capital) as it_capital,
        any_value(facility_capital) as facility_capital,
        any_value(discount_rate) as discount_rate,
        any_value(it_lifetime) as it_lifetime,
        any_value(facility_lifetime) as facility_lifetime,
        any_value(electricity_price) as electricity_price
    from (
        select
            *,
            quarter_end = max(quarter_end) over (partition by chip_id, year) as is_last
        from core.installed_inputs
        where not is_incomplete
    ) as quarters
    group by year, chip_id
    having sum(running_units_count) > 0
),

given as (
    select
        *,
        input('unit_hours', null, unit_hours, null, 'chip-hour', 'derived', source_id, locator, verified) as unit_hours_input,
        input('owned_hours', null, owned_hours, null, 'chip-hour', 'derived', source_id, locator, verified) as owned_hours_input,
        input('installed_units', null, installed_units, null, '1', 'derived', source_id, locator, verified) as installed_input,
        input('sold_units', null, sold_units, null, '1', 'estimated', source_id, locator, verified) as sold_input,
        input('h100_equivalents_per_unit', null, h100_equivalents_per_unit, null, 'ratio', 'estimated', source_id, locator, verified) as h100_input,
        input('pue', pue_low, pue, pue_high, 'ratio', 'assumed', pue_source_id, pue_locator, pue_verified, 'pue for the owners, by their units')
            as pue_input,
        input(
            'grid_intensity_kg_co2e_per_kwh', grid_low, grid, grid_high, 'kg CO2e/kWh', 'derived', grid_source_id, grid_locator, grid_verified,
            'grids of the owners, by their units'
        ) as grid_input,
        input(
            'uncovered_share', uncovered_low, uncovered, uncovered_high, 'share', 'assumed', contracts_source_id, contracts_locator,
            contracts_verified, '1 - carbon_free_contract_share of the owners, by their units'
        ) as uncovered_input,
        input(
            'wue_offsite_l_per_kwh', wue_offsite_low, wue_offsite, wue_offsite_high, 'L/kWh', 'assumed', wue_source_id, wue_locator, wue_verified,
            'wue_offsite_l_per_kwh for the places of the owners, by their units'
        ) as wue_offsite_input
    from means
),

power as (
    select
        *,
        [
            unit_hours_input, rated_power, fleet_utilisation, average_power_ratio, idle_power_ratio, service_life, commissioning
        ] as chip_energy_inputs,
        'unit_hours · rated_power_w / 1000 · (fleet_utilisation · average_power_ratio + (1 - fleet_utilisation) · idle_power_ratio)' as chip_energy
    from given
),

of_chips as (
    select
        n.subject_id,
        n.quantity,
        n.boundary,
        case n.full_quantity
            when 'h100_equivalents_count' then 'installed_units · h100_equivalents_per_unit'
            when 'chip_power_w' then 'installed_units · rated_power_w'
            when 'chip_energy_kwh' then p.chip_energy
            when 'server_energy_kwh' then 'chip_energy_kwh · server_power_ratio'
            when 'facility_energy_kwh' then 'server_energy_kwh · pue'
            when 'location_co2e_kg' then 'facility_energy_kwh · grid_intensity_kg_co2e_per_kwh'
            when 'market_co2e_kg' then 'location_co2e_kg · uncovered_share'
            when 'embodied_co2e_kg'
                then 'owned_hours · (embodied_kg_per_accelerator + embodied_kg_per_server / 8) / (8766 · embodied_lifetime_years)'
            when 'water_l' then 'server_energy_kwh · wue_onsite_l_per_kwh + facility_energy_kwh · wue_offsite_l_per_kwh'
            when 'capital_usd'
                then 'sold_units · rated_power_w / 10^6 · server_power_ratio · (it_capital_usd_per_megawatt + facility_capital_usd_per_megawatt)'
            when 'cost_usd'
                then
                    'owned_hours / 8766 · rated_power_w / 10^6 · server_power_ratio · (it_capital_usd_per_megawatt · recovery of computers '
                    || '+ facility_capital_usd_per_megawatt · recovery of buildings) + facility_energy_kwh · electricity_price_usd_per_kwh'
        end as formula,
        case n.full_quantity
            when 'h100_equivalents_count' then [p.installed_input, p.h100_input, p.service_life]
            when 'chip_power_w' then [p.installed_input, p.rated_power, p.service_life]
            when 'chip_energy_kwh' then p.chip_energy_inputs
            when 'server_energy_kwh' then list_append(p.chip_energy_inputs, p.server_power_ratio)
            when 'facility_energy_kwh' then list_concat(p.chip_energy_inputs, [p.server_power_ratio, p.pue_input])
            when 'location_co2e_kg' then list_concat(p.chip_energy_inputs, [p.server_power_ratio, p.pue_input, p.grid_input])
            when 'market_co2e_kg'
                then list_concat(p.chip_energy_inputs, [p.server_power_ratio, p.pue_input, p.grid_input, p.uncovered_input])
            when 'embodied_co2e_kg'
                then [p.owned_hours_input, p.embodied_kg_per_accelerator, p.embodied_kg_per_server, p.embodied_lifetime_years, p.service_life]
            when 'water_l'
                then list_concat(p.chip_energy_inputs, [p.server_power_ratio, p.wue_onsite, p.pue_input, p.wue_offsite_input])
            when 'capital_usd' then [p.sold_input, p.rated_power, p.server_power_ratio, p.it_capital, p.facility_capital]
            when 'cost_usd'
                then [
                    p.owned_hours_input, p.rated_power, p.server_power_ratio, p.it_capital, p.facility_capital, p.discount_rate, p.it_lifetime,
                    p.facility_lifetime, p.fleet_utilisation, p.average_power_ratio, p.idle_power_ratio, p.pue_input, p.electricity_price
                ]
        end as inputs
    from named as n
    inner join power as p on n.year = p.year and n.scope = p.chip_id
    where n.scope_kind = 'chip'
),

of_sums as (
    select
        s.subject_id,
        s.quantity,
        s.boundary,
        string_agg(replace(n.scope, '-', '_'), ' + ' order by n.value desc, n.scope asc) as formula,
        list(
            input(
                replace(n.scope, '-', '_'), n.value_low, n.value, n.value_high, n.unit, 'derived', k.source_id, coalesce(p.locator, k.locator),
                k.verified, 'figure of ' || n.subject_id
            )
            order by n.value desc, n.scope asc
        ) as inputs
    from named as s
    inner join named as n
        on
            s.year = n.year
            and s.full_quantity = n.full_quantity
            and n.scope_kind = 'chip'
            and (s.scope_kind = 'all' or s.scope = n.designer)
    inner join seeds.chip_kinds as k on n.scope = k.chip_id
    left join means as p on n.year = p.year and n.scope = p.chip_id
    where s.scope_kind in ('all', 'designer')
    group by s.subject_id, s.quantity, s.boundary
),

formulas as (
    select
        *,
        'stock_times_ratios' as method
    from of_chips
    union all by name
    select
        *,
        'sum_over_chips' as method
    from of_sums
)

select
    n.subject_id,
    n.subject_name,
    n.quantity,
    n.boundary,
    f.method,
    n.value_low,
    n.value,
    n.value_high,
    n.unit,
    f.formula,
    f.inputs
from named as n
inner join formulas as f on n.subject_id = f.subject_id and n.quantity = f.quantity and n.boundary = f.boundary
where f.formula is not null
order by n.subject_id, n.quantity, n.boundary
