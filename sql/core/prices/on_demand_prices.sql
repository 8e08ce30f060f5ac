-- One row per accelerator: what renting one for an hour costs on demand, over the last two years observed.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- interval: cloud_price_usd_per_chip_hour | Least, median and greatest price observed.
-- column: price_count | Prices observed.
-- column: source_ids | Their sources.
with last as (
    select max(observed_date) - interval 2 year as since from seeds.cloud_prices
)

select
    p.accelerator_id,
    min(p.price_usd_per_chip_hour) as cloud_price_usd_per_chip_hour_low,
    median(p.price_usd_per_chip_hour) as cloud_price_usd_per_chip_hour,
    max(p.price_usd_per_chip_hour) as cloud_price_usd_per_chip_hour_high,
    count(*) as price_count,
    list_sort(list_distinct(list(p.source_id))) as source_ids
from seeds.cloud_prices as p
inner join last on p.observed_date >= last.since
where p.terms = 'on demand'
group by p.accelerator_id
order by p.accelerator_id
