-- One row per training run as a file of Epoch AI states it, before any correction: notable, large-scale and all models, and
-- the snapshot of the study of training costs. Records of a publisher's second file that only repeat the first are left out.
-- key: record_id
-- column: record_id | Key of the row: table and name, and a number if a table has the name twice.
-- column: claim_source | Raw table.
-- column: record_name | Name of the model as printed, without white space at its ends.
-- column: model_id | Key of the model, by core.model_names.
-- column: accelerator_name | First accelerator named.
-- column: accelerator_id | Key of that accelerator; null where the name is not resolved.
-- column: has_several_accelerators | True if the record names more than one kind.
-- column: is_derived_model | True where a base model or a compute of finetuning is named.
-- column: training_flop | Training compute, that of the base model included.
-- column: finetuning_flop | Compute of finetuning alone.
-- column: stated_chip_hours | Chip-hours; only the study of training costs and the list of all models publish them.
-- column: training_hours | Wall-clock time.
-- column: accelerator_count | Accelerators in parallel.
-- column: power_draw_w | Power of all accelerators together.
-- column: number_format | Number format as printed.
-- column: source_id | Publisher's file.
with records as (
    select
        'raw.epoch_models' as claim_source,
        'epoch_models' as source_id,
        *
    from raw.epoch_models
    union all by name
    select
        'raw.epoch_large_models' as claim_source,
        'epoch_models' as source_id,
        *
    from raw.epoch_large_models
    union all by name
    select
        'raw.epoch_all_models' as claim_source,
        'epoch_all_models' as source_id,
        *
    from raw.epoch_all_models
    union all by name
    select
        'raw.epoch_ml_systems' as claim_source,
        'epoch_costs' as source_id,
        *
    from raw.epoch_ml_systems
),

counted as (
    select
        *,
        trim(model, e' \t\r\n') as record_name,
        trim(string_split(training_hardware, ',')[1]) as accelerator_name,
        row_number() over (
            partition by
                source_id = 'epoch_costs', trim(model, e' \t\r\n'), training_compute_flop, training_time_hours, hardware_quantity_count,
                training_hardware
            order by list_position(['raw.epoch_models', 'raw.epoch_large_models', 'raw.epoch_all_models'], claim_source), record_no
        ) as mention_no,
        row_number() over (partition by claim_source, trim(model, e' \t\r\n') order by record_no) as namesake_no
    from records
),

names as (
    select
        source_id,
        trim(name, e' \t\r\n') as name,
        min(model_id) as model_id
    from core.model_names
    group by all
)

select
    concat_ws('/', r.claim_source, r.record_name, case when r.namesake_no > 1 then r.namesake_no end) as record_id,
    r.claim_source,
    r.record_name,
    n.model_id,
    r.accelerator_name,
    a.accelerator_id,
    coalesce(r.training_hardware like '%,%', false) as has_several_accelerators,
    r.base_model is not null or coalesce(r.finetune_compute_flop > 0, false) as is_derived_model,
    positive(r.training_compute_flop) as training_flop,
    positive(r.finetune_compute_flop) as finetuning_flop,
    positive(r.training_chip_hours) as stated_chip_hours,
    positive(r.training_time_hours) as training_hours,
    positive(r.hardware_quantity_count) as accelerator_count,
    positive(r.training_power_draw_w) as power_draw_w,
    r.numerical_format as number_format,
    r.source_id
from counted as r
left join names as n on r.source_id = n.source_id and r.record_name = n.name
left join core.accelerator_names as a on r.source_id = a.source_id and r.accelerator_name = a.name
where r.mention_no = 1
order by record_id
