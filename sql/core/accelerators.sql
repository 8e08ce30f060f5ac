-- One row per accelerator, with the dense peak that training and inference in 16 bits can use.
-- key: accelerator_id
-- column: accelerator_id | Key of the accelerator.
-- column: accelerator_name | Name as its vendor writes it.
-- column: vendor | Company that designs it.
-- column: kind | Class of device: gpu, tpu, npu, asic, cpu or edge.
-- column: segment | Market segment.
-- column: form_factor | SXM, PCIe, OAM, board, module ….
-- column: release_date | Date of availability, else of announcement.
-- column: release_date_precision | How exact release_date is: day, month, quarter or year.
-- column: process_nm | Marketing name of the process node, nanometres.
-- column: tdp_w | Rated power, watts.
-- column: memory_bytes | Memory attached to the device, bytes.
-- column: memory_type | Kind of memory.
-- column: memory_bandwidth_bytes_per_s | Peak memory bandwidth, byte/s.
-- column: interconnect_bytes_per_s | Chip-to-chip bandwidth within a node, both directions, byte/s.
-- column: release_price_usd | Price at release, nominal US dollars.
-- column: dense_16_bit_flop_per_s | Dense peak of the matrix unit in BF16, else FP16; of the vector unit where there is no matrix unit, FLOP/s.
-- column: dense_16_bit_format | Number format of that peak.
-- column: source_id | Source of the row.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
-- column: price_source_id | Source of the price.
-- check: peaks_need_power | select * from core.accelerators
--    where kind in ('gpu', 'tpu') and segment = 'datacentre' and dense_16_bit_flop_per_s > 1e14 and tdp_w < 20
with dense as (
    select
        accelerator_id,
        arg_max(peak_flop_per_s, (is_tensor::int * 10) + (number_format = 'bf16')::int) as dense_16_bit_flop_per_s,
        arg_max(number_format, (is_tensor::int * 10) + (number_format = 'bf16')::int) as dense_16_bit_format
    from seeds.accelerator_peaks
    where not is_sparse and number_format in ('bf16', 'fp16')
    group by accelerator_id
)

select
    a.accelerator_id,
    a.accelerator_name,
    a.vendor,
    a.kind,
    a.segment,
    a.form_factor,
    a.release_date,
    a.release_date_precision,
    a.process_nm,
    a.tdp_w,
    a.memory_bytes,
    a.memory_type,
    a.memory_bandwidth_bytes_per_s,
    a.interconnect_bytes_per_s,
    a.release_price_usd,
    d.dense_16_bit_flop_per_s,
    d.dense_16_bit_format,
    a.source_id,
    a.locator,
    a.verified,
    case when a.release_price_usd is not null then coalesce(a.price_source_id, a.source_id) end as price_source_id
from seeds.accelerators as a
left join dense as d on a.accelerator_id = d.accelerator_id
order by a.accelerator_id
