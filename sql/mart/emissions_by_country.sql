-- One row per run and country: what the run would emit from the average grid of that country, all else equal. Of the main runs of
-- pre-training, the ten that used the most electricity.
-- key: training_run_id, country
-- column: country | ISO 3166 alpha-3 code of the country whose grid is taken.
-- column: year | Newest year with a published intensity of this grid.
-- column: intensity_kg_co2e_per_kwh | Published carbon intensity of the grid in that year.
-- interval: location_co2e_kg | Facility electricity of the run times intensity, with the spread of sites around the average of their country.
-- column: is_own_country | The run took place here, as published.
-- column: source_id | Source of the intensity.
-- column: locator | Location of the intensity in its source.
with runs as (
    select
        s.training_run_id,
        s.model_id,
        s.model_name,
        r.training_country,
        uncertain(s.facility_energy_kwh_low, s.facility_energy_kwh, s.facility_energy_kwh_high) as facility_energy
    from mart.training_summary as s
    inner join core.training_runs as r on s.training_run_id = r.training_run_id
    where s.facility_energy_kwh is not null and s.is_main_run and s.run_kind = 'pretraining'
    qualify row_number() over (order by s.facility_energy_kwh desc, s.training_run_id asc) <= 10
),

grids as (
    select
        place,
        year,
        intensity_kg_co2e_per_kwh,
        source_id,
        locator
    from seeds.grid_carbon
    where basis = 'location' and operator is null and regexp_full_match(place, '[A-Z]{3}') and place <> 'WOR' and intensity_kg_co2e_per_kwh > 0
    qualify row_number() over (partition by place order by year desc, source_id asc) = 1
),

emitted as (
    select
        r.*,
        g.*,
        co2e_kg_of(
            r.facility_energy,
            uncertain(g.intensity_kg_co2e_per_kwh * a.low, g.intensity_kg_co2e_per_kwh * a.central, g.intensity_kg_co2e_per_kwh * a.high)
        ) as co2e
    from runs as r
    cross join grids as g
    inner join seeds.assumptions as a on a.name = 'grid_intensity_spread_ratio' and a.applies_to = 'all'
)

select
    training_run_id,
    model_id,
    model_name,
    place as country,
    year,
    intensity_kg_co2e_per_kwh,
    low_of(co2e) as location_co2e_kg_low,
    central_of(co2e) as location_co2e_kg,
    high_of(co2e) as location_co2e_kg_high,
    coalesce(training_country = place, false) as is_own_country,
    source_id,
    locator
from emitted
order by training_run_id, country
