-- Words: numbers as sentences print them, to the letter as pipelines/answers/numbers.py and labels.py do (a test compares
-- them). Digits are rounded half up on the shortest decimal of a number, no zeros stand at the end of a fraction, and the
-- blank before a unit is a no-break space.

-- macro: written_digits | The shortest decimal of a number other than zero: its digits, and the power of ten of the first.
-- equation: none
-- units: any
-- example: written_digits(-0.00125) = {'figures': '125', 'exponent': -3} and written_digits(2e25) = {'figures': '2', 'exponent': 25}
create or replace macro written_digits(x) as list_transform(
    list_transform(
        [abs(x::double)::varchar],
        lambda text: {
            'whole': ltrim(split_part(split_part(text, 'e', 1), '.', 1), '0'),
            'fraction': split_part(split_part(text, 'e', 1), '.', 2),
            'power': coalesce(try_cast(split_part(text, 'e', 2) as integer), 0)
        }
    ),
    lambda part: {
        'figures': ltrim(part.whole || part.fraction, '0'),
        'exponent': (part.power + case
            when part.whole <> '' then length(part.whole) else length(ltrim(part.fraction, '0')) - length(part.fraction)
        end - 1)::integer
    }
)[1];

-- macro: rounded_digits | A number other than zero rounded half up to so many digits: the digits, and the power of ten of the first.
-- equation: none
-- units: any
-- example: rounded_digits(0.2345, 3) = {'figures': '235', 'exponent': -1} and rounded_digits(9.96, 2) = {'figures': '10', 'exponent': 1}
create or replace macro rounded_digits(x, digit_count) as list_transform(
    list_transform(
        [written_digits(x)],
        lambda written: {
            'kept': (
                left(rpad(written.figures, digit_count + 1, '0'), digit_count)::bigint
                + (substr(rpad(written.figures, digit_count + 1, '0'), digit_count + 1, 1) >= '5')::bigint
            )::varchar,
            'exponent': written.exponent
        }
    ),
    lambda rounded: {
        'figures': left(rounded.kept, digit_count),
        'exponent': (rounded.exponent + length(rounded.kept) - digit_count)::integer
    }
)[1];

-- macro: digits_text | Digits with separators of thousands, the first of them at a power of ten.
-- equation: none
-- units: any
-- example: digits_text('1250', 5) = '125,000' and digits_text('1250', 1) = '12.5' and digits_text('12', -3) = '0.0012'
create or replace macro digits_text(figures, exponent) as case
    when exponent < 0 then '0.' || repeat('0', (-exponent - 1)::bigint) || rtrim(figures, '0')
    else
        format('{:,}', left(rpad(figures, greatest(length(figures), exponent + 1)::integer, '0'), exponent + 1)::hugeint)
        || rtrim('.' || rtrim(substr(figures, exponent + 2), '0'), '.')
end;

-- macro: rounded_text | Rounded digits as a number: with separators, as a power of ten from 10⁹ on and below 0.001.
-- equation: none
-- units: any
-- example: rounded_text('314', 23) = '3.14×10²³' and rounded_text('20', 3) = '2,000'
create or replace macro rounded_text(figures, exponent) as case
    when exponent between -3 and 8 then digits_text(figures, exponent)
    else digits_text(figures, 0) || '×10' || translate(exponent::varchar, '-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹')
end;

-- macro: number_text | A number as a sentence prints it, to so many digits (three).
-- equation: none
-- units: any
-- example: number_text(231481.48) = '231,000' and number_text(6.3e24) = '6.3×10²⁴' and number_text(1287, digit_count := 4) = '1,287'
create or replace macro number_text(x, digit_count := 3) as case
    when x = 0 then '0'
    when not isfinite(x::double) then x::varchar
    else
        list_transform(
            [rounded_digits(x, digit_count)],
            lambda rounded: case when x < 0 then '-' else '' end || rounded_text(rounded.figures, rounded.exponent)
        )[1]
end;

-- macro: plural_text | A unit that more than one of it is counted in.
-- equation: none
-- units: none
-- example: plural_text('chip-hour') = 'chip-hours' and plural_text('kg CO2e/kWh') = 'kg CO₂e/kWh'
create or replace macro plural_text(unit) as case
    when
        unit in (
            'chip-day', 'chip-hour', 'day', 'example', 'home-year', 'hour', 'month', 'parameter', 'petaFLOP-day', 'token', 'year'
        )
        then unit || 's'
    else replace(unit, 'CO2e', 'CO₂e')
end;

-- macro: rounded_amount_text | Rounded digits of an amount above zero in the unit that suits its size.
-- equation: none
-- units: unit is a text
-- example: rounded_amount_text('75', 6, 'parameter') = '7.5' || chr(160) || 'million' || chr(160) || 'parameters'
create or replace macro rounded_amount_text(figures, exponent, unit) as case
    when unit = 'FLOP' and exponent >= 6
        then digits_text(figures, 0) || '×10' || translate(exponent::varchar, '0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹') || chr(160) || 'FLOP'
    when unit = 'kWh' then prefixed_text(figures, exponent + 3, 'Wh')
    when unit = 'kg CO2e'
        then rounded_text(figures, exponent - if(exponent >= 3, 3, 0)) || chr(160) || if(exponent >= 3, 't', 'kg') || chr(160) || 'CO₂e'
    when unit = 'USD' then money_text(figures, exponent)
    when unit in ('W', 'B', 'byte', 'J', 'FLOP/s', 'FLOP/s per chip', 'FLOP/J', 'B/s', 'OP/s', 'OP/J', 'J/token', 'J/request')
        then prefixed_text(figures, exponent, case unit when 'byte' then 'B' when 'FLOP/s per chip' then 'FLOP/s' else unit end)
    else
        case
            when exponent between 6 and 14
                then
                    digits_text(figures, exponent - exponent // 3 * 3) || chr(160)
                    || case exponent // 3 when 2 then 'million' when 3 then 'billion' else 'trillion' end
            else rounded_text(figures, exponent)
        end
        || case
            when unit in ('', '1', 'ratio', 'fraction', 'share', 'times', 'x', 'count') then ''
            when exponent = 0 and rtrim(figures, '0') = '1' then chr(160) || replace(unit, 'CO2e', 'CO₂e')
            else chr(160) || plural_text(unit)
        end
end;

-- macro: prefixed_text | Rounded digits of an amount with the prefix of its unit that suits its size.
-- equation: none
-- units: unit is a text
-- example: prefixed_text('989', 14, 'FLOP/s') = '989' || chr(160) || 'TFLOP/s' and prefixed_text('5', -4, 'J') = '5×10⁻⁴' || chr(160) || 'J'
create or replace macro prefixed_text(figures, exponent, unit) as case
    when exponent between 0 and 23
        then
            digits_text(figures, exponent - exponent // 3 * 3) || chr(160)
            || ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'][exponent // 3 + 1] || unit
    else rounded_text(figures, exponent) || chr(160) || unit
end;

-- macro: money_text | Rounded digits of an amount of dollars: cents are two, thousands are k.
-- equation: none
-- units: USD
-- example: money_text('42', 0) = '$4.20' and money_text('32', 5) = '$320k' and money_text('12', 7) = '$12' || chr(160) || 'million'
create or replace macro money_text(figures, exponent) as case
    when exponent between 9 and 14 then '$' || digits_text(figures, exponent - 9) || chr(160) || 'billion'
    when exponent between 6 and 8 then '$' || digits_text(figures, exponent - 6) || chr(160) || 'million'
    when exponent between 3 and 5 then '$' || digits_text(figures, exponent - 3) || 'k'
    else '$' || regexp_replace(rounded_text(figures, exponent), '^(\d+\.\d)$', '\10')
end;

-- macro: amount_text | An amount as pages print it, to so many digits (two): in the unit that suits its size.
-- equation: none
-- units: unit is a text
-- example: amount_text(7455000, 'kWh') = '7.5' || chr(160) || 'GWh' and amount_text(1, 'day') = '1' || chr(160) || 'day'
create or replace macro amount_text(x, unit, digit_count := 2) as case
    when x = 0 then rounded_amount_text('0', if(unit = 'kWh', -3, 0), unit)
    else
        list_transform(
            [rounded_digits(x, digit_count)],
            lambda rounded: case when x < 0 then '-' else '' end || rounded_amount_text(rounded.figures, rounded.exponent, unit)
        )[1]
end;

-- macro: joined_text | From one amount to another, each as amount_text prints it: words that both end in are said once, and one amount where both read alike.
-- equation: none
-- units: none
-- example: joined_text('$2', '$5') = '$2 to $5' and joined_text('6' || chr(160) || 'GWh', '7' || chr(160) || 'GWh') = '6 to 7' || chr(160) || 'GWh'
create or replace macro joined_text(low, high) as list_transform(
    [{ 'low': low, 'high': high }],
    lambda ends: case
        when ends.low = ends.high then ends.low
        else case
            when starts_with(ends.low, '$') then ends.low
            when
                regexp_extract(ends.high, '\xA0.*') in (regexp_extract(ends.low, '\xA0.*'), regexp_extract(ends.low, '\xA0.*') || 's')
                then regexp_extract(ends.low, '^[^\xA0]*')
            when regexp_extract(ends.high, '\xA0[^\xA0]*$') = regexp_extract(ends.low, '\xA0[^\xA0]*$')
                then regexp_replace(ends.low, '\xA0[^\xA0]*$', '')
            else ends.low
        end || ' to ' || ends.high
    end
)[1];

-- macro: span_text | From one amount to another, as pages print it.
-- equation: none
-- units: unit is a text
-- example: span_text(6e6, 6.8e6, 'chip-hour') = '6 to 6.8' || chr(160) || 'million' || chr(160) || 'chip-hours' and span_text(2, 5, 'USD') = '$2 to $5'
create or replace macro span_text(low, high, unit, digit_count := 2) as
joined_text(amount_text(low, unit, digit_count := digit_count), amount_text(high, unit, digit_count := digit_count));

-- macro: times_text | How a value compares with another, in words.
-- equation: ratio = value / other
-- units: ratio
-- example: times_text(115.74) = '116 times' and times_text(0.35) = '0.35 times' and times_text(1.02) = 'about equal to'
create or replace macro times_text(ratio) as case
    when ratio between 0.95 and 1.05 then 'about equal to'
    else number_text(ratio) || ' times'
end;

-- macro: boundary_text | What a figure includes, in words; null where there is no boundary.
-- equation: none
-- units: none
-- example: boundary_text('location') = 'location-based' and boundary_text('none') is null
create or replace macro boundary_text(boundary) as case boundary
    when 'none' then null
    when 'location' then 'location-based'
    when 'market' then 'market-based'
    when 'lifecycle' then 'with embodied emissions'
    when 'onsite' then 'on site'
    when 'generation' then 'electricity generation'
    when 'both' then 'on site and electricity generation'
    when 'cloud' then 'rented'
    when 'unstated' then 'boundary not published'
    else boundary
end;
