-- One row per claim whose compute and accelerator time do not fit each other: more FLOP than the chips can do, or hardly any.
-- key: rule, record_id
-- column: rule | What was checked.
-- column: record_id | Key of core.run_claims.
-- column: claim_source | Table that the claim stands in.
-- column: subject_name | Name of the record.
-- column: observed | Implied utilisation: FLOP over what the chips can do at their dense peak in the stated time.
-- column: expected | Bound that it should keep; for a supposed mistake, the utilisation without it.
-- column: unit | Unit of both.
-- column: severity | error, warning or info.
-- column: likely_cause | What would explain it.
-- column: source_ids | Sources of the figures compared.
with limits as (
    select
        1.0 as ceiling, -- no chip does more than its peak
        0.8 as highest_usual, -- the best large matrix products reach about this, whole runs do not
        0.005 as lowest_usual, -- reinforcement learning that waits for its simulator goes down to about this
        0.1 as lowest_ordinary, -- a mistake is supposed only where the utilisation is ordinary without it
        0.75 as highest_ordinary,
        24 as hours_per_day
),

claims as (
    select
        c.run_claim_id as record_id,
        c.claim_source,
        c.record_name as subject_name,
        coalesce(c.training_flop, f.value) / (c.chip_hours * 3600 * c.dense_peak_flop_per_s) as observed,
        c.accelerator_count,
        c.is_derived_model,
        c.has_several_accelerators,
        c.has_stated_chip_hours and c.training_hours is null and not c.is_derived_model as has_unchecked_hours,
        list_sort(list_distinct(
            [c.source_id, c.hardware_source_id] || case when c.training_flop is null then sources_of(f.inputs) else [] end
        )) as source_ids
    from core.run_claims as c
    left join core.training_compute as f
        on c.training_run_id = f.training_run_id and f.is_preferred and f.method in ('6nd', '3nd', 'operation_count')
    where c.chip_hours > 0 and c.dense_peak_flop_per_s > 0
),

findings as (
    select
        'utilisation_above_one' as rule,
        claims.*,
        limits.ceiling as expected,
        case when claims.has_several_accelerators then 'warning' else 'error' end as severity,
        case
            when claims.is_derived_model then 'The FLOP include those of the base model, the time is that of the fine-tune alone.'
            when claims.has_several_accelerators then 'Several kinds of accelerators, of which only the first is counted.'
            else 'Accelerator time too low (days, hours of one accelerator, a part of the run) or FLOP too high.'
        end as likely_cause
    from claims
    cross join limits
    where claims.observed > limits.ceiling
    union all by name
    select
        'utilisation_implausibly_high' as rule,
        claims.*,
        limits.highest_usual as expected,
        'warning' as severity,
        'Accelerator time that covers a part of the run, or FLOP too high.' as likely_cause
    from claims
    cross join limits
    where claims.observed > limits.highest_usual and claims.observed <= limits.ceiling
    union all by name
    select
        'utilisation_implausibly_low' as rule,
        claims.*,
        limits.lowest_usual as expected,
        'info' as severity,
        'Machines that mostly simulate or wait, or FLOP too low.' as likely_cause
    from claims
    cross join limits
    where claims.observed < limits.lowest_usual
    union all by name
    select
        'days_in_hours' as rule,
        claims.*,
        claims.observed / limits.hours_per_day as expected,
        'warning' as severity,
        'Accelerator-days in a column of hours: divided by 24, the utilisation is an ordinary one.' as likely_cause
    from claims
    cross join limits
    where
        claims.has_unchecked_hours
        and claims.observed > limits.ceiling
        and claims.observed / limits.hours_per_day between limits.lowest_ordinary and limits.highest_ordinary
    union all by name
    select
        'hours_of_one_accelerator' as rule,
        claims.*,
        claims.observed / claims.accelerator_count as expected,
        'warning' as severity,
        'Hours of the run not multiplied by its accelerators: divided by their number, the utilisation is an ordinary one.' as likely_cause
    from claims
    cross join limits
    where
        claims.has_unchecked_hours
        and claims.observed > limits.ceiling
        and claims.observed / claims.accelerator_count between limits.lowest_ordinary and limits.highest_ordinary
)

select
    rule,
    record_id,
    claim_source,
    subject_name,
    observed,
    expected,
    'ratio' as unit,
    severity,
    likely_cause,
    source_ids
from findings
order by rule, record_id
