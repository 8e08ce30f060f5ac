-- One row per accelerator and year: what renting one for an hour costs, and how we know. Every table, chart and calculator takes its prices from here.
-- Each provider counts once, with its price of the nearest year. Where no price was observed within two years, the nearest ones are moved by the
-- mean change of prices; where none was observed at all, similar accelerators stand for it. Spot and reserved prices are left out.
-- key: accelerator_id, year
-- column: accelerator_id | Key of core.accelerators.
-- column: year | Year.
-- column: method | observed: within two years; moved: observed in other years, moved by core.rental_price_drift; peers_by_peak, peers_by_price,
--    peers_by_class: from similar accelerators (core.peer_rental_prices), the first that applies.
-- interval: price_usd_per_chip_hour | List price without commitment, nominal US dollars: of observed ones the 5th, 50th and 95th percentile.
-- column: paid_usd_per_chip_hour_low | Lower bound of the price that is paid, with discounts of large customers and long terms.
-- column: paid_usd_per_chip_hour_high | Upper bound of the price that is paid.
-- column: provider_count | Providers of observed prices; null where there are none.
-- column: first_year | Year of the first of these prices.
-- column: last_year | Year of the last.
-- column: basis | What the price comes from, in words.
-- column: source_id | Source of one of the prices; of peers: of our own judgement.
-- column: locator | Location in that source.
-- column: verified | How the entry was checked.
-- column: source_ids | Sources of all prices.
-- check: every_method_has_a_width | select * from core.rental_prices
--    where not paid_usd_per_chip_hour_low < price_usd_per_chip_hour or not price_usd_per_chip_hour < paid_usd_per_chip_hour_high
with years as (
    select unnest(range(1990, 2036)) as year
),

limits as (
    select assumed['price_nearness_years'].value as nearness_years
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'rental prices'
),

-- One price of each provider: that of the nearest year, and of a year the latest.
quotes as (
    select
        q.*,
        y.year,
        year(q.observed_date) as observed_year,
        abs(year(q.observed_date) - y.year) as distance_years
    from core.rental_quotes as q
    cross join years as y
    qualify row_number() over (
        partition by q.accelerator_id, q.provider, y.year
        order by abs(year(q.observed_date) - y.year), q.observed_date desc
    ) = 1
),

nearest as (
    select
        q.*,
        q.price_usd_per_chip_hour * d.yearly_change_ratio ** (q.year - q.observed_year) as moved_price,
        q.distance_years > l.nearness_years as is_moved,
        d.yearly_change_ratio,
        d.yearly_spread_ratio
    from quotes as q
    cross join limits as l
    cross join core.rental_price_drift as d
    qualify
        q.distance_years <= greatest(l.nearness_years, min(q.distance_years) over (partition by q.accelerator_id, q.year))
),

usable as (
    select
        *,
        case when is_moved then moved_price else price_usd_per_chip_hour end as price
    from nearest
),

-- The width grows with the distance of the nearest price.
observed as (
    select
        accelerator_id,
        year,
        case when any_value(is_moved) then 'moved' else 'observed' end as method,
        multiply(
            uncertain(
                least(quantile_cont(price, 0.05), median(price)), median(price), greatest(quantile_cont(price, 0.95), median(price))
            ),
            price_drift_of(1, any_value(yearly_spread_ratio), case when any_value(is_moved) then min(distance_years) else 0 end)
        ) as price,
        count(*) as provider_count,
        min(observed_year) as first_year,
        max(observed_year) as last_year,
        arg_min({ 'source_id': source_id, 'locator': locator, 'verified': verified }, (source_id, locator)) as origin,
        list_sort(list(distinct source_id)) as source_ids
    from usable
    group by accelerator_id, year
),

errors as (
    select
        method,
        uncertain(least(quantile_cont(error_ratio, 0.05), 1), 1, greatest(quantile_cont(error_ratio, 0.95), 1)) as error_ratio
    from core.peer_rental_prices
    group by method
),

peers as (
    select
        p.accelerator_id,
        p.method,
        multiply(exactly(p.price_usd_per_chip_hour), e.error_ratio) as price,
        p.peer_count
    from core.peer_rental_prices as p
    inner join errors as e on p.method = e.method
    qualify row_number() over (
        partition by p.accelerator_id order by list_position(['peers_by_peak', 'peers_by_price', 'peers_by_class'], p.method)
    ) = 1
),

priced as (
    select
        accelerator_id,
        year,
        method,
        price,
        provider_count,
        first_year,
        last_year,
        case method when 'observed' then 'median of ' else 'moved from ' end || provider_count
        || case provider_count when 1 then ' provider' else ' providers' end || ' of ' || accelerator_id || ', '
        || concat_ws('-', first_year, nullif(last_year, first_year)) || case when provider_count > 1 then '; one source shown' else '' end as basis,
        origin.source_id,
        origin.locator,
        origin.verified,
        source_ids
    from observed
    union all by name
    select
        p.accelerator_id,
        y.year,
        p.method,
        p.price,
        case p.method
            when 'peers_by_peak' then 'like ' || p.peer_count || ' accelerators of its class and time, per peak'
            when 'peers_by_price' then 'like ' || p.peer_count || ' accelerators of its class, per purchase price'
            else 'like ' || p.peer_count || ' accelerators of its class and time'
        end as basis,
        'compute_ledger' as source_id,
        'docs/methods.md, prices' as locator,
        'seen' as verified,
        ['compute_ledger'] as source_ids
    from peers as p
    cross join years as y
    anti join observed as o on p.accelerator_id = o.accelerator_id
)

select
    p.accelerator_id,
    p.year,
    p.method,
    low_of(p.price) as price_usd_per_chip_hour_low,
    central_of(p.price) as price_usd_per_chip_hour,
    high_of(p.price) as price_usd_per_chip_hour_high,
    low_of(paid_price_of(p.price, amount(a.assumed['cloud_price_spread_ratio']))) as paid_usd_per_chip_hour_low,
    high_of(paid_price_of(p.price, amount(a.assumed['cloud_price_spread_ratio']))) as paid_usd_per_chip_hour_high,
    p.provider_count,
    p.first_year,
    p.last_year,
    p.basis,
    p.source_id,
    p.locator,
    p.verified,
    p.source_ids
from priced as p
inner join core.assumption_sets as a on p.accelerator_id = a.subject_id and a.subject_kind = 'accelerator'
order by p.accelerator_id, p.year
