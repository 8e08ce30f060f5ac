-- One row per result of MLPerf Training in MLCommons' collection or with our score: the published score beside ours.
-- key: round, submitter, system, benchmark
-- column: round | Round of the benchmark.
-- column: submitter | Submitter.
-- column: system | System, by the name of its description.
-- column: benchmark | Task in the suite's own short name.
-- column: published_minutes | Score in the collection.
-- column: computed_minutes | Score computed from the logs of the round.
-- column: difference_minutes | Ours less theirs.
-- column: is_equal | True if both are there and agree to a millionth.
-- column: reason | Why they are not compared, or what differs; null where they are equal.
with published as (
    select
        'v' || version as round,
        submitter,
        coalesce(nullif(regexp_extract(details_url, '/systems/(.+)\.json$', 1), ''), system) as system,
        model_id as benchmark,
        min(result) as published_minutes
    from raw.mlperf_collected_training
    group by all
),

computed as (
    select
        round,
        submitter,
        system,
        benchmark,
        min(value) as computed_minutes,
        min(score_reason) as score_reason
    from core.mlperf_training_runs
    group by all
),

rounds as (
    select
        round,
        bool_or(is_published) as is_collected,
        bool_or(not is_published) as is_scored
    from (
        select
            round,
            true as is_published
        from published
        union
        select
            round,
            false as is_published
        from computed
    ) as sides
    group by round
),

tasks as (
    select distinct
        round,
        benchmark
    from published
),

pairs as (
    select
        coalesce(p.round, c.round) as round,
        coalesce(p.submitter, c.submitter) as submitter,
        coalesce(p.system, c.system) as system,
        coalesce(p.benchmark, c.benchmark) as benchmark,
        p.published_minutes,
        c.computed_minutes,
        c.score_reason,
        abs(c.computed_minutes - p.published_minutes) <= 1e-6 * p.published_minutes as is_equal
    from published as p
    full outer join computed as c
        on p.round = c.round and p.submitter = c.submitter and p.system = c.system and p.benchmark = c.benchmark
)

select
    p.round,
    p.submitter,
    p.system,
    p.benchmark,
    p.published_minutes,
    p.computed_minutes,
    p.computed_minutes - p.published_minutes as difference_minutes,
    coalesce(p.is_equal, false) as is_equal,
    case
        when p.is_equal then null
        when p.published_minutes is not null and p.computed_minutes is not null then 'the scores differ'
        when p.published_minutes is not null and p.score_reason is not null then 'we give no score: ' || p.score_reason
        when p.published_minutes is not null and not r.is_scored then 'the logs of this round are not read'
        when p.published_minutes is not null then 'the repository of the round has no logs for this result'
        when not r.is_collected then 'the collection ends before this round'
        when t.benchmark is null then 'the collection has no results for this benchmark'
        else 'the collection lacks this result'
    end as reason
from pairs as p
inner join rounds as r on p.round = r.round
left join tasks as t on p.round = t.round and p.benchmark = t.benchmark
order by p.round, p.submitter, p.system, p.benchmark
