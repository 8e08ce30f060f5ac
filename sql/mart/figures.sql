-- One row per figure, for any subject: value, interval, unit, boundary, kind, method, formula, inputs and sources.
-- key: figure_id
-- column: figure_id | Key of the figure.
-- column: subject_kind | What it is about.
-- column: subject_id | Key of the subject.
-- column: subject_name | Name of the subject.
-- interval: value | The figure, in the unit of the row.
-- column: unit | Unit of the row.
-- column: kind | measured, reported by the developer, estimated by a third party, derived or assumed: never mixed.
-- column: method | How it was made.
-- column: formula | Formula in words.
-- column: inputs | Inputs: name, bounds, value, unit, kind and source of each, place in the source, how it was checked and chosen.
-- column: source_ids | Sources of all inputs: keys of meta.sources.
-- column: is_preferred | True for the figure that summaries show.
-- column: is_circular | True for a published figure that was derived from others with the same formula as ours.
-- check: one_figure_is_preferred | select subject_kind, subject_id, quantity, boundary from mart.figures where is_preferred
--    group by all having count(*) > 1
-- check: every_figure_reaches_a_source | select * from mart.figures where coalesce(len(source_ids), 0) = 0
--    or list_bool_or(list_transform(source_ids, lambda s: s is null))
with of_runs as (
    select
        concat_ws('/', f.training_run_id, f.quantity, nullif(f.boundary, 'none'), f.method) as figure_id,
        'training_run' as subject_kind,
        f.training_run_id as subject_id,
        r.model_name as subject_name,
        f.quantity,
        f.value_low,
        f.value,
        f.value_high,
        f.unit,
        f.boundary,
        f.kind,
        f.method,
        f.formula,
        f.inputs,
        f.source_ids,
        f.is_preferred,
        false as is_circular
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where f.method <> 'published'
),

chosen as (
    select
        training_run_id,
        quantity,
        boundary,
        max(method) filter (where is_preferred) as preferred_method
    from core.training_figures
    group by training_run_id, quantity, boundary
),

published as (
    select
        'published/' || p.published_figure_id as figure_id,
        p.subject_kind,
        p.subject_id,
        coalesce(r.model_name, p.subject_name) as subject_name,
        p.quantity,
        p.value_low,
        p.value,
        p.value_high,
        p.unit,
        p.boundary,
        p.kind,
        'published' as method,
        'as published' as formula,
        [
            input(
                'published_' || p.quantity, p.value_low, p.value, p.value_high, p.unit, p.kind, p.source_id, p.locator,
                p.verified, 'published figure ' || p.published_figure_id
            )
        ] as inputs,
        [p.source_id] as source_ids,
        p.is_first and (
            e.training_run_id is null
            or coalesce(e.preferred_method = 'published', false)
        ) as is_preferred,
        p.is_circular
    from core.published_figures as p
    left join core.training_runs as r on p.training_run_id = r.training_run_id
    left join chosen as e on p.training_run_id = e.training_run_id and p.quantity = e.quantity and p.boundary = e.boundary
),

of_stocks as (
    select
        concat_ws('/', subject_id, quantity, nullif(boundary, 'none'), method) as figure_id,
        'installed_compute' as subject_kind,
        subject_id,
        subject_name,
        quantity,
        value_low,
        value,
        value_high,
        unit,
        boundary,
        'derived' as kind,
        method,
        formula,
        inputs,
        sources_of(inputs) as source_ids,
        true as is_preferred,
        false as is_circular
    from core.installed_figures
),

of_own_runs as (
    select
        concat_ws('/', 'own', f.run_id, f.quantity, nullif(f.boundary, 'none')) as figure_id,
        'own_run' as subject_kind,
        f.run_id as subject_id,
        r.title as subject_name,
        f.quantity,
        f.value_low,
        f.value,
        f.value_high,
        f.unit,
        f.boundary,
        case when f.method in ('measured', 'modelled') then if(f.method = 'measured', 'measured', 'assumed') else f.kind end as kind,
        f.method,
        f.formula,
        f.inputs,
        sources_of(f.inputs) as source_ids,
        f.is_preferred,
        false as is_circular
    from core.telemetry_figures as f
    inner join core.telemetry_runs as r on f.run_id = r.run_id
)

select * from of_runs
union all by name
select * from published
union all by name
select * from of_stocks
union all by name
select * from of_own_runs
order by figure_id
