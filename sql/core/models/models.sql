-- One row per model: curated ones, and those that only Epoch AI lists. A curated field takes precedence over Epoch's.
-- key: model_id
-- column: model_id | Key of core.models.
-- column: model_name | Name as the developer writes it.
-- column: organization | Who made it.
-- column: publication_date | Date of first publication.
-- column: publication_date_precision | How exact it is.
-- column: domain | Domain of the task.
-- column: architecture | Architecture class; other if it is not curated, so that no formula for an architecture applies.
-- column: total_params | Total parameters.
-- column: active_params | Active parameters; null if only Epoch AI gives a size of a model whose architecture is not published.
-- column: is_frontier | True if among the ten largest training runs known at publication.
-- column: is_notable | True if Epoch AI lists it as notable; null where Epoch's list was not fetched.
-- column: source_id | Source of the model's row.
-- column: params_source_id | Source of the parameters.
-- column: params_locator | Where in that source.
-- column: params_verified | How the parameters were checked.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
with fetched as (
    select coalesce(bool_or(is_notable), false) as has_notable
    from core.epoch_models
)

select
    coalesce(s.model_id, e.model_id) as model_id,
    coalesce(s.model_name, e.record_name) as model_name,
    coalesce(s.organization, e.organization, 'unknown') as organization,
    coalesce(s.publication_date, e.publication_date) as publication_date,
    coalesce(s.publication_date_precision, e.publication_date_precision, 'day') as publication_date_precision,
    coalesce(s.domain, e.domain) as domain,
    coalesce(s.architecture, 'other') as architecture,
    coalesce(s.total_params, e.total_params) as total_params,
    coalesce(
        s.active_params,
        case when s.architecture not like 'moe%' then s.total_params end,
        case when s.architecture not like 'moe%' and s.architecture != 'other' then e.total_params end
    ) as active_params,
    coalesce(s.is_frontier, false) or coalesce(e.is_frontier, false) as is_frontier,
    case when fetched.has_notable then coalesce(e.is_notable, false) end as is_notable,
    coalesce(s.source_id, e.source_id) as source_id,
    case
        when s.total_params is not null or e.total_params is null then coalesce(s.source_id, e.source_id)
        else e.params_source_id
    end as params_source_id,
    case
        when s.total_params is not null or e.total_params is null then coalesce(s.locator, 'row ' || e.record_name)
        else 'row ' || e.record_name
    end as params_locator,
    case
        when s.total_params is not null or e.total_params is null then coalesce(s.verified, 'secondary')
        else 'secondary'
    end as params_verified,
    coalesce(s.locator, 'row ' || e.record_name) as locator,
    coalesce(s.verified, 'secondary') as verified
from seeds.models as s
full join core.epoch_models as e on s.model_id = e.model_id
cross join fetched
order by coalesce(s.model_id, e.model_id)
