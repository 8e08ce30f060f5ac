-- One row per model and unit: what an output token takes, whoever serves it. Work is that of the active parameters. Energy of the whole
-- service and rent are the estimates for the first of H100, B200 and any other accelerator on which the model fits, at the widest of 16,
-- 8 and 4 bits that is no wider than the developer's release: the centre at 256 users or the most below that fit,
-- the bounds from the lower one at 1,024 users or the most that fit to the upper one at 8, because it is not published for how many users a model is
-- served. A fleet waits for users part of the time (serving_idle_fraction): rent counts that time, energy its idle power.
-- key: model_id, unit
-- column: model_id | Key of core.models.
-- column: unit | flop, kwh or usd.
-- interval: per_token_amount | Amount per output token, in the unit of the row.
-- column: accelerator_id | Accelerator that the estimate is for; null for work.
-- column: weight_bits | Nominal bits of a weight; null for work.
-- column: method | How the amount was made.
with released as (
    select e.*
    from core.inference_estimates as e
    inner join core.model_shapes as s on e.model_id = s.model_id and e.weight_bits <= s.released_weight_bits
    where e.workload = 'standard' and e.fits
),

fitting as (
    select
        *,
        row_number() over (
            partition by model_id
            order by coalesce(list_position(['h100-sxm', 'b200-sxm'], accelerator_id), 3) asc, weight_bits desc, accelerator_id asc
        ) as place
    from (
        select
            model_id,
            accelerator_id,
            weight_bits,
            arg_max(facility_joule_per_token_low, batch_size) as joule_low,
            arg_max(facility_joule_per_token, batch_size) filter (where batch_size <= 256) as joule,
            max(facility_joule_per_token_high) filter (where batch_size = 8) as joule_high,
            arg_max(usd_per_million_tokens_low, batch_size) as usd_low,
            arg_max(usd_per_million_tokens, batch_size) filter (where batch_size <= 256) as usd,
            max(usd_per_million_tokens_high) filter (where batch_size = 8) as usd_high
        from released
        group by model_id, accelerator_id, weight_bits
    ) as cases
    where joule_low is not null and joule is not null and joule_high is not null
),

waiting as (
    select
        complement_of(amount(idle_fraction)) as busy_share,
        add_up(
            exactly(1), multiply(multiply(odds_of(amount(idle_fraction)), amount(idle_power_ratio)), reciprocal(amount(power_ratio)))
        ) as energy_ratio
    from core.inference_inputs
    where model_class = 'dense'
),

amounts as (
    select
        model_id,
        'flop' as unit,
        inference_flop_of(exactly(active_params), exactly(1)) as amount,
        null::varchar as accelerator_id,
        null::integer as weight_bits,
        'active_parameters' as method
    from core.models
    where active_params is not null
    union all by name
    select
        f.model_id,
        'kwh' as unit,
        multiply(divide(uncertain(f.joule_low, f.joule, f.joule_high), exactly(3.6e6)), w.energy_ratio) as amount,
        f.accelerator_id,
        f.weight_bits,
        'inference_estimate' as method
    from fitting as f
    cross join waiting as w
    where f.place = 1
    union all by name
    select
        f.model_id,
        'usd' as unit,
        divide(divide(uncertain(f.usd_low, f.usd, f.usd_high), exactly(1e6)), w.busy_share) as amount,
        f.accelerator_id,
        f.weight_bits,
        'rental_estimate' as method
    from fitting as f
    cross join waiting as w
    where f.place = 1 and f.usd is not null
)

select
    model_id,
    unit,
    low_of(amount) as per_token_amount_low,
    central_of(amount) as per_token_amount,
    high_of(amount) as per_token_amount_high,
    accelerator_id,
    weight_bits,
    method
from amounts
order by model_id, unit
