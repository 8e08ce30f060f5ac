-- One row per training run: when its hardware was acquired, when the run started, and how old the hardware was then. Acquired some time after
-- the release of the accelerator; started before publication by the duration of the run and the time to publish.
-- key: training_run_id
-- column: training_run_id | Key of core.training_runs.
-- column: started_years | Start of the run, decimal year: inside the stated year; without a date of publication the middle of the year.
-- interval: acquired_years | Acquisition, decimal year; null if the release date is not published.
-- interval: hardware_age_years | Age of the hardware at the start; 0 if the release date is not published.
-- column: hardware_age | The age as an input of estimates.
with durations as (
    select
        training_run_id,
        min(value) / 24 as duration_days
    from core.published_figures
    where quantity = 'training_hours' and is_first and training_run_id is not null
    group by training_run_id
),

dated as (
    select
        r.training_run_id,
        r.accelerator_id,
        a.assumed['acquisition_delay_days'] as delay,
        decimal_year_of(r.publication_date)
        - (coalesce(d.duration_days, a.assumed['training_days'].value) + a.assumed['publication_delay_days'].value) / 365.25 as started,
        s.started_year,
        r.training_year,
        decimal_year_of(c.release_date) as released
    from core.training_runs as r
    inner join core.assumption_sets as a on r.training_run_id = a.subject_id and a.subject_kind = 'training_run'
    left join core.accelerators as c on r.accelerator_id = c.accelerator_id
    left join seeds.training_runs as s on r.training_run_id = s.training_run_id
    left join durations as d on r.training_run_id = d.training_run_id
),

times as (
    select
        training_run_id,
        accelerator_id,
        delay,
        case
            when started_year is null then coalesce(started, training_year + 0.5)
            when started is null then started_year + 0.5
            else greatest(started_year, least(started_year + 364 / 365.25, started))
        end as started_years,
        released + delay.low / 365.25 as acquired_years_low,
        released + delay.value / 365.25 as acquired_years,
        released + delay.high / 365.25 as acquired_years_high
    from dated
),

ages as (
    select
        *,
        coalesce(hardware_age_years_of(started_years, acquired_years_high), 0) as hardware_age_years_low,
        coalesce(hardware_age_years_of(started_years, acquired_years), 0) as hardware_age_years,
        coalesce(hardware_age_years_of(started_years, acquired_years_low), 0) as hardware_age_years_high
    from times
)

select
    training_run_id,
    started_years,
    acquired_years_low,
    acquired_years,
    acquired_years_high,
    hardware_age_years_low,
    hardware_age_years,
    hardware_age_years_high,
    input(
        'hardware_age_years', hardware_age_years_low, hardware_age_years, hardware_age_years_high, 'year', 'assumed', delay.source_id,
        delay.locator, delay.verified,
        case
            when acquired_years is null then 'release date not published: taken as new'
            else
                accelerator_id || ' acquired ' || format('{:.1f}', acquired_years) || ', run started '
                || format('{:.1f}', started_years)
        end
    ) as hardware_age
from ages
order by training_run_id
