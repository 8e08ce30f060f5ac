-- One row per training run and basis: what renting the accelerators costs, and what owning them costs over the same hours. Machine time
-- enters the owned cost once, beside capital and electricity of an hour.
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
-- column: is_preferred | True for the figure that summaries show: the first method of the list in the query that applies.
with amounts as (
    select
        i.*,
        t.inputs as time_inputs,
        e.inputs as energy_inputs,
        uncertain(t.value_low, t.value, t.value_high) as chip_hours,
        facility_energy_kwh_of(
            exactly(1), amount(i.tdp), amount(i.server_power_ratio), amount(i.average_power_ratio), amount(i.pue)
        ) as energy_per_chip_hour,
        amount(i.cloud_price) as cloud_price_amount,
        amount(i.chip_price) as chip_price_amount,
        amount(i.server_cost_ratio) as server_cost_ratio_amount,
        amount(i.network_share) as network_share_amount,
        amount(i.price_decline) as price_decline_amount,
        amount(i.electricity_price) as electricity_price_amount
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    left join core.training_energy as e on i.training_run_id = e.training_run_id and e.boundary = 'facility' and e.is_preferred
),

capital as (
    select
        *,
        capital_usd_per_chip_hour(chip_price_amount, server_cost_ratio_amount, network_share_amount, price_decline_amount) as capital
    from amounts
),

estimates as (
    select
        training_run_id,
        'cost_usd' as quantity,
        'cloud' as boundary,
        'rental' as method,
        'derived' as kind,
        cloud_cost_usd_of(chip_hours, cloud_price_amount) as estimate,
        'USD' as unit,
        'chip_hours · cloud_price_usd_per_chip_hour' as formula,
        list_concat(time_inputs, [cloud_price]) as inputs
    from amounts
    where cloud_price is not null
    union all by name
    select
        training_run_id,
        'cost_usd' as quantity,
        'owned' as boundary,
        'amortised' as method,
        'derived' as kind,
        owned_cost_usd_of(chip_hours, capital, electricity_usd_per_chip_hour(energy_per_chip_hour, electricity_price_amount)) as estimate,
        'USD' as unit,
        'chip_hours · (chip_price · server_cost_ratio / (1 - network_cost_share) · ln(10) · hardware_price_decline_per_year / 8766 '
        || '+ tdp / 1000 · server_power_ratio · average_power_ratio · pue · electricity_price_usd_per_kwh)' as formula,
        list_concat(energy_inputs, [chip_price, server_cost_ratio, network_share, price_decline, electricity_price]) as inputs
    from capital
    where chip_price is not null and energy_inputs is not null
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
        order by list_position(['rental', 'amortised'], method)
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
