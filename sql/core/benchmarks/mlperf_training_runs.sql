-- One row per official result of MLPerf Training: a set of runs of one benchmark on one system, scored by the rules of the suite.
-- key: mlperf_training_run_id
-- column: mlperf_training_run_id | Key of the result.
-- column: suite | mlperf training.
-- column: division | closed or open.
-- column: submitter | Submitter, as the description of the system names it.
-- column: system | System: its folder in the repository.
-- column: system_name | System, as its description names it.
-- column: availability | Whether the system can be had, in the submitter's words.
-- column: accelerator_name | Accelerator, as published; null for a system of CPUs.
-- column: accelerator_count | Accelerators in the system; null for a system of CPUs.
-- column: node_count | Nodes in the system.
-- column: benchmark | Task in the suite's own short name.
-- column: metric | time to train.
-- column: value | Official score: olympic mean of the times of the runs, times the scaling factor.
-- column: unit | minute.
-- column: chip_hours | Score times accelerators.
-- column: run_count | Logs of runs in the set.
-- column: failed_run_count | Runs that did not reach their quality, or whose log lacks what is needed.
-- column: dropped_run_count | Runs that the rules drop on each side.
-- column: scaling_factor | Factor that the review put on the score; 1 where none.
-- column: global_batch_size | Examples per step, where all runs have the same.
-- column: power_w | Mean power of nodes and switches over the runs that the score keeps, watts.
-- column: energy_j | Energy of nodes and switches: mean of the runs that the score keeps, without the scaling factor, joules.
-- column: node_energy_j | The part of the nodes, joules.
-- column: switch_energy_j | The part of the switches, joules; 0 where no log of one is given.
-- column: official_energy_j | Energy times the scaling factor, as the rules score it, joules.
-- column: mean_run_energy_j | Energy of nodes and switches, mean of all runs that succeeded, joules.
-- column: is_energy_fallback | True if a power log states no time, so that its last reading counts as its end; null without power logs.
-- column: is_switch_power_declared | True if the power of switches is a constant that the submitter declares; null without power logs.
-- column: score_reason | Why there is no score; null where there is one.
-- column: same_runs_as | Key of the result that counts, where another gives the same runs (start times of all logs are equal): the one of the
--    earliest round, in a round the one with power logs; else null.
-- column: is_duplicate | True if the runs count in another result: see same_runs_as.
-- column: framework | Software that trained.
-- column: published_date | Date of publication of the round, if known.
-- column: source_id | Source of the round.
-- column: locator | Folder of the result in the repository of the round.
-- check: a_score_or_a_reason | select * from core.mlperf_training_runs where (value is null) <> (score_reason is not null)
-- aside: score_is_positive | select * from core.mlperf_training_runs where value <= 0
-- check: energy_has_parts | select * from core.mlperf_training_runs
--    where abs(node_energy_j + switch_energy_j - energy_j) > 1e-6 * energy_j
with power as (
    select
        round,
        submitter,
        system,
        benchmark,
        result_name,
        case when count(energy_j) = count(*) then sum(energy_j) end as energy_j,
        coalesce(sum(energy_j) filter (where is_switch), 0) as switch_energy_j,
        bool_or(is_energy_fallback) as is_energy_fallback,
        bool_or(is_declared) as is_declared
    from core.mlperf_training_power_logs
    group by round, submitter, system, benchmark, result_name
),

runs as (
    select
        l.round,
        l.submitter,
        l.system,
        l.benchmark,
        count(*) as run_count,
        count(*) filter (where not l.is_success) as failed_run_count,
        string_agg(distinct l.failure_reason, '; ' order by l.failure_reason) as failures,
        case when min(l.global_batch_size) = max(l.global_batch_size) then min(l.global_batch_size) end as global_batch_size,
        list(l.time_to_train_minutes) filter (where l.is_success) as minutes,
        case when count(l.run_start_ms) = count(*) then list_sort(list(l.run_start_ms)) end as start_times,
        list(struct_pack(minutes := l.time_to_train_minutes, value := p.energy_j)) filter (where l.is_success) as energies,
        list(struct_pack(minutes := l.time_to_train_minutes, value := p.switch_energy_j)) filter (where l.is_success) as switches,
        avg(p.energy_j) filter (where l.is_success) as mean_run_energy_j,
        bool_or(p.is_energy_fallback) as is_energy_fallback,
        bool_or(p.is_declared) as is_declared
    from core.mlperf_training_logs as l
    left join power as p
        on
            l.round = p.round
            and l.submitter = p.submitter
            and l.system = p.system
            and l.benchmark = p.benchmark
            and l.result_name = p.result_name
    group by l.round, l.submitter, l.system, l.benchmark
),

folders as (
    select
        round,
        submitter,
        system,
        benchmark
    from runs
    union
    select
        round,
        submitter,
        system,
        benchmark
    from raw.mlperf_training_scaling
),

sets as (
    select
        f.*,
        coalesce(r.run_count, 0) as run_count,
        coalesce(r.failed_run_count, 0) as failed_run_count,
        r.failures,
        r.global_batch_size,
        coalesce(list_sort(r.minutes), []::double[]) as minutes,
        r.start_times,
        r.energies,
        r.switches,
        r.mean_run_energy_j,
        r.is_energy_fallback,
        r.is_declared,
        b.required_run_count,
        b.dropped_run_count,
        coalesce(s.scaling_factor, 1) as scaling_factor
    from folders as f
    left join runs as r on f.round = r.round and f.submitter = r.submitter and f.system = r.system and f.benchmark = r.benchmark
    left join raw.mlperf_training_scaling as s
        on f.round = s.round and f.submitter = s.submitter and f.system = s.system and f.benchmark = s.benchmark
    left join seeds.mlperf_training_rules as b on f.benchmark = b.benchmark
),

judged as (
    select
        *,
        case
            when run_count = 0 then 'no log for a run'
            when required_run_count is null then 'no rule for this benchmark in seeds/benchmarks/mlperf_training_rules.csv'
            when run_count <> required_run_count then concat(run_count, ' runs; the rules require ', required_run_count)
            when failed_run_count > dropped_run_count
                then concat(failed_run_count, ' failed runs (', failures, '); the rules allow ', dropped_run_count)
        end as score_reason
    from sets
),

scored as (
    select
        *,
        case
            when score_reason is null
                then training_score_of(minutes, failed_run_count, dropped_run_count, scaling_factor)
        end as score,
        case
            when score_reason is null
                then olympic_mean(minutes, dropped_run_count, dropped_run_count - failed_run_count)
        end as mean_minutes,
        case
            when score_reason is null and is_energy_fallback is not null
                then olympic_mean_by_time(energies, dropped_run_count, dropped_run_count - failed_run_count)
        end as energy_j,
        case
            when score_reason is null and is_energy_fallback is not null
                then olympic_mean_by_time(switches, dropped_run_count, dropped_run_count - failed_run_count)
        end as switch_energy_j
    from judged
),

described as (
    select
        *,
        try_cast(number_of_nodes as integer) as node_count,
        nullif(try_cast(accelerators_per_node as integer) * try_cast(number_of_nodes as integer), 0) as accelerator_count,
        case when try_cast(accelerators_per_node as integer) > 0 then trim(accelerator_model_name) end as accelerator_name
    from raw.mlperf_training_systems
),

named as (
    select
        s.*,
        concat_ws('/', 'mlperf training', s.round, s.submitter, s.system, s.benchmark) as mlperf_training_run_id
    from scored as s
),

counted as (
    select
        *,
        case
            when start_times is not null
                then first_value(mlperf_training_run_id) over (
                    partition by benchmark, start_times
                    order by score is null, round_order(round), energy_j is null, submitter, system
                )
        end as first_run_id
    from named
)

select
    s.mlperf_training_run_id,
    'mlperf training' as suite,
    s.round,
    lower(trim(d.division)) as division,
    coalesce(d.stated_submitter, s.submitter) as submitter,
    s.system,
    d.system_name,
    d.status as availability,
    d.accelerator_name,
    n.accelerator_id,
    d.accelerator_count::double as accelerator_count,
    d.node_count::double as node_count,
    s.benchmark,
    'time to train' as metric,
    s.score as value,
    'minute' as unit,
    s.score / 60 * d.accelerator_count as chip_hours,
    s.run_count,
    s.failed_run_count,
    s.dropped_run_count,
    s.scaling_factor,
    s.global_batch_size,
    s.energy_j / (s.mean_minutes * 60) as power_w,
    s.energy_j,
    s.energy_j - s.switch_energy_j as node_energy_j,
    s.switch_energy_j,
    s.energy_j * s.scaling_factor as official_energy_j,
    s.mean_run_energy_j,
    s.is_energy_fallback,
    s.is_declared as is_switch_power_declared,
    s.score_reason,
    nullif(s.first_run_id, s.mlperf_training_run_id) as same_runs_as,
    coalesce(s.first_run_id <> s.mlperf_training_run_id, false) as is_duplicate,
    d.framework,
    q.published_date,
    coalesce(q.source_id, 'mlperf_training') as source_id,
    concat_ws('/', s.submitter, 'results', s.system, s.benchmark) as locator
from counted as s
left join seeds.mlperf_rounds as q on q.suite = 'mlperf training' and s.round = q.round
left join described as d on s.round = d.round and s.submitter = d.submitter and s.system = d.system
left join core.accelerator_names as n on n.source_id = 'mlperf_training' and d.accelerator_name = n.name
order by s.round, s.submitter, s.system, s.benchmark
