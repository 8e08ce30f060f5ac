-- One row per assumption that the rules of verdicts use.
-- key: name
-- column: name | Name of the assumption.
-- column: low | Lower bound.
-- column: central | Central value.
-- column: high | Upper bound.
-- column: unit | Unit of the three.
select
    name,
    low,
    central,
    high,
    unit
from seeds.assumptions
where starts_with(name, 'claim_')
order by name
