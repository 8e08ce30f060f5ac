-- One row per price that is outside what anybody pays: rental per chip-hour, and purchase of a chip or of its share of a server.
-- key: rule, record_id
-- column: rule | What was checked.
-- column: record_id | Key of the price: table, chip, seller, date and kind.
-- column: claim_source | Table that the price stands in.
-- column: subject_name | Name of the chip.
-- column: observed | Price.
-- column: expected | Bound; for siblings, the median for the same chip within two years.
-- column: unit | Unit of both.
-- column: severity | error, warning or info.
-- column: likely_cause | What would explain it.
-- column: source_ids | Sources of the prices compared.
with limits as (
    select
        0.05 as lowest_rental, -- USD per chip-hour: idle consumer cards on a marketplace
        20.0 as highest_rental, -- the newest accelerator on demand, with room
        20.0 as lowest_purchase, -- USD: second-hand cards ten years old
        60000.0 as highest_purchase, -- USD per chip with its share of a server
        3e6 as highest_wafer, -- USD: one that takes a whole wafer
        5.0 as sister_ratio, -- list prices of one chip differ by less
        730 as sister_days,
        3 as fewest_sisters
),

rentals as (
    select
        'seeds.cloud_prices' as claim_source,
        accelerator_id,
        concat_ws('/', 'seeds.cloud_prices', accelerator_id, provider, instance, terms, region, observed_date) as record_id,
        observed_date,
        price_usd_per_chip_hour as price,
        terms not in ('spot', 'marketplace') as is_list_price,
        source_id
    from seeds.cloud_prices
    union all by name
    select
        'raw.epoch_hardware_prices' as claim_source,
        n.accelerator_id,
        concat_ws('/', 'raw.epoch_hardware_prices', p.hardware_model, p.vendor, p.price_date, p.record_no) as record_id,
        p.price_date as observed_date,
        unnest([
            p.price_on_demand_usd_per_chip_hour, p.price_1_year_cud_usd_per_chip_hour, p.price_3_year_cud_usd_per_chip_hour
        ]) as price,
        true as is_list_price,
        'epoch_costs' as source_id
    from raw.epoch_hardware_prices as p
    left join core.accelerator_names as n on n.source_id = 'epoch_costs' and trim(p.hardware_model) = n.name
),

purchases as (
    select
        'seeds.purchase_prices' as claim_source,
        accelerator_id,
        concat_ws('/', 'seeds.purchase_prices', accelerator_id, seller, what, observed_date) as record_id,
        observed_date,
        price_usd / accelerators_per_item_count as price,
        source_id
    from seeds.purchase_prices
    union all by name
    select
        'raw.epoch_hardware_prices' as claim_source,
        n.accelerator_id,
        concat_ws('/', 'raw.epoch_hardware_prices', p.hardware_model, p.vendor, p.price_date, p.record_no) as record_id,
        p.price_date as observed_date,
        p.price_hardware_purchase_usd as price,
        'epoch_costs' as source_id
    from raw.epoch_hardware_prices as p
    left join core.accelerator_names as n on n.source_id = 'epoch_costs' and trim(p.hardware_model) = n.name
    union all by name
    select
        'core.accelerators' as claim_source,
        accelerator_id,
        concat_ws('/', 'core.accelerators', accelerator_id, 'release') as record_id,
        release_date as observed_date,
        release_price_usd as price,
        price_source_id as source_id
    from core.accelerators
),

prices as (
    select
        r.*,
        'USD/chip-hour' as unit,
        l.lowest_rental as lowest,
        l.highest_rental as highest
    from rentals as r
    cross join limits as l
    where r.price is not null
    union all by name
    select
        p.*,
        true as is_list_price,
        'USD/chip' as unit,
        l.lowest_purchase as lowest,
        case when p.accelerator_id like 'wse-%' then l.highest_wafer else l.highest_purchase end as highest
    from purchases as p
    cross join limits as l
    where p.price is not null
),

siblings as (
    select
        p.record_id,
        p.unit,
        p.price,
        median(o.price) as sister_price
    from prices as p
    cross join limits as l
    inner join prices as o
        on
            p.accelerator_id = o.accelerator_id and p.unit = o.unit and p.is_list_price and o.is_list_price
            and abs(p.observed_date - o.observed_date) <= l.sister_days
    group by all
    having count(*) > max(l.fewest_sisters)
),

findings as (
    select
        'price_out_of_bounds' as rule,
        p.*,
        case when p.price < p.lowest then p.lowest else p.highest end as expected,
        'error' as severity,
        'A placeholder, another currency, or the price of a whole machine.' as likely_cause
    from prices as p
    where p.price not between p.lowest and p.highest
    union all by name
    select
        'price_against_sisters' as rule,
        p.*,
        s.sister_price as expected,
        'info' as severity,
        'Price of a whole machine, of a slice of the chip, or of another chip.' as likely_cause
    from prices as p
    inner join siblings as s on p.record_id = s.record_id and p.unit = s.unit and p.price = s.price
    cross join limits as l
    where p.price / s.sister_price not between 1 / l.sister_ratio and l.sister_ratio
)

select
    f.rule,
    f.record_id,
    f.claim_source,
    coalesce(a.accelerator_name, f.record_id) as subject_name,
    f.price as observed,
    f.expected,
    f.unit,
    f.severity,
    f.likely_cause,
    [f.source_id] as source_ids
from findings as f
left join core.accelerators as a on f.accelerator_id = a.accelerator_id
qualify row_number() over (partition by f.rule, f.record_id order by f.price) = 1
order by f.rule, f.record_id
