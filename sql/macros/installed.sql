-- The installed stock of AI chips: what of it is in service and running, and what that takes in power, energy and money.

-- macro: in_service_share_of | Share of the chips of some age that are not retired. Arguments are plain numbers.
-- equation: 0.5^((age / life)^shape): half of them are retired at the service life
-- units: years, years, pure number -> share
-- example: in_service_share_of(6, 6, 4) = 0.5 and in_service_share_of(0, 6, 4) = 1 and in_service_share_of(3, 6, 4) > 0.95
create or replace macro in_service_share_of(age_years, service_life_years, retirement_shape) as
0.5 ** ((greatest(0, age_years) / service_life_years) ** retirement_shape);

-- macro: running_share_of | Share of the chips sold in a quarter that run on some day, if sales spread evenly over the quarter.
-- equation: (day - delay - first day) / days of the quarter, from 0 to 1
-- units: date, date, date, days -> share
-- example: running_share_of(date '2025-02-15', date '2025-01-01', date '2025-03-31', 0) = 0.5
create or replace macro running_share_of(on_day, first_day, last_day, delay_days) as
greatest(0, least(1, (date_diff('day', first_day, on_day) - delay_days) / (date_diff('day', first_day, last_day) + 1.0)));

-- macro: fleet_power_ratio_of | Average power of all running hardware over its rated power: busy part of the time, else idle. Arguments are plain numbers.
-- equation: utilisation · busy + (1 - utilisation) · idle
-- units: share, ratio, ratio -> ratio
-- example: fleet_power_ratio_of(0.75, 0.8, 0.2) > 0.6499 and fleet_power_ratio_of(0.75, 0.8, 0.2) < 0.6501
create or replace macro fleet_power_ratio_of(fleet_utilisation, average_power_ratio, idle_power_ratio) as
fleet_utilisation * average_power_ratio + (1 - fleet_utilisation) * idle_power_ratio;

-- macro: it_megawatts_of | Rated power of servers with their accelerators.
-- equation: P = units · rated power / 10^6 · k_server
-- units: count, W, ratio -> MW
-- example: round(central_of(it_megawatts_of(exactly(1000), exactly(700), exactly(2))), 9) = 1.4
create or replace macro it_megawatts_of(units, rated_power, server_power_ratio) as
multiply(scaled(multiply(units, rated_power), 1 / 1e6), server_power_ratio);

-- macro: capital_usd_of | Capital cost of computers or buildings for some rated power.
-- equation: C = P · capital per MW
-- units: MW, USD per MW -> USD
-- example: central_of(capital_usd_of(exactly(2), exactly(29e6))) = 58e6
create or replace macro capital_usd_of(it_megawatts, capital_usd_per_megawatt) as multiply(it_megawatts, capital_usd_per_megawatt);

-- macro: capital_charge_usd_of | What the capital costs over some years: depreciation and interest.
-- equation: K = C · f(r, n) · years
-- units: USD, 1/year, years -> USD
-- example: central_of(capital_charge_usd_of(exactly(100), exactly(0.231), exactly(1))) > 23
create or replace macro capital_charge_usd_of(capital, recovery_per_year, years) as multiply(multiply(capital, recovery_per_year), years);

-- macro: moved_by | A factor of a product by name: how far the product moves on the logarithm if the input is at its lower and its upper bound.
--    Arguments are plain numbers: the product, or that part of it which depends on the input.
-- equation: ln(at the bound / at the central value); a product that falls to nothing falls by a factor of 100
-- units: any three alike -> natural logarithms
-- example: round((moved_by('pue', 1, 2, 4)).log_above, 6) = 0.693147 and (moved_by('delay', 4, 2, 0)).log_above < -4
create or replace macro moved_by(factor_name, at_low, at_centre, at_high) as {
    'factor': factor_name::varchar,
    'log_below': ln(greatest(at_low / at_centre, 0.01)),
    'log_above': ln(greatest(at_high / at_centre, 0.01))
};

-- macro: moved_by_input | The same for an input that is itself a factor of the product.
-- equation: ln(bound / central value)
-- units: those of the input -> natural logarithms
-- example: (moved_by_input(input('pue', 1, 1.1, 1.2, 'ratio', 'assumed', 'x', basis := 'pue for all'))).factor = 'pue for all'
create or replace macro moved_by_input(i) as moved_by(coalesce(i.basis, i.name), coalesce(i.low, i.value), i.value, coalesce(i.high, i.value));

-- macro: moved_amount | The uncertain quantity whose logarithm moves as a factor does.
-- equation: bounds in order, whichever bound of the input they come from
-- units: ratio
-- example: round(high_of(moved_amount(moved_by('delay', 4, 2, 1))), 9) = 2
create or replace macro moved_amount(m) as
uncertain(exp(least(m.log_below, m.log_above, 0)), 1, exp(greatest(m.log_below, m.log_above, 0)));

-- macro: fleet_power_ratio_amount | The same for uncertain inputs, each of which enters once.
-- equation: f(u, b, i) · (f(u ±) / f) · (f(b ±) / f) · (f(i ±) / f)
-- units: share, ratio, ratio -> ratio
-- example: round(central_of(fleet_power_ratio_amount(exactly(0.75), exactly(0.8), exactly(0.2))), 9) = 0.65
create or replace macro fleet_power_ratio_amount(fleet_utilisation, average_power_ratio, idle_power_ratio) as list_transform(
    [{
        'u': central_of(fleet_utilisation), 'ul': low_of(fleet_utilisation), 'uh': high_of(fleet_utilisation),
        'b': central_of(average_power_ratio), 'bl': low_of(average_power_ratio), 'bh': high_of(average_power_ratio),
        'i': central_of(idle_power_ratio), 'il': low_of(idle_power_ratio), 'ih': high_of(idle_power_ratio)
    }],
    lambda q: multiply(
        exactly(fleet_power_ratio_of(q.u, q.b, q.i)),
        multiply(
            moved_amount(
                moved_by('u', fleet_power_ratio_of(q.ul, q.b, q.i), fleet_power_ratio_of(q.u, q.b, q.i), fleet_power_ratio_of(q.uh, q.b, q.i))
            ),
            multiply(
                moved_amount(
                    moved_by('b', fleet_power_ratio_of(q.u, q.bl, q.i), fleet_power_ratio_of(q.u, q.b, q.i), fleet_power_ratio_of(q.u, q.bh, q.i))
                ),
                moved_amount(
                    moved_by('i', fleet_power_ratio_of(q.u, q.b, q.il), fleet_power_ratio_of(q.u, q.b, q.i), fleet_power_ratio_of(q.u, q.b, q.ih))
                )
            )
        )
    )
)[1];

-- macro: stock_part | A part of a quantity of the installed chips; one at the end of a year counts once, the others add up over its quarters.
-- equation: none
-- units: as named
-- example: (stock_part('water_l', 'on site', 'L', 1)).is_at_end = false
create or replace macro stock_part(quantity, part, unit, amount, is_at_end := false) as {
    'quantity': quantity::varchar,
    'part': part::varchar,
    'unit': unit::varchar,
    'is_at_end': is_at_end::boolean,
    'amount': amount::double
};
