-- One row per configuration of the ML.ENERGY leaderboard: energy, power, speed and latency of a model that does a task on accelerators.
-- Energy and power are those of the accelerators alone.
-- key: ml_energy_run_id
-- column: ml_energy_run_id | Key of the row: model, task, accelerator, count and batch; a number follows where a configuration was measured again.
-- column: round | Edition of the leaderboard.
-- column: measured_date | Day of the leaderboard's data.
-- column: output_kind | What the model makes: text, image or video.
-- column: publisher_model | Model as the publisher writes it.
-- column: model_id | Key of core.models; null where the model is none that we know.
-- column: model_name | Name of the model, organization left out.
-- column: architecture_kind | dense, moe, hybrid or diffusion.
-- column: number_format | Format of the weights.
-- column: weight_bits | Bits of a weight.
-- column: total_params | Total parameters, as the publisher rounds them.
-- column: active_params | Active parameters, as the publisher rounds them.
-- column: accelerator_name | Accelerator as the publisher writes it.
-- column: accelerator_count | Accelerators used.
-- column: ulysses_parallel_count | Degree of Ulysses parallelism.
-- column: ring_parallel_count | Degree of ring parallelism.
-- column: max_batch_size | Most requests that may run at the same time; for images and videos the batch.
-- column: batch_size | Requests, images or videos that ran at the same time, on average.
-- column: output_tokens | Mean length of an answer, tokens.
-- column: height_px | Height of an image or video, pixels.
-- column: width_px | Width of an image or video, pixels.
-- column: frame_count | Frames of a video.
-- column: power_w | Mean power of all accelerators together, watts.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators.
-- column: unit_name | What one unit is: token, image or video.
-- column: joule_per_unit | Energy per output token, image or video, joules.
-- column: joule_per_token | Energy per output token, the reading of the prompt included, joules.
-- column: joule_per_request | Energy per request, joules.
-- column: units_per_s | Output tokens, images or videos per second.
-- column: median_token_interval_s | Median time between two tokens of an answer.
-- column: p90_token_interval_s | 90th percentile of it.
-- column: p95_token_interval_s | 95th percentile of it.
-- column: p99_token_interval_s | 99th percentile of it.
-- column: batch_latency_s | Time that a batch of images or videos takes.
-- column: source_id | Source of the row.
-- column: locator | Where in the source.
-- column: record_no | Record in the snapshot.
-- aside: measurements_are_positive | select * from core.ml_energy_runs
--    where least(power_w, units_per_s, joule_per_unit, accelerator_count, total_params) <= 0
-- aside: power_over_speed_is_energy | select * from core.ml_energy_runs where abs(power_w / units_per_s / joule_per_unit - 1) > 0.02
-- warn: accelerators_are_known | select * from core.ml_energy_runs where accelerator_id is null
-- aside: power_is_below_rated | select * from core.ml_energy_runs where power_to_tdp_ratio > 1.1
with named as (
    select
        c.*,
        n.accelerator_id,
        a.tdp_w,
        k.model_id as known_model_id,
        coalesce(c.nickname, regexp_replace(c.model_id, '^.*/', '')) as model_name,
        coalesce(c.max_num_seqs_count, c.batch_size) as max_batch_size,
        coalesce(c.avg_batch_size, c.batch_size) as mean_batch_size,
        case
            when c.energy_joule_per_token is not null then 'token'
            when c.energy_joule_per_image is not null then 'image'
            else 'video'
        end as unit_name
    from raw.ml_energy_configurations as c
    left join core.accelerator_names as n on n.source_id = 'ml_energy' and trim(c.gpu_model) = n.name
    left join seeds.accelerators as a on n.accelerator_id = a.accelerator_id
    left join core.model_names as m on m.source_id = 'ml_energy' and c.model_id = m.name
    left join core.models as k on m.model_id = k.model_id
),

keyed as (
    select
        *,
        concat_ws(
            '-', 'mle', slug(regexp_replace(model_id, '^.*/', '')), task, slug(gpu_model), num_gpus_count, 'b' || max_batch_size,
            case when ulysses_degree_count > 1 then 'u' || ulysses_degree_count end,
            case when ring_degree_count > 1 then 'r' || ring_degree_count end
        ) as configuration
    from named
)

select
    configuration || case
        when row_number() over again > 1 then '-' || row_number() over again
        else ''
    end as ml_energy_run_id,
    'leaderboard ' || last_updated as round,
    last_updated as measured_date,
    task,
    case unit_name when 'token' then 'text' else unit_name end as output_kind,
    model_id as publisher_model,
    known_model_id as model_id,
    model_name,
    case
        when architecture ilike 'dense%' then 'dense'
        when architecture ilike 'moe%' then 'moe'
        when architecture ilike '%hybrid%' then 'hybrid'
        when unit_name <> 'token' then 'diffusion'
        else 'other'
    end as architecture_kind,
    case weight_precision when 'bfloat16' then 'bf16' when 'mxfp4' then 'fp4' else weight_precision end as number_format,
    case weight_precision when 'bfloat16' then 16 when 'float16' then 16 when 'fp8' then 8 when 'int8' then 8 when 'mxfp4' then 4 end
        as weight_bits,
    total_billion_params * 1e9 as total_params,
    activated_billion_params * 1e9 as active_params,
    gpu_model as accelerator_name,
    accelerator_id,
    num_gpus_count as accelerator_count,
    tensor_parallel_count,
    expert_parallel_count,
    data_parallel_count,
    ulysses_degree_count as ulysses_parallel_count,
    ring_degree_count as ring_parallel_count,
    max_batch_size,
    mean_batch_size as batch_size,
    avg_output_len_tokens as output_tokens,
    inference_steps_count,
    coalesce(image_height_px, video_height_px) as height_px,
    coalesce(image_width_px, video_width_px) as width_px,
    num_frames_count as frame_count,
    avg_power_w as power_w,
    avg_power_w / (num_gpus_count * tdp_w) as power_to_tdp_ratio,
    unit_name,
    coalesce(energy_joule_per_token, energy_joule_per_image, energy_joule_per_video) as joule_per_unit,
    energy_joule_per_token as joule_per_token,
    energy_joule_per_request as joule_per_request,
    coalesce(output_throughput_tokens_per_s, throughput_images_per_s, throughput_videos_per_s) as units_per_s,
    median_itl_ms / 1000 as median_token_interval_s,
    p90_itl_ms / 1000 as p90_token_interval_s,
    p95_itl_ms / 1000 as p95_token_interval_s,
    p99_itl_ms / 1000 as p99_token_interval_s,
    batch_latency_s,
    'ml_energy' as source_id,
    concat(
        member, ', ', gpu_model, ' x ', num_gpus_count, case unit_name when 'token' then ', max_num_seqs ' else ', batch_size ' end, max_batch_size
    ) as locator,
    file_sha256,
    record_no
from keyed
window
    again as (
        partition by configuration
        order by expert_parallel_count, data_parallel_count, avg_power_w, record_no
    )
order by ml_energy_run_id
