-- One row per name of a quantity that a claim may be about.
-- key: quantity
-- column: unit | Unit that it is tested in.
select
    quantity,
    measured_quantity,
    unit,
    description
from seeds.claim_quantities
order by quantity
