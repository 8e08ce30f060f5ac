-- One row per claim: our value for its subject, the verdict by the rules in docs/methods.md, and the reason in words.
-- All numbers are in the claim's own unit. If the subject is a class, the interval is that of its median (5th percentile of the
-- lower bounds, median, 95th percentile of the upper bounds), or of the tested member, depending on the scope of the claim.
-- key: document_id, claim_id
-- column: subject_name | Name of the run, model, accelerator or class.
-- column: comparison | Meaning of the number.
-- column: claimed_low | Lower bound of the claim; null if it has none.
-- column: claimed_high | Upper bound of the claim; null if it has none.
-- interval: computed | Our value for the subject.
-- column: unit | Unit of the claimed and calculated numbers.
-- column: ratio | Our value ÷ claimed value; for a range ÷ geometric mean of its bounds.
-- column: verdict | supported, partly, contradicted, unsupported or untestable.
-- column: reason | Reason, generated from the numbers.
-- column: untestable_part | Unreadable part of the claim: subject, quantity, unit or low; null if all parts are readable.
-- column: member_count | Members of the class that have the quantity; 1 for a single subject.
-- column: within_count | Figures of the subject whose central value is inside the claim.
-- column: figure_ids | Figures behind the verdict: keys of mart.figures, or table, key and column, separated by slashes.
-- warn: every_verdict_has_figures_or_says_why_not | select * from mart.claim_audit where reason is null
--    or (verdict in ('supported', 'partly', 'contradicted') and len(figure_ids) = 0)
-- check: a_verdict_is_one_of_five | select * from mart.claim_audit
--    where verdict not in ('supported', 'partly', 'contradicted', 'unsupported', 'untestable')
with rules as (
    select
        assumed['claim_about_ratio'].low as about_low,
        assumed['claim_about_ratio'].high as about_high,
        assumed['claim_widest_ratio'].value as widest
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'all'
),

points as (
    select
        subject_kind,
        subject_id,
        subject_name,
        quantity,
        value_low,
        value,
        value_high,
        figure_id
    from mart.audit_points
    union all
    select
        'workload' as subject_kind,
        subject_spelling as subject_id,
        subject_name,
        quantity,
        value_low,
        value,
        value_high,
        'core.claim_workloads/' || subject_spelling || '/' || quantity as figure_id
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
        precedence
    from mart.audit_subjects
    union all
    select
        subject_spelling as spelling,
        'workload' as subject_kind,
        subject_spelling as subject_id,
        any_value(subject) as subject_name,
        1 as precedence
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
        string_agg(subject_id, ', ' order by subject_id) as meanings
    from ranked
    where place = 1
    group by subject_spelling, quantity
),

expanded as (
    select
        m.subject_spelling,
        m.quantity,
        m.subject_kind = 'class' as is_class,
        coalesce(c.subject_kind, m.subject_kind) as subject_kind,
        coalesce(c.subject_id, m.subject_id) as subject_id
    from meant as m
    left join mart.audit_members as c on m.subject_kind = 'class' and m.subject_id = c.claim_class_id
    where m.meaning_count = 1
),

evidence as (
    select
        e.subject_spelling,
        e.quantity,
        any_value(e.is_class) as is_class,
        any_value(e.subject_kind) as member_kind,
        count(distinct e.subject_id) as member_count,
        quantile_cont(p.value_low, 0.05) as typical_low,
        median(p.value) as typical,
        quantile_cont(p.value_high, 0.95) as typical_high,
        list(
            { 'name': p.subject_name, 'low': p.value_low, 'value': p.value, 'high': p.value_high, 'figure_id': p.figure_id }
            order by p.value, p.figure_id
        ) as members,
        list_sort(list_distinct(list(p.figure_id))) as figure_ids
    from expanded as e
    inner join points as p on e.subject_kind = p.subject_kind and e.subject_id = p.subject_id and e.quantity = p.quantity
    group by e.subject_spelling, e.quantity
),

bounded as (
    select
        c.*,
        m.subject_name,
        coalesce(m.meaning_count, 0) as meaning_count,
        m.meanings,
        coalesce(e.is_class, false) as is_class,
        e.member_kind,
        e.member_count,
        e.members,
        e.figure_ids,
        e.typical_low,
        e.typical,
        e.typical_high,
        claim_bounds(c.comparison, c.claimed_low * c.unit_ratio, c.claimed_high * c.unit_ratio, r.about_low, r.about_high) as bounds,
        case c.comparison
            when 'at least' then c.claimed_low when 'at most' then c.claimed_high
            when 'about' then c.claimed_low
            when 'range' then case when c.claimed_low > 0 then sqrt(c.claimed_low * c.claimed_high) else c.claimed_high end
        end * c.unit_ratio as claimed_centre,
        r.widest
    from core.claims as c
    cross join rules as r
    left join meant as m on c.subject_spelling = m.subject_spelling and c.measured_quantity = m.quantity and c.problem is null
    left join evidence as e on c.subject_spelling = e.subject_spelling and c.measured_quantity = e.quantity and c.problem is null
),

sorted as (
    select
        *,
        case
            when is_class and scope <> 'typical' and comparison <> 'none'
                then
                    case
                        when comparison in ('at least', 'at most')
                            then
                                case when (comparison = 'at least') = (scope = 'some') then members[-1] else members[1] end
                        else
                            list_sort(
                                list_transform(
                                    members,
                                    lambda m: {
                                        'distance': case when scope = 'some' then 1 else -1 end
                                        * abs(ln(greatest(m.value, 1e-300) / greatest(claimed_centre, 1e-300))),
                                        'name': m.name, 'low': m.low, 'value': m.value, 'high': m.high, 'figure_id': m.figure_id
                                    }
                                )
                            )[1]::struct(name varchar, low double, value double, high double, figure_id varchar)
                    end
        end as decisive
    from bounded
),

computed as (
    select
        * replace (coalesce(subject_name, subject) as subject_name),
        coalesce(decisive.low, typical_low) as low,
        coalesce(decisive.value, typical) as central,
        coalesce(decisive.high, typical_high) as high,
        len(list_filter(members, lambda m: m.value between bounds.low and bounds.high)) as within_count,
        case when claimed_centre > 0 then coalesce(decisive.value, typical) / claimed_centre end as computed_ratio
    from sorted
),

judged as (
    select
        *,
        case
            when problem is not null or meaning_count <> 1 then 'untestable'
            when comparison = 'none' then 'untestable'
            when central is null then 'unsupported'
            else claim_verdict(
                low, central, high, bounds.low, bounds.high,
                case when is_class and decisive is null then 'infinity'::double else widest end -- the spread of a class is no ignorance
            )
        end as verdict
    from computed
),

families as (
    select distinct
        subject_kind,
        subject_name,
        quantity,
        value,
        regexp_extract(lower(subject_name), '^[a-z]+') as family
    from points
    where subject_kind = 'training_run' and regexp_extract(lower(subject_name), '^[a-z]+') <> ''
),

fitting as (
    select
        j.document_id,
        j.claim_id,
        arg_min(f.subject_name, (abs(ln(f.value / j.claimed_centre)), length(f.subject_name), f.subject_name)) as fitting_name,
        arg_min(f.value, (abs(ln(f.value / j.claimed_centre)), length(f.subject_name), f.subject_name)) as fitting_value
    from judged as j
    inner join families as f
        on
            j.measured_quantity = f.quantity
            and regexp_extract(lower(j.subject_name), '^[a-z]+') = f.family
            and f.value between j.bounds.low and j.bounds.high
            and j.subject_name <> f.subject_name
    where
        j.verdict = 'contradicted' and j.comparison = 'about' and j.member_kind = 'training_run' and not j.is_class
        and not starts_with(f.subject_name, j.subject_name)
    group by j.document_id, j.claim_id
),

recipes as (
    select
        plain_name(r.training_run_id) as main_spelling,
        r.training_run_id,
        p.quantity,
        count(distinct o.training_run_id) as recipe_count,
        min(p.value) as least,
        max(p.value) as greatest,
        list(p.value) as recipe_values
    from core.training_runs as r
    inner join core.training_runs as o on r.model_id = o.model_id and r.training_run_id <> o.training_run_id
    inner join points as p on p.subject_kind = 'training_run' and o.training_run_id = p.subject_id
    where r.is_main_run
    group by r.training_run_id, p.quantity
),

named as (
    select
        j.document_id,
        j.claim_id,
        r.recipe_count,
        r.least,
        r.greatest,
        len(list_filter(r.recipe_values, lambda member: member between j.bounds.low and j.bounds.high)) as recipe_within_count -- noqa: RF02
    from judged as j
    inner join meant as m on j.subject_spelling = m.subject_spelling and j.measured_quantity = m.quantity
    inner join recipes as r on m.subject_id = r.training_run_id and m.quantity = r.quantity
    where m.subject_kind = 'training_run' and j.verdict in ('contradicted', 'partly')
),

unknown_words as (
    select
        'subject' as word_kind,
        subject as word,
        subject_spelling as spelling
    from judged
    where problem is null and meaning_count = 0
    group by all
    union all
    select
        'quantity' as word_kind,
        quantity as word,
        plain_name(quantity) as spelling
    from judged
    where problem = 'unknown quantity'
    group by all
    union all
    select
        'unit' as word_kind,
        unit as word,
        unit_spelling(unit) as spelling
    from judged
    where problem = 'unknown unit'
    group by all
),

some_unknown as (
    from unknown_words
    qualify row_number() over (partition by word_kind order by word) <= 200
),

known_words as (
    select
        'subject' as word_kind,
        arg_min(subject_id, precedence) as word,
        spelling
    from mart.audit_subjects
    group by spelling
    union all
    select
        'quantity' as word_kind,
        quantity as word,
        plain_name(quantity) as spelling
    from core.claim_quantities
    union all
    select
        'unit' as word_kind,
        unit as word,
        unit_spelling(unit) as spelling
    from core.claim_units
),

near as (
    select
        u.word_kind,
        u.word,
        k.word as near_word,
        (not contains(k.spelling, u.spelling) or u.spelling = '', -jaro_winkler_similarity(k.spelling, u.spelling), k.word) as distance
    from some_unknown as u
    inner join known_words as k
        on
            u.word_kind = k.word_kind
            and (jaro_winkler_similarity(k.spelling, u.spelling) > 0.75 or (length(u.spelling) > 2 and contains(k.spelling, u.spelling)))
),

nearest as (
    select
        word_kind,
        word,
        string_agg(near_word, ', ' order by distance) as words
    from (
        select
            word_kind,
            word,
            near_word,
            min(distance) as distance
        from near
        group by word_kind, word, near_word
        qualify row_number() over (partition by word_kind, word order by min(distance)) <= 3
    ) as closest
    group by word_kind, word
),

phrased as (
    select
        j.*,
        coalesce(' Did you mean ' || n.words || '?', '') as nearest_words,
        coalesce(
            ' The claimed number fits ' || f.fitting_name || ' (' || amount_text(f.fitting_value / j.unit_ratio, j.unit) || ').', ''
        ) as fitting_words,
        coalesce(
            ' ' || d.recipe_count || ' other run' || case when d.recipe_count > 1 then 's' else '' end || ' of this model: '
            || span_text(d.least / j.unit_ratio, d.greatest / j.unit_ratio, j.unit) || ', '
            || d.recipe_within_count || ' inside the claim.', ''
        ) as recipe_words
    from judged as j
    left join fitting as f on j.document_id = f.document_id and j.claim_id = f.claim_id
    left join named as d on j.document_id = d.document_id and j.claim_id = d.claim_id
    left join nearest as n
        on
            (n.word_kind = 'subject' and j.problem is null and j.meaning_count = 0 and j.subject = n.word)
            or (n.word_kind = 'quantity' and j.problem = 'unknown quantity' and j.quantity = n.word)
            or (n.word_kind = 'unit' and j.problem = 'unknown unit' and j.unit = n.word)
),

reasoned as (
    select
        *,
        amount_text(central / unit_ratio, unit)
        || case when low < high then ' (' || span_text(low / unit_ratio, high / unit_ratio, unit) || ')' else '' end as computed_words,
        case
            when decisive is not null
                then 'Tested on the ' || case
                    when comparison in ('at least', 'at most')
                        then case when (comparison = 'at least') = (scope = 'some') then 'largest' else 'smallest' end
                    when scope = 'some' then 'closest'
                    else 'farthest'
                end || ', ' || decisive.name || ' (one of ' || member_count || '; ' || subject_name || ')'
            when is_class and member_count = 1 then 'Only one figure (' || subject_name || ')'
            when is_class then 'Median of ' || member_count || ' (' || subject_name || ')'
            else subject_name
        end as whose_words
    from phrased
)

select
    claim_id,
    document_id,
    document,
    paraphrase,
    subject,
    subject_name,
    quantity,
    comparison,
    scope,
    claimed_low,
    claimed_high,
    low / unit_ratio as computed_low,
    central / unit_ratio as computed,
    high / unit_ratio as computed_high,
    unit,
    computed_ratio as ratio,
    verdict,
    case
        when problem = 'unknown quantity' then '''' || quantity || ''' is not a known quantity.' || nearest_words
        when problem = 'no unit' then 'The claim gives no unit; we test ' || measured_quantity || ' in ' || base_unit || '.'
        when problem = 'unknown unit' then '''' || unit || ''' is not a known unit.' || nearest_words
        when problem = 'other kind of unit'
            then '''' || unit || ''' is not a unit for ' || quantity || '; expected a unit such as ' || base_unit || '.'
        when meaning_count = 0 then '''' || subject || ''' is not a known subject.' || nearest_words
        when meaning_count > 1 then '''' || subject || ''' matches several subjects: ' || meanings || '.'
        when comparison = 'none' and central is not null
            then 'The claim gives no number. ' || whose_words || ': ' || computed_words || '.'
        when comparison = 'none' then 'The claim gives no number.'
        when central is null then 'We have no figure for ' || measured_quantity || ' of ' || subject_name || '.'
        else
            whose_words || ': ' || computed_words || '. This ' || case verdict
                when 'supported' then 'supports'
                when 'partly' then 'partly supports'
                when 'contradicted' then 'contradicts'
                else 'is too wide to judge'
            end || ' the claim of ' || claimed_text(comparison, claimed_low, claimed_high, unit)
            || case
                when comparison = 'range' or computed_ratio is null then ''
                else '; our value is ' || times_text(computed_ratio) || ' the claimed number'
            end
            || '.' || case when is_class then ' Figures inside the claim: ' || within_count || ' of ' || len(members) || '.' else '' end
            || fitting_words || recipe_words
    end as reason,
    case
        when verdict <> 'untestable' then null
        when problem is null and meaning_count = 1 then 'low'
        when problem is null then 'subject'
        when problem = 'unknown quantity' then 'quantity'
        else 'unit'
    end as untestable_part,
    reading,
    coalesce(member_count, 0) as member_count,
    coalesce(within_count, 0) as within_count,
    case when decisive is not null then [decisive.figure_id] else coalesce(figure_ids, []) end as figure_ids
from reasoned
order by document_id, claim_id
