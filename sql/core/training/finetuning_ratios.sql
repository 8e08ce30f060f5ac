-- One row per training run that starts from another model: its FLOP over those that training that model took.
-- key: training_run_id
-- column: base_training_run_id | Main run of the model that it starts from.
-- interval: training_flop_ratio | FLOP of the run over FLOP of the base's main run.
with flop as (
    select
        f.training_run_id,
        r.model_id,
        r.is_main_run,
        uncertain(f.value_low, f.value, f.value_high) as flop
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where f.quantity = 'training_flop' and f.is_preferred
),

ratios as (
    select
        f.training_run_id,
        b.training_run_id as base_training_run_id,
        divide(f.flop, b.flop) as ratio
    from flop as f
    inner join seeds.models as m on f.model_id = m.model_id
    inner join flop as b on m.base_model_id = b.model_id and b.is_main_run
)

select
    training_run_id,
    base_training_run_id,
    low_of(ratio) as training_flop_ratio_low,
    central_of(ratio) as training_flop_ratio,
    high_of(ratio) as training_flop_ratio_high
from ratios
order by training_run_id
