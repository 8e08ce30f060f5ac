-- One row per published measurement of the energy of an output token whose model, chip and batch are known.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key of seeds.benchmark_results.
-- column: model_id | Key of core.models, found by the name that the measured system carries.
-- column: accelerator_id | Key of core.accelerators.
-- column: accelerator_count | Accelerators that served.
-- column: number_format | Format of the weights.
-- column: weight_bits | Nominal bits of a weight.
-- column: batch_size | Most sequences decoded at the same time.
-- column: benchmark | Task.
-- column: joule_per_token | Energy of the accelerators per output token.
-- column: source_id | Source of the measurement.
with spellings as (
    select
        spelling,
        min(model_id) as model_id
    from (
        select
            plain_name(model_name) as spelling,
            model_id
        from core.models
        union
        select
            plain_name(model_id) as spelling,
            model_id
        from core.models
    ) as names
    group by spelling
)

select
    b.benchmark_result_id,
    s.model_id,
    b.accelerator_id,
    b.accelerator_count,
    b.number_format,
    case
        when b.number_format in ('bf16', 'fp16') then 16
        when b.number_format in ('fp8', 'int8') then 8
        when b.number_format in ('fp4', 'int4') then 4
    end as weight_bits,
    regexp_extract(b.scenario, 'batch ([0-9]+)', 1)::bigint as batch_size,
    b.benchmark,
    b.value as joule_per_token,
    b.source_id
from seeds.benchmark_results as b
inner join spellings as s on bare_model_name(split_part(b.system, ', ', 2)) = s.spelling
where b.unit = 'J/token' and regexp_matches(b.scenario, 'batch [0-9]+')
order by b.benchmark_result_id
