-- One row per year: the rental price of a data centre accelerator that is not named: the median over the kinds with prices observed around that
-- year, or in the nearest year that has enough of them.
-- key: year
-- column: year | Year.
-- interval: price_usd_per_chip_hour | List price without commitment, nominal US dollars: 5th, 50th and 95th percentile over the accelerators.
-- column: paid_usd_per_chip_hour_low | Lower bound of the price that is paid.
-- column: paid_usd_per_chip_hour_high | Upper bound of the price that is paid.
-- column: accelerator_count | Kinds of accelerators.
with limits as (
    select
        s.assumed['fewest_comparable_count'].value as fewest,
        s.assumed['cloud_price_spread_ratio'] as spread
    from core.assumption_sets as s
    where s.subject_kind = 'class' and s.subject_id = 'rental prices'
),

years as (
    select unnest(range(1990, 2036)) as year
),

typical as (
    select
        p.year,
        quantile_cont(p.price_usd_per_chip_hour, 0.05) as low,
        median(p.price_usd_per_chip_hour) as central,
        quantile_cont(p.price_usd_per_chip_hour, 0.95) as high,
        count(*) as accelerator_count
    from core.rental_prices as p
    inner join core.accelerators as a on p.accelerator_id = a.accelerator_id
    where p.method = 'observed' and a.segment = 'datacentre'
    group by p.year
    having count(*) >= (select l.fewest from limits as l)
),

nearest as (
    select
        y.year,
        arg_min(
            { 'low': t.low, 'central': t.central, 'high': t.high, 'accelerator_count': t.accelerator_count },
            (abs(t.year - y.year), -t.year)
        ) as found
    from years as y
    cross join typical as t
    group by y.year
)

select
    n.year,
    n.found.low as price_usd_per_chip_hour_low,
    n.found.central as price_usd_per_chip_hour,
    n.found.high as price_usd_per_chip_hour_high,
    low_of(paid_price_of(uncertain(n.found.low, n.found.central, n.found.high), amount(l.spread))) as paid_usd_per_chip_hour_low,
    high_of(paid_price_of(uncertain(n.found.low, n.found.central, n.found.high), amount(l.spread))) as paid_usd_per_chip_hour_high,
    n.found.accelerator_count
from nearest as n
cross join limits as l
order by n.year
