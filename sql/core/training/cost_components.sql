-- One row per training run and component of its cost on owned hardware. Everything is calculated per unit of the depreciation
-- of the bare accelerator, so that common factors (chip-hours, price, depreciation rate) cancel out.
-- key: training_run_id, component
-- column: component | accelerator, server, network, facility, electricity or staff.
-- interval: share | Share in the whole.
-- column: cost_usd | Central cost, nominal US dollars.
-- column: inputs | Inputs of all components except chip-hours: name, bounds, value, unit, kind and source.
with site as (
    select
        assumed['facility_capital_usd_per_megawatt'] as capital_per_megawatt,
        assumed['facility_lifetime_years'] as lifetime,
        assumed['cost_share'] as staff_share
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'staff'
),

relative as (
    select
        i.training_run_id,
        t.value * central_of(chip) as unit_usd, -- noqa: RF02
        exactly(1) as accelerator,
        add_up(server_ratio, exactly(-1)) as server, -- noqa: RF02
        multiply(server_ratio, odds_of(amount(i.network_share))) as network, -- noqa: RF02
        divide(
            facility_usd_per_chip_hour(amount(site.capital_per_megawatt), amount(i.tdp), amount(i.server_power_ratio), amount(site.lifetime)),
            chip -- noqa: RF02
        ) as facility,
        divide(
            electricity_usd_per_chip_hour(
                facility_energy_kwh_of(
                    exactly(1), amount(i.tdp), amount(i.server_power_ratio), amount(i.average_power_ratio), amount(i.pue)
                ),
                amount(i.electricity_price)
            ),
            chip -- noqa: RF02
        ) as electricity,
        amount(site.staff_share) as staff_share,
        [
            i.chip_price, i.price_decline, i.hardware_age, i.server_cost_ratio, i.network_share, i.tdp, i.server_power_ratio, i.average_power_ratio,
            i.pue, i.electricity_price, site.capital_per_megawatt, site.lifetime, site.staff_share
        ] as inputs
    from (
        select
            *,
            capital_usd_per_chip_hour(
                amount(chip_price),
                exactly(1),
                exactly(0),
                depreciation_per_hour_of(amount(price_decline), hardware_age.low, hardware_age.value, hardware_age.high)
            ) as chip,
            amount(server_cost_ratio) as server_ratio
        from core.training_inputs
        where chip_price is not null and tdp is not null
    ) as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    inner join core.training_cost as o on i.training_run_id = o.training_run_id and o.boundary = 'owned' and o.is_preferred
    cross join site
),

parts as (
    select
        training_run_id,
        unit_usd,
        staff_share,
        inputs,
        unnest([
            { 'component': 'accelerator', 'part': accelerator, 'rest': add_up(add_up(server, network), add_up(facility, electricity)) },
            { 'component': 'server', 'part': server, 'rest': add_up(add_up(accelerator, network), add_up(facility, electricity)) },
            { 'component': 'network', 'part': network, 'rest': add_up(add_up(accelerator, server), add_up(facility, electricity)) },
            { 'component': 'facility', 'part': facility, 'rest': add_up(add_up(accelerator, server), add_up(network, electricity)) },
            { 'component': 'electricity', 'part': electricity, 'rest': add_up(add_up(accelerator, server), add_up(network, facility)) }
        ]) as item
    from relative
),

shares as (
    select
        training_run_id,
        item.component,
        multiply(share_of(item.part, item.rest), complement_of(staff_share)) as share,
        unit_usd * central_of(item.part) as cost_usd,
        inputs
    from parts
    union all by name
    select
        training_run_id,
        'staff' as component,
        staff_share as share,
        unit_usd * central_of(
            staff_usd_of(add_up(add_up(accelerator, server), add_up(network, add_up(facility, electricity))), staff_share)
        ) as cost_usd,
        inputs
    from relative
)

select
    training_run_id,
    component,
    low_of(share) as share_low,
    central_of(share) as share,
    least(high_of(share), 1) as share_high,
    cost_usd,
    inputs
from shares
order by training_run_id, component
