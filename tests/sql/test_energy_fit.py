"""Energy per token: the fit finds what it was made from, says the same as the SQL macro, and holds on models it has not seen."""

from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pytest
from ecologits.impacts.llm import compute_llm_impacts_dag

from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.models import energy_fit
from pipelines.warehouse.models.macros import load_macros

TRUE = {name: centre for name, (centre, _) in energy_fit.PRIORS.items()} | {
    "step_log": 0.9, "byte_log": 0.4, "operation_log": 1.2, "cache_log": 1.0, "step_params_exponent": 0.6,
    "moe_log": 0.5, "moe_count_exponent": 0.1, "blackwell_log": 0.2, "gpqa_log": 0.3,
}  # fmt: skip


def made_points(count: int, noise: float = 0.0, seed: int = 7) -> pl.DataFrame:
    """Measurements of machines that follow the model exactly, but for lognormal noise."""
    random = np.random.default_rng(seed)
    active = np.array([1, 3, 8, 14, 32, 70, 120, 3, 17, 22])[random.integers(0, 10, count)] * 1e9
    kinds = random.choice(["dense", "moe", "hybrid"], count, p=[0.5, 0.4, 0.1])
    total = np.where(kinds == "moe", active * random.choice([8, 12], count), active)
    blackwell = random.random(count) < 0.5
    points = pl.DataFrame(
        {
            "energy_point_id": [f"point-{number:04d}" for number in range(count)],
            "task": random.choice(["lm-arena-chat", *energy_fit.TASKS], count),
            "architecture_kind": kinds,
            "total_params": total,
            "active_params": active,
            "weight_bits": random.choice([4, 8, 16], count),
            "accelerator_count": random.choice([1, 2, 4, 8], count),
            "is_blackwell": blackwell,
            "tdp_w": np.where(blackwell, 1000.0, 700.0),
            "memory_bandwidth_bytes_per_s": np.where(blackwell, 8e12, 3.35e12),
            "dense_16_bit_flop_per_s": np.where(blackwell, 2.25e15, 0.99e15),
            "batch_size": random.choice([1.0, 7.9, 31.5, 64.0, 250.0, 1000.0], count),
            "output_tokens": random.uniform(200, 8000, count),
            "joule_per_token": np.ones(count),
        }
    ).with_columns(shape=pl.format("{}-{}-{}", "total_params", "active_params", "architecture_kind"))
    points = points.with_columns(fold=(pl.col("shape").rank("dense") % energy_fit.FOLDS).cast(pl.Int64))
    logs, _ = energy_fit.predict_logs(energy_fit.build_design(points), np.array(list(TRUE.values())))
    return points.with_columns(joule_per_token=pl.Series(np.exp(logs + noise * random.standard_normal(count))))


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the formulas of the warehouse."""
    with duckdb.connect() as connection:
        load_macros(connection, SQL / "macros")
        yield connection


def test_the_fit_finds_the_coefficients_that_the_measurements_were_made_with() -> None:
    points = made_points(1200)
    found = dict(zip(energy_fit.PRIORS, energy_fit.fit_coefficients(energy_fit.build_design(points)), strict=True))
    assert found == pytest.approx(TRUE, abs=0.05)


def test_the_derivative_is_that_of_the_prediction() -> None:
    design = energy_fit.build_design(made_points(50))
    at = np.array(list(TRUE.values())) + 0.1
    _, slope = energy_fit.predict_logs(design, at)
    for index, name in enumerate(energy_fit.PRIORS):
        step = np.zeros_like(at)
        step[index] = 1e-6
        difference = energy_fit.predict_logs(design, at + step)[0] - energy_fit.predict_logs(design, at - step)[0]
        assert slope[:, index] == pytest.approx(difference / 2e-6, abs=1e-6), name


def test_the_macro_predicts_what_the_fit_was_made_with(macros: duckdb.DuckDBPyConnection) -> None:
    points, fit = made_points(300), pl.DataFrame([{**TRUE, "error_low_ratio": 0.6, "error_high_ratio": 2.5}])
    macros.register("points", points.to_arrow())
    macros.register("fit", fit.to_arrow())
    rows = macros.execute(
        "select joule_per_token, low_of(e), central_of(e), high_of(e) from (select p.joule_per_token, "
        "fitted_joule_per_token(f, architecture_kind, task, total_params, active_params, weight_bits, batch_size, "
        "output_tokens, accelerator_count, is_blackwell, tdp_w, memory_bandwidth_bytes_per_s, dense_16_bit_flop_per_s) "
        "as e from points as p cross join fit as f)"
    ).fetchall()
    assert len(rows) == 300
    for made, low, central, high in rows:
        assert central == pytest.approx(made, rel=1e-9)
        assert (low / central, high / central) == pytest.approx((0.6, 2.5), rel=1e-9)


def test_the_ideal_machine_of_the_macro_is_where_the_coefficients_are_drawn_to(
    macros: duckdb.DuckDBPyConnection,
) -> None:
    ideal = macros.execute("select ideal_fit()").fetchall()[0][0]
    assert {name: ideal[name] for name in energy_fit.PRIORS} == {
        name: centre for name, (centre, _) in energy_fit.PRIORS.items()
    }


def test_the_order_of_the_measurements_does_not_matter() -> None:
    points = made_points(200, noise=0.3)
    once = energy_fit.fit_energy(points)
    again = energy_fit.fit_energy(points.sample(fraction=1.0, shuffle=True, seed=3))
    assert once.equals(again)


def test_no_fit_has_seen_its_fold_and_the_bounds_hold_new_measurements() -> None:
    points = made_points(600, noise=0.3)
    fits = energy_fit.fit_energy(points)
    assert fits["part"].to_list() == ["all", *(f"without fold {fold}" for fold in range(5))]
    changed = points.with_columns(
        joule_per_token=pl.when(pl.col("fold") == 2).then(pl.col("joule_per_token") * 50).otherwise("joule_per_token")
    )
    without = pl.col("part") == "without fold 2"
    assert fits.filter(without).equals(energy_fit.fit_energy(changed).filter(without))
    row = fits.row(0, named=True)
    assert row["row_count"] == 600
    unseen = made_points(2000, noise=0.3, seed=8)
    design = energy_fit.build_design(unseen)
    logs, _ = energy_fit.predict_logs(design, np.array([row[name] for name in energy_fit.PRIORS]))
    ratios = np.exp(design.logs - logs)
    assert 0.85 < np.mean((ratios > row["error_low_ratio"]) & (ratios < row["error_high_ratio"])) < 0.95


def test_few_measurements_give_no_fit_and_say_so_by_an_empty_table() -> None:
    assert energy_fit.fit_energy(made_points(20)).is_empty()
    assert energy_fit.fit_energy(made_points(20)).columns == list(energy_fit.FIT_COLUMNS)


def test_ecologits_is_evaluated_as_its_own_calculation_does_it() -> None:
    points = made_points(40)
    ours = dict(energy_fit.estimate_ecologits(points).iter_rows())
    for row in points.to_dicts():
        steps = compute_llm_impacts_dag(
            model_active_parameter_count=row["active_params"] / 1e9,
            model_total_parameter_count=row["total_params"] / 1e9,
            output_token_count=1, request_latency=float("inf"), if_electricity_mix_adpe=0, if_electricity_mix_pe=0,
            if_electricity_mix_gwp=0, if_electricity_mix_wue=0, datacenter_pue=1, datacenter_wue=0,
            model_quantization_bits=row["weight_bits"], batch_size=row["batch_size"],
        )  # fmt: skip
        whole = steps["request_it_energy"] - steps["server_energy"]  # type: ignore[operator]
        assert ours[row["energy_point_id"]] == pytest.approx(whole * 3.6e6, rel=1e-9)


def calibration(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, float, float, float]:
    """Measurements, shapes, median error, that of EcoLogits, and coverage."""
    [row] = connection.execute(
        "select measurement_count, shape_count, median_error_ratio, ecologits_median_error_ratio, covered_fraction "
        "from mart.energy_calibration where grouping = 'all'"
    ).fetchall()
    return row


def test_the_curated_measurements_alone_give_a_fit(published: duckdb.DuckDBPyConnection) -> None:
    if published.execute("select count(*) from core.ml_energy_runs").fetchall() != [(0,)]:
        pytest.fail("the offline build has fetched data")
    count, shapes, error, ecologits, covered = calibration(published)
    assert count > 150
    assert shapes == 17
    assert error < 1.5
    assert error < ecologits
    assert 0.75 < covered <= 1, "few measurements bound less well"
    [seen] = published.execute("select row_count from core.energy_per_token_fit where part = 'all'").fetchall()
    assert seen == (count,)


def test_held_back_measurements_of_ml_energy_are_met(mirrored: Settings) -> None:
    connection = connect_published(mirrored)
    count, shapes, error, ecologits, covered = calibration(connection)
    assert (count, shapes) == (838, 17)
    assert error <= 1.5
    assert error < ecologits
    assert 0.85 <= covered <= 0.95
    worse = connection.execute(
        "select member from mart.energy_calibration where grouping in ('accelerator', 'batch', 'task', 'kind of model') "
        "and median_error_ratio > ecologits_median_error_ratio"
    ).fetchall()
    assert worse == [], "better on every chip, batch, task and kind of model"
    connection.close()
