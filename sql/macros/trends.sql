-- Trends: growth and durations. Arguments are plain numbers.

-- macro: growth_per_year_of | Times by which a quantity grows in a year, from the slope of its logarithm.
-- equation: 10 ^ slope
-- units: orders of magnitude per year -> ratio
-- example: round(growth_per_year_of(0.30103), 4) = 2
create or replace macro growth_per_year_of(log10_slope) as 10 ** log10_slope;

-- macro: doubling_time_months_of | Months in which a quantity that grows doubles, from the slope of its logarithm.
-- equation: 12 · log10(2) / slope
-- units: orders of magnitude per year -> months
-- example: round(doubling_time_months_of(0.30103), 3) = 12
create or replace macro doubling_time_months_of(log10_slope) as 12 * log10(2) / log10_slope;

-- macro: hours_of_months | Months in hours.
-- equation: months · 730.5: a year has 8766 hours
-- units: months -> hours
-- example: hours_of_months(12) = 8766
create or replace macro hours_of_months(months) as months * 730.5;

-- macro: times_per_year_of | Times by which a quantity changed in a year, from what it was at two dates.
-- equation: exp(ln(last / first) · 365.25 / days)
-- units: the quantity twice, days between -> ratio
-- example: round(times_per_year_of(1, 4, 730.5), 9) = 2
create or replace macro times_per_year_of(first_value, last_value, days) as exp(ln(last_value / first_value) / (days / 365.25));
