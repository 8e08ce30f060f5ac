-- One row per lever and piece of evidence: how many times better a technique makes a metric, published or measured here.
-- key: efficiency_lever_id
-- column: lever | Technique.
-- column: phase | Where it saves: training, inference or both.
-- column: acts_on | What it changes: levers that change the same thing do not multiply.
-- column: baseline | What it is compared with.
-- interval: factor | How many times better the metric gets. A time, energy, cost or emission that is published without a range is
--    not reached in full elsewhere: see lever_reached_ratio.
-- column: kind | published, or measured here: made from pairs of measurements in the ledger.
-- column: evidence_count | Pieces of evidence: 1 for a published one.
-- column: source_id | Source of the factor.
-- column: note | What to bear in mind with it.
-- column: locator | Where in the source.
with published as (
    select
        l.*,
        case when l.metric in ('time', 'throughput', 'energy', 'cost', 'carbon') then a.low else 1 end as reached_low,
        case when l.metric in ('time', 'throughput', 'energy', 'cost', 'carbon') then a.high else 1 end as reached_high
    from seeds.efficiency_levers as l
    inner join seeds.assumptions as a on a.name = 'lever_reached_ratio' and a.applies_to = 'all'
),

levers as (
    select
        efficiency_lever_id,
        lever,
        family,
        baseline,
        metric,
        coalesce(factor_low, least(reached_factor(factor, reached_low), reached_factor(factor, reached_high))) as factor_low,
        factor,
        coalesce(factor_high, greatest(reached_factor(factor, reached_low), reached_factor(factor, reached_high))) as factor_high,
        kind,
        1 as evidence_count,
        source_id,
        locator,
        verified,
        note
    from published
    union all by name
    select
        efficiency_lever_id,
        lever,
        family,
        baseline,
        metric,
        factor_low,
        factor,
        factor_high,
        'measured here' as kind,
        evidence_count,
        source_id,
        evidence_count || ' pairs of measurements that differ only in this technique' as locator,
        note
    from core.measured_levers
)

select
    l.efficiency_lever_id,
    l.lever,
    l.family,
    f.phase,
    f.acts_on,
    l.baseline,
    l.metric,
    l.factor_low,
    l.factor,
    l.factor_high,
    l.kind,
    l.evidence_count,
    l.source_id,
    l.locator,
    l.verified,
    l.note
from levers as l
left join seeds.lever_families as f on l.family = f.family
order by l.family, l.lever, l.efficiency_lever_id
