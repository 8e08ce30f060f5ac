-- One row per name under which a publisher mentions a model, and the model that it means. No name is dropped: one
-- that is neither an alias nor the name of a curated model gets a key of its own. A + is a part of a name.
-- key: source_id, name
-- column: source_id | Who mentions it.
-- column: name | Name as printed, without white space at its ends.
-- column: model_id | Key of core.models.
-- column: resolved_by | alias, same name, or own key.
with mentions as (
    select
        'epoch_models' as source_id,
        trim(model, e' \t\r\n') as name,
        publication_date,
        1 as list_order
    from raw.epoch_models
    union all
    select
        'epoch_models' as source_id,
        trim(model, e' \t\r\n') as name,
        publication_date,
        2 as list_order
    from raw.epoch_large_models
    union all
    select
        'epoch_costs' as source_id,
        trim(model, e' \t\r\n') as name,
        publication_date,
        3 as list_order
    from raw.epoch_ml_systems
    union all
    select
        'epoch_all_models' as source_id,
        trim(model, e' \t\r\n') as name,
        publication_date,
        4 as list_order
    from raw.epoch_all_models
    union all
    select
        'ml_energy' as source_id,
        model_id as name,
        null as publication_date,
        5 as list_order
    from raw.ml_energy_configurations
),

curated as (
    select
        spelling,
        min(model_id) as model_id
    from (
        select
            plain_name(replace(model_name, '+', ' plus ')) as spelling,
            model_id
        from seeds.models
        union
        select
            plain_name(model_id) as spelling,
            model_id
        from seeds.models
    ) as spellings
    group by spelling
),

names as (
    select
        name,
        slug(name) as own_key,
        min(list_order) as list_order,
        arg_min(publication_date, list_order) as publication_date
    from mentions
    group by name
),

-- Names that differ in marks only, such as a final +, may be two models: they are where their days of publication are
-- further apart than a correction of one would move them. The first keeps the plain key.
own_keys as (
    select
        name,
        case
            when abs(date_diff('day', publication_date, first_value(publication_date) over same_key)) > 60
                then own_key || '-' || strftime(publication_date, '%Y-%m')
            else own_key
        end as own_key
    from names
    window same_key as (partition by own_key order by list_order, name)
)

select
    m.source_id,
    m.name,
    coalesce(a.model_id, c.model_id, o.own_key) as model_id,
    case when a.model_id is not null then 'alias' when c.model_id is not null then 'same name' else 'own key' end
        as resolved_by
from (select distinct
    source_id,
    name
from mentions) as m
inner join own_keys as o on m.name = o.name
left join seeds.model_aliases as a on m.name = a.alias
left join curated as c on plain_name(replace(m.name, '+', ' plus ')) = c.spelling
order by m.source_id, m.name
