-- One row per year, chip, owner, quantity and part: the amount at central values, and how it moves with each of its factors. An amount is a
-- product of its factors; a quantity is the sum of its parts. Factors of one name are one and the same for all chips and owners.
-- key: year, chip_id, owner, quantity, part
-- column: year | Year; quarters that the publisher has only in part are left out.
-- column: chip_id | Key of seeds.chip_kinds.
-- column: designer | Designer of the chip.
-- column: owner | Owner or group of owners, or Not attributed.
-- column: quantity | Quantity with its boundary. Stocks and power are those of the last whole quarter of the year, the others sums over the year.
-- column: part | Part of the quantity; whole where it has one.
-- column: amount | Amount at central values, in the unit of the quantity.
-- column: unit | Unit of the amount.
-- column: factors | Factors by name: how far the amount moves on the logarithm if the factor is at its lower and its upper bound.
-- check: amounts_are_not_negative | select * from core.installed_parts where amount < 0 or amount is null
with quarters as (
    select
        i.* exclude (stock),
        i.stock,
        quarter_end = max(quarter_end) over (partition by chip_id, owner, year) as is_last,
        exactly(i.running_units_count * i.hours) as unit_hours,
        exactly(i.owned_units_count * i.hours) as owned_hours,
        exactly(i.rated_power.value) as tdp,
        exactly(i.server_power_ratio.value) as k_server,
        exactly(i.fleet_power_ratio) as f,
        recovery_factor(i.discount_rate.value, i.it_lifetime.value) as it_recovery,
        recovery_factor(i.discount_rate.value, i.facility_lifetime.value) as facility_recovery
    from core.installed_inputs as i
    where not i.is_incomplete
),

energies as (
    select
        *,
        facility_energy_kwh_of(unit_hours, tdp, k_server, f, exactly(pue.value)) as facility_energy,
        server_energy_kwh_of(unit_hours, tdp, k_server, f) as server_energy,
        it_megawatts_of(exactly(owned_units_count), tdp, k_server) as owned_megawatts,
        it_megawatts_of(exactly(sold_units_count), tdp, k_server) as sold_megawatts
    from quarters
),

listed as (
    select
        year,
        chip_id,
        designer,
        owner,
        is_last,
        unnest([
            stock_part('h100_equivalents_count', 'whole', '1', installed_units_count * h100_equivalents_per_unit_ratio, is_at_end := true),
            stock_part('chip_power_w', 'whole', 'W', installed_units_count * rated_power.value, is_at_end := true),
            stock_part('facility_power_w', 'whole', 'W', 1000 * central_of(facility_energy) / hours, is_at_end := true),
            stock_part('chip_energy_kwh', 'whole', 'kWh', central_of(chip_energy_kwh_of(unit_hours, tdp, f))),
            stock_part('server_energy_kwh', 'whole', 'kWh', central_of(server_energy)),
            stock_part('facility_energy_kwh', 'whole', 'kWh', central_of(facility_energy)),
            stock_part('location_co2e_kg', 'whole', 'kg CO2e', central_of(co2e_kg_of(facility_energy, exactly(grid_intensity.value)))),
            stock_part(
                'market_co2e_kg', 'whole', 'kg CO2e',
                central_of(market_co2e_kg_of(facility_energy, exactly(contracts.value), exactly(grid_intensity.value)))
            ),
            stock_part(
                'embodied_co2e_kg', 'accelerators', 'kg CO2e',
                central_of(
                    embodied_co2e_kg_of(owned_hours, exactly(embodied_kg_per_accelerator.value), exactly(0), exactly(embodied_lifetime_years.value), exactly(1))
                )
            ),
            stock_part(
                'embodied_co2e_kg', 'servers', 'kg CO2e',
                central_of(
                    embodied_co2e_kg_of(owned_hours, exactly(0), exactly(embodied_kg_per_server.value), exactly(embodied_lifetime_years.value), exactly(1))
                )
            ),
            stock_part('water_l', 'on site', 'L', central_of(onsite_water_l_of(server_energy, exactly(wue_onsite.value)))),
            stock_part('water_l', 'generation', 'L', central_of(generation_water_l_of(server_energy, exactly(pue.value), exactly(wue_offsite.value)))),
            stock_part('capital_usd', 'computers', 'USD', central_of(capital_usd_of(sold_megawatts, exactly(it_capital.value)))),
            stock_part('capital_usd', 'buildings', 'USD', central_of(capital_usd_of(sold_megawatts, exactly(facility_capital.value)))),
            stock_part(
                'cost_usd', 'computers', 'USD',
                central_of(capital_charge_usd_of(capital_usd_of(owned_megawatts, exactly(it_capital.value)), exactly(it_recovery), exactly(hours / 8766)))
            ),
            stock_part(
                'cost_usd', 'buildings', 'USD',
                central_of(
                    capital_charge_usd_of(capital_usd_of(owned_megawatts, exactly(facility_capital.value)), exactly(facility_recovery), exactly(hours / 8766))
                )
            ),
            stock_part('cost_usd', 'electricity', 'USD', central_of(electricity_usd_per_chip_hour(facility_energy, exactly(electricity_price.value))))
        ], max_depth := 2) as item
    from energies
),

amounts as (
    select
        year,
        chip_id,
        designer,
        owner,
        quantity,
        part,
        unit,
        sum(amount) as amount
    from listed
    where is_last or not is_at_end
    group by all
),

moved as (
    select
        q.year,
        q.chip_id,
        q.owner,
        arg_max(q.units_factor, q.quarter_end) as units,
        moved_by(
            any_value(q.service_life.basis), sum(q.hours * q.stock.short_life_running_units_count),
            sum(q.hours * q.stock.running_units_count), sum(q.hours * q.stock.long_life_running_units_count)
        ) as running_life,
        moved_by(
            any_value(q.commissioning.basis), sum(q.hours * q.stock.soon_running_units_count),
            sum(q.hours * q.stock.running_units_count), sum(q.hours * q.stock.late_running_units_count)
        ) as start,
        moved_by(
            any_value(q.service_life.basis), arg_max(q.stock.short_life_installed_units_count, q.quarter_end),
            arg_max(q.stock.installed_units_count, q.quarter_end), arg_max(q.stock.long_life_installed_units_count, q.quarter_end)
        ) as installed_life,
        arg_max(q, q.quarter_end) as last
    from quarters as q
    group by q.year, q.chip_id, q.owner
),

factored as (
    select
        year,
        chip_id,
        owner,
        [units, installed_life] as of_stock,
        [units] as of_sold,
        [
            units, running_life, start,
            moved_by(
                last.fleet_utilisation.basis, fleet_power_ratio_of(last.fleet_utilisation.low, last.average_power_ratio.value, last.idle_power_ratio.value),
                last.fleet_power_ratio,
                fleet_power_ratio_of(last.fleet_utilisation.high, last.average_power_ratio.value, last.idle_power_ratio.value)
            ),
            moved_by(
                last.average_power_ratio.basis, fleet_power_ratio_of(last.fleet_utilisation.value, last.average_power_ratio.low, last.idle_power_ratio.value),
                last.fleet_power_ratio,
                fleet_power_ratio_of(last.fleet_utilisation.value, last.average_power_ratio.high, last.idle_power_ratio.value)
            ),
            moved_by(
                last.idle_power_ratio.basis, fleet_power_ratio_of(last.fleet_utilisation.value, last.average_power_ratio.value, last.idle_power_ratio.low),
                last.fleet_power_ratio,
                fleet_power_ratio_of(last.fleet_utilisation.value, last.average_power_ratio.value, last.idle_power_ratio.high)
            )
        ] as of_chip_energy,
        moved_by_input(last.pue) as pue,
        moved_by_input(last.grid_intensity) as grid,
        moved_by(last.contracts.basis, 1 - last.contracts.low, 1 - last.contracts.value, 1 - last.contracts.high) as contracts,
        moved_by_input(last.wue_onsite) as wue_onsite,
        moved_by_input(last.wue_offsite) as wue_offsite,
        moved_by_input(last.embodied_kg_per_accelerator) as kg_per_accelerator,
        moved_by_input(last.embodied_kg_per_server) as kg_per_server,
        moved_by(
            last.embodied_lifetime_years.basis, 1 / last.embodied_lifetime_years.low, 1 / last.embodied_lifetime_years.value,
            1 / last.embodied_lifetime_years.high
        ) as embodied_life,
        moved_by_input(last.server_power_ratio) as server_ratio,
        moved_by_input(last.it_capital) as it_capital,
        moved_by_input(last.facility_capital) as facility_capital,
        moved_by_input(last.electricity_price) as electricity_price,
        moved_by(
            last.discount_rate.basis, recovery_factor(last.discount_rate.low, last.it_lifetime.value), last.it_recovery,
            recovery_factor(last.discount_rate.high, last.it_lifetime.value)
        ) as it_interest,
        moved_by(
            last.it_lifetime.basis, recovery_factor(last.discount_rate.value, last.it_lifetime.low), last.it_recovery,
            recovery_factor(last.discount_rate.value, last.it_lifetime.high)
        ) as it_life,
        moved_by(
            last.discount_rate.basis, recovery_factor(last.discount_rate.low, last.facility_lifetime.value), last.facility_recovery,
            recovery_factor(last.discount_rate.high, last.facility_lifetime.value)
        ) as facility_interest,
        moved_by(
            last.facility_lifetime.basis, recovery_factor(last.discount_rate.value, last.facility_lifetime.low), last.facility_recovery,
            recovery_factor(last.discount_rate.value, last.facility_lifetime.high)
        ) as facility_life
    from moved
),

listed_factors as (
    select
        *,
        list_append(of_chip_energy, server_ratio) as of_server_energy
    from factored
)

select
    a.year,
    a.chip_id,
    a.designer,
    a.owner,
    a.quantity,
    a.part,
    a.amount,
    a.unit,
    case concat(a.quantity, ', ', a.part)
        when 'h100_equivalents_count, whole' then f.of_stock
        when 'chip_power_w, whole' then f.of_stock
        when 'chip_energy_kwh, whole' then f.of_chip_energy
        when 'server_energy_kwh, whole' then f.of_server_energy
        when 'facility_power_w, whole' then list_append(f.of_server_energy, f.pue)
        when 'facility_energy_kwh, whole' then list_append(f.of_server_energy, f.pue)
        when 'location_co2e_kg, whole' then list_concat(f.of_server_energy, [f.pue, f.grid])
        when 'market_co2e_kg, whole' then list_concat(f.of_server_energy, [f.pue, f.grid, f.contracts])
        when 'embodied_co2e_kg, accelerators' then list_concat(f.of_stock, [f.kg_per_accelerator, f.embodied_life])
        when 'embodied_co2e_kg, servers' then list_concat(f.of_stock, [f.kg_per_server, f.embodied_life])
        when 'water_l, on site' then list_append(f.of_server_energy, f.wue_onsite)
        when 'water_l, generation' then list_concat(f.of_server_energy, [f.pue, f.wue_offsite])
        when 'capital_usd, computers' then list_concat(f.of_sold, [f.server_ratio, f.it_capital])
        when 'capital_usd, buildings' then list_concat(f.of_sold, [f.server_ratio, f.facility_capital])
        when 'cost_usd, computers' then list_concat(f.of_stock, [f.server_ratio, f.it_capital, f.it_interest, f.it_life])
        when 'cost_usd, buildings' then list_concat(f.of_stock, [f.server_ratio, f.facility_capital, f.facility_interest, f.facility_life])
        when 'cost_usd, electricity' then list_concat(f.of_server_energy, [f.pue, f.electricity_price])
    end as factors
from amounts as a
inner join listed_factors as f on a.year = f.year and a.chip_id = f.chip_id and a.owner = f.owner
where a.amount > 0
order by a.year, a.chip_id, a.owner, a.quantity, a.part
