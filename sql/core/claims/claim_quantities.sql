-- One row per name of a quantity that a claim may be about.
-- key: quantity
-- column: quantity | Name of the quantity.
-- column: measured_quantity | Quantity of mart.audit_points that tests it.
-- column: unit | Unit that it is tested in.
-- column: description | What it means.
select
    quantity,
    measured_quantity,
    unit,
    description
from seeds.claim_quantities
order by quantity
