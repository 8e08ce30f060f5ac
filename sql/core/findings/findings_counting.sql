-- One row per published compute that was counted otherwise than 6ND suggests, or converted otherwise than it was printed.
-- key: rule, record_id
-- column: rule | What was checked.
-- column: record_id | Key of core.run_claims or of seeds.published_figures.
-- column: claim_source | Table of the figure.
-- column: subject_name | Name of the record, run or chip.
-- column: observed | Figure.
-- column: expected | 6 · active parameters · tokens, or what the printed words convert to.
-- column: unit | Unit of both.
-- column: severity | error, warning or info.
-- column: likely_cause | What would explain it.
-- column: source_ids | Sources of the figures compared.
with limits as (
    select
        assumed['recompute_factor'].low as recomputed_low,
        assumed['recompute_factor'].high as recomputed_high,
        assumed['rounding_ratio'].value as rounding,
        assumed['counting_disagreement_ratio'].value as loose
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_counting'
),

-- Words of units, as regular expressions, and what one of the unit is in the unit of the quantity.
words as (
    select unnest([
        { 'quantity': 'training_flop', 'word': '(?:PF|pfs|petaflops?|PFlops/s|petaflops/s)-days', 'factor': 8.64e19 },
        { 'quantity': 'training_flop', 'word': 'PFLOPs', 'factor': 1e15 },
        { 'quantity': 'training_flop', 'word': 'exaFLOPs', 'factor': 1e18 },
        { 'quantity': 'training_flop', 'word': '(?:ZFLOPs|zettaFLOPs)', 'factor': 1e21 },
        { 'quantity': 'energy_kwh', 'word': 'kWh', 'factor': 1.0 },
        { 'quantity': 'energy_kwh', 'word': 'MWh', 'factor': 1e3 },
        { 'quantity': 'co2e_kg', 'word': 'kg(?: of)? CO2 ?eq\.?', 'factor': 1.0 },
        { 'quantity': 'co2e_kg', 'word': '(?:metric )?(?:t|tons|tonnes) ?(?:CO2eq?)?', 'factor': 1e3 },
        { 'quantity': 'training_hours', 'word': 'hours', 'factor': 1.0 },
        { 'quantity': 'training_hours', 'word': 'days', 'factor': 24.0 }
    ]) as unit
),

printed as (
    select
        f.*,
        words.unit.word,
        words.unit.factor,
        regexp_extract(
            f.printed, '^[^0-9]*([0-9][0-9,.]*(?:e[+]?[0-9]+)?)(?:[+]-[0-9]+)? ?' || words.unit.word || '$', 1, 'i'
        ) as number
    from seeds.published_figures as f
    inner join words on f.quantity = words.unit.quantity
),

counted as (
    select
        c.run_claim_id,
        c.claim_source,
        c.record_name,
        c.training_flop,
        6 * coalesce(m.active_params, m.total_params) * r.training_tokens as flop_6nd,
        c.training_flop / (6 * coalesce(m.active_params, m.total_params) * r.training_tokens) as ratio,
        c.counting,
        [c.source_id, m.source_id, r.source_id] as source_ids
    from core.run_claims as c
    inner join seeds.training_runs as r on coalesce(c.training_run_id, c.model_id) = r.training_run_id
    inner join seeds.models as m on r.model_id = m.model_id
    where
        r.run_kind = 'pretraining'
        and not c.is_derived_model
        and m.architecture in ('dense decoder', 'moe decoder', 'encoder', 'ssm hybrid')
        and (m.active_params is not null or m.architecture not like 'moe%')
        and c.training_flop > 0 and r.training_tokens > 0
)

select
    unnest(finding(
        'hardware_flop', c.run_claim_id, c.claim_source, c.record_name, c.training_flop, c.flop_6nd, 'FLOP', 'info',
        'The figure is hardware FLOP, including recomputed activations (8ND). Model FLOP are three quarters.', c.source_ids
    )) as finding
from counted as c
cross join limits as l
where c.ratio between l.recomputed_low and l.recomputed_high and coalesce(c.counting, 'unstated') in ('unstated', '8nd')
union all
select
    unnest(finding(
        'factor_six_missing', c.run_claim_id, c.claim_source, c.record_name, c.training_flop, c.flop_6nd, 'FLOP', 'error',
        'The figure is active parameters × tokens, without the factor 6.', c.source_ids
    )) as finding
from counted as c
cross join limits as l
where c.ratio * 6 between 1 / l.rounding and l.rounding
union all
select
    unnest(finding(
        'compute_against_6nd', c.run_claim_id, c.claim_source, c.record_name, c.training_flop, c.flop_6nd, 'FLOP', 'warning',
        'Tokens or parameters belong to another stage or model, or the publisher counts differently.', c.source_ids
    )) as finding
from counted as c
cross join limits as l
where c.ratio not between 1 / l.loose and l.loose and c.ratio * 6 not between 1 / l.rounding and l.rounding
union all
select
    unnest(finding(
        case when p.word like '%-days' then 'petaflop_day_conversion' else 'printed_conversion' end,
        'seeds.published_figures/' || p.published_figure_id, 'seeds.published_figures', p.subject_name, p.value,
        replace(p.number, ',', '')::double * p.factor, p.unit, 'error', 'The figure differs from the number and unit that the source prints.', [p.source_id]
    )) as finding
from printed as p
cross join limits as l
where p.number <> '' and p.value / (replace(p.number, ',', '')::double * p.factor) not between 1 / l.rounding and l.rounding
order by all
