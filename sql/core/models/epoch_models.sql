-- One row per model of Epoch AI's lists, whichever of them have it, under our keys and names: each field from the first record
-- that fills it (core.epoch_listings), figures with the corrections of seeds/corrections.csv (core.epoch_values).
-- key: model_id
-- column: record_name | Name as Epoch writes it in the record that comes first.
-- column: source_id | Source of that record.
-- column: params_source_id | Source of the record that decides total_params.
-- column: hardware_source_id | Source of the record that names the accelerator.
-- column: is_notable | True if the list of notable models has it.
-- column: organization | Who made it.
-- column: publication_date | Date of publication.
-- column: publication_date_precision | How exact it is.
-- column: domain | Domain, in our words.
-- column: total_params | Total parameters.
-- column: training_flop | Training compute; for a model made from another, usually that of the base model included.
-- column: least_training_flop | Least training compute that Epoch thinks possible; null where training_flop is below it.
-- column: most_training_flop | Most training compute that Epoch thinks possible; null where training_flop is above it.
-- column: finetuning_flop | Compute of the fine-tuning alone.
-- column: own_training_flop | Compute of the model's own run: all of it where it starts from no other model, else that of the fine-tuning. Where that
--    is not given, training_flop counts if it is below the base model's, which it then cannot include.
-- column: confidence | Epoch's confidence in the entry: Confident, Likely, Speculative or Unknown.
-- column: training_hours | Wall-clock training time.
-- column: chip_hours | Chip-hours.
-- column: accelerator_id | First accelerator named.
-- column: accelerator_count | Accelerators in parallel.
-- column: mfu | Model FLOP utilisation.
-- column: hfu | Hardware FLOP utilisation.
-- column: base_model_name | Models that it was derived from.
-- column: is_frontier | True if at the frontier of training compute.
with figures as (
    select
        model_id,
        map(list(field order by field), list(value order by field)) as found,
        any_value(source_id) filter (where field = 'total_params') as params_source_id
    from core.epoch_values
    where is_used
    group by model_id
),

described as (
    select
        l.model_id,
        arg_min(l.record_name, l.precedence) as record_name,
        arg_min(l.source_id, l.precedence) as source_id,
        bool_or(l.is_notable) as is_notable,
        arg_min(l.organization, l.precedence) as organization,
        arg_min(l.publication_date, l.precedence) as publication_date,
        arg_min(l.publication_date_precision, l.precedence) as publication_date_precision,
        arg_min(l.domain, l.precedence) as domain,
        coalesce(arg_min(l.confidence, l.precedence), 'Unknown') as confidence,
        arg_min(l.base_model_name, l.precedence) as base_model_name,
        arg_min(l.is_frontier, l.precedence) as is_frontier,
        arg_min({ 'source_id': l.source_id, 'name': l.accelerator_name }, l.precedence)
        filter (where l.accelerator_name is not null) as accelerator
    from core.epoch_listings as l
    where l.outcome <> 'set aside'
    group by l.model_id
),

-- The base models that Epoch itself gives a compute of: the smallest, so that no sum passes for a run of its own.
bases as (
    select
        d.model_id,
        min(f.found['training_flop']) as least_flop
    from (
        select
            model_id,
            trim(unnest(string_split(base_model_name, ','))) as base_name
        from described
    ) as d
    inner join core.epoch_listings as l on d.base_name = l.record_name
    inner join figures as f on l.model_id = f.model_id
    where f.found['training_flop'] > 0
    group by d.model_id
)

select
    d.model_id,
    d.record_name,
    d.source_id,
    coalesce(f.params_source_id, d.source_id) as params_source_id,
    coalesce(d.accelerator.source_id, d.source_id) as hardware_source_id,
    d.is_notable,
    d.organization,
    d.publication_date,
    d.publication_date_precision,
    case
        when d.domain ilike '%multimodal%' then 'multimodal'
        when d.domain ilike 'language%' then 'language'
        when d.domain ilike 'image generation%' then 'image generation'
        when d.domain ilike 'vision%' then 'vision'
        when d.domain ilike 'games%' then 'games'
        when d.domain ilike 'biology%' then 'biology'
        when d.domain ilike 'speech%' then 'speech'
        when d.domain ilike 'audio%' then 'audio'
        when d.domain ilike 'video%' then 'video'
        when d.domain ilike 'robotics%' then 'robotics'
        when d.domain ilike 'earth science%' then 'weather'
        when d.domain ilike 'recommendation%' then 'recommendation'
        when d.domain ilike 'mathematics%' then 'mathematics'
        else 'other'
    end as domain,
    f.found['total_params'] as total_params,
    f.found['training_flop'] as training_flop,
    case when not coalesce(f.found['least_training_flop'] > f.found['training_flop'], false) then f.found['least_training_flop'] end
        as least_training_flop,
    case when not coalesce(f.found['most_training_flop'] < f.found['training_flop'], false) then f.found['most_training_flop'] end
        as most_training_flop,
    f.found['finetuning_flop'] as finetuning_flop,
    case
        when d.base_model_name is null and not coalesce(s.run_kind in ('finetuning', 'reinforcement learning') and m.base_model_id <> '', false)
            then f.found['training_flop']
        when f.found['finetuning_flop'] is not null then f.found['finetuning_flop']
        when f.found['training_flop'] < b.least_flop then f.found['training_flop']
    end as own_training_flop,
    d.confidence,
    f.found['training_hours'] as training_hours,
    f.found['chip_hours'] as chip_hours,
    a.accelerator_id,
    f.found['accelerator_count'] as accelerator_count,
    f.found['mfu'] as mfu,
    f.found['hfu'] as hfu,
    d.base_model_name,
    d.is_frontier
from described as d
left join figures as f on d.model_id = f.model_id
left join bases as b on d.model_id = b.model_id
left join seeds.training_runs as s on d.model_id = s.training_run_id
left join seeds.models as m on d.model_id = m.model_id
left join core.accelerator_names as a on d.accelerator.source_id = a.source_id and d.accelerator.name = a.name
order by d.model_id
