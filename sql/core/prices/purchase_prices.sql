-- One row per accelerator: what buying one costs, the median over all prices observed. A server counts as its accelerators with the
-- share of the server taken off; a whole device, such as a developer kit, counts only where nothing else was observed.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- column: price_usd | Price of one accelerator, nominal US dollars.
-- column: quote_count | Prices observed.
-- column: is_server_price | True if all of them are prices of whole servers.
-- column: source_id | Source of the earliest.
-- column: locator | Location in that source.
-- column: verified | How the entry was checked.
with quotes as (
    select
        accelerator_id,
        'card' as what,
        release_price_usd as price_usd,
        price_source_id as source_id,
        case when price_source_id = source_id then locator else 'price of ' || accelerator_name end as locator,
        verified,
        release_date as observed_date
    from core.accelerators
    where release_price_usd is not null
    union all by name
    select
        p.accelerator_id,
        p.what,
        p.price_usd / p.accelerators_per_item_count
        / case when p.what in ('server', 'rack') then a.assumed['server_cost_ratio'].value else 1 end as price_usd,
        p.source_id,
        p.locator,
        p.verified,
        p.observed_date
    from seeds.purchase_prices as p
    inner join core.assumption_sets as a on p.accelerator_id = a.subject_id and a.subject_kind = 'accelerator'
),

usable as (
    select *
    from quotes
    qualify what <> 'device' or bool_and(what = 'device') over (partition by accelerator_id)
)

select
    accelerator_id,
    median(price_usd) as price_usd,
    count(*) as quote_count,
    bool_and(what in ('server', 'rack')) as is_server_price,
    arg_min(source_id, (observed_date, source_id, locator)) as source_id,
    arg_min(locator, (observed_date, source_id, locator)) as locator,
    arg_min(verified, (observed_date, source_id, locator)) as verified
from usable
group by accelerator_id
order by accelerator_id
