-- One row per published total that ours is compared with: ratio, whether it is inside our interval, and whether the two agree as their
-- definitions ask: a total that includes ours must not be below it, one that is part of ours not above it; an upper bound must not be below it.
-- key: total_id
-- interval: published_value | The published total; the bounds are those that are published, else the total itself.
-- interval: value | Ours; null where ours does not reach that year.
-- column: ratio | Ours ÷ the published total.
-- column: is_inside | True if the published total, or a part of its range, is inside our 90 % interval.
-- column: agrees | True if the two agree as their definitions ask, within our interval.
select
    total_id,
    total_name,
    quantity,
    year,
    published_value_low,
    published_value,
    published_value_high,
    value_low,
    value,
    value_high,
    unit,
    value / published_value as ratio,
    published_value_high >= value_low and published_value_low <= value_high as is_inside,
    case
        when relation in ('includes ours', 'upper bound') then value_low <= published_value
        when relation = 'part of ours' then value_high >= published_value
        else published_value_high >= value_low and published_value_low <= value_high
    end as agrees,
    relation,
    reason,
    is_independent,
    source_id
from core.installed_comparisons
order by not is_independent, quantity, year, total_id
