-- Money, nominal US dollars. Arguments are uncertain triples unless said otherwise.

-- macro: cloud_cost_usd_of | What renting the accelerators costs.
-- equation: cost = chip_hours · price
-- units: chip-hours, USD per chip-hour -> USD
-- source: arxiv_2405_21015
-- example: round(central_of(cloud_cost_usd_of(exactly(2788000), exactly(2)))) = 5576000
create or replace macro cloud_cost_usd_of(chip_hours, price_per_chip_hour) as multiply(chip_hours, price_per_chip_hour);

-- macro: capital_usd_per_chip_hour | Value that an owned accelerator, with its share of server and network, loses in an hour.
-- equation: price · server_overhead / (1 - network_share) · ln(10) · decline / 8766
-- units: USD per chip, ratio, fraction, orders of magnitude per year -> USD per chip-hour
-- source: arxiv_2405_21015
-- example: abs(central_of(capital_usd_per_chip_hour(exactly(12500), exactly(1.66), exactly(0.19), exactly(0.14))) - 0.94) < 0.01
create or replace macro capital_usd_per_chip_hour(chip_price, server_cost_ratio, network_share, price_decline_per_year) as
multiply(
    divide(multiply(chip_price, server_cost_ratio), exactly(1 - central_of(network_share))),
    divide(multiply(exactly(ln(10)), price_decline_per_year), exactly(8766))
);

-- macro: owned_cost_usd_of | What a run costs on machines of one's own: loss of their value, and electricity.
-- equation: cost = chip_hours · capital per chip-hour + E_facility · electricity price
-- units: chip-hours, USD per chip-hour, kWh, USD per kWh -> USD
-- source: arxiv_2405_21015
-- example: round(central_of(owned_cost_usd_of(exactly(1000), exactly(0.9), exactly(1000), exactly(0.08)))) = 980
create or replace macro owned_cost_usd_of(chip_hours, capital_per_chip_hour, facility_energy, electricity_price) as
add_up(multiply(chip_hours, capital_per_chip_hour), multiply(facility_energy, electricity_price));
