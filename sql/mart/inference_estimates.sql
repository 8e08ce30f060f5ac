-- One row per model, accelerator, number format and batch: what serving it takes, beside what was measured and what providers ask.
-- Figures are per output token of the whole batch; energy is that of the accelerators unless it says facility. Where a model does
-- not fit on a server, its figures are null.
-- key: model_id, accelerator_id, number_format, batch_size
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: batch_size | Sequences that are decoded at the same time: the main uncertainty, hence a column.
-- column: total_params | Parameters stored: they decide the memory.
-- column: active_params | Active parameters: they decide the FLOP per token.
-- interval: fitted_joule_per_token | The other method: energy of the accelerators by the model that is fitted to measurements of short chat, for
--    accelerators that were measured and models within the sizes that were.
-- column: measured_joule_per_token | Median of published measurements of the same model, accelerator, bits and batch, on as many
--    accelerators where there are such.
-- column: measured_ratio | Measured over estimated energy.
-- column: measured_source_id | Source of the measurement.
-- column: api_output_usd_per_million_tokens | Median list price of output tokens over the providers that sell the model.
-- column: api_usd_per_million_tokens | The same with the price of the prompt tokens that come with an output token.
-- column: api_price_ratio | List price over estimated rent.
-- column: method | How the estimate was made: serving_fit on accelerators of data centres, else roofline_with_efficiencies.
-- column: source_id | Source of the model's shape.
-- column: accelerator_source_id | Source of the accelerator.
-- check: floor_is_no_slower_than_estimate | select * from mart.inference_estimates where tokens_per_s > tokens_per_s_bound * 1.0001
-- check: figures_stand_where_it_fits | select * from mart.inference_estimates where fits <> (joule_per_token is not null)
with measured as (
    select
        e.model_id,
        e.accelerator_id,
        e.weight_bits,
        e.batch_size,
        coalesce(
            median(m.joule_per_token) filter (where m.accelerator_count = e.accelerators_needed), median(m.joule_per_token)
        ) as joule_per_token,
        min(m.source_id) as source_id
    from core.inference_estimates as e
    inner join core.inference_measurements as m
        on
            e.model_id = m.model_id
            and e.accelerator_id = m.accelerator_id
            and e.weight_bits = m.weight_bits
            and e.batch_size = m.batch_size
    where e.workload = 'standard'
    group by e.model_id, e.accelerator_id, e.weight_bits, e.batch_size
),

reach as (
    select
        accelerator_id,
        min(p.active_params) / 2 as least_params,
        max(p.total_params) * 2 as most_params
    from core.energy_per_token_points as p
    group by accelerator_id
),

fitted as (
    select
        e.model_id,
        e.accelerator_id,
        e.weight_bits,
        e.batch_size,
        fitted_joule_per_token(
            f, -- noqa: RF02
            case when s.experts_count is not null then 'moe' when s.attention_kind = 'hybrid' then 'hybrid' else 'dense' end,
            'lm-arena-chat',
            s.total_params,
            s.active_params,
            e.weight_bits,
            e.batch_size,
            e.context_tokens,
            e.accelerators_needed,
            coalesce(a.generation = 'Blackwell', false),
            a.tdp_w,
            a.memory_bandwidth_bytes_per_s,
            a.dense_16_bit_flop_per_s
        ) as energy
    from core.inference_estimates as e
    inner join core.model_shapes as s on e.model_id = s.model_id
    inner join core.accelerators as a on e.accelerator_id = a.accelerator_id
    inner join reach as r
        on e.accelerator_id = r.accelerator_id and s.active_params >= r.least_params and s.total_params <= r.most_params
    inner join core.energy_per_token_fit as f on f.held_back_fold is null
    where e.fits and e.workload = 'standard'
)

select
    e.model_id,
    s.model_name,
    e.accelerator_id,
    e.number_format,
    e.weight_bits,
    e.batch_size,
    e.prompt_tokens,
    e.answer_tokens,
    e.context_tokens,
    s.attention_kind,
    s.total_params,
    s.active_params,
    e.weight_bytes,
    e.kv_cache_bytes_per_token,
    e.needed_bytes,
    e.accelerators_needed,
    e.parallelism,
    e.fits,
    e.flop_per_token,
    e.compute_format,
    e.decode_floor_s,
    e.compute_floor_s,
    e.bound_by,
    e.tokens_per_s_bound,
    e.structural_s,
    e.fitted_ratio,
    e.tokens_per_s_low,
    e.tokens_per_s,
    e.tokens_per_s_high,
    e.joule_per_token_low,
    e.joule_per_token,
    e.joule_per_token_high,
    e.facility_joule_per_token_low,
    e.facility_joule_per_token,
    e.facility_joule_per_token_high,
    e.usd_per_million_tokens_low,
    e.usd_per_million_tokens,
    e.usd_per_million_tokens_high,
    e.location_co2e_kg_per_million_tokens_low,
    e.location_co2e_kg_per_million_tokens,
    e.location_co2e_kg_per_million_tokens_high,
    e.embodied_co2e_kg_per_million_tokens_low,
    e.embodied_co2e_kg_per_million_tokens,
    e.embodied_co2e_kg_per_million_tokens_high,
    e.water_l_per_million_tokens_low,
    e.water_l_per_million_tokens,
    e.water_l_per_million_tokens_high,
    low_of(f.energy)::float as fitted_joule_per_token_low,
    central_of(f.energy)::float as fitted_joule_per_token,
    high_of(f.energy)::float as fitted_joule_per_token_high,
    m.joule_per_token as measured_joule_per_token,
    m.joule_per_token / e.joule_per_token as measured_ratio,
    m.source_id as measured_source_id,
    p.output_usd_per_million_tokens as api_output_usd_per_million_tokens,
    p.output_usd_per_million_tokens + e.prompt_tokens / e.answer_tokens * p.input_usd_per_million_tokens as api_usd_per_million_tokens,
    (p.output_usd_per_million_tokens + e.prompt_tokens / e.answer_tokens * p.input_usd_per_million_tokens) / e.usd_per_million_tokens as api_price_ratio,
    e.method,
    s.source_id,
    a.source_id as accelerator_source_id
from core.inference_estimates as e
inner join core.model_shapes as s on e.model_id = s.model_id
inner join core.accelerators as a on e.accelerator_id = a.accelerator_id
left join measured as m
    on
        e.model_id = m.model_id
        and e.accelerator_id = m.accelerator_id
        and e.weight_bits = m.weight_bits
        and e.batch_size = m.batch_size
left join fitted as f
    on
        e.model_id = f.model_id
        and e.accelerator_id = f.accelerator_id
        and e.weight_bits = f.weight_bits
        and e.batch_size = f.batch_size
left join core.api_prices as p on e.model_id = p.model_id
where e.workload = 'standard'
order by e.model_id, e.accelerator_id, e.weight_bits, e.batch_size
