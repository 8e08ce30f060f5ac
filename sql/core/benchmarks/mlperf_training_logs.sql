-- One row per log of an MLPerf Training run: its time to train, or why it counts as failed.
-- key: round, member
-- column: benchmark | Task in the suite's own short name.
-- column: member | Path of the log in the repository of the round.
-- column: run_start_ms | First start of the run, milliseconds since 1970; null where it is missing.
-- column: time_to_train_minutes | From the first start to the first stop of the run; null where one is missing.
-- column: is_success | True if the run reached its quality.
-- column: failure_reason | Why it does not count; null where it does.
-- column: odd_line_count | Lines of the log that could not be used.
-- check: a_run_succeeds_or_has_a_reason | select * from core.mlperf_training_logs where is_success <> (failure_reason is null)
-- check: time_is_positive | select * from core.mlperf_training_logs where is_success and not coalesce(time_to_train_minutes > 0, false)
with logs as (
    select
        *,
        (run_stop_ms - run_start_ms) / 60000.0 as time_to_train_minutes,
        case
            when run_start_ms is null then 'no run_start'
            when run_stop_ms is null then 'no run_stop'
            when run_status is null then 'no status of run_stop'
            when run_status <> 'success' then 'run ' || run_status
            when run_stop_ms <= run_start_ms then 'run_stop is not after run_start'
        end as failure_reason
    from raw.mlperf_training_results
)

select
    round,
    submitter,
    system,
    benchmark,
    result_name,
    member,
    run_start_ms,
    time_to_train_minutes,
    failure_reason is null as is_success,
    failure_reason,
    global_batch_size,
    seed,
    odd_line_count
from logs
order by round, member
