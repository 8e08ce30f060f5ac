-- An input is a value with everything that a reader needs to trust it: bounds, unit, kind, source and place in the
-- source, how the entry was checked, and which rows were chosen where there was a choice.
-- Estimates keep the inputs that made them, so that any figure can be followed to its sources.

-- macro: input | One input of an estimate. Bounds are null where the value is taken as exact.
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
