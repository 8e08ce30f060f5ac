-- One row per claim, with its number in the unit that it is tested in. What cannot be read is said in problem.
-- key: document_id, claim_id
-- column: document_id | Key of the document.
-- column: document | Title of the document.
-- column: reading | How words became numbers.
-- column: subject | Subject of the claim, as entered.
-- column: subject_spelling | The same without case, blanks and punctuation.
-- column: amount | The amount that the subject states itself, in amount_unit; null where it states none.
-- column: amount_unit | Base unit of amount; 1 for a number of accelerators.
-- column: workload_device | Device that is to do the amount of work, as entered.
-- column: quantity | What is claimed, as entered.
-- column: measured_quantity | Quantity of mart.audit_points that tests it; null where none does.
-- column: comparison | about, range, at least, at most or none; a word for a number, such as several, is a range.
-- column: scope | typical, some or every: of the members of a class.
-- column: claimed_low | Lower bound, in the claim's unit.
-- column: claimed_high | Upper bound, in the claim's unit.
-- column: unit | Unit of the claim, as entered; where the claim states no number, that of its quantity.
-- column: unit_ratio | Units that the quantity is tested in, in one of the claim's.
-- column: base_unit | Unit that the quantity is tested in.
-- column: problem | unknown quantity, unknown unit, other kind of unit, or null.
with spelled_quantities as (
    select
        min_by(quantity, priority) as quantity,
        spelling
    from (
        select
            quantity,
            plain_name(quantity) as spelling,
            1 as priority
        from seeds.claim_quantities
        union all
        select
            quantity,
            plain_name(unnest(string_split(spellings, '|'))) as spelling,
            2 as priority
        from seeds.claim_quantities
        where spellings is not null
    ) as q
    group by spelling
),

spelled_units as (
    select
        min_by(unit, priority) as unit,
        spelling
    from (
        select
            unit,
            unit_spelling(unit) as spelling,
            1 as priority
        from seeds.claim_units
        union all
        select
            unit,
            unit_spelling(unnest(string_split(spellings, '|'))) as spelling,
            2 as priority
        from seeds.claim_units
        where spellings is not null
    ) as u
    group by spelling
),

units as (
    select
        s.spelling,
        u.base_unit,
        u.factor
    from spelled_units as s
    inner join seeds.claim_units as u on s.unit = u.unit
),

words as (
    select
        applies_to as word,
        low,
        high
    from seeds.assumptions
    where name = 'claim_word_count'
),

accelerators as (
    select plain_name(accelerator_id) as device from core.accelerators
    union
    select plain_name(accelerator_name) as device from core.accelerators
    union
    select plain_name(alias) as device from seeds.accelerator_aliases
),

parsed as (
    select
        c.* replace (
            case when w.word is null then c.comparison else 'range' end as comparison,
            coalesce(w.low, c.low) as low,
            coalesce(w.high, c.high) as high,
            nullif(concat_ws(
                ' ',
                upper(left(w.word, 1)) || substr(w.word, 2) || ': ' || number_text(w.low) || ' to ' || number_text(w.high, digit_count := 4)
                || '.',
                c.reading
            ), '') as reading
        ),
        regexp_extract(
            c.subject, '^\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)\s+(.+?)(?:\s+on\s+(.+?))?\s*$',
            ['number', 'unit', 'device']
        ) as workload
    from seeds.claims as c
    left join words as w on c.comparison = w.word
)

select
    c.claim_id,
    c.source_id as document_id,
    coalesce(s.title, c.source_id) as document,
    c.paraphrase,
    c.reading,
    c.subject,
    plain_name(c.subject) as subject_spelling,
    try_cast(replace(c.workload.number, ',', '') as double) * case when e.device is null and f.device is null then a.factor else 1 end
        as amount,
    case when e.device is null and f.device is null then a.base_unit else 'count' end as amount_unit,
    coalesce(e.device, f.device, case when a.base_unit is not null then nullif(c.workload.device, '') end) as workload_device,
    c.quantity,
    q.measured_quantity,
    c.comparison,
    c.scope,
    c.low as claimed_low,
    c.high as claimed_high,
    coalesce(c.unit, q.unit) as unit,
    case when c.unit is null then 1.0::double when u.base_unit = q.unit then u.factor end as unit_ratio,
    q.unit as base_unit,
    case
        when q.quantity is null then 'unknown quantity'
        when c.unit is null and c.comparison <> 'none' then 'no unit'
        when c.unit is not null and u.base_unit is null then 'unknown unit'
        when c.unit is not null and u.base_unit <> q.unit then 'other kind of unit'
    end as problem
from parsed as c
left join seeds.sources as s on c.source_id = s.source_id
left join spelled_quantities as x on plain_name(c.quantity) = x.spelling
left join seeds.claim_quantities as q on x.quantity = q.quantity
left join units as u on unit_spelling(c.unit) = u.spelling
left join units as a on unit_spelling(c.workload.unit) = a.spelling
left join accelerators as e on plain_name(c.workload.unit) = e.device and c.workload.device = ''
left join accelerators as f on counted_name(c.workload.unit) = f.device and c.workload.device = '' and e.device is null
order by document_id, c.claim_id
