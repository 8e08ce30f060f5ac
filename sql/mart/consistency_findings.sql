-- One row per finding: a figure that cannot be, probably is wrong, or needs care, by rules that have caught real errors. Claims are
-- checked as published, before our corrections.
-- key: finding_id
-- column: finding_id | Key of the finding: rule and record.
-- column: subject_name | What the figure is about.
-- column: rule | What was checked.
-- column: observed | What the figure is or implies.
-- column: expected | What it should be, or the bound that it should keep.
-- column: ratio | observed over expected; null where a publisher's value is zero or negative.
-- column: unit | Unit of observed and expected.
-- column: severity | error: impossible, or contradicts itself or another source by a factor of units; warning: probably wrong; info: needs care.
-- column: claim_source | Table of the figure.
-- column: record_id | Key of the record that was checked.
-- column: is_corrected | True if seeds/corrections.csv corrects the record.
-- column: source_ids | Sources of the figures compared.
-- check: severities_are_known | select * from mart.consistency_findings where severity not in ('error', 'warning', 'info')
-- check: ratio_is_positive | select * from mart.consistency_findings where ratio <= 0
with findings as (
    select * from core.findings_utilisation
    union all by name
    select * from core.findings_units
    union all by name
    select * from core.findings_counting
    union all by name
    select * from core.findings_families
    union all by name
    select * from core.findings_hardware
    union all by name
    select * from core.findings_dates
    union all by name
    select * from core.findings_energy
    union all by name
    select * from core.findings_prices
    union all by name
    select * from core.findings_publishers
    union all by name
    select * from core.findings_benchmarks
    union all by name
    select * from core.findings_installed
    union all by name
    select * exclude (training_run_id, quantity, boundary, method_observed, method_expected) from core.method_disagreements
),

corrected as (
    select distinct
        table_name,
        record_name
    from seeds.corrections
)

select
    concat_ws('/', f.rule, f.record_id) as finding_id,
    f.subject_name,
    f.rule,
    f.observed,
    f.expected,
    case when f.observed / nullif(f.expected, 0) > 0 then f.observed / f.expected end as ratio,
    f.unit,
    f.severity,
    f.likely_cause,
    f.claim_source,
    f.record_id,
    c.record_name is not null as is_corrected,
    f.source_ids
from findings as f
left join corrected as c on f.claim_source = c.table_name and f.subject_name = c.record_name
order by list_position(['error', 'warning', 'info'], f.severity), f.rule, f.record_id
