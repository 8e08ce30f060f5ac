-- One row per measured speed or energy of serving a language model and way of testing: our estimate at the same operating point by a fit that has not
-- seen the model, or not the accelerator. Figures of published fleets and prompts (seeds.published_serving) stand beside them and count in no
-- score where the model is a stand-in or the operating point was chosen by the figure.
-- key: serving_point_id, quantity, held_back_kind
-- column: source | inferencex, ml.energy, mlperf inference (Offline), mlperf inference server, or published fleet or prompt.
-- column: serving_point_id | Suite, and the key of the measurement in its table.
-- column: model_id | Key of core.models.
-- column: accelerator_id | Key of mart.accelerators.
-- column: accelerator_count | Accelerators of the system.
-- column: number_format | Format of the weights.
-- column: prompt_tokens | Mean length of a prompt.
-- column: answer_tokens | Mean length of an answer.
-- column: concurrency | Users at the same time in all.
-- column: software | stock, tuned or benchmark.
-- column: quantity | tokens_per_s_per_accelerator, joule_per_token (accelerators, output token), usd_per_million_tokens, facility_joule_per_answer,
--    lifecycle_co2e_kg_per_answer (electricity and hardware manufacturing) or water_l_per_answer.
-- column: held_back_kind | What the fit has not seen: model or accelerator; not in the fit for published fleets and prompts.
-- column: is_held_out | True if neither the fit nor the choice of the operating point has used the measurement, and the model is the one measured.
-- column: measured_value | Measured value.
-- interval: value | Estimate.
-- column: unit | Unit of measured_value, value and floor_value.
-- column: floor_value | Most tokens per second by bandwidth and peaks; null for energy.
-- column: log10_error | Decimal logarithm of estimate over measured value.
-- column: is_covered | True if the measured value lies in the interval.
-- column: ecologits_value | EcoLogits' estimate of the energy, its GPUs alone.
-- column: log10_error_of_ecologits | Decimal logarithm of EcoLogits' estimate over the measured value.
-- column: source_id | Source of the measurement.
-- column: locator | Where in the source.
-- column: note | Of published fleets and prompts: how the operating point was chosen, and why a figure lies outside the interval.
-- check: no_measurement_is_above_the_bound | select * from mart.validation_inference where measured_value > floor_value * 1.0001
with measured as (
    select
        p.source,
        s.serving_point_id,
        p.model_id,
        p.accelerator_id,
        p.accelerator_count,
        p.number_format,
        p.prompt_tokens,
        p.answer_tokens,
        p.concurrency,
        p.software,
        s.quantity,
        s.held_back_kind,
        true as is_held_out,
        s.measured_value,
        s.value_low,
        s.value,
        s.value_high,
        s.unit,
        s.floor_value,
        s.ecologits_value,
        p.source_id,
        p.locator,
        null::varchar as note
    from core.serving_scores as s
    inner join core.serving_points as p on s.serving_point_id = p.serving_point_id
),

published as (
    select
        'published fleet or prompt' as source,
        p.published_serving_id as serving_point_id,
        p.model_id,
        p.accelerator_id,
        p.accelerator_count,
        p.number_format,
        p.prompt_tokens,
        p.answer_tokens,
        p.concurrency,
        e.software,
        p.quantity,
        'not in the fit' as held_back_kind,
        not p.is_stand_in and not p.is_chosen_by_value as is_held_out,
        p.value as measured_value,
        case p.quantity
            when 'tokens_per_s_per_accelerator' then e.tokens_per_s_low / p.accelerator_count
            when 'usd_per_million_tokens'
                then central_of(usd_per_million_of(exactly(p.price_usd_per_chip_hour), p.accelerator_count, e.tokens_per_s_high))
            when 'lifecycle_co2e_kg_per_answer'
                then
                    per_request_of(
                        e.location_co2e_kg_per_million_tokens_low + e.embodied_co2e_kg_per_million_tokens_low, p.answer_tokens
                    )
            when 'water_l_per_answer' then per_request_of(e.water_l_per_million_tokens_low, p.answer_tokens)
            else e.facility_joule_per_token_low * p.answer_tokens
        end as value_low,
        case p.quantity
            when 'tokens_per_s_per_accelerator' then e.tokens_per_s / p.accelerator_count
            when 'usd_per_million_tokens'
                then central_of(usd_per_million_of(exactly(p.price_usd_per_chip_hour), p.accelerator_count, e.tokens_per_s))
            when 'lifecycle_co2e_kg_per_answer'
                then
                    per_request_of(
                        e.location_co2e_kg_per_million_tokens + e.embodied_co2e_kg_per_million_tokens, p.answer_tokens
                    )
            when 'water_l_per_answer' then per_request_of(e.water_l_per_million_tokens, p.answer_tokens)
            else e.facility_joule_per_token * p.answer_tokens
        end as value,
        case p.quantity
            when 'tokens_per_s_per_accelerator' then e.tokens_per_s_high / p.accelerator_count
            when 'usd_per_million_tokens'
                then central_of(usd_per_million_of(exactly(p.price_usd_per_chip_hour), p.accelerator_count, e.tokens_per_s_low))
            when 'lifecycle_co2e_kg_per_answer'
                then
                    per_request_of(
                        e.location_co2e_kg_per_million_tokens_high + e.embodied_co2e_kg_per_million_tokens_high, p.answer_tokens
                    )
            when 'water_l_per_answer' then per_request_of(e.water_l_per_million_tokens_high, p.answer_tokens)
            else e.facility_joule_per_token_high * p.answer_tokens
        end as value_high,
        p.unit,
        case when p.quantity = 'tokens_per_s_per_accelerator' then e.tokens_per_s_bound / p.accelerator_count end as floor_value,
        null::double as ecologits_value,
        p.source_id,
        p.locator,
        p.note
    from seeds.published_serving as p
    inner join core.inference_estimates as e
        on e.workload = 'published ' || p.published_serving_id and p.model_id = e.model_id and p.accelerator_id = e.accelerator_id
)

select
    source,
    serving_point_id,
    model_id,
    accelerator_id,
    accelerator_count,
    number_format,
    prompt_tokens,
    answer_tokens,
    concurrency,
    software,
    quantity,
    held_back_kind,
    is_held_out,
    measured_value,
    value_low,
    value,
    value_high,
    unit,
    floor_value,
    log10(value / measured_value) as log10_error,
    measured_value between value_low and value_high as is_covered,
    ecologits_value,
    log10(ecologits_value / measured_value) as log10_error_of_ecologits,
    source_id,
    locator,
    note
from (
    select * from measured
    union all
    select * from published
) as compared
order by source, serving_point_id, quantity, held_back_kind
