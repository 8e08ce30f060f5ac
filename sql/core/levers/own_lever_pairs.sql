-- One row per pair of repeats of a benchmark of own runs that differ in one technique alone, and metric: how many times better it made the metric.
-- Both repeats have the same number, model, processor and threads, so that what else the machine did falls on both.
-- key: run_id, efficiency_lever_id, result_no, baseline_result_no
-- column: run_id | Key of core.telemetry_runs.
-- column: efficiency_lever_id | Key of core.measured_levers.
-- column: result_no | Result with the technique.
-- column: baseline_result_no | Result without it.
-- column: lever | Technique.
-- column: family | Family of the technique.
-- column: baseline | What it is compared with.
-- column: metric | Metric that the factor describes.
-- column: factor | How many times better the metric gets.
-- column: source_id | Source.
-- column: note | How the energy was found, and whether answers change.
with repeats as (
    select
        *,
        regexp_replace(lower(processor_name), '[^a-z0-9]+', '-', 'g') as processor,
        concat(framework, ' on ', processor_name) as place,
        coalesce(energy_j, processor_s) / inference_count as spent
    from raw.telemetry_results
),

pairs as (
    select
        b.*,
        a.result_no as baseline_result_no,
        a.batch_size as baseline_batch_size,
        b.inference_count * a.wall_s / (a.inference_count * b.wall_s) as throughput_factor,
        a.spent / b.spent as energy_factor,
        case
            when a.number_format = 'fp32' and b.number_format = 'int8' and a.is_optimized and b.is_optimized and a.batch_size = b.batch_size then 'int8'
            when a.number_format = b.number_format and not a.is_optimized and b.is_optimized and a.batch_size = b.batch_size then 'graph'
            when a.number_format = b.number_format and a.is_optimized and b.is_optimized and a.batch_size = 1 and b.batch_size > 1 then 'batch'
        end as technique
    from repeats as a
    inner join repeats as b
        on
            a.run_id = b.run_id and a.model_name = b.model_name and a.processor_name = b.processor_name and a.framework = b.framework
            and a.thread_count = b.thread_count and a.repeat_no = b.repeat_no and (a.energy_j is null) = (b.energy_j is null)
),

described as (
    select
        *,
        case technique
            when 'int8' then 'own-int8-' || processor
            when 'graph' then 'own-graph-' || processor
            when 'batch' then concat('own-batch-1-to-', batch_size, '-', processor)
        end as lever_id,
        case technique
            when 'int8' then 'int8 instead of float32'
            when 'graph' then 'Graph optimization by ONNX Runtime'
            when 'batch' then concat('Batch 1 to ', batch_size)
        end as lever,
        case technique when 'int8' then 'quantization' when 'graph' then 'runtime' when 'batch' then 'batching' end as family,
        case technique
            when 'int8' then concat('float32, ', place, ', same model, batch and threads')
            when 'graph' then concat('The graph as it is, ', place, ', same model, batch and threads')
            when 'batch' then concat('Batch 1, ', place, ', same model, format and threads')
        end as baseline,
        if(technique = 'int8', format('{:.1f} % of answers are those of float32.', 100 * same_answer_fraction), null) as answers
    from pairs
    where technique is not null
)

select
    run_id,
    lever_id || '-throughput' as efficiency_lever_id,
    result_no,
    baseline_result_no,
    lever,
    family,
    baseline,
    'throughput' as metric,
    throughput_factor as factor,
    'own_runs' as source_id,
    answers as note
from described
union all
select
    run_id,
    lever_id || '-energy' as efficiency_lever_id,
    result_no,
    baseline_result_no,
    lever,
    family,
    baseline,
    'energy' as metric,
    energy_factor as factor,
    'own_runs' as source_id,
    nullif(concat_ws(' ', if(energy_j is null, 'Energy is modelled from processor time: no meter was read.', null), answers), '') as note
from described
order by run_id, efficiency_lever_id, result_no, baseline_result_no
