-- One row per name under which a publisher mentions an accelerator, and the accelerator that it means; null where it is not resolved.
-- Names of seeds/hardware/accelerator_aliases.csv are known in every build, whether their publisher's file was fetched or not.
-- key: source_id, name
-- column: source_id | Who mentions it.
-- column: name | Name as printed, without blanks at its ends.
-- column: mention_count | How often it is mentioned as the hardware of a model, a cluster, a price or a benchmark; 0 for rows of a
--    hardware table and for curated names that no fetched file mentions.
-- column: accelerator_id | Key of core.accelerators.
-- column: resolved_by | alias, same name, own key, or null.
-- check: an_alias_means_its_own_accelerator | select a.alias from seeds.accelerator_aliases as a left join core.accelerator_names as n
--    on a.source_id = n.source_id and trim(a.alias) = n.name where n.accelerator_id is distinct from a.accelerator_id
-- check: a_spelling_means_one_accelerator | select plain_name(name) from core.accelerator_names
--    group by 1 having count(distinct accelerator_id) > 1
with mentions as (
    select
        'epoch_models' as source_id,
        trim(unnest(string_split(training_hardware, ','))) as name,
        1 as mention_count
    from raw.epoch_models
    union all
    select
        'epoch_all_models' as source_id,
        trim(unnest(string_split(training_hardware, ','))) as name,
        1 as mention_count
    from raw.epoch_all_models
    union all
    select
        'epoch_costs' as source_id,
        trim(unnest(string_split(training_hardware, ','))) as name,
        1 as mention_count
    from raw.epoch_ml_systems
    union all
    select
        'epoch_costs' as source_id,
        trim(hardware_model) as name,
        1 as mention_count
    from raw.epoch_hardware_prices
    union all
    select
        'epoch_hardware' as source_id,
        trim(hardware_name) as name,
        0 as mention_count
    from raw.epoch_hardware
    union all
    select
        'ml_energy' as source_id,
        trim(gpu_model) as name,
        1 as mention_count
    from raw.ml_energy_configurations
    union all
    select
        'inferencex' as source_id,
        hardware as name,
        1 as mention_count
    from raw.inferencex_results
    union all
    select
        'mlperf_training' as source_id,
        trim(s.accelerator_model_name) as name,
        1 as mention_count
    from raw.mlperf_training_systems as s
    where try_cast(s.accelerators_per_node as integer) > 0
    union all
    select
        'mlperf_inference' as source_id,
        coalesce(published_name(accelerator), published_name(processor)) as name,
        1 as mention_count
    from raw.mlperf_inference_summary
    union all
    select
        'mlperf_inference' as source_id,
        coalesce(published_name(accelerator_model_name), published_name(host_processor_model_name)) as name,
        1 as mention_count
    from raw.mlperf_inference_summary_v6
    union all
    select
        'mlperf_cm_results' as source_id,
        coalesce(published_name(accelerator_model_name), published_name(host_processor_model_name)) as name,
        1 as mention_count
    from raw.mlperf_collected_inference
    union all
    select
        'mlperf_cm_results' as source_id,
        collected_chip_name(accelerator_model_name, system) as name,
        1 as mention_count
    from raw.mlperf_collected_training
    union all
    select
        'mlperf_cm_results' as source_id,
        coalesce(published_name(accelerator), published_name(board_name)) as name,
        1 as mention_count
    from raw.mlperf_collected_tiny
    union all
    select
        'mlperf_tiny' as source_id,
        coalesce(published_name(accelerator), published_name(board_name)) as name,
        1 as mention_count
    from raw.mlperf_tiny_systems
    union all
    select
        source_id,
        trim(alias) as name,
        0 as mention_count
    from seeds.accelerator_aliases
),

names as (
    select
        source_id,
        name,
        sum(mention_count)::bigint as mention_count
    from mentions
    where name is not null and name <> ''
    group by source_id, name
),

aliases as (
    select
        plain_name(alias) as spelling,
        min(accelerator_id) as accelerator_id
    from seeds.accelerator_aliases
    group by spelling
),

curated as (
    select
        plain_name(accelerator_name) as spelling,
        min(accelerator_id) as accelerator_id
    from seeds.accelerators
    group by spelling
),

listed as (
    select distinct plain_name(hardware_name) as spelling
    from raw.epoch_hardware
)

select
    n.source_id,
    n.name,
    n.mention_count,
    coalesce(a.accelerator_id, c.accelerator_id, case when l.spelling is not null then slug(n.name) end) as accelerator_id,
    case
        when a.accelerator_id is not null then 'alias'
        when c.accelerator_id is not null then 'same name'
        when l.spelling is not null then 'own key'
    end as resolved_by
from names as n
left join aliases as a on plain_name(n.name) = a.spelling
left join curated as c on plain_name(n.name) = c.spelling
left join listed as l on plain_name(n.name) = l.spelling
order by n.source_id, n.name
