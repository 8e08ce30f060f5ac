-- One row per run, quantity and uncertain input: how the run's figure depends on it, and whether other runs depend on the same one. A figure
-- is a product of powers of its inputs; exact inputs are left out.
-- key: training_run_id, quantity, factor
-- column: training_run_id | Key of core.training_runs.
-- column: quantity | Quantity with its boundary.
-- column: factor | The input; an assumption, price or grid that runs share has one name for all of them.
-- column: is_shared | True if the input is not the run's own.
-- column: exponent | 1 or -1: power to which the input enters the figure.
-- column: down_log | Half-width below the central value, natural logarithm.
-- column: up_log | Half-width above the central value, natural logarithm.
-- check: figures_are_products_of_their_inputs | select f.training_run_id, f.quantity
--    from core.total_factors as f
--    inner join core.training_results as r on f.training_run_id = r.training_run_id and f.quantity = r.quantity
--    group by all
--    having abs(ln(any_value(r.value_high / r.value_low)) / (2 * sqrt(sum(((f.down_log + f.up_log) / 2) ** 2))) - 1) > 0.35
with figures as (
    select
        training_run_id,
        quantity,
        unnest(inputs, max_depth := 2) as input
    from core.training_results
    where quantity in ('training_flop', 'chip_hours', 'facility_energy_kwh', 'location_co2e_kg', 'cloud_cost_usd')
),

inputs as (
    select
        training_run_id,
        quantity,
        name,
        basis,
        -- Published utilisation and its correction divide in chip-hours, and multiply in FLOP from chip-hours.
        case
            when name in ('mfu', 'published_mfu', 'productive_time_ratio') and quantity <> 'training_flop' then -1 else 1
        end as exponent,
        basis is not null and not starts_with(basis, 'published figure') as is_shared,
        ln(value / low) as down_log,
        ln(high / value) as up_log
    from figures
    where low < high and value > 0 and low > 0
)

select
    training_run_id,
    quantity,
    case when is_shared then basis || ': ' || name else training_run_id || ': ' || name end as factor,
    is_shared,
    exponent,
    max(down_log) as down_log,
    max(up_log) as up_log
from inputs
group by all
order by training_run_id, quantity, factor
