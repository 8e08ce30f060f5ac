-- One row per lever and piece of evidence: how many times better a technique makes a metric.
-- key: efficiency_lever_id
-- column: efficiency_lever_id | Key of the row.
-- column: lever | Technique.
-- column: family | Family of the technique.
-- column: baseline | What it is compared with.
-- column: metric | What the factor is of.
-- interval: factor | How many times better the metric gets: above 1 is an improvement; of accuracy the share kept.
-- column: kind | published, or measured here.
-- column: source_id | Source of the factor.
-- column: locator | Where in the source.
-- column: verified | How the entry was checked.
-- column: note | What a reader should know about it.
select
    efficiency_lever_id,
    lever,
    family,
    baseline,
    metric,
    coalesce(factor_low, factor) as factor_low,
    factor,
    coalesce(factor_high, factor) as factor_high,
    kind,
    source_id,
    locator,
    verified,
    note
from seeds.efficiency_levers
order by family, lever, efficiency_lever_id
