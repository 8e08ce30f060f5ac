-- One row per training run: compute, energy, cost and emissions, each with its 90 % interval and method. Null: the inputs are not published.
-- key: training_run_id
-- column: training_run_id | Key of the run.
-- column: accelerator_id | Main accelerator: key of mart.accelerators.
-- interval: training_flop | Floating-point operations of the run, FLOP.
-- column: training_flop_method | Method of training_flop.
-- interval: chip_hours | Chip-hours of the run.
-- column: chip_hours_method | Method of chip_hours.
-- interval: mfu | Model FLOP utilisation: share of the dense peak.
-- column: mfu_method | Method of mfu.
-- interval: chip_energy_kwh | Chip energy, kWh.
-- interval: server_energy_kwh | Server energy (IT energy), kWh.
-- interval: facility_energy_kwh | Facility energy, including PUE, kWh.
-- column: facility_energy_kwh_method | Method of facility_energy_kwh.
-- interval: cloud_cost_usd | Cost of renting the accelerators, nominal US dollars.
-- column: cloud_cost_usd_method | Method of cloud_cost_usd.
-- interval: owned_cost_usd | Cost of owned hardware for the same hours: depreciation plus electricity, nominal US dollars.
-- column: owned_cost_usd_method | Method of owned_cost_usd.
-- interval: location_co2e_kg | Emissions of the electricity by the grid mix of the place, kg CO2e.
-- column: location_co2e_kg_method | Method of location_co2e_kg.
-- interval: market_co2e_kg | Market-based emissions, kg CO2e; given in addition to location-based emissions.
-- column: market_co2e_kg_method | Method of market_co2e_kg.
-- interval: embodied_co2e_kg | Embodied emissions: share of hardware manufacturing emissions attributed to the run, kg CO2e.
-- column: embodied_co2e_kg_method | Method of embodied_co2e_kg.
-- interval: water_l | Water evaporated on site and for generating the electricity, litres.
-- column: water_l_method | Method of water_l.
-- column: flop_covers | Work that training_flop covers: run, a run from nothing; stage, this fine-tuning or reinforcement learning without the base.
-- column: time_covers | Work that chip_hours, energy, cost, emissions and water cover.
-- column: pair_doubt | Why compute and time do not fit each other, or why the time is left out; null where they fit.
-- column: petaflop_days | Central training_flop in petaFLOP-days (1 = 8.64e19 FLOP).
-- column: home_years | Central facility_energy_kwh in years of an average home's electricity in the USA.
-- check: compute_and_time_are_of_the_same_work | select * from mart.training_summary where flop_covers <> time_covers
-- check: utilisation_is_possible_or_doubted | select s.* from mart.training_summary as s
--    inner join core.training_runs as r on s.training_run_id = r.training_run_id
--    where s.training_flop / (s.chip_hours * 3600 * r.dense_peak_flop_per_s) > 1
--    or s.training_flop / (s.chip_hours * 3600 * r.dense_peak_flop_per_s) < 0.01 and s.pair_doubt is null
-- check: boundaries_nest | select * from mart.training_summary where chip_energy_kwh > server_energy_kwh or server_energy_kwh > facility_energy_kwh
with results as (
    select
        training_run_id,
        map(
            list(quantity order by quantity),
            list({ 'low': value_low, 'value': value, 'high': value_high, 'method': method } order by quantity)
        ) as found
    from core.training_results
    group by training_run_id
),

coverage as (
    select
        r.training_run_id,
        c.work as flop_covers,
        case when p.found['chip_hours'].method in ('published', 'count_times_hours') then c.time_covers else c.work end as time_covers,
        p.found['training_flop'].value / (p.found['chip_hours'].value * 3600 * r.dense_peak_flop_per_s) as implied_mfu,
        c.doubt,
        l.assumed['paired_mfu'].low as least_mfu
    from core.training_runs as r
    inner join core.training_coverage as c on r.training_run_id = c.training_run_id
    inner join core.assumption_sets as l on l.subject_kind = 'class' and l.subject_id = 'all'
    left join results as p on r.training_run_id = p.training_run_id
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
    p.found['training_flop'].low as training_flop_low,
    p.found['training_flop'].value as training_flop,
    p.found['training_flop'].high as training_flop_high,
    p.found['training_flop'].method as training_flop_method,
    p.found['chip_hours'].low as chip_hours_low,
    p.found['chip_hours'].value as chip_hours,
    p.found['chip_hours'].high as chip_hours_high,
    p.found['chip_hours'].method as chip_hours_method,
    p.found['mfu'].low as mfu_low,
    p.found['mfu'].value as mfu,
    p.found['mfu'].high as mfu_high,
    p.found['mfu'].method as mfu_method,
    p.found['chip_energy_kwh'].low as chip_energy_kwh_low,
    p.found['chip_energy_kwh'].value as chip_energy_kwh,
    p.found['chip_energy_kwh'].high as chip_energy_kwh_high,
    p.found['server_energy_kwh'].low as server_energy_kwh_low,
    p.found['server_energy_kwh'].value as server_energy_kwh,
    p.found['server_energy_kwh'].high as server_energy_kwh_high,
    p.found['facility_energy_kwh'].low as facility_energy_kwh_low,
    p.found['facility_energy_kwh'].value as facility_energy_kwh,
    p.found['facility_energy_kwh'].high as facility_energy_kwh_high,
    p.found['facility_energy_kwh'].method as facility_energy_kwh_method,
    p.found['cloud_cost_usd'].low as cloud_cost_usd_low,
    p.found['cloud_cost_usd'].value as cloud_cost_usd,
    p.found['cloud_cost_usd'].high as cloud_cost_usd_high,
    p.found['cloud_cost_usd'].method as cloud_cost_usd_method,
    p.found['owned_cost_usd'].low as owned_cost_usd_low,
    p.found['owned_cost_usd'].value as owned_cost_usd,
    p.found['owned_cost_usd'].high as owned_cost_usd_high,
    p.found['owned_cost_usd'].method as owned_cost_usd_method,
    p.found['location_co2e_kg'].low as location_co2e_kg_low,
    p.found['location_co2e_kg'].value as location_co2e_kg,
    p.found['location_co2e_kg'].high as location_co2e_kg_high,
    p.found['location_co2e_kg'].method as location_co2e_kg_method,
    p.found['market_co2e_kg'].low as market_co2e_kg_low,
    p.found['market_co2e_kg'].value as market_co2e_kg,
    p.found['market_co2e_kg'].high as market_co2e_kg_high,
    p.found['market_co2e_kg'].method as market_co2e_kg_method,
    p.found['embodied_co2e_kg'].low as embodied_co2e_kg_low,
    p.found['embodied_co2e_kg'].value as embodied_co2e_kg,
    p.found['embodied_co2e_kg'].high as embodied_co2e_kg_high,
    p.found['embodied_co2e_kg'].method as embodied_co2e_kg_method,
    p.found['water_l'].low as water_l_low,
    p.found['water_l'].value as water_l,
    p.found['water_l'].high as water_l_high,
    p.found['water_l'].method as water_l_method,
    case when p.found['training_flop'].value is not null then v.flop_covers end as flop_covers,
    case when p.found['chip_hours'].value is not null then v.time_covers end as time_covers,
    coalesce(
        v.doubt,
        case
            when v.implied_mfu < v.least_mfu
                then
                    'The compute is less than '
                    || number_text(100 * v.least_mfu)
                    || ' % of what the accelerators can do in this time: they waited, or one of the two is of other work.'
        end
    ) as pair_doubt,
    p.found['petaflop_days'].value as petaflop_days,
    p.found['home_years'].value as home_years
from core.training_runs as r
inner join coverage as v on r.training_run_id = v.training_run_id
left join results as p on r.training_run_id = p.training_run_id
order by training_flop desc nulls last, r.training_run_id asc
