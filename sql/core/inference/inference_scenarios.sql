-- One row per case of serving that estimates are made of: open models of known shape, on accelerators of which three or more rental
-- prices were observed or that are recent in workstations, with weights of 16, 8 and 4 bits, at four batches.
-- key: model_id, accelerator_id, weight_bits, batch_size
-- column: model_id | Key of core.model_shapes.
-- column: accelerator_id | Key of core.accelerators.
-- column: weight_bits | Nominal bits of a weight.
-- column: batch_size | Sequences that are decoded at the same time.
-- column: context_tokens | Tokens in the cache of each, on average.
-- column: accelerator_count | Accelerators that share the work; null for as many as memory needs.
with rented as (
    select accelerator_id
    from seeds.cloud_prices
    group by accelerator_id
    having count(*) >= 3
),

served as (
    select
        h.accelerator_id,
        h.weight_bits
    from core.inference_hardware as h
    left join rented as r on h.accelerator_id = r.accelerator_id
    where
        h.memory_bytes >= 16e9
        and h.peak_flop_per_s is not null
        and h.memory_bandwidth_bytes_per_s is not null
        and h.tdp_w is not null
        and h.release_date >= date '2020-01-01'
        and (
            r.accelerator_id is not null
            or (h.kind = 'gpu' and h.segment in ('consumer', 'workstation') and h.memory_bytes >= 24e9 and h.release_date >= date '2022-01-01')
        )
)

select
    s.model_id,
    h.accelerator_id,
    h.weight_bits,
    b.batch_size,
    i.context_tokens.value as context_tokens,
    null::bigint as accelerator_count
from core.model_shapes as s
cross join served as h
cross join (values (1), (8), (64), (256)) as b (batch_size)
cross join core.inference_inputs as i
where i.model_class = 'dense'
order by s.model_id, h.accelerator_id, h.weight_bits, b.batch_size
