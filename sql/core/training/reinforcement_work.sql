-- One row per training run of a decoder on known accelerators: what reinforcement learning on the same tokens would take beside learning
-- from given text. A model that learns from its own answers also generates them, and scores them before it learns. It generates in 16 bits, also
-- where it learns in fewer.
-- key: training_run_id
-- interval: flop_ratio | FLOP of generation, scoring and learning over those of learning alone.
-- interval: mfu | Utilisation over all three.
-- column: chip_hours_ratio | Chip-hours of all three over those of learning alone.
-- column: generating_fraction | Share of the chip-hours in which answers are generated.
-- column: scoring_fraction | Share of the chip-hours in which probabilities are computed.
-- column: learning_fraction | Share of the chip-hours in which weights change.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
-- check: shares_sum_to_one | select * from core.reinforcement_work where abs(generating_fraction + scoring_fraction + learning_fraction - 1) > 1e-9
-- check: it_is_never_cheaper | select * from core.reinforcement_work where flop_ratio < 1 or chip_hours_ratio < 1
with runs as (
    select
        i.training_run_id,
        named_input('learning_mfu', coalesce(i.reported_mfu, i.assumed_mfu)) as learning_mfu,
        i.rollout_ratio,
        i.scoring_passes,
        i.rollout_mfu,
        least(1, coalesce(a.dense_16_bit_flop_per_s / i.dense_peak.value, 1)) as generation_peak_ratio
    from core.training_inputs as i
    inner join core.training_runs as r on i.training_run_id = r.training_run_id
    inner join core.accelerators as a on r.accelerator_id = a.accelerator_id
    where r.architecture in ('dense decoder', 'moe decoder') and i.dense_peak is not null
),

figures as (
    select
        *,
        reinforcement_flop_ratio_of(amount(scoring_passes), amount(rollout_ratio)) as flop_ratio,
        reinforcement_mfu_of(
            amount(scoring_passes), amount(rollout_ratio), amount(learning_mfu), scaled(amount(rollout_mfu), generation_peak_ratio)
        ) as mfu
    from runs
),

-- Chip-hours of each part over those of learning alone: 2N for a pass or a generated token, 6N to learn.
parts as (
    select
        *,
        scoring_passes.value / 3 as scoring,
        rollout_ratio.value / 3 * learning_mfu.value / (rollout_mfu.value * generation_peak_ratio) as generating
    from figures
)

select
    training_run_id,
    low_of(flop_ratio) as flop_ratio_low,
    central_of(flop_ratio) as flop_ratio,
    high_of(flop_ratio) as flop_ratio_high,
    low_of(mfu) as mfu_low,
    central_of(mfu) as mfu,
    high_of(mfu) as mfu_high,
    1 + scoring + generating as chip_hours_ratio,
    generating / (1 + scoring + generating) as generating_fraction,
    scoring / (1 + scoring + generating) as scoring_fraction,
    1 / (1 + scoring + generating) as learning_fraction,
    [learning_mfu, rollout_ratio, scoring_passes, rollout_mfu] as inputs
from parts
order by training_run_id
