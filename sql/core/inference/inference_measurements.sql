-- One row per published measurement of the energy of an output token whose model, chip, weights and batch are known.
-- key: benchmark_result_id
-- column: accelerator_count | Number of accelerators that served the model.
-- column: weight_bits | Nominal bits of a weight.
-- column: batch_size | Most sequences decoded at the same time.
-- column: joule_per_token | Energy of the accelerators per output token.
-- column: tokens_per_s | Output tokens per second, where measured.
-- column: source_id | Source of the measurement.
select
    benchmark_result_id,
    model_id,
    accelerator_id,
    accelerator_count,
    number_format,
    nominal_bits_of(number_format) as weight_bits,
    regexp_extract(scenario, 'batch ([0-9]+)', 1)::bigint as batch_size,
    benchmark,
    joule_per_unit as joule_per_token,
    units_per_s as tokens_per_s,
    source_id
from core.benchmark_results
where
    unit_name = 'token'
    and joule_per_unit is not null
    and energy_boundary = 'accelerators'
    and is_default
    and model_id is not null
    and accelerator_id is not null
    and regexp_matches(scenario, 'batch [0-9]+')
order by benchmark_result_id
