-- One row per accelerator: rated power, memory, dates, price, and what it does per joule and per dollar in 16 bits.
-- key: accelerator_id
-- column: accelerator_id | Key of the accelerator.
-- column: is_tdp_estimated | True if the rated power is a third party's estimate: the maker publishes none.
-- column: segment | Market segment: datacentre, workstation, consumer, edge or mobile.
-- column: dense_16_bit_flop_per_joule | That peak over the rated power, FLOP/J.
-- column: source_id | Source of the row: key of meta.sources.
-- column: verified | How the entry was checked: seen, secondary, recalled or judged.
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
    tdp_source_id is not null as is_tdp_estimated,
    memory_bytes,
    memory_type,
    memory_bandwidth_bytes_per_s,
    interconnect_bytes_per_s,
    release_price_usd,
    dense_16_bit_flop_per_s,
    dense_16_bit_format,
    dense_16_bit_method,
    dense_16_bit_flop_per_s / tdp_w as dense_16_bit_flop_per_joule,
    source_id,
    locator,
    verified
from core.accelerators
order by release_date desc nulls last, accelerator_id asc
