-- Own runs: energy from samples of power, or from a counter of energy. Plain numbers.

-- macro: longest_step_s | Longest time between two samples over which power counts as known: a longer one is a gap.
-- equation: 10 s
-- units: none -> seconds
-- example: longest_step_s() = 10
create or replace macro longest_step_s() as 10;

-- macro: is_covered | Whether power is known between two samples: the clock went on, and not too far.
-- equation: 0 < t <= longest step
-- units: seconds -> true or false
-- example: is_covered(1) and is_covered(10) and not is_covered(10.001) and not is_covered(0) and not is_covered(-1)
create or replace macro is_covered(step_s) as step_s > 0 and step_s <= longest_step_s();

-- macro: trapezoid_j | Energy between two samples of power: it goes from one to the other in a straight line.
-- equation: E = (P1 + P2) / 2 · t
-- units: W, W, seconds -> J
-- example: trapezoid_j(100, 200, 2) = 300
create or replace macro trapezoid_j(power_before_w, power_w, step_s) as (power_before_w + power_w) / 2 * step_s;

-- macro: is_wrap | Whether a counter that fell began again at zero because it was full, not because the machine was started again.
-- equation: it fell, its range is known, power is known between the samples, and what was counted is at most 20 kW
-- units: J, J, J, seconds -> true or false
-- example: is_wrap(262140, 5, 262144, 1) and not is_wrap(5, 6, 262144, 1) and not is_wrap(200000, 5, 262144, 1) and not is_wrap(9, 5, null, 1)
create or replace macro is_wrap(counter_before_j, counter_j, range_j, step_s) as
counter_j < counter_before_j and is_covered(step_s) and coalesce(range_j - counter_before_j + counter_j <= 20000 * step_s, false);

-- macro: counter_step_j | Energy between two readings of a counter of energy; null where the counter was set back.
-- equation: E = C2 - C1, or range - C1 + C2 where the counter was full
-- units: J, J, J, seconds -> J
-- example: counter_step_j(10, 12, null, 60) = 2 and counter_step_j(262140, 5, 262144, 1) = 9 and counter_step_j(9, 5, null, 1) is null
create or replace macro counter_step_j(counter_before_j, counter_j, range_j, step_s) as case
    when step_s <= 0 then null
    when counter_j >= counter_before_j then counter_j - counter_before_j
    when is_wrap(counter_before_j, counter_j, range_j, step_s) then range_j - counter_before_j + counter_j
end;
