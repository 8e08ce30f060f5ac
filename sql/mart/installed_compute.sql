-- One row per quarter, designer, chip and owner: AI chips sold so far, in service and running, and their power and energy, with 90 % intervals.
-- A quarter that the publisher of the counts has only in part is marked and counts in no total of a year.
-- key: quarter_end, chip_id, owner
-- column: quarter_end | Last day of the quarter.
-- column: is_incomplete | True if the publisher has only part of the quarter.
-- column: designer | Designer of the chip.
-- column: chip_id | Key of seeds.chip_kinds.
-- column: chip_name | Name of the chip.
-- column: accelerator_id | Key of core.accelerators; null where there is none.
-- column: owner | Owner or group of owners; Not attributed where the publisher names none.
-- interval: units | Units sold up to the end of the quarter, retired ones included, as the publisher counts.
-- column: h100_equivalents | H100 chips of equal peak 8-bit rate to those units, by the publisher.
-- interval: installed_units | Units in service at the end of the quarter.
-- column: running_units | Units that run on average over the quarter.
-- column: peak_flop_per_s | Peak 16-bit rate of the units in service; null where the chip has none.
-- interval: chip_power_w | Rated power of the units in service.
-- interval: facility_power_w | Average power of the facilities over the quarter.
-- interval: facility_energy_kwh | Energy of the facilities in the quarter.
-- column: source_id | Source of the units.
-- column: locator | Where in the source.
with amounts as (
    select
        i.*,
        a.dense_16_bit_flop_per_s,
        multiply(
            exactly(i.installed_units_count),
            multiply(
                moved_amount(i.units_factor),
                moved_amount(
                    moved_by(
                        'life', i.stock.short_life_installed_units_count, i.stock.installed_units_count, i.stock.long_life_installed_units_count
                    )
                )
            )
        ) as installed,
        multiply(
            exactly(i.running_units_count),
            multiply(
                moved_amount(i.units_factor),
                multiply(
                    moved_amount(
                        moved_by(
                            'life', i.stock.short_life_running_units_count, i.stock.running_units_count, i.stock.long_life_running_units_count
                        )
                    ),
                    moved_amount(
                        moved_by('start', i.stock.soon_running_units_count, i.stock.running_units_count, i.stock.late_running_units_count)
                    )
                )
            )
        ) as running,
        fleet_power_ratio_amount(amount(i.fleet_utilisation), amount(i.average_power_ratio), amount(i.idle_power_ratio)) as power_ratio
    from core.installed_inputs as i
    left join core.accelerators as a on i.accelerator_id = a.accelerator_id
    where i.units_count > 0
),

energies as (
    select
        *,
        multiply(installed, amount(rated_power)) as chip_power,
        case
            when running_units_count > 0
                then facility_energy_kwh_of(multiply(running, exactly(hours)), amount(rated_power), amount(server_power_ratio), power_ratio, amount(pue))
        end as facility_energy
    from amounts
)

select
    quarter_end,
    is_incomplete,
    designer,
    chip_id,
    chip_name,
    accelerator_id,
    owner,
    units_count_low as units_low,
    units_count as units,
    units_count_high as units_high,
    units_count * h100_equivalents_per_unit_ratio as h100_equivalents,
    low_of(installed) as installed_units_low,
    central_of(installed) as installed_units,
    high_of(installed) as installed_units_high,
    running_units_count as running_units,
    installed_units_count * dense_16_bit_flop_per_s as peak_flop_per_s,
    low_of(chip_power) as chip_power_w_low,
    central_of(chip_power) as chip_power_w,
    high_of(chip_power) as chip_power_w_high,
    coalesce(1000 * low_of(facility_energy) / hours, 0) as facility_power_w_low,
    coalesce(1000 * central_of(facility_energy) / hours, 0) as facility_power_w,
    coalesce(1000 * high_of(facility_energy) / hours, 0) as facility_power_w_high,
    coalesce(low_of(facility_energy), 0) as facility_energy_kwh_low,
    coalesce(central_of(facility_energy), 0) as facility_energy_kwh,
    coalesce(high_of(facility_energy), 0) as facility_energy_kwh_high,
    units_source_id as source_id,
    units_locator as locator
from energies
order by quarter_end, designer, chip_id, owner
