-- One row per subject: all assumptions that apply to it, by name, so that a model that needs several joins once.
-- key: subject_kind, subject_id
-- column: assumed | Map from the name of an assumption to the chosen row, an input of estimates.
with profiles as (
    select
        subject_kind,
        subject_id,
        string_agg(assumption || '=' || applies_to, '|' order by assumption) as profile
    from core.assumption_choices
    group by subject_kind, subject_id
),

-- Subjects with the same choices share one map, made from those of the first.
firsts as (
    select
        profile,
        min(row(subject_kind, subject_id)) as subject
    from profiles
    group by profile
),

sets as (
    select
        f.profile,
        map(list(c.assumption order by c.assumption), list(c.choice order by c.assumption)) as assumed
    from firsts as f
    inner join core.assumption_choices as c on f.subject = row(c.subject_kind, c.subject_id)
    group by f.profile
)

select
    p.subject_kind,
    p.subject_id,
    s.assumed
from profiles as p
inner join sets as s on p.profile = s.profile
order by p.subject_kind, p.subject_id
