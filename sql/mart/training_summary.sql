-- One row per training run: what it took, each figure with its 90 % interval and method. Nulls mean that nobody states enough.
-- key: training_run_id
-- column: training_run_id | Key of the run.
-- column: model_id | Key of the model.
-- column: model_name | Name of the model; runs beside the main one carry their key.
-- column: organization | Who made the model.
-- column: publication_date | Date of first publication.
-- column: domain | Domain of the task.
-- column: architecture | Architecture class.
-- column: is_frontier | True if among the ten largest runs known at publication.
-- column: run_kind | What the run does.
-- column: is_notable | True if Epoch AI lists the model as notable; null where Epoch's list was not fetched.
-- column: is_main_run | True for one run of each model.
-- column: total_params | Parameters stored.
-- column: active_params | Parameters used per token.
-- column: training_tokens | Tokens processed, repeats included.
-- column: accelerator_id | Main accelerator: key of mart.accelerators.
-- column: accelerator_count | Accelerators used at the same time.
-- interval: training_flop | Floating-point operations of the run, FLOP.
-- column: training_flop_method | Method of training_flop.
-- interval: chip_hours | Accelerator time, chip-hours.
-- column: chip_hours_method | Method of chip_hours.
-- interval: mfu | Model FLOP utilisation: share of the dense peak.
-- column: mfu_method | Method of mfu.
-- interval: chip_energy_kwh | Electricity drawn by the accelerators, kWh.
-- interval: server_energy_kwh | Electricity drawn by the servers (IT energy), kWh.
-- interval: facility_energy_kwh | Electricity drawn by the data centre, PUE included, kWh.
-- column: facility_energy_kwh_method | Method of facility_energy_kwh.
-- interval: cloud_cost_usd | Cost of renting the accelerators, nominal US dollars.
-- column: cloud_cost_usd_method | Method of cloud_cost_usd.
-- interval: owned_cost_usd | Cost on machines of one's own over the same hours: loss of value and electricity, nominal US dollars.
-- column: owned_cost_usd_method | Method of owned_cost_usd.
-- interval: location_co2e_kg | Emissions of the electricity by the grid mix of the place, kg CO2e.
-- column: location_co2e_kg_method | Method of location_co2e_kg.
-- interval: market_co2e_kg | Emissions of the electricity by the contracts that its buyer holds, kg CO2e; beside the grid mix and never in its place.
-- column: market_co2e_kg_method | Method of market_co2e_kg.
-- interval: embodied_co2e_kg | Share of the emissions of making the machines, kg CO2e.
-- column: embodied_co2e_kg_method | Method of embodied_co2e_kg.
-- interval: water_l | Water evaporated on site and for generating the electricity, litres.
-- column: water_l_method | Method of water_l.
-- column: petaflop_days | Central training_flop in petaFLOP-days (1 = 8.64e19 FLOP).
-- column: home_years | Central facility_energy_kwh in years of an average home's electricity in the USA.
-- check: boundaries_nest | select * from mart.training_summary where chip_energy_kwh > server_energy_kwh or server_energy_kwh > facility_energy_kwh
with preferred as (
    select
        training_run_id,
        any_value(value_low) filter (where quantity = 'training_flop' and boundary = 'none') as training_flop_low,
        any_value(value) filter (where quantity = 'training_flop' and boundary = 'none') as training_flop,
        any_value(value_high) filter (where quantity = 'training_flop' and boundary = 'none') as training_flop_high,
        any_value(method) filter (where quantity = 'training_flop' and boundary = 'none') as training_flop_method,
        any_value(value_low) filter (where quantity = 'chip_hours' and boundary = 'none') as chip_hours_low,
        any_value(value) filter (where quantity = 'chip_hours' and boundary = 'none') as chip_hours,
        any_value(value_high) filter (where quantity = 'chip_hours' and boundary = 'none') as chip_hours_high,
        any_value(method) filter (where quantity = 'chip_hours' and boundary = 'none') as chip_hours_method,
        any_value(value_low) filter (where quantity = 'mfu' and boundary = 'none') as mfu_low,
        any_value(value) filter (where quantity = 'mfu' and boundary = 'none') as mfu,
        any_value(value_high) filter (where quantity = 'mfu' and boundary = 'none') as mfu_high,
        any_value(method) filter (where quantity = 'mfu' and boundary = 'none') as mfu_method,
        any_value(value_low) filter (where quantity = 'energy_kwh' and boundary = 'chip') as chip_energy_kwh_low,
        any_value(value) filter (where quantity = 'energy_kwh' and boundary = 'chip') as chip_energy_kwh,
        any_value(value_high) filter (where quantity = 'energy_kwh' and boundary = 'chip') as chip_energy_kwh_high,
        any_value(value_low) filter (where quantity = 'energy_kwh' and boundary = 'server') as server_energy_kwh_low,
        any_value(value) filter (where quantity = 'energy_kwh' and boundary = 'server') as server_energy_kwh,
        any_value(value_high) filter (where quantity = 'energy_kwh' and boundary = 'server') as server_energy_kwh_high,
        any_value(value_low) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh_low,
        any_value(value) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh,
        any_value(value_high) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh_high,
        any_value(method) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh_method,
        any_value(value_low) filter (where quantity = 'cost_usd' and boundary = 'cloud') as cloud_cost_usd_low,
        any_value(value) filter (where quantity = 'cost_usd' and boundary = 'cloud') as cloud_cost_usd,
        any_value(value_high) filter (where quantity = 'cost_usd' and boundary = 'cloud') as cloud_cost_usd_high,
        any_value(method) filter (where quantity = 'cost_usd' and boundary = 'cloud') as cloud_cost_usd_method,
        any_value(value_low) filter (where quantity = 'cost_usd' and boundary = 'owned') as owned_cost_usd_low,
        any_value(value) filter (where quantity = 'cost_usd' and boundary = 'owned') as owned_cost_usd,
        any_value(value_high) filter (where quantity = 'cost_usd' and boundary = 'owned') as owned_cost_usd_high,
        any_value(method) filter (where quantity = 'cost_usd' and boundary = 'owned') as owned_cost_usd_method,
        any_value(value_low) filter (where quantity = 'co2e_kg' and boundary = 'location') as location_co2e_kg_low,
        any_value(value) filter (where quantity = 'co2e_kg' and boundary = 'location') as location_co2e_kg,
        any_value(value_high) filter (where quantity = 'co2e_kg' and boundary = 'location') as location_co2e_kg_high,
        any_value(method) filter (where quantity = 'co2e_kg' and boundary = 'location') as location_co2e_kg_method,
        any_value(value_low) filter (where quantity = 'co2e_kg' and boundary = 'market') as market_co2e_kg_low,
        any_value(value) filter (where quantity = 'co2e_kg' and boundary = 'market') as market_co2e_kg,
        any_value(value_high) filter (where quantity = 'co2e_kg' and boundary = 'market') as market_co2e_kg_high,
        any_value(method) filter (where quantity = 'co2e_kg' and boundary = 'market') as market_co2e_kg_method,
        any_value(value_low) filter (where quantity = 'co2e_kg' and boundary = 'embodied') as embodied_co2e_kg_low,
        any_value(value) filter (where quantity = 'co2e_kg' and boundary = 'embodied') as embodied_co2e_kg,
        any_value(value_high) filter (where quantity = 'co2e_kg' and boundary = 'embodied') as embodied_co2e_kg_high,
        any_value(method) filter (where quantity = 'co2e_kg' and boundary = 'embodied') as embodied_co2e_kg_method,
        any_value(value_low) filter (where quantity = 'water_l' and boundary = 'none') as water_l_low,
        any_value(value) filter (where quantity = 'water_l' and boundary = 'none') as water_l,
        any_value(value_high) filter (where quantity = 'water_l' and boundary = 'none') as water_l_high,
        any_value(method) filter (where quantity = 'water_l' and boundary = 'none') as water_l_method
    from core.training_figures
    where is_preferred
    group by training_run_id
),

home as (
    select central as home_year_kwh
    from seeds.assumptions
    where name = 'home_year_kwh'
)

select
    r.training_run_id,
    r.model_id,
    r.model_name,
    r.organization,
    r.publication_date,
    r.domain,
    r.architecture,
    r.is_frontier,
    r.run_kind,
    r.is_notable,
    r.is_main_run,
    r.total_params,
    r.active_params,
    r.training_tokens,
    r.accelerator_id,
    r.accelerator_count,
    p.training_flop_low,
    p.training_flop,
    p.training_flop_high,
    p.training_flop_method,
    p.chip_hours_low,
    p.chip_hours,
    p.chip_hours_high,
    p.chip_hours_method,
    p.mfu_low,
    p.mfu,
    p.mfu_high,
    p.mfu_method,
    p.chip_energy_kwh_low,
    p.chip_energy_kwh,
    p.chip_energy_kwh_high,
    p.server_energy_kwh_low,
    p.server_energy_kwh,
    p.server_energy_kwh_high,
    p.facility_energy_kwh_low,
    p.facility_energy_kwh,
    p.facility_energy_kwh_high,
    p.facility_energy_kwh_method,
    p.cloud_cost_usd_low,
    p.cloud_cost_usd,
    p.cloud_cost_usd_high,
    p.cloud_cost_usd_method,
    p.owned_cost_usd_low,
    p.owned_cost_usd,
    p.owned_cost_usd_high,
    p.owned_cost_usd_method,
    p.location_co2e_kg_low,
    p.location_co2e_kg,
    p.location_co2e_kg_high,
    p.location_co2e_kg_method,
    p.market_co2e_kg_low,
    p.market_co2e_kg,
    p.market_co2e_kg_high,
    p.market_co2e_kg_method,
    p.embodied_co2e_kg_low,
    p.embodied_co2e_kg,
    p.embodied_co2e_kg_high,
    p.embodied_co2e_kg_method,
    p.water_l_low,
    p.water_l,
    p.water_l_high,
    p.water_l_method,
    petaflop_days_of(p.training_flop) as petaflop_days,
    home_years_of(p.facility_energy_kwh, home.home_year_kwh) as home_years
from core.training_runs as r
cross join home
left join preferred as p on r.training_run_id = p.training_run_id
order by p.training_flop desc nulls last, r.training_run_id asc
