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

-- macro: share_interval_of | 90 % interval of a share of which a sample shows this part: Wilson's.
-- equation: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), z = 1.645
-- units: share, count -> shares
-- source: wilson_1927
-- example: abs((share_interval_of(0.9, 100)).low - 0.83964449) < 1e-8 and abs((share_interval_of(0.9, 100)).high - 0.93928133) < 1e-8
create or replace macro share_interval_of(share, n) as list_transform(
    list_transform(
        [{ 'p': share::double, 'n': n::double, 'z': 1.6448536269514722::double }],
        lambda q: {
            'p': q.p,
            'middle': (q.p + q.z ** 2 / (2 * q.n)) / (1 + q.z ** 2 / q.n),
            'half': q.z * sqrt(q.p * (1 - q.p) / q.n + q.z ** 2 / (4 * q.n ** 2)) / (1 + q.z ** 2 / q.n)
        }
    ),
    -- at none and all the bound is the share itself, but for rounding
    lambda r: { 'low': least(r.p, r.middle - r.half), 'high': greatest(r.p, least(1, r.middle + r.half)) }
)[1];
