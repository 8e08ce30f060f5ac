-- One row per task, model and setting on the frontier of energy against latency: no other setting of the model at that task is both
-- as frugal and as quick.
-- key: benchmark_result_id
-- column: frontier_rank | Place on the frontier of the model at the task, the quickest first.
-- column: setting_count | Settings of the model at the task that were compared.
-- column: accelerator_id | Key of mart.accelerators.
-- column: latency_s | Time between tokens (median), or of a batch of images or videos.
-- column: joule_per_unit | Energy of the accelerators per unit.
-- column: energy_saved_fraction | How much less energy than the quickest setting takes.
-- column: times_slower_ratio | How many times the latency of the quickest setting.
-- column: benchmark_result_id | Key in mart.benchmark_runs.
-- column: source_id | Source of the measurement.
with settings as (
    select
        r.*,
        r.system[strpos(r.system, ', ') + 2:] as setting_model
    from core.benchmark_results as r
    where r.suite = 'ml.energy' and r.latency_s > 0 and r.joule_per_unit > 0
),

ordered as (
    select
        *,
        count(*) over (partition by benchmark, setting_model) as setting_count,
        min(joule_per_unit) over (
            partition by benchmark, setting_model
            order by latency_s, joule_per_unit, benchmark_result_id
            rows between unbounded preceding and 1 preceding
        ) as least_of_quicker
    from settings
),

frontier as (
    select
        *,
        row_number() over own as frontier_rank,
        first_value(joule_per_unit) over own as joule_of_quickest,
        first_value(latency_s) over own as latency_of_quickest
    from ordered
    where least_of_quicker is null or joule_per_unit < least_of_quicker
    window own as (partition by benchmark, setting_model order by latency_s, joule_per_unit)
)

select
    f.benchmark,
    f.model_name,
    f.model_id,
    f.frontier_rank,
    f.setting_count,
    f.accelerator_id,
    f.accelerator_count,
    f.number_format,
    f.batch_size,
    f.latency_s,
    f.latency_kind,
    f.unit_name,
    f.joule_per_unit,
    f.units_per_s,
    d.usd_per_million_units_low,
    d.usd_per_million_units,
    d.usd_per_million_units_high,
    1 - f.joule_per_unit / f.joule_of_quickest as energy_saved_fraction,
    f.latency_s / f.latency_of_quickest as times_slower_ratio,
    f.benchmark_result_id,
    f.source_id
from frontier as f
inner join core.benchmark_derived as d on f.benchmark_result_id = d.benchmark_result_id
order by f.benchmark, f.setting_model, f.frontier_rank
