-- One row per benchmark result: derived values. A column is null if the result lacks the inputs of its formula.
-- key: benchmark_result_id
-- column: chip_minutes | Chip-minutes of a training run.
-- column: training_flop | Model FLOP of a training run: those of its samples, where the benchmark fixes their length.
-- column: mfu | Model FLOP utilisation of a training run, against the dense peak of peak_format; never above 1.
-- column: energy_kwh | Energy of a training run, at the boundary of the result.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators; the power is that of the row's energy_boundary.
-- column: joule_per_token | Energy per output token, at the boundary of the result.
-- column: output_utilisation_ratio | Share of the dense peak that making output tokens took; reading prompts is not counted. Not for the open division.
-- column: peak_format | Number format of the peak that utilisation is measured with: that of the result; the one of 16 bits if none is published.
-- interval: usd_per_million_units | What a million units cost on rented accelerators that are always busy, nominal US dollars.
-- column: price_count | Providers whose rental prices it uses; null if the price comes from similar accelerators.
-- column: is_format_stated | True if the result states one number format: else a run in fewer bits looks better used than it was.
-- column: utilisation_ratio | Utilisation as calculated, also where it cannot be.
-- column: utilisation_reason | Why there is no utilisation although the operations are known, or what to bear in mind with it; else null.
-- check: utilisation_is_a_share | select * from core.benchmark_derived where output_utilisation_ratio > 1 or mfu > 1
with results as (
    select
        r.*,
        b.flop_per_param_and_token,
        b.tokens_per_sample,
        a.tdp_w,
        nullif(r.number_format, 'mixed') is not null as is_format_stated,
        case when nullif(r.number_format, 'mixed') is null then a.dense_16_bit_format else r.number_format end as peak_format,
        case when nullif(r.number_format, 'mixed') is null then a.dense_16_bit_flop_per_s else f.peak_flop_per_s end as peak_flop_per_s,
        p.provider_count as price_count,
        usd_per_million_of(
            uncertain(p.paid_usd_per_chip_hour_low, p.price_usd_per_chip_hour, p.paid_usd_per_chip_hour_high),
            r.accelerator_count, r.units_per_s
        ) as usd_per_million
    from core.benchmark_results as r
    left join core.accelerators as a on r.accelerator_id = a.accelerator_id
    left join core.accelerator_peaks as f
        on r.accelerator_id = f.accelerator_id and r.number_format = f.number_format and f.is_tensor and not f.is_sparse
    left join seeds.benchmark_models as b on r.suite = b.suite and r.benchmark = b.benchmark and b.work <> 'inference'
    left join core.rental_prices as p
        on r.accelerator_id = p.accelerator_id and year(r.published_date) = p.year and r.units_per_s > 0
),

counted as (
    select
        *,
        case when metric = 'time to train' and unit = 'minute' then chip_minutes_of(value, accelerator_count) end as chip_minutes,
        benchmark_flop_of(flop_per_param_and_token, active_params, training_samples_count, tokens_per_sample) as training_flop
    from results
),

measured as (
    select
        *,
        case
            when chip_minutes > 0 and peak_flop_per_s > 0
                then central_of(model_flop_utilisation(exactly(training_flop), exactly(chip_minutes / 60), exactly(peak_flop_per_s)))
        end as measured_mfu,
        case
            when unit_name = 'token' and division <> 'open'
                then output_utilisation_of(active_params, units_per_s, accelerator_count, peak_flop_per_s)
        end as measured_output_ratio,
        training_flop is not null or (unit_name = 'token' and division <> 'open' and units_per_s > 0 and active_params > 0) as has_operations
    from counted
)

select
    benchmark_result_id,
    chip_minutes,
    training_flop,
    case when measured_mfu <= 1 then measured_mfu end as mfu,
    energy_j / 3.6e6 as energy_kwh,
    power_w / (accelerator_count * tdp_w) as power_to_tdp_ratio,
    case when unit_name = 'token' then joule_per_unit end as joule_per_token,
    case when measured_output_ratio <= 1 then measured_output_ratio end as output_utilisation_ratio,
    case when unit_name = 'token' or training_flop is not null then peak_format end as peak_format,
    low_of(usd_per_million) as usd_per_million_units_low,
    central_of(usd_per_million) as usd_per_million_units,
    high_of(usd_per_million) as usd_per_million_units_high,
    case when usd_per_million is not null then price_count end as price_count,
    is_format_stated,
    coalesce(measured_mfu, measured_output_ratio) as utilisation_ratio,
    case
        when not has_operations then null
        when coalesce(measured_mfu, measured_output_ratio) > 1 and is_format_stated
            then format('not possible: {} times the dense peak of {}', round(coalesce(measured_mfu, measured_output_ratio), 2), peak_format)
        when coalesce(measured_mfu, measured_output_ratio) > 1
            then 'number format not published; above the dense peak of ' || peak_format || ', so the run used fewer bits'
        when accelerator_id is null or accelerator_count is null then 'the accelerator or the number of accelerators is not known'
        when peak_flop_per_s is null then 'the dense peak of ' || coalesce(peak_format, '16 bits') || ' is not known'
        when not is_format_stated
            then 'number format not published: share of the dense peak of ' || peak_format || ', too high if the run used fewer bits'
    end as utilisation_reason
from measured
order by benchmark_result_id
