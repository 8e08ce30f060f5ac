-- One row per training run and method: floating-point operations. Published figures are separate rows and never inputs to estimates.
-- key: training_run_id, quantity, boundary, method
-- column: training_run_id | Key of core.training_runs.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | How the figure was made.
-- column: kind | measured, reported or estimated (by a third party): a published figure; derived: calculated by our formula; assumed: a prior only.
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
    where (reported_chip_hours is not null or (reported_hours is not null and accelerator_count is not null)) and is_time_usable
),

estimates as (
    select
        i.training_run_id,
        [
            case when r.run_kind in ('pretraining', 'finetuning') and r.architecture in ('dense decoder', 'moe decoder', 'encoder', 'ssm hybrid') then figure(
                'training_flop', 'none', '6nd', flop_6nd(amount(i.active_params), amount(i.training_tokens), amount(i.flop_6nd_ratio)),
                'FLOP', '6 · active_params · training_tokens · flop_6nd_ratio', [i.active_params, i.training_tokens, i.flop_6nd_ratio]
            ) end,
            case when r.run_kind in ('pretraining', 'finetuning') and r.architecture in ('encoder-decoder', 'moe encoder-decoder') then figure(
                'training_flop', 'none', '3nd', flop_3nd(amount(i.active_params), amount(i.training_tokens), amount(i.flop_6nd_ratio)),
                'FLOP', '3 · active_params · training_tokens · flop_6nd_ratio', [i.active_params, i.training_tokens, i.flop_6nd_ratio]
            ) end,
            figure(
                'training_flop', 'none', 'operation_count',
                flop_operation_count(amount(i.forward_mac), amount(i.training_examples), amount(i.operation_count_ratio)),
                'FLOP', '3 · 2 · forward_mac · training_examples · operation_count_ratio',
                [i.forward_mac, i.training_examples, i.operation_count_ratio]
            ),
            figure('training_flop', 'none', 'published', amount(i.reported_flop), 'FLOP', 'as published', [i.reported_flop]),
            figure(
                'training_flop', 'none', 'hardware',
                flop_hardware(h.chip_hours, amount(i.dense_peak), uncertain(u.mfu_low, u.mfu, u.mfu_high)),
                'FLOP', h.formula || ' · 3600 · dense_peak · ' || u.formula, list_concat(list_append(h.inputs, i.dense_peak), u.inputs)
            )
        ] as figures
    from core.training_inputs as i
    inner join core.training_runs as r on i.training_run_id = r.training_run_id
    left join core.overall_utilisation as u on i.training_run_id = u.training_run_id
    left join spent as h on i.training_run_id = h.training_run_id
)

select
    training_run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
