-- MLPerf Training: official scores of sets of runs, and their energy.

-- macro: olympic_mean | Mean without the smallest and largest values; null if no value is left.
-- equation: mean of the sorted values from number a + 1 to number n − b
-- units: values in any unit -> that unit
-- source: mlcommons_logging
-- example: olympic_mean([9.0, 1.0, 4.0, 5.0], 1, 1) = 4.5
create or replace macro olympic_mean(numbers, lowest_dropped_count, highest_dropped_count) as
list_avg(list_sort(numbers)[lowest_dropped_count + 1:len(numbers) - highest_dropped_count]);

-- macro: training_score_of | Official time to train of a set of runs: each failed run counts as one of the dropped slowest runs; null if more runs failed.
-- equation: olympic_mean(t, k, k − f) · s
-- units: minutes of the runs that succeeded, runs that failed, runs dropped on each side, scaling factor -> minutes
-- source: mlcommons_logging
-- example: training_score_of([10.0, 30.0, 20.0], 1, 1, 1.5) = 37.5
create or replace macro training_score_of(minutes, failed_count, dropped_count, scaling) as case
    when failed_count <= dropped_count then olympic_mean(minutes, dropped_count, dropped_count - failed_count) * scaling
end;

-- macro: olympic_mean_by_time | Mean of a second quantity over the runs that the score keeps, which are chosen by their times.
-- equation: as olympic_mean, of the pairs sorted by time
-- units: list of structs of minutes and of a quantity -> that quantity
-- source: mlcommons_logging
-- example: olympic_mean_by_time([{minutes: 3.0, value: 7.0}, {minutes: 1.0, value: 9.0}, {minutes: 2.0, value: 5.0}], 1, 1) = 5
create or replace macro olympic_mean_by_time(pairs, lowest_dropped_count, highest_dropped_count) as
case
    when list_bool_and(
        [
            pair.value is not null
            for pair in list_sort(pairs)[lowest_dropped_count + 1:len(pairs) - highest_dropped_count]
        ]
    ) then list_avg(
        [
            pair.value
            for pair in list_sort(pairs)[lowest_dropped_count + 1:len(pairs) - highest_dropped_count]
        ]
    )
end;

-- macro: measured_energy_of | Energy of a training run from its power log.
-- equation: η · (∫ P dt) / T · t
-- units: integral in joules, length of the measurement and of the run in any same unit, efficiency -> joules
-- source: mlcommons_logging
-- example: measured_energy_of(5000, 10, 8, 0.5) = 2000
create or replace macro measured_energy_of(integral_j, measured_time, run_time, efficiency) as
efficiency * integral_j * run_time / nullif(measured_time, 0);
