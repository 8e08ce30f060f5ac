-- One row per result of a round of MLPerf Training whose logs are not read: the official score, from MLCommons' collection.
-- key: mlperf_training_run_id
-- column: mlperf_training_run_id | Key of the result.
-- column: round | Round of the benchmark.
-- column: division | closed or open.
-- column: submitter | Submitter.
-- column: system | System, as its submitter names it.
-- column: accelerator_name | Accelerator, as published; null for a system of CPUs.
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_count | Accelerators in the system; null for a system of CPUs.
-- column: benchmark | Task in the suite's own short name.
-- column: value | Official time to train; null with value_reason.
-- column: unit | minute.
-- column: value_reason | Why there is no value; null where there is one.
-- column: published_date | Date of publication of the round.
-- column: source_id | Source of the result.
-- column: locator | Experiment and identifier in the collection.
with logged as (
    select distinct round
    from raw.mlperf_training_results
),

collected as (
    select
        *,
        'v' || version as round,
        collected_chip_name(accelerator_model_name, system) as accelerator_name
    from raw.mlperf_collected_training
)

select
    concat_ws('/', 'mlperf training', c.round, c.uid) as mlperf_training_run_id,
    c.round,
    lower(trim(c.division)) as division,
    c.submitter,
    c.system,
    c.accelerator_name,
    n.accelerator_id,
    case when c.accelerator_name is not null then nullif(c.accelerators_count, 0) end as accelerator_count,
    c.model_id as benchmark,
    case when c.result_units = 'min.' then nullif(c.result, 0) end as value,
    'minute' as unit,
    case
        when c.result_units <> 'min.' then 'the unit ' || c.result_units || ' is not known'
        when c.result = 0 then 'the publisher gives 0'
    end as value_reason,
    q.published_date,
    'mlperf_cm_results' as source_id,
    c.experiment || ', ' || c.uid as locator
from collected as c
left join logged as l on c.round = l.round
left join seeds.mlperf_rounds as q on q.suite = 'mlperf training' and c.round = q.round
left join core.accelerator_names as n on n.source_id = 'mlperf_cm_results' and c.accelerator_name = n.name
where l.round is null
order by mlperf_training_run_id
