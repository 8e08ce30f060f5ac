"""Prices of hours and of hardware: one price a provider, a stated ladder, one price for every table, and hardware that ages."""

import statistics
from collections import defaultdict
from typing import Any

import duckdb
import pytest

from pipelines.settings import Settings
from tests.conftest import needs_shared_mirror

LADDER = ("observed", "moved", "peers_by_peak", "peers_by_price", "peers_by_class")
COMMITTED = "('on demand', 'marketplace')"


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_the_price_of_a_year_is_the_median_of_one_price_a_provider(published: duckdb.DuckDBPyConnection) -> None:
    """Worked again in Python from the curated file, for the accelerator that most providers rent out."""
    query = f"""
        select provider, observed_date, price_usd_per_chip_hour from seeds.cloud_prices
        where accelerator_id = 'h100-sxm' and terms in {COMMITTED} and year(observed_date) between 2024 and 2026
    """
    by_provider: dict[str, dict[Any, list[float]]] = defaultdict(lambda: defaultdict(list))
    for provider, day, price in ask(published, query):
        by_provider[str(provider)][day].append(price)
    latest = [statistics.median(days[max(days)]) for days in by_provider.values()]
    [(price, low, high, count)] = ask(
        published,
        "select cloud_price_usd_per_chip_hour, cloud_price_usd_per_chip_hour_low, cloud_price_usd_per_chip_hour_high, "
        "provider_count from core.on_demand_prices where accelerator_id = 'h100-sxm'",
    )
    assert price == pytest.approx(statistics.median(latest))
    assert count == len(latest) >= 12
    assert 3.3 <= price <= 4.5
    assert min(latest) < low < price < high < max(latest)


def test_every_table_has_the_same_price(published: duckdb.DuckDBPyConnection) -> None:
    year = "(select max(year(observed_date)) from core.rental_quotes)"
    differing = ask(
        published,
        f"""
        select p.accelerator_id from core.rental_prices as p
        left join core.on_demand_prices as o on p.accelerator_id = o.accelerator_id and p.method = 'observed'
        left join core.inference_hardware as h on p.accelerator_id = h.accelerator_id
        where p.year = {year} and (
            o.cloud_price_usd_per_chip_hour <> p.price_usd_per_chip_hour
            or h.rental_usd_per_chip_hour is distinct from p.price_usd_per_chip_hour
        )
        """,
    )
    assert differing == []
    runs = ask(
        published,
        """
        select r.training_run_id from core.training_inputs as i
        inner join core.training_runs as r on i.training_run_id = r.training_run_id
        inner join core.rental_prices as p on r.accelerator_id = p.accelerator_id and r.training_year = p.year
        where i.cloud_price.value <> p.price_usd_per_chip_hour
        """,
    )
    assert runs == []


def test_every_accelerator_that_is_rented_or_trained_on_has_a_price(published: duckdb.DuckDBPyConnection) -> None:
    without = ask(
        published,
        """
        select a.accelerator_id from core.accelerators as a
        anti join core.rental_prices as p on a.accelerator_id = p.accelerator_id
        where a.segment not in ('edge', 'mobile')
            or a.accelerator_id in (select accelerator_id from core.training_runs where accelerator_id is not null)
        """,
    )
    assert without == []
    methods = dict(
        ask(published, "select method, count(distinct accelerator_id) from core.rental_prices group by method")
    )
    assert methods.keys() == set(LADDER)


def test_a_price_of_another_time_is_moved_by_the_measured_change_and_is_wider(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """TPU v3: one provider, 2.00 USD in 2021; five years later moved by as many years of change."""
    [(change, spread)] = ask(published, "select yearly_change_ratio, yearly_spread_ratio from core.rental_price_drift")
    assert 0.8 < change < 1.05
    assert spread > 1.05
    rows = ask(
        published,
        "select year, method, price_usd_per_chip_hour, price_usd_per_chip_hour_high / price_usd_per_chip_hour "
        "from core.rental_prices where accelerator_id = 'tpu-v3' and year in (2021, 2026) order by year",
    )
    (_, near, price, _), (_, far, moved, width) = rows
    assert (near, far) == ("observed", "moved")
    assert price == 2
    assert moved == pytest.approx(2 * change**5)
    assert width == pytest.approx(spread ** (1.6448536 * 5**0.5), rel=1e-6)


def test_peers_are_right_within_their_width_for_nine_of_ten(published: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published,
        """
        select method, median(error_ratio), count(error_ratio),
            quantile_cont(error_ratio, 0.95) / quantile_cont(error_ratio, 0.05)
        from core.peer_rental_prices where error_ratio is not null group by method
        """,
    )
    assert {str(method) for method, *_ in rows} == set(LADDER[2:])
    for method, middle, count, width in rows:
        assert count >= 25, method
        assert 0.8 < middle < 1.25, f"{method}: half are dearer, half cheaper"
        assert width < 20, method


def test_no_run_is_costed_at_a_constant(published: duckdb.DuckDBPyConnection) -> None:
    costs = ask(
        published,
        """
        select c.method, count(*), count(distinct i.cloud_price.value) from core.training_cost as c
        inner join core.training_inputs as i on c.training_run_id = i.training_run_id
        where c.boundary = 'cloud' and c.is_preferred group by c.method
        """,
    )
    by_method = {str(method): (runs, prices) for method, runs, prices in costs}
    assert by_method.keys() <= {"rental", *(f"rental_{method}" for method in (*LADDER[1:], "typical"))}
    assert by_method["rental"][0] > 0.85 * sum(runs for runs, _ in by_method.values())
    assert all(prices > 1 for runs, prices in by_method.values() if runs > 5), by_method


def test_a_panel_has_the_same_providers_in_all_its_years(published: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published, "select accelerator_id, year, provider_count, providers from core.rental_price_panels order by all"
    )
    panels: dict[object, set[tuple[Any, ...]]] = defaultdict(set)
    years: dict[object, list[int]] = defaultdict(list)
    for chip, year, count, providers in rows:
        panels[chip].add((count, *providers))
        years[chip].append(year)
    assert {"h100-sxm", "a100-sxm-80gb"} <= panels.keys()
    for chip, panel in panels.items():
        assert len(panel) == 1, chip
        assert next(iter(panel))[0] == len(next(iter(panel))) - 1 >= 3
        assert years[chip] == list(range(years[chip][0], years[chip][-1] + 1))


def test_a_stated_price_stands_beside_the_estimate(published: duckdb.DuckDBPyConnection) -> None:
    """DeepSeek-V3: 2.664 million H800 hours of pretraining at 2 USD; Table 1 of the paper prints 5.328 million."""
    rows = ask(
        published,
        "select method, value, is_preferred from core.training_cost "
        "where training_run_id = 'deepseek-v3' and boundary = 'cloud' order by is_preferred",
    )
    (stated, cost, is_preferred), (_, estimate, _) = rows
    assert (stated, is_preferred) == ("rental_stated", False)
    assert cost == pytest.approx(5.328e6)
    assert estimate > 5.328e6


# --- owned hardware -------------------------------------------------------------------------------------------------


def test_hardware_ages_from_its_purchase_to_the_run(published: duckdb.DuckDBPyConnection) -> None:
    """OPT-175B, worked by hand: A100 80 GB of 2020-11-16, bought 90 days later; published 2022-05-02, 60 days after its end."""
    [(started, acquired, age)] = ask(
        published,
        "select started_years, acquired_years, hardware_age_years from core.hardware_ages where training_run_id = 'opt-175b'",
    )
    assert acquired == pytest.approx(2020 + (320 + 90) / 365.25, abs=0.005)
    assert started < 2022.34 - 60 / 365.25
    assert age == pytest.approx(started - acquired)
    assert ask(published, "select count(*) from core.hardware_ages where hardware_age_years < 0") == [(0,)]


EPOCH = {
    "mt-nlg-530b": "Megatron-Turing NLG 530B", "opt-175b": "OPT-175B", "bloom-176b": "BLOOM-176B", "llama-2-70b": "Llama 2-70B",
    "gpt-3-175b": "GPT-3 175B (davinci)", "palm-540b": "PaLM (540B)", "gopher-280b": "Gopher (280B)", "lamda-137b": "LaMDA",
    "llama-3.1-405b": "Llama 3.1-405B",
}  # fmt: skip
"""Runs that Epoch AI's file of 2024 costs by the same convention, and that we know the chip-hours of."""


@needs_shared_mirror
def test_owned_cost_agrees_with_the_file_of_2024(mirrored: Settings) -> None:
    with duckdb.connect(mirrored.published, read_only=True) as connection:
        theirs = dict(ask(connection, "select model, hardware_capex_energy_cost_usd from raw.epoch_model_costs"
                                      " where hardware_capex_energy_cost_usd is not null"))  # fmt: skip
        ours = dict(ask(connection, "select training_run_id, owned_cost_usd from mart.training_summary"))
        tpus = ask(connection, "select count(s.owned_cost_usd) from mart.training_summary as s inner join core.accelerators as a "
                               "on s.accelerator_id = a.accelerator_id where a.kind = 'tpu'")  # fmt: skip
    ratios = {run: ours[run] / theirs[model] for run, model in EPOCH.items()}
    assert {run: round(ratio, 2) for run, ratio in ratios.items() if not 0.75 <= ratio <= 1.25} == {}
    assert 0.9 <= statistics.median(ratios.values()) <= 1.1
    assert tpus[0][0] >= 100
