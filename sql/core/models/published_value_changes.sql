-- One row per figure of a model that Epoch AI gave differently before: in an earlier snapshot of its list of notable models, or in a list
-- that is at least two months older than another.
-- key: model_id, field, earlier_table, earlier_snapshot, record_no
-- column: model_id | Key of the model.
-- column: record_name | Name as Epoch writes it.
-- column: field | What is given: a column of core.epoch_listings.
-- column: earlier_value | What it was, in the unit of the field.
-- column: earlier_vintage_date | How new that list is: the tenth newest day of publication in it.
-- column: earlier_table | Raw table of that list.
-- column: earlier_snapshot | Start of the SHA-256 of the earlier snapshot; 'in use' where the list is.
-- column: record_no | Number of the record there.
-- column: later_value | What the newest list that gives it says.
-- column: later_vintage_date | How new that list is.
-- column: later_table | Raw table of that list.
-- column: change_ratio | later_value over earlier_value.
with snapshots as (
    select
        *,
        list_sort(list(publication_date) over (partition by file_sha256), 'desc', 'nulls last')[10] as vintage_date
    from raw.epoch_earlier_models
),

earlier as (
    select
        n.model_id,
        trim(s.model, e' \t\r\n') as record_name,
        'raw.epoch_earlier_models' as table_name,
        left(s.file_sha256, 12) as snapshot,
        s.record_no,
        s.vintage_date,
        unnest([
            { 'field': 'total_params', 'value': s.parameters_params },
            { 'field': 'training_flop', 'value': s.training_compute_flop },
            { 'field': 'finetuning_flop', 'value': s.finetune_compute_flop },
            { 'field': 'training_hours', 'value': s.training_time_hours },
            { 'field': 'accelerator_count', 'value': s.hardware_quantity_count },
            { 'field': 'mfu', 'value': s.hardware_utilization_mfu },
            { 'field': 'hfu', 'value': s.hardware_utilization_hfu }
        ]) as figure
    from snapshots as s
    inner join core.model_names as n on n.source_id = 'epoch_models' and n.name = trim(s.model, e' \t\r\n')
),

given as (
    select
        model_id,
        record_name,
        field,
        published_value,
        claim_source as table_name,
        'in use' as snapshot,
        record_no,
        vintage_date
    from core.epoch_values
    where published_value > 0
    union all
    select
        model_id,
        record_name,
        figure.field,
        figure.value as published_value,
        table_name,
        snapshot,
        record_no,
        vintage_date
    from earlier
    where figure.value > 0
)

select
    o.model_id,
    o.record_name,
    o.field,
    o.published_value as earlier_value,
    o.vintage_date as earlier_vintage_date,
    o.table_name as earlier_table,
    o.snapshot as earlier_snapshot,
    o.record_no,
    n.published_value as later_value,
    n.vintage_date as later_vintage_date,
    n.table_name as later_table,
    n.published_value / o.published_value as change_ratio
from given as o
inner join given as n
    on
        o.model_id = n.model_id and o.field = n.field and n.snapshot = 'in use'
        and (
            date_diff('day', o.vintage_date, n.vintage_date) >= 60
            or (o.snapshot <> 'in use' and n.table_name = 'raw.epoch_models')
        )
where abs(n.published_value / o.published_value - 1) > 1e-3
qualify
    row_number() over (
        partition by o.model_id, o.field, o.table_name, o.snapshot, o.record_no order by n.vintage_date desc, n.table_name desc, n.record_no asc
    ) = 1
order by o.model_id, o.field, o.table_name, o.snapshot, o.record_no
