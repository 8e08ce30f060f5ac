-- One row per training run: the utilisation over all chip-hours that estimates use: the published one, which is that of the
-- steps, with the time that restarts, evaluation and repairs take; else the assumed one.
-- key: training_run_id
-- interval: mfu | Share of the dense peak.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with rates as (
    select
        training_run_id,
        case
            when reported_mfu is null then amount(assumed_mfu)
            when productive_time_ratio is null then amount(reported_mfu)
            else multiply(amount(reported_mfu), amount(productive_time_ratio))
        end as mfu,
        case when reported_mfu is null or productive_time_ratio is null then 'mfu' else 'mfu · productive_time_ratio' end as formula,
        list_filter([coalesce(reported_mfu, assumed_mfu), productive_time_ratio], lambda i: i is not null) as inputs
    from core.training_inputs
)

select
    training_run_id,
    low_of(mfu) as mfu_low,
    central_of(mfu) as mfu,
    high_of(mfu) as mfu_high,
    formula,
    inputs
from rates
where mfu is not null
order by training_run_id
