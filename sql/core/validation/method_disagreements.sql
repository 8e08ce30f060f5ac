-- One row per quantity of a run for which two methods differ by more than a factor of two.
-- key: rule, record_id
-- column: rule | methods_disagree.
-- column: record_id | Run, quantity and the two methods.
-- column: claim_source | Table of the figures.
-- column: subject_name | Name of the run.
-- column: method_observed | Method of observed.
-- column: method_expected | Method of expected: the preferred one of the two.
-- column: observed | Figure of the one method.
-- column: expected | Figure of the other.
-- column: unit | Unit of both.
-- column: ratio | observed over expected.
-- column: severity | warning where the intervals have nothing in common, else info.
-- column: likely_cause | What would explain it.
-- column: source_ids | Sources of the inputs of both.
with figures as (
    select
        f.*,
        r.model_name,
        list_position(
            ['published', '6nd', '3nd', 'operation_count', 'count_times_hours', 'flop_over_time', 'hardware', 'flop_over_rate'], f.method
        ) as rank
    from core.training_figures as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where f.kind <> 'assumed'
),

pairs as (
    select
        a.training_run_id,
        a.model_name,
        a.quantity,
        a.boundary,
        a.unit,
        a.method as method_expected,
        a.value as expected,
        b.method as method_observed,
        b.value as observed,
        b.value / a.value as ratio,
        a.value_low > b.value_high or b.value_low > a.value_high as is_apart,
        list_concat(a.source_ids, b.source_ids) as source_ids
    from figures as a
    inner join figures as b
        on a.training_run_id = b.training_run_id and a.quantity = b.quantity and a.boundary = b.boundary and a.rank < b.rank
)

select
    'methods_disagree' as rule,
    concat_ws('/', training_run_id, quantity, nullif(boundary, 'none'), method_observed, method_expected) as record_id,
    'core.training_figures' as claim_source,
    model_name as subject_name,
    training_run_id,
    quantity,
    boundary,
    method_observed,
    method_expected,
    observed,
    expected,
    unit,
    ratio,
    case when is_apart then 'warning' else 'info' end as severity,
    case
        when abs(log2(ratio / 24)) < 0.2 or abs(log2(ratio * 24)) < 0.2 then 'A factor of about 24: days entered as hours, or hours as days.'
        when abs(log2(ratio / 1000)) < 0.2 or abs(log2(ratio * 1000)) < 0.2 then 'A factor of about 1,000: a wrong unit prefix.'
        when method_observed in ('hardware', 'flop_over_rate') and not is_apart then 'The utilisation differs from the assumed utilisation.'
        when quantity = 'training_flop' then 'The FLOP or chip-hours belong to another run, such as a base model or stage.'
        else 'The chip-hours or FLOP belong to another run or stage.'
    end as likely_cause,
    list_sort(list_distinct(source_ids)) as source_ids
from pairs
where ratio > 2 or ratio < 0.5
order by rule, record_id
