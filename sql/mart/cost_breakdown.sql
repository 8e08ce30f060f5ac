-- One row per training run and component: its share of the cost of the run on owned hardware, including site and staff.
-- key: training_run_id, component
-- column: training_run_id | Key of the run.
-- column: cost_usd | Central cost of the component, nominal US dollars.
-- check: shares_sum_to_one | select training_run_id from mart.cost_breakdown group by training_run_id having abs(sum(share) - 1) > 1e-9 or count(*) <> 6
-- check: machines_and_electricity_are_the_owned_cost | select b.training_run_id from mart.cost_breakdown as b
--    inner join core.training_cost as c on b.training_run_id = c.training_run_id and c.boundary = 'owned' and c.is_preferred
--    where b.component not in ('facility', 'staff') group by b.training_run_id, c.value having abs(sum(b.cost_usd) / c.value - 1) > 1e-6
select
    c.training_run_id,
    r.model_id,
    c.component,
    c.share_low,
    c.share,
    c.share_high,
    c.cost_usd
from core.cost_components as c
inner join core.training_runs as r on c.training_run_id = r.training_run_id
order by c.training_run_id, c.component
