-- One row per claim: our value for its subject, the verdict by the rules in docs/methods.md, and the reason in words.
-- All numbers are in the claim's own unit. A quantity named without its boundary gets the verdict of the boundary that matches best; the
-- reason names it and says what the other boundaries say (mart.claim_tests).
-- key: document_id, claim_id
-- column: subject_name | Name of the run, model, accelerator or class.
-- column: taken_for | What a nickname, a product or the name of several models was taken for; null where the name says it.
-- column: comparison | Meaning of the number.
-- column: claimed_low | Lower bound of the claim; null if it has none.
-- column: claimed_high | Upper bound of the claim; null if it has none.
-- column: boundary | Boundary that matches best: one of mart.claim_tests; null if the quantity has none.
-- interval: computed | Our value for the subject.
-- column: unit | Unit of the claimed and calculated numbers.
-- column: ratio | Our value ÷ claimed value; for a range ÷ geometric mean of its bounds.
-- column: verdict | supported, partly, contradicted, unsupported or untestable.
-- column: reason | Reason, generated from the numbers.
-- column: untestable_part | Unreadable part of the claim: subject, quantity, unit or low; null if all parts are readable.
-- column: member_count | Members of the class that have the quantity; 1 for a single subject.
-- column: within_count | Members of the class, or the one figure, whose central value is inside the claim.
-- column: figure_ids | Figures behind the verdict: keys of mart.figures, or table, key and column, separated by slashes.
-- warn: every_verdict_has_figures_or_says_why_not | select * from mart.claim_audit where reason is null
--    or (verdict in ('supported', 'partly', 'contradicted') and len(figure_ids) = 0)
-- check: a_verdict_is_one_of_five | select * from mart.claim_audit
--    where verdict not in ('supported', 'partly', 'contradicted', 'unsupported', 'untestable')
with judged as (
    select
        c.*,
        coalesce(m.subject_name, c.subject) as subject_name,
        m.subject_kind,
        m.subject_id,
        coalesce(m.meaning_count, 0) as meaning_count,
        m.meanings,
        m.taken_for,
        m.known_quantities,
        t.boundary,
        t.is_class,
        t.member_count,
        t.within_count,
        t.computed_low,
        t.computed,
        t.computed_high,
        t.ratio,
        t.decisive_name,
        t.kind,
        t.figure_ids,
        t.claimed_low as bound_low,
        t.claimed_high as bound_high,
        t.verdict as test_verdict,
        case
            when c.problem is not null or coalesce(m.meaning_count, 0) <> 1 or c.comparison = 'none' then 'untestable'
            when t.verdict = 'contradicted' and t.is_published_by_makers and not t.is_doubted then 'partly'
            else coalesce(t.verdict, 'unsupported')
        end as verdict
    from core.claims as c
    left join mart.claim_subjects as m
        on c.subject_spelling = m.subject_spelling and c.measured_quantity = m.quantity and c.problem is null
    left join mart.claim_tests as t on c.document_id = t.document_id and c.claim_id = t.claim_id and t.place = 1
),

-- The claimed number may be that of a sister: another size of the same model, by the same quantity within the same boundary.
runs as (
    select
        p.subject_id,
        p.subject_name,
        p.quantity,
        p.boundary,
        p.value,
        sister_name(p.subject_name) as series_name,
        s.domain,
        s.architecture
    from mart.audit_points as p
    inner join mart.training_summary as s on p.subject_id = s.training_run_id
    where p.subject_kind = 'training_run'
),

fitting as (
    select
        j.document_id,
        j.claim_id,
        arg_min(f.subject_name, (abs(ln(f.value / j.claimed_low / j.unit_ratio)), length(f.subject_name), f.subject_name)) as fitting_name,
        arg_min(f.value, (abs(ln(f.value / j.claimed_low / j.unit_ratio)), length(f.subject_name), f.subject_name)) as fitting_value
    from judged as j
    inner join runs as own
        on j.subject_id = own.subject_id and j.measured_quantity = own.quantity and j.boundary = own.boundary
    inner join runs as f
        on
            own.quantity = f.quantity
            and own.boundary = f.boundary
            and own.series_name = f.series_name
            and own.domain = f.domain
            and own.architecture = f.architecture
            and f.value between j.bound_low and j.bound_high
            and not starts_with(f.subject_name, j.subject_name)
    where j.verdict = 'contradicted' and j.comparison = 'about' and not j.is_class
    group by j.document_id, j.claim_id
),

-- The published figure that a claim repeats: within the best boundary, else within another.
repeated as (
    select
        t.document_id,
        t.claim_id,
        t.is_doubted,
        t.boundary as published_boundary,
        p.value as published_value,
        coalesce(s.title, p.source_ids[1]) as published_title
    from mart.claim_tests as t
    inner join mart.figures as p on t.published_figure_id = p.figure_id
    left join seeds.sources as s on p.source_ids[1] = s.source_id
    qualify row_number() over (
        partition by t.document_id, t.claim_id order by t.place > 1, not t.is_published_by_makers, abs(ln(t.ratio)), t.boundary
    ) = 1
),

-- Our own estimate beside a published value that we prefer.
independent as (
    select
        f.subject_kind,
        f.subject_id,
        unnest(list_distinct([f.quantity, f.boundary || '_' || f.quantity])) as quantity,
        f.boundary,
        f.value_low,
        f.value,
        f.value_high
    from mart.figures as f
    where f.kind = 'derived' and not f.is_preferred
    qualify row_number() over (partition by f.subject_kind, f.subject_id, f.quantity, f.boundary order by f.method) = 1
),

recipes as (
    select
        r.training_run_id,
        p.quantity,
        p.boundary,
        count(distinct o.training_run_id) as recipe_count,
        min(p.value) as least,
        max(p.value) as greatest,
        list(p.value) as recipe_values
    from core.training_runs as r
    inner join core.training_runs as o on r.model_id = o.model_id and r.training_run_id <> o.training_run_id
    inner join mart.audit_points as p on p.subject_kind = 'training_run' and o.training_run_id = p.subject_id
    where r.is_main_run
    group by r.training_run_id, p.quantity, p.boundary
),

found as (
    select
        j.*,
        n.suggestions,
        f.fitting_name,
        f.fitting_value,
        p.is_doubted as is_repeat_doubted,
        p.published_boundary,
        p.published_value,
        p.published_title,
        i.value_low as independent_low,
        i.value as independent_value,
        i.value_high as independent_high,
        d.recipe_count,
        d.least,
        d.greatest,
        len(list_filter(
            d.recipe_values,
            lambda v: v between coalesce(j.bound_low, v) and coalesce(j.bound_high, v) -- noqa: RF02
        )) as recipe_within_count
    from judged as j
    left join fitting as f on j.document_id = f.document_id and j.claim_id = f.claim_id
    left join repeated as p on j.document_id = p.document_id and j.claim_id = p.claim_id
    left join independent as i
        on
            j.kind in ('measured', 'reported', 'estimated')
            and j.subject_kind = i.subject_kind
            and j.subject_id = i.subject_id
            and j.measured_quantity = i.quantity
            and j.boundary = i.boundary
    left join recipes as d
        on
            j.subject_kind = 'training_run'
            and j.verdict in ('contradicted', 'partly')
            and j.subject_id = d.training_run_id
            and j.measured_quantity = d.quantity
            and j.boundary = d.boundary
    left join mart.claim_suggestions as n
        on
            (n.word_kind = 'subject' and j.problem is null and j.meaning_count = 0 and j.subject = n.word)
            or (n.word_kind = 'quantity' and j.problem = 'unknown quantity' and j.quantity = n.word)
            or (n.word_kind = 'unit' and j.problem = 'unknown unit' and j.unit = n.word)
),

-- Every amount that a reason says, in words: once for all, because printing an amount is a long formula.
amounts as (
    select
        document_id,
        claim_id,
        unit,
        unnest([
            { 'role': 'computed', 'value': computed / unit_ratio, 'digits': 2 },
            { 'role': 'low', 'value': computed_low / unit_ratio, 'digits': 2 },
            { 'role': 'high', 'value': computed_high / unit_ratio, 'digits': 2 },
            { 'role': 'claimed_low', 'value': claimed_low, 'digits': 4 },
            { 'role': 'claimed_high', 'value': claimed_high, 'digits': 4 },
            { 'role': 'fitting', 'value': fitting_value / unit_ratio, 'digits': 2 },
            { 'role': 'published', 'value': published_value / unit_ratio, 'digits': 4 },
            { 'role': 'independent', 'value': independent_value / unit_ratio, 'digits': 2 },
            { 'role': 'independent_low', 'value': independent_low / unit_ratio, 'digits': 2 },
            { 'role': 'independent_high', 'value': independent_high / unit_ratio, 'digits': 2 },
            { 'role': 'least', 'value': least / unit_ratio, 'digits': 2 },
            { 'role': 'greatest', 'value': greatest / unit_ratio, 'digits': 2 }
        ], max_depth := 2) as amount
    from found
    union all by name
    select
        t.document_id,
        t.claim_id,
        c.unit,
        t.boundary as role,
        t.computed / c.unit_ratio as value,
        2 as digits
    from mart.claim_tests as t
    inner join core.claims as c on t.document_id = c.document_id and t.claim_id = c.claim_id
    where t.place between 2 and 6
    union all by name
    select
        t.document_id,
        t.claim_id,
        any_value(c.unit) as unit,
        unnest(['least of the rest', 'greatest of the rest']) as role,
        unnest([min(t.computed / c.unit_ratio), max(t.computed / c.unit_ratio)]) as value,
        2 as digits
    from mart.claim_tests as t
    inner join core.claims as c on t.document_id = c.document_id and t.claim_id = c.claim_id
    where t.place > 6
    group by t.document_id, t.claim_id
),

said as (
    select
        document_id,
        claim_id,
        map(list(role order by role), list(amount_text(value, unit, digit_count := digits) order by role)) as words
    from amounts
    where value is not null
    group by document_id, claim_id
),

others as (
    select
        t.document_id,
        t.claim_id,
        string_agg(
            boundary_text(t.boundary) || ' ' || w.words[t.boundary]
            || case when t.verdict = 'untestable' then '' else ' (' || t.verdict || ')' end, ', ' order by t.place
        ) || coalesce(
            ', and ' || (max(t.boundary_count) - 6) || ' more: '
            || joined_text(any_value(w.words['least of the rest']), any_value(w.words['greatest of the rest'])), ''
        ) as other_words
    from mart.claim_tests as t
    inner join said as w on t.document_id = w.document_id and t.claim_id = w.claim_id
    where t.place between 2 and 6
    group by t.document_id, t.claim_id
),

phrased as (
    select
        f.*,
        coalesce(' ' || f.suggestions, '') as nearest_words,
        coalesce(' Tested on other boundaries: ' || o.other_words || '.', '') as other_words,
        coalesce(' The claimed number fits ' || f.fitting_name || ' (' || w.words['fitting'] || ').', '') as fitting_words,
        coalesce(
            ' The claim repeats a published figure: ' || w.words['published'] || coalesce(' (' || boundary_text(f.published_boundary) || ')', '')
            || ' in ''' || f.published_title || '''' || case
                when f.is_repeat_doubted then ', which our checks doubt.'
                when f.verdict <> f.test_verdict then ' by its developer: sources disagree, so that the claim is partly right.'
                else '.'
            end, ''
        ) as published_words,
        case
            when f.kind in ('measured', 'reported', 'estimated')
                then ' Our value was ' || case f.kind
                    when 'measured' then 'measured by the publisher'
                    when 'reported' then 'reported by the developer'
                    else 'estimated by a third party'
                end || '; ' || coalesce(
                    'an independent estimate: ' || w.words['independent'] || ' ('
                    || joined_text(w.words['independent_low'], w.words['independent_high']) || ').', 'we have no independent estimate.'
                )
            else ''
        end as kind_words,
        coalesce(
            ' ' || f.recipe_count || ' other run' || case when f.recipe_count > 1 then 's' else '' end || ' of this model: '
            || joined_text(w.words['least'], w.words['greatest']) || ', ' || f.recipe_within_count || ' inside the claim.', ''
        ) as recipe_words,
        w.words['computed'] || case
            when f.computed_low < f.computed_high then ' (' || joined_text(w.words['low'], w.words['high']) || ')' else ''
        end as computed_words,
        claimed_text(f.comparison, w.words['claimed_low'], w.words['claimed_high']) as claimed_words
    from found as f
    left join said as w on f.document_id = w.document_id and f.claim_id = w.claim_id
    left join others as o on f.document_id = o.document_id and f.claim_id = o.claim_id
),

reasoned as (
    select
        *,
        case when taken_for is null then '' else '''' || subject || ''' was taken for ' || subject_name || ' (' || taken_for || '). ' end
            as taken_words,
        concat_ws('; ', subject_name, boundary_text(boundary)) as class_words,
        case
            when decisive_name is not null
                then 'Tested on the ' || case
                    when comparison in ('at least', 'at most')
                        then case when (comparison = 'at least') = (scope = 'some') then 'largest' else 'smallest' end
                    when scope = 'some' then 'closest'
                    else 'farthest'
                end || ', ' || decisive_name || ' (one of ' || member_count || '; ' || class_words || ')'
            when is_class and member_count = 1 then 'Only one figure (' || class_words || ')'
            when is_class then 'Median of ' || member_count || ' (' || class_words || ')'
            else subject_name || coalesce(' (' || boundary_text(boundary) || ')', '')
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
    taken_for,
    quantity,
    comparison,
    scope,
    claimed_low,
    claimed_high,
    nullif(boundary, 'none') as boundary,
    computed_low / unit_ratio as computed_low,
    computed / unit_ratio as computed,
    computed_high / unit_ratio as computed_high,
    unit,
    ratio,
    verdict,
    case
        when problem = 'unknown quantity' then '''' || quantity || ''' is not a known quantity.' || nearest_words
        when problem = 'no unit' then 'The claim gives no unit; we test ' || measured_quantity || ' in ' || base_unit || '.'
        when problem = 'unknown unit' then '''' || unit || ''' is not a known unit.' || nearest_words
        when problem = 'other kind of unit'
            then '''' || unit || ''' is not a unit for ' || quantity || '; expected a unit such as ' || base_unit || '.'
        when meaning_count = 0 then '''' || subject || ''' is not a known subject.' || nearest_words
        when meaning_count > 1 then '''' || subject || ''' matches several subjects: ' || meanings || '.'
        when comparison = 'none' and computed is not null
            then taken_words || 'The claim gives no number. ' || whose_words || ': ' || computed_words || '.' || other_words
        when comparison = 'none' then taken_words || 'The claim gives no number.'
        when computed is null
            then
                taken_words || 'We have no figure for ' || measured_quantity || ' of ' || subject_name || '.'
                || coalesce(' We have ' || array_to_string(nullif(known_quantities[1:3], []), ', ') || '.', '')
        else
            taken_words || whose_words || ': ' || computed_words || '. This ' || case test_verdict
                when 'supported' then 'supports'
                when 'partly' then 'partly supports'
                when 'contradicted' then 'contradicts'
                else 'is too wide to judge'
            end || ' the claim of ' || claimed_words
            || case
                when comparison = 'range' or ratio is null then ''
                else '; our value is ' || times_text(ratio) || ' the claimed number'
            end
            || '.' || case when is_class then ' Figures inside the claim: ' || within_count || ' of ' || member_count || '.' else '' end
            || kind_words || other_words || fitting_words || published_words || recipe_words
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
    coalesce(figure_ids, []) as figure_ids
from reasoned
order by document_id, claim_id
