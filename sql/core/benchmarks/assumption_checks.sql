-- One row per assumption that measurements speak to, and group of measurements: the prior beside what was measured.
-- key: assumption, applies_to, measured_on
-- column: assumption | Name in seeds.assumptions; two names joined where only their product was measured.
-- column: applies_to | Class to which the assumption applies.
-- column: measured_on | Measurements that it is compared with.
-- interval: assumed | The assumption.
-- interval: measured | The measurements: 5th, 50th and 95th percentile.
-- column: unit | Unit of both.
-- column: measurement_count | Measurements.
-- column: difference_ratio | Median measured over central assumed.
-- column: covered_fraction | Share of the measurements within the interval of the assumption.
-- column: is_inside | True if the median of the measurements is inside the interval of the assumption.
-- column: stands_for | How the measured quantity relates to the assumed one: the same, or a bound of it, and why.
-- column: source_ids | Sources of the assumption and of the measurements.
with trained as (
    select
        r.accelerator_id,
        r.source_id,
        d.power_to_tdp_ratio,
        d.power_to_tdp_ratio / s.choice.value as power_to_rated_node_ratio
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    inner join core.assumption_choices as s
        on s.subject_kind = 'accelerator' and r.accelerator_id = s.subject_id and s.assumption = 'server_power_ratio'
    where r.suite = 'mlperf training' and r.energy_boundary = 'system' and d.power_to_tdp_ratio > 0 and r.is_default
),

products as (
    select
        s.applies_to,
        'server_power_ratio · average_power_ratio' as name,
        multiply(uncertain(s.low, s.central, s.high), uncertain(f.low, f.central, f.high)) as product,
        'ratio' as unit,
        [s.source_id, f.source_id] as source_ids
    from seeds.assumptions as s
    inner join seeds.assumptions as f on f.name = 'average_power_ratio' and f.applies_to = 'gpu'
    where s.name = 'server_power_ratio'
),

priors as (
    select
        name,
        applies_to,
        low,
        central,
        high,
        unit,
        [source_id] as source_ids
    from seeds.assumptions
    union all by name
    select
        name,
        applies_to,
        low_of(product) as low,
        central_of(product) as central,
        high_of(product) as high,
        unit,
        source_ids
    from products
),

measured as (
    select
        'average_power_ratio' as name,
        'gpu' as applies_to,
        'MLPerf Training runs with power logs' as measured_on,
        power_to_rated_node_ratio as value,
        'same condition; the rated power of the node is assumed, and switches are included if logged' as stands_for,
        source_id
    from trained
    union all by name
    select
        'server_power_ratio · average_power_ratio' as name,
        accelerator_id as applies_to,
        'MLPerf Training runs with power logs' as measured_on,
        power_to_tdp_ratio as value,
        'same condition; switches are included if logged' as stands_for,
        source_id
    from trained
    union all by name
    select
        'inference_power_ratio' as name,
        'all' as applies_to,
        'ML.ENERGY, language models' as measured_on,
        power_to_tdp_ratio as value,
        'same condition' as stands_for,
        'ml_energy' as source_id
    from core.decode_bandwidth
    union all by name
    select
        'bandwidth_efficiency' as name,
        case architecture_kind when 'moe' then 'moe' else 'all' end as applies_to,
        'ML.ENERGY, batches to 16' as measured_on,
        bandwidth_utilisation_ratio as value,
        'a lower bound: it includes the time between steps and the reading of prompts and KV-caches' as stands_for,
        'ml_energy' as source_id
    from core.decode_bandwidth
    where batch_size <= 16 and architecture_kind <> 'hybrid'
    union all by name
    select
        'compute_efficiency' as name,
        'all' as applies_to,
        'MLPerf Inference, language models, Offline' as measured_on,
        d.output_utilisation_ratio as value,
        'too low or too high: prompts are not counted; if the number format is not published, fewer bits are compared with 16 bits' as stands_for,
        r.source_id
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    where r.suite = 'mlperf inference' and r.scenario = 'Offline' and r.is_default and d.output_utilisation_ratio is not null
    union all by name
    select
        'mfu' as name,
        r.accelerator_id as applies_to,
        'MLPerf Training, language models' as measured_on,
        d.mfu as value,
        'an upper bound: short, tuned runs without restarts, and fewer bits are compared with the 16-bit peak' as stands_for,
        r.source_id
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    where d.mfu is not null and r.is_default
),

summed as (
    select
        m.name,
        m.applies_to,
        m.measured_on,
        m.stands_for,
        p.low,
        p.central,
        p.high,
        p.unit,
        p.source_ids,
        quantile_cont(m.value, 0.05) as measured_low,
        median(m.value) as measured,
        quantile_cont(m.value, 0.95) as measured_high,
        count(*) as measurement_count,
        avg((m.value between p.low and p.high)::int) as covered_fraction,
        list(distinct m.source_id) as measured_source_ids
    from measured as m
    inner join priors as p on m.name = p.name and m.applies_to = p.applies_to
    where m.value > 0
    group by m.name, m.applies_to, m.measured_on, m.stands_for, p.low, p.central, p.high, p.unit, p.source_ids
)

select
    name as assumption,
    applies_to,
    measured_on,
    low as assumed_low,
    central as assumed,
    high as assumed_high,
    measured_low,
    measured,
    measured_high,
    unit,
    measurement_count,
    measured / central as difference_ratio,
    covered_fraction,
    measured between low and high as is_inside,
    stands_for,
    list_sort(list_distinct(list_concat(source_ids, measured_source_ids))) as source_ids
from summed
order by assumption, applies_to, measured_on
