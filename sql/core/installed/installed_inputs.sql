-- One row per chip, owner and quarter: units, and the inputs of the estimates of power, energy, emissions, water and money.
-- key: chip_id, owner, quarter_end
-- column: chip_id | Key of seeds.chip_kinds.
-- column: chip_name | Name of the chip.
-- column: designer | Designer of the chip.
-- column: owner | Owner or group of owners, or Not attributed.
-- column: accelerator_id | Accelerator that stands for the chip; null where there is none.
-- column: quarter_start | First day of the quarter.
-- column: quarter_end | Last day of the quarter.
-- column: year | Year of the quarter.
-- column: is_incomplete | True if the publisher has only part of the quarter.
-- column: share | The owner's share of the chip's units.
-- column: hours | Hours of the quarter.
-- column: sold_units_count | Units that the owner received in the quarter, by the owner's share of the stock.
-- interval: units_count | Units that the owner received up to the end of the quarter, retired ones included.
-- column: h100_equivalents_per_unit_ratio | H100 chips of equal peak 8-bit rate per unit, by the publisher.
-- column: installed_units_count | Units in service at the end of the quarter.
-- column: owned_units_count | Units in service at mid-quarter, those that do not run yet included.
-- column: running_units_count | Units that run at mid-quarter.
-- column: stock | The row of core.installed_stock: also the units at the bounds of retirement and start.
-- column: units_factor | How the designer's total moves between its bounds: chips of a designer move together.
-- column: rated_power | Rated power of a chip.
-- column: server_power_ratio | Rated power of a server ÷ that of its chips.
-- column: average_power_ratio | Average power of busy hardware ÷ rated power.
-- column: fleet_utilisation | Share of the time in which hardware is busy.
-- column: idle_power_ratio | Power of idle hardware ÷ rated power.
-- column: embodied_kg_per_accelerator | Embodied emissions of a chip.
-- column: embodied_kg_per_server | Embodied emissions of a server of eight without its chips.
-- column: embodied_lifetime_years | Years over which embodied emissions are spread.
-- column: it_capital | Capital cost of computers per megawatt.
-- column: facility_capital | Capital cost of buildings per megawatt of computers.
-- column: discount_rate | Interest a year.
-- column: it_lifetime | Years over which computers are paid.
-- column: facility_lifetime | Years over which buildings are paid.
-- column: electricity_price | Price of electricity.
-- column: service_life | Age at which half of the chips are retired.
-- column: commissioning | Days from sale to operation.
-- column: operator_kind | hyperscaler or other.
-- column: pue | PUE of that kind of operator.
-- column: grid_intensity | Intensity of the grids of the owner.
-- column: contracts | Share of the electricity from carbon-free contracts.
-- column: wue_onsite | Water use on site.
-- column: wue_offsite | Water use of generation.
-- column: units_locator | Where in the source the units are.
-- column: units_source_id | Source of the units.
-- column: units_verified | How the entry of the units was checked.
-- column: fleet_power_ratio | Average over rated power of all running hardware.
with classes as (
    select
        subject_id as class,
        assumed
    from core.assumption_sets
    where subject_kind = 'class'
),

widths as (
    select
        designer,
        quarter_end,
        units_count_low / units_count as low_ratio,
        units_count_high / units_count as high_ratio
    from core.installed_totals_published
),

joined as (
    select
        k.chip_id,
        k.chip_name,
        k.designer,
        s.owner,
        k.accelerator_id,
        t.quarter_start,
        t.quarter_end,
        year(t.quarter_end) as year,
        t.is_incomplete,
        s.share,
        24.0 * (date_diff('day', t.quarter_start, t.quarter_end) + 1) as hours,
        s.share * t.sold_units_count as sold_units_count,
        s.share * c.units_count_low as units_count_low,
        s.share * c.units_count as units_count,
        s.share * c.units_count_high as units_count_high,
        c.h100_equivalents_count / c.units_count as h100_equivalents_per_unit_ratio,
        s.share * t.installed_units_count as installed_units_count,
        s.share * t.owned_units_count as owned_units_count,
        s.share * t.running_units_count as running_units_count,
        t as stock, -- noqa: RF02
        moved_by('units of ' || k.designer, w.low_ratio, 1, w.high_ratio) as units_factor,
        input('rated_power_w', null, k.rated_power_w, null, 'W', 'estimated', k.source_id, k.locator, k.verified) as rated_power,
        e.assumed['server_power_ratio'] as server_power_ratio,
        b.assumed['average_power_ratio'] as average_power_ratio,
        i.assumed['fleet_utilisation'] as fleet_utilisation,
        i.assumed['idle_power_ratio'] as idle_power_ratio,
        coalesce(m.assumed, i.assumed)['embodied_kg_per_accelerator'] as embodied_kg_per_accelerator,
        i.assumed['embodied_kg_per_server'] as embodied_kg_per_server,
        i.assumed['embodied_lifetime_years'] as embodied_lifetime_years,
        i.assumed['it_capital_usd_per_megawatt'] as it_capital,
        i.assumed['facility_capital_usd_per_megawatt'] as facility_capital,
        i.assumed['discount_rate_per_year'] as discount_rate,
        i.assumed['site_it_lifetime_years'] as it_lifetime,
        i.assumed['facility_lifetime_years'] as facility_lifetime,
        i.assumed['electricity_price_usd_per_kwh'] as electricity_price,
        i.assumed['service_life_years'] as service_life,
        i.assumed['commissioning_days'] as commissioning,
        p.operator_kind,
        p.pue,
        p.grid_intensity,
        p.contracts,
        p.wue_onsite,
        p.wue_offsite,
        c.locator as units_locator,
        c.source_id as units_source_id,
        c.verified as units_verified
    from core.installed_stock as t
    inner join seeds.chip_kinds as k on t.chip_id = k.chip_id
    inner join core.installed_counts as c on t.chip_id = c.chip_id and t.quarter_end = c.quarter_end and c.owner = 'All'
    inner join core.installed_shares as s on t.chip_id = s.chip_id and t.quarter_end = s.quarter_end
    inner join widths as w on k.designer = w.designer and t.quarter_end = w.quarter_end
    inner join core.owner_places as p on s.owner = p.owner and p.year = year(t.quarter_end)
    inner join classes as e on k.server_class = e.class
    inner join classes as b on k.power_class = b.class
    inner join classes as i on i.class = 'installed'
    left join classes as m on k.accelerator_id = m.class
)

select
    *,
    fleet_power_ratio_of(fleet_utilisation.value, average_power_ratio.value, idle_power_ratio.value) as fleet_power_ratio
from joined
order by chip_id, owner, quarter_end
