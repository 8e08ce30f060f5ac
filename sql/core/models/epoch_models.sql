-- One row per notable model of Epoch AI, under our keys and names, with the corrections of seeds/corrections.csv applied.
-- key: model_id
-- column: record_name | Name as Epoch writes it.
-- column: organization | Who made it.
-- column: publication_date_precision | How exact it is.
-- column: domain | Domain, in our words.
-- column: total_params | Total parameters.
-- column: training_flop | Training compute.
-- column: confidence | Epoch's confidence in the entry: Confident, Likely, Speculative or Unknown.
-- column: training_hours | Wall-clock training time.
-- column: accelerator_id | First accelerator named.
-- column: accelerator_count | Accelerators in parallel.
-- column: mfu | Model FLOP utilisation.
-- column: hfu | Hardware FLOP utilisation.
-- column: base_model_name | Model that it was derived from.
-- column: is_frontier | True if at the frontier of training compute.
-- check: corrections_still_hold | select * from core.corrections_in_force where is_healed
with corrected as (
    select
        m.*,
        trim(m.model, e' \t\r\n') as record_name,
        n.model_id,
        f.value as corrected_flop,
        f.table_name is not null as has_corrected_flop,
        h.value as corrected_hours,
        h.table_name is not null as has_corrected_hours
    from raw.epoch_models as m
    inner join core.model_names as n on trim(m.model, e' \t\r\n') = n.name and n.source_id = 'epoch_models'
    left join core.corrections_in_force as f
        on f.table_name = 'raw.epoch_models' and f.record_name = trim(m.model, e' \t\r\n') and f.column_name = 'training_compute_flop'
    left join core.corrections_in_force as h
        on h.table_name = 'raw.epoch_models' and h.record_name = trim(m.model, e' \t\r\n') and h.column_name = 'training_time_hours'
)

select
    c.model_id,
    c.record_name,
    c.organization,
    c.publication_date,
    c.publication_date_precision,
    case
        when c.domain ilike '%multimodal%' then 'multimodal'
        when c.domain ilike 'language%' then 'language'
        when c.domain ilike 'image generation%' then 'image generation'
        when c.domain ilike 'vision%' then 'vision'
        when c.domain ilike 'games%' then 'games'
        when c.domain ilike 'biology%' then 'biology'
        when c.domain ilike 'speech%' then 'speech'
        when c.domain ilike 'audio%' then 'audio'
        when c.domain ilike 'video%' then 'video'
        when c.domain ilike 'robotics%' then 'robotics'
        when c.domain ilike 'earth science%' then 'weather'
        when c.domain ilike 'recommendation%' then 'recommendation'
        when c.domain ilike 'mathematics%' then 'mathematics'
        else 'other'
    end as domain,
    c.parameters_params as total_params,
    case when c.has_corrected_flop then c.corrected_flop else c.training_compute_flop end as training_flop,
    coalesce(c.confidence, 'Unknown') as confidence,
    case when c.has_corrected_hours then c.corrected_hours else c.training_time_hours end as training_hours,
    a.accelerator_id,
    c.hardware_quantity_count as accelerator_count,
    c.hardware_utilization_mfu as mfu,
    c.hardware_utilization_hfu as hfu,
    c.base_model as base_model_name,
    coalesce(c.frontier_model = 'True', false) as is_frontier
from corrected as c
left join core.accelerator_names as a
    on a.source_id = 'epoch_models' and a.name = trim(string_split(c.training_hardware, ',')[1])
qualify row_number() over (partition by c.model_id order by c.record_name) = 1
order by c.model_id
