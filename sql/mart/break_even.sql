-- One row per model and unit: when serving a model has taken as much as training it, in FLOP, kWh or US dollars.
-- key: model_id, unit
-- column: unit | flop, kwh (whole data centre) or usd (rented accelerators).
-- interval: training_amount | What training took, in the unit of the row.
-- interval: per_token_amount | What an output token takes, in the unit of the row.
-- column: training_tokens | Tokens that it was trained on.
-- interval: tokens_at_break_even | Output tokens at which both are equal.
-- column: training_set_ratio | Tokens at break-even over training tokens.
-- column: days_at_volume | Days until then at each stated volume: its name, tokens a day, and low, value and high of the days.
-- column: accelerator_id | Accelerator that the energy or rent of a token is estimated for.
-- column: weight_bits | Nominal bits of a weight there.
-- column: method | How the amount per token was made.
-- check: three_times_the_training_tokens_in_flop_of_6nd | select b.* from mart.break_even as b
--    inner join mart.training_summary as s on b.model_id = s.model_id and s.is_main_run
--    where b.unit = 'flop' and s.training_flop_method = '6nd' and s.architecture = 'dense decoder' and s.total_params = s.active_params
--    and abs(b.tokens_at_break_even / (3 * s.training_tokens) - 1) > 1e-9
select
    b.model_id,
    m.model_name,
    b.unit,
    b.training_amount_low,
    b.training_amount,
    b.training_amount_high,
    s.per_token_amount_low,
    s.per_token_amount,
    s.per_token_amount_high,
    r.training_tokens,
    b.tokens_at_break_even_low,
    b.tokens_at_break_even,
    b.tokens_at_break_even_high,
    b.tokens_at_break_even / r.training_tokens as training_set_ratio,
    b.days as days_at_volume,
    s.accelerator_id,
    s.weight_bits,
    s.method
from core.break_even_tokens as b
inner join core.serving_amounts as s on b.model_id = s.model_id and b.unit = s.unit
inner join core.models as m on b.model_id = m.model_id
inner join core.training_runs as r on b.training_run_id = r.training_run_id
order by b.model_id, b.unit
