-- Training: floating-point operations, chip-hours and utilisation. Arguments are uncertain triples.

-- macro: flop_6nd | Training FLOP of a transformer: every token uses every active parameter.
-- equation: C = 6 · N · D · r: two FLOP per parameter and token forward, four backward; r covers attention, embeddings and rounding
-- units: N parameters active per token, D tokens with repeats, r ratio -> FLOP
-- source: arxiv_2001_08361
-- example: abs(central_of(flop_6nd(exactly(174.6e9), exactly(300e9), exactly(1))) / 3.14e23 - 1) < 0.02
create or replace macro flop_6nd(active_params, training_tokens, flop_6nd_ratio) as
multiply(scaled(multiply(active_params, training_tokens), 6), flop_6nd_ratio);

-- macro: flop_3nd | Training FLOP of an encoder-decoder: every token uses one of the two stacks.
-- equation: C = 3 · N · D · r
-- units: N parameters of both stacks, D input plus output tokens, r ratio -> FLOP
-- source: arxiv_1910_10683
-- example: abs(central_of(flop_3nd(exactly(11e9), exactly(1e12), exactly(1))) / 3.3e22 - 1) < 0.01
create or replace macro flop_3nd(total_params, training_tokens, flop_6nd_ratio) as
multiply(scaled(multiply(total_params, training_tokens), 3), flop_6nd_ratio);

-- macro: flop_with_attention | Training FLOP of a decoder, including attention.
-- equation: C = (6 · N + 12 · L · H · Q · T) · D: L layers, H heads, Q dimension of a head, T context length
-- units: N parameters active per token, D tokens, L, H and Q numbers, T tokens -> FLOP
-- source: arxiv_2204_02311
-- example: abs(central_of(flop_with_attention(exactly(174.6e9), exactly(300e9), exactly(96), exactly(96), exactly(128), exactly(2048))) / 3.23e23 - 1) < 0.01
create or replace macro flop_with_attention(active_params, training_tokens, layers, heads, head_dimension, context_tokens) as
multiply(
    add_up(
        scaled(active_params, 6),
        multiply(multiply(scaled(layers, 12), multiply(heads, head_dimension)), context_tokens)
    ),
    training_tokens
);

-- macro: work_ratio_of | Training FLOP over 6ND: attention over a context on top, less what frozen weights below adapters save.
-- equation: (k · N + a · 12 · L · d · T · k / 6) / (6 · N): k = 6, or 4 with frozen weights; a = 1/2 for causal attention, 1 in full
-- units: N parameters active per token, L layers, d width, T tokens, a share of attention that is counted, frozen or not -> ratio
-- source: arxiv_2204_02311
-- example: round(work_ratio_of(7e9, 32, 4096, 131072, 0.5, false), 2) = 3.45 and round(work_ratio_of(70e9, 0, 0, 0, 0.5, true), 3) = 0.667
create or replace macro work_ratio_of(active_params, layers, width, context_tokens, counted_share, is_frozen) as
case when is_frozen then 4 when is_frozen is null then null else 6 end / 6.0 * (1 + counted_share * 12 * layers * width * context_tokens / (6 * active_params));

-- macro: reinforcement_flop_ratio_of | FLOP of reinforcement learning per token learned from, over those of learning alone.
-- equation: 1 + (s + g) / 3: learning takes 6N, each of s scoring passes and each of g generated tokens 2N
-- units: forward passes per token, generated tokens per token learned from -> ratio
-- source: arxiv_2001_08361
-- example: round(central_of(reinforcement_flop_ratio_of(exactly(1), exactly(2))), 9) = 2
create or replace macro reinforcement_flop_ratio_of(scoring_passes, rollout_ratio) as
add_up(exactly(1), scaled(add_up(scoring_passes, rollout_ratio), 1 / 3));

-- macro: reinforcement_mfu_of | Utilisation over learning, scoring and generation, each at its own.
-- equation: (1 + (s + g) / 3) / ((1 + s / 3) / mfu + g / (3 · rollout_mfu)), of exact s and g
-- units: forward passes per token, generated tokens per token learned from, utilisations in learning and generation -> ratio
-- source: arxiv_2001_08361
-- example: round(central_of(reinforcement_mfu_of(exactly(1), exactly(2), exactly(0.3), exactly(0.1))), 9) = round(0.6 / 3.3333333333333333, 9)
create or replace macro reinforcement_mfu_of(scoring_passes, rollout_ratio, mfu, rollout_mfu) as
divide(
    exactly(1 + (central_of(scoring_passes) + central_of(rollout_ratio)) / 3),
    add_up(
        divide(exactly(1 + central_of(scoring_passes) / 3), mfu),
        divide(exactly(central_of(rollout_ratio) / 3), rollout_mfu)
    )
);

-- macro: hardware_flop_of | Hardware FLOP, including recomputed activations.
-- equation: C_hardware = C_model · recompute_factor: 8ND over 6ND, 4/3 for full recomputation
-- units: FLOP, ratio -> FLOP
-- source: arxiv_2205_05198
-- example: abs(central_of(hardware_flop_of(flop_6nd(exactly(175e9), exactly(300e9), exactly(1)), exactly(4 / 3))) / 4.3e23 - 1) < 0.03
create or replace macro hardware_flop_of(model_flop, recompute_factor) as multiply(model_flop, recompute_factor);

-- macro: flop_operation_count | Training FLOP from the multiply-accumulates of one forward pass.
-- equation: C = 3 · 2 · MAC · examples · r: the backward pass costs two forward passes
-- units: MAC per example, examples with repeats, r ratio -> FLOP
-- source: openai_ai_and_compute
-- example: abs(central_of(flop_operation_count(exactly(11.3e9), exactly(1.2e6 * 128), exactly(1))) / 1.04e19 - 1) < 0.01
create or replace macro flop_operation_count(forward_mac, training_examples, operation_count_ratio) as
multiply(scaled(multiply(forward_mac, training_examples), 3 * 2), operation_count_ratio);

-- macro: flop_hardware | Training FLOP from chip-hours.
-- equation: C = chip_hours · 3600 · peak · MFU
-- units: chip-hours, dense peak FLOP/s of the format trained in, ratio -> FLOP
-- source: arxiv_2204_02311
-- example: abs(central_of(flop_hardware(exactly(1720320), exactly(312e12), exactly(0.43))) / 8.3e23 - 1) < 0.01
create or replace macro flop_hardware(chip_hours, dense_peak, mfu) as
multiply(multiply(scaled(chip_hours, 3600), dense_peak), mfu);

-- macro: chip_hours_from_flop | Accelerator hours needed for a given compute.
-- equation: chip_hours = C / (3600 · peak · MFU)
-- units: FLOP, FLOP/s, ratio -> chip-hours
-- source: arxiv_2204_02311
-- example: abs(central_of(chip_hours_from_flop(exactly(8.4e23), exactly(312e12), exactly(0.435))) / 1.72e6 - 1) < 0.01
create or replace macro chip_hours_from_flop(training_flop, dense_peak, mfu) as
divide(training_flop, multiply(scaled(dense_peak, 3600), mfu));

-- macro: model_flop_utilisation | Share of the dense peak used for model FLOP.
-- equation: MFU = C / (chip_hours · 3600 · peak)
-- units: FLOP, chip-hours, FLOP/s -> ratio
-- source: arxiv_2204_02311
-- example: abs(central_of(model_flop_utilisation(exactly(8.4e23), exactly(1720320), exactly(312e12))) - 0.435) < 0.001
create or replace macro model_flop_utilisation(training_flop, chip_hours, dense_peak) as
divide(training_flop, multiply(scaled(chip_hours, 3600), dense_peak));

-- macro: hardware_flop_utilisation | Share of the dense peak used for all FLOP, including recomputation.
-- equation: HFU = MFU · recompute_factor
-- units: ratio, ratio -> ratio
-- source: arxiv_2205_05198
-- example: abs(central_of(hardware_flop_utilisation(exactly(0.325), exactly(4 / 3))) - 0.433) < 0.001
create or replace macro hardware_flop_utilisation(mfu, recompute_factor) as multiply(mfu, recompute_factor);

-- macro: petaflop_days_of | FLOP in petaFLOP-days.
-- equation: C / (1e15 · 86400)
-- units: FLOP -> petaFLOP-days
-- source: arxiv_2005_14165
-- example: petaflop_days_of(8.64e19) = 1
create or replace macro petaflop_days_of(training_flop) as training_flop / (1e15 * 86400);

-- macro: wall_days_of | Duration of a run in days, from chip-hours and the number of accelerators.
-- equation: days = chip_hours / (24 · count · r): r covers restarts, idle spares and rounded durations
-- units: chip-hours, accelerators, ratio of chip-hours to count × duration -> days
-- source: arxiv_2204_02311
-- example: round(central_of(wall_days_of(exactly(24000), exactly(100), exactly(1))), 9) = 10
create or replace macro wall_days_of(chip_hours, accelerator_count, chip_hours_ratio) as
divide(chip_hours, multiply(scaled(accelerator_count, 24), chip_hours_ratio));

-- macro: adapter_state_bytes_of | Memory to train adapters: frozen weights, and adapters with gradients and optimizer state.
-- equation: M = N · b_frozen / 8 + f · N · b
-- units: N total parameters, bits of a frozen weight, share of the parameters that adapters add, bytes per trained parameter -> bytes
-- source: arxiv_2305_14314
-- example: adapter_state_bytes_of(70e9, 4.5, 0.003, 16) < 5e10 and adapter_state_bytes_of(70e9, 16, 0.003, 16) > 1.4e11
create or replace macro adapter_state_bytes_of(total_params, frozen_bits, adapter_fraction, bytes_per_param) as
total_params * frozen_bits / 8 + total_params * adapter_fraction * bytes_per_param;

-- macro: training_state_bytes_of | Memory for weights, gradients and optimizer state, summed over all accelerators.
-- equation: M = N · b; b = 2 + 2 + 12 for mixed precision with Adam, activations not counted
-- units: N total parameters, bytes per parameter -> bytes
-- source: arxiv_1910_02054
-- example: training_state_bytes_of(70e9, 16) = 1.12e12
create or replace macro training_state_bytes_of(total_params, bytes_per_param) as total_params * bytes_per_param;
