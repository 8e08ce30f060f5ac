-- One row per fact and source: the values of curated files and Epoch AI for the same field of the same thing.
-- key: subject_kind, subject_id, field, source_id, row_label
-- column: subject_kind | accelerator, model or training_run.
-- column: subject_id | Key of the subject.
-- column: subject_name | Its name.
-- column: field | Column or quantity; a peak carries its format.
-- column: value | What the source says, in the unit of the field.
-- column: source_id | Who says it.
-- column: row_label | Row of the source, if the source gives the fact more than once.
-- column: precedence | Precedence: 1 measured, 2 first-party, 3 secondary, 4 estimated. The lowest is used.
with epoch_chips as (
    select
        n.accelerator_id,
        h.*
    from raw.epoch_hardware as h
    inner join core.accelerator_names as n on n.source_id = 'epoch_hardware' and n.name = trim(h.hardware_name)
    where n.resolved_by = 'alias'
    qualify row_number() over (partition by n.accelerator_id, n.name order by h.record_no) = 1
),

accelerator_fields as (
    select
        accelerator_id,
        accelerator_name as subject_name,
        source_id,
        'curated' as row_label,
        2 as precedence,
        unnest([
            { 'field': 'tdp_w', 'value': tdp_w },
            { 'field': 'memory_bytes', 'value': memory_bytes },
            { 'field': 'memory_bandwidth_bytes_per_s', 'value': memory_bandwidth_bytes_per_s },
            { 'field': 'release_price_usd', 'value': release_price_usd },
            { 'field': 'die_area_mm2', 'value': die_area_mm2 },
            { 'field': 'process_nm', 'value': process_nm }
        ]) as fact
    from seeds.accelerators
    union all
    select
        e.accelerator_id,
        a.accelerator_name as subject_name,
        'epoch_hardware' as source_id,
        trim(e.hardware_name) as row_label,
        3 as precedence,
        unnest([
            { 'field': 'tdp_w', 'value': e.tdp_w },
            { 'field': 'memory_bytes', 'value': e.memory_bytes },
            { 'field': 'memory_bandwidth_bytes_per_s', 'value': e.memory_bandwidth_bytes_per_s },
            { 'field': 'release_price_usd', 'value': e.release_price_usd },
            { 'field': 'die_area_mm2', 'value': e.die_size_mm2 },
            { 'field': 'process_nm', 'value': e.process_size_nm },
            { 'field': 'dense tensor bf16 peak', 'value': e.tensor_fp16_bf16_performance_flop_per_s },
            { 'field': 'dense tensor fp8 peak', 'value': e.fp8_performance_flop_per_s },
            { 'field': 'dense tensor int8 peak', 'value': e.int8_performance_op_per_s },
            { 'field': 'vector fp32 peak', 'value': e.fp32_single_precision_performance_flop_per_s },
            { 'field': 'vector fp64 peak', 'value': e.fp64_double_precision_performance_flop_per_s }
        ]) as fact
    from epoch_chips as e
    inner join seeds.accelerators as a on e.accelerator_id = a.accelerator_id
),

peaks as (
    select
        p.accelerator_id as subject_id,
        a.accelerator_name as subject_name,
        concat_ws(' ', case when p.is_tensor then 'dense tensor' else 'vector' end, p.number_format, 'peak') as field,
        p.peak_flop_per_s as value,
        p.source_id
    from seeds.accelerator_peaks as p
    inner join seeds.accelerators as a on p.accelerator_id = a.accelerator_id
    where not p.is_sparse
),

facts as (
    select
        'accelerator' as subject_kind,
        accelerator_id as subject_id,
        subject_name,
        fact.field,
        fact.value,
        source_id,
        row_label,
        precedence
    from accelerator_fields
    union all
    select
        'accelerator' as subject_kind,
        subject_id,
        subject_name,
        field,
        value,
        source_id,
        'curated' as row_label,
        2 as precedence
    from peaks
    union all
    select
        'model' as subject_kind,
        model_id as subject_id,
        model_name as subject_name,
        'total_params' as field,
        total_params as value,
        source_id,
        'curated' as row_label,
        2 as precedence
    from seeds.models
    union all
    select
        'model' as subject_kind,
        e.model_id as subject_id,
        m.model_name as subject_name,
        'total_params' as field,
        e.total_params as value,
        e.params_source_id as source_id,
        e.record_name as row_label,
        3 as precedence
    from core.epoch_models as e
    inner join seeds.models as m on e.model_id = m.model_id
    union all
    select
        'training_run' as subject_kind,
        s.training_run_id as subject_id,
        s.training_run_id as subject_name,
        'accelerator_count' as field,
        s.accelerator_count as value,
        coalesce(s.hardware_source_id, s.source_id) as source_id,
        'curated' as row_label,
        2 as precedence
    from seeds.training_runs as s
    union all
    select
        'training_run' as subject_kind,
        e.model_id as subject_id,
        e.model_id as subject_name,
        'accelerator_count' as field,
        e.accelerator_count as value,
        e.hardware_source_id as source_id,
        e.record_name as row_label,
        3 as precedence
    from core.epoch_models as e
    inner join seeds.training_runs as s on e.model_id = s.training_run_id and e.accelerator_id = s.accelerator_id
    union all
    select
        subject_kind,
        subject_id,
        subject_name,
        concat_ws(' ', quantity, nullif(boundary, 'none')) as field,
        value,
        source_id,
        published_figure_id as row_label,
        case
            when kind = 'measured' then 1
            when kind = 'estimated' then 4
            when source_id in ('epoch_models', 'epoch_all_models') then 3
            else 2
        end as precedence
    from core.published_figures
    where subject_kind in ('training_run', 'model')
)

select
    subject_kind,
    subject_id,
    subject_name,
    field,
    value,
    source_id,
    row_label,
    precedence
from facts
where value > 0
order by subject_kind, subject_id, field, precedence, source_id, row_label
