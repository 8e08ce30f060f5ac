-- One row per accelerator, number format, unit and sparsity: peak rate, per joule and per dollar.
-- key: accelerator_id, number_format, is_tensor, is_sparse
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_name | Name of the accelerator.
-- column: flop_per_joule | Peak rate over rated power, FLOP/J.
-- column: flop_per_s_per_usd | Peak rate over price at release, FLOP/s per US dollar.
-- column: flop_per_byte | Peak rate over memory bandwidth: operations per byte at which a kernel stops being bound by memory, FLOP/byte.
select
    p.accelerator_id,
    a.accelerator_name,
    a.kind,
    a.segment,
    a.release_date,
    p.number_format,
    p.is_tensor,
    p.is_sparse,
    p.peak_flop_per_s,
    p.peak_flop_per_s / a.tdp_w as flop_per_joule,
    p.peak_flop_per_s / a.release_price_usd as flop_per_s_per_usd,
    p.peak_flop_per_s / a.memory_bandwidth_bytes_per_s as flop_per_byte,
    p.source_id,
    p.locator,
    p.verified
from core.accelerator_peaks as p
inner join core.accelerators as a on p.accelerator_id = a.accelerator_id
order by p.accelerator_id, p.number_format, p.is_tensor, p.is_sparse
