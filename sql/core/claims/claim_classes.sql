-- One row per class of subjects and condition: a member of the class satisfies all conditions.
-- key: claim_class_id, attribute
-- column: patterns | Patterns of which one must match.
-- column: condition_count | Conditions of the class.
select
    claim_class_id,
    claim_class_name,
    subject_kind,
    attribute,
    low,
    high,
    unit,
    string_split(matches, '|') as patterns,
    count(*) over (partition by claim_class_id) as condition_count
from seeds.claim_classes
order by claim_class_id, attribute
