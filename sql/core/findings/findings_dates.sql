-- One row per chip that was measured or rented long before the day on which it is said to be released.
-- as: core.findings_counting
-- column: record_id | Key of the chip: core.accelerators and its id.
-- column: observed | Days from the first curated result or rent to the release date.
-- column: expected | Days by which a result may precede sales.
with limits as (
    select assumed['preview_days'].value as preview_days
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_dates'
),

uses as (
    select
        accelerator_id,
        published_date as used_date,
        source_id
    from seeds.benchmark_results
    union all by name
    select
        accelerator_id,
        observed_date as used_date,
        source_id
    from seeds.cloud_prices
),

first_uses as (
    select
        accelerator_id,
        min(used_date) as used_date,
        arg_min(source_id, used_date) as source_id
    from uses
    where accelerator_id is not null and used_date is not null
    group by accelerator_id
)

select
    unnest(finding(
        'used_before_release', 'core.accelerators/' || a.accelerator_id, 'core.accelerators', a.accelerator_name,
        datediff('day', u.used_date, a.release_date), l.preview_days, 'day', 'warning',
        'The release date belongs to another version of the chip, or to the last of its forms.', [a.source_id, u.source_id]
    )) as finding
from first_uses as u
inner join core.accelerators as a on u.accelerator_id = a.accelerator_id
cross join limits as l
where datediff('day', u.used_date, a.release_date) > l.preview_days
order by all
