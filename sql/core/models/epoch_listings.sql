-- One row per record of Epoch AI's lists of models (notable, large-scale, all), under our keys and names, and what became of it.
-- key: claim_source, record_no
-- column: claim_source | Raw table of the list.
-- column: record_no | Number of the record in its file.
-- column: record_name | Name as Epoch writes it, without white space at its ends.
-- column: source_id | Source of the list.
-- column: vintage_date | How new the list is: the tenth newest day of publication in it, which one odd date does not move.
-- column: precedence | 1 for the record of the model that comes first: newest list first, of equal ones the notable, large-scale and all
--    models in this order, then the entry that was changed last.
-- column: outcome | curated model: seeds/models/models.csv has the model; added: a model of its own; merged: another record of the model
--    comes first; set aside: not used.
-- column: outcome_reason | Which record comes first, or why it is set aside; null for the others.
-- column: is_notable | True if the list of notable models has the model.
-- column: publication_date_precision | How exact it is.
-- column: organization | Who made it.
-- column: domain | Domains, as Epoch lists them.
-- column: confidence | Epoch's confidence in the entry.
-- column: is_frontier | True if at the frontier of training compute.
-- column: accelerator_name | First accelerator named.
-- column: total_params | Total parameters.
-- column: training_flop | Training compute; for a model made from another, usually that of the base model included.
-- column: least_training_flop | Least training compute that Epoch thinks possible.
-- column: most_training_flop | Most training compute that Epoch thinks possible.
-- column: finetuning_flop | Compute of the fine-tuning alone; Epoch writes zero where there was none.
-- column: training_hours | Wall-clock training time.
-- column: chip_hours | Chip-hours.
-- column: accelerator_count | Accelerators in parallel.
-- column: mfu | Model FLOP utilisation.
-- column: hfu | Hardware FLOP utilisation.
-- column: base_model_name | Models that it was derived from.
with lists as (
    select
        'raw.epoch_models' as claim_source,
        'epoch_models' as source_id,
        1 as list_order,
        *
    from raw.epoch_models
    union all by name
    select
        'raw.epoch_large_models' as claim_source,
        'epoch_models' as source_id,
        2 as list_order,
        *
    from raw.epoch_large_models
    union all by name
    select
        'raw.epoch_all_models' as claim_source,
        'epoch_all_models' as source_id,
        3 as list_order,
        *
    from raw.epoch_all_models
),

dated as (
    select
        *,
        trim(model, e' \t\r\n') as record_name,
        coalesce(
            training_compute_flop, training_compute_lower_bound_flop, training_compute_upper_bound_flop, finetune_compute_flop,
            parameters_params, training_time_hours, training_chip_hours, hardware_quantity_count, hardware_utilization_mfu,
            hardware_utilization_hfu
        ) is not null
        or training_hardware is not null as has_figure,
        list_sort(list(publication_date) over (partition by claim_source), 'desc', 'nulls last') as days
    from lists
),

named as (
    select
        r.*,
        coalesce(r.days[10], '0001-01-01') as vintage_date,
        n.model_id,
        s.model_id is not null as is_curated
    from dated as r
    inner join core.model_names as n on r.source_id = n.source_id and r.record_name = n.name
    left join seeds.models as s on n.model_id = s.model_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by model_id order by vintage_date desc, list_order asc, last_modified desc nulls last, record_no asc
        ) as precedence,
        bool_or(claim_source = 'raw.epoch_models') over (partition by model_id) as is_notable,
        bool_or(has_figure) over (partition by model_id) or is_curated as is_useful,
        first_value(claim_source || ', record ' || record_no) over (
            partition by model_id order by vintage_date desc, list_order asc, last_modified desc nulls last, record_no asc
        ) as first_record
    from named
)

select
    claim_source,
    record_no,
    record_name,
    model_id,
    source_id,
    vintage_date,
    precedence,
    case
        when not (is_useful or is_notable) then 'set aside'
        when precedence > 1 then 'merged'
        when is_curated then 'curated model'
        else 'added'
    end as outcome,
    case
        when not (is_useful or is_notable) then 'gives no figure: neither compute, parameters, time nor hardware'
        when precedence > 1 then 'the same model as ' || first_record
    end as outcome_reason,
    is_notable,
    organization,
    publication_date,
    publication_date_precision,
    domain,
    confidence,
    trim(string_split(training_hardware, ',')[1]) as accelerator_name,
    base_model as base_model_name,
    coalesce(frontier_model = 'True', false) as is_frontier,
    parameters_params as total_params,
    training_compute_flop as training_flop,
    training_compute_lower_bound_flop as least_training_flop,
    training_compute_upper_bound_flop as most_training_flop,
    nullif(finetune_compute_flop, 0) as finetuning_flop,
    training_time_hours as training_hours,
    training_chip_hours as chip_hours,
    hardware_quantity_count as accelerator_count,
    hardware_utilization_mfu as mfu,
    hardware_utilization_hfu as hfu
from ranked
order by claim_source, record_no
