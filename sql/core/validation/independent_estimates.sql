-- One row per published figure of a training run and method that can predict it: an estimate that uses neither the figure
-- nor anything derived from it. Published utilisation is never an input to an estimate of chip-hours, because it may come from those chip-hours.
-- key: published_figure_id, method
-- column: training_run_id | Key of core.training_runs.
-- column: boundary | What the figure includes; an unstated one is met with the span of all boundaries.
-- column: method | How the estimate was made.
-- interval: value | The estimate, counted as the figure was.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- column: published_value | The figure.
-- column: log10_error | log10(value / published_value).
-- column: is_covered | True if the figure is inside the interval.
-- column: is_circular | True if the comparison is not independent: the figure was derived with the same formula as ours, is a third party's
--    estimate, or had a part in an assumption of the estimate.
-- column: circular_because | Why; null where it is not.
-- column: is_best | True for the first method of the list in the query that applies.
-- column: is_scored | True for one independent comparison of each run and quantity, a measured figure before others: those that the scores count.
-- check: no_estimate_uses_its_own_figure | select * from core.independent_estimates
--    where list_contains(list_transform(inputs, lambda i: i.name), 'published_' || quantity)
-- check: machine_time_uses_no_published_utilisation | select * from core.independent_estimates
--    where quantity = 'chip_hours' and list_contains(list_transform(inputs, lambda i: i.name), 'published_mfu')
with figures as (
    select
        published_figure_id,
        training_run_id,
        quantity,
        boundary,
        coalesce(counting, 'unstated') as counting,
        value,
        unit,
        kind,
        is_circular,
        source_id
    from core.published_figures
    where
        training_run_id is not null
        and quantity in ('training_flop', 'chip_hours', 'mfu', 'energy_kwh', 'co2e_kg', 'cost_usd', 'water_l')
),

-- What lies between model FLOP and a figure that was counted in this way; nothing for 6ND, attention and operation counts.
counting_ratios as (
    select
        unnest(case assumption when 'recompute_factor' then ['8nd'] else ['unstated', 'chips x time'] end) as counting,
        choice as ratio
    from core.assumption_choices
    where subject_kind = 'class' and subject_id = 'full' and assumption in ('recompute_factor', 'unstated_counting_ratio')
),

-- A reported MFU covers training steps; chip-hours also include restarts, evaluation and repairs.
productive as (
    select choice as time_ratio
    from core.assumption_choices
    where subject_kind = 'class' and subject_id = 'all' and assumption = 'productive_time_ratio'
),

-- Energy, cost and carbon without a published boundary: range over all possible boundaries.
spans as (
    select
        training_run_id,
        quantity,
        'span_of_boundaries' as method,
        min(value_low) as value_low,
        coalesce(any_value(value) filter (where boundary = 'server'), exp(avg(ln(value)))) as value,
        max(value_high) as value_high,
        'range over all possible boundaries' as formula,
        list_sort(list_distinct(flatten(list(inputs)))) as inputs
    from core.training_figures
    where quantity in ('energy_kwh', 'cost_usd', 'co2e_kg') and boundary not in ('embodied', 'lifecycle') and is_preferred and kind = 'derived'
    group by training_run_id, quantity
),

-- Model FLOP: counted, or chip-hours at the assumed utilisation. Chip-hours do not predict FLOP that were calculated from them.
model_flop as (
    select
        training_run_id,
        method,
        value_low,
        value,
        value_high,
        formula,
        inputs
    from core.training_compute
    where method in ('6nd', '3nd', 'operation_count')
    union all by name
    select
        training_run_id,
        'hardware' as method,
        low_of(flop) as value_low,
        central_of(flop) as value,
        high_of(flop) as value_high,
        formula,
        inputs
    from (
        select
            t.training_run_id,
            flop_hardware(uncertain(t.value_low, t.value, t.value_high), amount(i.dense_peak), amount(i.assumed_mfu)) as flop,
            'chip_hours · 3600 · dense_peak · mfu' as formula,
            list_concat(t.inputs, [i.dense_peak, i.assumed_mfu]) as inputs
        from core.training_time as t
        inner join core.training_inputs as i on t.training_run_id = i.training_run_id
        where t.is_preferred and t.method <> 'flop_over_rate' and i.dense_peak is not null
    ) as spent
),

first_estimates as (
    select
        f.published_figure_id,
        c.method || case when f.counting = '8nd' then ' x recomputation' else '' end as method,
        case
            when k.ratio is null then uncertain(c.value_low, c.value, c.value_high)
            else multiply(uncertain(c.value_low, c.value, c.value_high), amount(k.ratio))
        end as estimate,
        case when k.ratio is null then c.formula else c.formula || ' · ' || k.ratio.name end as formula,
        case when k.ratio is null then c.inputs else list_append(c.inputs, k.ratio) end as inputs
    from figures as f
    inner join model_flop as c on f.training_run_id = c.training_run_id
    left join counting_ratios as k on f.counting = k.counting
    where
        f.quantity = 'training_flop'
        and (c.method <> 'hardware' or not (f.counting = 'chips x time' or (f.counting = 'unstated' and f.kind = 'estimated')))
    union all by name
    select
        f.published_figure_id,
        'flop_over_rate' as method,
        chip_hours_from_flop(uncertain(c.value_low, c.value, c.value_high), amount(i.dense_peak), amount(i.assumed_mfu)) as estimate,
        'training_flop / (3600 · dense_peak · mfu)' as formula,
        list_concat(c.inputs, [i.dense_peak, i.assumed_mfu]) as inputs
    from figures as f
    inner join core.counted_flop as c on f.training_run_id = c.training_run_id
    inner join core.training_inputs as i on f.training_run_id = i.training_run_id
    where f.quantity = 'chip_hours' and i.dense_peak is not null
    union all by name
    select
        f.published_figure_id,
        'flop_over_time' as method,
        divide(
            model_flop_utilisation(
                uncertain(c.value_low, c.value, c.value_high), uncertain(t.value_low, t.value, t.value_high), amount(i.dense_peak)
            ),
            amount(productive.time_ratio)
        ) as estimate,
        'training_flop / (chip_hours · 3600 · dense_peak) / productive_time_ratio' as formula,
        list_concat(list_concat(c.inputs, t.inputs), [i.dense_peak, productive.time_ratio]) as inputs
    from figures as f
    cross join productive
    inner join core.counted_flop as c on f.training_run_id = c.training_run_id
    inner join core.training_inputs as i on f.training_run_id = i.training_run_id
    inner join core.training_time as t on f.training_run_id = t.training_run_id and t.is_preferred and t.method <> 'flop_over_rate'
    where f.quantity = 'mfu' and i.dense_peak is not null
    union all by name
    select
        f.published_figure_id,
        'prior' as method,
        amount(i.assumed_mfu) as estimate,
        'prior' as formula,
        [i.assumed_mfu] as inputs
    from figures as f
    inner join core.training_inputs as i on f.training_run_id = i.training_run_id
    where f.quantity = 'mfu' and i.assumed_mfu is not null
    union all by name
    select
        f.published_figure_id,
        e.method,
        uncertain(e.value_low, e.value, e.value_high) as estimate,
        e.formula,
        e.inputs
    from figures as f
    inner join core.training_figures as e
        on f.training_run_id = e.training_run_id and f.quantity = e.quantity and f.boundary = e.boundary and e.kind = 'derived'
    -- A cost at the price that the developers state repeats their arithmetic.
    where f.quantity in ('energy_kwh', 'co2e_kg', 'cost_usd', 'water_l') and e.method <> 'rental_stated'
    union all by name
    select
        f.published_figure_id,
        s.method,
        uncertain(s.value_low, s.value, s.value_high) as estimate,
        s.formula,
        s.inputs
    from figures as f
    inner join spans as s on f.training_run_id = s.training_run_id and f.quantity = s.quantity
    where f.boundary = 'unstated'
),

-- What uses a typical utilisation uses the one that is fitted without the paper of the figure and of the run.
estimates as (
    select
        e.published_figure_id,
        e.method,
        e.formula,
        e.inputs,
        h.paper_count is not null as is_refitted,
        assumed_input(e.inputs, 'mfu') as typical_mfu,
        case
            when typical_mfu is null or h.paper_count is null then e.estimate
            when e.method in ('hardware', 'hardware x recomputation')
                then exchanged(e.estimate, amount(typical_mfu), uncertain(h.predicted_mfu_low, h.predicted_mfu, h.predicted_mfu_high))
            else
                exchanged(
                    e.estimate,
                    reciprocal(amount(typical_mfu)),
                    reciprocal(uncertain(h.predicted_mfu_low, h.predicted_mfu, h.predicted_mfu_high))
                )
        end as estimate
    from first_estimates as e
    left join core.held_out_utilisation as h on e.published_figure_id = h.published_figure_id
),

judged as (
    select
        f.published_figure_id,
        f.training_run_id,
        f.quantity,
        f.boundary,
        e.method,
        low_of(e.estimate) as value_low,
        central_of(e.estimate) as value,
        high_of(e.estimate) as value_high,
        f.unit,
        f.kind,
        e.formula,
        e.inputs,
        f.value as published_value,
        case
            when f.is_circular then 'the figure uses the same formula as our estimate'
            when e.method = 'prior' then 'our estimate is a typical value based on such figures'
            when f.counting in ('6nd', '8nd', 'with attention', 'operation count') and e.method not in ('hardware', 'hardware x recomputation')
                then 'its makers counted operations as we do'
            when f.kind = 'estimated' then 'the figure is an estimate of a third party'
            when e.typical_mfu is not null and not e.is_refitted
                then 'our estimate uses a typical utilisation that cannot be fitted without this figure'
            when list_contains(assumption_sources_of(e.inputs, 'mfu'), f.source_id)
                then 'an assumption of our estimate was set with this source'
        end as circular_because
    from figures as f
    inner join estimates as e on f.published_figure_id = e.published_figure_id
),

-- The best method of each figure.
ranked as (
    select
        *,
        circular_because is not null as is_circular,
        row_number() over (
            partition by published_figure_id
            order by
                list_position(
                    [
                        '6nd x recomputation',
                        '6nd',
                        '3nd x recomputation',
                        '3nd',
                        'operation_count x recomputation',
                        'operation_count',
                        'hardware x recomputation',
                        'hardware',
                        'flop_over_rate',
                        'flop_over_time',
                        'prior'
                    ],
                    method
                ),
                method
        ) = 1 as is_best
    from judged
)

select
    published_figure_id,
    training_run_id,
    quantity,
    boundary,
    method,
    value_low,
    value,
    value_high,
    unit,
    formula,
    inputs,
    published_value,
    log10(value / published_value) as log10_error,
    published_value between value_low and value_high as is_covered,
    is_circular,
    circular_because,
    is_best,
    is_best and not is_circular
    and row_number() over (
        partition by training_run_id, quantity, is_best and not is_circular order by kind <> 'measured', published_figure_id
    ) = 1 as is_scored
from ranked
order by published_figure_id, method
