-- One row per training run and method: accelerator time.
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
-- column: is_preferred | True for the figure that summaries show: the first method of the list in the query that applies.
with estimates as (
    select
        i.training_run_id,
        'chip_hours' as quantity,
        'none' as boundary,
        'published' as method,
        'reported' as kind,
        amount(i.reported_chip_hours) as estimate,
        'chip-hour' as unit,
        'as published' as formula,
        [i.reported_chip_hours] as inputs
    from core.training_inputs as i
    where i.reported_chip_hours is not null
    union all by name
    select
        i.training_run_id,
        'chip_hours' as quantity,
        'none' as boundary,
        'count_times_hours' as method,
        'derived' as kind,
        multiply(multiply(amount(i.accelerator_count), amount(i.reported_hours)), amount(i.chip_hours_ratio)) as estimate,
        'chip-hour' as unit,
        'accelerator_count · training_hours · chip_hours_ratio' as formula,
        [i.accelerator_count, i.reported_hours, i.chip_hours_ratio] as inputs
    from core.training_inputs as i
    where i.accelerator_count is not null and i.reported_hours is not null
    union all by name
    select
        i.training_run_id,
        'chip_hours' as quantity,
        'none' as boundary,
        'flop_over_rate' as method,
        'derived' as kind,
        chip_hours_from_flop(
            uncertain(c.value_low, c.value, c.value_high), amount(i.dense_peak), uncertain(u.mfu_low, u.mfu, u.mfu_high)
        ) as estimate,
        'chip-hour' as unit,
        'training_flop / (3600 · dense_peak · ' || u.formula || ')' as formula,
        list_concat(list_append(c.inputs, i.dense_peak), u.inputs) as inputs
    from core.training_inputs as i
    inner join core.overall_utilisation as u on i.training_run_id = u.training_run_id
    inner join core.training_compute as c on i.training_run_id = c.training_run_id and c.is_preferred
    where i.dense_peak is not null and c.method <> 'hardware'
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
        order by list_position(['published', 'count_times_hours', 'flop_over_rate'], method)
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
