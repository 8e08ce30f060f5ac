-- One row per quantity, group of runs and scope: the total over training runs with its 90 % interval. Each work is counted once; pretraining,
-- finetuning and reinforcement learning are apart, because a later stage may be entered with the figures of its base model.
-- key: quantity, run_group, scope_kind, scope
select
    quantity,
    run_group,
    scope_kind,
    scope,
    value_low,
    value,
    value_high,
    low,
    high,
    unit,
    run_count,
    repeated_count
from core.training_totals
order by quantity, run_group, scope_kind, scope
