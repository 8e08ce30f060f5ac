-- One row per counted chip of which the publisher of the counts and our own tables say more than 5 % apart: rated power, or peak rate against the
-- H100; and per designer or owner group whose sum over chips is that far from the publisher's total.
-- as: core.findings_counting
-- column: record_id | Chip or total, and what differs.
-- column: observed | What the publisher of the counts says.
-- column: expected | What our own tables say; for a total, the sum over chips.
with peaks as (
    select
        accelerator_id,
        max(peak_flop_per_s) as peak
    from core.accelerator_peaks
    where number_format in ('fp8', 'int8') and not is_sparse
    group by accelerator_id
),

latest as (
    select
        chip_id,
        arg_max(h100_equivalents_count / units_count, quarter_end) as h100_equivalents_per_unit
    from core.installed_counts
    where owner = 'All' and units_count > 0
    group by chip_id
),

compared as (
    select
        k.chip_id,
        k.chip_name,
        k.source_id,
        unnest([
            {
                'field': 'rated_power_w',
                'published': k.rated_power_w,
                'ours': a.tdp_w,
                'unit': 'W',
                'cause': 'The publisher counts several boards of one chip together, or takes another rating.'
            },
            {
                'field': 'h100_equivalents_per_unit',
                'published': l.h100_equivalents_per_unit,
                'ours': p.peak / h.peak,
                'unit': '1',
                'cause': 'The publisher takes another peak rate of the chip.'
            }
        ]) as said
    from seeds.chip_kinds as k
    inner join latest as l on k.chip_id = l.chip_id
    inner join core.accelerators as a on k.accelerator_id = a.accelerator_id
    inner join peaks as p on k.accelerator_id = p.accelerator_id
    inner join peaks as h on h.accelerator_id = 'h100-sxm'
),

limits as (
    select central as most
    from seeds.assumptions
    where name = 'rounding_ratio' and applies_to = 'findings_hardware'
)

select
    unnest(finding(
        'chip_count_differs', c.chip_id || '/' || c.said.field, 'seeds.chip_kinds', c.chip_name, c.said.published, c.said.ours, c.said.unit,
        'info', c.said.cause, [c.source_id]
    )) as finding
from compared as c
cross join limits as m
where greatest(c.said.published / c.said.ours, c.said.ours / c.said.published) > m.most
union all
select
    unnest(finding(
        'chip_count_differs', t.total_id, 'core.installed_comparisons', t.total_name, t.published_value, t.value, t.unit, 'warning',
        'The medians of the chips do not add up to the publisher''s total.', [t.source_id]
    )) as finding
from core.installed_comparisons as t
cross join limits as m
where not t.is_independent and greatest(t.published_value / t.value, t.value / t.published_value) > m.most
order by all
