"""What benchmark rows may be believed: power that cannot be, runs given twice, press beside official, unknown formats.

The models are made again over the offline build with raw tables read by the real connectors: from small files of our own in
the published formats, and, where mirrors of published files lie beside the checkout, from those.
"""

import io
import json
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.records.raw_tables import RawTable, raw_columns
from pipelines.settings import ROOT, SQL, Settings
from pipelines.sources.mlperf import inference, tiny, training
from pipelines.sources.mlperf.collected import read_collection
from pipelines.warehouse.file import connect
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.recipes import sql_models
from tests.conftest import SHARED_MIRROR, needs_shared_mirror
from tests.sources.test_mlperf_runs import collected_record, collection, summary_record

SHA = "0" * 64
MORE = ROOT.parent / "shared" / "upstream_more"
needs_more_files = pytest.mark.skipif(not MORE.is_dir(), reason=f"no second mirror of published files at {MORE}")
MODELS = (
    "core.accelerator_names", "core.mlperf_inference_listings", "core.mlperf_inference_runs", "core.mlperf_tiny_runs",
    "core.mlperf_training_logs", "core.mlperf_training_power_logs", "core.mlperf_training_runs",
    "core.mlperf_training_samples", "core.mlperf_training_published", "core.fetched_results", "core.curated_results",
    "core.benchmark_results", "core.benchmark_derived", "core.findings_benchmarks", "mart.benchmark_runs",
    "mart.utilisation", "mart.consistency_findings",
)  # fmt: skip
LENOVO = {
    "Submitter": "Lenovo", "Platform": "SR680a", "Performance_Result": 102909.0, "has_power": True, "Power_Units": "Watts",
}  # fmt: skip
START_MS = 1_760_000_000_000


def remade(built: Settings, target: Path, tables: Iterable[RawTable]) -> duckdb.DuckDBPyConnection:
    """The offline build with these raw tables in place of the empty ones, and every benchmark model made again."""
    shutil.copy(built.published.resolve(), target)
    target.chmod(0o644)
    connection = connect(target, built)
    load_macros(connection, SQL / "macros")
    by_name: dict[str, list[RawTable]] = {}
    for table in tables:
        by_name.setdefault(f"raw.{table.schema.table}", []).append(table)
    for name, found in by_name.items():
        frame = found[0].frame
        for more in found[1:]:
            frame = frame.vstack(more.frame)
        write_table(connection, name, frame, name, raw_columns(found[0].schema))
    for name in MODELS:
        types = run_model(connection, sql_models()[name])
        assert [check for check in run_checks(connection, sql_models()[name], types) if check.failing_count] == []
    return connection


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    [row] = rows_of(connection, query)
    return row


def summaries(*changes: dict[str, Any]) -> list[RawTable]:
    return inference.read_summary(
        json.dumps([summary_record(**each) for each in changes]).encode(), "summary.json", SHA
    )


def log(start_min: float, minutes: float, samples: int | None = None) -> bytes:
    """The log of a run that began so many minutes after a fixed moment and took so long."""
    begin = START_MS + round(start_min * 60_000)

    def line(key: str, value: Any, at_ms: int, **metadata: Any) -> str:
        entry = {"namespace": "", "time_ms": at_ms, "event_type": "POINT_IN_TIME", "key": key, "value": value}
        return f":::MLLOG {json.dumps({**entry, 'metadata': metadata})}\n"

    end = begin + round(minutes * 60_000)
    told = "" if samples is None else line("eval_accuracy", 0.9, end, samples_count=samples)
    return (line("run_start", None, begin) + told + line("run_stop", None, end, status="success")).encode()


def training_round(name: str, sets: dict[str, list[bytes]], chip: str = "NVIDIA H100-SXM5-80GB") -> list[RawTable]:
    """A round of MLPerf Training: SYSTEM/BENCHMARK -> the logs of its runs."""
    box = {"division": "closed", "submitter": "Example", "system_name": "Box", "number_of_nodes": "1",
           "accelerators_per_node": "8", "accelerator_model_name": chip}  # fmt: skip
    members = {f"Example/systems/{place.split('/')[0]}.json": json.dumps(box).encode() for place in sets}
    members |= {
        f"Example/results/{place}/result_{number}.txt": data
        for place, logs in sets.items()
        for number, data in enumerate(logs)
    }
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as packed:
        for path, data in members.items():
            entry = tarfile.TarInfo(f"training_results_{name}-0123abc/{path}")
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return training.read_round(sink.getvalue(), f"{name}.tar.gz", SHA, name)


# --- power ----------------------------------------------------------------------------------------------------------


def test_power_of_zero_is_no_power_and_never_zero_joules(built: Settings, tmp_path: Path) -> None:
    tables = summaries(LENOVO | {"Power_Result": 0.0}, LENOVO | {"Platform": "b", "Power_Result": 10_400.9989})
    tables += read_collection(
        collection({
            "mlperf-inference--v4.0--edge--closed--x--singlestream": [
                collected_record("z", version="v4.0", Result=3.7, Result_Units="Latency (ms)", Scenario="SingleStream",
                                 Result_Power=0.0, Result_Power_Units="millijoules")
            ]
        }), "cm", SHA,
    )  # fmt: skip
    with remade(built, tmp_path / "w.duckdb", tables) as made:
        columns = "power_w, joule_per_unit, joule_per_token, power_reason, value > 0, is_default"
        where = (
            "from mart.benchmark_runs where not is_curated and system = 'Box (8x B200)' order by power_w nulls first"
        )
        none, some = rows_of(made, f"select {columns} {where}")
        assert none == (None, None, None, "the publisher gives 0 watts", True, True)
        assert some[:4] == (10_400.9989, pytest.approx(0.10107, abs=5e-6), pytest.approx(0.10107, abs=5e-6), None)
        query = "select joule_per_unit, power_reason from mart.benchmark_runs where round = 'v4.0' and not is_curated"
        assert one(made, query) == (None, "the publisher gives 0 millijoules")
        assert one(made, "select count(*) from mart.benchmark_runs where joule_per_unit = 0 or power_w = 0") == (0,)


@pytest.mark.parametrize(("watts", "bound"), [(104.009989, 800.0), (104_009.989 * 8, 80_000.0)])
def test_power_far_from_that_of_the_accelerators_is_a_finding_and_gives_no_energy(
    built: Settings, tmp_path: Path, watts: float, bound: float
) -> None:
    tables = summaries(LENOVO | {"Power_Result": watts}, LENOVO | {"Platform": "b", "Power_Result": 10_400.9989})
    with remade(built, tmp_path / "w.duckdb", tables) as made:
        [(reason, joules)] = rows_of(
            made,
            "select power_reason, joule_per_token from mart.benchmark_runs where system = 'Box (8x B200)' and power_w is null",
        )
        assert joules is None
        assert reason.startswith(f"not possible: {round(watts, 1)} W is ")
        found = rows_of(
            made,
            "select observed, expected, unit, severity from mart.consistency_findings where rule = 'power_of_accelerators'",
        )
        assert found == [(pytest.approx(watts), bound, "W", "error")]
        best = "select min(joule_per_token) from mart.benchmark_runs where is_default and system = 'Box (8x B200)'"
        assert one(made, best) == (pytest.approx(0.10107, abs=5e-6),)


@needs_shared_mirror
def test_no_published_power_is_called_impossible(built: Settings, tmp_path: Path) -> None:
    site = SHARED_MIRROR / "github.com/mlcommons/cm4mlperf-results/archive/HEAD.tar.gz"
    summary = SHARED_MIRROR / "raw.githubusercontent.com/mlcommons/inference_results_v5.1/main/summary_results.json"
    tables = [*read_collection(site.read_bytes(), "cm", SHA), *inference.read_summary(summary.read_bytes(), "s", SHA)]
    with remade(built, tmp_path / "w.duckdb", tables) as made:
        measured, impossible = one(
            made,
            "select count(published_power_w), count(*) filter (published_power_w > 0 and power_reason is not null) "
            "from core.benchmark_results where suite = 'mlperf inference'",
        )
        assert measured > 600
        assert impossible == 0
        joules = one(
            made,
            "select joule_per_token from mart.benchmark_runs where round = 'v5.1' and submitter = 'Lenovo' "
            "and benchmark = 'llama2-70b-99.9' and scenario = 'Offline' and power_w is not null",
        )
        assert joules == (pytest.approx(10_400.998879 / 102_909, rel=1e-4),)
        # The collection has the official scores of the rounds of Training whose logs it has: all are shown.
        counts = dict(rows_of(made, "select round, count(*) from core.mlperf_training_published group by round"))
        assert counts == {"v1.0": 131, "v1.1": 108, "v2.0": 234, "v2.1": 144, "v3.0": 214}
        unknown = "accelerator_name is not null and accelerator_id is null"
        assert one(made, f"select count(*) from core.mlperf_training_published where {unknown}") == (0,)


# --- runs given twice -----------------------------------------------------------------------------------------------


def test_runs_given_again_under_other_names_and_in_later_rounds_count_once(built: Settings, tmp_path: Path) -> None:
    runs = [log(100 * n, 20 + n) for n in range(5)]
    others = [log(100 * n + 1, 20 + n) for n in range(5)]
    tables = training_round("v98.0", {"box/resnet": runs, "other/resnet": others})
    tables += training_round("v98.1", {"box_again/resnet": runs, "box_third/resnet": runs[::-1]})
    with remade(built, tmp_path / "w.duckdb", tables) as made:
        found = rows_of(
            made,
            "select regexp_extract(benchmark_result_id, 'Example/([^/]+)/', 1), value, same_runs_as, is_duplicate, is_default "
            "from mart.benchmark_runs where round in ('v98.0', 'v98.1') order by 1",
        )
        first = "mlperf training/v98.0/Example/box/resnet"
        assert found == [
            ("box", 22.0, None, False, True),
            ("box_again", 22.0, first, True, False),
            ("box_third", 22.0, first, True, False),
            ("other", 22.0, None, False, True),
        ]


def test_a_benchmark_without_a_rule_stands_in_the_mart_with_its_reason(built: Settings, tmp_path: Path) -> None:
    with remade(built, tmp_path / "w.duckdb", training_round("v98.0", {"box/chess": [log(0, 20)]})) as made:
        found = one(
            made,
            "select value, value_reason, is_default, accelerator_id from mart.benchmark_runs where benchmark = 'chess'",
        )
        reason = "no rule for this benchmark in seeds/benchmarks/mlperf_training_rules.csv"
        assert found == (None, reason, False, "h100-sxm")


# --- utilisation ----------------------------------------------------------------------------------------------------


def test_utilisation_above_one_is_never_shown_and_unknown_formats_are_left_out(built: Settings, tmp_path: Path) -> None:
    """Ten runs of a minute on eight H100: about 207 samples are the peak of 16 bits; more took fewer bits."""
    sets = {
        f"{name}/llama2_70b_lora": [log(10 * n + shift, 1, samples) for n in range(10)]
        for name, samples, shift in (("slow", 100, 0), ("fast", 1_000, 3))
    }
    tables = training_round("v98.0", sets)
    tables += summaries(
        {"Performance_Result": 1e7}, {"Platform": "b"}, {"Platform": "c", "weight_data_types": "fp8, fp4"}
    )
    with remade(built, tmp_path / "w.duckdb", tables) as made:
        slow, fast = rows_of(
            made,
            "select mfu, is_format_stated, utilisation_reason from mart.benchmark_runs where round = 'v98.0' "
            "order by mfu nulls last",
        )
        assert 0 < slow[0] < 1
        assert slow[1:] == (
            False, "number format not published: share of the dense peak of bf16, too high if the run used fewer bits"
        )  # fmt: skip
        assert fast == (
            None, False, "number format not published; above the dense peak of bf16, so the run used fewer bits"
        )  # fmt: skip
        impossible, right, mixed = rows_of(
            made,
            "select output_utilisation_ratio, peak_format, is_format_stated, utilisation_reason from mart.benchmark_runs "
            "where system = 'Box (8x B200)' order by units_per_s desc, locator",
        )
        assert impossible[:3] == (None, "fp4", True)
        assert impossible[3].startswith("not possible: ")
        assert right[1:] == ("fp4", True, None)
        assert mixed[2] is False
        assert one(
            made, "select count(*) from mart.consistency_findings where rule = 'benchmark_utilisation_above_one'"
        ) == (1,)
        assert one(made, "select count(*) from mart.utilisation where highest_ratio > 1") == (0,)
        assert one(made, "select count(*) from mart.utilisation where measure = 'training MFU'") == (0,)


# --- what MLCommons publishes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rounds_of_2025(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """MLPerf Training v5.0 and v5.1 as published."""
    if not (SHARED_MIRROR.is_dir() and MORE.is_dir()):
        pytest.skip(f"no mirrors of published files at {SHARED_MIRROR} and {MORE}")
    tables = []
    for mirror, name in ((SHARED_MIRROR, "v5.0"), (MORE, "v5.1")):
        path = mirror / f"github.com/mlcommons/training_results_{name}/archive/HEAD.tar.gz"
        tables += training.read_round(path.read_bytes(), path.name, SHA, name)
    with remade(built, tmp_path_factory.mktemp("truth") / "w.duckdb", tables) as made:
        yield made


@pytest.mark.slow
def test_the_results_of_v5_1_are_all_there_and_every_chip_is_known(rounds_of_2025: duckdb.DuckDBPyConnection) -> None:
    counts = rows_of(rounds_of_2025, "select round, count(value) from core.mlperf_training_runs group by 1 order by 1")
    assert counts == [("v5.0", 201), ("v5.1", 184)]
    closed = "division = 'closed' and accelerator_name is not null and accelerator_id is null"
    assert one(rounds_of_2025, f"select count(*) from core.mlperf_training_runs where {closed}") == (0,)
    best = dict(
        rows_of(
            rounds_of_2025,
            "select benchmark, min(chip_minutes) from mart.benchmark_runs where accelerator_id = 'gb300' and is_default "
            "group by benchmark",
        )
    )
    assert best["llama2_70b_lora"] == pytest.approx(47.8, abs=0.05)
    assert best["llama31_8b"] == pytest.approx(539, abs=0.5)


@pytest.mark.slow
def test_the_same_run_under_two_names_counts_once(rounds_of_2025: duckdb.DuckDBPyConnection) -> None:
    twice = rows_of(
        rounds_of_2025,
        "select benchmark, is_default, same_runs_as from mart.benchmark_runs where round = 'v5.1' "
        "and benchmark_result_id similar to '.*/Dell/1xXE9(680L|780)x8B200-SXM-180GB/(rgat|retinanet)' order by all",
    )
    first = "mlperf training/v5.0/Dell/1xXE9680Lx8B200-SXM-180GB/"
    assert twice == [(name, False, first + name) for name in ("retinanet", "retinanet", "rgat", "rgat")]
    repeats = "select round, count(same_runs_as) from core.mlperf_training_runs group by 1 order by 1"
    assert rows_of(rounds_of_2025, repeats)[1][1] >= 18


@pytest.mark.slow
def test_no_press_row_is_default_beside_an_official_one(rounds_of_2025: duckdb.DuckDBPyConnection) -> None:
    left = "select count(*) from mart.benchmark_runs where is_curated and suite = 'mlperf training' and round in ('v5.0', 'v5.1')"
    assert one(rounds_of_2025, left) == (0,)
    official = one(
        rounds_of_2025,
        "select f.value from core.curated_results as c join core.fetched_results as f on c.repeated_by = f.benchmark_result_id "
        "where c.benchmark_result_id = 'train-v5.1-dlrm-dcnv2-nvidia-gb200-64'",
    )
    assert official == (pytest.approx(0.7696625),)


@needs_more_files
def test_tiny_v1_2_is_read_past_its_shadow_files() -> None:
    path = MORE / "github.com/mlcommons/tiny_results_v1.2/archive/HEAD.tar.gz"
    results, systems = tiny.read_round(path.read_bytes(), path.name, SHA, "v1.2")
    assert (results.accepted_count, systems.accepted_count) == (164, 27)
    assert (results.rejects, systems.rejects) == ([], [])
