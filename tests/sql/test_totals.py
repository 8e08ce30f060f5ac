"""Totals over runs: what is shared moves together, each work is counted once, stages are apart."""

import duckdb
import numpy as np
import polars as pl
import pytest

from pipelines.warehouse.models.totals import add_up_runs

RUNS = [f"r{n:02}" for n in range(40)]


def totals_of(is_shared: bool, repeats: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    """Totals of forty runs of 100 kWh, each uncertain by a factor of two, by one assumption or by one of its own."""
    results = pl.DataFrame({"training_run_id": RUNS, "quantity": "facility_energy_kwh", "value": 100.0, "unit": "kWh"})
    runs = pl.DataFrame(
        {
            "training_run_id": RUNS,
            "organization": ["A" if n % 2 else "B" for n in range(40)],
            "publication_year": [2020 + n % 4 for n in range(40)],
            "run_group": ["pretraining"] * 30 + ["finetuning"] * 10,
            "repeats_run_id": [(repeats or {}).get(run) for run in RUNS],
        },
        schema_overrides={"repeats_run_id": pl.String},
    )
    factors = pl.DataFrame({
        "training_run_id": RUNS, "quantity": "facility_energy_kwh",
        "factor": ["pue for other: pue" if is_shared else f"{run}: hours" for run in RUNS], "exponent": 1,
        "down_log": np.log(2), "up_log": np.log(2),
    })  # fmt: skip
    found = add_up_runs(results, runs, factors)
    return {f"{row['run_group']}/{row['scope']}": row for row in found.iter_rows(named=True)}


def test_what_all_runs_share_stays_as_wide_as_in_one() -> None:
    total = totals_of(is_shared=True)["pretraining/all"]
    assert total["value"] == pytest.approx(3000)
    assert total["value_low"] == pytest.approx(1500, rel=0.05)
    assert total["value_high"] == pytest.approx(6000, rel=0.05)
    assert total["high"] < 0.65 * total["value_high"]  # type: ignore[operator]


def test_what_is_a_runs_own_averages_out() -> None:
    """The sum of thirty lognormals: mean and variance are known in closed form."""
    total = totals_of(is_shared=False)["pretraining/all"]
    sigma = np.log(2) / 1.6448536
    mean = 3000 * np.exp(sigma**2 / 2)
    deviation = 100 * np.sqrt(30 * np.exp(sigma**2) * (np.exp(sigma**2) - 1))
    assert total["value_low"] == pytest.approx(mean - 1.645 * deviation, rel=0.03)
    assert total["value_high"] == pytest.approx(mean + 1.645 * deviation, rel=0.03)
    assert (total["low"], total["high"]) == pytest.approx((total["value_low"], total["value_high"]), rel=0.02)


def test_stages_scopes_and_repeated_runs_are_apart() -> None:
    found = totals_of(is_shared=True, repeats={"r01": "r00", "r39": "r00"})
    assert (found["pretraining/all"]["run_count"], found["pretraining/all"]["repeated_count"]) == (29, 1)
    assert (found["finetuning/all"]["run_count"], found["finetuning/all"]["repeated_count"]) == (9, 1)
    assert found["pretraining/all"]["value"] == pytest.approx(2900)
    for kind in (("A", "B"), ("2020", "2021", "2022", "2023")):
        assert sum(float(str(found[f"pretraining/{scope}"]["value"])) for scope in kind) == pytest.approx(2900)


def test_the_same_draws_each_time() -> None:
    assert totals_of(is_shared=True) == totals_of(is_shared=True)


def test_totals_are_the_sums_of_the_runs_that_they_count(published: duckdb.DuckDBPyConnection) -> None:
    wrong = published.execute(
        "select t.scope from mart.training_totals as t inner join (select r.run_group, sum(s.facility_energy_kwh) as total, "
        "count(*) as n from mart.training_summary as s inner join core.total_runs as r on s.training_run_id = r.training_run_id "
        "where s.facility_energy_kwh is not null and r.repeats_run_id is null group by all) as s on t.run_group = s.run_group "
        "where t.quantity = 'facility_energy_kwh' and t.scope_kind = 'all' "
        "and (abs(t.value / s.total - 1) > 1e-9 or t.run_count <> s.n)"
    ).fetchall()
    assert wrong == []
    narrower = published.execute(
        "select count(*) filter (where value_high / value_low >= 0.97 * high / low), count(*) from mart.training_totals "
        "where run_count > 20"
    ).fetchall()
    assert narrower[0][0] == narrower[0][1] > 10


def test_a_total_of_one_run_has_the_interval_of_its_figure(published: duckdb.DuckDBPyConnection) -> None:
    ratios = published.execute(
        "select max(abs(ln(t.value_high / s.facility_energy_kwh_high))), "
        "max(abs(ln(t.value_low / s.facility_energy_kwh_low))), count(*) "
        "from mart.training_totals as t inner join mart.training_summary as s on t.scope = s.organization "
        "inner join core.total_runs as r on s.training_run_id = r.training_run_id and r.run_group = t.run_group "
        "where t.scope_kind = 'organization' and t.run_count = 1 and t.quantity = 'facility_energy_kwh' "
        "and s.facility_energy_kwh is not null and r.repeats_run_id is null"
    ).fetchall()[0]
    assert ratios[2] > 5
    assert max(ratios[:2]) < 0.2
