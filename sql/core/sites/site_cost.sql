-- One row per site and component: what it costs in a year. Capital is charged as an annuity over its life. A site that is described by
-- its power has the capital of computers per megawatt; one that is described by its accelerators, their price with server and network.
-- key: site_id, component
-- column: site_id | Key of seeds.site_scenarios.
-- column: site_name | What it is.
-- column: component | accelerator, server, network, power_and_cooling, building, electricity, staff, upkeep or total.
-- interval: capital_usd | Capital of the component; null where it has none.
-- interval: cost_usd_per_year | Cost of a year. What the components share, such as the interest, is in the bounds of the total once.
-- column: share | Share of the component in the total, central values.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with sites as (
    select
        s.*,
        a.tdp_w,
        a.source_id as tdp_source_id,
        list_filter([s.accelerator_id, s.operator_kind, a.kind, 'all'], lambda class: class is not null) as classes -- noqa: RF02
    from seeds.site_scenarios as s
    left join core.accelerators as a on s.accelerator_id = a.accelerator_id
),

chosen as (
    select
        s.site_id,
        a.name,
        arg_min(
            input(
                a.name, a.low, a.central, a.high, a.unit, 'assumed', a.source_id, a.locator, a.verified, a.name || ' for ' || a.applies_to
            ),
            list_position(s.classes, a.applies_to)
        ) as assumption
    from sites as s
    inner join seeds.assumptions as a on list_contains(s.classes, a.applies_to)
    group by s.site_id, a.name
),

electricity as (
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

prices as (
    select
        accelerator_id,
        median(price_usd / accelerators_per_item_count) as price_usd,
        min(source_id) as source_id
    from seeds.purchase_prices
    where what in ('chip', 'card', 'board')
    group by accelerator_id
),

chosen_by_site as (
    select
        site_id,
        any_value(assumption) filter (where name = 'it_capital_usd_per_megawatt') as it_capital,
        any_value(assumption) filter (where name = 'facility_capital_usd_per_megawatt') as facility_capital,
        any_value(assumption) filter (where name = 'site_it_lifetime_years') as it_life,
        any_value(assumption) filter (where name = 'facility_lifetime_years') as facility_life,
        any_value(assumption) filter (where name = 'discount_rate_per_year') as discount_rate,
        any_value(assumption) filter (where name = 'network_cost_share') as network_share,
        any_value(assumption) filter (where name = 'server_cost_ratio') as server_cost_ratio,
        any_value(assumption) filter (where name = 'server_power_ratio') as server_power_ratio,
        any_value(assumption) filter (where name = 'average_power_ratio') as average_power_ratio,
        any_value(assumption) filter (where name = 'pue') as pue,
        any_value(assumption) filter (where name = 'electricity_price_spread_ratio') as price_spread,
        any_value(assumption) filter (where name = 'electricity_price_usd_per_kwh') as assumed_price,
        any_value(assumption) filter (where name = 'chip_price_spread_ratio') as chip_price_spread,
        any_value(assumption) filter (where name = 'building_capital_share') as building_share,
        any_value(assumption) filter (where name = 'site_staff_usd_per_megawatt_year') as staff,
        any_value(assumption) filter (where name = 'site_upkeep_share_per_year') as upkeep
    from chosen
    group by site_id
),

given as (
    select
        s.site_id,
        s.site_name,
        c.it_capital,
        c.facility_capital,
        c.it_life,
        c.facility_life,
        c.discount_rate,
        c.network_share,
        c.server_cost_ratio,
        c.server_power_ratio,
        c.average_power_ratio,
        c.pue,
        c.price_spread,
        c.chip_price_spread,
        c.building_share,
        c.staff,
        c.upkeep,
        coalesce(e.price, c.assumed_price) as electricity_price,
        input('it_megawatts', null, s.it_megawatts, null, 'MW', 'given', s.source_id, s.locator, s.verified) as megawatts,
        input('accelerator_count', null, s.accelerator_count, null, '1', 'given', s.source_id, s.locator, s.verified) as accelerators,
        input('tdp', null, s.tdp_w, null, 'W', 'reported', s.tdp_source_id) as tdp,
        input('chip_price', null, p.price_usd, null, 'USD', 'reported', p.source_id) as chip_price,
        input('it_lifetime_years', null, s.it_lifetime_years, null, 'year', 'given', s.source_id, s.locator, s.verified) as given_life
    from sites as s
    inner join chosen_by_site as c on s.site_id = c.site_id
    left join electricity as e on s.country = e.country
    left join prices as p on s.accelerator_id = p.accelerator_id
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
