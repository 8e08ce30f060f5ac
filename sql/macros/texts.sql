-- Words: numbers as sentences print them.

-- macro: number_text | A number as a sentence prints it: three digits, from a thousand on six, powers of ten beyond ten million.
-- equation: none
-- units: any
-- example: number_text(231481.48) = '231,481' and number_text(6.3e24) = '6.3e24' and number_text(0.0315) = '0.0315' and number_text(999.7) = '1,000'
create or replace macro number_text(x) as case
    when x = 0 then '0'
    when abs(x) >= 1e7 or abs(x) < 1e-3
        then regexp_replace(regexp_replace(regexp_replace(format('{:.2e}', x::double), '\.?0*e', 'e'), 'e[+]0*', 'e'), 'e-0*', 'e-')
    when abs(x) >= 999.5 then format('{:,}', (round(x / 10 ** greatest(0, floor(log10(abs(x))) - 5)) * 10 ** greatest(0, floor(log10(abs(x))) - 5))::bigint)
    else format('{:.3g}', x::double)
end;

-- macro: times_text | How a value compares with another, in words.
-- equation: ratio = value / other
-- units: ratio
-- example: times_text(115.74) = '116 times' and times_text(0.35) = '0.35 times' and times_text(1.02) = 'about equal to'
create or replace macro times_text(ratio) as case
    when ratio between 0.95 and 1.05 then 'about equal to'
    else number_text(ratio) || ' times'
end;
