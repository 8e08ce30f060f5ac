-- One row per result of InferenceX: a language model served to a number of users by accelerators, with its speed, latency and energy.
-- Power is that of the accelerator boards. What cannot be is null, with the reason.
-- key: inferencex_run_id
-- column: inferencex_run_id | Key of the row: model, accelerator, software, format, lengths, users; a number follows where a configuration is there twice.
-- column: measured_date | Day of the measurement; it may be months before the snapshot.
-- column: publisher_model | Model in the publisher's code.
-- column: model_id | Key of core.models; null where the model is none that we know.
-- column: model_name | Name of the model.
-- column: accelerator_name | Accelerator in the publisher's code.
-- column: accelerator_count | Accelerators that served the model, all parts together.
-- column: published_accelerator_count | The same as the publisher counts them: tensor times expert parallelism counts some twice.
-- column: decode_accelerator_count | Those that wrote answers: all of them where parts are not separate.
-- column: number_format | Format of the weights.
-- column: framework | Software that served the model.
-- column: speculation | Method of speculative decoding; null where there is none.
-- column: is_disaggregated | True where separate accelerators read prompts and wrote answers.
-- column: tensor_parallel_count | Degree of tensor parallelism of what writes answers.
-- column: expert_parallel_count | Degree of expert parallelism of what writes answers.
-- column: prompt_tokens | Length of a prompt, as set.
-- column: answer_tokens | Length of an answer, as set.
-- column: concurrency_count | Requests at the same time, as set.
-- column: output_tokens_per_s | Tokens of answers per second, all accelerators together.
-- column: input_tokens_per_s | Tokens of prompts per second, all accelerators together.
-- column: implied_concurrency_ratio | Requests at the same time that speed and latency imply, over those that were set.
-- column: median_first_token_s | Median time to the first token.
-- column: p99_first_token_s | 99th percentile of it.
-- column: median_token_interval_s | Median time per token of an answer.
-- column: p90_token_interval_s | 90th percentile of it.
-- column: p99_token_interval_s | 99th percentile of it.
-- column: median_request_s | Median time of a whole request.
-- column: published_joule_per_token | Energy per output token as published; of the decoding part alone where parts are separate and no version is given.
-- column: power_w | Mean power of all accelerators together, where valid.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators, as published.
-- column: joule_per_token | Energy of all accelerators per output token, the reading of the prompt included, where valid.
-- column: power_problem | Why power and energy are not used; null where they are, or were not published.
-- column: speed_problem | Why the row is no default; null where nothing speaks against it.
-- column: source_id | Source of the row.
-- column: locator | Where in the source.
-- column: record_no | Record in the snapshot.
-- check: every_result_is_kept | select count(*) from raw.inferencex_results having count(*) <> (select count(*) from core.inferencex_runs)
-- check: energy_needs_plausible_power | select * from core.inferencex_runs where joule_per_token is not null
--    and not power_is_plausible(power_to_tdp_ratio)
with named as (
    select
        r.*,
        m.asked_name,
        n.accelerator_id,
        a.tdp_w,
        k.model_id as known_model_id,
        coalesce(k.model_name, m.asked_name, r.model) as model_name
    from raw.inferencex_results as r
    left join seeds.inferencex_models as m on r.model = m.code
    left join core.models as k on m.model_id = k.model_id
    left join core.accelerator_names as n on n.source_id = 'inferencex' and r.hardware = n.name
    left join seeds.accelerators as a on n.accelerator_id = a.accelerator_id
),

counted as (
    select
        *,
        case
            when disagg and decode_num_workers_count > 0 then num_prefill_gpu_count + num_decode_gpu_count
            when not disagg and num_decode_gpu_count = decode_tp_count * decode_ep_count then decode_tp_count
            else num_decode_gpu_count
        end as accelerator_count,
        case
            when disagg and decode_num_workers_count > 0 then num_decode_gpu_count
            when disagg
                then
                    num_decode_gpu_count - round(prefill_count_of(
                        num_decode_gpu_count, tput_per_gpu_tokens_per_s, input_tput_per_gpu_tokens_per_s, output_tput_per_gpu_tokens_per_s
                    ))
            when num_decode_gpu_count = decode_tp_count * decode_ep_count then decode_tp_count
            else num_decode_gpu_count
        end::bigint as decode_accelerator_count
    from named
),

measured as (
    select
        *,
        coalesce(
            output_tput_per_gpu_tokens_per_s * decode_accelerator_count,
            tput_per_gpu_tokens_per_s * accelerator_count * output_share_of(isl_tokens, osl_tokens)
        ) as output_tokens_per_s,
        input_tput_per_gpu_tokens_per_s
        * case when disagg then accelerator_count - decode_accelerator_count else accelerator_count end as input_tokens_per_s,
        coalesce(avg_total_gpu_power_w, avg_power_w * accelerator_count) as total_power_w
    from counted
),

judged as (
    select
        *,
        total_power_w / (accelerator_count * tdp_w) as power_to_tdp_ratio,
        concurrency_of(output_tokens_per_s, osl_tokens, mean_e2el_s) / conc_count as implied_concurrency_ratio,
        case
            when accelerator_id is null then 'the accelerator is not known'
            when output_tput_per_gpu_tokens_per_s is null then 'only the rate of all tokens is published: that of answers is their share by length'
            when output_tokens_per_s = 0 then 'the rate of output tokens is 0'
            when concurrency_of(output_tokens_per_s, osl_tokens, mean_e2el_s) / conc_count not between 0.5 and 1.5
                then 'speed and latency do not fit the number of users'
        end as speed_problem
    from measured
),

valid as (
    select
        *,
        case
            when total_power_w is null then null
            when not is_power_valid then 'the publisher holds the power for invalid'
            when tdp_w is null then 'the rated power is not known'
            when not power_is_plausible(power_to_tdp_ratio) then 'the power is not plausible for these accelerators'
            else speed_problem
        end as power_problem
    from judged
),

keyed as (
    select
        *,
        concat_ws(
            '-', 'ix', slug(model), hardware, slug(framework), precision, nullif(spec_method, 'none'), case when disagg then 'pd' end,
            isl_tokens, osl_tokens, 'n' || accelerator_count, 'c' || conc_count
        ) as configuration
    from valid
)

select
    configuration || case when row_number() over again > 1 then '-' || row_number() over again else '' end as inferencex_run_id,
    date as measured_date,
    model as publisher_model,
    known_model_id as model_id,
    model_name,
    hardware as accelerator_name,
    accelerator_id,
    accelerator_count,
    case when disagg and decode_num_workers_count > 0 then num_prefill_gpu_count + num_decode_gpu_count else num_decode_gpu_count end
        as published_accelerator_count,
    decode_accelerator_count,
    precision as number_format,
    framework,
    nullif(spec_method, 'none') as speculation,
    disagg as is_disaggregated,
    decode_tp_count as tensor_parallel_count,
    decode_ep_count as expert_parallel_count,
    isl_tokens as prompt_tokens,
    osl_tokens as answer_tokens,
    conc_count as concurrency_count,
    output_tokens_per_s,
    input_tokens_per_s,
    implied_concurrency_ratio,
    median_ttft_s as median_first_token_s,
    p99_ttft_s as p99_first_token_s,
    median_tpot_s as median_token_interval_s,
    p90_tpot_s as p90_token_interval_s,
    p99_tpot_s as p99_token_interval_s,
    median_e2el_s as median_request_s,
    output_joule_per_token as published_joule_per_token,
    case when power_problem is null then total_power_w end as power_w,
    power_to_tdp_ratio,
    case when power_problem is null then total_power_w / output_tokens_per_s end as joule_per_token,
    power_problem,
    speed_problem,
    'inferencex' as source_id,
    concat_ws(
        ', ', 'benchmarks ' || coalesce(asked_name, model), hardware || ' x ' || accelerator_count, framework, precision,
        case when spec_method <> 'none' then spec_method end, isl_tokens || ' in ' || osl_tokens || ' out', conc_count || ' users', date
    ) as locator,
    file_sha256,
    record_no
from keyed
window
    again as (
        partition by configuration
        order by decode_tp_count, decode_ep_count, decode_accelerator_count, date, record_no
    )
order by inferencex_run_id
