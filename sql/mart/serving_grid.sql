-- One row per model that providers sell, accelerator of data centres, number of accelerators, workload and number of users that fit: what an output
-- token takes, in the released format of the weights, with tuned software of 2026.
-- key: model_id, accelerator_id, accelerator_count, workload, concurrency
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | Accelerators in all; 72 for racks whose interconnect joins them.
-- column: workload | Tokens of prompt and answer.
-- column: concurrency | Users at the same time in all.
-- column: group_count | Accelerators that share one copy of the model.
-- column: fitted_ratio | Estimated time over the time by bandwidth and peaks alone: what the fit adds.
-- interval: tokens_per_s_per_accelerator | Output tokens per second and accelerator.
-- column: tokens_per_s_per_user | Output tokens per second of one user, wait for the prompt included.
-- interval: joule_per_token | Energy of the accelerators per output token, share of the prompt included.
-- column: facility_joule_per_token | Energy of the whole service per output token, data centre included.
-- column: location_co2e_kg_per_million_tokens | Location-based emissions of the electricity per million output tokens.
-- column: embodied_co2e_kg_per_million_tokens | Share of hardware manufacturing emissions per million output tokens.
-- column: water_l_per_million_tokens | Water evaporated on site and for the electricity per million output tokens.
-- interval: usd_per_million_tokens | Rent of the accelerators per million output tokens.
-- column: api_usd_per_million_tokens | Median list price of a million output tokens with their prompts over the providers that sell the model.
-- check: users_gain_from_company | select * from mart.serving_grid as few inner join mart.serving_grid as many
--    using (model_id, accelerator_id, accelerator_count, workload) where many.concurrency > few.concurrency
--    and many.tokens_per_s_per_accelerator < few.tokens_per_s_per_accelerator * 0.9999
-- check: longer_prompts_are_never_cheaper | select * from mart.serving_grid as short inner join mart.serving_grid as long
--    using (model_id, accelerator_id, accelerator_count, concurrency) where short.workload = '1k to 1k' and long.workload = '8k to 1k'
--    and long.joule_per_token < short.joule_per_token
select
    e.model_id,
    e.accelerator_id,
    e.accelerator_count::integer as accelerator_count,
    e.workload,
    e.batch_size::integer as concurrency,
    e.number_format,
    e.group_count::integer as group_count,
    e.parallelism,
    e.bound_by,
    e.fitted_ratio,
    (e.tokens_per_s_low / e.accelerator_count)::float as tokens_per_s_per_accelerator_low,
    (e.tokens_per_s / e.accelerator_count)::float as tokens_per_s_per_accelerator,
    (e.tokens_per_s_high / e.accelerator_count)::float as tokens_per_s_per_accelerator_high,
    (e.tokens_per_s / e.batch_size)::float as tokens_per_s_per_user,
    e.joule_per_token_low,
    e.joule_per_token,
    e.joule_per_token_high,
    e.facility_joule_per_token,
    e.location_co2e_kg_per_million_tokens,
    e.embodied_co2e_kg_per_million_tokens,
    e.water_l_per_million_tokens,
    e.usd_per_million_tokens_low,
    e.usd_per_million_tokens,
    e.usd_per_million_tokens_high,
    (p.output_usd_per_million_tokens + e.prompt_tokens / e.answer_tokens * p.input_usd_per_million_tokens)::float as api_usd_per_million_tokens
from core.inference_estimates as e
left join core.api_prices as p on e.model_id = p.model_id
where e.workload <> 'standard' and not starts_with(e.workload, 'published ')
order by e.model_id, e.accelerator_id, e.accelerator_count, e.workload, e.batch_size
