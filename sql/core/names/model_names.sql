-- One row per name under which a publisher mentions a model, and the model that it means. No name is dropped: one
-- that is neither an alias nor the name of a curated model gets a key of its own.
-- key: source_id, name
-- column: source_id | Who mentions it.
-- column: name | Name as printed, without blanks at its ends.
-- column: model_id | Key of core.models.
-- column: resolved_by | alias, same name, or own key.
with mentions as (
    select
        'epoch_models' as source_id,
        trim(model, e' \t\r\n') as name
    from raw.epoch_models
    union
    select
        'epoch_models' as source_id,
        trim(model, e' \t\r\n') as name
    from raw.epoch_large_models
    union
    select
        'epoch_costs' as source_id,
        trim(model, e' \t\r\n') as name
    from raw.epoch_ml_systems
    union
    select
        'ml_energy' as source_id,
        model_id as name
    from raw.ml_energy_configurations
),

curated as (
    select
        spelling,
        min(model_id) as model_id
    from (
        select
            plain_name(model_name) as spelling,
            model_id
        from seeds.models
        union
        select
            plain_name(model_id) as spelling,
            model_id
        from seeds.models
    ) as spellings
    group by spelling
)

select
    m.source_id,
    m.name,
    coalesce(a.model_id, c.model_id, slug(m.name)) as model_id,
    case when a.model_id is not null then 'alias' when c.model_id is not null then 'same name' else 'own key' end
        as resolved_by
from mentions as m
left join seeds.model_aliases as a on m.name = a.alias
left join curated as c on plain_name(m.name) = c.spelling
order by m.source_id, m.name
