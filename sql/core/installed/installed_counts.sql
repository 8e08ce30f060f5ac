-- One row per chip, owner and quarter: AI chips sold since the publisher began to count, with its interval. The fetched files, else the
-- curated copy of them in seeds/installed.
-- key: chip_id, owner, quarter_end
-- column: chip_id | Key of seeds.chip_kinds.
-- column: designer | Designer of the chip.
-- column: owner | Owner or group of owners; all owners in rows named All.
-- column: quarter_start | First day of the quarter.
-- column: quarter_end | Last day of the quarter.
-- column: units_count_low | 5th percentile of units.
-- column: units_count | Median of units.
-- column: units_count_high | 95th percentile of units.
-- column: h100_equivalents_count | Median of the count of H100 chips with equal peak 8-bit rate.
-- column: is_incomplete | True if the publisher has only part of the quarter: never shown as a fall.
-- column: is_fetched | True if the row is of a fetched file.
-- column: source_id | Source of the count.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
-- check: totals_do_not_fall | select chip_id, quarter_end from core.installed_counts where owner = 'All'
--    qualify units_count < lag(units_count) over (partition by chip_id order by quarter_end)
with kinds as (
    select
        chip_id,
        designer,
        publisher_designer,
        unnest(list_distinct([publisher_name, coalesce(other_publisher_name, publisher_name)])) as publisher_name
    from seeds.chip_kinds
),

published as (
    select
        'All' as owner,
        chip_manufacturer,
        chip_type,
        end_date,
        units_count_low,
        units_count,
        units_count_high,
        h100_equivalents_count,
        incomplete,
        notes,
        'cumulative by chip, row ' || name as locator
    from raw.epoch_chip_cumulative
    union all by name
    select
        owner,
        chip_manufacturer,
        chip_type,
        end_date,
        units_count_low,
        units_count,
        units_count_high,
        h100_equivalents_count,
        incomplete,
        notes,
        'owners, cumulative by chip, row ' || name as locator
    from raw.epoch_chip_owners_cumulative
),

fetched as (
    select
        k.chip_id,
        k.designer,
        p.owner,
        p.end_date as quarter_end,
        p.units_count_low,
        p.units_count,
        p.units_count_high,
        p.h100_equivalents_count,
        p.incomplete is not null or coalesce(starts_with(p.notes, 'Incomplete'), false) as is_incomplete,
        true as is_fetched,
        'epoch_chip_counts' as source_id,
        p.locator,
        'seen' as verified
    from published as p
    inner join kinds as k on p.chip_manufacturer = k.publisher_designer and p.chip_type = k.publisher_name
),

curated as (
    select
        c.chip_id,
        k.designer,
        coalesce(c.owner, 'All') as owner,
        c.quarter_end,
        c.units_count_low,
        c.units_count,
        c.units_count_high,
        c.h100_equivalents_count,
        c.is_incomplete,
        false as is_fetched,
        c.source_id,
        c.locator,
        c.verified
    from seeds.chip_counts as c
    inner join seeds.chip_kinds as k on c.chip_id = k.chip_id
),

known as (
    select * from fetched
    union all by name
    select * from curated
    where
        not exists (
            select 1 from fetched as f
            where f.designer = curated.designer and (f.owner = 'All') = (curated.owner = 'All')
        )
)

select
    chip_id,
    designer,
    owner,
    date_trunc('quarter', quarter_end)::date as quarter_start,
    quarter_end,
    units_count_low,
    units_count,
    units_count_high,
    h100_equivalents_count,
    is_incomplete,
    is_fetched,
    source_id,
    locator,
    verified
from known
order by chip_id, owner, quarter_end
