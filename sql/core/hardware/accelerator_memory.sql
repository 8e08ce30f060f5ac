-- One row per accelerator of known memory: what its driver reports, and how much of that a model may fill.
-- key: accelerator_id
-- column: accelerator_id | Key of core.accelerators.
-- column: memory_bytes | Memory as the vendor prints it, a GB taken as 1e9 bytes.
-- interval: driver_memory_bytes | Memory that the driver reports: read from it where known, else the vendor's figure times an assumed ratio.
-- interval: usable_memory_bytes | Memory that a model may fill: what driver, system, display and runtime leave.
-- column: is_reported | True if the driver's count was read.
-- column: source_id | Source of the driver's count, else of the assumed ratio.
with counted as (
    select
        a.accelerator_id,
        a.memory_bytes,
        d.accelerator_id is not null as is_reported,
        coalesce(d.source_id, s.assumed['driver_memory_ratio'].source_id) as source_id,
        case
            when d.accelerator_id is not null then exactly(d.driver_memory_bytes)
            else driver_memory_bytes_of(a.memory_bytes, amount(s.assumed['driver_memory_ratio']))
        end as driver_memory,
        amount(s.assumed['usable_memory_share']) as usable_share
    from core.accelerators as a
    inner join core.assumption_sets as s on a.accelerator_id = s.subject_id and s.subject_kind = 'accelerator'
    left join seeds.driver_memory as d on a.accelerator_id = d.accelerator_id
    where a.memory_bytes is not null
)

select
    accelerator_id,
    memory_bytes,
    low_of(driver_memory) as driver_memory_bytes_low,
    central_of(driver_memory) as driver_memory_bytes,
    high_of(driver_memory) as driver_memory_bytes_high,
    low_of(usable_memory_bytes_of(driver_memory, usable_share)) as usable_memory_bytes_low,
    central_of(usable_memory_bytes_of(driver_memory, usable_share)) as usable_memory_bytes,
    high_of(usable_memory_bytes_of(driver_memory, usable_share)) as usable_memory_bytes_high,
    is_reported,
    source_id
from counted
order by accelerator_id
