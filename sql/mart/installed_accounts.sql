-- One row per year and account: how much of the energy of all counted AI chips a public account explains.
-- key: year, account
-- interval: value | Energy of facilities in the year, kWh.
-- column: unit | Unit of the value.
-- interval: share | That energy ÷ the energy of all counted chips.
select
    year,
    account,
    value_low,
    value,
    value_high,
    unit,
    share_low,
    share,
    share_high,
    detail,
    source_ids
from core.installed_accounts
order by year, account
