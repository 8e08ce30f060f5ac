-- One row per lever: what it would have saved of the energy or emissions of all counted AI chips in the last whole year. Savings do not add up.
-- key: lever_id
-- interval: saved_fraction | Share of the total that it would save.
-- interval: amount | Amount that it would save, in the unit of the row.
select
    lever_id,
    lever,
    quantity,
    year,
    saved_fraction_low,
    saved_fraction,
    saved_fraction_high,
    amount_low,
    amount,
    amount_high,
    unit,
    basis,
    source_ids
from core.installed_levers
order by saved_fraction desc, lever_id asc
