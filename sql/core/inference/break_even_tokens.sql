-- One row per model and unit: tokens after which serving it has taken as much as training it, in FLOP, energy or money.
-- key: model_id, unit
-- column: model_id | Key of core.models.
-- column: training_run_id | Main run of the model.
-- column: unit | flop, kwh or usd.
-- interval: training_amount | What training took: FLOP, electricity of the data centre, rent.
-- interval: tokens_at_break_even | Tokens.
-- column: days | Days at each volume: its name, tokens a day, and low, value and high of the days.
with volumes as (
    select list({ 'volume': applies_to, 'tokens_per_day': central } order by central) as volumes
    from seeds.assumptions
    where name = 'serving_volume_tokens_per_day'
),

training as (
    select
        r.model_id,
        f.training_run_id,
        case f.quantity when 'training_flop' then 'flop' when 'energy_kwh' then 'kwh' else 'usd' end as unit,
        uncertain(f.value_low, f.value, f.value_high) as amount
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id and r.is_main_run
    where
        f.is_preferred
        and (
            f.quantity = 'training_flop'
            or (f.quantity = 'energy_kwh' and f.boundary = 'facility')
            or (f.quantity = 'cost_usd' and f.boundary = 'cloud')
        )
        and r.domain in ('language', 'multimodal')
        and r.training_tokens is not null
),

tokens as (
    select
        t.model_id,
        t.training_run_id,
        t.unit,
        t.amount,
        tokens_at_break_even_of(t.amount, uncertain(s.per_token_amount_low, s.per_token_amount, s.per_token_amount_high)) as tokens
    from training as t
    inner join core.serving_amounts as s on t.model_id = s.model_id and t.unit = s.unit
)

select
    t.model_id,
    t.training_run_id,
    t.unit,
    low_of(t.amount) as training_amount_low,
    central_of(t.amount) as training_amount,
    high_of(t.amount) as training_amount_high,
    low_of(t.tokens) as tokens_at_break_even_low,
    central_of(t.tokens) as tokens_at_break_even,
    high_of(t.tokens) as tokens_at_break_even_high,
    list_transform(
        v.volumes,
        lambda stated: {
            'volume': stated.volume, -- noqa: RF01
            'tokens_per_day': stated.tokens_per_day, -- noqa: RF01
            'low': low_of(t.tokens) / stated.tokens_per_day, -- noqa: RF01
            'value': central_of(t.tokens) / stated.tokens_per_day, -- noqa: RF01
            'high': high_of(t.tokens) / stated.tokens_per_day -- noqa: RF01
        }
    ) as days
from tokens as t
cross join volumes as v
order by t.model_id, t.unit
