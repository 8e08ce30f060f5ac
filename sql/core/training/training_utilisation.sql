-- One row per training run and method: model FLOP utilisation, the share of the dense peak that model FLOP took.
-- as: core.training_compute
-- column: is_preferred | True for the figure that summaries show: the first method of the list in the query that gives at most 1.
with methods as (
    select
        i.training_run_id,
        [
            figure('mfu', 'none', 'published', amount(i.reported_mfu), 'ratio', 'as published', [i.reported_mfu]),
            -- The quotient of FLOP that were counted as chips x time is the utilisation that their makers put in.
            case
                when
                    t.method <> 'flop_over_rate' and c.method <> 'hardware'
                    and not (c.method = 'published' and i.reported_flop_counting is not distinct from 'chips x time')
                    then figure(
                        'mfu', 'none', 'flop_over_time',
                        model_flop_utilisation(
                            uncertain(c.value_low, c.value, c.value_high), uncertain(t.value_low, t.value, t.value_high), amount(i.dense_peak)
                        ),
                        'ratio', 'training_flop / (chip_hours · 3600 · dense_peak)', list_concat(list_concat(c.inputs, t.inputs), [i.dense_peak])
                    )
            end,
            case when i.dense_peak is not null then figure('mfu', 'none', 'prior', amount(i.assumed_mfu), 'ratio', 'prior', [i.assumed_mfu]) end
        ] as figures
    from core.training_inputs as i
    left join core.training_compute as c on i.training_run_id = c.training_run_id and c.is_preferred
    left join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
),

estimates as (
    select
        training_run_id,
        list_concat(
            list_filter(figures, lambda f: f.estimate.central <= 1), list_filter(figures, lambda f: f.estimate.central > 1)
        ) as figures
    from methods
)

select
    training_run_id,
    unnest(ranked_figures(figures), max_depth := 2) as figure
from estimates
order by all
