-- One row per figure that a record of Epoch AI's lists gives, with the corrections of seeds/corrections.csv applied: a wrong value
-- is wrong in each list that repeats it. Of several records of a model, the first that gives a figure decides it.
-- key: claim_source, record_no, field
-- column: claim_source | Raw table of the list.
-- column: record_no | Number of the record in its file.
-- column: field | What is given: a column of core.epoch_listings.
-- column: published_value | What the record says, in the unit of the field.
-- column: value | The figure, corrected where a correction is in force; null where the right value is not known.
-- column: fault | Why the figure is set aside; null where it may be used.
-- column: is_used | True for the record that decides the figure of its model: the first without a fault.
-- column: precedence | Precedence of the record within its model: 1 comes first.
-- column: vintage_date | How new the list is.
with given as (
    select
        claim_source,
        record_no,
        record_name,
        model_id,
        source_id,
        vintage_date,
        precedence,
        unnest([
            { 'field': 'total_params', 'value': total_params },
            { 'field': 'training_flop', 'value': training_flop },
            { 'field': 'least_training_flop', 'value': least_training_flop },
            { 'field': 'most_training_flop', 'value': most_training_flop },
            { 'field': 'finetuning_flop', 'value': finetuning_flop },
            { 'field': 'training_hours', 'value': training_hours },
            { 'field': 'chip_hours', 'value': chip_hours },
            { 'field': 'accelerator_count', 'value': accelerator_count },
            { 'field': 'mfu', 'value': mfu },
            { 'field': 'hfu', 'value': hfu }
        ]) as figure
    from core.epoch_listings
    where outcome <> 'set aside'
),

-- Less than any training of this century takes: a cell such as 5.6e21 was cut to its first digits.
limits as (
    select central as least_flop
    from seeds.assumptions
    where name = 'least_finetuning_flop'
),

corrections as (
    select
        record_name,
        case column_name
            when 'training_compute_flop' then 'training_flop'
            when 'finetune_compute_flop' then 'finetuning_flop'
            when 'training_time_hours' then 'training_hours'
            when 'training_chip_hours' then 'chip_hours'
        end as field,
        expect,
        any_value(value) as value
    from core.corrections_in_force
    where table_name in ('raw.epoch_models', 'raw.epoch_large_models', 'raw.epoch_all_models', 'raw.epoch_ml_systems')
    group by all
)

select
    g.claim_source,
    g.record_no,
    g.figure.field,
    g.record_name,
    g.model_id,
    g.source_id,
    g.vintage_date,
    g.precedence,
    g.figure.value as published_value,
    case when c.record_name is null then g.figure.value else c.value end as value,
    case
        when g.figure.value <= 0 then 'not above zero'
        when g.figure.field in ('mfu', 'hfu') and g.figure.value > 1 then 'a share above one'
        when g.figure.field in ('finetuning_flop', 'least_training_flop', 'most_training_flop') and g.figure.value < l.least_flop
            then 'fewer FLOP than any training takes'
    end as fault,
    fault is null
    and row_number() over (partition by g.model_id, g.figure.field order by fault is not null, g.precedence) = 1 as is_used
from given as g
left join corrections as c
    on g.record_name = c.record_name and g.figure.field = c.field and abs(g.figure.value / c.expect - 1) <= 1e-6
cross join limits as l
where g.figure.value is not null
order by g.claim_source, g.record_no, g.figure.field
