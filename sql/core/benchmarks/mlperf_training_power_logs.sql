-- One row per power log of an MLPerf Training run: the energy that its node or switch took during the run.
-- key: round, member
-- column: benchmark | Task in the suite's own short name.
-- column: member | Path of the power log in the repository of the round.
-- column: is_switch | True if it is a network switch.
-- column: is_declared | True if the submitter declares a constant power in place of readings.
-- column: is_energy_fallback | True if the measurement states no time, so that its last reading counts as its end.
-- column: measured_s | Length of the measurement, seconds; null for a declared power.
-- column: mean_power_w | Mean power, after the efficiency of the supply, watts.
-- column: energy_j | Energy during the run, joules; null where run or measurement have no length.
-- aside: no_negative_energy | select * from core.mlperf_training_power_logs where energy_j < 0
with logs as (
    select
        p.*,
        l.time_to_train_minutes * 60000 as run_ms,
        coalesce(p.conversion_eff, 1) as efficiency,
        p.interconnect_power_est_w is not null as is_declared,
        coalesce(p.measurement_stop_ms > p.measurement_start_ms, false) as has_length
    from raw.mlperf_training_power as p
    left join core.mlperf_training_logs as l
        on
            p.round = l.round
            and p.submitter = l.submitter
            and p.system = l.system
            and p.benchmark = l.benchmark
            and p.result_name = l.result_name
),

measured as (
    select
        *,
        case when has_length then measurement_stop_ms else last_reading_ms end - measurement_start_ms as measured_ms,
        case when has_length then to_stop_j else to_last_reading_j end as integral_j
    from logs
)

select
    round,
    submitter,
    system,
    benchmark,
    result_name,
    log_name,
    member,
    is_switch,
    is_declared,
    not has_length and not is_declared as is_energy_fallback,
    reading_count,
    case when not is_declared then measured_ms / 1000.0 end as measured_s,
    case
        when is_declared then efficiency * interconnect_power_est_w
        else measured_energy_of(integral_j, measured_ms / 1000.0, 1, efficiency)
    end as mean_power_w,
    case
        when is_declared then efficiency * interconnect_power_est_w * run_ms / 1000
        else measured_energy_of(integral_j, measured_ms, run_ms, efficiency)
    end as energy_j
from measured
order by round, member
