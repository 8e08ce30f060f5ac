-- One row per accelerator, number format, unit and sparsity: curated peaks, and Epoch AI's dense peaks for formats that are not curated.
-- key: accelerator_id, number_format, is_tensor, is_sparse
-- column: accelerator_id | Key of core.accelerators.
-- column: number_format | Number format of the inputs.
-- column: is_tensor | True for matrix units, false for vector units.
-- column: is_sparse | True if the peak is with 2:4 sparsity.
-- column: peak_flop_per_s | Peak rate, FLOP/s (operations per second for integer formats).
-- column: source_id | Source of the peak.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
with epoch as (
    select
        n.accelerator_id,
        h.hardware_name,
        unnest([
            { 'number_format': 'bf16', 'is_tensor': true, 'rate': h.tensor_fp16_bf16_performance_flop_per_s },
            { 'number_format': 'fp8', 'is_tensor': true, 'rate': h.fp8_performance_flop_per_s },
            { 'number_format': 'fp4', 'is_tensor': true, 'rate': h.fp4_performance_flop_per_s },
            { 'number_format': 'tf32', 'is_tensor': true, 'rate': h.tf32_tensorfloat_32_performance_flop_per_s },
            { 'number_format': 'int8', 'is_tensor': true, 'rate': h.int8_performance_op_per_s },
            { 'number_format': 'fp32', 'is_tensor': false, 'rate': h.fp32_single_precision_performance_flop_per_s },
            { 'number_format': 'fp64', 'is_tensor': false, 'rate': h.fp64_double_precision_performance_flop_per_s }
        ]) as peak
    from raw.epoch_hardware as h
    inner join core.accelerator_names as n on n.source_id = 'epoch_hardware' and n.name = trim(h.hardware_name)
    qualify dense_rank() over (partition by n.accelerator_id order by n.resolved_by, h.hardware_name, h.record_no) = 1
),

curated as (
    select distinct
        accelerator_id,
        number_format
    from seeds.accelerator_peaks
)

select
    accelerator_id,
    number_format,
    is_tensor,
    is_sparse,
    peak_flop_per_s,
    source_id,
    locator,
    verified
from seeds.accelerator_peaks
union all
select
    e.accelerator_id,
    e.peak.number_format,
    e.peak.is_tensor,
    false as is_sparse,
    e.peak.rate as peak_flop_per_s,
    'epoch_hardware' as source_id,
    'row ' || trim(e.hardware_name) as locator,
    'secondary' as verified
from epoch as e
anti join curated as c on e.accelerator_id = c.accelerator_id and e.peak.number_format = c.number_format
where e.peak.rate > 0
order by accelerator_id, number_format, is_tensor, is_sparse
