-- One row per training run as one publisher states it, before any correction: what the checks of consistency compare.
-- key: run_claim_id
-- column: run_claim_id | Key of the row: table and record, and the publisher if a table has several.
-- column: claim_source | Table of the claim.
-- column: record_name | Name of the record as printed.
-- column: model_id | Key of the model; runs beside the main one share it.
-- column: training_run_id | Key of the run in the curated files; null for other records.
-- column: accelerator_name | First accelerator named.
-- column: accelerator_id | Key of that accelerator; null where the name is not resolved.
-- column: has_several_accelerators | True if the record names more than one kind, so that the rates of the first kind do not apply to all.
-- column: is_derived_model | True for a fine-tune, and where a base model or a compute of finetuning is named.
-- column: training_flop | Training compute. Publishers often include that of the base model.
-- column: counting | How training_flop was counted, where that is known.
-- column: chip_hours | Chip-hours: as published, else training_hours × accelerator_count.
-- column: has_stated_chip_hours | True if chip_hours is stated, false if it is the product.
-- column: training_hours | Wall-clock time.
-- column: accelerator_count | Accelerators in parallel.
-- column: energy_kwh | Energy, of the widest boundary stated.
-- column: co2e_kg | Emissions, location-based before market-based.
-- column: cost_usd | Cost, rented before owned, nominal US dollars.
-- column: number_format | Number format as printed.
-- column: dense_peak_flop_per_s | Dense peak of the accelerator: in FP8 where the run says so, else of the matrix unit in 16 bits (half the sparse
--    one where no dense one is stated); the higher of 16 and 32 bits where there are only vector units.
-- column: tdp_w | Rated power of the accelerator.
-- column: source_id | Publisher.
-- column: hardware_source_id | Source of dense_peak_flop_per_s.
with figures as (
    select
        subject_id as training_run_id,
        source_id,
        arg_min(subject_name, published_figure_id) as record_name,
        arg_min(value, published_figure_id) filter (where quantity = 'training_flop') as training_flop,
        arg_min(counting, published_figure_id) filter (where quantity = 'training_flop') as counting,
        arg_min(value, published_figure_id) filter (where quantity = 'chip_hours') as stated_chip_hours,
        arg_min(value, published_figure_id) filter (where quantity = 'training_hours') as training_hours,
        arg_min(accelerator_id, published_figure_id) filter (where quantity in ('chip_hours', 'training_hours')) as accelerator_id,
        arg_min(accelerator_count, published_figure_id) filter (where quantity = 'training_hours') as accelerator_count,
        first(value order by list_position(['facility', 'server', 'chip', 'unstated'], boundary), published_figure_id) filter (where quantity = 'energy_kwh')
            as energy_kwh,
        first(value order by list_position(['location', 'unstated', 'market'], boundary), published_figure_id) filter (where quantity = 'co2e_kg')
            as co2e_kg,
        first(value order by list_position(['cloud', 'unstated', 'owned'], boundary), published_figure_id) filter (where quantity = 'cost_usd')
            as cost_usd
    from seeds.published_figures
    where subject_kind = 'training_run'
    group by subject_id, source_id
),

claims as (
    select
        record_id as run_claim_id,
        * exclude (record_id)
    from core.epoch_records
    union all by name
    select
        concat_ws('/', 'seeds.published_figures', f.training_run_id, f.source_id) as run_claim_id,
        'seeds.published_figures' as claim_source,
        f.record_name,
        r.model_id,
        f.training_run_id,
        h.accelerator_name,
        h.accelerator_id,
        false as has_several_accelerators,
        coalesce(r.run_kind = 'finetuning' or m.base_model_id is not null, false) as is_derived_model,
        f.training_flop,
        f.counting,
        f.stated_chip_hours,
        f.training_hours,
        coalesce(f.accelerator_count, r.accelerator_count) as accelerator_count,
        f.energy_kwh,
        f.co2e_kg,
        f.cost_usd,
        r.number_format,
        f.source_id
    from figures as f
    left join seeds.training_runs as r on f.training_run_id = r.training_run_id
    left join seeds.models as m on r.model_id = m.model_id
    left join seeds.accelerators as h on coalesce(f.accelerator_id, r.accelerator_id) = h.accelerator_id
),

peaks as (
    select
        accelerator_id,
        max(peak) filter (where number_format = 'fp8' and not is_sparse) as eight_bit,
        max(peak) filter (where number_format in ('bf16', 'fp16') and is_tensor and not is_sparse) as matrix,
        max(halved_peak) filter (where number_format in ('bf16', 'fp16') and is_tensor and is_sparse) as halved_matrix,
        max(peak) filter (where number_format in ('bf16', 'fp16', 'fp32') and not is_tensor and not is_sparse) as vector
    from (
        select
            *,
            { 'flop_per_s': peak_flop_per_s, 'source_id': source_id } as peak,
            { 'flop_per_s': peak_flop_per_s / 2, 'source_id': source_id } as halved_peak
        from core.accelerator_peaks
    ) as rates
    group by accelerator_id
),

matched as (
    select
        c.*,
        h.tdp_w,
        coalesce(case when c.number_format ilike '%fp8%' then p.eight_bit end, p.matrix, p.halved_matrix, p.vector) as peak
    from claims as c
    left join core.accelerators as h on c.accelerator_id = h.accelerator_id
    left join peaks as p on c.accelerator_id = p.accelerator_id
)

select
    run_claim_id,
    claim_source,
    record_name,
    model_id,
    training_run_id,
    accelerator_name,
    accelerator_id,
    has_several_accelerators,
    is_derived_model,
    training_flop,
    finetuning_flop,
    counting,
    coalesce(stated_chip_hours, training_hours * accelerator_count) as chip_hours,
    stated_chip_hours is not null as has_stated_chip_hours,
    training_hours,
    accelerator_count,
    power_draw_w,
    energy_kwh,
    co2e_kg,
    cost_usd,
    number_format,
    peak.flop_per_s as dense_peak_flop_per_s,
    tdp_w,
    source_id,
    peak.source_id as hardware_source_id
from matched
order by run_claim_id
