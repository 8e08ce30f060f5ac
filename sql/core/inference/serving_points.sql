-- One row per measured speed of serving a language model whose shape is known: its operating point, and the structural terms of the time per
-- output token. MLPerf Offline serves as many users as memory holds. Where ML.ENERGY was not fetched, its curated results stand in.
-- key: serving_point_id
-- column: serving_point_id | Suite, and the key of the row in its table.
-- column: source | inferencex, ml.energy, mlperf inference (Offline) or mlperf inference server.
-- column: model_id | Key of core.models.
-- column: shape | Total and active parameters; models with the same shape are held out together.
-- column: fold | Part of the shape: its MD5 digest modulo 5.
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_count | Accelerators of the system.
-- column: decode_count | Those that write answers.
-- column: group_count | Those that share one copy of the model.
-- column: domain_count | Accelerators within one fast interconnect.
-- column: number_format | Format of the weights.
-- column: weight_bits | Nominal bits of a weight.
-- column: software | stock (one engine, default settings), tuned (settings chosen for the point) or benchmark (an engine tuned for one model and machine).
-- column: software_years | Years of the measurement after 2026-01-01.
-- column: prompt_tokens | Mean length of a prompt.
-- column: answer_tokens | Mean length of an answer.
-- column: concurrency | Users at the same time in all.
-- column: is_moe | True for mixtures of experts.
-- column: is_amd | True for accelerators of AMD.
-- column: is_speculative | True with speculative decoding.
-- column: tdp_w | Rated power of one accelerator.
-- column: is_fitted | True if the fit may use it: all but Server, whose users are not known.
-- column: measured_tokens_per_s | Output tokens per second, all accelerators together.
-- column: measured_joule_per_token | Energy of the accelerators per output token, where measured.
-- column: weights_s | Time to read the weights.
-- column: cache_s | Time to read the cache.
-- column: operations_s | Time of the arithmetic at the dense peak.
-- column: prompt_s | Time to compute the prompts at the dense peak.
-- column: layers_count | Layers of the model.
-- column: layer_steps_count | Layers that accelerators pass per output token.
-- column: cache_copies_count | Copies of the cache under tensor parallelism.
-- column: idle_copies_ratio | Copies of the model over copies with users.
-- column: step_tokens | Output tokens of a user per step at most.
-- column: source_id | Source of the measurement.
-- column: locator | Where in the source.
with energy_runs as (
    select
        ml_energy_run_id as run_id,
        publisher_model,
        task,
        number_format,
        accelerator_id,
        accelerator_count,
        batch_size,
        output_tokens,
        units_per_s as tokens_per_s,
        joule_per_token,
        measured_date,
        source_id,
        locator
    from core.ml_energy_runs
    where unit_name = 'token'
    union all
    select
        energy_measurement_id as run_id,
        publisher_model,
        task,
        number_format,
        accelerator_id,
        accelerator_count,
        batch_size,
        output_tokens,
        tokens_per_s,
        joule_per_token,
        measured_date,
        source_id,
        locator
    from seeds.energy_measurements
    where (select count(*) from core.ml_energy_runs) = 0
),

runs as (
    select
        'inferencex' as source,
        inferencex_run_id as run_id,
        model_id,
        accelerator_id,
        accelerator_count,
        decode_accelerator_count as decode_count,
        greatest(tensor_parallel_count, expert_parallel_count) as stated_group_count,
        number_format,
        'tuned' as software,
        measured_date,
        speculation is not null as is_speculative,
        prompt_tokens::double as prompt_tokens,
        answer_tokens::double as answer_tokens,
        concurrency_count::double as concurrency,
        output_tokens_per_s as tokens_per_s,
        joule_per_token,
        source_id,
        locator
    from core.inferencex_runs
    where speed_problem is null
    union all by name
    select
        'ml.energy' as source,
        r.run_id,
        coalesce(n.model_id, k.model_id) as model_id,
        r.accelerator_id,
        r.accelerator_count,
        r.accelerator_count as decode_count,
        r.accelerator_count as stated_group_count,
        r.number_format,
        'stock' as software,
        r.measured_date,
        false as is_speculative,
        w.prompt_tokens,
        r.output_tokens as answer_tokens,
        r.batch_size as concurrency,
        r.tokens_per_s,
        r.joule_per_token,
        r.source_id,
        r.locator
    from energy_runs as r
    inner join seeds.serving_workloads as w on w.suite = 'ml.energy' and r.task = w.benchmark
    left join seeds.model_aliases as n on r.publisher_model = n.alias
    left join core.models as k on bare_model_name(r.publisher_model) = plain_name(k.model_name)
    union all by name
    select
        case r.scenario when 'Offline' then 'mlperf inference' else 'mlperf inference server' end as source,
        r.benchmark_result_id as run_id,
        r.model_id,
        r.accelerator_id,
        r.accelerator_count,
        r.accelerator_count as decode_count,
        null as stated_group_count,
        coalesce(r.number_format, 'fp8') as number_format, -- rounds before v5.1 do not state it; all such results served in 8 bits
        'benchmark' as software,
        r.published_date as measured_date,
        false as is_speculative,
        w.prompt_tokens,
        w.answer_tokens,
        null as concurrency,
        r.value as tokens_per_s,
        r.source_id,
        r.locator
    from core.benchmark_results as r
    inner join seeds.serving_workloads as w
        on w.suite = 'mlperf inference' and regexp_replace(r.benchmark, '-99(\.9)?$', '') = w.benchmark
    where r.suite = 'mlperf inference' and r.scenario in ('Offline', 'Server') and r.unit = 'token/s' and r.is_default and r.division = 'closed'
),

sized as (
    select
        r.*,
        s.layers_count,
        s.attention_heads_count,
        s.kv_heads_count,
        s.head_dimension,
        s.full_attention_layers_count,
        s.window_attention_layers_count,
        s.sliding_window_tokens,
        s.kv_lora_dimension,
        s.rope_dimension,
        s.experts_count,
        s.experts_per_token_count,
        s.total_params,
        s.active_params,
        h.tdp_w,
        h.memory_bandwidth_bytes_per_s,
        h.peak_flop_per_s,
        h.usable_memory_bytes,
        h.weight_bits,
        a.vendor = 'AMD' as is_amd,
        c.interconnect_domain_count as domain_count,
        w.central as stored_bits,
        format('{:g}b-{:g}b', s.total_params / 1e9, s.active_params / 1e9) as shape,
        weight_bytes_of(s.total_params, w.central) as weight_bytes,
        kv_cache_bytes_of(
            s.full_attention_layers_count, s.window_attention_layers_count, s.sliding_window_tokens, s.cached_values_count,
            case when r.software = 'stock' then 16 else least(16, greatest(8, h.weight_bits)) end,
            cached_tokens_of(r.prompt_tokens, r.answer_tokens)
        ) + recurrent_state_bytes_of(s.recurrent_layers_count, s.recurrent_state_count, i.state_bits.value) as sequence_bytes,
        i.memory_overhead.value as memory_overhead,
        i.server_accelerators.value as server_count,
        i.most_users.value as most_users,
        i.step_tokens.value as most_step_tokens
    from runs as r
    inner join core.model_shapes as s on r.model_id = s.model_id
    inner join core.inference_hardware as h on r.accelerator_id = h.accelerator_id and nominal_bits_of(r.number_format) = h.weight_bits
    inner join core.accelerators as a on r.accelerator_id = a.accelerator_id
    inner join core.interconnect_domains as c on r.accelerator_id = c.accelerator_id
    inner join core.inference_inputs as i on i.model_class = 'dense'
    inner join seeds.assumptions as w on w.name = 'weight_bits' and w.applies_to = h.weight_bits::varchar
    where r.tokens_per_s > 0 and h.memory_bandwidth_bytes_per_s > 0 and h.peak_flop_per_s > 0 and h.kind = 'gpu' and not h.is_stand_alone
),

placed as (
    select
        * exclude (concurrency),
        case
            when concurrency is null
                then least(
                    decode_count, accelerators_needed_of(serving_bytes_of(weight_bytes, memory_overhead, 8, sequence_bytes), usable_memory_bytes)
                )
            when
                decode_count < accelerator_count and stated_group_count > 1 and stated_group_count < decode_count
                and decode_count % stated_group_count = 0
                then stated_group_count
            when decode_count < accelerator_count then least(decode_count, domain_count)
            else decode_count
        end as group_count,
        concurrency
    from sized
),

served as (
    select
        * exclude (concurrency),
        coalesce(
            concurrency,
            copies_of_model_of(decode_count, group_count)
            * greatest(
                1,
                least(
                    most_users * group_count,
                    users_that_fit_of(group_count, usable_memory_bytes, weight_bytes, memory_overhead, sequence_bytes)
                )
            )
        ) as concurrency
    from placed
),

shared as (
    select
        *,
        users_a_copy_of(concurrency, decode_count, group_count) as users
    from served
)

select
    source || '/' || run_id as serving_point_id,
    source,
    model_id,
    shape,
    ('0x' || left(md5(shape), 8))::bigint % 5 as fold,
    accelerator_id,
    accelerator_count,
    decode_count,
    group_count,
    domain_count,
    number_format,
    weight_bits,
    software,
    date_diff('day', date '2026-01-01', coalesce(measured_date, date '2026-01-01')) / 365.25 as software_years,
    prompt_tokens,
    answer_tokens,
    concurrency,
    experts_count is not null as is_moe,
    is_amd,
    is_speculative,
    tdp_w,
    source <> 'mlperf inference server' as is_fitted,
    tokens_per_s as measured_tokens_per_s,
    joule_per_token as measured_joule_per_token,
    weights_s_of(
        weight_bytes_of(params_read_of(total_params, active_params, experts_count, experts_per_token_count, users), stored_bits),
        memory_bandwidth_bytes_per_s, users
    ) as weights_s,
    sequence_bytes / memory_bandwidth_bytes_per_s as cache_s,
    decode_flop_per_token_of(
        active_params,
        attention_flop_per_token_of(
            full_attention_layers_count, window_attention_layers_count, sliding_window_tokens, attention_heads_count, head_dimension,
            kv_lora_dimension, rope_dimension, cached_tokens_of(prompt_tokens, answer_tokens)
        )
    ) / peak_flop_per_s as operations_s,
    prompt_s_of(
        prefill_flop_of(
            active_params,
            attention_flop_per_token_of(
                full_attention_layers_count, window_attention_layers_count, sliding_window_tokens, attention_heads_count, head_dimension,
                kv_lora_dimension, rope_dimension, prompt_tokens
            ),
            prompt_tokens
        ),
        0, answer_tokens, peak_flop_per_s
    ) as prompt_s,
    layers_count,
    layer_steps_of(group_count, layers_count, users) as layer_steps_count,
    cache_copies_of(group_count, server_count, kv_heads_count, kv_lora_dimension) as cache_copies_count,
    idle_copies_ratio_of(concurrency, decode_count, group_count) as idle_copies_ratio,
    case when is_speculative then most_step_tokens else 1 end as step_tokens,
    source_id,
    locator
from shared
order by serving_point_id
