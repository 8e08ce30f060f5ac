-- One row per designer and quarter: all its AI chips sold since the publisher began to count, with its interval; fetched, else curated.
-- key: designer, quarter_end
-- column: designer | Designer of the chips.
-- column: quarter_end | Last day of the quarter.
-- column: units_count_low | 5th percentile of units.
-- column: units_count | Median of units.
-- column: units_count_high | 95th percentile of units.
-- column: h100_equivalents_count | Median of the count of H100 chips with equal peak 8-bit rate.
-- column: chip_power_w | Median of rated chip power, watts.
-- column: is_incomplete | True if the publisher has only part of the quarter.
-- column: source_id | Source of the total.
-- column: locator | Where in the source.
with designers as (
    select distinct
        designer,
        publisher_designer
    from seeds.chip_kinds
),

fetched as (
    select
        d.designer,
        t.end_date as quarter_end,
        t.units_count_low,
        t.units_count,
        t.units_count_high,
        t.h100_equivalents_count,
        1e6 * t.power_megawatts as chip_power_w,
        t.incomplete is not null or coalesce(starts_with(t.notes, 'Incomplete'), false) as is_incomplete,
        'epoch_chip_counts' as source_id,
        'cumulative totals, row ' || t.name as locator
    from raw.epoch_chip_totals as t
    inner join designers as d on t.chip_manufacturer = d.publisher_designer
)

select
    designer,
    quarter_end,
    units_count_low,
    units_count,
    units_count_high,
    h100_equivalents_count,
    chip_power_w,
    is_incomplete,
    source_id,
    locator
from fetched
union all by name
select
    designer,
    quarter_end,
    units_count_low,
    units_count,
    units_count_high,
    h100_equivalents_count,
    chip_power_w,
    is_incomplete,
    source_id,
    locator
from seeds.chip_totals
where designer not in (select f.designer from fetched as f)
order by designer, quarter_end
