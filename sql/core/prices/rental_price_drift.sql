-- One row: how the rental price of an accelerator changes with time, from pairs of prices of one provider for one accelerator.
-- key: cohort
-- column: cohort | Accelerators that it is measured on.
-- column: yearly_change_ratio | Price over that of a year before, the mean over all pairs and years.
-- column: yearly_spread_ratio | One standard deviation of the change in a year; its logarithm grows with the square root of time.
-- column: pair_count | Pairs of consecutive prices.
-- column: observed_years | Years between the prices of all pairs, summed.
with drift as (
    select sum(ln(change_ratio)) / sum(change_years) as log_change
    from core.rental_quotes
    where change_years > 0
)

select
    'all accelerators' as cohort,
    exp(d.log_change) as yearly_change_ratio,
    exp(sqrt(sum((ln(q.change_ratio) - d.log_change * q.change_years) ** 2) / sum(q.change_years))) as yearly_spread_ratio,
    count(*) as pair_count,
    sum(q.change_years) as observed_years
from core.rental_quotes as q
cross join drift as d
where q.change_years > 0
group by d.log_change
