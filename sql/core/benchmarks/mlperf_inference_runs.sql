-- One row per result of MLPerf Inference, rounds since v2.0: rate or latency, measured power, and energy per token, sample or query.
-- key: benchmark_result_id
-- column: suite | mlperf inference.
-- column: runs_on | accelerator, or processor where no accelerator is named.
-- column: accelerator_id | Key of core.accelerators: the accelerator, or for a run on the processor that processor; null where it is not known here.
-- column: accelerator_count | Accelerators in all nodes; processors for a run on the processor.
-- column: number_format | Number format of the weights, where stated: since v5.1.
-- column: benchmark | The reference model of the result; -99 and -99.9 are targets of accuracy.
-- column: model_name | Model that was run; in the open division it may be another than the reference.
-- column: metric | throughput or latency.
-- column: value | The result, in unit; a latency is the percentile that the scenario defines. Null with value_reason.
-- column: unit | token/s, sample/s, query/s or ms; null if the published one is none of these.
-- column: value_reason | Why there is no value; null where there is one.
-- column: power_w | Mean power of the whole system during the run, where measured in watts.
-- column: power_reason | Why there is no power although the publisher gives one: it is 0.
-- column: joule_per_unit | Measured energy of one unit_name, joules; a query of MultiStream has 8 samples.
-- column: unit_name | What joule_per_unit counts: token, sample or query.
-- column: is_official | True: reviewed and published by MLCommons.
-- column: same_runs_as | Key of the result that counts, for the listing of a run under its lower target of accuracy (-99), where -99.9 lists
--    the same run; else null.
-- column: is_duplicate | True if the run counts in another result: see same_runs_as.
-- column: is_partition | True if the run had only a part of the accelerator (one MIG slice of several).
-- column: is_sweep | True in the open division where a benchmark of a round explores at least ten models.
-- column: is_default | False for inferred rows, duplicates, partitions and sweeps: what comparisons leave out.
-- column: published_date | Date of publication of the round, where curated.
-- column: source_id | Source of the result.
-- aside: most_rows_of_a_benchmark_share_the_unit | select * from core.mlperf_inference_runs
--    qualify 2 * count(*) over (partition by round, benchmark, scenario, unit) < count(*) over (partition by round, benchmark, scenario)
-- check: a_value_or_a_reason | select * from core.mlperf_inference_runs where (value is null) <> (value_reason is not null)
-- check: power_gives_joules | select * from core.mlperf_inference_runs where power_w is not null and unit <> 'ms' and value > 0 and joule_per_unit is null
with in_our_units as (
    select
        l.* exclude (power_result),
        nullif(l.power_result, 0) as power_result,
        case when l.power_result = 0 then 'the publisher gives 0 ' || lower(l.power_unit) end as power_reason,
        case when l.accelerator_name is null then 'processor' else 'accelerator' end as runs_on,
        coalesce(l.accelerator_name, l.processor_name) as chip_name,
        result_unit(l.published_unit) as unit,
        case when result_unit(l.published_unit) is not null then nullif(result_value(l.value, l.published_unit), 0) end as unit_value,
        case
            when l.value is null then 'the publisher gives no result'
            when result_unit(l.published_unit) is null then 'the unit ' || l.published_unit || ' is not known'
            when l.value = 0 then 'the publisher gives 0'
        end as value_reason,
        regexp_replace(l.model_name, '-99(\.9)?$', '') as target_free_model
    from core.mlperf_inference_listings as l
),

open_models as (
    select
        l.round,
        l.benchmark,
        count(distinct l.model_name) >= any_value(a.central) as is_sweep
    from core.mlperf_inference_listings as l
    inner join seeds.assumptions as a on a.name = 'model_sweep_count'
    where l.division = 'open'
    group by l.round, l.benchmark
),

twins as (
    select
        a.benchmark_result_id,
        min(b.benchmark_result_id) as same_runs_as
    from in_our_units as a
    inner join in_our_units as b
        on
            a.round = b.round and a.division = b.division and a.system_type = b.system_type and a.submitter = b.submitter
            and a.platform = b.platform and a.scenario = b.scenario and a.target_free_model = b.target_free_model
            and a.value = b.value and a.power_result is not distinct from b.power_result
    where a.model_name like '%-99' and b.model_name like '%-99.9'
    group by a.benchmark_result_id
),

flagged as (
    select
        u.*,
        n.accelerator_id,
        t.same_runs_as,
        t.same_runs_as is not null as is_duplicate,
        coalesce(regexp_matches(u.accelerator_name, '\(1x[0-9]+g\.'), false) as is_partition,
        u.division = 'open' and coalesce(o.is_sweep, false) as is_sweep,
        d.published_date
    from in_our_units as u
    left join core.accelerator_names as n on u.source_id = n.source_id and u.chip_name = n.name
    left join seeds.mlperf_rounds as d on d.suite = 'mlperf inference' and u.round = d.round
    left join open_models as o on u.round = o.round and u.benchmark = o.benchmark
    left join twins as t on u.benchmark_result_id = t.benchmark_result_id
)

select
    benchmark_result_id,
    'mlperf inference' as suite,
    round,
    division,
    system_type,
    availability,
    submitter,
    system,
    accelerator_name,
    processor_name,
    runs_on,
    accelerator_id,
    case runs_on when 'accelerator' then accelerator_count else processor_count end as accelerator_count,
    node_count,
    weight_format(weight_data_types) as number_format,
    benchmark,
    model_name,
    scenario,
    case unit when 'ms' then 'latency' else 'throughput' end as metric,
    unit_value as value,
    unit,
    value_reason,
    case when power_unit = 'Watts' then power_result end as power_w,
    power_reason,
    joule_per_counted_unit(power_result, power_unit, unit_value, unit) as joule_per_unit,
    unit_counted(unit) as unit_name,
    true as is_official,
    is_inferred,
    same_runs_as,
    is_duplicate,
    is_partition,
    is_sweep,
    value_reason is null and not is_inferred and not is_duplicate and not is_partition and not is_sweep as is_default,
    published_date,
    source_id,
    locator,
    member
from flagged
order by round, benchmark_result_id
