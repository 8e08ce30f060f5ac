"""MLPerf Training: from the archive of a round to official scores and energy.

The small archives here are made by hand in the published format. Where the mirror of published files
lies beside the checkout, the real rounds are scored too.
"""

import io
import json
import tarfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.defs.model_assets import MODELS as ALL_MODELS
from pipelines.errors import LedgerError
from pipelines.records.archives import walk_archive
from pipelines.records.raw_tables import RawTable, empty_raw_frame, raw_columns
from pipelines.settings import SEEDS, SQL, Settings
from pipelines.sources.mlperf.training import CAPS, MlperfTrainingPower, MlperfTrainingResults, read_round
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import SqlModel, run_model
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.raw_layer import raw_schemas
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

SHA = "0" * 64
START = 1_700_000_000_000
BOX = {"division": "closed", "submitter": "Example Works", "system_name": "Box", "status": "onprem", "number_of_nodes": "2",
       "accelerators_per_node": "8", "accelerator_model_name": "NVIDIA H100-SXM5-80GB", "framework": "x"}  # fmt: skip
FOLDER = "Example/results/box/bert"
MODELS = (
    "core.accelerator_names", "core.mlperf_training_logs", "core.mlperf_training_power_logs", "core.mlperf_training_runs",
    "core.mlperf_training_comparison",
)  # fmt: skip
SEED_TABLES = {
    "accelerators": "hardware/accelerators.csv",
    "accelerator_aliases": "hardware/accelerator_aliases.csv",
    "mlperf_training_rules": "benchmarks/mlperf_training_rules.csv",
    "mlperf_rounds": "benchmarks/mlperf_rounds.csv",
}


def line(key: str, value: Any = None, at_s: float = 0.0, **metadata: Any) -> str:
    """A record at a time in seconds."""
    entry = {"namespace": "", "time_ms": START + round(at_s * 1000), "event_type": "POINT_IN_TIME", "key": key}
    return f":::MLLOG {json.dumps({**entry, 'value': value, 'metadata': {'file': 'x.py', 'lineno': 1, **metadata}})}\n"


def run(minutes: float | None, status: str | None = "success", batch: int = 448) -> bytes:
    """The log of a run that took so long; without its start where that is None."""
    start = [line("run_start", None, 60)] if minutes is not None else []
    told = {} if status is None else {"status": status}
    stop = [line("run_stop", None, 60 + 60 * (minutes or 1), **told)]
    return "".join([line("global_batch_size", batch), *start, "step 1\n", *stop]).encode()


def power(watts: Iterable[float], stop_s: float | None = None, efficiency: float | None = None) -> bytes:
    """A power log with a reading a second, from second 1 on."""
    readings = [line("power_reading", reading, second) for second, reading in enumerate(watts, start=1)]
    start = [line("power_measurement_start")]
    if efficiency is not None:
        start.append(line("conversion_eff", efficiency, measurement_type="AC"))
    stop = [line("power_measurement_stop", None, len(readings) if stop_s is None else stop_s)]
    return "".join([*start, *readings, *stop]).encode()


def bert(*minutes: float, folder: str = FOLDER) -> dict[str, bytes]:
    """A result: logs of runs with these times."""
    return {f"{folder}/result_{number}.txt": run(time) for number, time in enumerate(minutes)}


def archive(members: dict[str, bytes]) -> bytes:
    """The archive of a repository."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as packed:
        for path, data in ({"Example/systems/box.json": json.dumps(BOX).encode()} | members).items():
            entry = tarfile.TarInfo(f"training_results_v9.9-0123abc/{path}")
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def read(members: dict[str, bytes]) -> dict[str, RawTable]:
    """The raw tables of a round, by the end of their names."""
    tables = read_round(archive(members), "round.tar.gz", SHA, round_name="v9.9")
    return {table.schema.table.removeprefix("mlperf_training_"): table for table in tables}


def with_macros() -> duckdb.DuckDBPyConnection:
    """An empty warehouse with the formulas."""
    connection = duckdb.connect()
    ensure_meta(connection)
    load_macros(connection, SQL / "macros")
    return connection


@cache
def shared_macros() -> duckdb.DuckDBPyConnection:
    """One such for all examples of a property."""
    return with_macros()


@cache
def models() -> dict[str, SqlModel]:
    return ALL_MODELS


def scored(members: dict[str, bytes]) -> duckdb.DuckDBPyConnection:
    """A warehouse with the models of this subject over a round, made by the real code."""
    connection = with_macros()
    wanted = {table for name in MODELS for table in models()[name].depends_on}
    frames = {name: empty_raw_frame(schema) for name, schema in raw_schemas().items() if name in wanted}
    for table in read(members).values():
        frames[f"raw.{table.schema.table}"] = table.frame
    for name, frame in frames.items():
        write_table(connection, name, frame, name, raw_columns(raw_schemas()[name]))
    connection.execute("create schema seeds")
    for name, path in SEED_TABLES.items():
        connection.execute(f"create table seeds.{name} as from read_csv('{SEEDS / path}', header = true)")
    for name in MODELS:
        types = run_model(connection, models()[name])
        assert [check for check in run_checks(connection, models()[name], types) if check.failing_count] == []
    return connection


def results(members: dict[str, bytes]) -> list[dict[str, Any]]:
    """The scored results of a round."""
    return scored(members).sql("select * from core.mlperf_training_runs").pl().to_dicts()


def result(members: dict[str, bytes]) -> dict[str, Any]:
    (found,) = results(members)
    return found


TEN = (10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 99.0)


# Raw tables


def test_members_become_rows_in_the_publishers_words():
    tables = read(
        bert(*TEN)
        | {
            f"{FOLDER}/scaling.json": b'{"scaling_factor": 1.5}',
            f"{FOLDER}/power/result_0/node_0.txt": power([100.0, 200.0], efficiency=0.9),
            f"{FOLDER}/power/result_0/sw_0.txt": line("interconnect_power_est", 50).encode(),
            f"{FOLDER}/power/result_0/nodes.png": b"\x89PNG",
            f"{FOLDER}/power/result_0/total_power.txt": b"Total: 1 kWh\n",
            "Example/benchmarks/bert/result_0.txt": run(1),  # code of the submission: no result
            "README.md": b"#",
        }
    )
    assert {name: table.record_count for name, table in tables.items()} == {
        "results": 10, "systems": 1, "power": 2, "scaling": 1
    }  # fmt: skip
    row = tables["results"].frame.row(3, named=True)
    assert (row["round"], row["submitter"], row["system"], row["benchmark"], row["result_name"], row["run_status"]) == (
        "v9.9", "Example", "box", "bert", "result_3", "success"
    )  # fmt: skip
    assert row["run_stop_ms"] - row["run_start_ms"] == 13 * 60_000
    assert (row["member"], row["byte_start"], row["byte_end"]) == (f"{FOLDER}/result_3.txt", 0, len(run(13)))
    node, switch = tables["power"].frame.sort("is_switch").to_dicts()
    assert (node["to_stop_j"], node["reading_count"], node["conversion_eff"]) == (300, 2, 0.9)
    assert (switch["interconnect_power_est_w"], switch["to_stop_j"], switch["is_switch"]) == (50, None, True)
    assert tables["systems"].frame.row(0, named=True)["stated_submitter"] == "Example Works"


def test_a_bad_file_costs_only_itself():
    many = {f"Example/results/s{n}/resnet/result_0.txt": run(5) for n in range(300)}
    described = {f"Example/systems/s{n}.json": json.dumps(BOX).encode() for n in range(300)}
    tables = read(
        many
        | described
        | {
            f"{FOLDER}/result_0.txt": b"killed\n",
            f"{FOLDER}/result_1.txt": run(5) + b":::MLLOG {\n",
            "Example/systems/broken.json": b'{"division": ',
            "Example/systems/deep.json": b"[" * 5_000,
        }
    )
    found = tables["results"]
    assert (found.record_count, found.accepted_count, found.rejected_count) == (302, 301, 1)
    assert "Example/results/box/bert/result_0.txt: holds no log record" in str(found.rejects[0])
    (fault,) = found.faults
    assert (fault.line, fault.value) == (5, ":::MLLOG {")
    assert fault.reason.startswith(f"{FOLDER}/result_1.txt:5: is not JSON")
    reasons = [str(reject) for reject in tables["systems"].rejects]
    assert [("broken.json" in r, "deep.json" in r) for r in reasons] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, r"0 records; expected at least 1"),
        (
            {f"{FOLDER}/result_{n}.txt": b"nothing\n" for n in range(3)},
            r"3 of 3 records are rejected.*result_0.txt: holds no log",
        ),
        (bert(*TEN) | {f"{FOLDER}/scaling.json": b'{"scaling_factor": 0}'}, r"scaling.json"),
        (bert(*TEN) | {f"{FOLDER}/scaling.json": b'{"scaling_factor": "two"}'}, r"scaling.json"),
    ],
)
def test_an_archive_that_is_no_round_is_refused(members, expected):
    with pytest.raises(LedgerError, match=expected):
        read(members)


# Scores


def test_the_fastest_and_the_slowest_run_are_dropped():
    found = result(bert(*TEN))
    assert found["value"] == pytest.approx(sum(TEN[1:9]) / 8, rel=1e-12)
    assert (found["unit"], found["run_count"], found["failed_run_count"], found["score_reason"]) == (
        "minute",
        10,
        0,
        None,
    )
    assert (found["accelerator_id"], found["accelerator_count"], found["division"]) == ("h100-sxm", 16, "closed")
    assert found["chip_hours"] == pytest.approx(found["value"] / 60 * 16)
    assert (found["submitter"], found["locator"], found["global_batch_size"]) == ("Example Works", FOLDER, 448)


def test_the_review_may_scale_a_score():
    assert result(bert(*TEN) | {f"{FOLDER}/scaling.json": b'{"scaling_factor": 2}'})["value"] == pytest.approx(29.0)


@pytest.mark.parametrize(
    "failed", [run(9, "aborted"), run(9, None), run(None), run(9).rpartition(b":::MLLOG")[0], run(-3)]
)
def test_a_failed_run_is_the_slowest(failed):
    found = result(bert(*TEN) | {f"{FOLDER}/result_4.txt": failed})
    kept = sorted(time for number, time in enumerate(TEN) if number != 4)[1:]
    assert found["value"] == pytest.approx(sum(kept) / 8)
    assert found["failed_run_count"] == 1


def test_two_failed_runs_leave_no_score():
    found = result(bert(*TEN) | {f"{FOLDER}/result_{n}.txt": run(9, "aborted") for n in (2, 3)})
    assert found["value"] is None
    assert found["score_reason"] == "2 failed runs (run aborted); the rules allow 1"


def test_a_set_with_too_few_runs_has_no_score():
    assert result(bert(*TEN[:9]))["score_reason"] == "9 runs; the rules require 10"


def test_a_benchmark_without_a_rule_says_so():
    found = result(bert(*TEN, folder="Example/results/box/chess"))
    assert found["score_reason"] == "no rule for this benchmark in seeds/benchmarks/mlperf_training_rules.csv"


def test_forty_runs_drop_four_on_each_side():
    folder = "Example/results/box/unet3d"
    times = [float(n) for n in range(1, 41)]
    assert result(bert(*times, folder=folder))["value"] == pytest.approx(sum(times[4:36]) / 32)
    failed = {f"{folder}/result_{n}.txt": run(1, "aborted") for n in range(4)}
    assert result(bert(*times, folder=folder) | failed)["value"] == pytest.approx(sum(times[8:40]) / 32)
    failed |= {f"{folder}/result_9.txt": run(1, "aborted")}
    assert result(bert(*times, folder=folder) | failed)["value"] is None


def test_a_folder_with_nothing_but_a_factor_is_a_result_without_a_score():
    found = results(bert(*TEN) | {"Example/results/box/ssd/scaling.json": b'{"scaling_factor": 1.1}'})
    assert {row["benchmark"]: row["score_reason"] for row in found} == {"bert": None, "ssd": "no log for a run"}


def test_runs_given_twice_in_a_round_count_once():
    twice = {path.replace("Example/", "Example-power/"): data for path, data in bert(*TEN).items()}
    watts = {f"Example-power/results/box/bert/power/result_{n}/node_0.txt": power([100.0] * 5) for n in range(10)}
    system = {"Example-power/systems/box.json": json.dumps(BOX).encode()}
    found = {row["locator"].split("/")[0]: row["is_duplicate"] for row in results(bert(*TEN) | twice | watts | system)}
    assert found == {"Example": True, "Example-power": False}


def test_cpus_alone_are_no_accelerators():
    box = BOX | {"accelerators_per_node": "0", "accelerator_model_name": "N/A"}
    found = result(bert(*TEN) | {"Example/systems/box.json": json.dumps(box).encode()})
    assert (found["accelerator_name"], found["accelerator_count"], found["chip_hours"]) == (None, None, None)
    assert found["value"] == pytest.approx(14.5)


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 1e4), min_size=3, max_size=12), st.integers(0, 2), st.floats(0.5, 2))
def test_the_macro_is_the_rule(minutes, failed, scaling):
    ((found,),) = (
        shared_macros().execute("select training_score_of($1, $2, 1, $3)", [minutes, failed, scaling]).fetchall()
    )
    kept = sorted(minutes)[1 : len(minutes) - 1 + failed]
    expected = sum(kept) / len(kept) * scaling if failed <= 1 and kept else None
    assert found == (pytest.approx(expected) if expected is not None else None)


# Energy


def with_power(node: bytes, switch: bytes | None = None) -> dict[str, bytes]:
    """A result whose runs have the same power logs."""
    logs = bert(*TEN)
    for number in range(10):
        logs[f"{FOLDER}/power/result_{number}/node_0.txt"] = node
        logs[f"{FOLDER}/power/result_{number}/node_1.txt"] = node
        if switch is not None:
            logs[f"{FOLDER}/power/result_{number}/sw_0.txt"] = switch
    return logs


def test_energy_is_mean_power_times_the_time_of_the_runs_that_count():
    found = result(with_power(power([1_000.0] * 30, efficiency=0.5), line("interconnect_power_est", 100).encode()))
    assert found["energy_j"] == pytest.approx((2 * 500 + 100) * 14.5 * 60)
    assert found["switch_energy_j"] == pytest.approx(100 * 14.5 * 60)
    assert found["node_energy_j"] == pytest.approx(1_000 * 14.5 * 60)
    assert found["mean_run_energy_j"] == pytest.approx(1_100 * sum(TEN) / 10 * 60)
    assert found["power_w"] == pytest.approx(1_100)
    assert (found["is_energy_fallback"], found["is_switch_power_declared"]) == (False, True)
    assert result(bert(*TEN))["energy_j"] is None
    assert result(bert(*TEN))["is_energy_fallback"] is None


def test_a_measurement_without_length_falls_back_to_its_last_reading():
    found = result(with_power(power([1_000.0] * 30, stop_s=0)))
    assert found["energy_j"] == pytest.approx(2_000 * 14.5 * 60)
    assert found["is_energy_fallback"] is True


def test_switches_with_readings_are_integrated():
    found = result(with_power(power([1_000.0] * 30), power([70.0] * 30)))
    assert found["switch_energy_j"] == pytest.approx(70 * 14.5 * 60)
    assert (found["is_switch_power_declared"], found["is_energy_fallback"]) == (False, False)


def test_the_factor_of_the_review_is_not_in_the_energy():
    found = result(with_power(power([1_000.0] * 30)) | {f"{FOLDER}/scaling.json": b'{"scaling_factor": 1.1}'})
    assert found["energy_j"] == pytest.approx(2_000 * 14.5 * 60)
    assert found["official_energy_j"] == pytest.approx(2_200 * 14.5 * 60)


def test_a_run_that_counts_without_power_leaves_the_energy_open():
    members = with_power(power([1_000.0] * 30))
    for node in (0, 1):
        del members[f"{FOLDER}/power/result_5/node_{node}.txt"]
    found = result(members)
    assert (found["energy_j"], found["value"]) == (None, pytest.approx(14.5))
    for node in (0, 1):
        members[f"{FOLDER}/power/result_5/node_{node}.txt"] = power([1_000.0] * 30)
        del members[f"{FOLDER}/power/result_0/node_{node}.txt"]  # the fastest run, which is dropped
    assert result(members)["energy_j"] == pytest.approx(2_000 * 14.5 * 60)


# What MLCommons publishes


@pytest.fixture(scope="module")
def real(mirrored: Settings):
    connection = duckdb.connect(str(mirrored.published), read_only=True)
    yield connection
    connection.close()


def one(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    (row,) = connection.sql(query).pl().to_dicts()
    return row


def test_every_result_of_the_rounds_is_there(real):
    found = real.sql(
        "select round, count(*), count(value) from core.mlperf_training_runs group by 1 order by 1"
    ).fetchall()
    # The archive of v4.0 has 203 folders of results. One of it and one of v4.1 hold nothing but a scaling factor.
    assert found == [("v3.0", 260, 260), ("v4.0", 203, 202), ("v4.1", 154, 153), ("v5.0", 201, 201)]


def test_our_scores_are_the_published_ones(real):
    v30 = "select count(*), max(abs(difference_minutes)) from core.mlperf_training_comparison where round = 'v3.0'"
    count, difference = real.sql(f"{v30} and published_minutes is not null").fetchall()[0]
    assert (count, difference < 1e-6) == (214, True)
    assert real.sql(f"{v30} and is_equal").fetchall()[0][0] == 214
    without_reason = "select * from core.mlperf_training_comparison where not is_equal and reason is null"
    assert real.sql(without_reason).fetchall() == []
    assert real.sql("select distinct reason from core.mlperf_training_comparison where round = 'v3.0' order by 1").fetchall() == [
        ("the collection has no results for this benchmark",), ("the collection lacks this result",), (None,)
    ]  # fmt: skip


def test_known_times(real):
    runs = "select value from core.mlperf_training_runs where round = 'v4.0'"
    largest = one(real, f"{runs} and benchmark = 'gpt3' and accelerator_count = 11616")
    assert largest["value"] == pytest.approx(3.444, abs=5e-4)
    lora = one(
        real,
        f"{runs} and submitter = 'NVIDIA' and benchmark = 'llama2_70b_lora' "
        "and accelerator_count = 8 and accelerator_id = 'h100-sxm'",
    )
    assert lora["value"] == pytest.approx(28.163, abs=5e-4)


def test_known_energies(real):
    gpt3 = one(real, "select * from core.mlperf_training_runs where benchmark = 'gpt3' and energy_j is not null")
    assert (gpt3["accelerator_count"], gpt3["accelerator_id"]) == (512, "h100-sxm")
    assert gpt3["value"] == pytest.approx(56.87, abs=0.01)
    assert gpt3["energy_j"] / 3.6e6 == pytest.approx(472, abs=0.5)
    assert gpt3["switch_energy_j"] / 3.6e6 == pytest.approx(56, abs=0.5)
    assert gpt3["is_switch_power_declared"]
    lora = one(
        real,
        "select * from core.mlperf_training_runs where round = 'v5.0' and benchmark = 'llama2_70b_lora' and energy_j is not null",
    )
    assert (lora["accelerator_count"], lora["accelerator_id"]) == (8, "b200-sxm")
    assert lora["mean_run_energy_j"] / 3.6e6 == pytest.approx(1.68, abs=0.005)
    assert lora["energy_j"] / 3.6e6 == pytest.approx(1.667, abs=0.001)
    assert lora["official_energy_j"] / 3.6e6 == pytest.approx(1.698, abs=0.001)


def test_measurements_without_length_are_flagged(real):
    found = real.sql(
        "select is_energy_fallback, count(*) from core.mlperf_training_runs "
        "where round = 'v4.0' and energy_j is not null group by 1 order by 1"
    ).fetchall()
    assert found == [(False, 4), (True, 7)]


def test_accelerators_of_closed_results_are_resolved(real):
    row = one(
        real,
        "select count(accelerator_id) / count(*) as resolved, "
        "count(*) filter (accelerator_id is null and accelerator_name is not null) as unresolved "
        "from core.mlperf_training_runs where division = 'closed'",
    )
    assert row["resolved"] > 0.99
    assert row["unresolved"] == 0


def test_the_only_refused_lines_are_known(real):
    found = real.sql(
        "select table_name, regexp_extract(reason, '^([^/]+)/', 1) as submitter, count(*) from meta.rejects "
        "where source_id = 'mlperf_training' group by all order by all"
    ).fetchall()
    # Clocks that said 0 for a record that nobody reads, and meters that gave negative watts.
    assert found == [("raw.mlperf_training_power", "smc-ac-power", 7), ("raw.mlperf_training_results", "Intel", 30)]
    kept = real.sql("select sum(rejected_count) from meta.files where source_id = 'mlperf_training'").fetchall()
    assert kept == [(0,)]


@pytest.mark.parametrize(
    ("is_published", "name"), [(False, "v4.0"), pytest.param(True, "v5.0", marks=needs_shared_mirror)]
)
def test_logs_of_a_whole_round_are_counted_by_another_hand(small_mirror: Path, is_published: bool, name: str):
    mirror = SHARED_MIRROR if is_published else small_mirror
    path = mirror / f"github.com/mlcommons/training_results_{name}/archive/HEAD.tar.gz"
    data = path.read_bytes()
    marks = runs = 0
    for member in walk_archive(data, path.name, CAPS):
        if Path(member.path).suffix == ".txt" and "/results/" in member.path:
            marks += member.read().count(b":::MLLOG")
            runs += "/power/" not in member.path
    tables = {table.schema: table for table in read_round(data, path.name, SHA, round_name=name)}
    assert tables[MlperfTrainingResults].record_count == runs
    logs = [tables[MlperfTrainingResults].frame, tables[MlperfTrainingPower].frame]
    assert pl.concat([frame.select("record_count") for frame in logs])["record_count"].sum() == marks
