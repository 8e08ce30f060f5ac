-- One row per run, accelerator or lever and attribute by which a class of claims may choose it.
-- key: subject_kind, subject_id, attribute
-- column: attribute | Attribute.
-- column: value | Its value, where it is a number.
-- column: value_text | Its value, where it is a text.
-- column: unit | Unit of value.
with runs as (
    select
        'training_run' as subject_kind,
        r.training_run_id as subject_id,
        unnest([
            { 'attribute': 'training_flop', 'value': s.training_flop, 'value_text': null::varchar, 'unit': 'FLOP' },
            { 'attribute': 'total_params', 'value': r.total_params, 'value_text': null, 'unit': 'parameter' },
            { 'attribute': 'accelerator_count', 'value': r.accelerator_count, 'value_text': null, 'unit': 'count' },
            { 'attribute': 'publication_year', 'value': year(r.publication_date)::double, 'value_text': null, 'unit': 'year' },
            { 'attribute': 'is_frontier', 'value': null, 'value_text': r.is_frontier::varchar, 'unit': null },
            { 'attribute': 'is_main_run', 'value': null, 'value_text': r.is_main_run::varchar, 'unit': null },
            { 'attribute': 'model_id', 'value': null, 'value_text': r.model_id, 'unit': null },
            { 'attribute': 'domain', 'value': null, 'value_text': r.domain, 'unit': null },
            { 'attribute': 'architecture', 'value': null, 'value_text': r.architecture, 'unit': null },
            { 'attribute': 'run_kind', 'value': null, 'value_text': r.run_kind, 'unit': null },
            { 'attribute': 'accelerator_id', 'value': null, 'value_text': r.accelerator_id, 'unit': null },
            { 'attribute': 'accelerator_kind', 'value': null, 'value_text': r.accelerator_kind, 'unit': null }
        ]) as item
    from core.training_runs as r
    inner join mart.training_summary as s on r.training_run_id = s.training_run_id
),

accelerators as (
    select
        'accelerator' as subject_kind,
        accelerator_id as subject_id,
        unnest([
            { 'attribute': 'accelerator_id', 'value': null::double, 'value_text': accelerator_id, 'unit': null },
            { 'attribute': 'vendor', 'value': null, 'value_text': vendor, 'unit': null },
            { 'attribute': 'kind', 'value': null, 'value_text': kind, 'unit': null },
            { 'attribute': 'segment', 'value': null, 'value_text': segment, 'unit': null },
            { 'attribute': 'release_year', 'value': year(release_date)::double, 'value_text': null, 'unit': 'year' },
            { 'attribute': 'tdp_w', 'value': tdp_w, 'value_text': null, 'unit': 'W' },
            { 'attribute': 'memory_bytes', 'value': memory_bytes, 'value_text': null, 'unit': 'byte' }
        ]) as item
    from mart.accelerators
),

levers as (
    select
        'lever' as subject_kind,
        efficiency_lever_id as subject_id,
        unnest([
            { 'attribute': 'family', 'value': null::double, 'value_text': family, 'unit': null::varchar },
            { 'attribute': 'metric', 'value': null, 'value_text': metric, 'unit': null },
            { 'attribute': 'kind', 'value': null, 'value_text': kind, 'unit': null }
        ]) as item
    from mart.efficiency_levers
),

subjects as (
    select distinct
        subject_kind,
        subject_id
    from mart.audit_points
)

select
    s.subject_kind,
    s.subject_id,
    u.item.attribute,
    u.item.value,
    u.item.value_text,
    u.item.unit
from (
    from runs
    union all
    from accelerators
    union all
    from levers
) as u
inner join subjects as s on u.subject_kind = s.subject_kind and u.subject_id = s.subject_id
where u.item.value is not null or u.item.value_text is not null
order by s.subject_kind, s.subject_id, u.item.attribute
