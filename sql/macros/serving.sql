-- Serving at an operating point: users, prompts, answers, accelerators and how they share the work. The structural part follows from shapes and
-- chips and takes plain numbers; the fitted part multiplies each term by a coefficient (seeds.assumptions, names serving_*).
-- Times are seconds of one accelerator per output token, so that terms add up whatever the number of accelerators.

-- macro: copies_of_model_of | Copies of the model that answer users in parallel.
-- equation: accelerators that write answers / accelerators of one copy
-- units: accelerators -> copies
-- example: copies_of_model_of(32, 8) = 4
create or replace macro copies_of_model_of(decode_count, group_count) as greatest(1, decode_count::double / group_count);

-- macro: users_a_copy_of | Users of one copy of the model; a copy with work has at least one.
-- equation: max(1, users / copies)
-- units: users, accelerators that write answers, accelerators of one copy -> users
-- example: users_a_copy_of(64, 32, 8) = 16 and users_a_copy_of(2, 32, 8) = 1
create or replace macro users_a_copy_of(users, decode_count, group_count) as
greatest(1, users / copies_of_model_of(decode_count, group_count));

-- macro: idle_copies_ratio_of | Copies over copies with work: with fewer users than copies, some wait.
-- equation: copies · users a copy / users
-- units: users, accelerators, accelerators of one copy -> ratio
-- example: idle_copies_ratio_of(2, 32, 8) = 2 and idle_copies_ratio_of(64, 32, 8) = 1
create or replace macro idle_copies_ratio_of(users, decode_count, group_count) as
copies_of_model_of(decode_count, group_count) * users_a_copy_of(users, decode_count, group_count) / users;

-- macro: cached_tokens_of | Tokens in the cache of a user on average while the answer is written.
-- equation: P + A / 2
-- units: tokens of the prompt and of the answer -> tokens
-- example: cached_tokens_of(1000, 200) = 1100
create or replace macro cached_tokens_of(prompt_tokens, answer_tokens) as prompt_tokens + answer_tokens / 2;

-- macro: cache_copies_of | Copies of the cache: under tensor parallelism an accelerator holds at least one key head, or the whole latent; beyond a server,
--    attention is parallel over users.
-- equation: max(1, min(group, server) / n_kv); latent attention has one
-- units: accelerators of one copy of the model, of a server, key heads, dimension of the latent -> copies
-- source: arxiv_2211_05102
-- example: cache_copies_of(8, 8, 8, null) = 1 and cache_copies_of(8, 8, 2, null) = 4 and cache_copies_of(32, 8, 128, 512) = 8
create or replace macro cache_copies_of(group_count, server_count, kv_heads, kv_lora_dimension) as
greatest(
    1,
    least(group_count, server_count)::double / case when kv_lora_dimension is not null then 1 else greatest(1, coalesce(kv_heads, 1)) end
);

-- macro: group_of | Accelerators that share one copy of the model: a server, or as many as one user needs; whatever the number of users.
-- equation: min(n, max(server, needed))
-- units: accelerators that write answers, in a server, needed for one user -> accelerators
-- example: group_of(72, 8, 1) = 8 and group_of(4, 8, 1) = 4 and group_of(64, 8, 16) = 16
create or replace macro group_of(decode_count, server_count, least_group) as
least(decode_count, greatest(server_count, least_group))::bigint;

-- macro: parallelism_of | How a copy of the model is split over accelerators: single, tensor (each layer, with copies of the cache), else expert (experts
--    and users) for mixtures of experts and pipeline (layers) for others.
-- equation: tensor where weights and the cache with its copies fit within one fast interconnect
-- units: accelerators of one copy and of one interconnect, bytes under tensor parallelism, bytes usable, mixture or not -> word
-- source: arxiv_2211_05102
-- example: parallelism_of(8, 8, 1, 2, true) = 'tensor' and parallelism_of(8, 8, 3, 2, true) = 'expert' and parallelism_of(16, 8, 1, 2, false) = 'pipeline'
create or replace macro parallelism_of(group_count, domain_count, tensor_bytes, available_bytes, is_moe) as
case
    when group_count = 1 then 'single'
    when group_count <= domain_count and tensor_bytes <= available_bytes then 'tensor'
    when is_moe then 'expert'
    else 'pipeline'
end;

-- macro: weights_s_of | Time to read the weights that a step of a copy touches, shared by its users.
-- equation: bytes / (bandwidth · users)
-- units: bytes, byte/s of one accelerator, users of a copy -> s per token
-- source: arxiv_2211_05102
-- example: weights_s_of(1.6e10, 1.6e12, 10) = 0.001
create or replace macro weights_s_of(read_bytes, memory_bandwidth, users) as read_bytes / (memory_bandwidth * users);

-- macro: layer_steps_of | Layers that accelerators pass per output token: each costs a time of its own.
-- equation: group · layers / users
-- units: accelerators of one copy, layers, users of a copy -> layers per token
-- example: layer_steps_of(8, 64, 16) = 32
create or replace macro layer_steps_of(group_count, layers, users) as group_count::double * layers / users;

-- macro: prompt_s_of | Time to compute an answer's share of its prompt at the dense peak, cached prompt tokens left out.
-- equation: FLOP of the prompt · (1 - cached share) / (answer · peak)
-- units: FLOP, share, tokens, FLOP/s of one accelerator -> s per token
-- source: arxiv_2001_08361
-- example: prompt_s_of(1e15, 0.5, 500, 1e12) = 1
create or replace macro prompt_s_of(prompt_flop, cached_share, answer_tokens, peak_flop_per_s) as
prompt_flop * (1 - cached_share) / (answer_tokens * peak_flop_per_s);

-- macro: serving_floor_s_of | Least time per output token: weights and cache pass the memory bus once a step, or arithmetic at the peak, then the prompt.
-- equation: max((weights + cache) / k, operations) · idle + prompt, k tokens a step at most with speculation
-- units: s per token each; tokens, ratio -> s per token
-- source: roofline_2009
-- example: serving_floor_s_of(0.002, 0.001, 0.001, 0.001, 1, 1) = 0.004 and serving_floor_s_of(0.002, 0.001, 0.001, 0.001, 4, 2) = 0.003
create or replace macro serving_floor_s_of(weights_s, cache_s, operations_s, prompt_s, step_tokens, idle_copies_ratio) as
greatest((weights_s + cache_s) / step_tokens, operations_s) * idle_copies_ratio + prompt_s;

-- macro: ideal_serving | Coefficients of an ideal machine: all ratios 1, no time between layers, exponents as for perfect sharing.
-- equation: none
-- units: none
-- example: (ideal_serving()).prompt_ratio = 1
create or replace macro ideal_serving() as {
    'weight_ratio': 1.0,
    'cache_ratio': 1.0,
    'operation_ratio': 1.0,
    'prompt_ratio': 1.0,
    'layer_s': 0.0,
    'token_layer_s': 0.0,
    'group_exponent': 0.0,
    'moe_weight_ratio': 1.0,
    'eight_bit_weight_ratio': 1.0,
    'cache_copies_exponent': 0.0,
    'link_ratio': 1.0,
    'speculation_ratio': 1.0,
    'parts_exponent': 1.0,
    'amd_ratio': 1.0,
    'stock_ratio': 1.0,
    'benchmark_ratio': 1.0,
    'yearly_ratio': 1.0,
    'time_power_fraction': 0.0,
    'byte_power_fraction': 1.0,
    'operation_power_fraction': 1.0
};

-- macro: decode_s_of | Time to write an output token: each structural term with its fitted coefficient.
-- equation: (weights · r_w · r_moe · r_8bit + cache · r_c · copies^x + operations · r_o + layers · t · group^g · r_link) / speculation · idle
-- units: coefficients, terms of core.serving_points -> s per token
-- source: compute_ledger
-- example: decode_s_of(ideal_serving(), 0.002, 0.001, 0.003, 10, 8, 1, 8, false, false, false, 1) = 0.006
create or replace macro decode_s_of(
    c, weights_s, cache_s, operations_s, layer_steps_count, group_count, cache_copies_count, domain_count, is_moe, is_8_bit, is_speculative,
    idle_copies_ratio
) as (
    weights_s * c.weight_ratio * case when is_moe then c.moe_weight_ratio else 1 end
    * case when is_8_bit then c.eight_bit_weight_ratio else 1 end
    + cache_s * c.cache_ratio * cache_copies_count ** c.cache_copies_exponent
    + operations_s * c.operation_ratio
    + layer_steps_count * c.layer_s * group_count ** c.group_exponent * case when group_count > domain_count then c.link_ratio else 1 end
) / case when is_speculative then c.speculation_ratio else 1 end * idle_copies_ratio;

-- macro: together_s_of | Time of writing answers and reading prompts: one after the other on the same accelerators; on accelerators of their own both
--    at once, so that the whole waits for the slower part.
-- equation: d + p; apart: n · ((d / n_d)^q + (p / n_p)^q)^(1/q)
-- units: s per token, accelerators of all and of those that write answers, exponent -> s per token
-- source: compute_ledger
-- example: together_s_of(0.002, 0.001, 8, 8, 1) = 0.003 and abs(together_s_of(0.002, 0.002, 8, 4, 1) - 0.008) < 1e-12
create or replace macro together_s_of(decode_s, prompt_s, accelerator_count, decode_count, parts_exponent) as
case
    when decode_count >= accelerator_count then decode_s + prompt_s
    else
        accelerator_count * (
            (decode_s / decode_count) ** parts_exponent
            + (prompt_s / (accelerator_count - decode_count)) ** parts_exponent
        ) ** (1 / parts_exponent)
end;

-- macro: software_ratio_of | Time of the software relative to tuned serving at the beginning of 2026.
-- equation: class · vendor · yearly^years
-- units: coefficients, stock, tuned or benchmark, vendor is AMD or not, years since 2026-01-01 -> ratio
-- source: compute_ledger
-- example: software_ratio_of(ideal_serving(), 'tuned', false, 0.5) = 1
create or replace macro software_ratio_of(c, software, is_amd, years) as
case software when 'stock' then c.stock_ratio when 'benchmark' then c.benchmark_ratio else 1 end
* case when is_amd then c.amd_ratio else 1 end * c.yearly_ratio ** years;

-- macro: serving_s_of | Time per output token by the preferred method: fitted terms and a time per layer, with the software's ratio; never below the floor.
-- equation: max(floor, (together + layers · t) · software)
-- units: coefficients, s per token, layers, ratio, s per token -> s per token
-- source: compute_ledger
-- example: serving_s_of(ideal_serving(), 0.002, 32, 1.5, 0.001) = 0.003 and serving_s_of(ideal_serving(), 0.002, 32, 1.5, 0.004) = 0.004
create or replace macro serving_s_of(c, together_s, layers, software_ratio, floor_s) as
greatest((together_s + layers * c.token_layer_s) * software_ratio, floor_s);

-- macro: serving_joule_of | Energy of the accelerators per output token: a share of rated power at all times, more while bytes move and while arithmetic runs.
-- equation: TDP · min(time, a · time + b · (weights + cache) + o · (operations + prompt))
-- units: coefficients, W, s per token each -> J per token
-- source: compute_ledger
-- example: abs(serving_joule_of(ideal_serving(), 1000, 0.01, 0.002, 0.001, 0.003, 0.001) - 7) < 1e-9
create or replace macro serving_joule_of(c, tdp, serving_s, weights_s, cache_s, operations_s, prompt_s) as
tdp * least(
    serving_s,
    c.time_power_fraction * serving_s + c.byte_power_fraction * (weights_s + cache_s) + c.operation_power_fraction * (operations_s + prompt_s)
);

-- macro: users_that_fit_of | Users whose caches fit beside the weights in one copy of the model.
-- equation: (n · usable - weights · overhead) / cache
-- units: accelerators of one copy, bytes usable on one, bytes of the weights, ratio, bytes per user -> users
-- source: arxiv_2309_06180
-- example: round(users_that_fit_of(2, 8e10, 1e11, 1.1, 1e9)) = 50
create or replace macro users_that_fit_of(group_count, usable_bytes, weight_bytes, memory_overhead_ratio, sequence_bytes) as
(group_count * usable_bytes - weight_bytes * memory_overhead_ratio) / sequence_bytes;
