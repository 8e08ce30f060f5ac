-- One row per own run: what it used, what it ran, and the rows that its cost and emissions are worked out with.
-- Energy is that of the accelerators; where none was measured, of processors and memory, or of the whole system.
-- key: run_id
-- column: run_id | Key of the run.
-- column: title | What the run is called; its key where it has no other name.
-- column: started_at | First sample, UTC.
-- column: ended_at | Last sample, UTC.
-- column: energy_boundary | accelerators, processors or system: the devices whose energy is counted.
-- column: device_count | Devices whose energy is counted.
-- column: accelerator_count | Accelerators: as many as were measured, or as run.toml or a file says.
-- column: accelerator_name | Accelerator as its driver or run.toml names it.
-- column: accelerator_id | Key of core.accelerators, where the name means one and no other.
-- column: model_name | Model as run.toml or a file names it.
-- column: model_id | Key of core.models, where run.toml names one that we know.
-- column: active_params | Parameters that work on a token: as run.toml says or as counted from the configuration that it names, else of the model.
-- column: params_from | Where active_params are from: the configuration, run.toml, or the model's row of core.models.
-- column: tokens | Tokens trained on, or written.
-- column: sample_count | Samples of all devices.
-- column: energy_j | Energy while it was measured, joules: gaps and steps back of the clock add nothing.
-- column: other_energy_j | Energy of devices beside those that are counted, such as processors beside accelerators.
-- column: measured_s | Time over which energy is known, summed over the devices.
-- column: chip_hours | Hours over which devices were followed, gaps included, summed over the accelerators.
-- column: mean_power_w | Mean power of a device while it was measured.
-- column: peak_power_w | Highest power of one device.
-- column: gap_count | Gaps: times over ten seconds without a sample of power.
-- column: gap_s | Length of all gaps; they add no energy.
-- column: reset_count | Times at which the clock of a device went back or stood, or a counter was set back; such steps add no energy.
-- column: wrap_count | Times at which a counter was full and began again.
-- column: folded_count | Times at which a local clock was put back an hour.
-- column: is_modelled | True if the power of any device that is counted follows from a model, not from a meter.
-- column: model_flop | Model FLOP of the run: 6 per parameter and token in training, 2 in inference.
-- column: formats | Formats of the files.
-- column: files | Names of the files, each with the beginning of its SHA-256.
with counted as (
    select
        *,
        case part when 'accelerator' then 1 when 'system' then 2 else 3 end as place,
        min(case part when 'accelerator' then 1 when 'system' then 2 else 3 end) over (partition by run_id) as chosen_place
    from core.telemetry_devices
),

totals as (
    select
        run_id,
        case min(chosen_place) when 1 then 'accelerators' when 2 then 'system' else 'processors' end as energy_boundary,
        count(*) filter (where place = chosen_place) as device_count,
        mode(device_name) filter (where place = chosen_place) as device_name,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        sum(sample_count)::bigint as sample_count,
        sum(energy_j) filter (where place = chosen_place) as energy_j,
        coalesce(sum(energy_j) filter (where place <> chosen_place), 0) as other_energy_j,
        sum(measured_s) filter (where place = chosen_place) as measured_s,
        sum(elapsed_s) filter (where place = chosen_place) as elapsed_s,
        max(peak_power_w) filter (where place = chosen_place) as peak_power_w,
        sum(gap_count) filter (where place = chosen_place)::bigint as gap_count,
        sum(gap_s) filter (where place = chosen_place) as gap_s,
        sum(reset_count) filter (where place = chosen_place)::bigint as reset_count,
        sum(wrap_count) filter (where place = chosen_place)::bigint as wrap_count,
        bool_or(is_modelled) filter (where place = chosen_place) as is_modelled
    from counted
    group by run_id
),

spellings as (
    select
        bare_accelerator_name(name) as spelling,
        min(accelerator_id) as accelerator_id
    from (
        select
            name,
            accelerator_id
        from core.accelerator_names
        where accelerator_id is not null
        union all
        select
            unnest([accelerator_id, accelerator_name]) as name,
            accelerator_id
        from core.accelerators
    ) as names
    group by spelling
    having count(distinct accelerator_id) = 1
),

files as (
    select
        run_id,
        string_agg(file_name || ' (sha256 ' || file_sha256[1:12] || ')', ', ' order by file_name, file_sha256) as files,
        string_agg(distinct format, ', ' order by format) as formats,
        max(folded_count) as folded_count
    from raw.telemetry_files
    group by run_id
),

known_models as (
    select
        bare_model_name(m.model_name) as spelling,
        min(m.model_id) as model_id
    from core.models as m
    group by spelling
    having count(distinct m.model_id) = 1
),

described as (
    select
        t.*,
        n.title,
        n.work,
        coalesce(n.accelerator, case when t.energy_boundary <> 'processors' then t.device_name end) as accelerator_name,
        case
            when t.energy_boundary = 'accelerators' then greatest(t.device_count, coalesce(n.accelerator_count, 0))
            else n.accelerator_count
        end as accelerator_count,
        n.model as model_name,
        coalesce(a.model_id, d.model_id, k.model_id) as model_id,
        n.active_params as stated_active_params,
        n.config,
        n.number_format,
        n.tokens,
        n.country,
        n.usd_per_chip_hour,
        f.files,
        f.formats,
        f.folded_count
    from totals as t
    inner join raw.telemetry_notes as n on t.run_id = n.run_id
    inner join files as f on t.run_id = f.run_id
    left join core.models as d on n.model = d.model_id
    left join seeds.model_aliases as a on n.model = a.alias
    left join known_models as k on bare_model_name(n.model) = k.spelling
)

select
    r.run_id,
    coalesce(r.title, r.run_id) as title,
    r.work,
    r.started_at,
    r.ended_at,
    r.energy_boundary,
    r.device_count,
    r.accelerator_count,
    r.accelerator_name,
    s.accelerator_id,
    r.model_name,
    m.model_id,
    coalesce(r.stated_active_params, m.active_params) as active_params,
    case
        when r.config is not null then r.config
        when r.stated_active_params is not null then 'run.toml'
        when m.active_params is not null then 'core.models, ' || m.model_id
    end as params_from,
    r.number_format,
    r.tokens,
    r.country,
    r.usd_per_chip_hour,
    r.sample_count,
    r.energy_j,
    r.other_energy_j,
    r.measured_s,
    case
        when r.energy_boundary = 'accelerators' then r.elapsed_s / 3600 * (r.accelerator_count / r.device_count)
        else r.elapsed_s / 3600 / r.device_count * coalesce(r.accelerator_count, 1)
    end as chip_hours,
    r.energy_j / nullif(r.measured_s, 0) as mean_power_w,
    r.peak_power_w,
    r.gap_count,
    r.gap_s,
    r.reset_count,
    r.wrap_count,
    r.folded_count,
    r.is_modelled,
    case r.work
        when 'training' then central_of(flop_6nd(exactly(coalesce(r.stated_active_params, m.active_params)), exactly(r.tokens), exactly(1)))
        when 'inference' then central_of(inference_flop_of(exactly(coalesce(r.stated_active_params, m.active_params)), exactly(r.tokens)))
    end as model_flop,
    r.formats,
    r.files
from described as r
left join spellings as s on bare_accelerator_name(r.accelerator_name) = s.spelling
left join core.models as m on r.model_id = m.model_id
order by r.run_id
