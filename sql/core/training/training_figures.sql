-- One row per figure of a training run: all quantities and methods side by side, with one preferred of each quantity and boundary.
-- key: training_run_id, quantity, boundary, method
-- column: inputs | Inputs with their values, bounds, units, kinds, sources, places in them, and how they were checked and chosen.
-- column: source_ids | Sources of all inputs.
-- column: is_preferred | True for the figure that summaries show.
-- check: every_input_has_a_source | select * from core.training_figures where coalesce(len(inputs), 0) = 0
--    or coalesce(len(source_ids), 0) = 0 or list_bool_or(list_transform(source_ids, lambda s: s is null))
-- check: every_input_has_a_place_in_its_source | select * from core.training_figures
--    where list_bool_or(list_transform(inputs, lambda i: i.locator is null or i.verified is null))
-- check: no_estimate_uses_its_own_published_figure | select * from core.training_figures
--    where kind = 'derived' and list_contains(list_transform(inputs, lambda i: i.name), 'published_' || quantity)
with figures as (
    select * from core.training_compute
    union all by name
    select * from core.training_time
    union all by name
    select * from core.training_utilisation
    union all by name
    select * from core.training_energy
    union all by name
    select * from core.training_cost
    union all by name
    select * from core.training_environment
)

select
    training_run_id,
    quantity,
    boundary,
    method,
    kind,
    value_low,
    value,
    value_high,
    unit,
    formula,
    inputs,
    sources_of(inputs) as source_ids,
    is_preferred
from figures
-- More than the dense peak cannot be: such a quotient mixes the FLOP of one run with the time of another, and is a finding.
where not (quantity = 'mfu' and value > 1)
order by training_run_id, quantity, boundary, method
