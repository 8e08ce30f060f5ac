-- One row per benchmark result, in the same columns for every suite: MLPerf Training, Inference and Tiny, and ML.ENERGY.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of the result.
-- column: suite | Benchmark suite.
-- column: round | Round or version.
-- column: division | closed, open, network or none.
-- column: submitter | Who submitted or measured.
-- column: system | System as the submitter names it.
-- column: accelerator_name | Accelerator.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | Accelerators in the system.
-- column: benchmark | Task in the suite's own short name.
-- column: model_id | Key of core.models, where the model is one that we know.
-- column: model_name | Model that ran.
-- column: scenario | Load scenario, for inference.
-- column: batch_size | Most requests, images or videos at the same time, as set; samples of a step in training; where stated.
-- column: number_format | Format of the matrix multiplications, of the weights for ML.ENERGY.
-- column: metric | What value measures.
-- column: value | The result, in the unit of the row.
-- column: unit | Unit of value.
-- column: unit_name | What is counted per second or per joule: token, sample, query, inference, image or video.
-- column: units_per_s | Units per second, where measured.
-- column: latency_s | Time that one request, token or batch takes, where measured: see latency_kind.
-- column: latency_kind | What latency_s is of.
-- column: chip_minutes | Accelerator time of a training run.
-- column: training_flop | Model FLOP of a training run, where its samples were logged and the benchmark fixes their length.
-- column: power_w | Mean power during the run, watts.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators.
-- column: energy_j | Energy of the whole run, joules.
-- column: energy_boundary | What power and energy include: accelerators alone, the system, or the board.
-- column: joule_per_unit | Energy per token, sample, query, inference, image or video, joules.
-- column: joule_per_token | Energy per output token, joules.
-- column: mfu | Model FLOP utilisation of a training run, where its operations are known.
-- column: peak_format | Number format of the peak that utilisation is measured with: that of the result, else the one of 16 bits.
-- column: output_utilisation_ratio | Share of the dense peak that making output tokens took, reading the prompts not counted.
-- interval: usd_per_million_units | What a million units cost on rented accelerators that are always busy, nominal US dollars.
-- column: is_official | True if reviewed and published by the suite's organization.
-- column: is_inferred | True if the publisher derived the row from another result.
-- column: is_duplicate | True if another row tells the same run.
-- column: is_default | True for the rows that summaries use: official, neither inferred nor told twice, no sweep.
-- column: is_curated | True if the row was entered by hand, false if it was fetched.
-- column: published_date | Date of publication of the round.
-- column: source_id | Source of the result.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked; null for fetched rows.
select
    r.benchmark_result_id,
    r.suite,
    r.round,
    r.division,
    r.submitter,
    r.system,
    r.accelerator_name,
    r.accelerator_id,
    r.accelerator_count,
    r.benchmark,
    r.model_id,
    r.model_name,
    r.scenario,
    r.batch_size,
    r.number_format,
    r.metric,
    r.value,
    r.unit,
    r.unit_name,
    r.units_per_s,
    r.latency_s,
    r.latency_kind,
    d.chip_minutes,
    d.training_flop,
    r.power_w,
    d.power_to_tdp_ratio,
    r.energy_j,
    r.energy_boundary,
    r.joule_per_unit,
    d.joule_per_token,
    d.mfu,
    d.peak_format,
    d.output_utilisation_ratio,
    d.usd_per_million_units_low,
    d.usd_per_million_units,
    d.usd_per_million_units_high,
    r.is_official,
    r.is_inferred,
    r.is_duplicate,
    r.is_default,
    r.is_curated,
    r.published_date,
    r.source_id,
    r.locator,
    r.verified
from core.benchmark_results as r
inner join core.benchmark_derived as d on r.benchmark_result_id = d.benchmark_result_id
order by r.suite, r.round, r.benchmark, r.scenario, r.accelerator_id, r.accelerator_count, r.benchmark_result_id
