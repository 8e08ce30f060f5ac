-- One row per accelerator and nominal number of bits of the weights: what decides how fast it can serve. The number format is the
-- chip's own format with these bits. Without a compute format, weights are unpacked and the next wider format computes.
-- key: accelerator_id, weight_bits
-- column: is_stand_alone | True if several do not make a server: boards, phones, processors, and chips that are a whole computer such as a Mac.
-- column: weight_bits | Nominal bits of a weight: 16, 8 or 4.
-- column: number_format | Format in which the weights are stored.
-- column: compute_format | Format whose dense peak bounds the arithmetic.
-- column: peak_flop_per_s | That peak.
-- column: memory_bytes | Memory of one device, as the vendor prints it.
-- column: driver_memory_bytes | Memory of one device by the driver's count.
-- column: usable_memory_bytes | What a model may fill of it.
-- column: embodied_kg_per_accelerator | Manufacturing emissions of one accelerator, with the source of the assumption.
-- interval: rental_usd_per_chip_hour | Rental price of one in the latest year with prices; null for devices without a rental price.
-- column: rental_basis | Where it comes from: a method of core.rental_prices.
-- column: rental_source_id | Source of the price; of several observed ones the first.
-- column: purchase_usd | Median of release price and observed purchase prices of one.
-- column: source_id | Source of the accelerator.
with peaks as (
    select
        accelerator_id,
        max(peak_flop_per_s) filter (where number_format = 'fp8') as fp8,
        max(peak_flop_per_s) filter (where number_format = 'int8') as int8,
        max(peak_flop_per_s) filter (where number_format = 'fp4') as fp4,
        max(peak_flop_per_s) filter (where number_format = 'fp32') as fp32
    from core.accelerator_peaks
    where not is_sparse
    group by accelerator_id
),

rentals as (
    select *
    from core.rental_prices
    where year = (select max(year(q.observed_date)) from core.rental_quotes as q)
),

formats as (
    select
        a.*,
        p.fp8,
        p.int8,
        p.fp4,
        p.fp32,
        unnest([
            {
                'bits': 16,
                'stored': coalesce(a.dense_16_bit_format, 'fp16'),
                'computed': coalesce(a.dense_16_bit_format, case when p.fp32 is not null then 'fp32' end),
                'peak': coalesce(a.dense_16_bit_flop_per_s, p.fp32)
            },
            {
                'bits': 8,
                'stored': case when p.fp8 is not null then 'fp8' else 'int8' end,
                'computed': case
                    when p.fp8 is not null then 'fp8'
                    when p.int8 is not null then 'int8'
                    when a.dense_16_bit_format is not null then a.dense_16_bit_format
                    when p.fp32 is not null then 'fp32'
                end,
                'peak': coalesce(p.fp8, p.int8, a.dense_16_bit_flop_per_s, p.fp32)
            },
            {
                'bits': 4,
                'stored': case when p.fp4 is not null then 'fp4' else 'int4' end,
                'computed': case
                    when p.fp4 is not null then 'fp4'
                    when a.dense_16_bit_format is not null then a.dense_16_bit_format
                    when p.int8 is not null then 'int8'
                    when p.fp32 is not null then 'fp32'
                end,
                'peak': coalesce(p.fp4, a.dense_16_bit_flop_per_s, p.int8, p.fp32)
            }
        ]) as format
    from core.accelerators as a
    left join peaks as p on a.accelerator_id = p.accelerator_id
)

select
    f.accelerator_id,
    f.accelerator_name,
    f.vendor,
    f.kind,
    f.segment,
    f.segment in ('edge', 'mobile')
    or f.kind = 'cpu'
    or (f.kind = 'npu' and f.segment <> 'datacentre')
    or coalesce(regexp_matches(f.form_factor, 'SoC|system'), false) as is_stand_alone,
    f.format.bits as weight_bits,
    f.format.stored as number_format,
    f.format.computed as compute_format,
    f.format.peak as peak_flop_per_s,
    f.memory_bytes,
    m.driver_memory_bytes,
    m.usable_memory_bytes,
    f.memory_bandwidth_bytes_per_s,
    f.tdp_w,
    a.assumed['embodied_kg_per_accelerator'] as embodied_kg_per_accelerator,
    f.release_date,
    r.paid_usd_per_chip_hour_low as rental_usd_per_chip_hour_low,
    r.price_usd_per_chip_hour as rental_usd_per_chip_hour,
    r.paid_usd_per_chip_hour_high as rental_usd_per_chip_hour_high,
    r.method as rental_basis,
    r.source_id as rental_source_id,
    b.price_usd as purchase_usd,
    f.source_id
from formats as f
inner join core.assumption_sets as a on f.accelerator_id = a.subject_id and a.subject_kind = 'accelerator'
left join core.accelerator_memory as m on f.accelerator_id = m.accelerator_id
left join rentals as r on f.accelerator_id = r.accelerator_id
left join core.purchase_prices as b on f.accelerator_id = b.accelerator_id
order by f.accelerator_id, f.format.bits
