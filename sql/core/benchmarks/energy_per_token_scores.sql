-- One row per measurement of the energy of an output token: what a fit gives for it that has seen no model of its shape, and what
-- EcoLogits' regression gives.
-- key: energy_point_id
-- column: energy_point_id | Key of core.energy_per_token_points.
-- column: fold | Part that the fit has not seen.
-- column: measured_joule_per_token | Measured energy of the accelerators per output token.
-- interval: fitted_joule_per_token | Prediction of the fit that has not seen the shape, with its 90 % interval.
-- column: fit_error_ratio | The larger over the smaller of prediction and measurement.
-- column: ecologits_error_ratio | The same of EcoLogits.
-- column: is_covered | True if the measurement is inside the interval.
-- check: no_fit_has_seen_the_shape | select * from core.energy_per_token_scores where fitted_joule_per_token is null
--    and (select count(*) from core.energy_per_token_fit) > 0
with predictions as (
    select
        p.*,
        fitted_joule_per_token(
            f, p.architecture_kind, p.task, p.total_params, p.active_params, p.weight_bits, p.batch_size, p.output_tokens, -- noqa: RF02
            p.accelerator_count, p.is_blackwell, p.tdp_w, p.memory_bandwidth_bytes_per_s, p.dense_16_bit_flop_per_s
        ) as fitted
    from core.energy_per_token_points as p
    left join core.energy_per_token_fit as f on p.fold = f.held_back_fold
)

select
    p.energy_point_id,
    p.publisher_model,
    p.shape,
    p.fold,
    p.task,
    p.architecture_kind,
    p.accelerator_id,
    p.accelerator_count,
    p.batch_size,
    p.joule_per_token as measured_joule_per_token,
    low_of(p.fitted) as fitted_joule_per_token_low,
    central_of(p.fitted) as fitted_joule_per_token,
    high_of(p.fitted) as fitted_joule_per_token_high,
    e.ecologits_joule_per_token,
    exp(abs(ln(central_of(p.fitted) / p.joule_per_token))) as fit_error_ratio,
    exp(abs(ln(e.ecologits_joule_per_token / p.joule_per_token))) as ecologits_error_ratio,
    p.joule_per_token between low_of(p.fitted) and high_of(p.fitted) as is_covered
from predictions as p
inner join core.ecologits_estimates as e on p.energy_point_id = e.energy_point_id
order by p.energy_point_id
