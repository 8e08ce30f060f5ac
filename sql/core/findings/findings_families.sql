-- One row per figure that does not fit its siblings: emissions, energy and price per chip-hour against other runs of one publisher
-- on one chip, and the sum of a family's runs against what its publisher states for the whole.
-- as: core.findings_counting
-- column: observed | Figure per chip-hour; for a family, the sum of its runs.
-- column: expected | Median of the siblings; for a family, the figure for the whole.
with limits as (
    select
        assumed['sister_ratio'].low as sister_ratio,
        assumed['sister_ratio'].high as impossible_ratio,
        assumed['fewest_comparable_count'].value as fewest_sisters,
        assumed['exact_match_fraction'].value as rounding
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_families'
),

rates as (
    select
        c.run_claim_id,
        c.claim_source,
        c.record_name,
        m.organization,
        c.accelerator_id,
        c.source_id,
        unnest([
            { 'unit': 'kg CO2e/chip-hour', 'value': c.co2e_kg / c.chip_hours },
            { 'unit': 'kWh/chip-hour', 'value': c.energy_kwh / c.chip_hours },
            { 'unit': 'USD/chip-hour', 'value': c.cost_usd / c.chip_hours }
        ]) as rate
    from core.run_claims as c
    inner join seeds.models as m on c.model_id = m.model_id
    where c.chip_hours > 0 and c.accelerator_id is not null
),

sisters as (
    select
        *,
        median(rate.value) over siblings as sister_value, -- noqa: RF03
        count(*) over siblings - 1 as sister_count,
        list(source_id) over siblings as source_ids
    from rates
    where rate.value > 0
    window siblings as (partition by organization, accelerator_id, rate.unit)
),

wholes as (
    select
        *,
        regexp_extract(subject_id, '^(.+?)(-text)?-family', 1) as prefix
    from seeds.published_figures
    where subject_kind = 'family' and quantity in ('chip_hours', 'energy_kwh', 'co2e_kg', 'training_flop', 'water_l')
),

families as (
    select
        w.published_figure_id,
        w.subject_name,
        w.value as whole,
        w.unit,
        w.quantity,
        w.prefix,
        w.source_id,
        sum(p.value) as parts
    from wholes as w
    inner join seeds.published_figures as p
        on
            w.source_id = p.source_id and w.quantity = p.quantity and w.boundary = p.boundary
            and w.prefix <> '' and starts_with(p.subject_id, w.prefix || '-')
            and p.subject_kind = 'training_run'
    where w.subject_id not like '%-development'
    group by all
    having count(*) > 1
),

remainders as (
    select
        f.*,
        max(r.subject_name) as remainder_name
    from families as f
    cross join limits as l
    left join seeds.published_figures as r
        on
            f.quantity = r.quantity and starts_with(r.subject_id, f.prefix || '-')
            and abs((f.parts + r.value) / f.whole - 1) < l.rounding / 3
    where abs(f.parts / f.whole - 1) > l.rounding
    group by all
)

select
    unnest(finding(
        'sister_ratio', concat_ws('/', s.run_claim_id, s.rate.unit), s.claim_source, s.record_name, s.rate.value, s.sister_value, s.rate.unit,
        case when greatest(s.rate.value / s.sister_value, s.sister_value / s.rate.value) > l.impossible_ratio then 'error' else 'warning' end,
        'The figure has another unit, or refers to another part or year: other runs by ' || s.organization
        || ' on the same chip agree with each other.', s.source_ids
    )) as finding
from sisters as s
cross join limits as l
where s.sister_count >= l.fewest_sisters and s.rate.value / s.sister_value not between 1 / l.sister_ratio and l.sister_ratio
union all
select
    unnest(finding(
        'parts_against_whole', 'seeds.published_figures/' || r.published_figure_id, 'seeds.published_figures', r.subject_name, r.parts, r.whole, r.unit,
        case when r.parts > r.whole then 'error' else 'info' end,
        case
            when r.remainder_name is not null then 'The total includes ' || r.remainder_name || '.'
            when r.parts > r.whole then 'The total excludes some runs, or the value of one run is too high.'
            else 'The total includes runs that are not entered, or the value of one entered run is too low.'
        end,
        [r.source_id]
    )) as finding
from remainders as r
order by all
