-- One row per run on known accelerators: what its utilisation may depend on, and the utilisation that its published time and its
-- independently counted training compute imply, if there are both. Typical utilisations are fitted to these rows.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: architecture_kind | Architecture; mixtures of experts count as one.
-- column: network_kind | transformers, whose work is large matrix products, or other networks, which leave matrix units idle.
-- column: chip_kind | Generation of the chip where it has a name, else its kind.
-- column: total_params | Parameters; null where not published.
-- column: accelerator_count | Accelerators in parallel; null where not published.
-- column: training_year | Year of the training.
-- column: time_method | How the chip-hours of the run are known: published, or count_times_hours; null where they are not known.
-- column: implied_mfu | Training compute ÷ (chip-hours · dense peak); null where it is not known or not plausible.
-- column: paper_id | Source of the run.
-- column: source_ids | Sources of the run and of what is published of its time and training compute.
with times as (
    select * from core.training_time
    where is_preferred and method <> 'flop_over_rate'
),

implied as (
    select
        c.training_run_id,
        central_of(
            model_flop_utilisation(
                uncertain(c.value_low, c.value, c.value_high), uncertain(t.value_low, t.value, t.value_high), amount(i.dense_peak)
            )
        ) as implied_mfu,
        published_sources_of(list_concat(c.inputs, t.inputs)) as figure_source_ids
    from core.counted_flop as c
    inner join core.training_inputs as i on c.training_run_id = i.training_run_id and i.dense_peak is not null
    inner join times as t on c.training_run_id = t.training_run_id
),

bounds as (
    select
        choice.low as lowest,
        choice.high as highest
    from core.assumption_choices
    where subject_kind = 'class' and subject_id = 'findings_utilisation' and assumption = 'plausible_mfu'
)

select
    r.training_run_id,
    case when r.architecture like 'moe %' then 'mixture of experts' else r.architecture end as architecture_kind,
    case
        when r.architecture in ('cnn', 'rnn', 'reinforcement learning', 'other') or r.architecture is null then 'other networks'
        else 'transformers'
    end as network_kind,
    coalesce(a.generation, r.accelerator_kind) as chip_kind,
    r.total_params,
    r.accelerator_count,
    r.training_year,
    t.method as time_method,
    case when i.implied_mfu between b.lowest and b.highest then i.implied_mfu end as implied_mfu,
    r.run_source_id as paper_id,
    list_sort(list_distinct(list_append(coalesce(i.figure_source_ids, []), r.run_source_id))) as source_ids
from core.training_runs as r
cross join bounds as b
left join implied as i on r.training_run_id = i.training_run_id
left join times as t on r.training_run_id = t.training_run_id
left join core.accelerators as a on r.accelerator_id = a.accelerator_id
where r.accelerator_id is not null
order by r.training_run_id
