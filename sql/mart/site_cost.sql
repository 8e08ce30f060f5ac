-- One row per cluster or site and component: what it costs in a year, all included.
-- key: site_id, component
-- column: site_id | Key of the site.
-- column: source_ids | Sources of the inputs.
-- check: components_sum_to_the_total | select site_id from mart.site_cost group by site_id
--    having abs(sum(share) filter (where component <> 'total') - 1) > 1e-9 or count(*) <> 9
select
    site_id,
    site_name,
    component,
    capital_usd_low,
    capital_usd,
    capital_usd_high,
    cost_usd_per_year_low,
    cost_usd_per_year,
    cost_usd_per_year_high,
    share,
    sources_of(inputs) as source_ids
from core.site_cost
order by site_id, component
