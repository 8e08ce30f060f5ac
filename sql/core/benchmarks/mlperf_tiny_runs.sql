-- One row per board, benchmark and metric of MLPerf Tiny: energy or rate of inference; rounds since v1.1 from their own logs, earlier ones as collected.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key: round, location and metric of the result.
-- column: suite | mlperf tiny.
-- column: round | Round.
-- column: submitter | Who submitted.
-- column: system | Folder of the system, which names the board.
-- column: board_name | Board as published.
-- column: accelerator_name | Accelerator as published; null for a run on the processor.
-- column: processor_name | Processor as published.
-- column: accelerator_id | Key of core.accelerators: accelerator, else board; null where it is not known here.
-- column: accelerator_count | 1: a board has one device under test.
-- column: benchmark | kws (keyword spotting), ic (image classification), vww (visual wake words), ad (anomaly detection) or sww (streaming wake word).
-- column: scenario | SingleStream; Streaming for sww.
-- column: metric | energy or throughput.
-- column: value | The result, in unit; null with value_reason.
-- column: unit | J/inference or inference/s; for sww J of the whole stream.
-- column: value_reason | Why there is no value; null where there is one.
-- column: power_w | Mean power of the device, where the log of one window gives energy and length: sww.
-- column: energy_j | Energy of one inference; for sww that of the whole stream.
-- column: stream_s | Length of the stream of sww.
-- column: joule_per_unit | Energy of one inference, joules; null for sww, whose stream is no inference.
-- column: unit_name | inference, or stream for sww.
-- column: is_official | True: reviewed and published by MLCommons.
-- column: is_inferred | False: boards are measured.
-- column: is_duplicate | False: each log is listed once.
-- column: is_default | False for sww, which is not comparable with an inference.
-- column: published_date | Date of publication of the round, where curated.
-- column: source_id | Source of the result.
-- column: locator | Log in the repository of the round, or the collection's identifier.
-- column: member | File of the row in the archive.
-- aside: energy_rate_and_time_are_positive | select * from core.mlperf_tiny_runs where least(value, energy_j, stream_s) <= 0
-- check: a_stream_is_no_inference | select * from core.mlperf_tiny_runs where benchmark = 'sww' and (joule_per_unit is not null or is_default)
with logged as (
    select
        r.round,
        r.division,
        s.submitter,
        r.system,
        s.board_name,
        published_name(s.accelerator) as accelerator_name,
        published_name(s.processor_name) as processor_name,
        r.benchmark,
        r.mode as metric,
        r.median_energy_microjoules,
        coalesce(r.median_throughput_inferences_per_s, r.estimated_throughput_inferences_per_s) as throughput,
        r.elapsed_s,
        'mlperf_tiny' as source_id,
        r.member as locator,
        r.member
    from raw.mlperf_tiny_results as r
    left join raw.mlperf_tiny_systems as s
        on
            r.round = s.round and r.division = s.division_folder and r.submitter = s.submitter_folder
            and r.system = s.system
    where r.mode in ('energy', 'performance')
),

metrics as (
    select unnest(['energy', 'performance']) as metric
),

logged_rounds as (
    select distinct round as name
    from raw.mlperf_tiny_results
),

collected as (
    select
        c.version as round,
        c.division,
        c.submitter,
        c.system,
        c.board_name,
        published_name(c.accelerator) as accelerator_name,
        published_name(c.processor_name) as processor_name,
        c.benchmark,
        m.metric,
        c.median_energy_cost as median_energy_microjoules,
        c.median_throughput as throughput,
        null::double as elapsed_s,
        'mlperf_cm_results' as source_id,
        c.experiment || ', ' || c.uid as locator,
        c.member
    from raw.mlperf_collected_tiny as c
    cross join metrics as m
    left join logged_rounds as l on c.version = l.name
    where
        l.name is null
        and (m.metric = 'performance' or c.median_energy_cost is not null)
),

results as (
    select * from logged
    union all
    select * from collected
),

in_joules as (
    select
        r.*,
        r.benchmark = 'sww' as is_stream,
        case when r.metric = 'energy' then joule_of_microjoule(nullif(r.median_energy_microjoules, 0)) end as energy_j,
        coalesce(a.accelerator_id, b.accelerator_id) as accelerator_id,
        d.published_date
    from results as r
    left join core.accelerator_names as a on r.source_id = a.source_id and r.accelerator_name = a.name
    left join core.accelerator_names as b
        on r.source_id = b.source_id and trim(r.board_name) = b.name and r.accelerator_name is null
    left join seeds.mlperf_rounds as d on d.suite = 'mlperf tiny' and r.round = d.round
)

select
    slug('mlperf tiny ' || round || ' ' || locator || case source_id when 'mlperf_tiny' then '' else ' ' || metric end)
        as benchmark_result_id,
    'mlperf tiny' as suite,
    round,
    division,
    submitter,
    system,
    board_name,
    accelerator_name,
    processor_name,
    accelerator_id,
    1 as accelerator_count,
    benchmark,
    case when is_stream then 'Streaming' else 'SingleStream' end as scenario,
    case metric when 'energy' then 'energy' else 'throughput' end as metric,
    case metric when 'energy' then energy_j else nullif(throughput, 0) end as value,
    case when coalesce(case metric when 'energy' then energy_j else throughput end, 0) = 0 then 'the log gives 0 or nothing' end as value_reason,
    case when metric <> 'energy' then 'inference/s' when is_stream then 'J' else 'J/inference' end as unit,
    case when is_stream then energy_j / elapsed_s end as power_w,
    energy_j,
    case when is_stream then elapsed_s end as stream_s,
    case when not is_stream then energy_j end as joule_per_unit,
    case when is_stream then 'stream' else 'inference' end as unit_name,
    true as is_official,
    false as is_inferred,
    false as is_duplicate,
    not is_stream and coalesce(case metric when 'energy' then energy_j else throughput end, 0) > 0 as is_default,
    published_date,
    source_id,
    locator,
    member
from in_joules
order by round, benchmark_result_id
