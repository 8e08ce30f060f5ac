-- One row per run whose training compute is known without its chip-hours: our own count, else a published figure with known
-- counting or reported by the developer.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: method | How it was counted; published where it was not by us.
-- interval: value | Training compute, FLOP.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with counted as (
    select
        training_run_id,
        method,
        value_low,
        value,
        value_high,
        unit,
        inputs
    from core.training_compute
    where method in ('6nd', '3nd', 'operation_count')
),

-- Of the published figures of a run, one that its makers did not calculate as we do, if there is one.
published as (
    select
        training_run_id,
        'published' as method,
        value_low,
        value,
        value_high,
        unit,
        [input('published_training_flop', value_low, value, value_high, unit, kind, source_id)] as inputs
    from core.published_figures
    where
        quantity = 'training_flop'
        and training_run_id is not null
        and (counting in ('6nd', 'with attention', 'operation count') or (kind <> 'estimated' and coalesce(counting, 'unstated') = 'unstated'))
    qualify row_number() over (partition by training_run_id order by is_circular, published_figure_id) = 1
),

known as (
    select * from counted
    union all by name
    select * from published
)

select *
from known
qualify
    row_number() over (
        partition by training_run_id order by list_position(['6nd', '3nd', 'operation_count', 'published'], method)
    ) = 1
order by training_run_id
