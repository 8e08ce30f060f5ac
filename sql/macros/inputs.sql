-- An input is a value with everything that a reader needs to trust it: bounds, unit, kind, source and place in the
-- source, how the entry was checked, and which rows were chosen where there was a choice.
-- Estimates keep the inputs that made them, so that any figure can be followed to its sources.

-- macro: input | One input of an estimate. Bounds are null if the value is exact.
-- equation: none
-- units: as named
-- example: (input('pue', 1.08, 1.1, 1.58, 'ratio', 'assumed', 'x')).value = 1.1
create or replace macro input(input_name, low, central, high, unit, kind, source_id, locator := null, verified := null, basis := null) as
case when central is not null then {
    'name': input_name::varchar,
    'low': low::double,
    'value': central::double,
    'high': high::double,
    'unit': unit::varchar,
    'kind': kind::varchar,
    'source_id': source_id::varchar,
    'locator': locator::varchar,
    'verified': verified::varchar,
    'basis': basis::varchar
} end;

-- macro: central_input | An input whose central value is taken as exact.
-- equation: none
-- units: those of the input
-- example: (central_input(input('pue', 1.08, 1.1, 1.58, 'ratio', 'assumed', 'x'))).low is null
create or replace macro central_input(i) as input(i.name, null, i.value, null, i.unit, i.kind, i.source_id, i.locator, i.verified, i.basis);

-- macro: named_input | An input under the name by which a formula calls it.
-- equation: none
-- units: those of the input
-- example: (named_input('x', input('pue', 1.08, 1.1, 1.58, 'ratio', 'assumed', 'x'))).name = 'x'
create or replace macro named_input(input_name, i) as
input(input_name, i.low, i.value, i.high, i.unit, i.kind, i.source_id, i.locator, i.verified, i.basis);

-- macro: amount | The uncertain triple of an input.
-- equation: bounds default to the value
-- units: those of the input
-- example: round(high_of(amount(input('pue', 1.08, 1.1, 1.58, 'ratio', 'assumed', 'x'))), 9) = 1.58
create or replace macro amount(i) as uncertain(coalesce(i.low, i.value), i.value, coalesce(i.high, i.value));

-- macro: sources_of | The distinct sources of a list of inputs, sorted.
-- equation: none
-- units: none
-- example: sources_of([input('a', null, 1, null, 'x', 'reported', 'b'), input('c', null, 1, null, 'x', 'reported', 'a')]) = ['a', 'b']
create or replace macro sources_of(inputs) as list_sort(list_distinct(list_transform(inputs, lambda i: i.source_id)));

-- macro: assumed_input | The input of that name, if it is an assumption.
-- equation: none
-- units: those of the input
-- example: (assumed_input([input('a', null, 1, null, 'x', 'assumed', 'b')], 'a')).value = 1
create or replace macro assumed_input(inputs, input_name) as list_filter(inputs, lambda i: i.kind = 'assumed' and i.name = input_name)[1];

-- macro: assumption_sources_of | The distinct sources of the assumptions among inputs, sorted; the input of that name does not count.
-- equation: none
-- units: none
-- example: assumption_sources_of([input('a', null, 1, null, 'x', 'assumed', 'b'), input('c', null, 1, null, 'x', 'assumed', 'd')], 'a') = ['d']
create or replace macro assumption_sources_of(inputs, but_input) as
sources_of(list_filter(inputs, lambda i: i.kind = 'assumed' and i.name <> but_input));

-- macro: published_sources_of | The distinct sources of those inputs that are no assumptions, sorted.
-- equation: none
-- units: none
-- example: published_sources_of([input('a', null, 1, null, 'x', 'assumed', 'b'), input('c', null, 1, null, 'x', 'reported', 'd')]) = ['d']
create or replace macro published_sources_of(inputs) as sources_of(list_filter(inputs, lambda i: i.kind <> 'assumed'));

-- macro: figure | An estimate of a quantity by one method, before its bounds are worked out. What is published has the kind of the published figure,
--    measured, reported or estimated by a third party; a prior is assumed.
-- equation: none
-- units: as named
-- example: (figure('mfu', 'none', 'published', exactly(0.3), 'ratio', 'as published', [input('x', null, 1, null, '1', 'estimated', 'y')])).kind = 'estimated'
create or replace macro figure(quantity, boundary, method_name, estimate, unit, formula, inputs) as {
    'quantity': quantity,
    'boundary': boundary,
    'method': method_name,
    'kind': case when method_name = 'published' then inputs[1].kind when method_name = 'prior' then 'assumed' else 'derived' end,
    'estimate': estimate,
    'unit': unit,
    'formula': formula,
    'inputs': inputs
};

-- macro: ranked_figures | The figures that have a value, with their bounds. The first of each quantity and boundary is the preferred one,
--    unless none of them can be used.
-- equation: none
-- units: as named
-- example: (ranked_figures([figure('a', '', 'x', exactly(1), '1', 'x', [input('x', 1, 1, 1, '1', 'given', 'y')])], is_usable := false))[1].is_preferred = false
create or replace macro ranked_figures(figures, is_usable := true) as list_transform(
    list_filter(figures, lambda f: f.estimate.central is not null),
    lambda f: {
        'quantity': f.quantity,
        'boundary': f.boundary,
        'method': f.method,
        'kind': f.kind,
        'value_low': low_of(f.estimate),
        'value': central_of(f.estimate),
        'value_high': high_of(f.estimate),
        'unit': f.unit,
        'formula': f.formula,
        'inputs': f.inputs,
        'is_preferred': is_usable and f.method = list_filter(
            figures, lambda g: g.estimate.central is not null and g.quantity = f.quantity and g.boundary = f.boundary
        )[1].method
    }
);

-- macro: decimal_year_of | A date as a decimal year.
-- equation: year + (day of the year - 1) / 365.25
-- units: date -> decimal year
-- example: decimal_year_of(date '2021-01-01') = 2021 and round(decimal_year_of(date '2021-07-02'), 1) = 2021.5
create or replace macro decimal_year_of(day) as year(day) + (dayofyear(day) - 1) / 365.25;

-- macro: positive | A publisher's number where it is above zero, as an amount of anything is.
-- equation: the number, else null
-- units: that of the number
-- example: positive(3) = 3 and positive(0) is null and positive(-3) is null
create or replace macro positive(number) as case when number > 0 then number end;
