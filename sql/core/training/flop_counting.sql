-- One row per published training FLOP of a run that has an estimate of its own: how the figure was counted, as its source says
-- and from its size. Hardware FLOP include recomputed activations (8ND); model FLOP do not (6ND).
-- key: published_figure_id
-- column: training_run_id | Key of core.training_runs.
-- column: counting_stated | As the source says; unstated where it does not.
-- column: published_flop | The figure.
-- column: model_flop | Our model FLOP: 6ND, 3ND or operation count.
-- column: model_flop_method | Which of them.
-- column: ratio | published_flop over model_flop.
-- column: counting_by_size | What the ratio says, published bounds taken into account: model, hardware, other, or unclear where it fits both.
-- column: counting | As stated, else by size.
-- column: is_hardware | True if the figure is work of the hardware.
-- column: is_inferred | True where counting was not stated.
with limits as (
    select
        assumed['recompute_factor'].low as recomputed_low,
        assumed['recompute_factor'].high as recomputed_high,
        assumed['flop_6nd_ratio'].low as model_low,
        assumed['flop_6nd_ratio'].high as model_high
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'full'
),

model_flop as (
    select
        training_run_id,
        value / list_filter(inputs, lambda i: i.name = 'flop_6nd_ratio' or i.name = 'operation_count_ratio')[1].value as value,
        method
    from core.training_compute
    where method in ('6nd', '3nd', 'operation_count')
    qualify row_number() over (
        partition by training_run_id order by list_position(['6nd', '3nd', 'operation_count'], method)
    ) = 1
),

sized as (
    select
        p.published_figure_id,
        p.training_run_id,
        coalesce(p.counting, 'unstated') as counting_stated,
        p.value as published_flop,
        m.value as model_flop,
        m.method as model_flop_method,
        p.value / m.value as ratio,
        p.value_high / m.value >= l.model_low and p.value_low / m.value <= l.model_high as fits_model,
        p.value_high / m.value >= l.recomputed_low and p.value_low / m.value <= l.recomputed_high as fits_hardware
    from core.published_figures as p
    inner join model_flop as m on p.training_run_id = m.training_run_id
    cross join limits as l
    where p.quantity = 'training_flop'
),

counted as (
    select
        *,
        case
            when fits_model and fits_hardware then 'unclear'
            when fits_model then 'model'
            when fits_hardware then 'hardware'
            else 'other'
        end as counting_by_size
    from sized
)

select
    published_figure_id,
    training_run_id,
    counting_stated,
    published_flop,
    model_flop,
    model_flop_method,
    ratio,
    counting_by_size,
    case when counting_stated = 'unstated' then counting_by_size else counting_stated end as counting,
    counting_stated = '8nd' or (counting_stated = 'unstated' and counting_by_size = 'hardware') as is_hardware,
    counting_stated = 'unstated' as is_inferred
from counted
order by published_figure_id
