-- One row per training run: which work its published compute and its published time cover, so that like is paired with like. A run from nothing
-- covers itself. Of a fine-tuning or reinforcement learning, publishers print the compute with or without the base model, and the time
-- mostly without: the time is taken to cover the stage, unless only the compute with the base model fits it.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: work | What the row is about: run, or stage where there is a base model.
-- column: stage_flop | Published compute of the run, or of the stage alone.
-- column: base_and_stage_flop | Compute with that of the base model, by Epoch AI.
-- column: stated_chip_hours | Published chip-hours, else accelerators × published duration.
-- column: time_covers | Work that the published time covers: run, stage, or base and stage; null if none is published.
-- column: is_time_usable | False if the published time cannot be paired with the compute of the run: it covers other work, or the accelerators
--    cannot do so much in it.
-- column: doubt | Why, or why the pair is doubtful; null where nothing is.
with published as (
    select
        training_run_id,
        min(value) filter (where quantity = 'training_flop') as stage_flop,
        min(value) filter (where quantity = 'chip_hours') as chip_hours,
        min(value) filter (where quantity = 'training_hours') as training_hours
    from core.published_figures
    where is_first and training_run_id is not null
    group by training_run_id
),

limits as (
    select
        assumed['paired_mfu'].low as lowest,
        assumed['paired_mfu'].high as highest
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'all'
),

timed as (
    select
        r.training_run_id,
        p.stage_flop,
        nullif(e.training_flop, e.own_training_flop) as base_and_stage_flop,
        r.run_kind = 'finetuning' or coalesce(m.base_model_id, e.base_model_name) is not null and r.run_kind <> 'pretraining' as has_base,
        coalesce(p.chip_hours, r.accelerator_count * p.training_hours) as stated_chip_hours,
        coalesce(p.chip_hours, r.accelerator_count * p.training_hours) * 3600 * r.dense_peak_flop_per_s as possible_flop,
        l.lowest,
        l.highest,
        case
            when r.architecture in ('dense decoder', 'moe decoder', 'encoder', 'ssm hybrid') and r.run_kind in ('pretraining', 'finetuning')
                then central_of(flop_6nd(exactly(r.active_params), exactly(r.training_tokens), exactly(1)))
        end as counted_flop
    from core.training_runs as r
    cross join limits as l
    left join published as p on r.training_run_id = p.training_run_id
    left join seeds.models as m on r.model_id = m.model_id
    left join core.epoch_models as e on r.training_run_id = e.model_id
),

paired as (
    select
        *,
        coalesce(counted_flop, stage_flop) as own_flop,
        case
            when stated_chip_hours is null then null
            when not has_base then 'run'
            when coalesce(counted_flop, stage_flop) / possible_flop >= lowest then 'stage'
            when base_and_stage_flop / possible_flop between lowest and highest then 'base and stage'
            else 'stage'
        end as time_covers
    from timed
)

select
    training_run_id,
    case when has_base then 'stage' else 'run' end as work,
    stage_flop,
    base_and_stage_flop,
    stated_chip_hours,
    time_covers,
    not coalesce(time_covers = 'base and stage' or own_flop / possible_flop > highest, false) as is_time_usable,
    case
        when time_covers = 'base and stage'
            then 'The published time includes the base model: it is not that of the row.'
        when own_flop / possible_flop > highest
            then
                'The published compute is ' || number_text(own_flop / possible_flop)
                || ' times what the accelerators can do in the published time: one of the two is of other work, or wrong.'
        when own_flop / possible_flop < lowest
            then
                'The published compute is less than ' || number_text(100 * lowest)
                || ' % of what the accelerators can do in the published time: they waited, or one of the two is of other work.'
    end as doubt
from paired
order by training_run_id
