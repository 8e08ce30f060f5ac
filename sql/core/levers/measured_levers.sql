-- One row per lever whose factor follows from measurements in the ledger: median, 5th and 95th percentile over the pairs of measurements
-- that differ in nothing but the lever.
-- key: efficiency_lever_id
-- column: efficiency_lever_id | Key of the row.
-- column: lever | Technique.
-- column: family | Family of the technique.
-- column: baseline | What it is compared with.
-- column: metric | Metric that the factor describes.
-- interval: factor | How many times better the metric gets.
-- column: evidence_count | Pairs of measurements.
-- column: source_id | Source of most of them.
-- column: note | What to bear in mind with the measurements.
with served as (
    select
        r.model_id,
        r.accelerator_id,
        r.accelerator_count,
        r.number_format,
        r.benchmark,
        nominal_batch_of(r.batch_size, a.central) as batch_size,
        median(d.joule_per_token) as joule_per_token,
        mode(r.source_id) as source_id
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    inner join seeds.assumptions as a on a.name = 'batch_nearness_ratio'
    where r.suite = 'ml.energy' and d.joule_per_token is not null and not r.is_duplicate and r.model_id is not null
    group by r.model_id, r.accelerator_id, r.accelerator_count, r.number_format, r.benchmark, nominal_batch_of(r.batch_size, a.central)
),

rates as (
    select
        accelerator_id,
        benchmark,
        scenario,
        unit_name,
        max(units_per_s / accelerator_count) as units_per_s_per_chip,
        arg_max(source_id, units_per_s / accelerator_count) as source_id
    from core.benchmark_results
    where
        suite = 'mlperf inference' and division = 'closed' and not is_inferred and units_per_s is not null
        and accelerator_id is not null and accelerator_count is not null
    group by accelerator_id, benchmark, scenario, unit_name
),

pairs as (
    select
        'batch-8-to-64-' || a.accelerator_id as efficiency_lever_id,
        'Batch 8 to 64' as lever,
        'batching' as family,
        'Batch 8 on ' || a.accelerator_id || ', same model and format' as baseline,
        'energy' as metric,
        a.joule_per_token / b.joule_per_token as factor,
        b.source_id
    from served as a
    inner join served as b
        on
            a.model_id = b.model_id and a.accelerator_id = b.accelerator_id and a.accelerator_count = b.accelerator_count
            and a.number_format = b.number_format and a.benchmark = b.benchmark
    where a.batch_size = 8 and b.batch_size = 64
    union all by name
    select
        '8-bit-weights-' || a.accelerator_id as efficiency_lever_id,
        '8-bit instead of 16-bit weights' as lever,
        'quantization' as family,
        '16-bit weights on ' || a.accelerator_id || ', same model, batch and number of accelerators' as baseline,
        'energy' as metric,
        a.joule_per_token / b.joule_per_token as factor,
        b.source_id
    from served as a
    inner join served as b
        on
            a.model_id = b.model_id and a.accelerator_id = b.accelerator_id and a.accelerator_count = b.accelerator_count
            and a.batch_size = b.batch_size and a.benchmark = b.benchmark
    where a.number_format in ('bf16', 'fp16') and b.number_format in ('fp8', 'int8')
    union all by name
    select
        n.accelerator_id || '-for-' || o.accelerator_id as efficiency_lever_id,
        m.accelerator_name || ' instead of ' || p.accelerator_name as lever,
        'hardware' as family,
        p.accelerator_name || ', same model, format and batch' as baseline,
        'energy' as metric,
        o.joule_per_token / n.joule_per_token as factor,
        n.source_id
    from served as o
    inner join served as n
        on
            o.model_id = n.model_id and o.number_format = n.number_format and o.batch_size = n.batch_size
            and o.benchmark = n.benchmark
    inner join core.accelerators as m on n.accelerator_id = m.accelerator_id
    inner join core.accelerators as p on o.accelerator_id = p.accelerator_id
    where m.release_date > p.release_date
    union all by name
    select
        'mlperf-' || n.accelerator_id || '-for-' || o.accelerator_id as efficiency_lever_id,
        m.accelerator_name || ' instead of ' || p.accelerator_name as lever,
        'hardware' as family,
        p.accelerator_name || ', best closed results of MLPerf Inference, per accelerator' as baseline,
        'throughput' as metric,
        n.units_per_s_per_chip / o.units_per_s_per_chip as factor,
        n.source_id
    from rates as o
    inner join rates as n on o.benchmark = n.benchmark and o.scenario = n.scenario and o.unit_name = n.unit_name
    inner join core.accelerators as m on n.accelerator_id = m.accelerator_id
    inner join core.accelerators as p on o.accelerator_id = p.accelerator_id
    where m.release_date > p.release_date and m.vendor = p.vendor and m.form_factor = p.form_factor and m.segment = 'datacentre'
    union all by name
    select
        'finetuning-runs' as efficiency_lever_id,
        'Fine-tuning instead of training from scratch' as lever,
        'pre-trained model' as family,
        'Training of the base model' as baseline,
        'training flop' as metric,
        1 / f.training_flop_ratio as factor,
        'compute_ledger' as source_id
    from core.finetuning_ratios as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where r.run_kind = 'finetuning'
    union all by name
    select
        efficiency_lever_id,
        lever,
        family,
        baseline,
        metric,
        factor,
        source_id,
        note
    from core.own_lever_pairs
)

select
    efficiency_lever_id,
    any_value(lever) as lever,
    any_value(family) as family,
    any_value(baseline) as baseline,
    any_value(metric) as metric,
    quantile_cont(factor, 0.05) as factor_low,
    median(factor) as factor,
    quantile_cont(factor, 0.95) as factor_high,
    count(*) as evidence_count,
    mode(source_id) as source_id,
    max(note) as note
from pairs
group by efficiency_lever_id
having count(*) >= 3
order by efficiency_lever_id
