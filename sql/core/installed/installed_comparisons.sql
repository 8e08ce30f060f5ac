-- One row per published total: the total beside ours for the same year and scope. Totals of the publisher of the counts say whether chips add
-- up to its designers; the others come from elsewhere.
-- key: total_id
-- column: total_id | Key of the total.
-- column: total_name | What the total is of, and whose.
-- column: quantity | Quantity.
-- column: year | Year of the total.
-- interval: published_value | The published total; the bounds are those that are published, else the total itself.
-- interval: value | Ours; null where ours does not reach that year.
-- column: unit | Unit of the values.
-- column: relation | How the total relates to ours by definition: the same, includes ours, part of ours, or an upper bound of the same.
-- column: reason | What the one has that the other does not.
-- column: is_independent | False for totals of the publisher of the counts.
-- column: source_id | Source of the total.
with places as (
    select
        t.year,
        s.place as scope,
        t.quantity,
        sum(t.value_low * s.share) as value_low,
        sum(t.value * s.share) as value,
        sum(t.value_high * s.share) as value_high
    from core.installed_totals as t
    inner join seeds.owner_sites as s on t.scope_kind = 'owner' and t.scope = s.owner
    group by t.year, s.place, t.quantity
),

ours as (
    select
        year,
        scope_kind,
        scope,
        quantity,
        value_low,
        value,
        value_high
    from core.installed_totals
    union all by name
    select
        year,
        'place' as scope_kind,
        scope,
        quantity,
        value_low,
        value,
        value_high
    from places
),

asked as (
    select
        *,
        trim(unnest(string_split(scope, ','))) as one_scope
    from seeds.independent_totals
),

independent as (
    select
        a.total_id,
        any_value(a.total_name) as total_name,
        any_value(a.quantity) as quantity,
        any_value(a.year) as year,
        any_value(coalesce(a.value_low, a.value)) as published_value_low,
        any_value(a.value) as published_value,
        any_value(coalesce(a.value_high, a.value)) as published_value_high,
        sum(o.value_low) as value_low,
        sum(o.value) as value,
        sum(o.value_high) as value_high,
        any_value(a.unit) as unit,
        any_value(a.relation) as relation,
        any_value(a.reason) as reason,
        true as is_independent,
        any_value(a.source_id) as source_id
    from asked as a
    left join ours as o on a.year = o.year and a.scope_kind = o.scope_kind and a.one_scope = o.scope and a.quantity = o.quantity
    group by a.total_id
),

last_quarters as (
    select
        designer,
        max(quarter_end) as quarter_end
    from core.installed_totals_published
    where not is_incomplete
    group by designer
),

summed as (
    select
        c.designer,
        c.quarter_end,
        sum(c.units_count_low) as units_low,
        sum(c.units_count) as units,
        sum(c.units_count_high) as units_high,
        sum(c.h100_equivalents_count) as h100_equivalents,
        sum(c.units_count * k.rated_power_w) as chip_power_w
    from core.installed_counts as c
    inner join seeds.chip_kinds as k on c.chip_id = k.chip_id
    where c.owner = 'All'
    group by c.designer, c.quarter_end
),

of_publisher as (
    select
        p.designer,
        p.quarter_end,
        p.source_id,
        s.units_low / s.units as low_ratio,
        s.units_high / s.units as high_ratio,
        unnest([
            { 'quantity': 'units', 'published_value': p.units_count, 'value': s.units, 'unit': '1' },
            {
                'quantity': 'h100_equivalents',
                'published_value': p.h100_equivalents_count,
                'value': s.h100_equivalents,
                'unit': '1'
            },
            { 'quantity': 'chip_power_w', 'published_value': p.chip_power_w, 'value': s.chip_power_w, 'unit': 'W' }
        ], max_depth := 2) as item
    from core.installed_totals_published as p
    inner join last_quarters as l on p.designer = l.designer and p.quarter_end = l.quarter_end
    inner join summed as s on p.designer = s.designer and p.quarter_end = s.quarter_end
),

-- The largest data centres that a publisher follows from above: what they draw now is part of the power of all.
followed as (
    select
        'epoch-data-centres' as total_id,
        'Power of the ' || any_value(d.site_count) || ' largest AI data centres that Epoch AI follows' as total_name,
        'facility_power_w' as quantity,
        any_value(o.year) as year,
        any_value(d.power_w) as published_value_low,
        any_value(d.power_w) as published_value,
        any_value(d.power_w) as published_value_high,
        any_value(o.value_low) as value_low,
        any_value(o.value) as value,
        any_value(o.value_high) as value_high,
        'W' as unit,
        'part of ours' as relation,
        'It has some of the largest sites, and counts their power when full.' as reason,
        true as is_independent,
        'epoch_clusters' as source_id
    from (
        select
            count(*) as site_count,
            1e6 * sum(current_power_megawatts) as power_w
        from raw.epoch_data_centers
        where current_power_megawatts > 0
    ) as d
    inner join core.installed_totals as o on o.scope_kind = 'all' and o.quantity = 'facility_power_w'
    where d.power_w > 0
    group by o.year
    qualify o.year = max(o.year) over ()
)

select * from independent
union all by name
select * from followed
union all by name
select
    lower(designer) || '-' || replace(quantity, '_', '-') || '-' || year(quarter_end) as total_id,
    case quantity
        when 'units' then 'Chips of ' when 'h100_equivalents' then 'H100-equivalents of ' else 'Rated chip power of '
    end || designer || ', total of the publisher' as total_name,
    quantity,
    year(quarter_end) as year,
    published_value as published_value_low,
    published_value,
    published_value as published_value_high,
    value * low_ratio as value_low,
    value,
    value * high_ratio as value_high,
    unit,
    'the same' as relation,
    'Ours adds the medians of the chips; theirs is the median of the sum.' as reason,
    false as is_independent,
    source_id
from of_publisher
order by total_id
