-- Money, nominal US dollars. Arguments are uncertain triples unless said otherwise.

-- macro: cloud_cost_usd_of | Rental cost of the accelerators.
-- equation: cost = chip_hours · price
-- units: chip-hours, USD per chip-hour -> USD
-- source: arxiv_2405_21015
-- example: round(central_of(cloud_cost_usd_of(exactly(2788000), exactly(2)))) = 5576000
create or replace macro cloud_cost_usd_of(chip_hours, price_per_chip_hour) as multiply(chip_hours, price_per_chip_hour);

-- macro: hardware_age_years_of | Age of hardware when a run starts: years since it was acquired, never below zero.
-- equation: max(0, started - acquired)
-- units: decimal years -> years
-- source: arxiv_2405_21015
-- example: hardware_age_years_of(2022.08, 2021.12) > 0.95 and hardware_age_years_of(2020.5, 2021.12) = 0
create or replace macro hardware_age_years_of(started, acquired) as
greatest(0 * (started - acquired), started - acquired); -- 0 alone would be the greatest where a date is not known

-- macro: depreciation_at | Share of its price when new that hardware loses in an hour at some age: its value falls at a constant rate.
-- equation: ln(10) · k · 10^(-k · age) / 8766
-- units: orders of magnitude per year, years -> 1 per hour
-- source: arxiv_2405_21015
-- example: abs(depreciation_at(0.14, 0) * 8766 - 0.3224) < 0.0001 and abs(depreciation_at(0.14, 1) / depreciation_at(0.14, 0) - 0.7244) < 0.0001
create or replace macro depreciation_at(decline, age_years) as ln(10) * decline * 10 ** (-decline * age_years) / 8766;

-- macro: depreciation_per_hour_of | Depreciation per hour with its bounds: the rate of decline enters once, the age beside it.
-- equation: d(k, age) with bounds from those of k, times 10^(-k · (age' - age)) for the bounds of the age
-- units: orders of magnitude per year, years (low, central, high) -> 1 per hour
-- source: arxiv_2405_21015
-- example: abs(central_of(depreciation_per_hour_of(exactly(0.14), 0, 0, 0)) * 8766 - 0.3224) < 0.0001
create or replace macro depreciation_per_hour_of(price_decline_per_year, age_years_low, age_years, age_years_high) as list_transform(
    [{
        'k': price_decline_per_year,
        'a': age_years::double + 0 * (age_years_low + age_years_high), -- null where a bound is
        'l': age_years_low::double,
        'h': age_years_high::double
    }],
    lambda q: multiply(
        uncertain(
            least(depreciation_at(low_of(q.k), q.a), depreciation_at(central_of(q.k), q.a), depreciation_at(high_of(q.k), q.a)),
            depreciation_at(central_of(q.k), q.a),
            greatest(depreciation_at(low_of(q.k), q.a), depreciation_at(central_of(q.k), q.a), depreciation_at(high_of(q.k), q.a))
        ),
        uncertain(10 ** (-central_of(q.k) * (q.h - q.a)), 1, 10 ** (-central_of(q.k) * (q.l - q.a)))
    )
)[1];

-- macro: capital_usd_per_chip_hour | Depreciation per hour of an owned accelerator with its share of server and network.
-- equation: price when new · server_overhead / (1 - network_share) · depreciation per hour
-- units: USD per chip, ratio, fraction, 1 per hour -> USD per chip-hour
-- source: arxiv_2405_21015
-- example: round(central_of(capital_usd_per_chip_hour(exactly(12500), exactly(1.66), exactly(0.19), exactly(0.3224 / 8766))), 2) = 0.94
create or replace macro capital_usd_per_chip_hour(chip_price, server_cost_ratio, network_share, depreciation_per_hour) as
multiply(divide(multiply(chip_price, server_cost_ratio), complement_of(network_share)), depreciation_per_hour);

-- macro: electricity_usd_per_chip_hour | Electricity cost per hour of an accelerator, its server and the cooling.
-- equation: energy of an hour · price
-- units: kWh per chip-hour at the facility boundary, USD per kWh -> USD per chip-hour
-- source: arxiv_2405_21015
-- example: central_of(electricity_usd_per_chip_hour(exactly(0.75), exactly(0.08))) = 0.06
create or replace macro electricity_usd_per_chip_hour(energy_kwh_per_chip_hour, electricity_price) as
multiply(energy_kwh_per_chip_hour, electricity_price);

-- macro: owned_cost_usd_of | Cost of a run on owned hardware: depreciation plus electricity. Time enters once.
-- equation: cost = chip_hours · (capital per chip-hour + electricity per chip-hour)
-- units: chip-hours, USD per chip-hour, USD per chip-hour -> USD
-- source: arxiv_2405_21015
-- example: round(central_of(owned_cost_usd_of(exactly(1000), exactly(0.9), exactly(0.08)))) = 980
create or replace macro owned_cost_usd_of(chip_hours, capital_per_chip_hour, electricity_per_chip_hour) as
multiply(chip_hours, add_up(capital_per_chip_hour, electricity_per_chip_hour));

-- macro: facility_usd_per_chip_hour | Depreciation per hour of building shell, power and cooling, for one accelerator with its server.
-- equation: capital per MW · TDP · k_server / 10^6 / (life · 8766)
-- units: USD per MW of IT, W, ratio, years -> USD per chip-hour
-- source: epoch_costs
-- example: abs(central_of(facility_usd_per_chip_hour(exactly(11e6), exactly(700), exactly(1.82), exactly(14))) - 0.114) < 0.001
create or replace macro facility_usd_per_chip_hour(capital_usd_per_megawatt, tdp, server_power_ratio, facility_lifetime_years) as
divide(
    multiply(capital_usd_per_megawatt, multiply(scaled(tdp, 1 / 1e6), server_power_ratio)),
    scaled(facility_lifetime_years, 8766)
);

-- macro: annual_site_usd_of | Yearly cost of a site: depreciation of hardware and buildings, plus electricity.
-- equation: IT capital / IT life + facility capital / facility life + E · price
-- units: USD, years, USD, years, kWh per year, USD per kWh -> USD per year
-- source: arxiv_2405_21015
-- example: central_of(annual_site_usd_of(exactly(10), exactly(5), exactly(28), exactly(14), exactly(10), exactly(0.1))) = 5
create or replace macro annual_site_usd_of(it_capital, it_lifetime_years, facility_capital, facility_lifetime_years, energy_per_year, electricity_price) as
add_up(
    add_up(divide(it_capital, it_lifetime_years), divide(facility_capital, facility_lifetime_years)),
    multiply(energy_per_year, electricity_price)
);

-- macro: staff_usd_of | Staff cost of developing a model, from its share of the development cost.
-- equation: staff = other cost · share / (1 - share)
-- units: USD, share -> USD
-- source: arxiv_2405_21015
-- example: abs(central_of(staff_usd_of(exactly(61), exactly(0.39))) - 39) < 1e-9
create or replace macro staff_usd_of(other_cost, staff_share) as multiply(other_cost, odds_of(staff_share));

-- macro: development_of | Compute or cost of the whole development, including failed and exploratory runs, from the final run.
-- equation: amount · rnd_multiplier
-- units: any -> the same
-- source: arxiv_2405_21015
-- example: central_of(development_of(exactly(100), exactly(2.2))) > 219 and central_of(development_of(exactly(100), exactly(2.2))) < 221
create or replace macro development_of(final_run_amount, rnd_multiplier) as multiply(final_run_amount, rnd_multiplier);
