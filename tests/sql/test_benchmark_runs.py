"""Benchmark runs: every suite side by side, each result once, and what follows from them."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Any

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def with_fetched(any_fetched: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with fetched files, our own and those of publishers, read-only."""
    with connect_published(any_fetched) as connection:
        yield connection


@pytest.fixture(scope="module")
def with_published(mirrored: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with everything that the mirror of published files holds, read-only."""
    with connect_published(mirrored) as connection:
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Rows:
    return connection.execute(query).fetchall()


# --- the curated results alone --------------------------------------------------------------------------------------


def test_without_fetched_data_every_curated_result_is_shown_once(published: duckdb.DuckDBPyConnection) -> None:
    [(shown, curated, distinct)] = ask(
        published,
        "select (select count(*) from mart.benchmark_runs), (select count(*) from seeds.benchmark_results), "
        "(select count(distinct benchmark_result_id) from mart.benchmark_runs where is_curated)",
    )
    assert shown == curated == distinct > 650


def test_what_follows_from_a_result_is_what_a_reader_would_compute(published: duckdb.DuckDBPyConnection) -> None:
    [(minutes, count, chip_minutes)] = ask(
        published,
        "select value, accelerator_count, chip_minutes from mart.benchmark_runs "
        "where benchmark = 'gpt3' and accelerator_count = 11616 and round = 'v4.0'",
    )
    assert chip_minutes == pytest.approx(minutes * count) == pytest.approx(3.4441 * 11616, rel=1e-3)
    [(watts, rate, joules, utilisation, peak_format)] = ask(
        published,
        "select power_w, units_per_s, joule_per_token, output_utilisation_ratio, peak_format from mart.benchmark_runs "
        "where round = 'v5.1' and submitter = 'Lenovo' and benchmark = 'llama2-70b-99.9' and scenario = 'Offline' "
        "and accelerator_id = 'b200-sxm' and accelerator_count = 8",
    )
    assert joules == pytest.approx(watts / rate) == pytest.approx(0.1011, abs=1e-4)
    [(peak,)] = ask(
        published,
        "select peak_flop_per_s from mart.accelerator_peaks where accelerator_id = 'b200-sxm' and is_tensor "
        f"and not is_sparse and number_format = '{peak_format}'",
    )
    assert utilisation == pytest.approx(2 * 70e9 * rate / (8 * peak), rel=0.02)


def test_cost_per_million_is_price_over_rate(published: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published,
        "select r.usd_per_million_units, r.units_per_s, r.accelerator_count, p.price_usd_per_chip_hour, "
        "r.usd_per_million_units_low, r.usd_per_million_units_high from mart.benchmark_runs as r "
        "join core.rental_prices as p on r.accelerator_id = p.accelerator_id and year(r.published_date) = p.year "
        "where r.units_per_s > 0",
    )
    assert len(rows) > 200
    for cost, rate, count, price, low, high in rows:
        assert cost == pytest.approx(price * count / (3600 * rate) * 1e6)
        assert low <= cost <= high


# --- with what was fetched ------------------------------------------------------------------------------------------


def test_each_suite_is_there_with_all_its_rounds(with_published: duckdb.DuckDBPyConnection) -> None:
    counts: dict[str, int] = dict(
        ask(with_published, "select suite, count(*) from mart.benchmark_runs where not is_curated group by suite")
    )
    assert counts["ml.energy"] == 1858
    assert counts["mlperf inference"] > 8_000
    assert counts["mlperf training"] > 750
    assert counts["mlperf tiny"] > 350


def test_every_fetched_result_is_shown_and_curated_ones_that_none_repeats(
    with_fetched: duckdb.DuckDBPyConnection,
) -> None:
    [(rows, fetched_rows, curated_rows)] = ask(
        with_fetched,
        "select (select count(*) from mart.benchmark_runs), (select count(*) from core.fetched_results), "
        "(select count(*) from core.curated_results where repeated_by is null)",
    )
    assert rows == fetched_rows + curated_rows
    assert fetched_rows > 800
    assert curated_rows > 40
    suites = ask(with_fetched, "select distinct suite from mart.benchmark_runs where not is_curated order by 1")
    assert suites == [("inferencex",), ("ml.energy",), ("mlperf inference",), ("mlperf tiny",), ("mlperf training",)]


def test_a_curated_result_that_was_fetched_too_is_shown_once_and_says_so(
    with_published: duckdb.DuckDBPyConnection,
) -> None:
    rounds = {round_ for (round_,) in ask(with_published, "select distinct suite || round from core.fetched_results")}
    left = ask(
        with_published, "select suite || round, benchmark_result_id from core.curated_results where repeated_by is null"
    )
    assert [key for round_, key in left if round_ in rounds] == [], "each curated row of a fetched round is found again"
    assert (
        ask(
            with_published,
            "select c.benchmark_result_id from core.curated_results as c left join core.fetched_results as f "
            "on c.repeated_by = f.benchmark_result_id where c.repeated_by is not null and (f.suite <> c.suite or f.suite is null "
            "or f.round <> c.round)",
        )
        == []
    )
    shown = {
        key for (key,) in ask(with_published, "select benchmark_result_id from mart.benchmark_runs where is_curated")
    }
    assert shown == {key for _, key in left}


def test_a_batch_is_the_one_that_was_set_wherever_the_row_comes_from(
    with_fetched: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    for connection, least in ((with_fetched, 500), (published, 60)):
        rows = ask(connection, "select scenario, batch_size from mart.benchmark_runs where suite = 'ml.energy'")
        assert len(rows) >= least
        assert [row for row in rows if row[0] != f"batch {row[1]:.0f}"] == []


def test_accelerators_of_closed_results_are_known(with_published: duckdb.DuckDBPyConnection) -> None:
    for suite, known, count in ask(
        with_published,
        "select suite, count(accelerator_id), count(*) from mart.benchmark_runs "
        "where division = 'closed' and suite in ('mlperf training', 'mlperf inference') group by suite",
    ):
        assert known >= 0.95 * count, suite


def test_energy_of_training_runs_is_that_of_the_power_logs(with_published: duckdb.DuckDBPyConnection) -> None:
    rows = {
        (benchmark, count, chip): energy_j / 3.6e6
        for benchmark, count, chip, energy_j in ask(
            with_published,
            "select benchmark, accelerator_count, accelerator_id, energy_j from mart.benchmark_runs "
            "where suite = 'mlperf training' and energy_j > 0 and not is_curated",
        )
    }
    assert rows["gpt3", 512, "h100-sxm"] == pytest.approx(472, rel=0.005)
    assert rows["llama2_70b_lora", 8, "b200-sxm"] == pytest.approx(1.68, rel=0.01)


def test_utilisation_of_training_follows_from_the_samples_of_the_logs(
    with_published: duckdb.DuckDBPyConnection,
) -> None:
    [(flop, mfu, minutes)] = ask(
        with_published,
        "select training_flop, mfu, value from mart.benchmark_runs "
        "where benchmark = 'gpt3' and round = 'v4.0' and accelerator_count = 11616",
    )
    assert flop == pytest.approx(6 * 175e9 * 1.2e9, rel=0.1), "about 1.2 billion tokens"
    assert mfu == pytest.approx(flop / (minutes * 60 * 11616 * 989.4e12), rel=0.02)
    shares = ask(with_published, "select benchmark, mfu from mart.benchmark_runs where mfu is not null")
    assert {benchmark for benchmark, _ in shares} == {"gpt3", "llama2_70b_lora", "llama31_405b"}
    assert len(shares) > 130
    assert all(0.1 < share < 1 for _, share in shares)


def test_the_frontier_holds_what_nothing_beats_and_only_that(with_fetched: duckdb.DuckDBPyConnection) -> None:
    of_model: dict[Any, Rows] = defaultdict(list)
    for row in ask(
        with_fetched,
        "select ml_energy_run_id, joule_per_unit, coalesce(median_token_interval_s, batch_latency_s), task, publisher_model "
        "from core.ml_energy_runs",
    ):
        of_model[row[3:]].append(row)
    unbeaten = {
        key
        for settings in of_model.values()
        for key, joules, seconds, *_ in settings
        if not any((j < joules and s <= seconds) or (j <= joules and s < seconds) for _, j, s, *_ in settings)
    }
    shown = {key for (key,) in ask(with_fetched, "select benchmark_result_id from mart.energy_latency_frontier")}
    assert shown == unbeaten
    assert len(of_model) >= 9


def test_progress_starts_at_one_and_names_the_result_behind_it(with_fetched: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        with_fetched,
        "select p.best_value, r.value, p.times_better_than_first_ratio, p.times_better_than_before_ratio, p.measure "
        "from mart.benchmark_progress as p join mart.benchmark_runs as r using (benchmark_result_id)",
    )
    assert len(rows) == ask(with_fetched, "select count(*) from mart.benchmark_progress")[0][0] > 100
    assert all(best == value for best, value, _, _, measure in rows if measure == "time to train")
    assert all(first == 1 for _, _, first, before, _ in rows if before is None)


def test_software_alone_makes_a_chip_faster(with_published: duckdb.DuckDBPyConnection) -> None:
    [(ratio,)] = ask(
        with_published,
        "select times_better_than_first_ratio from mart.benchmark_progress where benchmark = 'llama2-70b-99.9' "
        "and scenario = 'Offline' and measure = 'speed of an accelerator' and accelerator_id = 'h100-sxm' and round = 'v5.1'",
    )
    assert ratio == pytest.approx(3902.46875 / 2786.2125, rel=1e-6), "software alone"


def test_an_assumption_is_compared_with_the_rows_that_it_names(with_fetched: duckdb.DuckDBPyConnection) -> None:
    checks = {
        (name, scope): row
        for name, scope, *row in ask(
            with_fetched,
            "select assumption, applies_to, assumed_low, assumed, assumed_high, measured, measurement_count, "
            "difference_ratio, is_inside from core.assumption_checks",
        )
    }
    low, central, high, measured, count, difference, inside = checks["inference_power_ratio", "all"]
    shares = [
        watts / (number * tdp)
        for watts, number, tdp in ask(
            with_fetched,
            "select r.power_w, r.accelerator_count, a.tdp_w from core.ml_energy_runs as r "
            "join seeds.accelerators as a using (accelerator_id) where r.joule_per_token is not null",
        )
    ]
    assert (count, measured) == (len(shares), pytest.approx(median(shares)))
    assert difference == pytest.approx(measured / central)
    assert inside == (low <= measured <= high)
    assert checks["average_power_ratio", "gpu"][4] >= 1


def test_distributions_of_utilisation_are_ordered_shares(with_fetched: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        with_fetched,
        "select lowest_ratio, p05_ratio, p25_ratio, median_ratio, p75_ratio, p95_ratio, highest_ratio, measure "
        "from mart.utilisation",
    )
    assert len(rows) > 20
    for *quantiles, measure in rows:
        assert quantiles == sorted(quantiles), measure
        assert 0 < quantiles[0] <= quantiles[-1] <= 1, measure
