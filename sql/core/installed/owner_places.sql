-- One row per owner and year: grid, water and contracts of the places where the owner's chips run, by the shares of seeds/installed/owner_sites.csv.
-- key: owner, year
-- column: owner | Owner or group of owners.
-- column: year | Year of the grid.
-- column: operator_kind | hyperscaler or other.
-- column: grid_intensity | Mean intensity of the grids, weighted by share, with the spread of sites around the average of their country.
-- column: wue_offsite | Mean water use of generation, weighted by share.
-- column: pue | PUE of that kind of operator.
-- column: wue_onsite | Water use on site of that kind of operator.
-- column: contracts | Share of the electricity from carbon-free contracts.
-- column: mix | Places and their shares, in words.
-- check: shares_of_places_sum_to_one | select owner from seeds.owner_sites group by owner having abs(sum(share) - 1) > 1e-9
with years as (
    select distinct year(quarter_end) as year
    from core.installed_counts
),

grids as (
    select
        y.year,
        g.place,
        coalesce(
            arg_max(g.intensity_kg_co2e_per_kwh, g.year) filter (where g.year <= y.year), arg_min(g.intensity_kg_co2e_per_kwh, g.year)
        ) as intensity,
        coalesce(arg_max(g.source_id, g.year) filter (where g.year <= y.year), arg_min(g.source_id, g.year)) as source_id,
        coalesce(arg_max(g.locator, g.year) filter (where g.year <= y.year), arg_min(g.locator, g.year)) as locator,
        coalesce(arg_max(g.verified, g.year) filter (where g.year <= y.year), arg_min(g.verified, g.year)) as verified
    from seeds.grid_carbon as g
    cross join years as y
    where g.basis = 'location' and g.operator is null
    group by y.year, g.place
),

classes as (
    select
        subject_id as class,
        assumed
    from core.assumption_sets
    where subject_kind = 'class'
),

places as (
    select
        s.owner,
        g.year,
        any_value(s.operator_kind) as operator_kind,
        sum(s.share * g.intensity) as intensity,
        arg_max(g.source_id, s.share) as grid_source_id,
        arg_max(g.locator, s.share) as grid_locator,
        arg_max(g.verified, s.share) as grid_verified,
        string_agg(g.place || ' ' || round(100 * s.share)::integer || ' %', ', ' order by s.share desc, g.place asc) as mix,
        sum(s.share * (coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).low) as wue_low,
        sum(s.share * (coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).value) as wue,
        sum(s.share * (coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).high) as wue_high,
        arg_max((coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).source_id, s.share) as wue_source_id,
        arg_max((coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).locator, s.share) as wue_locator,
        arg_max((coalesce(c.assumed, a.assumed)['wue_offsite_l_per_kwh']).verified, s.share) as wue_verified
    from seeds.owner_sites as s
    inner join grids as g on s.place = g.place
    left join classes as c on s.place = c.class
    inner join classes as a on a.class = 'all'
    group by s.owner, g.year
)

select
    p.owner,
    p.year,
    p.operator_kind,
    input(
        'grid_intensity_kg_co2e_per_kwh', p.intensity * (a.assumed['grid_intensity_spread_ratio']).low, p.intensity,
        p.intensity * (a.assumed['grid_intensity_spread_ratio']).high, 'kg CO2e/kWh', 'derived', p.grid_source_id, p.grid_locator,
        p.grid_verified, 'grid_intensity_spread_ratio for all'
    ) as grid_intensity,
    input(
        'wue_offsite_l_per_kwh', p.wue_low, p.wue, p.wue_high, 'L/kWh', 'assumed', p.wue_source_id, p.wue_locator, p.wue_verified,
        'wue_offsite_l_per_kwh for all'
    ) as wue_offsite,
    k.assumed['pue'] as pue,
    a.assumed['wue_onsite_l_per_kwh'] as wue_onsite,
    coalesce(h.assumed, a.assumed)['carbon_free_contract_share'] as contracts,
    p.mix
from places as p
inner join classes as a on a.class = 'all'
inner join classes as k on p.operator_kind = k.class
left join classes as h on p.operator_kind = 'hyperscaler' and h.class = 'hyperscaler'
order by p.owner, p.year
