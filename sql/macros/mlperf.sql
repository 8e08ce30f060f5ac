-- MLPerf: units of published results, and energy per token, sample, query or inference.

-- macro: published_name | A name as published, or null if the cell says that there is none.
-- equation: null for an empty cell, N/A, - and None; else the name without blanks at its ends
-- units: none
-- example: published_name(' N/A ') is null and published_name('NVIDIA L4 ') = 'NVIDIA L4'
create or replace macro published_name(name) as case
    when lower(trim(name)) not in ('', 'n/a', '-', 'none') then trim(name)
end;

-- macro: round_order | What rounds are put in order by: the numbers in their name.
-- equation: v10.1 is [10, 1]; null for a name of another form
-- units: none
-- example: round_order('v10.0') > round_order('v9.1') and round_order('2018') is null
create or replace macro round_order(round) as case
    when regexp_full_match(round, 'v[0-9]+([.][0-9]+)*') then list_transform(string_split(round[2:], '.'), lambda part: part::int)
end;

-- macro: scenario_name | A load scenario in the spelling of this warehouse.
-- equation: offline, server, interactive, singlestream and multistream in capitals or not; another name as it is
-- units: none
-- example: scenario_name('offline') = 'Offline' and scenario_name('SingleStream') = 'SingleStream' and scenario_name('New') = 'New'
create or replace macro scenario_name(name) as case lower(trim(name))
    when 'offline' then 'Offline'
    when 'server' then 'Server'
    when 'interactive' then 'Interactive'
    when 'singlestream' then 'SingleStream'
    when 'multistream' then 'MultiStream'
    else trim(name)
end;

-- macro: collected_chip_name | Accelerator of a collected result of MLPerf Training, or null for a system of CPUs.
-- equation: the published name; for TPU, which v1.0 gives without its generation, the one that begins the name of the system
-- units: none
-- example: collected_chip_name('TPU', 'tpu-v4-6912') = 'tpu-v4' and collected_chip_name('N/A', 'box') is null
create or replace macro collected_chip_name(name, system) as case
    when published_name(name) = 'TPU' then coalesce(nullif(regexp_extract(system, '^tpu-v[0-9]+'), ''), 'TPU')
    else published_name(name)
end;

-- macro: mlperf_counts_tokens | Whether MLPerf Inference defines a result as tokens per second.
-- equation: v4.0: llama2-70b, Offline; v4.1: llama2-70b, gptj, mixtral-8x7b, Offline and Server (table RESULT_FIELD_BENCHMARK_OVERWRITE)
-- units: none
-- source: mlperf_submission_checker
-- example: mlperf_counts_tokens('v4.1', 'gptj-99', 'Server') and not mlperf_counts_tokens('v4.0', 'llama2-70b-99', 'Server')
create or replace macro mlperf_counts_tokens(round, benchmark, scenario) as case round
    when 'v4.0' then benchmark like 'llama2-70b-%' and scenario = 'Offline'
    when 'v4.1' then scenario in ('Offline', 'Server') and regexp_matches(benchmark, '^(llama2-70b|gptj|mixtral)-')
    else false
end;

-- macro: result_unit | Unit of a published result in this warehouse's words; null for one that it does not know.
-- equation: Tokens/s is token/s, Samples/s sample/s, Queries/s query/s, Latency in ms or s is ms; in capitals or not
-- units: none
-- example: result_unit('Queries/s') = 'query/s' and result_unit('latency (s)') = 'ms' and result_unit('Furlongs') is null
create or replace macro result_unit(published_unit) as case lower(trim(published_unit))
    when 'tokens/s' then 'token/s'
    when 'samples/s' then 'sample/s'
    when 'queries/s' then 'query/s'
    when 'latency (ms)' then 'ms'
    when 'latency (s)' then 'ms'
end;

-- macro: result_value | A published result in the unit that result_unit gives.
-- equation: seconds * 1000 for a latency in seconds, else as published
-- units: the published unit -> result_unit
-- example: result_value(0.25, 'Latency (s)') = 250
create or replace macro result_value(value, published_unit) as case
    when lower(trim(published_unit)) = 'latency (s)' then value * 1000 else value
end;

-- macro: unit_counted | What a benchmark counts in a scenario: the unit of its joules.
-- equation: what the rate counts; a query where the result is a latency
-- units: none
-- example: unit_counted('token/s') = 'token' and unit_counted('ms') = 'query'
create or replace macro unit_counted(unit) as case unit when 'ms' then 'query' else split_part(unit, '/', 1) end;

-- macro: joule_per_counted_unit | Measured energy per token, sample or query of an MLPerf Inference result.
-- equation: power / rate where power is in watts; where the publisher gives millijoules per query, that / 1000
-- units: W, 1/s -> J; mJ -> J
-- source: mlperf_submission_checker
-- example: round(joule_per_counted_unit(10400.998879, 'Watts', 102909.0, 'token/s'), 4) = 0.1011
-- example: joule_per_counted_unit(155.1, 'millijoules', 3.7, 'ms') = 0.1551
create or replace macro joule_per_counted_unit(power, power_unit, value, unit) as case
    when power_unit = 'Watts' and unit <> 'ms' and value > 0 then power / value
    when power_unit = 'millijoules' then power / 1000
end;

-- macro: weight_format | Number format of a submission's weights; null if none is published, mixed if several are.
-- equation: the one format named; uint8 is read as int8, uint4 as int4, mxfp4 and nvfp4 as fp4; a list or a format per part of a model is mixed
-- units: none
-- example: weight_format('INT8') = 'int8' and weight_format('fp16, bf16,fp8') = 'mixed' and weight_format('UNSET') is null
create or replace macro weight_format(stated) as case
    when contains(stated, ',') or contains(stated, ':') then 'mixed'
    when
        regexp_full_match(lower(trim(stated)), '(fp(64|32|16|8|6|4)|tf32|bf16|u?int(16|8|4)|(mx|nv)fp4)')
        then regexp_replace(lower(trim(stated)), '^(u|mx|nv)', '')
end;

-- macro: joule_of_microjoule | Joules of a measured energy in microjoules.
-- equation: microjoules / 1e6
-- units: uJ -> J
-- example: joule_of_microjoule(2500000) = 2.5
create or replace macro joule_of_microjoule(microjoules) as microjoules / 1e6;
