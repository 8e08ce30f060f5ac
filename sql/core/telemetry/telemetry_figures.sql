-- One row per own run, quantity and boundary: energy, cost, emissions, energy per token and utilisation, each with the inputs of its formula.
-- key: run_id, quantity, boundary, method
-- column: run_id | Key of core.telemetry_runs.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | measured: by a meter; modelled: from processor time and a model of its power; else how it was worked out.
-- column: kind | derived: worked out by our formula from what was measured; assumed where the power was modelled, with bounds of modelled_energy_ratio.
-- interval: value | The figure.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- column: is_preferred | True: there is one method for each boundary.
-- check: figures_of_measured_runs_have_energy | select r.run_id from core.telemetry_runs as r where r.energy_j > 0
--    and not exists (select 1 from core.telemetry_figures as f where f.run_id = r.run_id and f.quantity = 'energy_kwh')
with prices as (
    select
        r.run_id,
        case
            when r.usd_per_chip_hour is not null
                then
                    input(
                        'price_per_chip_hour', null, r.usd_per_chip_hour, null, 'USD/chip-hour', 'given', 'own_runs', 'run.toml', 'seen'
                    )
            else input(
                'price_per_chip_hour', p.paid_usd_per_chip_hour_low, p.price_usd_per_chip_hour, p.paid_usd_per_chip_hour_high,
                'USD/chip-hour', 'assumed', p.source_id, p.locator, p.verified, p.basis
            )
        end as price
    from core.telemetry_runs as r
    left join core.rental_prices as p on r.accelerator_id = p.accelerator_id and year(r.started_at) = p.year
),

grid as (
    select
        r.run_id,
        arg_min(
            {
                'intensity': g.intensity_kg_co2e_per_kwh, 'source_id': g.source_id, 'locator': g.locator,
                'verified': g.verified, 'basis': 'grid of ' || g.place || ' ' || g.year
            },
            (abs(g.year - year(r.started_at)), -g.year, g.source_id)
        ) as nearest
    from core.telemetry_runs as r
    inner join seeds.grid_carbon as g on r.country = g.place and g.basis = 'location'
    where g.intensity_kg_co2e_per_kwh > 0
    group by r.run_id
),

assumed as (
    select
        r.run_id,
        s.assumption,
        s.choice
    from core.telemetry_runs as r
    inner join core.assumption_choices as s
        on
            s.subject_kind = case when r.accelerator_id is null then 'class' else 'accelerator' end
            and s.subject_id = coalesce(r.accelerator_id, 'all')
    where s.assumption in ('pue', 'server_power_ratio', 'grid_intensity_kg_co2e_per_kwh', 'grid_intensity_spread_ratio', 'modelled_energy_ratio')
),

inputs as (
    select
        r.*,
        input(
            'chip_energy_j', if(r.is_modelled, r.energy_j * low_of(amount(m.choice)), null), r.energy_j,
            if(r.is_modelled, r.energy_j * high_of(amount(m.choice)), null), 'J', if(r.is_modelled, 'assumed', 'measured'), 'own_runs',
            r.files || ': ' || r.sample_count || ' samples', 'seen'
        ) as energy,
        input('chip_hours', null, r.chip_hours, null, 'chip-hour', 'measured', 'own_runs', r.files, 'seen') as hours,
        input('tokens', null, r.tokens, null, 'token', 'given', 'own_runs', 'run.toml', 'seen') as token_count,
        input('model_flop', null, r.model_flop, null, 'FLOP', 'derived', 'own_runs', 'parameters: ' || r.params_from || '; tokens: run.toml', 'seen') as flop,
        input(
            'dense_peak', null, coalesce(k.peak_flop_per_s, a.dense_16_bit_flop_per_s), null, 'FLOP/s', 'reported', a.source_id,
            coalesce(r.number_format, a.dense_16_bit_format), 'seen', r.accelerator_id
        ) as dense_peak,
        p.price,
        u.choice as pue,
        case when r.energy_boundary = 'accelerators' then v.choice end as server_power_ratio,
        coalesce(
            input(
                'grid_intensity_kg_co2e_per_kwh', g.nearest.intensity * low_of(amount(w.choice)), g.nearest.intensity,
                g.nearest.intensity * high_of(amount(w.choice)), 'kg CO2e/kWh', 'reported', g.nearest.source_id, g.nearest.locator,
                g.nearest.verified, g.nearest.basis
            ),
            i.choice
        ) as grid_intensity
    from core.telemetry_runs as r
    left join core.accelerators as a on r.accelerator_id = a.accelerator_id
    left join core.accelerator_peaks as k
        on r.accelerator_id = k.accelerator_id and r.number_format = k.number_format and k.is_tensor and not k.is_sparse
    left join prices as p on r.run_id = p.run_id
    left join grid as g on r.run_id = g.run_id
    left join assumed as u on r.run_id = u.run_id and u.assumption = 'pue'
    left join assumed as v on r.run_id = v.run_id and v.assumption = 'server_power_ratio'
    left join assumed as i on r.run_id = i.run_id and i.assumption = 'grid_intensity_kg_co2e_per_kwh'
    left join assumed as w on r.run_id = w.run_id and w.assumption = 'grid_intensity_spread_ratio'
    left join assumed as m on r.run_id = m.run_id and m.assumption = 'modelled_energy_ratio'
),

amounts as (
    select
        *,
        divide(amount(energy), exactly(3.6e6)) as energy_kwh,
        case when server_power_ratio is null then exactly(1) else amount(server_power_ratio) end as server_ratio,
        if(server_power_ratio is null, '', ' · server_power_ratio') as server_text,
        if(server_power_ratio is null, [pue], [server_power_ratio, pue]) as overheads
    from inputs
),

estimates as (
    select
        run_id,
        [
            figure(
                'energy_kwh', if(energy_boundary = 'accelerators', 'chip', 'none'), if(is_modelled, 'modelled', 'measured'), energy_kwh,
                'kWh', 'chip_energy_j / 3.6e6', [energy]
            ),
            figure(
                'energy_kwh', 'facility', 'measured_with_overheads', multiply(multiply(energy_kwh, server_ratio), amount(pue)), 'kWh',
                'chip_energy_j / 3.6e6' || server_text || ' · pue', list_concat([energy], overheads)
            ),
            figure(
                'co2e_kg', 'location', 'energy_times_intensity',
                co2e_kg_of(multiply(multiply(energy_kwh, server_ratio), amount(pue)), amount(grid_intensity)), 'kg CO2e',
                'chip_energy_j / 3.6e6' || server_text || ' · pue · grid_intensity_kg_co2e_per_kwh',
                list_concat([energy], list_append(overheads, grid_intensity))
            ),
            figure(
                'cost_usd', 'cloud', 'hours_times_price', cloud_cost_usd_of(amount(hours), amount(price)), 'USD',
                'chip_hours · price_per_chip_hour', [hours, price]
            ),
            figure(
                'joule_per_token', 'none', 'measured_over_tokens', divide(amount(energy), amount(token_count)), 'J/token',
                'chip_energy_j / tokens', [energy, token_count]
            ),
            figure(
                'mfu', 'none', 'flop_over_peak', model_flop_utilisation(amount(flop), amount(hours), amount(dense_peak)), 'ratio',
                'model_flop / (chip_hours · 3600 · dense_peak)', [flop, hours, dense_peak]
            )
        ] as figures
    from amounts
)

select
    run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
