-- One row per accelerator and year: what renting one for an hour costs, by the prices observed within two years of it. Spot prices are left out.
-- key: accelerator_id, year
-- column: accelerator_id | Key of core.accelerators.
-- column: year | Year.
-- interval: price_usd_per_chip_hour | Price of one accelerator for one hour, nominal US dollars: 5th, 50th and 95th percentile of those observed.
-- column: price_count | Prices observed.
-- column: source_ids | Their sources.
with years as (
    select unnest(range(2016, 2036)) as year
)

select
    p.accelerator_id,
    y.year,
    least(quantile_cont(p.price_usd_per_chip_hour, 0.05), median(p.price_usd_per_chip_hour)) as price_usd_per_chip_hour_low,
    median(p.price_usd_per_chip_hour) as price_usd_per_chip_hour,
    greatest(quantile_cont(p.price_usd_per_chip_hour, 0.95), median(p.price_usd_per_chip_hour)) as price_usd_per_chip_hour_high,
    count(*) as price_count,
    list_sort(list(distinct p.source_id)) as source_ids
from seeds.cloud_prices as p
inner join years as y on abs(year(p.observed_date) - y.year) <= 2
where p.terms in ('on demand', 'reserved 1 year', 'reserved 3 years', 'marketplace')
group by p.accelerator_id, y.year
order by p.accelerator_id, y.year
