-- One row per lever and piece of evidence: how many times better a technique makes a metric, published or measured here.
-- key: efficiency_lever_id
-- column: efficiency_lever_id | Key of the row.
-- column: lever | Technique.
-- column: family | Family of the technique: core.lever_combinations says which multiply.
-- column: phase | Where it saves: training, inference or both.
-- column: acts_on | What it changes: levers that change the same thing do not multiply.
-- column: baseline | What it is compared with.
-- column: metric | What the factor is of.
-- interval: factor | How many times better the metric gets: above 1 is an improvement; of accuracy the share kept.
-- column: kind | published, or measured here: made from pairs of measurements in the ledger.
-- column: evidence_count | Pieces of evidence: 1 for a published one.
-- column: source_id | Source of the factor.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked; null for what is measured here.
-- column: note | What a reader should know about it.
select
    efficiency_lever_id,
    lever,
    family,
    phase,
    acts_on,
    baseline,
    metric,
    factor_low,
    factor,
    factor_high,
    kind,
    evidence_count,
    source_id,
    locator,
    verified,
    note
from core.efficiency_levers
order by family, lever, efficiency_lever_id
