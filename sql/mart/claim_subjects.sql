-- One row per subject and quantity that a claim names: what the subject was taken for, and what we know of it.
-- key: subject_spelling, quantity
-- column: subject_spelling | Subject of the claim, without case, blanks and punctuation.
-- column: quantity | Quantity of mart.audit_points that tests it.
-- column: meaning_count | How many subjects the name may mean; one is needed.
-- column: subject_kind | What it was taken for: class, workload, or a subject_kind of mart.audit_points.
-- column: subject_id | Key of the subject.
-- column: subject_name | Name of the subject.
-- column: taken_for | What a nickname, a product or the name of several models was taken for, in words; null where the name says it.
-- column: meanings | Keys of all subjects that the name may mean.
-- column: known_quantities | Quantities that we have for the subject, those with names like the claimed one first.
with points as (
    select
        subject_kind,
        subject_id,
        quantity
    from mart.audit_points
    union all
    select
        'workload' as subject_kind,
        subject_spelling as subject_id,
        quantity
    from core.claim_workloads
),

asked as (
    select distinct
        subject_spelling,
        measured_quantity as quantity
    from core.claims
    where problem is null
),

subjects as (
    select
        spelling,
        subject_kind,
        subject_id,
        subject_name,
        precedence,
        taken_for
    from mart.audit_subjects
    union all
    select
        subject_spelling as spelling,
        'workload' as subject_kind,
        subject_spelling as subject_id,
        any_value(subject) as subject_name,
        1 as precedence,
        null as taken_for
    from core.claims
    where amount is not null
    group by subject_spelling
),

having_quantity as (
    select distinct
        subject_kind,
        subject_id,
        quantity
    from points
    union
    select distinct
        'class' as subject_kind,
        m.claim_class_id as subject_id,
        p.quantity
    from mart.audit_members as m
    inner join points as p on m.subject_kind = p.subject_kind and m.subject_id = p.subject_id
),

ranked as (
    select
        a.subject_spelling,
        a.quantity,
        s.subject_kind,
        s.subject_id,
        s.subject_name,
        s.taken_for,
        rank() over (
            partition by a.subject_spelling, a.quantity
            order by h.quantity is null, s.subject_kind <> 'class', s.subject_kind <> 'training_run', s.precedence
        ) as place
    from asked as a
    inner join subjects as s on a.subject_spelling = s.spelling
    left join having_quantity as h
        on s.subject_kind = h.subject_kind and s.subject_id = h.subject_id and a.quantity = h.quantity
),

meant as (
    select
        subject_spelling,
        quantity,
        count(*) as meaning_count,
        min(subject_kind) as subject_kind,
        min(subject_id) as subject_id,
        arg_min(subject_name, subject_id) as subject_name,
        arg_min({ 'words': taken_for }, subject_id).words as taken_for,
        string_agg(subject_id, ', ' order by subject_id) as meanings
    from ranked
    where place = 1
    group by subject_spelling, quantity
),

tested as (
    select distinct measured_quantity as quantity
    from core.claim_quantities
),

known as (
    select
        m.subject_spelling,
        m.quantity,
        list(h.quantity order by jaro_winkler_similarity(h.quantity, m.quantity) desc, h.quantity) as known_quantities
    from meant as m
    inner join having_quantity as h on m.subject_kind = h.subject_kind and m.subject_id = h.subject_id
    inner join tested as q on h.quantity = q.quantity
    group by m.subject_spelling, m.quantity
)

select
    m.subject_spelling,
    m.quantity,
    m.meaning_count,
    m.subject_kind,
    m.subject_id,
    m.subject_name,
    m.taken_for,
    m.meanings,
    coalesce(k.known_quantities, []) as known_quantities
from meant as m
left join known as k on m.subject_spelling = k.subject_spelling and m.quantity = k.quantity
order by m.subject_spelling, m.quantity
