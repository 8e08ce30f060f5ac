-- One row per group of training runs: the errors of our independent estimates against published figures, each run counted once a
-- quantity. Typical utilisations in these estimates are fitted without the paper of the figure. Targets are in docs/methods.md; a test
-- checks the curated files against them, so that new rows of a publisher never stop a build.
-- key: group_kind, group_name
-- column: group_kind | all, quantity, year, architecture, chip, organization or method.
-- column: group_name | Group of that kind; all for all. Groups of fewer than five figures are left out, but for quantities.
-- column: quantity | Quantity of the group, all for all of them; null where the group is of another kind.
-- column: figure_count | Published figures compared.
-- column: run_count | Training runs that they are of.
-- column: median_absolute_error_log10 | Median of |log10(estimate / published)|; 0.30 is a factor of two.
-- column: bias_log10 | Median of log10(estimate / published): above 0 where estimates are too high.
-- interval: coverage_fraction | Share of figures inside the 90 % interval of the estimate, with the 90 % interval of such a share (Wilson).
-- column: median_interval_ratio | Median of upper over lower bound.
with compared as (
    select
        e.training_run_id,
        e.log10_error,
        e.is_covered,
        e.value_high / e.value_low as interval_ratio,
        unnest([
            { 'kind': 'all', 'name': 'all' },
            { 'kind': 'quantity', 'name': e.quantity },
            {
                'kind': 'year',
                'name': case
                    when r.training_year <= 2020 then 'to 2020'
                    when r.training_year <= 2022 then '2021 to 2022'
                    when r.training_year <= 2024 then '2023 to 2024'
                    else 'from 2025'
                end
            },
            { 'kind': 'architecture', 'name': coalesce(i.architecture_kind, r.architecture, 'not published') },
            { 'kind': 'chip', 'name': coalesce(i.chip_kind, 'not published') },
            { 'kind': 'organization', 'name': coalesce(r.organization, 'not published') },
            { 'kind': 'method', 'name': e.method }
        ]) as part
    from core.independent_estimates as e
    inner join core.training_runs as r on e.training_run_id = r.training_run_id
    left join core.implied_utilisation as i on e.training_run_id = i.training_run_id
    where e.is_scored
),

counted as (
    select
        part.kind as group_kind,
        part.name as group_name,
        count(*) as figure_count,
        count(distinct training_run_id) as run_count,
        median(abs(log10_error)) as median_absolute_error_log10,
        median(log10_error) as bias_log10,
        avg(is_covered::int) as coverage_fraction,
        median(interval_ratio) as median_interval_ratio
    from compared
    group by part
)

select
    group_kind,
    group_name,
    case when group_kind in ('all', 'quantity') then group_name end as quantity,
    figure_count,
    run_count,
    median_absolute_error_log10,
    bias_log10,
    (share_interval_of(coverage_fraction, figure_count)).low as coverage_fraction_low,
    coverage_fraction,
    (share_interval_of(coverage_fraction, figure_count)).high as coverage_fraction_high,
    median_interval_ratio
from counted
where group_kind in ('all', 'quantity') or figure_count >= 5
order by group_kind, group_name
