-- One row per model, device and number format: whether one sequence of the model fits, and how fast it can run at most. Open language
-- models of known shape on edge devices, phones, computers, and one or eight accelerators of data centres; vision models on small devices.
-- key: model_id, accelerator_id, accelerator_count, number_format
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | 1, or 8 for a server.
-- column: compute_format | Number format of the computation; null if the device has no known format with at least these bits.
-- column: context_tokens | Tokens of the sequence that are kept, or as many as the model takes; null for vision models.
-- column: is_released_format | True if the weights have as many bits as in the developer's release; null for vision models.
-- column: fits | True if needed_bytes is no more than available_bytes.
-- column: parallelism | How it fits several accelerators: tensor, expert or pipeline; single on one; null where it does not fit.
-- column: weight_bytes | Memory of the weights.
-- column: needed_bytes | Memory of weights with workspace, and of the cache of the sequence.
-- column: available_bytes | What a model may fill of the memory; the rest is for the system.
-- column: decode_floor_s | Least time of a token by memory bandwidth.
-- column: compute_floor_s | Least time of a token by the dense peak.
-- column: tokens_per_s_bound | Most tokens per second; null for vision models, where it does not fit, and where no bandwidth is known.
-- column: measured_tokens_per_s | Median of measured speeds of the same model, device and bits: mart.local_speeds.
-- column: bound_ratio | Measured speed over its own bound, median of them: a measurement with fewer cached tokens can exceed the bound here.
-- column: bound_by | bandwidth or compute, whichever is slower; null where one of them is not known.
-- column: purchase_usd | Median price of the devices.
-- column: tdp_w | Rated power of the devices.
-- column: source_id | Source of the model's shape, else of the model.
-- column: accelerator_source_id | Source of the device.
-- check: what_fits_is_no_larger | select * from mart.device_fit where fits <> (needed_bytes <= available_bytes)
-- check: what_fits_in_more_bits_fits_in_fewer | select * from mart.device_fit as w inner join mart.device_fit as n
--    using (model_id, accelerator_id, accelerator_count) where w.fits and not n.fits and n.weight_bits < w.weight_bits
with given as (
    select
        assumed['device_context_tokens'].value as context_tokens,
        assumed['inference_memory_overhead_ratio'].value as overhead,
        assumed['cache_bits'].value as cache_bits,
        assumed['recurrent_state_bits'].value as state_bits
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'all'
),

bits as (
    select
        applies_to::integer as weight_bits,
        central as stored_bits
    from seeds.assumptions
    where name = 'weight_bits'
),

devices as (
    select
        h.*,
        unnest(case when h.segment = 'datacentre' then [1, 8] else [1] end) as accelerator_count
    from core.inference_hardware as h
    inner join seeds.accelerators as a on h.accelerator_id = a.accelerator_id
    inner join seeds.assumptions as y on y.name = 'first_year' and y.applies_to = 'devices'
    where
        h.memory_bytes is not null
        and (
            h.segment in ('edge', 'mobile')
            or (h.segment in ('consumer', 'workstation') and year(h.release_date) >= y.central)
            or h.accelerator_id in (select s.accelerator_id from core.inference_scenarios as s)
        )
),

language as (
    select
        s.model_id,
        s.model_name,
        s.total_params,
        s.released_weight_bits,
        s.kv_heads_count,
        s.kv_lora_dimension,
        s.experts_count is not null as is_moe,
        s.source_id as model_source_id,
        least(g.context_tokens, s.max_context_tokens) as context_tokens,
        params_read_of(s.total_params, s.active_params, s.experts_count, s.experts_per_token_count, 1) as params_read,
        kv_cache_bytes_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.cached_values_count, g.cache_bits,
            least(g.context_tokens, s.max_context_tokens)
        ) + recurrent_state_bytes_of(s.recurrent_layers_count, s.recurrent_state_count, g.state_bits) as sequence_bytes,
        decode_flop_per_token_of(
            s.active_params,
            attention_flop_per_token_of(
                s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.attention_heads_count,
                s.head_dimension, s.kv_lora_dimension, s.rope_dimension, least(g.context_tokens, s.max_context_tokens)
            )
        ) as flop_per_token
    from core.model_shapes as s
    cross join given as g
),

vision as (
    select
        m.model_id,
        m.model_name,
        m.total_params,
        m.source_id as model_source_id,
        0 as sequence_bytes
    from seeds.models as m
    where m.domain = 'vision' and m.total_params is not null and m.architecture in ('cnn', 'vision transformer')
),

models as (
    select
        *,
        true as is_language
    from language
    union all by name
    select
        *,
        false as is_language
    from vision
),

placed as (
    select
        m.*,
        d.*,
        b.stored_bits,
        weight_bytes_of(m.total_params, b.stored_bits) as weight_bytes,
        serving_bytes_of(weight_bytes_of(m.total_params, b.stored_bits), g.overhead, 1, m.sequence_bytes) as needed_bytes,
        d.usable_memory_bytes * d.accelerator_count as available_bytes,
        serving_bytes_of(
            weight_bytes_of(m.total_params, b.stored_bits), g.overhead, 1,
            m.sequence_bytes * cache_copies_of(d.accelerator_count, d.accelerator_count, m.kv_heads_count, m.kv_lora_dimension)
        ) as tensor_bytes
    from models as m
    inner join devices as d on m.is_language or d.segment in ('edge', 'mobile')
    inner join bits as b on d.weight_bits = b.weight_bits
    cross join given as g
),

measured as (
    select
        model_id,
        accelerator_id,
        weight_bits,
        median(measured_tokens_per_s) as measured_tokens_per_s,
        median(bound_ratio) as bound_ratio
    from core.local_speeds
    group by model_id, accelerator_id, weight_bits
),

timed as (
    select
        *,
        case when is_language and needed_bytes <= available_bytes then decode_floor_s_of(
            weight_bytes_of(params_read, stored_bits) + sequence_bytes, memory_bandwidth_bytes_per_s, accelerator_count
        ) end as decode_floor_s,
        case
            when is_language and needed_bytes <= available_bytes then compute_floor_s_of(flop_per_token, peak_flop_per_s, accelerator_count)
        end as compute_floor_s
    from placed
)

select
    t.model_id,
    t.model_name,
    t.accelerator_id,
    t.accelerator_name,
    t.accelerator_count,
    t.kind,
    t.segment,
    t.number_format,
    t.compute_format,
    t.weight_bits,
    t.weight_bits = t.released_weight_bits as is_released_format,
    t.context_tokens,
    t.needed_bytes <= t.available_bytes as fits,
    case
        when t.needed_bytes <= t.available_bytes
            then parallelism_of(t.accelerator_count, t.accelerator_count, t.tensor_bytes, t.available_bytes, t.is_moe)
    end as parallelism,
    t.weight_bytes,
    t.needed_bytes,
    t.available_bytes,
    t.decode_floor_s,
    t.compute_floor_s,
    case when t.decode_floor_s is not null then tokens_per_s_bound_of(1, t.decode_floor_s, t.compute_floor_s) end as tokens_per_s_bound,
    m.measured_tokens_per_s,
    m.bound_ratio,
    case
        when t.decode_floor_s is null or t.compute_floor_s is null then null
        when t.decode_floor_s >= t.compute_floor_s then 'bandwidth'
        else 'compute'
    end as bound_by,
    t.purchase_usd * t.accelerator_count as purchase_usd,
    t.tdp_w * t.accelerator_count as tdp_w,
    t.model_source_id as source_id,
    t.source_id as accelerator_source_id
from timed as t
left join measured as m
    on t.model_id = m.model_id and t.accelerator_id = m.accelerator_id and t.weight_bits = m.weight_bits and t.accelerator_count = 1
order by t.model_id, t.accelerator_id, t.accelerator_count, t.weight_bits
