-- One row per word of a claim that is not known, and what may have been meant: the nearest names. The first 200 words of each kind.
-- key: word_kind, word
-- column: word_kind | subject, quantity or unit.
-- column: word | The word as entered.
-- column: suggestions | The nearest known names, the nearest first, as a sentence.
with unknown_words as (
    select
        'subject' as word_kind,
        c.subject as word,
        c.subject_spelling as spelling
    from core.claims as c
    left join mart.claim_subjects as m on c.subject_spelling = m.subject_spelling and c.measured_quantity = m.quantity
    where c.problem is null and m.subject_spelling is null
    group by all
    union all
    select
        'quantity' as word_kind,
        quantity as word,
        plain_name(quantity) as spelling
    from core.claims
    where problem = 'unknown quantity'
    group by all
    union all
    select
        'unit' as word_kind,
        unit as word,
        unit_spelling(unit) as spelling
    from core.claims
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
        plain_name(unnest(string_split(concat_ws('|', quantity, spellings), '|'))) as spelling
    from seeds.claim_quantities
    union all
    select
        'unit' as word_kind,
        unit as word,
        unit_spelling(unnest(string_split(concat_ws('|', unit, spellings), '|'))) as spelling
    from seeds.claim_units
),

near as (
    select
        u.word_kind,
        u.word,
        k.word as near_word,
        min((not contains(k.spelling, u.spelling) or u.spelling = '', -jaro_winkler_similarity(k.spelling, u.spelling), k.word)) as distance
    from some_unknown as u
    inner join known_words as k on u.word_kind = k.word_kind
    group by u.word_kind, u.word, k.word
    qualify row_number() over (partition by u.word_kind, u.word order by distance) <= 3
)

select
    word_kind,
    word,
    case
        when -min(distance[2]) > 0.75 or not min(distance[1])
            then 'Did you mean ' || string_agg(near_word, ', ' order by distance) || '?'
        else 'The nearest names: ' || string_agg(near_word, ', ' order by distance) || '.'
    end as suggestions
from near
group by word_kind, word
order by word_kind, word
