-- One row per device of an own run: energy between its samples, over all files. A step from one file to the next counts like one within a file.
-- key: run_id, device_id
-- column: run_id | Key of the run.
-- column: device_id | Device as its driver numbers it.
-- column: part | accelerator, processor, memory, or system for all of it.
-- column: device_name | Name of the device, as its driver prints it.
-- column: is_modelled | True if the power follows from a model, not from a meter.
-- column: reading | What samples read: power, or counter for a counter of energy.
-- column: file_count | Files with samples of it.
-- column: sample_count | Samples.
-- column: started_at | First sample, UTC.
-- column: ended_at | Last sample, UTC.
-- column: energy_j | Energy while it was measured, joules: gaps and steps back of the clock add nothing.
-- column: measured_s | Time over which energy is known.
-- column: elapsed_s | Time measured, and gaps.
-- column: gap_count | Gaps: times over ten seconds without a sample of power.
-- column: gap_s | Length of all gaps; they add no energy.
-- column: reset_count | Times at which the clock went back or stood, or a counter was set back; such steps add no energy.
-- column: wrap_count | Times at which a counter was full and began again.
-- column: peak_power_w | Highest power; of a counter the highest mean between two readings.
-- check: no_negative_energy | select * from core.telemetry_devices where energy_j < 0 or measured_s < 0 or gap_s < 0
-- check: no_sample_is_lost | select f.run_id from (select run_id, sum(sample_count) as n from raw.telemetry_files group by run_id) as f
--    left join (select run_id, sum(sample_count) as n from core.telemetry_devices group by run_id) as d on f.run_id = d.run_id
--    where f.n is distinct from d.n
with following as (
    select
        *,
        (first_at_ms - lag(last_at_ms) over series) / 1000.0::double as step_s,
        lag(last_power_w) over series as power_before_w,
        lag(last_counter_j) over series as counter_before_j
    from core.telemetry_partials
    window series as (partition by run_id, device_id order by case when is_numbered then first_seq else first_at_ms end, first_at_ms)
),

steps as (
    select
        *,
        case
            when reading = 'counter' then counter_step_j(counter_before_j, first_counter_j, counter_range_j, step_s)
            when is_covered(step_s) then trapezoid_j(power_before_w, first_power_w, step_s)
        end as step_j
    from following
),

judged as (
    select
        *,
        step_j is not null as is_measured,
        step_j is null and reading = 'power' and step_s > 0 as is_gap,
        step_s is not null and step_j is null and (reading = 'counter' or step_s <= 0) as is_reset,
        coalesce(reading = 'counter' and is_wrap(counter_before_j, first_counter_j, counter_range_j, step_s), false) as is_wrapped
    from steps
)

select
    run_id,
    device_id,
    any_value(part) as part,
    any_value(device_name) as device_name,
    bool_or(is_modelled) as is_modelled,
    any_value(reading) as reading,
    sum(file_count)::bigint as file_count,
    sum(sample_count)::bigint as sample_count,
    make_timestamp(min(first_at_ms) * 1000) as started_at,
    make_timestamp(max(last_at_ms) * 1000) as ended_at,
    sum(energy_j) + coalesce(sum(step_j), 0) as energy_j,
    sum(measured_s) + coalesce(sum(step_s) filter (where is_measured), 0) as measured_s,
    sum(measured_s) + sum(gap_s) + coalesce(sum(step_s) filter (where is_measured or is_gap), 0) as elapsed_s,
    (sum(gap_count) + count(*) filter (where is_gap))::bigint as gap_count,
    sum(gap_s) + coalesce(sum(step_s) filter (where is_gap), 0) as gap_s,
    (sum(reset_count) + count(*) filter (where is_reset))::bigint as reset_count,
    (sum(wrap_count) + count(*) filter (where is_wrapped))::bigint as wrap_count,
    greatest(max(peak_power_w), max(step_j / step_s) filter (where reading = 'counter')) as peak_power_w
from judged
group by run_id, device_id
order by run_id, device_id
