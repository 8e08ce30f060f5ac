-- One row per training run and result: the preferred figures under the names that summaries use, and FLOP, time and energy in other units.
-- key: training_run_id, quantity
-- column: quantity | Quantity with its boundary, such as facility_energy_kwh; or petaflop_days, wall_days, home_years.
-- interval: value | The result.
-- column: unit | Unit of value.
-- column: kind | measured, reported, estimated, derived or assumed.
-- column: method | How it was made; conversion for other units of another row.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with figures as (
    select
        training_run_id,
        case boundary when 'none' then quantity else boundary || '_' || quantity end as quantity,
        value_low,
        value,
        value_high,
        unit,
        kind,
        method,
        formula,
        inputs
    from core.training_figures
    where is_preferred
),

homes as (
    select assumed['home_year_kwh'] as home_year
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'USA'
),

durations as (
    select
        f.training_run_id,
        case
            when i.reported_hours is not null then scaled(amount(i.reported_hours), 1 / 24)
            else wall_days_of(uncertain(f.value_low, f.value, f.value_high), amount(i.accelerator_count), amount(i.chip_hours_ratio))
        end as days,
        case
            when i.reported_hours is not null then 'training_hours / 24' else 'chip_hours / (24 · accelerator_count · chip_hours_ratio)'
        end as formula,
        case
            when i.reported_hours is not null then [i.reported_hours] else list_concat(f.inputs, [i.accelerator_count, i.chip_hours_ratio])
        end as inputs
    from figures as f
    inner join core.training_inputs as i on f.training_run_id = i.training_run_id
    where f.quantity = 'chip_hours' and i.accelerator_count is not null
),

converted as (
    select
        training_run_id,
        'petaflop_days' as quantity,
        petaflop_days_of(value_low) as value_low,
        petaflop_days_of(value) as value,
        petaflop_days_of(value_high) as value_high,
        'petaFLOP-day' as unit,
        'training_flop / (1e15 · 86400)' as formula,
        inputs
    from figures
    where quantity = 'training_flop'
    union all by name
    select
        training_run_id,
        'wall_days' as quantity,
        low_of(days) as value_low,
        central_of(days) as value,
        high_of(days) as value_high,
        'day' as unit,
        formula,
        inputs
    from durations
    union all by name
    select
        f.training_run_id,
        'home_years' as quantity,
        home_years_of(f.value_low, h.home_year.value) as value_low,
        home_years_of(f.value, h.home_year.value) as value,
        home_years_of(f.value_high, h.home_year.value) as value_high,
        'home-year' as unit,
        'facility_energy_kwh / home_year_kwh' as formula,
        list_append(f.inputs, central_input(h.home_year)) as inputs
    from figures as f
    cross join homes as h
    where f.quantity = 'facility_energy_kwh'
)

select *
from figures
union all by name
select -- noqa: AM07
    training_run_id,
    quantity,
    value_low,
    value,
    value_high,
    unit,
    'derived' as kind,
    'conversion' as method,
    formula,
    inputs
from converted
order by training_run_id, quantity
