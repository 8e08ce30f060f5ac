-- One row per main run of a model: the group that totals count it in, and the run whose work it repeats, so that nothing is counted twice.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: publication_year | Year of publication.
-- column: run_group | pretraining, finetuning, reinforcement learning or other: totals keep them apart.
-- column: repeats_run_id | Earlier run of the same organization, domain and size (as far as known) with the same accelerator and the same
--    chip-hours: another release of the same work, or a stage that was entered with the figures of its base model; null where there is none.
with hours as (
    select
        training_run_id,
        value as chip_hours
    from core.training_figures
    where quantity = 'chip_hours' and is_preferred
),

runs as (
    select
        r.training_run_id,
        r.organization,
        r.publication_date,
        year(r.publication_date) as publication_year,
        r.domain,
        r.accelerator_id,
        r.active_params,
        round(log10(h.chip_hours), 4) as log10_hours,
        case
            when r.run_kind in ('pretraining', 'finetuning', 'reinforcement learning') then r.run_kind
            else 'other'
        end as run_group
    from core.training_runs as r
    left join hours as h on r.training_run_id = h.training_run_id
    where r.is_main_run
),

repeats as (
    select
        r.training_run_id,
        arg_min(e.training_run_id, (e.run_group <> 'pretraining', e.publication_date, e.training_run_id)) as repeats_run_id
    from runs as r
    inner join runs as e
        on
            r.organization = e.organization
            and r.domain = e.domain
            and r.accelerator_id = e.accelerator_id
            and r.log10_hours = e.log10_hours
            and coalesce(r.active_params, e.active_params, 0) = coalesce(e.active_params, r.active_params, 0)
            and (e.run_group <> 'pretraining', e.publication_date, e.training_run_id)
            < (r.run_group <> 'pretraining', r.publication_date, r.training_run_id)
    group by r.training_run_id
)

select
    r.training_run_id,
    r.organization,
    r.publication_date,
    r.publication_year,
    r.run_group,
    p.repeats_run_id
from runs as r
left join repeats as p on r.training_run_id = p.training_run_id
order by r.training_run_id
