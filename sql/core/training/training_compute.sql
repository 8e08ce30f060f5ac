-- One row per training run and method: floating-point operations. Published figures stand beside estimates and enter none of them.
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
with spent as (
    select
        training_run_id,
        case
            when reported_chip_hours is not null then amount(reported_chip_hours)
            else multiply(multiply(amount(accelerator_count), amount(reported_hours)), amount(chip_hours_ratio))
        end as chip_hours,
        case when reported_chip_hours is null then 'accelerator_count · training_hours · chip_hours_ratio' else 'chip_hours' end as formula,
        case
            when reported_chip_hours is null then [accelerator_count, reported_hours, chip_hours_ratio]
            else [reported_chip_hours]
        end as inputs
    from core.training_inputs
    where reported_chip_hours is not null or (reported_hours is not null and accelerator_count is not null)
),

estimates as (
    select
        i.training_run_id,
        'training_flop' as quantity,
        'none' as boundary,
        '6nd' as method,
        'derived' as kind,
        flop_6nd(amount(i.active_params), amount(i.training_tokens), amount(i.flop_6nd_ratio)) as estimate,
        'FLOP' as unit,
        '6 · active_params · training_tokens · flop_6nd_ratio' as formula,
        [i.active_params, i.training_tokens, i.flop_6nd_ratio] as inputs
    from core.training_inputs as i
    inner join core.training_runs as r on i.training_run_id = r.training_run_id
    where
        r.run_kind in ('pretraining', 'finetuning')
        and r.architecture in ('dense decoder', 'moe decoder', 'encoder', 'ssm hybrid')
        and i.active_params is not null and i.training_tokens is not null
    union all by name
    select
        i.training_run_id,
        'training_flop' as quantity,
        'none' as boundary,
        '3nd' as method,
        'derived' as kind,
        flop_3nd(amount(i.active_params), amount(i.training_tokens), amount(i.flop_6nd_ratio)) as estimate,
        'FLOP' as unit,
        '3 · active_params · training_tokens · flop_6nd_ratio' as formula,
        [i.active_params, i.training_tokens, i.flop_6nd_ratio] as inputs
    from core.training_inputs as i
    inner join core.training_runs as r on i.training_run_id = r.training_run_id
    where
        r.run_kind in ('pretraining', 'finetuning')
        and r.architecture in ('encoder-decoder', 'moe encoder-decoder')
        and i.active_params is not null and i.training_tokens is not null
    union all by name
    select
        i.training_run_id,
        'training_flop' as quantity,
        'none' as boundary,
        'operation_count' as method,
        'derived' as kind,
        flop_operation_count(amount(i.forward_mac), amount(i.training_examples), amount(i.operation_count_ratio)) as estimate,
        'FLOP' as unit,
        '3 · 2 · forward_mac · training_examples · operation_count_ratio' as formula,
        [i.forward_mac, i.training_examples, i.operation_count_ratio] as inputs
    from core.training_inputs as i
    where i.forward_mac is not null and i.training_examples is not null
    union all by name
    select
        i.training_run_id,
        'training_flop' as quantity,
        'none' as boundary,
        'hardware' as method,
        'derived' as kind,
        flop_hardware(h.chip_hours, amount(i.dense_peak), uncertain(u.mfu_low, u.mfu, u.mfu_high)) as estimate,
        'FLOP' as unit,
        h.formula || ' · 3600 · dense_peak · ' || u.formula as formula,
        list_concat(list_append(h.inputs, i.dense_peak), u.inputs) as inputs
    from core.training_inputs as i
    inner join core.overall_utilisation as u on i.training_run_id = u.training_run_id
    inner join spent as h on i.training_run_id = h.training_run_id
    where i.dense_peak is not null
    union all by name
    select
        i.training_run_id,
        'training_flop' as quantity,
        'none' as boundary,
        'published' as method,
        'reported' as kind,
        amount(i.reported_flop) as estimate,
        'FLOP' as unit,
        'as published' as formula,
        [i.reported_flop] as inputs
    from core.training_inputs as i
    where i.reported_flop is not null
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
        order by list_position(['6nd', '3nd', 'operation_count', 'published', 'hardware'], method)
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
