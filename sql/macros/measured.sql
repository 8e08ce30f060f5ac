-- Measured results: speed, energy, utilisation and cost. Plain numbers unless said otherwise.

-- macro: chip_minutes_of | Chip-minutes of a benchmark run.
-- equation: t · n
-- units: minutes, accelerators -> chip-minutes
-- example: chip_minutes_of(3.4441, 11616) > 40000 and chip_minutes_of(3.4441, 11616) < 40010
create or replace macro chip_minutes_of(minutes, accelerator_count) as minutes * accelerator_count;

-- macro: concurrency_of | Requests at the same time, by Little's law.
-- equation: rate / length · time
-- units: output tokens per second, tokens of an answer, seconds of a request -> requests
-- source: little_1961
-- example: concurrency_of(1000, 100, 8) = 80
create or replace macro concurrency_of(output_tokens_per_s, answer_tokens, request_s) as output_tokens_per_s / answer_tokens * request_s;

-- macro: prefill_count_of | Accelerators that read prompts, where only the sum, and rates per accelerator of all, of these and of the others are published.
-- equation: p = n · (all - out) / (in - out), from n · all = p · in + (n - p) · out
-- units: accelerators, tokens per second and accelerator: of all, of those that read prompts, of those that write answers -> accelerators
-- example: round(prefill_count_of(36, 32.65, 146.4, 18.44), 1) = 4.0
create or replace macro prefill_count_of(accelerator_count, all_rate, input_rate, output_rate) as
accelerator_count * (all_rate - output_rate) / nullif(input_rate - output_rate, 0);

-- macro: output_share_of | Share of answers in all tokens of requests of these lengths.
-- equation: answer / (prompt + answer)
-- units: tokens, tokens -> share
-- example: output_share_of(1024, 1024) = 0.5 and abs(output_share_of(8192, 1024) - 1.0 / 9) < 1e-12
create or replace macro output_share_of(prompt_tokens, answer_tokens) as answer_tokens / (prompt_tokens + answer_tokens);

-- macro: power_is_plausible | Whether a mean power can be that of accelerators: between a tenth and ten times their rated power.
-- equation: 0.1 <= P / (n · TDP) <= 10
-- units: ratio -> true or false
-- example: power_is_plausible(0.8) and not power_is_plausible(0.013) and not power_is_plausible(0)
create or replace macro power_is_plausible(power_to_tdp_ratio) as power_to_tdp_ratio between 0.1 and 10;

-- macro: usd_per_million_of | Cost per million tokens, samples or images on rented, fully used accelerators.
-- equation: price · n · 10^6 / (3600 · rate)
-- units: uncertain triple of USD per chip-hour, accelerators, units per second -> USD per million units, as a triple
-- example: round(central_of(usd_per_million_of(exactly(3.6), 8, 8000)), 9) = 1
create or replace macro usd_per_million_of(price_per_chip_hour, accelerator_count, units_per_s) as
multiply(price_per_chip_hour, exactly(accelerator_count * 1e6 / (3600 * units_per_s)));

-- macro: output_utilisation_of | Share of the dense peak used for the output. Prompts are not counted, so real utilisation is higher.
-- equation: 2 · N · rate / (n · peak)
-- units: N parameters active per token, output tokens per second, accelerators, FLOP/s per accelerator -> share
-- source: arxiv_2001_08361
-- example: abs(output_utilisation_of(70e9, 20000, 8, 1e15) - 0.35) < 1e-9
create or replace macro output_utilisation_of(active_params, tokens_per_s, accelerator_count, peak_flop_per_s) as
2 * active_params * tokens_per_s / (accelerator_count * peak_flop_per_s);

-- macro: benchmark_flop_of | Model FLOP of a training benchmark that fixes the length of its samples.
-- equation: C = k · N · samples · length: k = 6 where all weights are trained, 4 where they are frozen below adapters
-- units: FLOP per parameter and token, parameters active per token, samples, tokens per sample -> FLOP
-- source: arxiv_2001_08361
-- example: abs(benchmark_flop_of(6, 175e9, 591360, 2048) / 1.272e21 - 1) < 0.001
create or replace macro benchmark_flop_of(flop_per_param_and_token, active_params, samples, tokens_per_sample) as
flop_per_param_and_token * active_params * samples * tokens_per_sample;

-- macro: weights_read_of | Parameters that one decoding step of a batch reads, if only total and active parameters are published.
-- equation: N · (1 - (1 - N_active / N) ^ b): each token takes its share as if at random
-- units: parameters stored and active per token, sequences at the same time -> parameters
-- source: arxiv_2101_03961
-- example: weights_read_of(8e9, 8e9, 64) = 8e9 and round(weights_read_of(100e9, 10e9, 1)) = 1e10 and weights_read_of(100e9, 10e9, 64) > 99e9
create or replace macro weights_read_of(total_params, active_params, batch_size) as
total_params * (1 - (1 - least(1, active_params / total_params)) ** batch_size);

-- macro: ideal_fit | A row of core.energy_per_token_fit for an ideal machine: rated power, full bandwidth, dense peak, one millisecond per step.
-- equation: all factors 1, the step grows with the root of the active parameters
-- units: none
-- example: (ideal_fit()).step_params_exponent = 0.5
create or replace macro ideal_fit() as {
    'step_log': 0.0,
    'byte_log': 0.0,
    'operation_log': 0.0,
    'cache_log': 0.0,
    'step_params_exponent': 0.5,
    'step_count_exponent': 1.0,
    'operation_params_exponent': 0.0,
    'operation_bits_exponent': 0.0,
    'moe_log': 0.0,
    'moe_count_exponent': 0.0,
    'hybrid_log': 0.0,
    'blackwell_log': 0.0,
    'gpqa_log': 0.0,
    'sourcegraph_fim_log': 0.0,
    'image_chat_log': 0.0,
    'video_chat_log': 0.0,
    'error_low_ratio': 0.5,
    'error_high_ratio': 2.0
};

-- Arguments in order: row of core.energy_per_token_fit; kind of model; task; parameters stored, and active per token; bits of a weight;
-- sequences at the same time; tokens of an answer; accelerators; Blackwell or not; W; byte/s; FLOP/s in 16 bits.
-- macro: fitted_joule_per_token | Accelerator energy per output token, including the prompt, from the model fitted to measurements.
-- equation: factors · TDP · (step / b + bytes / (b · bandwidth) + 2 · N_active / peak + cache): see pipelines/energy_fit.py
-- units: parameters, bits, tokens, W, byte/s, FLOP/s -> J per token, as a triple of its 90 % interval
-- source: ml_energy
-- example: abs(central_of(fitted_joule_per_token(ideal_fit(), 'dense', 'chat', 8e9, 8e9, 16, 1, 1000, 1, false, 1e3, 1.6e10, 1.6e10)) - 2001.01) < 1e-6
create or replace macro fitted_joule_per_token(
    fit, architecture_kind, task, total_params, active_params, weight_bits, batch_size, output_tokens, accelerator_count, is_blackwell,
    tdp, memory_bandwidth, dense_16_bit_peak
) as multiply(
    exactly(
        tdp
        * (
            exp(fit.step_log) * 1e-3 * (active_params / 8e9) ** fit.step_params_exponent * accelerator_count ** fit.step_count_exponent / batch_size
            + exp(fit.byte_log) * weights_read_of(total_params, active_params, batch_size) * weight_bits / 8
            / (batch_size * memory_bandwidth)
            + exp(fit.operation_log) * 2 * active_params / dense_16_bit_peak
            * (active_params / 8e9) ** fit.operation_params_exponent * (weight_bits / 16) ** fit.operation_bits_exponent
            + exp(fit.cache_log) * 1e-5 * output_tokens / 1000 * sqrt(active_params / 8e9)
        )
        * exp(
            case architecture_kind
                when 'moe' then fit.moe_log + fit.moe_count_exponent * ln(accelerator_count)
                when 'hybrid' then fit.hybrid_log
                else 0
            end
            + case when is_blackwell then fit.blackwell_log else 0 end
            + case task
                when 'gpqa' then fit.gpqa_log
                when 'sourcegraph-fim' then fit.sourcegraph_fim_log
                when 'image-chat' then fit.image_chat_log
                when 'video-chat' then fit.video_chat_log
                else 0
            end
        )
    ),
    uncertain(fit.error_low_ratio, 1, fit.error_high_ratio)
);
