-- One row per training run and method: model FLOP utilisation, the share of the dense peak that model FLOP took.
-- key: training_run_id, quantity, boundary, method
-- column: training_run_id | Key of core.training_runs.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | How the figure was made.
-- column: kind | reported, where it is a published figure; derived, where a formula made it; assumed, where nothing but a prior stands behind it.
-- interval: value | The figure.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- column: is_preferred | True for the figure that summaries show: the first method of the list in the query that gives at most 1.
with estimates as (
    select
        i.training_run_id,
        'mfu' as quantity,
        'none' as boundary,
        'published' as method,
        'reported' as kind,
        amount(i.reported_mfu) as estimate,
        'ratio' as unit,
        'as published' as formula,
        [i.reported_mfu] as inputs
    from core.training_inputs as i
    where i.reported_mfu is not null
    union all by name
    select
        i.training_run_id,
        'mfu' as quantity,
        'none' as boundary,
        'flop_over_time' as method,
        'derived' as kind,
        model_flop_utilisation(uncertain(c.value_low, c.value, c.value_high), uncertain(t.value_low, t.value, t.value_high), amount(i.dense_peak)) as estimate,
        'ratio' as unit,
        'training_flop / (chip_hours · 3600 · dense_peak)' as formula,
        list_concat(list_concat(c.inputs, t.inputs), [i.dense_peak]) as inputs
    from core.training_inputs as i
    inner join core.training_compute as c on i.training_run_id = c.training_run_id and c.is_preferred
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
    where
        i.dense_peak is not null
        and t.method <> 'flop_over_rate'
        and c.method <> 'hardware'
        -- The quotient of FLOP that were counted as chips x time is the utilisation that their makers put in.
        and not (c.method = 'published' and i.reported_flop_counting is not distinct from 'chips x time')
    union all by name
    select
        i.training_run_id,
        'mfu' as quantity,
        'none' as boundary,
        'prior' as method,
        'assumed' as kind,
        amount(i.assumed_mfu) as estimate,
        'ratio' as unit,
        'prior' as formula,
        [i.assumed_mfu] as inputs
    from core.training_inputs as i
    where i.dense_peak is not null
)

select
    training_run_id,
    quantity,
    boundary,
    method,
    kind,
    low_of(estimate) as value_low,
    central_of(estimate) as value,
    high_of(estimate) as value_high,
    unit,
    formula,
    inputs,
    row_number() over (
        partition by training_run_id, quantity, boundary
        order by central_of(estimate) > 1, list_position(['published', 'flop_over_time', 'prior'], method)
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
