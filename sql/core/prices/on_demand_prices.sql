-- One row per accelerator of which prices were observed in the last two years: what renting one for an hour costs on demand, as
-- core.rental_prices has it for the latest year with prices.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- interval: cloud_price_usd_per_chip_hour | List price on demand, one price a provider: 5th, 50th and 95th percentile.
-- column: provider_count | Providers.
-- column: source_ids | Their sources.
select
    accelerator_id,
    price_usd_per_chip_hour_low as cloud_price_usd_per_chip_hour_low,
    price_usd_per_chip_hour as cloud_price_usd_per_chip_hour,
    price_usd_per_chip_hour_high as cloud_price_usd_per_chip_hour_high,
    provider_count,
    source_ids
from core.rental_prices
where method = 'observed' and year = (select max(year(observed_date)) from core.rental_quotes)
order by accelerator_id
