-- One row per figure of a publisher that is set aside because it cannot be, and per correction that its publisher has made itself.
-- as: core.findings_counting
-- column: record_id | Record and field of the figure.
-- column: observed | What the publisher says.
-- column: expected | The bound that it breaks; for a correction, the wrong value that was expected.
select
    unnest(finding(
        'figure_set_aside', concat_ws('/', v.claim_source, 'record ' || v.record_no, v.field), v.claim_source, v.record_name, v.published_value,
        case v.fault when 'a share above one' then 1 when 'not above zero' then 0 else l.central end, '1', 'warning',
        'The value cannot be (' || v.fault || '), so that no figure uses it.', [v.source_id]
    )) as finding
from core.epoch_values as v
cross join seeds.assumptions as l
where v.fault is not null and l.name = 'least_finetuning_flop'
union all
select
    unnest(finding(
        'figure_set_aside', concat_ws('/', 'raw.epoch_hardware', 'record ' || h.record_no, h.fact.field), 'raw.epoch_hardware',
        trim(h.hardware_name), h.fact.value, 0, '1', 'warning', 'The value cannot be (not above zero), so that no figure uses it.',
        ['epoch_hardware']
    )) as finding
from (
    select
        record_no,
        hardware_name,
        unnest([
            { 'field': 'tdp_w', 'value': tdp_w },
            { 'field': 'memory_bytes', 'value': memory_bytes },
            { 'field': 'memory_bandwidth_bytes_per_s', 'value': memory_bandwidth_bytes_per_s },
            { 'field': 'release_price_usd', 'value': release_price_usd },
            { 'field': 'tensor_fp16_bf16_performance_flop_per_s', 'value': tensor_fp16_bf16_performance_flop_per_s }
        ]) as fact
    from raw.epoch_hardware
) as h
where h.fact.value <= 0
union all
select
    unnest(finding(
        'figure_set_aside', concat_ws('/', 'raw.epoch_hardware', 'record ' || h.record_no, 'tdp_w'), 'raw.epoch_hardware',
        trim(h.hardware_name), h.tdp_w, 20, 'W', 'warning', 'The value is too low for its peak: kilowatts as watts?', ['epoch_hardware']
    )) as finding
from raw.epoch_hardware as h
where h.tdp_w > 0 and h.tdp_w < 20 and h.tensor_fp16_bf16_performance_flop_per_s > 1e14
union all
select
    unnest(finding(
        'correction_retired', concat_ws('/', table_name, record_name, column_name), table_name, record_name, published_value, expect, '1',
        'info', 'The publisher has changed the value that seeds/corrections.csv corrects. Delete the row there.', [source_id]
    )) as finding
from core.corrections_in_force
where is_healed
order by all
