-- One row per fact and pair of publishers that state it: figures of training runs, fields of accelerators, grid intensities, each
-- in one unit. What the checks of units compare; core.fact_values has the facts of which one is chosen.
-- key: record_id, other_record_id
-- column: record_id | Key of the figure: table, record and field.
-- column: claim_source | Table of the figure.
-- column: subject_name | What the figure is about.
-- column: field | What is stated.
-- column: value_a | The figure.
-- column: other_record_id | Key of the figure that it is compared with.
-- column: value_b | What the other publisher says; curated figures come before those of collections.
-- column: unit | Unit of both.
-- column: accelerator_count | Accelerators of the run; null for other facts.
-- column: source_id | Who says value_a.
-- column: other_source_id | Who says value_b.
with figures as (
    select
        run_claim_id,
        claim_source,
        record_name,
        model_id,
        source_id,
        accelerator_count,
        unnest([
            { 'field': 'training_flop', 'unit': 'FLOP', 'value': training_flop },
            { 'field': 'chip_hours', 'unit': 'chip-hour', 'value': chip_hours },
            { 'field': 'energy_kwh', 'unit': 'kWh', 'value': energy_kwh },
            { 'field': 'co2e_kg', 'unit': 'kg CO2e', 'value': co2e_kg }
        ]) as figure
    from core.run_claims
    where training_run_id is null or training_run_id = model_id -- the other runs of a model are other facts
),

grids as (
    select
        'seeds.grid_carbon' as claim_source,
        1 as precedence,
        concat_ws('/', place, year, basis) as row_label,
        place,
        intensity_kg_co2e_per_kwh as value,
        source_id
    from seeds.grid_carbon
    union all
    select
        'raw.ecologits_zones' as claim_source,
        2 as precedence,
        zone as row_label,
        zone as place,
        gwp_kg_co2e_per_kwh as value,
        'ecologits' as source_id
    from raw.ecologits_zones
    union all
    select
        'raw.codecarbon_countries' as claim_source,
        3 as precedence,
        iso_code as row_label,
        iso_code as place,
        carbon_intensity_g_co2e_per_kwh / 1000 as value,
        'codecarbon_grid' as source_id
    from raw.codecarbon_countries
),

facts as (
    select
        concat_ws('/', run_claim_id, figure.field) as record_id, -- noqa: RF03
        claim_source,
        case claim_source when 'seeds.published_figures' then 1 when 'raw.epoch_ml_systems' then 3 else 2 end as precedence,
        record_name as subject_name,
        model_id as subject_id,
        figure.field, -- noqa: RF03
        figure.value, -- noqa: RF03
        figure.unit, -- noqa: RF03
        accelerator_count,
        source_id
    from figures
    union all by name
    select
        concat_ws('/', 'core.fact_values', subject_id, field, row_label) as record_id,
        'core.fact_values' as claim_source,
        precedence,
        subject_name,
        subject_id,
        field,
        value,
        'that of the field' as unit,
        source_id
    from core.fact_values
    where subject_kind = 'accelerator'
    union all by name
    select
        concat_ws('/', claim_source, row_label, source_id) as record_id,
        claim_source,
        precedence,
        place as subject_name,
        place as subject_id,
        'grid_intensity' as field,
        value,
        'kg CO2e/kWh' as unit,
        source_id
    from grids
)

select
    f.record_id,
    f.claim_source,
    f.subject_name,
    f.field,
    f.value as value_a,
    o.record_id as other_record_id,
    o.value as value_b,
    f.unit,
    f.accelerator_count,
    f.source_id,
    o.source_id as other_source_id
from facts as f
inner join facts as o
    on
        f.subject_id = o.subject_id
        and f.field = o.field
        and f.source_id <> o.source_id
        and (f.precedence > o.precedence or (f.precedence = o.precedence and f.record_id > o.record_id))
where f.value > 0 and o.value > 0
order by f.record_id, o.record_id
