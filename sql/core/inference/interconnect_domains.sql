-- One row per accelerator: how many of them one fast interconnect joins. Racks of 72 join all; other servers eight.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- column: interconnect_domain_count | Accelerators within one fast interconnect.
-- column: source_id | Source of the number.
select
    a.accelerator_id,
    coalesce(own.central, general.central)::bigint as interconnect_domain_count,
    coalesce(own.source_id, general.source_id) as source_id
from core.accelerators as a
inner join seeds.assumptions as general on general.name = 'interconnect_domain_count' and general.applies_to = 'all'
left join seeds.assumptions as own on own.name = 'interconnect_domain_count' and a.accelerator_id = own.applies_to
order by a.accelerator_id
