-- One row per chip, quarter and owner: the owner's share of the chip's units. Shares sum to one: what no owner has is Not attributed, and
-- owners' medians that exceed the total are scaled to it. So nothing is counted twice between owners and designers.
-- key: chip_id, quarter_end, owner
-- column: chip_id | Key of seeds.chip_kinds.
-- column: quarter_end | Last day of the quarter.
-- column: owner | Owner or group of owners, or Not attributed.
-- column: share | Share of the units.
-- column: shares_quarter_end | Quarter whose owners are taken: the latest with owners up to this one, else the first.
-- check: shares_sum_to_one | select chip_id, quarter_end from core.installed_shares group by all having abs(sum(share) - 1) > 1e-9
with totals as (
    select
        chip_id,
        quarter_end,
        units_count
    from core.installed_counts
    where owner = 'All' and units_count > 0
),

owned as (
    select
        o.chip_id,
        o.owner,
        o.quarter_end,
        o.units_count / greatest(t.units_count, sum(o.units_count) over (partition by o.chip_id, o.quarter_end)) as share
    from core.installed_counts as o
    inner join totals as t on o.chip_id = t.chip_id and o.quarter_end = t.quarter_end
    where o.owner <> 'All' and o.units_count > 0
),

dates as (
    select
        t.chip_id,
        t.quarter_end,
        coalesce(max(o.quarter_end) filter (where o.quarter_end <= t.quarter_end), min(o.quarter_end)) as shares_quarter_end
    from totals as t
    left join owned as o on t.chip_id = o.chip_id
    group by t.chip_id, t.quarter_end
),

attributed as (
    select
        d.chip_id,
        d.quarter_end,
        o.owner,
        o.share,
        d.shares_quarter_end
    from dates as d
    inner join owned as o on d.chip_id = o.chip_id and d.shares_quarter_end = o.quarter_end
)

select * from attributed
union all by name
select
    d.chip_id,
    d.quarter_end,
    'Not attributed' as owner,
    1 - coalesce(sum(a.share), 0) as share,
    d.shares_quarter_end
from dates as d
left join attributed as a on d.chip_id = a.chip_id and d.quarter_end = a.quarter_end
group by d.chip_id, d.quarter_end, d.shares_quarter_end
having 1 - coalesce(sum(a.share), 0) > 1e-12
order by chip_id, quarter_end, owner
