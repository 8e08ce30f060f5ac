-- One row per accelerator, with the dense peak that training and inference in 16 bits can use: curated ones, and
-- those that only Epoch AI lists. A curated field takes precedence over Epoch's.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_name | Name as its vendor writes it.
-- column: vendor | Company that designs it.
-- column: kind | Class of device: gpu, tpu, npu, asic, cpu or edge.
-- column: segment | Market segment.
-- column: generation | Its vendor's name of the chip's generation; null where not entered.
-- column: release_date | Availability date, else announcement date.
-- column: release_date_precision | How exact release_date is: day, month, quarter or year.
-- column: process_nm | Marketing name of the process node, nanometres.
-- column: tdp_w | Rated power, watts.
-- column: tdp_source_id | Third party that estimated the rated power, where the maker publishes none; null for a maker's rating.
-- column: memory_bytes | Memory attached to the device, bytes.
-- column: memory_type | Kind of memory.
-- column: memory_bandwidth_bytes_per_s | Peak memory bandwidth, byte/s.
-- column: interconnect_bytes_per_s | Chip-to-chip bandwidth within a node, both directions, byte/s.
-- column: release_price_usd | Price at release, nominal US dollars.
-- column: dense_16_bit_flop_per_s | Dense peak of the matrix unit in BF16, else FP16; of the vector unit where there is no matrix unit, FLOP/s.
-- column: dense_16_bit_format | Number format of that peak.
-- column: dense_16_bit_method | published; or calculated from another published peak of its matrix unit by the usual ratio: from_sparse (16 bits with
--    2:4 sparsity), from_fp8, from_int8 (data centre chips); null where no such peak is published.
-- column: source_id | Source of the row.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
-- column: price_source_id | Source of the price.
-- check: peaks_need_power | select * from core.accelerators
--    where kind in ('gpu', 'tpu') and segment = 'datacentre' and dense_16_bit_flop_per_s > 1e14 and tdp_w < 20
with ways as (
    select
        applies_to as method,
        central as ratio,
        list_position(['published', 'from_sparse', 'from_fp8', 'from_int8'], applies_to) as precedence
    from seeds.assumptions
    where name = 'peak_to_16_bit_ratio'
),

peaks as (
    select
        accelerator_id,
        number_format,
        peak_flop_per_s,
        is_tensor,
        case
            when number_format in ('bf16', 'fp16') and not is_sparse then 'published'
            when number_format in ('bf16', 'fp16') then 'from_sparse'
            when number_format = 'fp8' and not is_sparse and is_tensor then 'from_fp8'
            when number_format = 'int8' and not is_sparse and is_tensor then 'from_int8'
        end as method
    from core.accelerator_peaks
),

epoch as (
    select
        n.accelerator_id,
        h.*
    from raw.epoch_hardware as h
    inner join core.accelerator_names as n on n.source_id = 'epoch_hardware' and n.name = trim(h.hardware_name)
    qualify row_number() over (partition by n.accelerator_id order by n.resolved_by, h.hardware_name) = 1
),

merged as (
    select
        coalesce(s.accelerator_id, e.accelerator_id) as accelerator_id,
        coalesce(s.accelerator_name, trim(e.hardware_name)) as accelerator_name,
        coalesce(s.vendor, e.manufacturer) as vendor,
        coalesce(
            s.kind,
            case
                when e.type ilike '%tpu%' then 'tpu'
                when e.type ilike '%npu%' then 'npu'
                when e.type ilike '%cpu%' then 'cpu'
                when e.type is null or e.type ilike '%gpu%' then 'gpu'
                else 'asic'
            end
        ) as kind,
        coalesce(
            s.segment,
            case
                when regexp_matches(e.hardware_name, '(?i)geforce|radeon rx|titan') then 'consumer'
                when regexp_matches(e.hardware_name, '(?i)quadro|rtx') then 'workstation'
                else 'datacentre'
            end
        ) as segment,
        s.form_factor,
        s.generation,
        coalesce(s.release_date, e.release_date) as release_date,
        coalesce(s.release_date_precision, e.release_date_precision) as release_date_precision,
        coalesce(s.process_nm, positive(e.process_size_nm)) as process_nm,
        coalesce(s.tdp_w, positive(e.tdp_w)) as tdp_w,
        s.tdp_w is not null as has_curated_power,
        s.tdp_source_id,
        coalesce(s.memory_bytes, positive(e.memory_bytes)) as memory_bytes,
        s.memory_type,
        coalesce(s.memory_bandwidth_bytes_per_s, positive(e.memory_bandwidth_bytes_per_s)) as memory_bandwidth_bytes_per_s,
        coalesce(s.interconnect_bytes_per_s, positive(e.intranode_bandwidth_bytes_per_s)) as interconnect_bytes_per_s,
        coalesce(s.release_price_usd, positive(e.release_price_usd)) as release_price_usd,
        coalesce(s.source_id, 'epoch_hardware') as source_id,
        coalesce(s.locator, 'row ' || trim(e.hardware_name)) as locator,
        coalesce(s.verified, 'secondary') as verified,
        case
            when s.release_price_usd is not null then coalesce(s.price_source_id, s.source_id)
            when e.release_price_usd > 0 then 'epoch_hardware'
        end as price_source_id
    from seeds.accelerators as s
    full join epoch as e on s.accelerator_id = e.accelerator_id
),

dense as (
    select
        p.accelerator_id,
        arg_min(p.peak_flop_per_s / w.ratio, (w.precedence, not p.is_tensor, p.number_format <> 'bf16')) as dense_16_bit_flop_per_s,
        arg_min(
            case when p.number_format in ('bf16', 'fp16') then p.number_format else 'bf16' end,
            (w.precedence, not p.is_tensor, p.number_format <> 'bf16')
        ) as dense_16_bit_format,
        arg_min(w.method, (w.precedence, not p.is_tensor, p.number_format <> 'bf16')) as dense_16_bit_method
    from peaks as p
    inner join ways as w on p.method = w.method
    inner join merged as m on p.accelerator_id = m.accelerator_id
    where w.method <> 'from_int8' or (m.segment = 'datacentre' and m.kind in ('gpu', 'asic'))
    group by p.accelerator_id
)

select
    m.accelerator_id,
    m.accelerator_name,
    m.vendor,
    m.kind,
    m.segment,
    m.form_factor,
    m.generation,
    m.release_date,
    m.release_date_precision,
    m.process_nm,
    -- A publisher's cell in kilowatts is not a rated power: core.findings_publishers has a finding.
    case
        when m.has_curated_power or not coalesce(d.dense_16_bit_flop_per_s > 1e14 and m.tdp_w < 20, false) then m.tdp_w
    end as tdp_w,
    m.tdp_source_id,
    m.memory_bytes,
    m.memory_type,
    m.memory_bandwidth_bytes_per_s,
    m.interconnect_bytes_per_s,
    m.release_price_usd,
    d.dense_16_bit_flop_per_s,
    d.dense_16_bit_format,
    d.dense_16_bit_method,
    m.source_id,
    m.locator,
    m.verified,
    m.price_source_id
from merged as m
left join dense as d on m.accelerator_id = d.accelerator_id
order by m.accelerator_id
