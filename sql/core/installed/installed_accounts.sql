-- One row per year and account: energy that a public account explains, beside the energy of all counted chips: training runs by year of
-- publication, and tokens that providers say they processed, at an assumed energy per token.
-- key: year, account
-- column: year | Year.
-- column: account | published training runs, published token counts, or both.
-- interval: value | Energy of facilities in the year, kWh.
-- column: unit | Unit of the value.
-- interval: share | That energy ÷ the energy of all counted chips.
-- column: detail | What is counted, in words.
-- column: source_ids | Sources of the account.
with installed as (
    select
        year,
        uncertain(value_low, value, value_high) as energy,
        value
    from core.installed_totals
    where scope_kind = 'all' and quantity = 'facility_energy_kwh'
),

trained as (
    select
        scope::bigint as year,
        sum(value_low) as value_low,
        sum(value) as value,
        sum(value_high) as value_high,
        sum(run_count) as run_count
    from core.training_totals
    where scope_kind = 'year' and quantity = 'facility_energy_kwh'
    group by scope
),

processed as (
    select
        year(month) as year,
        provider,
        12 * avg(tokens_per_month) as tokens,
        count(*) as month_count,
        list(distinct source_id) as sources
    from seeds.served_tokens
    group by year(month), provider
),

served as (
    select
        p.year,
        sum(p.tokens) as tokens,
        string_agg(p.provider, ' and ' order by p.provider) as providers,
        list_sort(list_distinct(flatten(list(p.sources)))) as sources,
        any_value(a.low) as low,
        any_value(a.central) as central,
        any_value(a.high) as high,
        any_value(a.source_id) as assumption_source_id
    from processed as p
    inner join seeds.assumptions as a on a.name = 'processed_token_joule_per_token'
    group by p.year
),

amounts as (
    select
        i.year,
        i.energy as installed_energy,
        case when t.value > 0 then uncertain(t.value_low, t.value, t.value_high) end as training_energy,
        case when s.tokens is not null then multiply(exactly(s.tokens / 3.6e6), uncertain(s.low, s.central, s.high)) end as served_energy,
        t.run_count,
        s.tokens,
        s.providers,
        s.sources,
        s.assumption_source_id
    from installed as i
    left join trained as t on i.year = t.year
    left join served as s on i.year = s.year
),

accounts as (
    select
        year,
        installed_energy,
        unnest([
            {
                'account': 'published training runs',
                'energy': training_energy,
                'detail': run_count || ' runs published in ' || year || ' whose energy can be estimated',
                'source_ids': ['compute_ledger']
            },
            {
                'account': 'published token counts',
                'energy': served_energy,
                'detail': round(tokens / 1e15, 1) || ' quadrillion tokens of ' || providers,
                'source_ids': list_append(sources, assumption_source_id)
            },
            {
                'account': 'both',
                'energy': case
                    when training_energy is null then served_energy when served_energy is null then training_energy
                    else add_up(training_energy, served_energy)
                end,
                'detail': 'training runs and token counts',
                'source_ids': list_distinct(list_concat(coalesce(sources, []), ['compute_ledger']))
            }
        ], max_depth := 2) as item
    from amounts
)

select
    year,
    account,
    low_of(energy) as value_low,
    central_of(energy) as value,
    high_of(energy) as value_high,
    'kWh' as unit,
    low_of(divide(energy, installed_energy)) as share_low,
    central_of(divide(energy, installed_energy)) as share,
    high_of(divide(energy, installed_energy)) as share_high,
    detail,
    list_sort(source_ids) as source_ids
from accounts
where energy is not null
order by year, account
