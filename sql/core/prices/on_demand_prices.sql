-- One row per accelerator of which prices were observed in the last two years: what renting one for an hour costs on demand, as
-- core.rental_prices has it for the latest year with prices.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- interval: cloud_price_usd_per_chip_hour | List price on demand, one price a provider: 5th, 50th and 95th percentile.
-- column: provider_count | Providers.
-- column: source_ids | Their sources.
with latest as (
    select max(year(observed_date)) as latest_year from core.rental_quotes
)

select
    p.accelerator_id,
    p.price_usd_per_chip_hour_low as cloud_price_usd_per_chip_hour_low,
    p.price_usd_per_chip_hour as cloud_price_usd_per_chip_hour,
    p.price_usd_per_chip_hour_high as cloud_price_usd_per_chip_hour_high,
    p.provider_count,
    p.source_ids
from core.rental_prices as p
inner join latest as l on p.year = l.latest_year
where p.method = 'observed'
order by p.accelerator_id
