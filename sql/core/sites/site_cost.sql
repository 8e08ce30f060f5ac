-- One row per site and component: what it costs in a year. Capital is charged as an annuity over its life. A site that is described by
-- its power has the capital of computers per megawatt; one that is described by its accelerators, their price with server and network.
-- key: site_id, component
-- column: site_id | Key of seeds.site_scenarios.
-- column: component | accelerator, server, network, power_and_cooling, building, electricity, staff, upkeep or total.
-- interval: capital_usd | Capital of the component; null where it has none.
-- interval: cost_usd_per_year | Cost of a year. What the components share, such as the interest, is in the bounds of the total once.
-- column: share | Share of the component in the total, central values.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with electricity as (
    select
        country,
        input(
            'electricity_price_usd_per_kwh', null, arg_max(price_usd_per_kwh, year), null, 'USD/kWh', 'reported',
            arg_max(source_id, year), arg_max(locator, year), arg_max(verified, year), 'latest of ' || country
        ) as price
    from seeds.electricity_prices
    where consumer = 'industrial'
    group by country
),

given as (
    select
        s.site_id,
        s.site_name,
        c.assumed['it_capital_usd_per_megawatt'] as it_capital,
        c.assumed['facility_capital_usd_per_megawatt'] as facility_capital,
        c.assumed['site_it_lifetime_years'] as it_life,
        c.assumed['facility_lifetime_years'] as facility_life,
        c.assumed['discount_rate_per_year'] as discount_rate,
        c.assumed['network_cost_share'] as network_share,
        c.assumed['server_cost_ratio'] as server_cost_ratio,
        c.assumed['server_power_ratio'] as server_power_ratio,
        c.assumed['average_power_ratio'] as average_power_ratio,
        c.assumed['pue'] as pue,
        c.assumed['electricity_price_spread_ratio'] as price_spread,
        c.assumed['chip_price_spread_ratio'] as chip_price_spread,
        c.assumed['building_capital_share'] as building_share,
        c.assumed['site_staff_usd_per_megawatt_year'] as staff,
        c.assumed['site_upkeep_share_per_year'] as upkeep,
        coalesce(e.price, c.assumed['electricity_price_usd_per_kwh']) as electricity_price,
        input('it_megawatts', null, s.it_megawatts, null, 'MW', 'given', s.source_id, s.locator, s.verified) as megawatts,
        input('accelerator_count', null, s.accelerator_count, null, '1', 'given', s.source_id, s.locator, s.verified) as accelerators,
        input('tdp', null, a.tdp_w, null, 'W', 'reported', a.source_id) as tdp,
        input('chip_price', null, p.price_usd, null, 'USD', 'reported', p.source_id, p.locator, p.verified) as chip_price,
        input('it_lifetime_years', null, s.it_lifetime_years, null, 'year', 'given', s.source_id, s.locator, s.verified) as given_life
    from seeds.site_scenarios as s
    inner join core.assumption_sets as c on s.site_id = c.subject_id and c.subject_kind = 'site'
    left join core.accelerators as a on s.accelerator_id = a.accelerator_id
    left join electricity as e on s.country = e.country
    left join core.purchase_prices as p on s.accelerator_id = p.accelerator_id
),

sized as (
    select
        *,
        case
            when megawatts is not null then amount(megawatts)
            else multiply(multiply(amount(accelerators), divide(amount(tdp), exactly(1e6))), amount(server_power_ratio))
        end as it_megawatts,
        case
            when megawatts is not null then multiply(multiply(amount(megawatts), amount(it_capital)), complement_of(amount(network_share)))
            else
                multiply(
                    multiply(amount(accelerators), multiply(amount(chip_price), amount(chip_price_spread))), amount(server_cost_ratio)
                )
        end as servers,
        capital_recovery_of(amount(discount_rate), amount(coalesce(given_life, it_life))) as it_recovery,
        capital_recovery_of(amount(discount_rate), amount(facility_life)) as facility_recovery
    from given
),

capitals as (
    select
        *,
        divide(servers, amount(server_cost_ratio)) as accelerator_capital,
        multiply(servers, complement_of(reciprocal(amount(server_cost_ratio)))) as server_capital,
        multiply(servers, odds_of(amount(network_share))) as network_capital,
        multiply(it_megawatts, amount(facility_capital)) as facility_all
    from sized
),

facilities as (
    select
        *,
        multiply(facility_all, complement_of(amount(building_share))) as power_and_cooling_capital,
        multiply(facility_all, amount(building_share)) as building_capital,
        divide(servers, complement_of(amount(network_share))) as it_all,
        multiply(
            site_energy_kwh_of(it_megawatts, amount(average_power_ratio), amount(pue)),
            multiply(amount(electricity_price), amount(price_spread))
        ) as electricity_cost,
        multiply(it_megawatts, amount(staff)) as staff_cost
    from capitals
),

totals as (
    select
        *,
        multiply(add_up(it_all, facility_all), amount(upkeep)) as upkeep_cost,
        add_up(
            add_up(
                multiply(it_all, it_recovery), multiply(facility_all, facility_recovery)
            ),
            add_up(add_up(electricity_cost, staff_cost), multiply(add_up(it_all, facility_all), amount(upkeep)))
        ) as total
    from facilities
),

parts as (
    select
        site_id,
        site_name,
        total,
        unnest([
            { 'component': 'accelerator', 'capital': accelerator_capital, 'cost': multiply(accelerator_capital, it_recovery) },
            { 'component': 'server', 'capital': server_capital, 'cost': multiply(server_capital, it_recovery) },
            { 'component': 'network', 'capital': network_capital, 'cost': multiply(network_capital, it_recovery) },
            {
                'component': 'power_and_cooling',
                'capital': power_and_cooling_capital,
                'cost': multiply(power_and_cooling_capital, facility_recovery)
            },
            { 'component': 'building', 'capital': building_capital, 'cost': multiply(building_capital, facility_recovery) },
            { 'component': 'electricity', 'capital': null, 'cost': electricity_cost },
            { 'component': 'staff', 'capital': null, 'cost': staff_cost },
            { 'component': 'upkeep', 'capital': null, 'cost': upkeep_cost },
            { 'component': 'total', 'capital': add_up(it_all, facility_all), 'cost': total }
        ]) as item,
        list_filter(
            [
                megawatts, accelerators, tdp, chip_price, case when chip_price is not null then chip_price_spread end,
                case when megawatts is not null then it_capital end, facility_capital, coalesce(given_life, it_life), facility_life,
                discount_rate, network_share, server_cost_ratio, case when tdp is not null then server_power_ratio end,
                average_power_ratio, pue, electricity_price, price_spread, building_share, staff, upkeep
            ],
            lambda i: i is not null
        ) as inputs
    from totals
)

select
    site_id,
    site_name,
    item.component,
    case when item.capital is not null then low_of(item.capital) end as capital_usd_low,
    case when item.capital is not null then central_of(item.capital) end as capital_usd,
    case when item.capital is not null then high_of(item.capital) end as capital_usd_high,
    low_of(item.cost) as cost_usd_per_year_low,
    central_of(item.cost) as cost_usd_per_year,
    high_of(item.cost) as cost_usd_per_year_high,
    central_of(item.cost) / central_of(total) as share,
    inputs
from parts
order by site_id, item.component
