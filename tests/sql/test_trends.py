"""Trends: slopes, windows, cohorts, and intervals from the regression and from the values' own."""

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipelines.warehouse.models.trend_fit import LEVEL, MIN_ROWS, WINDOWS, bootstrap_slope, fit_trends
from tests.conftest import SHARED_MIRROR, needs_shared_mirror


def points(values: list[float], spread: float = 1.0, since: int = 2012, days: int = 200) -> pl.DataFrame:
    """A made-up cohort: one value each so many days, with a relative interval."""
    dates = [date(since, 1, 1) + timedelta(days=days * row) for row in range(len(values))]
    return pl.DataFrame({
        "metric": "m", "cohort": "c", "event_date": dates, "value_low": [value / spread for value in values],
        "value": values, "value_high": [value * spread for value in values],
    })  # fmt: skip


def test_growth_is_the_slope_through_the_points_of_its_window(published: duckdb.DuckDBPyConnection) -> None:
    fits = published.execute(
        "select metric, cohort, since_year, growth_per_year, growth_per_year_low, growth_per_year_high, doubling_time_months, "
        "n_rows from mart.trends"
    ).fetchall()
    frame = published.sql(
        "select metric, cohort, year(event_date) as year, (event_date - date '1970-01-01') / 365.25 as years, "
        "log10(value) as log from core.trend_points"
    ).pl()
    for metric, cohort, since, growth, low, high, months, count in fits:
        there = frame.filter((pl.col("metric") == metric) & (pl.col("cohort") == cohort) & (pl.col("year") >= since))
        years, logs = there["years"].to_numpy(), there["log"].to_numpy()
        fit = stats.linregress(years, logs)
        width = stats.t.ppf((1 + LEVEL) / 2, len(years) - 2) * fit.stderr
        assert growth == pytest.approx(10**fit.slope, rel=1e-9)
        assert count == len(years) >= MIN_ROWS
        assert low <= 10 ** (fit.slope - width) * (1 + 1e-9)
        assert high >= 10 ** (fit.slope + width) * (1 - 1e-9)
        assert (months is None) == (low <= 1)
        assert months is None or 2 ** (12 / months) == pytest.approx(growth, rel=1e-9)
    assert len(fits) > 100


def test_every_metric_has_all_windows_and_says_their_effect(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute("select metric, count(distinct since_year) from mart.trends group by metric").fetchall()
    assert {metric for metric, count in rows if count < 5} == set()
    wrong = published.execute(
        "select t.metric, t.cohort from mart.trends as t inner join mart.trends as l on t.metric = l.metric "
        "and t.cohort = l.cohort and l.is_longest where abs(t.growth_ratio / (t.growth_per_year / l.growth_per_year) - 1) > 1e-9 "
        "or len(t.windows) <> (select count(*) from mart.trends as w where w.metric = t.metric and w.cohort = t.cohort)"
    ).fetchall()
    assert wrong == []


def test_the_first_window_begins_where_the_points_do(published: duckdb.DuckDBPyConnection) -> None:
    query = "select central from seeds.assumptions where name = 'first_year' and applies_to = 'trends'"
    assert published.execute(query).fetchall() == [(WINDOWS[0],)]
    assert published.execute("select min(year(event_date)) >= ? from core.trend_points", [WINDOWS[0]]).fetchall() == [
        (True,)
    ]


def test_a_clean_doubling_has_its_slope_in_every_window() -> None:
    fits = fit_trends(points([2.0 ** (row * 200 / 365.25) for row in range(24)]))
    assert fits["since_year"].to_list() == [year for year in WINDOWS if year <= 2022]
    assert fits["log10_slope"].to_numpy() == pytest.approx(np.log10(2), rel=1e-9)


def test_uncertain_values_widen_the_interval_and_leave_the_slope() -> None:
    rng = np.random.default_rng(1)
    values = list(2.0 ** (np.arange(40) * 0.2) * 10 ** rng.normal(0, 0.1, 40))
    sure, unsure = (fit_trends(points(values, spread)).row(0, named=True) for spread in (1.0, 30.0))
    assert unsure["log10_slope"] == sure["log10_slope"]
    widths = [fit["log10_slope_high"] - fit["log10_slope_low"] for fit in (sure, unsure)]
    assert widths[1] > 3 * widths[0]


def test_the_bootstrap_of_a_known_noise_is_that_of_the_regression() -> None:
    rng = np.random.default_rng(2)
    years = np.linspace(2010, 2026, 200)
    logs = 0.3 * years + rng.normal(0, 0.5, 200)
    nothing = np.zeros(200)
    low, high = bootstrap_slope(years, logs, nothing, nothing, np.random.default_rng(3))
    fit = stats.linregress(years, logs)
    width = stats.t.ppf((1 + LEVEL) / 2, 198) * fit.stderr
    assert (high - low) / 2 == pytest.approx(width, rel=0.15)
    assert low < 0.3 < high
    assert bootstrap_slope(years, logs, nothing, nothing, np.random.default_rng(3)) == (low, high)


def test_cohorts_by_rule_hold_what_the_rule_says(published: duckdb.DuckDBPyConnection) -> None:
    top = published.execute(
        "select subject_id, event_date, value from core.trend_points where metric = 'training_flop' and cohort = 'all'"
    ).fetchall()
    named = {
        name
        for (name,) in published.execute(
            "select subject_id from core.trend_points where metric = 'training_flop' and cohort = 'top ten'"
        ).fetchall()
    }
    for name, day, value in top:
        rank = sum(other_day <= day and other >= value for _, other_day, other in top)
        assert (name not in named) or rank <= 10
    leading = (
        "select cohort, event_date, value from core.trend_points "
        "where metric = 'flop_per_joule' and cohort like 'datacentre%'"
    )
    chips = published.execute(leading).fetchall()
    for cohort, day, value in chips:
        if cohort == "datacentre leading":
            assert sum(c == "datacentre" and d <= day and v >= value for c, d, v in chips) <= 3


def test_the_costliest_ten_are_those_of_their_day(published: duckdb.DuckDBPyConnection) -> None:
    costs = published.execute("""
        select s.training_run_id, s.publication_date, s.owned_cost_usd
        from mart.training_summary as s inner join core.training_runs as r using (training_run_id)
        where s.owned_cost_usd is not null and s.publication_date is not null and r.is_main_run
            and r.run_kind in ('pretraining', 'reinforcement learning') and (r.is_notable or r.seed_line is not null)
    """).fetchall()
    first_year = 2010
    expected = {
        run
        for run, day, cost in costs
        if sum(other_day <= day and other >= cost for _, other_day, other in costs) <= 10 and day.year >= first_year
    }
    found = published.execute(
        "select subject_id from core.trend_points where metric = 'owned_cost_usd' and cohort = 'costliest ten'"
    ).fetchall()
    assert len(found) == len(expected) > 50
    assert {run for (run,) in found} == expected
    assert "openai-five" in expected, "reinforcement learning counts, unlike in other cohorts"
    low, high = published.execute(
        "select growth_per_year_low, growth_per_year_high from mart.trends "
        "where metric = 'owned_cost_usd' and cohort = 'costliest ten' and since_year = 2020"
    ).fetchall()[0]
    assert low < 2.4 < high, "growth by Epoch AI, docs/methods.md"


@needs_shared_mirror
def test_the_rule_of_the_costliest_ten_gives_epochs_growth_from_epochs_costs() -> None:
    """2.4 × a year since 2016 (2.0 to 2.9, arXiv 2405.21015), from the costs that its authors publish."""
    costs = pl.read_csv(
        SHARED_MIRROR / "raw.githubusercontent.com/epoch-research/training-cost-trends/main/model_costs_updated.csv"
    )
    dates = pl.read_csv(SHARED_MIRROR / "epoch.ai/data/notable_ai_models.csv", infer_schema_length=0).select(
        "Model", pl.col("Publication date").str.to_date(strict=False).alias("event_date")
    )
    known = costs.join(dates, on="Model").drop_nulls("event_date").unique("Model")
    rows = known.select("event_date", "Cost").rows()
    costliest = [(day, cost) for day, cost in rows if sum(d <= day and c >= cost for d, c in rows) <= 10]
    values = pl.DataFrame(costliest, schema=["event_date", "value"], orient="row").with_columns(
        value_low="value", value_high="value", metric=pl.lit("owned_cost_usd"), cohort=pl.lit("costliest ten")
    )
    fit = fit_trends(values).filter(pl.col("since_year") == 2016).row(0, named=True)
    assert fit["n_rows"] > 40
    low, growth, high = (10 ** fit[column] for column in ("log10_slope_low", "log10_slope", "log10_slope_high"))
    assert 2.0 < low < 2.4 < high < 3.0
    assert growth == pytest.approx(2.4, abs=0.1)


def test_a_constant_has_no_growth_and_lies_on_its_line() -> None:
    for fit in fit_trends(points([130.0] * 8)).iter_rows(named=True):
        assert (fit["log10_slope"], fit["r2"]) == (pytest.approx(0, abs=1e-12), 1.0)
