-- One row per claim whose compute and chip-hours do not match: more FLOP than the chips can do, or almost none.
-- as: core.findings_counting
-- column: record_id | Key of core.run_claims.
-- column: observed | Implied utilisation: FLOP over what the chips can do at their dense peak in the stated time.
-- column: expected | Bound that it should keep; for a supposed mistake, the utilisation without it.
with limits as (
    select
        assumed['plausible_mfu'].low as lowest_usual,
        assumed['plausible_mfu'].high as highest_usual,
        assumed['ordinary_mfu'].low as lowest_ordinary,
        assumed['ordinary_mfu'].high as highest_ordinary
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_utilisation'
),

claims as (
    select
        c.run_claim_id,
        c.claim_source,
        c.record_name,
        coalesce(c.training_flop, f.value) / (c.chip_hours * 3600 * c.dense_peak_flop_per_s) as mfu,
        c.accelerator_count,
        c.is_derived_model,
        c.has_several_accelerators,
        c.has_stated_chip_hours and c.training_hours is null and not c.is_derived_model as has_unchecked_hours,
        [c.source_id, c.hardware_source_id] || case when c.training_flop is null then sources_of(f.inputs) else [] end as source_ids
    from core.run_claims as c
    left join core.training_compute as f
        on c.training_run_id = f.training_run_id and f.is_preferred and f.method in ('6nd', '3nd', 'operation_count')
    where c.chip_hours > 0 and c.dense_peak_flop_per_s > 0
)

select
    unnest(finding(
        'utilisation_above_one', c.run_claim_id, c.claim_source, c.record_name, c.mfu, 1, 'ratio',
        case when c.has_several_accelerators then 'warning' else 'error' end,
        case
            when c.is_derived_model then 'The FLOP include the base model; the time covers the fine-tuning only.'
            when c.has_several_accelerators then 'The run used several kinds of accelerators, and only the first is counted.'
            else 'The chip-hours are too low (days, hours of one accelerator, a part of the run) or the FLOP too high.'
        end,
        c.source_ids
    )) as finding
from claims as c
where c.mfu > 1
union all
select
    unnest(finding(
        'utilisation_implausibly_high', c.run_claim_id, c.claim_source, c.record_name, c.mfu, l.highest_usual, 'ratio', 'warning',
        'The chip-hours cover only a part of the run, or the FLOP are too high.', c.source_ids
    )) as finding
from claims as c
cross join limits as l
where c.mfu > l.highest_usual and c.mfu <= 1
union all
select
    unnest(finding(
        'utilisation_implausibly_low', c.run_claim_id, c.claim_source, c.record_name, c.mfu, l.lowest_usual, 'ratio', 'info',
        'The hardware mostly simulates or waits, or the FLOP are too low.', c.source_ids
    )) as finding
from claims as c
cross join limits as l
where c.mfu < l.lowest_usual
union all
select
    unnest(finding(
        'days_in_hours', c.run_claim_id, c.claim_source, c.record_name, c.mfu, c.mfu / 24, 'ratio', 'warning',
        'The column of hours contains chip-days: corrected by 24, the utilisation is normal.', c.source_ids
    )) as finding
from claims as c
cross join limits as l
where c.has_unchecked_hours and c.mfu > 1 and c.mfu / 24 between l.lowest_ordinary and l.highest_ordinary
union all
select
    unnest(finding(
        'hours_of_one_accelerator', c.run_claim_id, c.claim_source, c.record_name, c.mfu, c.mfu / c.accelerator_count, 'ratio', 'warning',
        'The hours were not multiplied by the number of accelerators: after this correction, the utilisation is normal.', c.source_ids
    )) as finding
from claims as c
cross join limits as l
where c.has_unchecked_hours and c.mfu > 1 and c.mfu / c.accelerator_count between l.lowest_ordinary and l.highest_ordinary
order by all
