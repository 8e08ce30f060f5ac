-- One row per published figure of a training run that we can estimate without it: the figure beside the estimate. Circular
-- comparisons stay in the table and out of the scores (core.validation_scores).
-- key: published_figure_id
-- column: published_figure_id | Key of the figure.
-- column: training_run_id | Key of the run.
-- column: subject_name | Name of the run.
-- column: counting | How a published FLOP was counted, as stated or by its size.
-- column: published_kind | measured, reported or estimated.
-- interval: value | Our independent estimate, counted as the figure was.
-- column: unit | Unit of both.
-- column: is_covered | True if the figure is inside the 90 % interval of the estimate.
-- column: is_circular | True if the comparison is not independent.
-- column: circular_because | Why it is circular; null where it is not.
-- column: is_scored | True if the scores count it: one independent comparison of each run and quantity.
-- column: published_source_id | Source of the figure.
-- column: source_ids | Sources of the inputs of the estimate.
select
    e.published_figure_id,
    e.training_run_id,
    r.model_name as subject_name,
    e.quantity,
    e.boundary,
    coalesce(c.counting, p.counting) as counting,
    e.published_value,
    p.kind as published_kind,
    e.value_low,
    e.value,
    e.value_high,
    e.unit,
    e.method,
    e.log10_error,
    e.is_covered,
    e.is_circular,
    e.circular_because,
    e.is_scored,
    p.source_id as published_source_id,
    sources_of(e.inputs) as source_ids
from core.independent_estimates as e
inner join core.published_figures as p on e.published_figure_id = p.published_figure_id
inner join core.training_runs as r on e.training_run_id = r.training_run_id
left join core.flop_counting as c on e.published_figure_id = c.published_figure_id
where e.is_best
order by e.is_circular asc, e.quantity asc, abs(e.log10_error) desc, e.published_figure_id
