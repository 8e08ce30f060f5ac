-- One row per training run and basis: what renting the accelerators costs, and what owning them costs over the same hours. Machine time
-- enters the owned cost once, beside capital and electricity of an hour. Hardware ages between purchase and run: its price when new has fallen
-- by then (the convention of arXiv 2405.21015).
-- as: core.training_compute
with amounts as (
    select
        i.*,
        t.inputs as time_inputs,
        uncertain(t.value_low, t.value, t.value_high) as chip_hours,
        capital_usd_per_chip_hour(
            amount(i.chip_price),
            amount(i.server_cost_ratio),
            amount(i.network_share),
            depreciation_per_hour_of(amount(i.price_decline), i.hardware_age.low, i.hardware_age.value, i.hardware_age.high)
        ) as capital,
        electricity_usd_per_chip_hour(
            energy_kwh_per_chip_hour_of(amount(i.tdp), amount(i.server_power_ratio), amount(i.average_power_ratio), amount(i.pue)),
            amount(i.electricity_price)
        ) as electricity
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
),

estimates as (
    select
        training_run_id,
        [
            figure(
                'cost_usd',
                'cloud',
                case when cloud_price.kind = 'given' or cloud_price_method = 'observed' then 'rental' else 'rental_' || cloud_price_method end,
                cloud_cost_usd_of(chip_hours, amount(cloud_price)),
                'USD',
                'chip_hours · cloud_price_usd_per_chip_hour',
                list_concat(time_inputs, [cloud_price])
            ),
            figure(
                'cost_usd', 'cloud', 'rental_stated', cloud_cost_usd_of(chip_hours, amount(stated_rent)), 'USD',
                'chip_hours · published_cloud_price_usd_per_chip_hour', list_concat(time_inputs, [stated_rent])
            ),
            figure(
                'cost_usd', 'owned', 'amortised', owned_cost_usd_of(chip_hours, capital, electricity), 'USD',
                'chip_hours · (chip_price · server_cost_ratio / (1 - network_cost_share) · ln(10) · hardware_price_decline_per_year '
                || '· 10^(-hardware_price_decline_per_year · hardware_age_years) / 8766 '
                || '+ tdp / 1000 · server_power_ratio · average_power_ratio · pue · electricity_price_usd_per_kwh)',
                list_concat(
                    time_inputs,
                    [
                        tdp, server_power_ratio, average_power_ratio, pue, chip_price, server_cost_ratio, network_share, price_decline,
                        hardware_age, electricity_price
                    ]
                )
            )
        ] as figures
    from amounts
)

select
    training_run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
