-- One row per published total that ours is compared with: ratio, whether it is inside our interval, and whether the two agree as their
-- definitions ask: a total that includes ours must not be below it, one that is part of ours not above it.
-- key: total_id
-- interval: value | Ours; null where ours does not reach that year.
-- column: ratio | Ours ÷ the published total.
-- column: is_inside | True if the published total is inside our 90 % interval.
-- column: agrees | True if the two agree as their definitions ask, within our interval.
select
    total_id,
    total_name,
    quantity,
    year,
    published_value,
    value_low,
    value,
    value_high,
    unit,
    value / published_value as ratio,
    published_value between value_low and value_high as is_inside,
    case relation
        when 'includes ours' then value_low <= published_value
        when 'part of ours' then value_high >= published_value
        else published_value between value_low and value_high
    end as agrees,
    relation,
    reason,
    is_independent,
    source_id
from core.installed_comparisons
order by not is_independent, quantity, year, total_id
