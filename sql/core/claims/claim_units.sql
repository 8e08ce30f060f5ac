-- One row per unit that a claim may be stated in.
-- key: unit
-- column: unit_ratio | Base units in one of it.
select
    unit,
    base_unit,
    factor as unit_ratio
from seeds.claim_units
order by unit
