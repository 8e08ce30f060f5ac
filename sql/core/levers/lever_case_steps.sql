-- One row per worked case and step: the factor of the step, and that of all steps of its phase and metric so far. Where a step overlaps with an
-- earlier one, the combined factor is an upper bound, whose lower end reaches down to the larger of the two alone.
-- key: lever_case_id, step
-- column: phase | training or inference.
-- column: family | Family of the lever.
-- interval: factor | How many times better the step makes the metric.
-- interval: combined_factor | How many times better all steps of the phase and metric so far make it.
-- column: overlaps_with | Earlier families of the case with which it overlaps.
-- check: no_case_counts_levers_that_exclude_each_other | select a.* from core.lever_case_steps as a
--    inner join core.lever_case_steps as b on a.lever_case_id = b.lever_case_id and a.phase = b.phase and a.family < b.family
--    inner join core.lever_combinations as c on a.family = c.family and b.family = c.other_family where c.combination = 'excludes'
with recursive steps as (
    select
        c.lever_case_id,
        c.step,
        c.phase,
        c.text,
        c.efficiency_lever_id,
        l.family,
        l.metric,
        l.factor_low,
        l.factor,
        l.factor_high,
        l.source_id,
        uncertain(l.factor_low, l.factor, l.factor_high) as amount,
        row_number() over (partition by c.lever_case_id, c.phase, l.metric order by c.step) as place
    from seeds.lever_cases as c
    inner join core.efficiency_levers as l on c.efficiency_lever_id = l.efficiency_lever_id
),

overlapping as (
    select
        s.lever_case_id,
        s.step,
        string_agg(o.family, ', ' order by o.step) as families
    from steps as s
    inner join steps as o on s.lever_case_id = o.lever_case_id and s.phase = o.phase and s.metric = o.metric and s.step > o.step
    inner join core.lever_combinations as c
        on least(s.family, o.family) = c.family and greatest(s.family, o.family) = c.other_family
    where c.combination = 'overlaps'
    group by s.lever_case_id, s.step
),

combined as (
    select
        lever_case_id,
        phase,
        metric,
        place,
        amount,
        low_of(amount) as alone
    from steps
    where place = 1
    union all
    select
        s.lever_case_id,
        s.phase,
        s.metric,
        s.place,
        multiply(c.amount, s.amount) as amount,
        greatest(c.alone, low_of(s.amount)) as alone
    from combined as c
    inner join steps as s
        on c.lever_case_id = s.lever_case_id and c.phase = s.phase and c.metric = s.metric and s.place = c.place + 1
)

select
    s.lever_case_id,
    s.step,
    s.phase,
    s.text,
    s.efficiency_lever_id,
    s.family,
    s.metric,
    s.factor_low,
    s.factor,
    s.factor_high,
    case
        when max(o.step) over (partition by s.lever_case_id, s.phase, s.metric order by s.step) is null then low_of(c.amount)
        else least(low_of(c.amount), c.alone)
    end as combined_factor_low,
    central_of(c.amount) as combined_factor,
    high_of(c.amount) as combined_factor_high,
    o.families as overlaps_with,
    s.source_id
from steps as s
inner join combined as c
    on s.lever_case_id = c.lever_case_id and s.phase = c.phase and s.metric = c.metric and s.place = c.place
left join overlapping as o on s.lever_case_id = o.lever_case_id and s.step = o.step
order by s.lever_case_id, s.step
