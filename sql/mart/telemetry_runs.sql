-- One row per own run: energy as measured on your hardware, its cost and emissions, and the published results that it compares with.
-- key: run_id
-- column: accelerator_id | Key of mart.accelerators.
-- column: power_to_tdp_ratio | Mean power of an accelerator over its rated power.
-- column: joule_per_token | Energy per token, at the boundary of the row.
-- column: mfu | Model FLOP utilisation against the dense peak.
-- interval: cost_usd | Rental cost of the accelerators, nominal US dollars: at the price of run.toml, else at that of the market.
-- interval: facility_energy_kwh | Energy with server and cooling.
-- interval: location_co2e_kg | Location-based emissions of the electricity, with server and cooling.
-- column: published_result_count | Published results of the same model on the same accelerator: energy per token.
-- column: published_joule_per_token | Their median.
-- column: energy_to_published_ratio | Energy per token over that median.
with figures as (
    select
        run_id,
        max(value_low) filter (where quantity = 'cost_usd') as cost_usd_low,
        max(value) filter (where quantity = 'cost_usd') as cost_usd,
        max(value_high) filter (where quantity = 'cost_usd') as cost_usd_high,
        max(value_low) filter (where quantity = 'co2e_kg') as location_co2e_kg_low,
        max(value) filter (where quantity = 'co2e_kg') as location_co2e_kg,
        max(value_high) filter (where quantity = 'co2e_kg') as location_co2e_kg_high,
        max(value_low) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh_low,
        max(value) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh,
        max(value_high) filter (where quantity = 'energy_kwh' and boundary = 'facility') as facility_energy_kwh_high,
        max(value) filter (where quantity = 'joule_per_token') as joule_per_token,
        max(value) filter (where quantity = 'mfu') as mfu
    from core.telemetry_figures
    group by run_id
),

published as (
    select
        model_id,
        accelerator_id,
        energy_boundary,
        count(*) as published_result_count,
        median(joule_per_unit) as published_joule_per_token
    from core.benchmark_results
    where unit_name = 'token' and joule_per_unit > 0 and is_default and model_id is not null
    group by model_id, accelerator_id, energy_boundary
)

select
    r.run_id,
    r.title,
    r.work,
    r.started_at,
    r.ended_at,
    r.accelerator_id,
    r.accelerator_name,
    r.accelerator_count,
    r.energy_boundary,
    r.device_count,
    r.model_id,
    r.model_name,
    r.number_format,
    r.energy_j,
    r.other_energy_j,
    r.mean_power_w,
    r.peak_power_w,
    r.mean_power_w / a.tdp_w as power_to_tdp_ratio,
    r.measured_s,
    r.chip_hours,
    r.gap_count,
    r.gap_s,
    r.reset_count,
    r.wrap_count,
    r.folded_count,
    r.is_modelled,
    r.sample_count,
    r.tokens,
    f.joule_per_token,
    f.mfu,
    f.cost_usd_low,
    f.cost_usd,
    f.cost_usd_high,
    f.facility_energy_kwh_low,
    f.facility_energy_kwh,
    f.facility_energy_kwh_high,
    r.country,
    f.location_co2e_kg_low,
    f.location_co2e_kg,
    f.location_co2e_kg_high,
    p.published_result_count,
    p.published_joule_per_token,
    f.joule_per_token / p.published_joule_per_token as energy_to_published_ratio,
    r.formats,
    r.files
from core.telemetry_runs as r
left join core.accelerators as a on r.accelerator_id = a.accelerator_id and r.energy_boundary = 'accelerators'
left join figures as f on r.run_id = f.run_id
left join published as p
    on r.model_id = p.model_id and r.accelerator_id = p.accelerator_id and r.energy_boundary = p.energy_boundary and r.work = 'inference'
order by r.started_at desc, r.run_id asc
