-- One row per lever and piece of evidence: how many times better a technique makes a metric, published or measured here.
-- key: efficiency_lever_id
-- column: family | Family of the technique: core.lever_combinations says which multiply.
-- interval: factor | How many times better the metric gets: above 1 is an improvement; of accuracy the share kept.
-- column: verified | How the entry was checked; null for what is measured here.
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
