-- One row per subject, quantity and figure that can test a claim, in the unit of the quantity. A figure with a boundary is here twice:
-- under the name with its boundary, and under the quantity alone, which a claim may name without saying what it includes.
-- key: subject_kind, subject_id, quantity, figure_id
-- column: subject_kind | training_run, accelerator, lever, trend, anchor, or another kind of mart.figures.
-- column: subject_id | Key of the subject.
-- column: subject_name | Name of the subject.
-- column: quantity | Quantity: a measured_quantity of seeds.claim_quantities.
-- column: boundary | What the figure includes: one of the boundaries of mart.figures, or none; of a trend its window, with its cohort where the
--    subject names none. Embodied emissions alone never test a claim
--    of emissions; with those of the electricity they are the boundary lifecycle.
-- interval: value | Its value.
-- column: unit | Unit of value.
-- column: kind | Kind of the figure; null for values that are not rows of mart.figures.
-- column: figure_id | Key of mart.figures; for other values table, key and column, separated by slashes.
-- check: points_are_in_the_unit_of_their_quantity | select p.* from mart.audit_points as p
--    inner join core.claim_quantities as q on p.quantity = q.measured_quantity where p.unit <> q.unit
with figures as (
    select
        subject_kind,
        subject_id,
        subject_name,
        unnest(
            list_filter(
                list_distinct([quantity, case when boundary = 'none' then quantity else boundary || '_' || quantity end]),
                lambda name: name <> 'co2e_kg' or boundary <> 'embodied' -- noqa: RF02
            )
        ) as quantity,
        case when boundary = 'none' and quantity = 'water_l' and method <> 'published' then 'both' else boundary end as boundary,
        value_low,
        value,
        value_high,
        unit,
        kind,
        figure_id
    from mart.figures
    where is_preferred
),

of_runs as (
    select
        'training_run' as subject_kind,
        training_run_id as subject_id,
        model_name as subject_name,
        unnest([
            { 'quantity': 'total_params', 'value': total_params, 'unit': 'parameter' },
            { 'quantity': 'active_params', 'value': active_params, 'unit': 'parameter' },
            { 'quantity': 'active_share', 'value': active_params / total_params, 'unit': 'ratio' },
            { 'quantity': 'training_tokens', 'value': training_tokens, 'unit': 'token' },
            { 'quantity': 'accelerator_count', 'value': accelerator_count::double, 'unit': 'count' }
        ]) as item
    from mart.training_summary
),

-- Energy per request in web searches. A figure of one boundary over that of the search, which says no boundary.
searches as (
    select
        f.subject_kind,
        f.subject_id,
        f.subject_name,
        'request_in_web_searches' as quantity,
        f.boundary,
        divide(uncertain(f.value_low, f.value, f.value_high), uncertain(s.value_low, s.value, s.value_high)) as estimate,
        'ratio' as unit,
        f.kind,
        f.figure_id
    from mart.figures as f
    inner join mart.figures as s
        on s.subject_kind = 'inference' and s.subject_id = 'google-search-2009' and s.quantity = 'inference_j_per_request'
    where f.is_preferred and f.quantity = 'inference_j_per_request' and f.subject_id <> s.subject_id
),

homes as (
    select
        f.subject_kind,
        f.subject_id,
        f.subject_name,
        'home_years' as quantity,
        divide(uncertain(f.value_low, f.value, f.value_high), uncertain(h.value_low, h.value, h.value_high)) as estimate,
        'home-year' as unit,
        'facility' as boundary,
        f.kind,
        f.figure_id
    from mart.figures as f
    inner join core.claim_anchors as h on h.anchor_id = 'home-usa'
    where f.is_preferred and f.quantity = 'energy_kwh' and f.boundary = 'facility'
),

accelerators as (
    select
        a.accelerator_id as subject_id,
        a.accelerator_name as subject_name,
        unnest([
            { 'quantity': 'tdp_w', 'value': a.tdp_w, 'unit': 'W' },
            { 'quantity': 'memory_bytes', 'value': a.memory_bytes, 'unit': 'byte' },
            { 'quantity': 'memory_bandwidth_bytes_per_s', 'value': a.memory_bandwidth_bytes_per_s, 'unit': 'byte/s' },
            { 'quantity': 'release_price_usd', 'value': a.release_price_usd, 'unit': 'USD' },
            { 'quantity': 'dense_16_bit_flop_per_s', 'value': a.dense_16_bit_flop_per_s, 'unit': 'FLOP/s' },
            { 'quantity': 'dense_16_bit_flop_per_joule', 'value': a.dense_16_bit_flop_per_joule, 'unit': 'FLOP/J' },
            {
                'quantity': 'performance_per_watt_to_h100_ratio',
                'value': a.dense_16_bit_flop_per_joule / h.dense_16_bit_flop_per_joule,
                'unit': 'ratio'
            }
        ]) as item
    from mart.accelerators as a
    inner join mart.accelerators as h on h.accelerator_id = 'h100-sxm'
),

plain as (
    select
        subject_kind,
        subject_id,
        subject_name,
        item.quantity,
        item.value as value_low,
        item.value,
        item.value as value_high,
        item.unit,
        'mart.training_summary/' || subject_id || '/' || item.quantity as figure_id
    from of_runs
    union all by name
    select
        'accelerator' as subject_kind,
        subject_id,
        subject_name,
        item.quantity,
        item.value as value_low,
        item.value,
        item.value as value_high,
        item.unit,
        'mart.accelerators/' || subject_id || '/' || item.quantity as figure_id
    from accelerators
),

-- A trend of a metric in one cohort, tested in each window; and of the metric alone, tested in each cohort of runs and each window.
named_trends as (
    select
        *,
        unnest([
            { 'id': metric || '-' || cohort, 'name': metric || ' of ' || cohort, 'boundary': 'since ' || since_year },
            case
                when cohort in ('all', 'notable', 'frontier', 'top ten', 'costliest ten', 'datacentre', 'datacentre leading')
                    then { 'id': metric, 'name': 'Growth of ' || metric, 'boundary': cohort || ', since ' || since_year }
            end
        ]) as subject
    from mart.trends
),

trends as (
    select
        metric,
        cohort,
        since_year,
        subject,
        unnest([
            {
                'quantity': 'growth_per_year', 'low': growth_per_year_low, 'value': growth_per_year, 'high': growth_per_year_high,
                'unit': 'ratio'
            },
            {
                'quantity': 'doubling_time_months', 'low': hours_of_months(doubling_time_months_low),
                'value': hours_of_months(doubling_time_months), 'high': hours_of_months(doubling_time_months_high), 'unit': 'hour'
            }
        ]) as growth
    from named_trends
    where subject is not null
),

names as (
    select
        accelerator_id,
        accelerator_name
    from mart.accelerators
),

others as (
    select
        subject_kind,
        subject_id,
        subject_name,
        quantity,
        low_of(estimate) as value_low,
        central_of(estimate) as value,
        high_of(estimate) as value_high,
        unit,
        boundary,
        kind,
        figure_id
    from homes
    union all by name
    select
        subject_kind,
        subject_id,
        subject_name,
        quantity,
        low_of(estimate) as value_low,
        central_of(estimate) as value,
        high_of(estimate) as value_high,
        unit,
        boundary,
        kind,
        figure_id
    from searches
    union all by name
    select
        'training_run' as subject_kind,
        r.training_run_id as subject_id,
        s.model_name as subject_name,
        'finetuning_to_training_flop_ratio' as quantity,
        r.training_flop_ratio_low as value_low,
        r.training_flop_ratio as value,
        r.training_flop_ratio_high as value_high,
        'ratio' as unit,
        'core.finetuning_ratios/' || r.training_run_id || '/training_flop_ratio' as figure_id
    from core.finetuning_ratios as r
    inner join mart.training_summary as s on r.training_run_id = s.training_run_id
    union all by name
    select
        'training_run' as subject_kind,
        r.training_run_id as subject_id,
        s.model_name as subject_name,
        'training_to_response_flop_ratio' as quantity,
        r.training_to_response_flop_ratio_low as value_low,
        r.training_to_response_flop_ratio as value,
        r.training_to_response_flop_ratio_high as value_high,
        'ratio' as unit,
        'core.response_ratios/' || r.training_run_id || '/training_to_response_flop_ratio' as figure_id
    from core.response_ratios as r
    inner join mart.training_summary as s on r.training_run_id = s.training_run_id
    union all by name
    select
        'accelerator' as subject_kind,
        n.accelerator_id as subject_id,
        n.accelerator_name as subject_name,
        'cloud_price_usd_per_hour' as quantity,
        p.cloud_price_usd_per_chip_hour_low as value_low,
        p.cloud_price_usd_per_chip_hour as value,
        p.cloud_price_usd_per_chip_hour_high as value_high,
        'USD/chip-hour' as unit,
        'core.on_demand_prices/' || n.accelerator_id || '/cloud_price_usd_per_chip_hour' as figure_id
    from core.on_demand_prices as p
    inner join names as n on p.accelerator_id = n.accelerator_id
    union all by name
    select
        'accelerator' as subject_kind,
        n.accelerator_id as subject_id,
        n.accelerator_name as subject_name,
        'largest_' || m.bits || '_bit_model_params' as quantity,
        m.largest_model_params_low as value_low,
        m.largest_model_params as value,
        m.largest_model_params_high as value_high,
        'parameter' as unit,
        'core.memory_limits/' || n.accelerator_id || '/' || m.bits || '/largest_model_params' as figure_id
    from core.memory_limits as m
    inner join names as n on m.accelerator_id = n.accelerator_id
    union all by name
    select
        'lever' as subject_kind,
        efficiency_lever_id as subject_id,
        lever || ', ' || metric || ' (' || efficiency_lever_id || ')' as subject_name,
        case when metric = 'accuracy' then 'accuracy_loss' else 'improvement_factor' end as quantity,
        case when metric = 'accuracy' then 1 - factor_high else factor_low end as value_low,
        case when metric = 'accuracy' then 1 - factor else factor end as value,
        case when metric = 'accuracy' then 1 - factor_low else factor_high end as value_high,
        'ratio' as unit,
        'mart.efficiency_levers/' || efficiency_lever_id || '/factor' as figure_id
    from mart.efficiency_levers
    union all by name
    select
        'trend' as subject_kind,
        subject.id as subject_id,
        subject.name as subject_name,
        growth.quantity,
        growth.low as value_low,
        growth.value,
        growth.high as value_high,
        growth.unit,
        subject.boundary,
        concat_ws('/', 'mart.trends', metric, cohort, since_year, growth.quantity) as figure_id
    from trends
    union all by name
    select
        'anchor' as subject_kind,
        anchor_id as subject_id,
        anchor_name as subject_name,
        quantity,
        value_low,
        value,
        value_high,
        unit,
        'core.claim_anchors/' || anchor_id || '/' || quantity as figure_id
    from core.claim_anchors
)

select
    subject_kind,
    subject_id,
    subject_name,
    quantity,
    coalesce(boundary, 'none') as boundary,
    value_low,
    value,
    value_high,
    unit,
    kind,
    figure_id
from (
    from figures
    union all by name
    from plain
    union all by name
    from others
) as u
where value is not null
order by subject_kind, subject_id, quantity, figure_id
