-- Inference: memory, work and time of a token. What follows from shapes is exact and takes plain numbers; what depends on how
-- well machines are used takes uncertain triples.

-- macro: weight_bytes_of | Memory of the weights. A mixture of experts stores all its experts.
-- equation: M = N · b / 8
-- units: N total parameters, b bits per parameter -> bytes
-- source: hf_model_configs
-- example: weight_bytes_of(8e9, 16) = 1.6e10 and weight_bytes_of(8e9, 4.5) = 4.5e9
create or replace macro weight_bytes_of(total_params, weight_bits) as total_params::double * weight_bits / 8;

-- macro: driver_memory_bytes_of | Memory that a driver reports, from the vendor's figure.
-- equation: M = M_vendor · r
-- units: bytes with a GB taken as 1e9, ratio -> bytes
-- source: thundergolfer_gpu_memory
-- example: abs(central_of(driver_memory_bytes_of(1.6e10, exactly(1.073741824))) - 2 ** 34) < 1
create or replace macro driver_memory_bytes_of(memory_bytes, driver_memory_ratio) as multiply(exactly(memory_bytes), driver_memory_ratio);

-- macro: usable_memory_bytes_of | Memory that a model may fill.
-- equation: M · share
-- units: bytes by the driver's count, share -> bytes
-- source: compute_ledger
-- example: central_of(usable_memory_bytes_of(exactly(8e10), exactly(0.75))) = 6e10
create or replace macro usable_memory_bytes_of(driver_memory_bytes, usable_memory_share) as multiply(driver_memory_bytes, usable_memory_share);

-- macro: nominal_bits_of | Nominal bits of a number format.
-- equation: the number in its name
-- units: none
-- example: nominal_bits_of('bf16') = 16 and nominal_bits_of('fp4') = 4 and nominal_bits_of('mixed') is null
create or replace macro nominal_bits_of(number_format) as try_cast(regexp_extract(number_format, '[0-9]+$') as integer);

-- macro: cached_values_of | Numbers that one attention layer stores per token: keys and values of its key heads, or the compressed latent
-- equation: 2 · n_kv · d_head; latent attention: d_c + d_rope; plus the key of an indexer where there is one
-- units: heads and dimensions -> numbers per token and layer
-- source: arxiv_2405_04434
-- example: cached_values_of(8, 128, null, null, null) = 2048 and cached_values_of(128, 192, 512, 64, null) = 576
create or replace macro cached_values_of(kv_heads, head_dimension, kv_lora_dimension, rope_dimension, indexer_dimension) as
coalesce(kv_lora_dimension + rope_dimension, 2::double * kv_heads * head_dimension, 0) + coalesce(indexer_dimension, 0);

-- macro: kv_cache_bytes_per_token_of | KV-cache memory per token.
-- equation: (L_full + L_window) · values · b / 8
-- units: layers that attend, numbers per token and layer, bits per number -> bytes per token
-- source: arxiv_2211_05102
-- example: kv_cache_bytes_per_token_of(32, 0, 2048, 16) = 131072 and kv_cache_bytes_per_token_of(61, 0, 576, 16) = 70272
create or replace macro kv_cache_bytes_per_token_of(full_layers, window_layers, cached_values, cache_bits) as
(full_layers + window_layers)::double * cached_values * cache_bits / 8;

-- macro: kv_cache_bytes_of | KV-cache memory per sequence: layers with a window store at most the window length.
-- equation: (L_full · T + L_window · min(T, W)) · values · b / 8
-- units: layers, tokens of context T, tokens of the window W, numbers per token and layer, bits per number -> bytes
-- source: arxiv_2211_05102
-- example: kv_cache_bytes_of(32, 0, null, 2048, 16, 8192) = 2 ** 30 and kv_cache_bytes_of(0, 32, 4096, 2048, 16, 32768) = 2 ** 29
create or replace macro kv_cache_bytes_of(full_layers, window_layers, window_tokens, cached_values, cache_bits, context_tokens) as
(full_layers::double * context_tokens + window_layers::double * least(context_tokens, coalesce(window_tokens, context_tokens)))
* cached_values * cache_bits / 8;

-- macro: recurrent_state_bytes_of | Memory of the recurrent states per sequence, independent of its length.
-- equation: L · numbers · b / 8
-- units: layers with a state, numbers per layer, bits per number -> bytes
-- source: hf_model_configs
-- example: recurrent_state_bytes_of(23, 64 * 64 * 128, 32) = 48234496
create or replace macro recurrent_state_bytes_of(recurrent_layers, state_numbers, state_bits) as
coalesce(recurrent_layers::double * state_numbers * state_bits / 8, 0);

-- macro: expert_params_of | Parameters in experts that a router chooses from.
-- equation: N_experts = (N - N_active) / (1 - k / E), since N_active = N - N_experts · (1 - k / E)
-- units: total and active parameters, experts chosen k of E -> parameters
-- source: arxiv_2101_03961
-- example: expert_params_of(46.7e9, 12.9e9, 8, 2) > 45e9 and expert_params_of(8e9, 8e9, null, null) = 0
create or replace macro expert_params_of(total_params, active_params, experts, experts_per_token) as
coalesce((total_params - active_params) / (1 - experts_per_token / experts), 0);

-- macro: experts_read_share_of | Share of the experts that a batch uses, if each token chooses k of E at random.
-- equation: 1 - (1 - k / E) ^ b
-- units: experts, experts per token, tokens decoded at the same time -> share
-- source: arxiv_2101_03961
-- example: experts_read_share_of(8, 2, 1) = 0.25 and experts_read_share_of(256, 8, 64) > 0.86 and experts_read_share_of(null, null, 8) = 1
create or replace macro experts_read_share_of(experts, experts_per_token, batch_size) as
coalesce(1 - (1 - experts_per_token / experts) ** batch_size, 1);

-- macro: params_read_of | Parameters that one decoding step of a batch reads: shared parameters plus the experts that the batch uses.
-- equation: N - N_experts · (1 - share): the active ones for one token, nearly all for a large batch
-- units: total and active parameters, experts chosen k of E, tokens decoded in parallel -> parameters
-- source: arxiv_2101_03961
-- example: params_read_of(671e9, 37e9, 256, 8, 1) = 37e9 and params_read_of(8e9, 8e9, null, null, 64) = 8e9
create or replace macro params_read_of(total_params, active_params, experts, experts_per_token, batch_size) as
total_params
- expert_params_of(total_params, active_params, experts, experts_per_token)
* (1 - experts_read_share_of(experts, experts_per_token, batch_size));

-- macro: attention_flop_per_token_of | Attention FLOP per token over its context.
-- equation: 4 · n_heads · d · (L_full · T + L_window · min(T, W)); latent attention: 2 · n_heads · (2 · d_c + d_rope) in place of 4 · n_heads · d
-- units: layers, heads, dimensions, tokens -> FLOP per token
-- source: arxiv_2204_02311
-- example: attention_flop_per_token_of(32, 0, null, 32, 128, null, null, 1000) = 4 * 32 * 32 * 128 * 1000
create or replace macro attention_flop_per_token_of(full_layers, window_layers, window_tokens, heads, dimension, latent, rope, context_tokens) as
coalesce(2::double * heads * (2 * latent + rope), 4::double * heads * dimension, 0)
* (full_layers::double * context_tokens + window_layers::double * least(context_tokens, coalesce(window_tokens, context_tokens)));

-- macro: decode_flop_per_token_of | FLOP to decode one token.
-- equation: 2 · N_active + attention
-- units: active parameters, FLOP per token -> FLOP per token
-- source: arxiv_2001_08361
-- example: decode_flop_per_token_of(8e9, 0) = 1.6e10
create or replace macro decode_flop_per_token_of(active_params, attention_flop) as 2 * active_params + attention_flop;

-- macro: prefill_flop_of | FLOP to read a prompt: on average, a token attends to half of the prompt.
-- equation: P · (2 · N_active + attention(P) / 2)
-- units: active parameters, FLOP per token of attention over the whole prompt, tokens of the prompt -> FLOP
-- source: arxiv_2001_08361
-- example: prefill_flop_of(8e9, 0, 1000) = 1.6e13 and prefill_flop_of(8e9, 1e9, 1000) = 1.65e13
create or replace macro prefill_flop_of(active_params, attention_flop, prompt_tokens) as
prompt_tokens * decode_flop_per_token_of(active_params, attention_flop / 2);

-- macro: decode_floor_s_of | Minimum time of a decoding step: all necessary bytes pass the memory bus once.
-- equation: t = bytes / (bandwidth · n)
-- units: bytes of weights and caches read, byte/s of one accelerator, accelerators -> s
-- source: arxiv_2211_05102
-- example: round(decode_floor_s_of(weight_bytes_of(8e9, 16), 3.35e12, 1) * 1000, 1) = 4.8 and round(decode_floor_s_of(1.4e11, 3.35e12, 4) * 1000, 2) = 10.45
create or replace macro decode_floor_s_of(bytes_read, memory_bandwidth, accelerator_count) as
bytes_read / (memory_bandwidth * accelerator_count);

-- macro: compute_floor_s_of | Minimum time for the operations at the dense peak.
-- equation: t = C / (peak · n)
-- units: FLOP, FLOP/s of one accelerator, accelerators -> s
-- source: arxiv_2204_02311
-- example: compute_floor_s_of(1e15, 1e15, 2) = 0.5
create or replace macro compute_floor_s_of(flop, peak_flop_per_s, accelerator_count) as flop / (peak_flop_per_s * accelerator_count);

-- macro: tokens_per_s_bound_of | Maximum tokens per second for the whole batch: memory and arithmetic overlap, the slower one sets the limit.
-- equation: b / max(t_memory, t_compute)
-- units: sequences decoded at the same time, s, s -> token/s
-- source: roofline_2009
-- example: tokens_per_s_bound_of(8, 0.004, 0.001) = 2000
create or replace macro tokens_per_s_bound_of(batch_size, memory_s, compute_s) as batch_size / greatest(memory_s, compute_s);

-- macro: ridge_batch_of | Batch size at which reading the weights takes as long as computing with them; below it, bandwidth is the limit.
-- equation: b = peak / bandwidth · bits / 16: 2 FLOP per parameter and token, bits / 8 bytes per parameter
-- units: FLOP/s, byte/s, bits per parameter -> tokens
-- source: roofline_2009
-- example: round(ridge_batch_of(989e12, 3.35e12, 16)) = 295
create or replace macro ridge_batch_of(peak_flop_per_s, memory_bandwidth, weight_bits) as peak_flop_per_s / memory_bandwidth * weight_bits / 16;

-- macro: serving_bytes_of | Memory for serving: weights with workspace and activations, plus the KV-cache of all sequences.
-- equation: weights · overhead + b · cache
-- units: bytes, ratio, sequences, bytes per sequence -> bytes
-- source: arxiv_2309_06180
-- example: serving_bytes_of(1.6e10, 1.1, 8, 1e8) = 1.84e10
create or replace macro serving_bytes_of(weight_bytes, memory_overhead_ratio, batch_size, cache_bytes_per_sequence) as
weight_bytes * memory_overhead_ratio + batch_size * cache_bytes_per_sequence;

-- macro: accelerators_needed_of | Accelerators with enough memory, in groups of a power of two because of tensor parallelism.
-- equation: 2 ^ ceil(log2(needed / usable))
-- units: bytes needed, bytes usable on one accelerator -> accelerators
-- source: ecologits_package
-- example: accelerators_needed_of(1.54e11, 7.2e10) = 4 and accelerators_needed_of(1e9, 7.2e10) = 1 and accelerators_needed_of(1.44e11, 7.2e10) = 2
create or replace macro accelerators_needed_of(needed_bytes, usable_bytes) as
(2 ** greatest(0, ceil(log2(needed_bytes / usable_bytes) - 1e-12)))::bigint;

-- macro: second_per_token_of | Time per output token: share of a batch step, computation, and computation for its share of the prompt.
-- equation: t = (t_memory / e_memory + t_step) / b + t_compute · (1 + prompt) / e_compute
-- units: s of a step at full bandwidth, share of bandwidth, s per step, sequences, s of a token at the peak, prompt tokens per output token, share of peak -> s
-- source: compute_ledger
-- example: abs(central_of(second_per_token_of(0.004, exactly(0.8), exactly(0.003), 8, 1e-5, exactly(1), exactly(0.4))) - 0.00105) < 1e-9
create or replace macro second_per_token_of(memory_s, memory_efficiency, step_s, batch_size, compute_s, prompt_ratio, compute_efficiency) as
add_up(
    divide(add_up(divide(exactly(memory_s), memory_efficiency), step_s), exactly(batch_size)),
    divide(multiply(exactly(compute_s), add_up(exactly(1), prompt_ratio)), compute_efficiency)
);

-- macro: joule_per_token_of | Accelerator energy per output token.
-- equation: E = n · TDP · f · t
-- units: accelerators, W, ratio of average to rated power, s per token -> J per token
-- source: compute_ledger
-- example: abs(central_of(joule_per_token_of(4, 700, exactly(0.7), exactly(4e-4))) - 0.784) < 1e-9
create or replace macro joule_per_token_of(accelerator_count, tdp, inference_power_ratio, second_per_token) as
multiply(exactly(accelerator_count * tdp), multiply(inference_power_ratio, second_per_token));

-- macro: usd_per_million_tokens_of | Rental cost of the accelerators per million output tokens.
-- equation: n · price · t / 3600 · 10^6
-- units: accelerators, USD per chip-hour, s per token -> USD per million tokens
-- source: compute_ledger
-- example: abs(central_of(usd_per_million_tokens_of(1, exactly(3.6), exactly(2e-4))) - 0.2) < 1e-9
create or replace macro usd_per_million_tokens_of(accelerator_count, price_per_chip_hour, second_per_token) as
multiply(exactly(accelerator_count * 1e6 / 3600), multiply(price_per_chip_hour, second_per_token));

-- macro: co2e_kg_per_million_tokens_of | Location-based emissions per million output tokens.
-- equation: E · 10^6 / (3.6 · 10^6) · intensity
-- units: J per token at the facility boundary, kg CO2e per kWh -> kg CO2e per million tokens
-- source: arxiv_2104_10350
-- example: abs(central_of(co2e_kg_per_million_tokens_of(exactly(0.36), exactly(0.4))) - 0.04) < 1e-12
create or replace macro co2e_kg_per_million_tokens_of(joule_per_token, grid_intensity) as
multiply(scaled(joule_per_token, 1 / 3.6), grid_intensity);

-- macro: water_l_per_million_tokens_of | Water evaporated on site and for generating the electricity per million output tokens.
-- equation: E · 10^6 / (3.6 · 10^6) · (WUE_on / PUE + WUE_off); WUE_on is per kWh of the computers
-- units: J per token at the facility boundary, ratio, L/kWh, L/kWh -> L per million tokens
-- source: arxiv_2304_03271
-- example: abs(central_of(water_l_per_million_tokens_of(exactly(3.6), exactly(1.25), exactly(0.5), exactly(3))) - 3.4) < 1e-12
create or replace macro water_l_per_million_tokens_of(joule_per_token, pue, wue_onsite, wue_offsite) as
multiply(scaled(joule_per_token, 1 / 3.6), add_up(divide(wue_onsite, pue), wue_offsite));

-- macro: per_request_of | Amount of an answer, from that of a million output tokens.
-- equation: x · answer / 10^6
-- units: amount per million tokens, tokens of an answer -> amount per request
-- source: compute_ledger
-- example: per_request_of(2.0, 500) = 0.001
create or replace macro per_request_of(per_million_tokens, answer_tokens) as per_million_tokens * answer_tokens / 1e6;
