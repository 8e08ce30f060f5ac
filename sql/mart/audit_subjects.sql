-- One row per spelling and what it may mean as the subject of a claim: runs, models (their main run), accelerators, levers, trends,
-- anchors, other subjects of mart.figures, and classes.
-- key: spelling, subject_kind, subject_id
-- column: spelling | Name without case, blanks and punctuation.
-- column: shown_name | The name as it is written.
-- column: subject_kind | What it means: class, or a subject_kind of mart.audit_points.
-- column: subject_id | Key of what it means.
-- column: subject_name | Name of what it means.
-- column: precedence | 1 where it is the key, 2 where it is the name, 3 where it is another name: a model's or a publisher's; 4 where it is
--    a product, a nickname or the name of several models.
-- column: taken_for | What such a name was taken for, in words; null where the name says it.
with named as (
    select distinct
        subject_kind,
        subject_id,
        subject_name
    from mart.audit_points
),

-- A model of which no run is known has the key that its main run would have, so that a claim about it finds no figure.
models as (
    select
        m.model_id,
        m.model_name,
        coalesce(r.training_run_id, m.model_id) as subject_id,
        coalesce(r.model_name, m.model_name) as subject_name
    from core.models as m
    left join core.training_runs as r on m.model_id = r.model_id and r.is_main_run
),

-- A name that several sizes of a model share: its largest is meant.
series as (
    select
        regexp_extract(m.model_name, '^(.*?)[\s-]+[0-9][0-9.]*[BMTbmt]$', 1) as series_name,
        arg_max(o.subject_id, (m.total_params, o.subject_id)) as subject_id,
        arg_max(o.subject_name, (m.total_params, o.subject_id)) as subject_name,
        count(*) as model_count
    from core.models as m
    inner join models as o on m.model_id = o.model_id
    where m.total_params is not null
    group by series_name
    having series_name <> ''
),

classes as (
    select distinct
        claim_class_id,
        claim_class_name
    from core.claim_classes
),

spelled as (
    select
        subject_id as shown_name,
        subject_kind,
        subject_id,
        subject_name,
        null::varchar as taken_for
    from named
    union all by name
    select
        subject_name as shown_name,
        subject_kind,
        subject_id,
        subject_name
    from named
    union all by name
    select
        unnest([model_id, model_name]) as shown_name,
        'training_run' as subject_kind,
        subject_id,
        subject_name
    from models
    union all by name
    select
        n.name as shown_name,
        'training_run' as subject_kind,
        m.subject_id,
        m.subject_name
    from core.model_names as n
    inner join models as m on n.model_id = m.model_id
    union all by name
    select
        n.name as shown_name,
        'accelerator' as subject_kind,
        a.accelerator_id as subject_id,
        a.accelerator_name as subject_name
    from core.accelerator_names as n
    inner join mart.accelerators as a on n.accelerator_id = a.accelerator_id
    union all by name
    select
        n.alias as shown_name,
        'accelerator' as subject_kind,
        a.accelerator_id as subject_id,
        a.accelerator_name as subject_name
    from seeds.accelerator_aliases as n
    inner join mart.accelerators as a on n.accelerator_id = a.accelerator_id
    union all by name
    select
        c.name as shown_name,
        n.subject_kind,
        n.subject_id,
        n.subject_name,
        c.taken_for
    from seeds.claim_names as c
    inner join named as n on c.subject_kind = n.subject_kind and c.subject_id = n.subject_id
    union all by name
    select
        series_name as shown_name,
        'training_run' as subject_kind,
        subject_id,
        subject_name,
        'the largest of ' || model_count || ' models of this name' as taken_for
    from series
    where model_count > 1
    union all by name
    select
        unnest([claim_class_id, claim_class_name]) as shown_name,
        'class' as subject_kind,
        claim_class_id as subject_id,
        claim_class_name as subject_name
    from classes
),

ranked as (
    select
        *,
        case
            when taken_for is not null then 4
            when plain_name(shown_name) = plain_name(subject_id) then 1
            when shown_name = subject_name then 2
            else 3
        end as precedence
    from spelled
)

select
    plain_name(shown_name) as spelling,
    arg_min(shown_name, (precedence, shown_name)) as shown_name,
    subject_kind,
    subject_id,
    arg_min(subject_name, (precedence, subject_name)) as subject_name,
    min(precedence) as precedence,
    arg_min({ 'words': taken_for }, (precedence, shown_name)).words as taken_for
from ranked
where plain_name(shown_name) <> ''
group by all
order by spelling, subject_kind, subject_id
