-- One row per case of a benchmark of own runs: speed, processor time and energy of an inference, over all repeats of the case.
-- key: run_id, case_name
-- column: run_id | Key of core.telemetry_runs.
-- column: case_name | Format, graph, batch and threads of the case.
-- column: model_name | Model, and its version.
-- column: framework | Software that ran it.
-- column: processor_name | Processor as the system names it.
-- column: number_format | Number format of weights and activations.
-- column: is_optimized | True if the software was allowed to rewrite the graph of the model.
-- column: batch_size | Inferences in a batch.
-- column: thread_count | Threads that it was allowed to use.
-- column: repeat_count | Repeats.
-- column: inference_count | Inferences of all repeats.
-- interval: inferences_per_s | Inferences per second: median over the repeats, with their 5th and 95th percentile.
-- column: processor_s_per_inference | Processor time of an inference, seconds: median over the repeats.
-- column: is_modelled | True if the energy is processor time times the power of a busy core, not that of a meter.
-- column: energy_j | Energy of all repeats, joules.
-- interval: joule_per_inference | Energy of an inference, joules: median over the repeats. The bounds of a measured one are the 5th and 95th
--    percentile, those of a modelled one follow from modelled_energy_ratio.
-- column: same_answer_fraction | Share of inputs on which the answer is that of the model as it is.
with repeats as (
    select
        r.*,
        concat(r.number_format, if(r.is_optimized, '', ', graph as it is'), ', batch ', r.batch_size, ', threads ', r.thread_count) as case_name,
        r.inference_count / r.wall_s as inferences_per_s,
        r.processor_s / r.inference_count as processor_s_per_inference,
        r.energy_j is null as is_modelled,
        coalesce(r.energy_j, r.processor_s * coalesce(r.core_power_w, w.central)) as spent_j,
        b.low as least_ratio,
        b.high as most_ratio
    from raw.telemetry_results as r
    inner join seeds.assumptions as w on w.name = 'busy_core_power_w' and w.applies_to = 'all'
    inner join seeds.assumptions as b on b.name = 'modelled_energy_ratio' and b.applies_to = 'all'
)

select
    run_id,
    case_name,
    any_value(model_name) as model_name,
    any_value(framework) as framework,
    any_value(processor_name) as processor_name,
    any_value(number_format) as number_format,
    any_value(is_optimized) as is_optimized,
    any_value(batch_size) as batch_size,
    any_value(thread_count) as thread_count,
    count(*) as repeat_count,
    sum(inference_count)::bigint as inference_count,
    quantile_cont(inferences_per_s, 0.05) as inferences_per_s_low,
    median(inferences_per_s) as inferences_per_s,
    quantile_cont(inferences_per_s, 0.95) as inferences_per_s_high,
    median(processor_s_per_inference) as processor_s_per_inference,
    bool_or(is_modelled) as is_modelled,
    sum(spent_j) as energy_j,
    if(
        bool_or(is_modelled), median(spent_j / inference_count) * any_value(least_ratio), quantile_cont(spent_j / inference_count, 0.05)
    ) as joule_per_inference_low,
    median(spent_j / inference_count) as joule_per_inference,
    if(
        bool_or(is_modelled), median(spent_j / inference_count) * any_value(most_ratio), quantile_cont(spent_j / inference_count, 0.95)
    ) as joule_per_inference_high,
    any_value(same_answer_fraction) as same_answer_fraction
from repeats
group by run_id, case_name
order by run_id, case_name
