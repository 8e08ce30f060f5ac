-- One row per accelerator and way of taking its rental price from similar accelerators: the peers of the same market segment, without the
-- accelerator itself. Where its own price was observed, the two give the error of the way.
-- key: accelerator_id, method
-- column: accelerator_id | Key of core.accelerators.
-- column: method | peers_by_price: peers of the segment, per dollar of purchase price; peers_by_peak: the peers nearest in release date, per
--    dense 16-bit peak; peers_by_class: the peers nearest in release date.
-- column: price_usd_per_chip_hour | Price from the peers: the own measure × the median of their rental price per measure.
-- column: peer_count | Peers.
-- column: observed_usd_per_chip_hour | Own price, the median of each provider's latest; null where none was observed.
-- column: error_ratio | Own price ÷ price from the peers.
with rents as (
    select
        accelerator_id,
        median(price_usd_per_chip_hour) as rent
    from (
        select
            accelerator_id,
            provider,
            arg_max(price_usd_per_chip_hour, observed_date) as price_usd_per_chip_hour
        from core.rental_quotes
        group by accelerator_id, provider
    ) as latest
    group by accelerator_id
),

chips as (
    select
        a.accelerator_id,
        a.segment,
        a.release_date,
        r.rent,
        unnest([
            { 'method': 'peers_by_price', 'measure': p.price_usd },
            { 'method': 'peers_by_peak', 'measure': a.dense_16_bit_flop_per_s },
            { 'method': 'peers_by_class', 'measure': 1.0 }
        ]) as way
    from core.accelerators as a
    left join rents as r on a.accelerator_id = r.accelerator_id
    left join core.purchase_prices as p on a.accelerator_id = p.accelerator_id
),

limits as (
    select assumed['fewest_comparable_count'].value as peer_count
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'rental prices'
),

ratios as (
    select
        a.accelerator_id,
        a.way.method,
        a.way.measure,
        a.rent,
        b.rent / b.way.measure as ratio,
        row_number() over (
            partition by a.accelerator_id, a.way.method
            order by abs(date_diff('day', a.release_date, b.release_date)), b.accelerator_id
        ) as distance_rank
    from chips as a
    inner join chips as b
        on
            a.segment = b.segment
            and a.way.method = b.way.method
            and a.accelerator_id <> b.accelerator_id
    where a.way.measure > 0 and b.way.measure > 0 and b.rent is not null
)

select
    r.accelerator_id,
    r.method,
    price_of_peers(any_value(r.measure), median(r.ratio)) as price_usd_per_chip_hour,
    count(*) as peer_count,
    any_value(r.rent) as observed_usd_per_chip_hour,
    any_value(r.rent) / price_of_peers(any_value(r.measure), median(r.ratio)) as error_ratio
from ratios as r
cross join limits as l
where r.method = 'peers_by_price' or r.distance_rank <= l.peer_count
group by r.accelerator_id, r.method
order by r.accelerator_id, r.method
