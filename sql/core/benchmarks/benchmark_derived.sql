-- One row per benchmark result: derived values. A column is null if the result lacks the inputs of its formula.
-- key: benchmark_result_id
-- column: chip_minutes | Chip-minutes of a training run.
-- column: training_flop | Model FLOP of a training run: those of its samples, where the benchmark fixes their length.
-- column: mfu | Model FLOP utilisation of a training run, against the dense peak of peak_format.
-- column: energy_kwh | Energy of a training run, at the boundary of the result.
-- column: power_to_tdp_ratio | Mean power over the rated power of the accelerators; the power is that of the row's energy_boundary.
-- column: joule_per_token | Energy per output token, at the boundary of the result.
-- column: output_utilisation_ratio | Share of the dense peak that making output tokens took; reading prompts is not counted. Not for the open division.
-- column: peak_format | Number format of the peak that utilisation is measured with: that of the result, else the one of 16 bits.
-- interval: usd_per_million_units | What a million units cost on rented accelerators that are always busy, nominal US dollars.
-- column: price_count | Providers whose rental prices it uses; null if the price comes from similar accelerators.
-- column: is_format_stated | True if the result states its number format: else a run in fewer bits looks better used than it was.
-- aside: utilisation_is_possible | select * from core.benchmark_derived where is_format_stated and (output_utilisation_ratio > 1 or mfu > 1)
with results as (
    select
        r.*,
        b.flop_per_param_and_token,
        b.tokens_per_sample,
        a.tdp_w,
        coalesce(f.number_format, a.dense_16_bit_format) as peak_format,
        coalesce(f.peak_flop_per_s, a.dense_16_bit_flop_per_s) as peak_flop_per_s,
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
)

select
    benchmark_result_id,
    chip_minutes,
    training_flop,
    case
        when chip_minutes > 0 and peak_flop_per_s > 0
            then central_of(model_flop_utilisation(exactly(training_flop), exactly(chip_minutes / 60), exactly(peak_flop_per_s)))
    end as mfu,
    energy_j / 3.6e6 as energy_kwh,
    power_w / (accelerator_count * tdp_w) as power_to_tdp_ratio,
    case when unit_name = 'token' then joule_per_unit end as joule_per_token,
    case
        when unit_name = 'token' and division <> 'open' then output_utilisation_of(active_params, units_per_s, accelerator_count, peak_flop_per_s)
    end as output_utilisation_ratio,
    case when unit_name = 'token' or training_flop is not null then peak_format end as peak_format,
    low_of(usd_per_million) as usd_per_million_units_low,
    central_of(usd_per_million) as usd_per_million_units,
    high_of(usd_per_million) as usd_per_million_units_high,
    case when usd_per_million is not null then price_count end as price_count,
    number_format is not null as is_format_stated
from counted
order by benchmark_result_id
