-- One row per quantity that no run or machine carries, for claims about it: assumptions and ratios of them.
-- key: anchor_id, quantity
-- column: anchor_id | Key of the subject.
-- column: anchor_name | Name of the subject.
-- column: quantity | Quantity.
-- interval: value | Its value.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with chosen as (
    select
        assumed['rnd_multiplier'] as rnd_multiplier,
        assumed['facility_capital_usd_per_megawatt'] as facility_capital,
        assumed['it_capital_usd_per_megawatt'] as it_capital,
        assumed['home_year_kwh'] as home_year
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'USA'
),

anchors as (
    select
        'model-development' as anchor_id,
        'Model development' as anchor_name,
        'development_multiplier' as quantity,
        amount(rnd_multiplier) as value,
        'ratio' as unit,
        'rnd_multiplier' as formula,
        [rnd_multiplier] as inputs
    from chosen
    union all by name
    select
        'data-centre' as anchor_id,
        'Data centre' as anchor_name,
        'facility_to_it_capital_ratio' as quantity,
        divide(amount(facility_capital), amount(it_capital)) as value,
        'ratio' as unit,
        'facility_capital_usd_per_megawatt / it_capital_usd_per_megawatt' as formula,
        [facility_capital, it_capital] as inputs
    from chosen
    union all by name
    select
        'home-usa' as anchor_id,
        'A US home' as anchor_name,
        'energy_kwh' as quantity,
        amount(home_year) as value,
        'kWh' as unit,
        'home_year_kwh' as formula,
        [home_year] as inputs
    from chosen
)

select
    anchor_id,
    anchor_name,
    quantity,
    low_of(value) as value_low,
    central_of(value) as value,
    high_of(value) as value_high,
    unit,
    formula,
    inputs
from anchors
order by anchor_id, quantity
