-- One row per energy or emission that is impossible for hardware of that power, and per published figure that looks derived from others
-- of the same source but is not marked as circular.
-- as: core.findings_counting
-- column: record_id | Key of core.run_claims, and the figure.
-- column: expected | Bound, or what the formula gives.
with limits as (
    select
        assumed['plausible_power_ratio'].low as least_power_ratio,
        assumed['plausible_power_ratio'].high as most_power_ratio,
        assumed['plausible_grid_intensity_kg_co2e_per_kwh'].low as cleanest_kg_per_kwh,
        assumed['plausible_grid_intensity_kg_co2e_per_kwh'].high as dirtiest_kg_per_kwh,
        assumed['rental_price_step_usd'].value as price_step_usd,
        assumed['exact_match_fraction'].value as exactness,
        assumed['fewest_comparable_count'].value as fewest_runs
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_energy'
),

runs as (
    select
        c.*,
        coalesce(c.energy_kwh * 1000 / (c.chip_hours * c.tdp_w), c.power_draw_w / (c.accelerator_count * c.tdp_w)) as power_ratio,
        c.co2e_kg / coalesce(c.energy_kwh, c.chip_hours * c.tdp_w / 1000) as kg_per_kwh,
        c.energy_kwh * 1000 / (c.chip_hours * c.tdp_w) as overhead,
        c.cost_usd / c.chip_hours as usd_per_chip_hour
    from core.run_claims as c
),

-- Sources whose runs all took the same energy per chip-hour: rated power times one overhead.
constants as (
    select
        r.source_id,
        r.accelerator_id,
        median(r.overhead) as overhead
    from runs as r
    cross join limits as l
    group by r.source_id, r.accelerator_id
    having count(r.overhead) >= max(l.fewest_runs) and max(r.overhead) / min(r.overhead) - 1 < max(l.exactness)
),

usual as (
    select central as pue
    from seeds.assumptions
    where name = 'usual_pue'
),

unmarked as (
    select distinct
        subject_id as training_run_id,
        source_id,
        quantity
    from seeds.published_figures
    where subject_kind = 'training_run' and not is_circular and kind <> 'measured'
),

computed as (
    select
        r.run_claim_id,
        r.claim_source,
        r.record_name,
        r.source_id,
        unnest([
            {
                'quantity': 'energy_kwh', 'unit': 'kWh', 'observed': r.energy_kwh,
                'expected': r.chip_hours * r.tdp_w / 1000 * coalesce(usual.pue, c.overhead),
                'formula': 'Chip-hours × rated power × an overhead'
            },
            {
                'quantity': 'co2e_kg', 'unit': 'kg CO2e', 'observed': r.co2e_kg,
                'expected': r.energy_kwh * r.kg_per_kwh, -- emissions are never measured: any factor is one of the grid
                'formula': 'Energy from the same source × a grid intensity'
            },
            {
                'quantity': 'cost_usd', 'unit': 'USD', 'observed': r.cost_usd,
                'expected': r.chip_hours * round(r.usd_per_chip_hour / l.price_step_usd) * l.price_step_usd,
                'formula': 'Chip-hours × a round price'
            }
        ]) as figure,
        r.training_run_id
    from runs as r
    cross join limits as l
    left join usual on r.overhead / usual.pue between 1 - l.exactness and 1 + l.exactness
    left join constants as c on r.source_id = c.source_id and r.accelerator_id = c.accelerator_id
)

select
    unnest(finding(
        'energy_per_chip_hour', r.run_claim_id, r.claim_source, r.record_name, r.power_ratio,
        case when r.power_ratio < l.least_power_ratio then l.least_power_ratio else l.most_power_ratio end, 'ratio to rated power', 'warning',
        'W for kW, kWh for MWh, or energy and time refer to different parts of the run.', [r.source_id]
    )) as finding
from runs as r
cross join limits as l
where r.power_ratio not between l.least_power_ratio and l.most_power_ratio
union all
select
    unnest(finding(
        'carbon_intensity_implausible', r.run_claim_id, r.claim_source, r.record_name, r.kg_per_kwh,
        case when r.kg_per_kwh < l.cleanest_kg_per_kwh then l.cleanest_kg_per_kwh else l.dirtiest_kg_per_kwh end, 'kg CO2e/kWh', 'error',
        'g for kg, kg for t, or emissions of only a part of the run. If energy is not published, we use chip-hours at rated power.', [r.source_id]
    )) as finding
from runs as r
cross join limits as l
where r.co2e_kg > 0 and r.kg_per_kwh not between l.cleanest_kg_per_kwh and l.dirtiest_kg_per_kwh
union all
select
    unnest(finding(
        'circular_figure', concat_ws('/', c.run_claim_id, c.figure.quantity), c.claim_source, c.record_name, c.figure.observed, c.figure.expected,
        c.figure.unit, 'info', c.figure.formula || ', but not marked as circular: it is not an independent check.', [c.source_id]
    )) as finding
from computed as c
inner join unmarked as u
    on c.training_run_id = u.training_run_id and c.source_id = u.source_id and c.figure.quantity = u.quantity
cross join limits as l
where c.figure.observed > 0 and c.figure.observed / nullif(c.figure.expected, 0) between 1 - l.exactness and 1 + l.exactness
order by all
