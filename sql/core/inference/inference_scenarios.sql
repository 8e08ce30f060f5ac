-- One row per case of serving that estimates are made of: open models of known shape, on accelerators of which three or more rental
-- prices were observed or that are recent in workstations, with weights of 16, 8 and 4 bits, at four batches.
-- key: model_id, accelerator_id, weight_bits, batch_size
-- column: model_id | Key of core.model_shapes.
-- column: batch_size | Sequences that are decoded at the same time.
-- column: context_tokens | Tokens in the cache of each, on average.
-- column: accelerator_count | Accelerators that share the work: 1 of those that stand alone; null for as many as memory needs.
with limits as (
    select
        rented.assumed['first_year'].value as first_year,
        owned.assumed['first_year'].value as owned_first_year,
        rented.assumed['least_serving_memory_bytes'].value as rented_bytes,
        owned.assumed['least_serving_memory_bytes'].value as owned_bytes,
        rented.assumed['fewest_comparable_count'].value as fewest_prices
    from core.assumption_sets as rented
    inner join core.assumption_sets as owned on owned.subject_kind = 'class' and owned.subject_id = 'serving workstation'
    where rented.subject_kind = 'class' and rented.subject_id = 'serving'
),

rented as (
    select p.accelerator_id
    from seeds.cloud_prices as p
    cross join limits as l
    group by p.accelerator_id
    having count(*) >= max(l.fewest_prices)
),

served as (
    select
        h.accelerator_id,
        h.is_stand_alone,
        h.weight_bits
    from core.inference_hardware as h
    left join rented as r on h.accelerator_id = r.accelerator_id
    cross join limits as l
    where
        h.memory_bytes >= l.rented_bytes
        and h.peak_flop_per_s is not null
        and h.memory_bandwidth_bytes_per_s is not null
        and h.tdp_w is not null
        and year(h.release_date) >= l.first_year
        and (
            r.accelerator_id is not null
            or (h.kind = 'gpu' and h.segment in ('consumer', 'workstation') and h.memory_bytes >= l.owned_bytes and year(h.release_date) >= l.owned_first_year)
        )
)

select
    s.model_id,
    h.accelerator_id,
    h.weight_bits,
    b.batch_size,
    i.context_tokens.value as context_tokens,
    case when h.is_stand_alone then 1::bigint end as accelerator_count
from core.model_shapes as s
cross join served as h
cross join (values (1), (8), (64), (256)) as b (batch_size)
cross join core.inference_inputs as i
where i.model_class = 'dense'
order by s.model_id, h.accelerator_id, h.weight_bits, b.batch_size
