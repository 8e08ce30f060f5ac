-- Measured results: what they say of speed, energy, utilisation and cost. Plain numbers unless said otherwise.

-- macro: chip_minutes_of | Accelerator time that a benchmark took.
-- equation: t · n
-- units: minutes, accelerators -> chip-minutes
-- example: chip_minutes_of(3.4441, 11616) > 40000 and chip_minutes_of(3.4441, 11616) < 40010
create or replace macro chip_minutes_of(minutes, accelerator_count) as minutes * accelerator_count;

-- macro: usd_per_million_of | What a million tokens, samples or images cost on rented accelerators that are always busy.
-- equation: price · n · 10^6 / (3600 · rate)
-- units: uncertain triple of USD per chip-hour, accelerators, units per second -> USD per million units, as a triple
-- example: round(central_of(usd_per_million_of(exactly(3.6), 8, 8000)), 9) = 1
create or replace macro usd_per_million_of(price_per_chip_hour, accelerator_count, units_per_s) as
multiply(price_per_chip_hour, exactly(accelerator_count * 1e6 / (3600 * units_per_s)));

-- macro: output_utilisation_of | Share of the dense peak that making the output took; reading the prompts is not counted, so the machine did more.
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
