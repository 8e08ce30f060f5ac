-- Sites: yearly cost of hardware and buildings. Arguments are uncertain triples unless said otherwise.

-- macro: recovery_factor | Yearly share of the capital cost: depreciation over the lifetime plus interest. Arguments are plain numbers.
-- equation: r / (1 - (1 + r)^-n)
-- units: interest per year, years -> 1/year
-- example: round(recovery_factor(0.05, 5), 4) = 0.231
create or replace macro recovery_factor(rate, years) as rate / (1 - (1 + rate) ** (-years));

-- macro: capital_recovery_of | Yearly share of the capital cost for an uncertain interest rate and lifetime: more interest costs more, a longer life less.
-- equation: f(r, n) · (f(r ± , n) / f(r, n)) · (f(r, n ∓) / f(r, n))
-- units: interest per year, years -> 1/year
-- example: abs(central_of(capital_recovery_of(uncertain(0.03, 0.05, 0.1), exactly(5))) - 0.231) < 1e-4
create or replace macro capital_recovery_of(rate, years) as list_transform(
    [{
        'r': central_of(rate), 'rl': low_of(rate), 'rh': high_of(rate),
        'n': central_of(years), 'nl': low_of(years), 'nh': high_of(years)
    }],
    lambda q: multiply(
        uncertain(recovery_factor(q.rl, q.n), recovery_factor(q.r, q.n), recovery_factor(q.rh, q.n)),
        uncertain(
            recovery_factor(q.r, q.nh) / recovery_factor(q.r, q.n), 1, recovery_factor(q.r, q.nl) / recovery_factor(q.r, q.n)
        )
    )
)[1];

-- macro: site_energy_kwh_of | Yearly electricity use of a site.
-- equation: E = P_IT · 1000 · 8766 · f · PUE
-- units: MW of computers, ratio of average to rated power, ratio -> kWh per year
-- example: round(central_of(site_energy_kwh_of(exactly(1), exactly(0.5), exactly(1)))) = 4383000
create or replace macro site_energy_kwh_of(it_megawatts, average_power_ratio, pue) as
multiply(multiply(scaled(it_megawatts, 1000 * 8766), average_power_ratio), pue);
