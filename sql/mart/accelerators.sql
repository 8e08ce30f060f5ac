-- One row per accelerator: rated power, memory, dates, price, and what it does per joule and per dollar in 16 bits.
-- key: accelerator_id
-- column: accelerator_id | Key of the accelerator.
-- column: accelerator_name | Name as its vendor writes it.
-- column: vendor | Company that designs it.
-- column: kind | Class of device: gpu, tpu, npu, asic, cpu or edge.
-- column: segment | Market segment: datacentre, workstation, consumer, edge or mobile.
-- column: form_factor | SXM, PCIe, OAM, board, module ….
-- column: release_date | Date of availability, else of announcement.
-- column: process_nm | Marketing name of the process node, nanometres.
-- column: tdp_w | Rated power, watts.
-- column: memory_bytes | Memory attached to the device, bytes.
-- column: memory_type | Kind of memory.
-- column: memory_bandwidth_bytes_per_s | Peak memory bandwidth, byte/s.
-- column: interconnect_bytes_per_s | Chip-to-chip bandwidth within a node, both directions, byte/s.
-- column: release_price_usd | Price at release, nominal US dollars.
-- column: dense_16_bit_flop_per_s | Dense peak in BF16, else FP16, FLOP/s.
-- column: dense_16_bit_format | Number format of that peak.
-- column: dense_16_bit_flop_per_joule | That peak over the rated power, FLOP/J.
-- column: source_id | Source of the row: key of meta.sources.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked: seen, secondary or recalled.
select
    accelerator_id,
    accelerator_name,
    vendor,
    kind,
    segment,
    form_factor,
    release_date,
    process_nm,
    tdp_w,
    memory_bytes,
    memory_type,
    memory_bandwidth_bytes_per_s,
    interconnect_bytes_per_s,
    release_price_usd,
    dense_16_bit_flop_per_s,
    dense_16_bit_format,
    dense_16_bit_flop_per_s / tdp_w as dense_16_bit_flop_per_joule,
    source_id,
    locator,
    verified
from core.accelerators
order by release_date desc nulls last, accelerator_id asc
