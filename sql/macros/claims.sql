-- Claims: how we check a public claim against our values. Arguments are plain numbers in one unit.

-- macro: unit_spelling | A unit without case, blanks, hyphens and underscores, for comparing spellings.
-- equation: none
-- units: none
-- example: unit_spelling('GPU hours') = unit_spelling('gpu-hours') and unit_spelling('$/h') = '$/h'
create or replace macro unit_spelling(unit) as regexp_replace(lower(strip_accents(unit)), '[\s_-]+', '', 'g');

-- macro: claim_bounds | The interval that a claim allows: 'about' leaves room for rounding, 'at least' has no upper end.
-- equation: about [x · about_low, x · about_high], range [low, high], at least [low, ∞), at most (-∞, high]
-- units: those of the claim
-- example: claim_bounds('at least', 4, null, 0.9, 1.1) = {'low': 4.0::double, 'high': 'infinity'::double}
create or replace macro claim_bounds(comparison, claimed_low, claimed_high, about_low, about_high) as {
    'low': case comparison
        when 'about' then claimed_low::double * about_low when 'at most' then '-infinity'::double else claimed_low::double
    end,
    'high': case comparison
        when 'about' then claimed_high::double * about_high when 'at least' then 'infinity'::double else claimed_high::double
    end
};

-- macro: claim_verdict | Whether our interval supports a claim, by the positions of both.
-- equation: inside: supported; apart: contradicted; overlapping: unsupported where high / low > widest, else supported with the centre inside, else partly
-- units: computed values and bounds alike; widest a ratio
-- example: claim_verdict(1, 2, 3, 2.5, 3.5, 100) = 'partly' and claim_verdict(5, 6, 7, 2.5, 3.5, 100) = 'contradicted'
create or replace macro claim_verdict(low, central, high, bound_low, bound_high, widest) as case
    when low >= bound_low and high <= bound_high then 'supported'
    when low > bound_high or high < bound_low then 'contradicted'
    when low > 0 and high / low > widest then 'unsupported'
    when central between bound_low and bound_high then 'supported'
    else 'partly'
end;

-- macro: claimed_text | The claim in words, from its bounds in words.
-- equation: none
-- units: none
-- example: claimed_text('at most', null, '5 kWh') = 'at most 5 kWh' and claimed_text('range', '4', '6.5') = '4 to 6.5'
create or replace macro claimed_text(comparison, low_words, high_words) as case comparison
    when 'about' then low_words
    when 'range' then joined_text(low_words, high_words)
    when 'at least' then 'at least ' || low_words
    when 'at most' then 'at most ' || high_words
end;

-- macro: params_that_fit | Parameters whose weights fit the memory that a model may fill.
-- equation: N = memory / (bits / 8)
-- units: usable bytes, bits per parameter -> parameters
-- source: compute_ledger
-- example: central_of(params_that_fit(exactly(4e9), exactly(4))) = 8e9
create or replace macro params_that_fit(usable_memory_bytes, bits_per_param) as
divide(usable_memory_bytes, scaled(bits_per_param, 1 / 8));
