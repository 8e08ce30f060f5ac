-- One row per correction of a publisher's cell, with what the publisher says now. A correction whose cell has changed
-- retires itself: it is not applied any more, and a finding says so until someone deletes its row.
-- key: table_name, record_name, column_name
-- column: expect | The wrong value that was seen.
-- column: published_value | What the publisher says now; null where the source is not fetched or names no such record.
-- column: value | Correct value; null if it is not known.
-- column: is_healed | True if the publisher says something else than expected: the correction is retired.
-- column: source_id | Where the right value is stated.
with cells as (
    select
        'raw.epoch_models' as table_name,
        trim(model, e' \t\r\n') as record_name,
        'training_compute_flop' as column_name,
        training_compute_flop as published_value
    from raw.epoch_models
    union all
    select
        'raw.epoch_models' as table_name,
        trim(model, e' \t\r\n') as record_name,
        'training_time_hours' as column_name,
        training_time_hours as published_value
    from raw.epoch_models
    union all
    select
        'raw.epoch_all_models' as table_name,
        trim(model, e' \t\r\n') as record_name,
        unnest(['training_compute_flop', 'finetune_compute_flop', 'training_time_hours', 'training_chip_hours']) as column_name,
        unnest([training_compute_flop, finetune_compute_flop, training_time_hours, training_chip_hours]) as published_value
    from raw.epoch_all_models
    union all
    select
        'raw.epoch_ml_systems' as table_name,
        trim(model, e' \t\r\n') as record_name,
        'training_chip_hours' as column_name,
        training_chip_hours as published_value
    from raw.epoch_ml_systems
)

select
    c.table_name,
    c.record_name,
    c.column_name,
    c.expect,
    p.published_value,
    c.corrected as value,
    coalesce(abs(p.published_value / c.expect - 1) > 1e-6, false) as is_healed,
    c.reason,
    c.source_id
from seeds.corrections as c
left join cells as p
    on c.table_name = p.table_name and c.record_name = p.record_name and c.column_name = p.column_name
order by c.table_name, c.record_name, c.column_name
