-- One row per subject and assumption: the row of seeds/assumptions.csv that applies to the subject, the most specific of its classes first.
-- key: subject_kind, subject_id, assumption
-- column: subject_kind | training_run, site, accelerator or class.
-- column: subject_id | Key of the subject; for a class, the class itself, such as moe or USA.
-- column: assumption | Name of the assumption.
-- column: applies_to | Class that the chosen row is for.
-- column: choice | The chosen row as an input of estimates: bounds, value, unit, source, and for which class it is.
with subjects as (
    select
        'training_run' as subject_kind,
        training_run_id as subject_id,
        [
            number_format,
            architecture,
            case when architecture like 'moe%' then 'moe' end,
            accelerator_id,
            accelerator_kind,
            case when domain = 'vision' then 'vision' end,
            operator_kind,
            training_country,
            'all'
        ] as classes
    from core.training_runs
    union all by name
    select
        'site' as subject_kind,
        s.site_id as subject_id,
        [s.accelerator_id, s.operator_kind, a.kind, 'all'] as classes
    from seeds.site_scenarios as s
    left join core.accelerators as a on s.accelerator_id = a.accelerator_id
    union all by name
    select
        'accelerator' as subject_kind,
        a.accelerator_id as subject_id,
        [
            a.accelerator_id,
            a.kind,
            case
                when a.vendor = 'Apple' and a.kind = 'gpu' then if(a.memory_bytes >= l.central, 'Mac of 36 GB or more', 'Mac below 36 GB')
            end,
            case when a.vendor = 'Apple' and a.kind = 'gpu' then 'Mac' end,
            case when a.segment = 'datacentre' or regexp_matches(a.memory_type, '^(GDDR|HBM)') then 'dedicated memory' end,
            'all'
        ] as classes
    from core.accelerators as a
    inner join seeds.assumptions as l on l.name = 'large_mac_memory_bytes'
    union all by name
    select distinct
        'class' as subject_kind,
        applies_to as subject_id,
        [applies_to, 'all'] as classes
    from seeds.assumptions
),

-- Thousands of subjects share a few hundred lists of classes: each list is decided once.
class_lists as (
    select distinct classes from subjects
),

chosen as (
    select
        c.classes,
        a.name as assumption,
        arg_min(a.applies_to, list_position(c.classes, a.applies_to)) as applies_to,
        arg_min(
            input(
                a.name, a.low, a.central, a.high, a.unit, 'assumed', a.source_id, a.locator, a.verified, a.name || ' for ' || a.applies_to
            ),
            list_position(c.classes, a.applies_to)
        ) as choice
    from class_lists as c
    inner join seeds.assumptions as a on list_contains(c.classes, a.applies_to)
    group by c.classes, a.name
)

select
    s.subject_kind,
    s.subject_id,
    c.assumption,
    c.applies_to,
    c.choice
from subjects as s
inner join chosen as c on s.classes = c.classes
order by s.subject_kind, s.subject_id, c.assumption
