-- One row per fact on which two sources disagree by more than 2 %: both values, the value that we use, and the reason.
-- key: subject_kind, subject_id, field, source_a, source_b, row_b
-- column: value_a | What the source with precedence says, in the unit of the field.
-- column: source_a | That source.
-- column: value_b | What the other source says.
-- column: source_b | The other source.
-- column: row_b | Row of the other source.
-- column: ratio | value_b over value_a.
-- column: chosen | The value that is used.
-- column: reason | Reason.
with constants as (
    select 0.02 as tolerance -- below it, two figures are the same figure rounded differently
),

ranked as (
    select
        *,
        row_number() over (partition by subject_kind, subject_id, field order by precedence, source_id, row_label) as place
    from core.fact_values
),

pairs as (
    select
        a.subject_kind,
        a.subject_id,
        a.subject_name,
        a.field,
        a.value as value_a,
        a.source_id as source_a,
        a.precedence as precedence_a,
        b.value as value_b,
        b.source_id as source_b,
        b.row_label as row_b,
        b.precedence as precedence_b
    from ranked as a
    inner join ranked as b
        on a.subject_kind = b.subject_kind and a.subject_id = b.subject_id and a.field = b.field
    where a.place = 1 and b.place > 1
)

select
    p.subject_kind,
    p.subject_id,
    p.subject_name,
    p.field,
    p.value_a,
    p.source_a,
    p.value_b,
    p.source_b,
    p.row_b,
    p.value_b / p.value_a as ratio,
    p.value_a as chosen,
    case
        when p.precedence_a < p.precedence_b
            then
                ['measured', 'first-party', 'secondary', 'estimated'][p.precedence_a] || ' takes precedence over '
                || ['measured', 'first-party', 'secondary', 'estimated'][p.precedence_b]
        else 'both are ' || ['measured', 'first-party', 'secondary', 'estimated'][p.precedence_a] || '; we use the first by name'
    end as reason
from pairs as p
cross join constants as c
where abs(ln(p.value_b / p.value_a)) > c.tolerance
order by p.subject_kind, p.subject_id, p.field, p.source_b, p.row_b
