"""``ledger record --benchmark``: real models on this processor, and what follows from results by the SQL of the warehouse."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.cli.own_runs import _watts_per_core
from pipelines.settings import SEEDS, Settings
from pipelines.telemetry.formats.delivered import Device
from pipelines.telemetry.formats.recording import head_line, result_line, row_line
from pipelines.telemetry.meters import ProcessorTimeMeter
from pipelines.telemetry.recording import record, results_file
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.own_runs import TABLES
from pipelines.warehouse.recipes import sql_models
from tests.conftest import Called
from tests.telemetry.conftest import Home

RESULT = {
    "model_name": "m", "framework": "f", "processor_name": "P 1", "number_format": "fp32", "is_optimized": True, "batch_size": 1,
    "thread_count": 1, "repeat_no": 1, "inference_count": 10, "wall_s": 2.0, "processor_s": 4.0, "energy_j": None,
    "core_power_w": None, "same_answer_fraction": 1.0,
}  # fmt: skip


@pytest.fixture
def warehouse(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the assumptions that benchmarks are worked out by."""
    with duckdb.connect() as connection:
        connection.execute("create schema seeds; create schema core")
        connection.execute(
            "create table seeds.assumptions as select * from read_csv(?)", [str(SEEDS / "assumptions.csv")]
        )
        yield connection


def rows_of(home: Home, connection: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    TABLES["raw.telemetry_results"].load(connection, home.settings)
    run_model(connection, sql_models()[table])
    return read_rows(connection, f"select * from {table}")


def recording(*results: dict[str, object]) -> bytes:
    """A recording of one joule with these results."""
    lines = [result_line(RESULT | each) for each in results]
    head = head_line("counter", [Device("cpu time", "processor", is_modelled=True)], {"title": "a benchmark"})
    samples = [row_line(("cpu time", 1_790_000_000_000 + 1000 * n, float(n), None, None, None)) for n in (0, 1)]
    return b"".join([head, samples[0], *lines, samples[1]])


@pytest.mark.slow
def test_a_recorded_benchmark_lands_with_its_samples(home: Home) -> None:
    file = results_file(home.settings.recordings, "r")
    command = [sys.executable, "-m", "pipelines.telemetry.inference_benchmark", str(file), "--batch-sizes", "1", "4",
               "--repeats", "3", "--seconds", "0.01"]  # fmt: skip
    done = record(command, [ProcessorTimeMeter(6.0)], home.settings.recordings, "r", interval_s=0.1)
    assert done.returncode == 0
    assert home.deliver_files(done.files) == ["landed"]
    (device,) = home.devices().values()
    assert device["sample_count"] == done.reading.sample_count > 2
    with duckdb.connect() as connection:
        TABLES["raw.telemetry_results"].load(connection, home.settings)
        found = read_rows(connection, "select * from raw.telemetry_results order by result_no")
    cases = {(row["number_format"], row["is_optimized"], row["batch_size"], row["thread_count"]) for row in found}
    forms = [("fp32", False), ("fp32", True), ("int8", True)]
    assert {case[:3] for case in cases} == {(*form, size) for form in forms for size in (1, 4)}
    assert len(found) == 3 * len(cases)
    assert all(row["wall_s"] > 0 and row["inference_count"] % row["batch_size"] == 0 for row in found)
    assert sum(row["processor_s"] for row in found) * 6 < device["energy_j"]  # starting and warming up took some too
    assert {row["same_answer_fraction"] for row in found if row["number_format"] == "fp32"} == {1.0}
    assert all(row["same_answer_fraction"] > 0.9 for row in found)


def test_a_case_is_the_median_of_its_repeats(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    home.deliver("b.recording", recording(*({"repeat_no": n, "wall_s": s} for n, s in enumerate((1.0, 2.0, 4.0), 1))))
    (case,) = rows_of(home, warehouse, "core.telemetry_benchmarks")
    assert case["case_name"] == "fp32, batch 1, threads 1"
    assert (case["repeat_count"], case["inference_count"], case["inferences_per_s"]) == (3, 30, 5.0)
    assert (case["inferences_per_s_low"], case["inferences_per_s_high"]) == pytest.approx((2.75, 9.5))
    assert case["processor_s_per_inference"] == 0.4
    assert case["is_modelled"]
    energies = [case[f"joule_per_inference{end}"] for end in ("_low", "", "_high")]
    assert energies == pytest.approx(
        [1.2, 2.4, 9.6]
    )  # 4 s of a core at 6 W for 10 inferences; half of it to four times
    assert case["energy_j"] == pytest.approx(72)


def test_a_stated_power_goes_before_the_assumption_and_a_meter_before_both(
    home: Home, warehouse: duckdb.DuckDBPyConnection
) -> None:
    stated, metered = {"core_power_w": 10.0}, {"core_power_w": 10.0, "energy_j": 7.0, "thread_count": 2}
    home.deliver("b.recording", recording(stated, metered))
    found = rows_of(home, warehouse, "core.telemetry_benchmarks")
    assert [(row["is_modelled"], row["energy_j"], row["joule_per_inference_high"]) for row in found] == [
        (True, 40.0, pytest.approx(16)),
        (False, 7.0, pytest.approx(0.7)),
    ]


def test_pairs_differ_in_one_technique_alone(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    home.deliver("b.recording", recording(
        {}, {"number_format": "int8", "wall_s": 0.5, "processor_s": 2.0, "same_answer_fraction": 0.975},
        {"is_optimized": False, "wall_s": 3.0}, {"batch_size": 8, "inference_count": 80, "wall_s": 4.0},
        {"repeat_no": 2, "wall_s": 9.0}, {"thread_count": 2},
    ))  # fmt: skip
    pairs = rows_of(home, warehouse, "core.own_lever_pairs")
    factors = {
        row["efficiency_lever_id"]: (row["baseline_result_no"], row["result_no"], row["factor"]) for row in pairs
    }
    assert factors == {
        "own-int8-p-1-throughput": (1, 2, 4.0), "own-int8-p-1-energy": (1, 2, 2.0),
        "own-graph-p-1-throughput": (3, 1, 1.5), "own-graph-p-1-energy": (3, 1, 1.0),
        "own-batch-1-to-8-p-1-throughput": (1, 4, 4.0), "own-batch-1-to-8-p-1-energy": (1, 4, 8.0),
    }  # fmt: skip
    (note,) = [row["note"] for row in pairs if row["efficiency_lever_id"] == "own-int8-p-1-energy"]
    assert note == "Energy is modelled from processor time: no meter was read. 97.5 % of answers are those of float32."


def test_a_result_that_cannot_be_is_set_aside(home: Home) -> None:
    outcome = home.deliver("b.recording", recording({"wall_s": -1.0}))
    assert outcome.status == "refused"
    assert "expected a sample or a result" in outcome.message


def test_a_missing_package_is_told_in_one_line(
    home: Home, called_ledger: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = called_ledger("record", "--benchmark", home=home.settings.home)
    assert (done.returncode, done.stderr) == (
        1, "ledger: --benchmark needs onnxruntime. Run: pip install 'compute-ledger[benchmark]'\n",
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [("record",), ("record", "--benchmark", "--", "true")])
def test_either_a_command_or_the_benchmark(home: Home, called_ledger: Called, arguments: tuple[str, ...]) -> None:
    done = called_ledger(*arguments, home=home.settings.home)
    assert done.returncode == 2
    assert "or --benchmark without one" in done.stderr


def test_the_power_of_a_core_is_that_of_the_assumptions(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    shutil.copy(SEEDS / "assumptions.csv", seeds)
    file = seeds / "assumptions.csv"
    file.write_text(file.read_text().replace("busy_core_power_w,all,4.4,6,7.3", "busy_core_power_w,all,4.4,5.5,7.3"))
    assert _watts_per_core(Settings(home=tmp_path, site=tmp_path, seeds=seeds)) == 5.5
