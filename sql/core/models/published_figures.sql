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

quantities as (
    select *
    from (
        values
        ('training_flop', 'training_flop', 'FLOP', 'estimated'),
        ('finetuning_flop', 'training_flop', 'FLOP', 'estimated'),
        ('chip_hours', 'chip_hours', 'chip-hour', 'reported'),
        ('training_hours', 'training_hours', 'hour', 'reported'),
        ('mfu', 'mfu', 'ratio', 'reported'),
        ('hfu', 'hfu', 'ratio', 'reported')
    ) as q (field, quantity, unit, kind) -- noqa: AL05
),

-- Bounds hold for the value beside which they stood.
bounds as (
    select
        l.model_id,
        l.training_flop,
        arg_min(e.least_training_flop, l.precedence) filter (where l.least_training_flop = e.least_training_flop) as value_low,
        arg_min(e.most_training_flop, l.precedence) filter (where l.most_training_flop = e.most_training_flop) as value_high
    from core.epoch_listings as l
    inner join core.epoch_models as e on l.model_id = e.model_id
    group by all
),

hours as (
    select distinct subject_id as model_id
    from seeds.published_figures
    where quantity = 'training_hours' and subject_kind = 'training_run'
),

-- What Epoch gives of the model's own run: never the compute of a base model; chip-hours only where no hours and count are known that
-- make them, and where the chips can do that compute in them (else core.findings_units and core.findings_utilisation have a finding).
epoch as (
    select
        v.model_id,
        v.record_name,
        v.source_id,
        q.quantity,
        v.value,
        case when b.value_low < v.value * (1 - 1e-6) then b.value_low end as value_low,
        case when b.value_high > v.value * (1 + 1e-6) then b.value_high end as value_high,
        q.unit,
        q.kind,
        case when q.kind = 'estimated' then 'epoch ' || lower(e.confidence) else q.kind end as spread
    from core.epoch_values as v
    inner join quantities as q on v.field = q.field
    inner join core.epoch_models as e on v.model_id = e.model_id
    left join core.training_runs as r on v.model_id = r.training_run_id
    left join hours as h on v.model_id = h.model_id
    left join bounds as b on v.model_id = b.model_id and v.field = 'training_flop' and v.value = b.training_flop
    where
        v.is_used
        and v.value > 0
        and (q.quantity <> 'training_flop' or v.value = e.own_training_flop)
        and (
            q.quantity <> 'chip_hours'
            or (
                h.model_id is null
                and (e.training_hours is null or e.accelerator_count is null)
                and not coalesce(e.own_training_flop / (v.value * 3600 * r.dense_peak_flop_per_s) > 1, false)
            )
        )
    qualify row_number() over (partition by v.model_id, q.quantity order by v.field) = 1
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
        'epoch-' || model_id || '-' || replace(quantity, '_', '-') as published_figure_id,
        'training_run' as subject_kind,
        model_id as subject_id,
        record_name as subject_name,
        quantity,
        'none' as boundary,
        value_low,
        value,
        value_high,
        unit,
        kind,
        spread,
        quantity in ('training_flop', 'mfu', 'hfu') as is_circular,
        source_id,
        'row ' || record_name as locator,
        'secondary' as verified
    from epoch
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
            f.source_id in ('epoch_models', 'epoch_all_models'),
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
