-- One row per published figure of a training run; the first of each quantity is the one that estimates may use.
-- key: published_figure_id
-- column: published_figure_id | Key of core.published_figures.
-- column: training_run_id | Key of the run, null where the figure is about something else.
-- column: subject_kind | What the figure is about.
-- column: subject_id | Key of the subject.
-- column: subject_name | Name of the subject.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- interval: value | The figure; where the source gives no range, the bounds allow for rounding and loose wording.
-- column: unit | Unit of value.
-- column: kind | Measured, reported or estimated.
-- column: is_circular | True if derived from other figures with the same formula as ours. We assume this for Epoch AI's compute and
--    utilisation: its files do not say which cells quote a paper and which are its own quotients.
-- column: is_first | True for the best figure of its run, quantity and boundary: measured before reported before estimated.
-- column: source_id | Source of the figure.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
-- column: seed_line | Line in seeds/models/published_figures.csv; null for figures of Epoch AI.
with rounding as (
    select
        applies_to as kind,
        low,
        high
    from seeds.assumptions
    where name = 'published_value_ratio'
),

epoch as (
    select
        model_id,
        record_name,
        unnest([
            {
                'quantity': 'training_flop', 'value': training_flop, 'unit': 'FLOP', 'kind': 'estimated',
                'spread': 'epoch ' || lower(confidence)
            },
            {
                'quantity': 'training_hours', 'value': training_hours, 'unit': 'hour', 'kind': 'reported',
                'spread': 'reported'
            },
            { 'quantity': 'mfu', 'value': mfu, 'unit': 'ratio', 'kind': 'reported', 'spread': 'reported' },
            { 'quantity': 'hfu', 'value': hfu, 'unit': 'ratio', 'kind': 'reported', 'spread': 'reported' }
        ]) as figure
    from core.epoch_models
),

figures as (
    select
        published_figure_id,
        subject_kind,
        subject_id,
        subject_name,
        quantity,
        boundary,
        counting,
        value_low,
        value,
        value_high,
        unit,
        kind,
        kind as spread,
        is_circular,
        source_id,
        locator,
        verified,
        seed_line
    from seeds.published_figures
    union all by name
    select
        'epoch-' || model_id || '-' || replace(figure.quantity, '_', '-') as published_figure_id,
        'training_run' as subject_kind,
        model_id as subject_id,
        record_name as subject_name,
        figure.quantity,
        'none' as boundary,
        figure.value,
        figure.unit,
        figure.kind,
        figure.spread,
        figure.quantity in ('training_flop', 'mfu', 'hfu') as is_circular,
        'epoch_models' as source_id,
        'row ' || record_name as locator,
        'secondary' as verified
    from epoch
    where figure.value > 0
)

select
    f.published_figure_id,
    r.training_run_id,
    f.subject_kind,
    f.subject_id,
    f.subject_name,
    f.quantity,
    f.boundary,
    f.counting,
    coalesce(f.value_low, f.value * rounding.low) as value_low,
    f.value,
    coalesce(f.value_high, f.value * rounding.high) as value_high,
    f.unit,
    f.kind,
    f.is_circular,
    row_number() over (
        partition by f.subject_id, f.quantity, f.boundary
        order by
            f.is_circular,
            array_position(['measured', 'reported', 'estimated'], f.kind),
            f.source_id = 'epoch_models',
            array_position(['seen', 'secondary', 'recalled'], f.verified),
            f.published_figure_id
    ) = 1 as is_first,
    f.source_id,
    f.locator,
    f.verified,
    f.seed_line
from figures as f
inner join rounding on f.spread = rounding.kind
left join core.training_runs as r on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id
order by f.published_figure_id
