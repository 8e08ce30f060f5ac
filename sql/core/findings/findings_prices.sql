-- One row per price that is outside what anybody pays: rental per chip-hour, and purchase of a chip or of its share of a server.
-- as: core.findings_counting
-- column: record_id | Key of the price: table, chip, seller, date and kind.
-- column: observed | Price.
-- column: expected | Bound; for siblings, the median for the same chip within two years.
with limits as (
    select
        assumed['plausible_rental_usd_per_chip_hour'].low as lowest_rental,
        assumed['plausible_rental_usd_per_chip_hour'].high as highest_rental,
        assumed['plausible_purchase_usd_per_chip'].low as lowest_purchase,
        assumed['plausible_purchase_usd_per_chip'].high as highest_purchase,
        assumed['most_wafer_price_usd'].value as highest_wafer,
        assumed['sister_ratio'].low as sister_ratio,
        assumed['sister_days'].value as sister_days,
        assumed['fewest_comparable_count'].value as fewest_sisters
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_prices'
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
        case when a.form_factor = 'wafer' then l.highest_wafer else l.highest_purchase end as highest
    from purchases as p
    left join core.accelerators as a on p.accelerator_id = a.accelerator_id
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

doubtful as (
    select
        'price_out_of_bounds' as rule,
        *,
        case when price < lowest then lowest else highest end as expected,
        'error' as severity,
        'The price is a placeholder, in another currency, or for a whole machine.' as likely_cause
    from prices
    where price not between lowest and highest
    union all by name
    select
        'price_against_sisters' as rule,
        p.*,
        s.sister_price as expected,
        'info' as severity,
        'The price is for a whole machine, for a part of the chip, or for another chip.' as likely_cause
    from prices as p
    inner join siblings as s on p.record_id = s.record_id and p.unit = s.unit and p.price = s.price
    cross join limits as l
    where p.price / s.sister_price not between 1 / l.sister_ratio and l.sister_ratio
)

select
    unnest(finding(
        d.rule, d.record_id, d.claim_source, coalesce(a.accelerator_name, d.record_id), d.price, d.expected, d.unit, d.severity, d.likely_cause,
        [d.source_id]
    )) as finding
from doubtful as d
left join core.accelerators as a on d.accelerator_id = a.accelerator_id
qualify row_number() over (partition by d.rule, d.record_id order by d.price) = 1
order by all
