-- One row per class of subjects and member.
-- key: claim_class_id, subject_kind, subject_id
-- column: subject_kind | What the member is.
-- column: subject_id | Key of the member.
-- warn: every_class_has_members | select distinct claim_class_id from core.claim_classes
--    where claim_class_id not in (select claim_class_id from mart.audit_members)
select
    c.claim_class_id,
    c.subject_kind,
    a.subject_id
from core.claim_classes as c
inner join mart.audit_attributes as a
    on
        c.subject_kind = a.subject_kind
        and c.attribute = a.attribute
        and case
            when c.patterns is null
                then a.value >= coalesce(c.low, '-infinity'::double) and a.value <= coalesce(c.high, 'infinity'::double)
            else list_bool_or(list_transform(c.patterns, lambda pattern: a.value_text glob pattern)) -- noqa: RF02
        end
group by c.claim_class_id, c.subject_kind, a.subject_id, c.condition_count
having count(*) = c.condition_count
order by c.claim_class_id, a.subject_id
