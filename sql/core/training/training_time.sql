-- One row per training run and method: chip-hours. A published time that cannot be paired with the FLOP of the run is listed and not preferred:
-- where it covers other work, the time that follows from the FLOP is, if there are any; where one of the two must be wrong, none is.
-- as: core.training_compute
with methods as (
    select
        i.training_run_id,
        i.is_time_usable,
        not i.is_time_usable and i.time_covers = 'base and stage' as is_of_other_work,
        [
            figure('chip_hours', 'none', 'published', amount(i.reported_chip_hours), 'chip-hour', 'as published', [i.reported_chip_hours]),
            figure(
                'chip_hours', 'none', 'count_times_hours',
                multiply(multiply(amount(i.accelerator_count), amount(i.reported_hours)), amount(i.chip_hours_ratio)),
                'chip-hour', 'accelerator_count · training_hours · chip_hours_ratio',
                [i.accelerator_count, i.reported_hours, i.chip_hours_ratio]
            )
        ] as stated,
        case when c.method <> 'hardware' then figure(
            'chip_hours', 'none', 'flop_over_rate',
            chip_hours_from_flop(
                uncertain(c.value_low, c.value, c.value_high), amount(i.dense_peak), uncertain(u.mfu_low, u.mfu, u.mfu_high)
            ),
            'chip-hour', 'training_flop / (3600 · dense_peak · ' || u.formula || ')',
            list_concat(list_append(c.inputs, i.dense_peak), u.inputs)
        ) end as calculated
    from core.training_inputs as i
    left join core.overall_utilisation as u on i.training_run_id = u.training_run_id
    left join core.training_compute as c on i.training_run_id = c.training_run_id and c.is_preferred
),

estimates as (
    select
        training_run_id,
        coalesce(is_time_usable or (is_of_other_work and calculated.estimate.central is not null), true) as is_usable,
        case when is_of_other_work then list_prepend(calculated, stated) else list_append(stated, calculated) end as figures
    from methods
)

select
    training_run_id,
    unnest(ranked_figures(figures, is_usable := is_usable), max_depth := 2) as figure
from estimates
order by all
