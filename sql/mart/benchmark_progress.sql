-- One row per benchmark, scenario, measure, accelerator and round: the best default result of the closed division, and how far it is
-- ahead of the round before and of the first one, with the same accelerator and with any.
-- key: suite, benchmark, scenario, measure, accelerator_id, round
-- column: scenario | Load scenario; none for training.
-- column: measure | What is compared: time to train, chip-minutes to train, units per second and accelerator, or energy per unit.
-- column: unit | Unit of best_value.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_name | Accelerator.
-- column: accelerator_release_date | Release date, for the generation.
-- column: published_date | Date of publication of the round.
-- column: round_number | Rounds of the suite in order, the first one 1.
-- column: best_value | Best result.
-- column: result_count | Results compared.
-- column: benchmark_result_id | Key of the best result in mart.benchmark_runs.
-- column: times_better_than_before_ratio | How many times better than the round before with the same accelerator; null in its first.
-- column: times_better_than_first_ratio | How many times better than its first round with the same accelerator.
-- column: times_better_than_first_of_any_ratio | How many times better than the best result of the first round, for any accelerator.
-- column: is_best_of_round | True if no accelerator did better in the round.
with measured as (
    select
        r.benchmark_result_id,
        r.suite,
        r.benchmark,
        coalesce(r.scenario, 'none') as scenario,
        r.round,
        r.published_date,
        r.accelerator_id,
        r.accelerator_name,
        unnest([
            { 'name': 'time to train', 'counted': 'minute', 'value': case when r.metric = 'time to train' then r.value end, 'sign': -1 },
            { 'name': 'accelerator time to train', 'counted': 'chip-minute', 'value': d.chip_minutes, 'sign': -1 },
            {
                'name': 'speed of an accelerator', 'counted': r.unit_name || '/s',
                'value': case when r.metric = 'throughput' then r.units_per_s / r.accelerator_count end, 'sign': 1
            },
            {
                'name': 'energy of a unit', 'counted': 'J/' || r.unit_name,
                'value': case when r.energy_boundary in ('system', 'board') then r.joule_per_unit end, 'sign': -1
            },
            { 'name': 'energy to train', 'counted': 'kWh', 'value': d.energy_kwh, 'sign': -1 }
        ]) as figure
    from core.benchmark_results as r
    inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
    where r.suite like 'mlperf%' and r.division = 'closed' and r.is_default and r.accelerator_id is not null
),

rounds as (
    select
        suite,
        round,
        min(published_date) as published_date,
        dense_rank() over (partition by suite order by round_order(round)) as round_number
    from measured
    where regexp_matches(round, '^v[0-9]+([.][0-9]+)*$')
    group by suite, round
),

best as (
    select
        m.suite,
        m.benchmark,
        m.scenario,
        m.figure.name as measure,
        m.figure.counted as unit,
        any_value(m.figure.sign) as sign,
        m.accelerator_id,
        min(m.accelerator_name) as accelerator_name,
        m.round,
        any_value(q.published_date) as published_date,
        any_value(q.round_number) as round_number,
        arg_max(m.figure.value, (m.figure.sign * m.figure.value, m.benchmark_result_id)) as best_value,
        arg_max(m.benchmark_result_id, (m.figure.sign * m.figure.value, m.benchmark_result_id)) as benchmark_result_id,
        count(m.benchmark_result_id) as result_count
    from measured as m
    inner join rounds as q on m.suite = q.suite and m.round = q.round
    where m.figure.value > 0
    group by m.suite, m.benchmark, m.scenario, m.figure.name, m.figure.counted, m.accelerator_id, m.round
),

compared as (
    select
        *,
        lag(best_value) over own as value_before,
        first_value(best_value) over own as first_value,
        max(sign * best_value) over (partition by suite, benchmark, scenario, measure, unit, round) as best_of_round,
        min(round_number) over (partition by suite, benchmark, scenario, measure, unit) as first_round
    from best
    window own as (partition by suite, benchmark, scenario, measure, unit, accelerator_id order by round_number)
),

firsts as (
    select distinct
        suite,
        benchmark,
        scenario,
        measure,
        unit,
        sign * best_of_round as first_of_any
    from compared
    where round_number = first_round
)

select
    c.suite,
    c.benchmark,
    c.scenario,
    c.measure,
    c.unit,
    c.accelerator_id,
    c.accelerator_name,
    a.release_date as accelerator_release_date,
    c.round,
    c.published_date,
    c.round_number,
    c.best_value,
    c.result_count,
    c.benchmark_result_id,
    (c.best_value / c.value_before) ** c.sign as times_better_than_before_ratio,
    (c.best_value / c.first_value) ** c.sign as times_better_than_first_ratio,
    (c.best_value / f.first_of_any) ** c.sign as times_better_than_first_of_any_ratio,
    c.sign * c.best_value = c.best_of_round as is_best_of_round
from compared as c
inner join firsts as f
    on c.suite = f.suite and c.benchmark = f.benchmark and c.scenario = f.scenario and c.measure = f.measure and c.unit = f.unit
left join core.accelerators as a on c.accelerator_id = a.accelerator_id
order by c.suite, c.benchmark, c.scenario, c.measure, c.unit, c.round_number, c.accelerator_id
