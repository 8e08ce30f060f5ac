-- One row per training run of a language model: its FLOP over those of one answer of the model.
-- key: training_run_id
-- interval: training_to_response_flop_ratio | FLOP of the run over FLOP of one answer.
with flop as (
    select
        f.training_run_id,
        divide(
            uncertain(f.value_low, f.value, f.value_high),
            inference_flop_of(exactly(r.active_params), uncertain(s.low, s.central, s.high))
        ) as ratio
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    inner join seeds.assumptions as s on s.name = 'response_tokens' and s.applies_to = 'all'
    where f.quantity = 'training_flop' and f.is_preferred and r.domain = 'language' and r.active_params is not null
)

select
    training_run_id,
    low_of(ratio) as training_to_response_flop_ratio_low,
    central_of(ratio) as training_to_response_flop_ratio,
    high_of(ratio) as training_to_response_flop_ratio_high
from flop
order by training_run_id
