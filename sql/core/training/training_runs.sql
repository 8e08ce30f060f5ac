-- One row per training run, with its model and the dense peak of the format it was trained in: curated runs, and one
-- for each model that only Epoch AI lists. A curated field takes precedence over Epoch's.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: model_id | Key of the model.
-- column: model_name | Name of the model; runs beside the main one carry their key.
-- column: organization | Who made the model.
-- column: is_notable | True if Epoch AI lists the model as notable; null where Epoch's list was not fetched.
-- column: run_kind | What the run does.
-- column: is_main_run | True for one run of each model: the one that carries the model's key, else the first.
-- column: training_tokens | Tokens processed, repeats included.
-- column: training_examples | Examples processed, repeats included.
-- column: number_format | Format that the dense peak is of: as stated, else the usual one of the chip.
-- column: accelerator_id | Main accelerator.
-- column: accelerator_kind | Class of the accelerator.
-- column: accelerator_count | Accelerators in parallel.
-- column: tdp_w | Rated power of the accelerator, watts.
-- column: dense_peak_flop_per_s | Dense peak of the accelerator in that format, FLOP/s.
-- column: training_year | Year of the run: as stated, else that of publication.
-- column: model_source_id | Source of the parameters.
-- column: model_locator | Where in that source.
-- column: model_verified | How the entry was checked.
-- column: run_source_id | Source of tokens and examples.
-- column: run_locator | Where in that source.
-- column: run_verified | How the entry was checked.
-- column: hardware_source_id | Source of accelerator and count.
-- column: hardware_locator | Location in that source.
-- column: hardware_verified | How the entry was checked.
-- column: accelerator_source_id | Source of the rated power.
-- column: accelerator_locator | Where in that source.
-- column: accelerator_verified | How the entry was checked.
-- column: peak_source_id | Source of the dense peak.
-- column: peak_locator | Where in that source.
-- column: peak_verified | How the entry was checked.
-- column: seed_line | Line of the run in seeds/models/training_runs.csv; null where only Epoch lists it.
with runs as (
    select
        s.training_run_id,
        s.model_id,
        s.run_kind,
        s.training_tokens,
        s.training_examples,
        s.forward_mac_per_example,
        s.number_format,
        coalesce(s.accelerator_id, e.accelerator_id) as accelerator_id,
        coalesce(s.accelerator_count, e.accelerator_count) as accelerator_count,
        s.training_country,
        s.started_year,
        s.operator_kind,
        s.source_id as run_source_id,
        s.locator as run_locator,
        s.verified as run_verified,
        s.accelerator_id is null and e.accelerator_id is not null
        or s.accelerator_count is null and e.accelerator_count is not null as is_epoch_hardware,
        case when is_epoch_hardware then e.hardware_source_id else coalesce(s.hardware_source_id, s.source_id) end
            as hardware_source_id,
        case
            when is_epoch_hardware then 'row ' || e.record_name
            when s.hardware_source_id is null then coalesce(s.hardware_locator, s.locator)
            else s.hardware_locator
        end as hardware_locator,
        case when is_epoch_hardware then 'secondary' else s.verified end as hardware_verified,
        s.seed_line
    from seeds.training_runs as s
    left join core.epoch_models as e
        on s.training_run_id = e.model_id and (s.accelerator_id is null or s.accelerator_id = e.accelerator_id)
    union all by name
    select
        e.model_id as training_run_id,
        e.model_id,
        case when e.base_model_name is null then 'pretraining' else 'finetuning' end as run_kind,
        e.accelerator_id,
        e.accelerator_count,
        e.source_id as run_source_id,
        'row ' || e.record_name as run_locator,
        'secondary' as run_verified,
        e.hardware_source_id,
        'row ' || e.record_name as hardware_locator,
        'secondary' as hardware_verified
    from core.epoch_models as e
    anti join seeds.training_runs as s on e.model_id = s.model_id
),

matching_peaks as (
    select
        r.training_run_id,
        arg_max(
            {
                'flop_per_s': p.peak_flop_per_s, 'number_format': p.number_format, 'source_id': p.source_id,
                'locator': p.locator, 'verified': p.verified
            },
            coalesce(p.number_format = r.number_format, false)::int * 100
            + p.is_tensor::int * 20
            + case p.number_format when 'bf16' then 5 when 'fp16' then 4 when 'tf32' then 2 when 'fp32' then 1 else 0 end
        ) as peak
    from runs as r
    inner join core.accelerator_peaks as p on r.accelerator_id = p.accelerator_id
    where
        not p.is_sparse
        and (
            p.number_format = r.number_format
            or (
                (r.number_format is null or r.number_format in ('mixed', 'bf16', 'fp16'))
                and p.number_format in ('bf16', 'fp16', 'fp32')
            )
            or (r.number_format = 'tf32' and p.number_format = 'fp32')
            or (r.number_format = 'fp8' and p.number_format = 'bf16')
        )
    group by r.training_run_id
)

select
    r.training_run_id,
    r.model_id,
    case when r.training_run_id = r.model_id then m.model_name else m.model_name || ' (' || r.training_run_id || ')' end
        as model_name,
    m.organization,
    m.publication_date,
    m.domain,
    m.architecture,
    m.is_frontier,
    m.is_notable,
    r.run_kind,
    row_number() over (partition by r.model_id order by r.training_run_id <> r.model_id, r.training_run_id) = 1
        as is_main_run,
    m.total_params,
    m.active_params,
    r.training_tokens,
    r.training_examples,
    r.forward_mac_per_example,
    coalesce(k.peak.number_format, r.number_format) as number_format,
    r.accelerator_id,
    a.kind as accelerator_kind,
    r.accelerator_count,
    a.tdp_w,
    k.peak.flop_per_s as dense_peak_flop_per_s,
    r.training_country,
    coalesce(r.started_year, year(m.publication_date)) as training_year,
    r.operator_kind,
    m.params_source_id as model_source_id,
    m.params_locator as model_locator,
    m.params_verified as model_verified,
    r.run_source_id,
    r.run_locator,
    r.run_verified,
    r.hardware_source_id,
    r.hardware_locator,
    r.hardware_verified,
    a.source_id as accelerator_source_id,
    a.locator as accelerator_locator,
    a.verified as accelerator_verified,
    k.peak.source_id as peak_source_id,
    k.peak.locator as peak_locator,
    k.peak.verified as peak_verified,
    r.seed_line
from runs as r
inner join core.models as m on r.model_id = m.model_id
left join core.accelerators as a on r.accelerator_id = a.accelerator_id
left join matching_peaks as k on r.training_run_id = k.training_run_id
order by r.training_run_id
