-- One row per worked case and step: the combined effect of techniques on a metric, starting from a pre-trained model.
-- key: lever_case_id, step
-- column: efficiency_lever_id | Evidence: key of mart.efficiency_levers.
-- column: overlaps_with | Earlier families of the case with which it overlaps: the combined factor is then an upper bound.
select
    lever_case_id,
    step,
    phase,
    text,
    efficiency_lever_id,
    metric,
    factor_low,
    factor,
    factor_high,
    combined_factor_low,
    combined_factor,
    combined_factor_high,
    overlaps_with,
    source_id
from core.lever_case_steps
order by lever_case_id, step
