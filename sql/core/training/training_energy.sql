-- One row per training run and boundary: electricity drawn by the accelerators, by the servers (IT energy) and by the facility.
-- key: training_run_id, quantity, boundary, method
-- column: training_run_id | Key of core.training_runs.
-- column: quantity | Quantity.
-- column: boundary | What it includes.
-- column: method | How the figure was made.
-- column: kind | reported, where it is a published figure; derived, where a formula made it; assumed, where nothing but a prior stands behind it.
-- interval: value | The figure.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- column: is_preferred | True for the figure that summaries show: the first method of the list in the query that applies.
with amounts as (
    select
        i.*,
        t.inputs as time_inputs,
        uncertain(t.value_low, t.value, t.value_high) as chip_hours,
        amount(i.tdp) as tdp_amount,
        amount(i.average_power_ratio) as average_power_ratio_amount,
        amount(i.server_power_ratio) as server_power_ratio_amount,
        amount(i.pue) as pue_amount
    from core.training_inputs as i
    inner join core.training_time as t on i.training_run_id = t.training_run_id and t.is_preferred
),

estimates as (
    select
        training_run_id,
        'energy_kwh' as quantity,
        'chip' as boundary,
        'chip_hours_times_power' as method,
        'derived' as kind,
        chip_energy_kwh_of(chip_hours, tdp_amount, average_power_ratio_amount) as estimate,
        'kWh' as unit,
        'chip_hours · tdp / 1000 · average_power_ratio' as formula,
        list_concat(time_inputs, [tdp, average_power_ratio]) as inputs
    from amounts
    where tdp is not null
    union all by name
    select
        training_run_id,
        'energy_kwh' as quantity,
        'server' as boundary,
        'chip_hours_times_power' as method,
        'derived' as kind,
        server_energy_kwh_of(chip_hours, tdp_amount, server_power_ratio_amount, average_power_ratio_amount) as estimate,
        'kWh' as unit,
        'chip_hours · tdp / 1000 · server_power_ratio · average_power_ratio' as formula,
        list_concat(time_inputs, [tdp, server_power_ratio, average_power_ratio]) as inputs
    from amounts
    where tdp is not null
    union all by name
    select
        training_run_id,
        'energy_kwh' as quantity,
        'facility' as boundary,
        'chip_hours_times_power' as method,
        'derived' as kind,
        facility_energy_kwh_of(chip_hours, tdp_amount, server_power_ratio_amount, average_power_ratio_amount, pue_amount) as estimate,
        'kWh' as unit,
        'chip_hours · tdp / 1000 · server_power_ratio · average_power_ratio · pue' as formula,
        list_concat(time_inputs, [tdp, server_power_ratio, average_power_ratio, pue]) as inputs
    from amounts
    where tdp is not null
)

select
    training_run_id,
    quantity,
    boundary,
    method,
    kind,
    low_of(estimate) as value_low,
    central_of(estimate) as value,
    high_of(estimate) as value_high,
    unit,
    formula,
    inputs,
    row_number() over (
        partition by training_run_id, quantity, boundary
        order by list_position(['chip_hours_times_power'], method)
    ) = 1 as is_preferred
from estimates
order by training_run_id, quantity, boundary, method
