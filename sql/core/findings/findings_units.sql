-- One row per figure that is off by a factor of units: between what two publishers say of one fact, or within a record.
-- as: core.findings_counting
-- column: record_id | Key of the figure: table, record and field.
-- column: expected | What another publisher, or the rest of the record, says.
with limits as (
    select
        assumed['rounding_ratio'].value as rounding,
        assumed['vintage_ratio'].value as vintage,
        assumed['restart_ratio'].value as restarts,
        assumed['least_finetuning_flop'].value as smallest_flop
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_units'
),

factors as (
    select
        p.*,
        greatest(p.value_a / p.value_b, p.value_b / p.value_a) as factor
    from core.paired_facts as p
),

between_publishers as (
    select
        f.*,
        case
            when f.factor between 1000 / l.vintage and 1000 * l.vintage then 'factor_1000'
            when f.field = 'chip_hours' and f.factor between 24 / l.rounding and 24 * l.rounding then 'factor_24'
            when
                f.field = 'chip_hours' and f.accelerator_count > 1
                and f.factor between f.accelerator_count / l.rounding and f.accelerator_count * l.rounding
                then 'factor_accelerator_count'
        end as rule
    from factors as f
    cross join limits as l
    qualify row_number() over (partition by f.record_id, rule order by f.other_record_id) = 1
),

products as (
    select
        c.*,
        c.chip_hours / (c.training_hours * c.accelerator_count ** 2) between 1 / l.rounding and l.rounding as is_squared
    from core.run_claims as c
    cross join limits as l
),

-- Names are made plain once a row, not once a pair.
claimed as (
    select
        *,
        plain_name(record_name) as name
    from core.run_claims
    where chip_hours is not null
),

per_trillion as (
    select
        f.value,
        f.source_id,
        r.training_tokens,
        plain_name(f.subject_name) as name
    from seeds.published_figures as f
    inner join seeds.training_runs as r on f.subject_id = r.training_run_id
    where f.quantity = 'chip_hours_per_trillion_tokens' and r.training_tokens > 2e12
)

select
    unnest(finding(
        rule, record_id, claim_source, subject_name, value_a, value_b, unit, case rule when 'factor_1000' then 'error' else 'warning' end,
        case rule
            when 'factor_1000' then 'One value has a wrong prefix or exponent: g for kg, kWh for MWh, W for kW.'
            when 'factor_24' then 'One value is in days, the other in hours.'
            else 'One value is the duration of the run, the other is chip-hours.'
        end,
        [source_id, other_source_id]
    )) as finding
from between_publishers
where rule is not null
union all
select
    unnest(finding(
        'stated_against_product', c.run_claim_id, c.claim_source, c.record_name, c.chip_hours, c.training_hours * c.accelerator_count, 'chip-hour',
        case when c.is_squared then 'error' else 'warning' end,
        case
            when c.is_squared then 'Someone multiplied twice by the number of accelerators.'
            else 'One value includes other stages or pauses, the number of accelerators changed, or a digit is wrong.'
        end,
        [c.source_id]
    )) as finding
from products as c
cross join limits as l
where c.has_stated_chip_hours and c.chip_hours / (c.training_hours * c.accelerator_count) not between 1 / l.restarts and l.restarts
union all
-- The cell is lost, but it stands beside the figures of the run, which may hold.
select
    unnest(finding(
        'exponent_lost', concat_ws('/', c.run_claim_id, 'finetuning_flop'), c.claim_source, c.record_name, c.finetuning_flop, l.smallest_flop, 'FLOP',
        'warning', 'A cell such as 5.6e21 was cut to its first digit.', [c.source_id]
    )) as finding
from core.run_claims as c
cross join limits as l
where c.finetuning_flop > 0 and c.finetuning_flop < l.smallest_flop
union all
select
    unnest(finding(
        'per_trillion_tokens_as_total', c.run_claim_id, c.claim_source, c.record_name, c.chip_hours, f.value * f.training_tokens / 1e12, 'chip-hour',
        'error', 'Chip-hours per trillion tokens were read as chip-hours of the whole run.', [c.source_id, f.source_id]
    )) as finding
from claimed as c
cross join limits as l
inner join per_trillion as f
    on c.chip_hours between f.value / l.rounding and f.value * l.rounding and starts_with(c.name, f.name)
order by all
