-- One row per accelerator, provider and day: the price of an hour without a commitment, the median over instances and regions.
-- key: accelerator_id, provider, observed_date
-- column: accelerator_id | Key of core.accelerators.
-- column: provider | Who rents it out.
-- column: price_usd_per_chip_hour | Price of one accelerator for one hour, nominal US dollars.
-- column: change_ratio | Price over the provider's price before it; null for the first.
-- column: change_years | Years since that price.
-- column: source_id | Source of one of the prices.
-- column: locator | Location in that source.
-- column: verified | How the entry was checked.
with quotes as (
    select
        accelerator_id,
        provider,
        observed_date,
        median(price_usd_per_chip_hour) as price_usd_per_chip_hour,
        arg_min({ 'source_id': source_id, 'locator': locator, 'verified': verified }, (source_id, locator)) as origin
    from seeds.cloud_prices
    where terms in ('on demand', 'marketplace')
    group by all
)

select
    accelerator_id,
    provider,
    observed_date,
    price_usd_per_chip_hour,
    price_usd_per_chip_hour / lag(price_usd_per_chip_hour) over before as change_ratio,
    date_diff('day', lag(observed_date) over before, observed_date) / 365.25 as change_years,
    origin.source_id,
    origin.locator,
    origin.verified
from quotes
window before as (partition by accelerator_id, provider order by observed_date)
order by accelerator_id, provider, observed_date
