-- One row per benchmark result, in the same columns for every suite.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of the result.
-- column: suite | Benchmark suite.
-- column: round | Round or version.
-- column: division | closed, open or none.
-- column: submitter | Who submitted or measured.
-- column: system | System as the submitter names it.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | Accelerators in the system.
-- column: benchmark | Task in the suite's own short name.
-- column: scenario | Load scenario, for inference.
-- column: metric | What value measures.
-- column: value | The result, in the unit of the row.
-- column: unit | Unit of value.
-- column: power_w | Mean system power during the run, watts.
-- column: energy_j | Energy of the whole run, joules.
-- column: joule_per_unit | Energy per token, sample, query or inference, joules.
-- column: mfu | Model FLOP utilisation, where the model's operations are known.
-- column: number_format | Format of the matrix multiplications.
-- column: is_official | True if reviewed and published by the suite's organization.
-- column: is_inferred | True if the publisher derived the row from another result.
-- column: published_date | Date of publication of the round.
-- column: source_id | Source of the result.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
select
    benchmark_result_id,
    suite,
    round,
    division,
    submitter,
    system,
    accelerator_id,
    accelerator_count,
    benchmark,
    scenario,
    metric,
    value,
    unit,
    power_w,
    energy_j,
    case
        when unit in ('J/token', 'J/inference') then value
        when unit in ('token/s', 'sample/s', 'query/s') then power_w / value
    end as joule_per_unit,
    null::double as mfu,
    number_format,
    is_official,
    is_inferred,
    published_date,
    source_id,
    locator,
    verified
from seeds.benchmark_results
order by suite, round, benchmark, scenario, accelerator_id, accelerator_count, benchmark_result_id
