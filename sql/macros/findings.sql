-- Findings: what the checks of consistency report.

-- macro: finding | A figure that cannot be, probably is wrong, or needs care.
-- equation: none
-- units: observed and expected in the same unit
-- example: (finding('x', 'a', 't', 'A', 2, 1, '1', 'info', 'Why.', ['b', 'a', 'b'])).source_ids = ['a', 'b']
create or replace macro finding(rule, record_id, claim_source, subject_name, observed, expected, unit, severity, likely_cause, source_ids) as {
    'rule': rule,
    'record_id': record_id,
    'claim_source': claim_source,
    'subject_name': subject_name,
    'observed': observed::double,
    'expected': expected::double,
    'unit': unit,
    'severity': severity,
    'likely_cause': likely_cause,
    'source_ids': list_sort(list_distinct(source_ids))
};
