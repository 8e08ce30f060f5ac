-- Inference against training. Arguments are uncertain triples.

-- macro: inference_flop_of | FLOP to generate tokens, without attention to the context.
-- equation: C = 2 · N · tokens: a multiply and an add per active parameter
-- units: N parameters active per token, tokens -> FLOP
-- source: arxiv_2001_08361
-- example: central_of(inference_flop_of(exactly(7e10), exactly(1))) = 1.4e11
create or replace macro inference_flop_of(active_params, tokens) as multiply(scaled(active_params, 2), tokens);

-- macro: tokens_at_break_even_of | Tokens after which serving a model has used as much as training it.
-- equation: tokens = training amount / amount per token
-- units: both amounts in one unit -> tokens
-- source: arxiv_2001_08361
-- example: round(central_of(tokens_at_break_even_of(exactly(6 * 8e9 * 15e12), inference_flop_of(exactly(8e9), exactly(1))))) = 45e12
create or replace macro tokens_at_break_even_of(training_amount, per_token_amount) as divide(training_amount, per_token_amount);
