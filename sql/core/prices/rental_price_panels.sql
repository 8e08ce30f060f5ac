-- One row per accelerator and year: its rental price by a constant panel of providers, so that a line through the years shows prices that change and
-- not providers that come and go. The years and the panel are those with the most provider-years among all spans in which the same
-- providers have prices before or in the first year's end and in or after the last year. Each provider counts with its latest price of the time.
-- key: accelerator_id, year
-- column: accelerator_id | Key of core.accelerators.
-- column: year | Year.
-- column: price_usd_per_chip_hour | Median over the panel, nominal US dollars.
-- column: provider_count | Providers of the panel, the same in all years.
-- column: providers | Their names.
with spans as (
    select
        accelerator_id,
        provider,
        min(year(observed_date)) as first_year,
        max(year(observed_date)) as last_year
    from core.rental_quotes
    group by accelerator_id, provider
),

limits as (
    select assumed['fewest_comparable_count'].value as fewest
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'rental panel'
),

first_years as (
    select distinct
        accelerator_id,
        first_year
    from spans
),

last_years as (
    select distinct
        accelerator_id,
        last_year
    from spans
),

years as (
    select unnest(range(1990, 2036)) as year
),

windows as (
    select
        f.accelerator_id,
        f.first_year,
        l.last_year,
        count(*) as provider_count,
        list_sort(list(s.provider)) as providers
    from first_years as f
    inner join last_years as l on f.accelerator_id = l.accelerator_id and f.first_year < l.last_year
    inner join spans as s on f.accelerator_id = s.accelerator_id and f.first_year >= s.first_year and l.last_year <= s.last_year
    group by f.accelerator_id, f.first_year, l.last_year
    having count(*) >= (select m.fewest from limits as m)
    qualify row_number() over (
        partition by f.accelerator_id order by count(*) * (l.last_year - f.first_year + 1) desc, l.last_year desc, f.first_year desc
    ) = 1
),

prices as (
    select
        w.accelerator_id,
        y.year,
        q.provider,
        arg_max(q.price_usd_per_chip_hour, q.observed_date) as price,
        w.provider_count,
        w.providers
    from windows as w
    cross join years as y
    inner join core.rental_quotes as q
        on w.accelerator_id = q.accelerator_id and list_contains(w.providers, q.provider) and year(q.observed_date) <= y.year
    where y.year between w.first_year and w.last_year
    group by w.accelerator_id, y.year, q.provider, w.provider_count, w.providers
)

select
    accelerator_id,
    year,
    median(price) as price_usd_per_chip_hour,
    any_value(provider_count) as provider_count,
    any_value(providers) as providers
from prices
group by accelerator_id, year
order by accelerator_id, year
