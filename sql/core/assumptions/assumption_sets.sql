-- One row per subject: all assumptions that apply to it, by name, so that a model that needs several joins once.
-- key: subject_kind, subject_id
-- column: assumed | Map from the name of an assumption to the chosen row, an input of estimates.
select
    subject_kind,
    subject_id,
    map(list(assumption order by assumption), list(choice order by assumption)) as assumed
from core.assumption_choices
group by subject_kind, subject_id
order by subject_kind, subject_id
