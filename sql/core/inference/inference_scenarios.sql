-- One row per case of serving that estimates are made of. Open models of known shape, on accelerators of which three or more rental
-- prices were observed or that are recent in workstations, with weights of 16, 8 and 4 bits, for 1 to 1,024 users. The grid, beside it: models that
-- providers sell, in their released format, on accelerators of data centres, at the workloads, users and numbers of accelerators that people ask for.
-- key: model_id, accelerator_id, weight_bits, workload, batch_size, asked_count
-- column: model_id | Key of core.model_shapes.
-- column: accelerator_id | Key of core.accelerators.
-- column: weight_bits | Nominal bits of a weight.
-- column: workload | standard, a workload of the grid (tokens of prompt and answer), or published and the key of seeds.published_serving.
-- column: batch_size | Users at the same time in all: sequences that are decoded.
-- column: asked_count | Accelerators that are asked for; 0 for as many as memory needs.
-- column: accelerator_count | Accelerators that share the work: 1 of those that stand alone; null for as many as memory needs.
-- column: decode_count | Accelerators that only write answers, others reading prompts; null for all.
-- column: group_count | Accelerators that share one copy of the model; null for a server, or as many as memory needs.
-- column: prompt_tokens | Tokens of the prompt.
-- column: answer_tokens | Tokens of the answer, reasoning included.
-- column: cached_prompt_fraction | Share of the prompt's tokens that are cached from earlier requests.
-- column: context_tokens | Tokens in the cache of a user, on average.
-- column: software | stock, tuned or benchmark.
-- column: software_years | Years of the software after 2026-01-01.
-- column: is_speculative | True with speculative decoding.
-- column: idle_fraction | Share of the time in which the accelerators wait for users.
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
),

standard as (
    select
        s.model_id,
        h.accelerator_id,
        h.weight_bits,
        'standard' as workload,
        b.batch_size,
        0::bigint as asked_count,
        case when h.is_stand_alone then 1::bigint end as accelerator_count,
        i.prompt_tokens.value as prompt_tokens,
        i.answer_tokens.value as answer_tokens
    from core.model_shapes as s
    cross join served as h
    cross join (values (1), (8), (64), (256), (1024)) as b (batch_size)
    cross join core.inference_inputs as i
    where i.model_class = 'dense'
),

grid as (
    select
        s.model_id,
        h.accelerator_id,
        h.weight_bits,
        w.workload,
        b.batch_size,
        n.asked_count,
        n.asked_count as accelerator_count,
        w.prompt_tokens,
        w.answer_tokens
    from core.model_shapes as s
    inner join core.api_prices as p on s.model_id = p.model_id
    inner join served as h on s.released_weight_bits = h.weight_bits
    inner join core.inference_hardware as d on h.accelerator_id = d.accelerator_id and h.weight_bits = d.weight_bits
    inner join core.interconnect_domains as r on h.accelerator_id = r.accelerator_id
    cross join (
        values ('1k to 1k', 1024, 1024), ('8k to 1k', 8192, 1024), ('1k to 128', 1024, 128), ('1k to 8k reasoning', 1024, 8192)
    ) as w (workload, prompt_tokens, answer_tokens)
    cross join (values (1), (16), (64), (256), (1024), (4096)) as b (batch_size)
    cross join (values (1), (4), (8), (16), (72)) as n (asked_count)
    where
        d.segment = 'datacentre' and n.asked_count <= greatest(16, r.interconnect_domain_count)
        and (n.asked_count <> 16 or s.total_params * s.released_weight_bits / 8 > 7 * d.usable_memory_bytes)
        and s.max_context_tokens >= w.prompt_tokens + w.answer_tokens
        and s.total_params * s.released_weight_bits / 8 < n.asked_count * d.usable_memory_bytes
),

published as (
    select
        model_id,
        accelerator_id,
        nominal_bits_of(number_format) as weight_bits,
        'published ' || published_serving_id as workload,
        concurrency::integer as batch_size,
        accelerator_count::bigint as asked_count,
        accelerator_count::bigint as accelerator_count,
        decode_count::bigint as decode_count,
        group_count::bigint as group_count,
        prompt_tokens,
        answer_tokens,
        cached_prompt_fraction,
        software,
        software_year - 2026 as software_years,
        is_speculative,
        idle_fraction
    from seeds.published_serving
)

select
    model_id,
    accelerator_id,
    weight_bits,
    workload,
    batch_size,
    asked_count,
    accelerator_count,
    decode_count,
    group_count,
    prompt_tokens::double as prompt_tokens,
    answer_tokens::double as answer_tokens,
    coalesce(cached_prompt_fraction, 0)::double as cached_prompt_fraction,
    cached_tokens_of(prompt_tokens, answer_tokens)::double as context_tokens,
    coalesce(software, 'tuned') as software,
    coalesce(software_years, 0)::double as software_years,
    coalesce(is_speculative, false) as is_speculative,
    coalesce(idle_fraction, 0)::double as idle_fraction
from (
    select * from standard
    union all by name
    select * from grid
    union all by name
    select * from published
) as cases
order by model_id, accelerator_id, weight_bits, workload, batch_size, asked_count
