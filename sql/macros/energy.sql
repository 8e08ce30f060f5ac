-- Energy at three boundaries, carbon and water. Arguments are uncertain triples.

-- macro: chip_energy_kwh_of | Chip energy: energy use of the accelerators only.
-- equation: E = chip_hours · TDP / 1000 · f
-- units: chip-hours, W, ratio of average to rated power -> kWh
-- source: arxiv_2506_14551
-- example: central_of(chip_energy_kwh_of(exactly(1000), exactly(700), exactly(0.5))) = 350
create or replace macro chip_energy_kwh_of(chip_hours, tdp, average_power_ratio) as
multiply(scaled(multiply(chip_hours, tdp), 1 / 1000), average_power_ratio);

-- macro: server_of_chip_kwh | Energy of the servers from that of their accelerators.
-- equation: E_server = E_chip · k_server
-- units: kWh, ratio server to chip power -> kWh
-- source: epoch_costs
-- example: central_of(server_of_chip_kwh(exactly(350), exactly(2))) = 700
create or replace macro server_of_chip_kwh(chip_energy, server_power_ratio) as multiply(chip_energy, server_power_ratio);

-- macro: server_energy_kwh_of | Server energy: energy use of the servers and their share of the network (IT energy).
-- equation: E = chip_hours · TDP / 1000 · k_server · f
-- units: chip-hours, W, ratio server to chip power, ratio of average to rated power -> kWh
-- source: epoch_costs
-- example: central_of(server_energy_kwh_of(exactly(1000), exactly(700), exactly(2), exactly(0.5))) = 700
create or replace macro server_energy_kwh_of(chip_hours, tdp, server_power_ratio, average_power_ratio) as
server_of_chip_kwh(chip_energy_kwh_of(chip_hours, tdp, average_power_ratio), server_power_ratio);

-- macro: facility_of_server_kwh | Energy of the facility from that of its servers.
-- equation: E_facility = E_server · PUE
-- units: kWh, ratio -> kWh
-- source: epoch_costs
-- example: round(central_of(facility_of_server_kwh(exactly(1000), exactly(1.1))), 6) = 1100
create or replace macro facility_of_server_kwh(server_energy, pue) as multiply(server_energy, pue);

-- macro: facility_energy_kwh_of | Facility energy: energy use of the data centre for the run, IT energy × PUE.
-- equation: E = chip_hours · TDP / 1000 · k_server · f · PUE
-- units: chip-hours, W, three ratios -> kWh
-- source: epoch_costs
-- example: round(central_of(facility_energy_kwh_of(exactly(1000), exactly(700), exactly(2), exactly(0.5), exactly(1.1))), 6) = 770
create or replace macro facility_energy_kwh_of(chip_hours, tdp, server_power_ratio, average_power_ratio, pue) as
facility_of_server_kwh(server_energy_kwh_of(chip_hours, tdp, server_power_ratio, average_power_ratio), pue);

-- macro: energy_kwh_per_chip_hour_of | Facility energy of one accelerator in an hour.
-- equation: E = TDP / 1000 · k_server · f · PUE
-- units: W, three ratios -> kWh per chip-hour
-- source: epoch_costs
-- example: round(central_of(energy_kwh_per_chip_hour_of(exactly(700), exactly(2), exactly(0.5), exactly(1.1))), 6) = 0.77
create or replace macro energy_kwh_per_chip_hour_of(tdp, server_power_ratio, average_power_ratio, pue) as
multiply(multiply(multiply(scaled(tdp, 1 / 1000), average_power_ratio), server_power_ratio), pue);

-- macro: co2e_kg_of | Location-based emissions from electricity.
-- equation: m = E · intensity
-- units: kWh at the facility boundary, kg CO2e per kWh -> kg CO2e
-- source: arxiv_2104_10350
-- example: round(central_of(co2e_kg_of(exactly(1287000), exactly(0.429)))) = 552123
create or replace macro co2e_kg_of(facility_energy, grid_intensity) as multiply(facility_energy, grid_intensity);

-- macro: market_co2e_kg_of | Market-based emissions from electricity, given in addition to location-based emissions.
-- equation: m = E · (1 - covered) · residual intensity: electricity from carbon-free contracts counts as zero
-- units: kWh at the facility boundary, share covered by carbon-free contracts, kg CO2e per kWh of the rest -> kg CO2e
-- source: arxiv_2508_15734
-- example: abs(central_of(market_co2e_kg_of(exactly(1000), exactly(0.727536), exactly(0.345))) - 94) < 0.01
create or replace macro market_co2e_kg_of(facility_energy, covered_share, residual_intensity) as
multiply(facility_energy, multiply(complement_of(covered_share), residual_intensity));

-- macro: embodied_co2e_kg_of | Share of hardware manufacturing emissions attributed to the run.
-- equation: m = chip_hours · (m_chip + m_server / 8) / (lifetime · 8766 · fleet utilisation)
-- units: chip-hours, kg CO2e per accelerator, kg CO2e per server of eight without them, years, share -> kg CO2e
-- source: arxiv_2211_02001
-- example: abs(central_of(embodied_co2e_kg_of(exactly(1082990), exactly(150), exactly(2500), exactly(6), exactly(0.85))) / 11200 - 1) < 0.03
create or replace macro embodied_co2e_kg_of(chip_hours, kg_per_accelerator, kg_per_server, lifetime_years, fleet_utilisation) as
divide(
    multiply(chip_hours, add_up(kg_per_accelerator, scaled(kg_per_server, 1 / 8))),
    multiply(scaled(lifetime_years, 8766), fleet_utilisation)
);

-- macro: lifecycle_co2e_kg_of | Location-based emissions of the electricity plus the embodied emissions of the hardware. Time enters once.
-- equation: m = chip_hours · (energy per chip-hour · intensity + embodied emissions per chip-hour)
-- units: chip-hours, kWh at the facility boundary per chip-hour, kg CO2e per kWh, kg CO2e per chip-hour -> kg CO2e
-- source: arxiv_2211_02001
-- example: round(central_of(lifecycle_co2e_kg_of(exactly(1000), exactly(0.5), exactly(0.4), exactly(0.01))), 9) = 210
create or replace macro lifecycle_co2e_kg_of(chip_hours, energy_kwh_per_chip_hour, grid_intensity, embodied_kg_per_chip_hour) as
multiply(chip_hours, add_up(multiply(energy_kwh_per_chip_hour, grid_intensity), embodied_kg_per_chip_hour));

-- macro: water_l_of | Water evaporated on site for cooling and off site for generating the electricity.
-- equation: V = E_IT · (WUE_on + PUE · WUE_off); IT energy, because WUE_on is defined on it
-- units: kWh of IT energy, L/kWh, ratio, L/kWh -> L
-- source: arxiv_2304_03271
-- example: round(central_of(water_l_of(exactly(100), exactly(0.5), exactly(1.2), exactly(3.1))), 6) = 422
create or replace macro water_l_of(server_energy, wue_onsite, pue, wue_offsite) as
multiply(server_energy, add_up(wue_onsite, multiply(pue, wue_offsite)));

-- macro: onsite_water_l_of | Water evaporated on site for cooling.
-- equation: V = E_IT · WUE_on
-- units: kWh of IT energy, L/kWh -> L
-- source: arxiv_2304_03271
-- example: central_of(onsite_water_l_of(exactly(100), exactly(0.5))) = 50
create or replace macro onsite_water_l_of(server_energy, wue_onsite) as multiply(server_energy, wue_onsite);

-- macro: generation_water_l_of | Water evaporated off site for generating the electricity.
-- equation: V = E_IT · PUE · WUE_off
-- units: kWh of IT energy, ratio, L/kWh -> L
-- source: arxiv_2304_03271
-- example: round(central_of(generation_water_l_of(exactly(100), exactly(1.2), exactly(3.1))), 6) = 372
create or replace macro generation_water_l_of(server_energy, pue, wue_offsite) as multiply(server_energy, multiply(pue, wue_offsite));

-- macro: home_years_of | Electricity in yearly use of an average home.
-- equation: E / home_year
-- units: kWh, kWh per home and year -> home-years
-- source: eia_faq_97
-- example: home_years_of(1e6, 10500) > 95 and home_years_of(1e6, 10500) < 96
create or replace macro home_years_of(energy_kwh, home_year_kwh) as energy_kwh / home_year_kwh;
