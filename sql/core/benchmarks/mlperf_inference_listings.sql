-- One row per result that MLPerf Inference lists, from every schema it was published in, with its power beside it and in the publisher's units.
-- key: benchmark_result_id
-- column: benchmark_result_id | Key: round and location of the result.
-- column: round | Round.
-- column: division | closed, open or network.
-- column: system_type | datacenter, edge, or datacenter,edge where it is entered for both.
-- column: submitter | Who submitted.
-- column: system | System as the submitter names it.
-- column: platform | Folder of the system.
-- column: accelerator_name | Accelerator as published; null for a run on the processor.
-- column: processor_name | Host processor as published.
-- column: node_count | Nodes of the system.
-- column: accelerator_count | Accelerators in all nodes; null for a run on the processor, or where the publisher gives no number.
-- column: processor_count | Host processors in all nodes.
-- column: weight_data_types | Number formats of the weights as stated.
-- column: benchmark | The reference model of the result.
-- column: model_name | Model that was run.
-- column: scenario | Load scenario.
-- column: value | The result, in published_unit; null where the publisher gives none.
-- column: published_unit | Unit of the result: as published, or Tokens/s where the round defines it so and the collection prints otherwise.
-- column: power_result | Measured power or energy, in power_unit.
-- column: power_unit | Watts, or millijoules (per query).
-- column: is_inferred | True if the publisher derived the row from another result.
-- column: source_id | Source of the row.
-- column: locator | Where in the repository of the round.
-- column: member | File of the row in the archive, if there is one.
-- aside: no_result_is_negative | select * from core.mlperf_inference_listings where value < 0 or power_result < 0
with power_rows as (
    select
        version,
        location,
        max(result_power) as result_power,
        max(result_units) as power_unit
    from raw.mlperf_collected_inference
    where result is null and result_power is not null
    group by version, location
),

collected as (
    select
        r.version as round,
        r.division,
        case when contains(r.system_type, ',') then 'datacenter,edge' else r.system_type end as system_type,
        r.availability,
        r.organization as submitter,
        r.system_name as system,
        r.platform,
        published_name(r.accelerator_model_name) as accelerator_name,
        published_name(r.host_processor_model_name) as processor_name,
        r.nodes_count as node_count,
        try_cast(r.accelerators_per_node as bigint) * r.nodes_count as accelerator_count,
        r.host_processors_per_node_count * r.nodes_count as processor_count,
        null::varchar as weight_data_types,
        r.mlperf_model as benchmark,
        r.model as model_name,
        scenario_name(r.scenario) as scenario,
        r.result as value,
        case
            when mlperf_counts_tokens(r.version, r.mlperf_model, scenario_name(r.scenario)) then 'Tokens/s' else r.result_units
        end as published_unit,
        coalesce(r.result_power, p.result_power) as power_result,
        coalesce(r.result_power_units, p.power_unit) as power_unit,
        r.inferred as is_inferred,
        'mlperf_cm_results' as source_id,
        r.location as locator,
        r.member
    from raw.mlperf_collected_inference as r
    left join power_rows as p on r.version = p.version and r.location = p.location
    where r.result is not null
    qualify row_number() over (partition by r.version, r.location order by r.record_no) = 1
),

summarised as (
    select
        version as round,
        category as division,
        suite as system_type,
        availability,
        submitter,
        system,
        platform,
        published_name(accelerator) as accelerator_name,
        published_name(processor) as processor_name,
        nodes_count as node_count,
        try_cast(accelerators_per_node as bigint) * nodes_count as accelerator_count,
        host_processors_per_node_count * nodes_count as processor_count,
        weight_data_types,
        model as benchmark,
        used_model as model_name,
        scenario_name(scenario) as scenario,
        performance_result as value,
        performance_units as published_unit,
        power_result,
        power_units as power_unit,
        inferred as is_inferred,
        'mlperf_inference' as source_id,
        location as locator,
        null::varchar as member
    from raw.mlperf_inference_summary
),

summarised_v6 as (
    select
        version as round,
        division,
        case when contains(system_type, ',') then 'datacenter,edge' else system_type end as system_type,
        availability,
        organization as submitter,
        system_name as system,
        platform,
        published_name(accelerator_model_name) as accelerator_name,
        published_name(host_processor_model_name) as processor_name,
        nodes_count as node_count,
        total_accelerators_count as accelerator_count,
        host_processors_per_node_count * nodes_count as processor_count,
        weight_data_types,
        mlperf_model as benchmark,
        model as model_name,
        scenario_name(scenario) as scenario,
        result as value,
        units as published_unit,
        null::double as power_result,
        null::varchar as power_unit,
        inferred as is_inferred,
        'mlperf_inference' as source_id,
        location as locator,
        null::varchar as member
    from raw.mlperf_inference_summary_v6 -- how this schema tells power is not known yet: a row in watts is a result without a value
),

listings as (
    select * from collected
    union all
    select * from summarised
    union all
    select * from summarised_v6
)

select
    slug('mlperf inference ' || round || ' ' || locator) as benchmark_result_id,
    round,
    division,
    system_type,
    availability,
    submitter,
    system,
    platform,
    accelerator_name,
    processor_name,
    node_count,
    case when accelerator_name is not null and accelerator_count > 0 then accelerator_count end as accelerator_count,
    case when processor_count > 0 then processor_count end as processor_count,
    weight_data_types,
    benchmark,
    model_name,
    scenario,
    value,
    published_unit,
    power_result,
    power_unit,
    is_inferred,
    source_id,
    locator,
    member
from listings
order by round, locator
