-- One row per chip and quarter: units sold in the quarter, units in service at its end, and units that run on average over it. Retirement
-- follows age; a chip runs some time after its sale. Beside the central values stand those at the bounds of each of the two assumptions.
-- key: chip_id, quarter_end
-- column: chip_id | Key of seeds.chip_kinds.
-- column: designer | Designer of the chip.
-- column: quarter_start | First day of the quarter.
-- column: quarter_end | Last day of the quarter.
-- column: is_incomplete | True if the publisher has only part of the quarter.
-- column: sold_units_count | Units sold in the quarter.
-- column: installed_units_count | Units in service at the end of the quarter: sold and not retired.
-- column: short_life_installed_units_count | The same if chips retire early.
-- column: long_life_installed_units_count | The same if chips retire late.
-- column: owned_units_count | Units in service at mid-quarter, those that do not run yet included.
-- column: running_units_count | Units that run at mid-quarter.
-- column: short_life_running_units_count | The same if chips retire early.
-- column: long_life_running_units_count | The same if chips retire late.
-- column: late_running_units_count | The same if chips begin to run late after their sale.
-- column: soon_running_units_count | The same if chips begin to run soon after their sale.
-- column: locator | Where in the source the units of the chip are.
-- check: no_more_run_than_were_sold | select * from core.installed_stock where running_units_count > owned_units_count * (1 + 1e-9)
with assumed as (
    select
        max(central) filter (where name = 'service_life_years') as life,
        max(low) filter (where name = 'service_life_years') as short_life,
        max(high) filter (where name = 'service_life_years') as long_life,
        max(central) filter (where name = 'retirement_shape') as shape,
        max(central) filter (where name = 'commissioning_days') as delay,
        max(low) filter (where name = 'commissioning_days') as soon,
        max(high) filter (where name = 'commissioning_days') as late
    from seeds.assumptions
),

counts as (
    select
        *,
        units_count - coalesce(lag(units_count) over (partition by chip_id order by quarter_end), 0) as sold_units_count,
        quarter_start + (date_diff('day', quarter_start, quarter_end) // 2)::integer as middle
    from core.installed_counts
    where owner = 'All'
),

cohorts as (
    select
        q.chip_id,
        q.designer,
        q.quarter_start,
        q.quarter_end,
        q.is_incomplete,
        q.sold_units_count,
        q.locator,
        a.*,
        v.sold_units_count as cohort_units,
        v.quarter_start as cohort_start,
        v.quarter_end as cohort_end,
        q.middle,
        date_diff('day', v.middle, q.middle) / 365.25 as age_years,
        date_diff('day', v.middle, q.quarter_end) / 365.25 as age_at_end_years
    from counts as q
    inner join counts as v on q.chip_id = v.chip_id and q.quarter_end >= v.quarter_end
    cross join assumed as a
)

select
    chip_id,
    designer,
    quarter_start,
    quarter_end,
    is_incomplete,
    sold_units_count,
    sum(cohort_units * in_service_share_of(age_at_end_years, life, shape)) as installed_units_count,
    sum(cohort_units * in_service_share_of(age_at_end_years, short_life, shape)) as short_life_installed_units_count,
    sum(cohort_units * in_service_share_of(age_at_end_years, long_life, shape)) as long_life_installed_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, 0) * in_service_share_of(age_years, life, shape)) as owned_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, delay) * in_service_share_of(age_years, life, shape))
        as running_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, delay) * in_service_share_of(age_years, short_life, shape))
        as short_life_running_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, delay) * in_service_share_of(age_years, long_life, shape))
        as long_life_running_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, late) * in_service_share_of(age_years, life, shape))
        as late_running_units_count,
    sum(cohort_units * running_share_of(middle, cohort_start, cohort_end, soon) * in_service_share_of(age_years, life, shape))
        as soon_running_units_count,
    any_value(locator) as locator
from cohorts
group by all
order by chip_id, quarter_end
