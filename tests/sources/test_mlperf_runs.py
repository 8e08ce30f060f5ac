"""MLPerf Inference and Tiny: from the publishers' formats to joules per token, sample, query and inference.

The small files here are made by hand in the published formats. Where the mirror of published files lies
beside the checkout, the real ones are read too.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.defs.model_assets import MODELS as ALL_MODELS
from pipelines.errors import LedgerError
from pipelines.fetch.snapshots import fetch
from pipelines.fetch.store import latest_accepted
from pipelines.records.raw_tables import RawTable, RemoteFile, empty_raw_frame, raw_columns
from pipelines.settings import SEEDS, SQL, Settings
from pipelines.sources.mlperf.collected import read_collection
from pipelines.sources.mlperf.inference import ROUND_FORMATS, read_summary, read_summary_v6
from pipelines.sources.mlperf.tiny import read_figures, read_round
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import SqlModel, run_model
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.raw_layer import raw_schemas
from tests.conftest import NO_SHARED_MIRROR, SHARED_MIRROR

SHA = "0" * 64
SEED_TABLES = {
    "accelerators": "hardware/accelerators.csv",
    "accelerator_aliases": "hardware/accelerator_aliases.csv",
    "benchmark_results": "benchmarks/benchmark_results.csv",
    "assumptions": "assumptions.csv",
    "mlperf_rounds": "benchmarks/mlperf_rounds.csv",
}
MODELS = (
    "core.accelerator_names",
    "core.mlperf_inference_listings",
    "core.mlperf_inference_runs",
    "core.mlperf_tiny_runs",
)


def summary_record(**changes: Any) -> dict[str, Any]:
    """A result in the schema of v5.1."""
    record = {
        "ID": "5.1-0001", "Submitter": "Example", "Availability": "available", "Category": "closed",
        "Suite": "datacenter", "System": "Box (8x B200)", "Platform": "box_b200x8", "UsedModel": "llama2-70b-99.9",
        "Model": "llama2-70b-99.9", "Scenario": "Offline", "Accuracy": "ROUGE1: 44.5", "Nodes": 1,
        "Processor": "Some Processor", "host_processors_per_node": 2, "host_processor_core_count": "64",
        "Accelerator": "NVIDIA B200-SXM-180GB", "a#": 8, "Software": "x", "operating_system": "y", "Notes": "",
        "compliance": 1, "errors": 0, "version": "v5.1", "inferred": 0, "has_power": False,
        "weight_data_types": "fp4", "p#": 2, "Performance_Result": 1000.0, "Performance_Units": "Tokens/s",
    }  # fmt: skip
    record |= changes
    location = f"{record['Category']}/{record['Submitter']}/results/{record['Platform']}"
    return {"Location": f"{location}/{record['UsedModel']}/{record['Scenario']}", **record}


def summary_v6_record(**changes: Any) -> dict[str, Any]:
    """A result in the schema of v6.1."""
    return {
        "Organization": "Example", "Availability": "available", "Division": "closed", "SystemType": "datacenter",
        "SystemName": "Box", "Platform": "box", "Model": "wan", "MlperfModel": "text_to_video",
        "Scenario": "SingleStream", "Result": 20.5, "Accuracy": "vbench_score: 70", "number_of_nodes": 2,
        "host_processor_model_name": "z", "host_processors_per_node": 2, "host_processor_core_count": "96",
        "accelerator_model_name": "AMD Instinct MI355X 288GB HBM3e", "accelerators_per_node": 8,
        "total_accelerators": 16, "Location": "./closed/Example/results/box/wan/SingleStream/performance/run_1",
        "framework": "x", "operating_system": "y", "notes": None, "compliance": "closed", "errors": 0,
        "version": "v6.1", "inferred": 0, "has_power": False, "Units": "Latency (s)",
        "weight_data_types": "nvfp4", "design_power_watts": None, "PrivateID": None,
    } | changes  # fmt: skip


def collected_record(uid: str, **changes: Any) -> dict[str, Any]:
    """A result of Inference in the format of the collection."""
    record = {
        "Accuracy": 76.0, "Availability": "available", "Division": "closed", "MlperfModel": "resnet",
        "Model": "resnet50", "Organization": "Example", "Platform": "box", "Result": 500.0,
        "Result_Units": "Samples/s", "Scenario": "Offline", "SystemName": "Box", "SystemType": "datacenter",
        "accelerator_model_name": "NVIDIA L4", "accelerators_per_node": 2, "compliance": 1, "errors": 0,
        "framework": "x", "git_url": "https://example.org", "has_power": False, "host_processor_core_count": 64,
        "host_processor_model_name": "Some Processor", "host_processors_per_node": 2, "inferred": 0, "notes": "",
        "number_of_nodes": 1, "operating_system": "y", "uid": uid, "url": "https://example.org", "version": "v3.1",
    }  # fmt: skip
    record |= changes
    return {"Location": f"closed/{record['Platform']}/{record['Model']}/{record['Scenario']}", **record}


def training_record(uid: str, **changes: Any) -> dict[str, Any]:
    """A result of Training in the format of the collection."""
    return {
        "uid": uid, "version": "3.0", "submitter": "Example", "division": "closed", "availability": "available",
        "system": "box", "Benchmark": "language-processing", "Model_ID": "bert", "Dataset": "Wikipedia",
        "Result": 45.79, "Result_Units": "min.", "Accuracy": 0.72, "Accuracy_Metric": "Mask-LM accuracy",
        "accelerator_model_name": "NVIDIA L4", "accelerators_count": 8, "host_processor_model_name": "z",
        "host_processors_count": "2", "framework": "x", "notes": "", "bert": 45.79, "unet3d": "",
    } | changes  # fmt: skip


def tiny_record(uid: str, **changes: Any) -> dict[str, Any]:
    """A result of Tiny in the format of the collection."""
    return {
        "uid": uid, "version": "v0.7", "Organization": "example", "Submitter": "Example", "Division": "closed",
        "__System": "board", "Benchmark": "kws", "Board Name": "NUCLEO-L4R5ZI", "Accelerator": "",
        "Processor(s) Name": "Cortex-M4", "median_throughput": 20.0, "median_throughput_metric": "inf./sec.",
    } | changes  # fmt: skip


def archive(members: Mapping[str, bytes]) -> bytes:
    """A .tar.gz with one top folder."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as packed:
        for path, data in members.items():
            entry = tarfile.TarInfo(f"top-1234/{path}")
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def collection(experiments: Mapping[str, list[Any]]) -> bytes:
    """The collection with these experiments; suites that are not named get one good record."""
    filled = {
        "mlperf-inference--v3.1--edge--closed--x--offline": [collected_record("i")],
        "mlperf-training--3.0--closed--bert": [training_record("t")],
        "mlperf-tiny--v0.7--closed--kws": [tiny_record("y")],
    } | dict(experiments)
    return archive(
        {f"experiment/{name}/2023-04-06/cm-result.json": json.dumps(rows).encode() for name, rows in filled.items()}
        | {"README.md": b"not read"}
    )


ENERGY_LOG = """00176.405 ulp-ml:   Energy/Inf.  :      293.900 uJ/inf.
00176.476 ulp-ml: Median energy cost is {energy} uJ/inf.
00176.500 ulp-ml: Median throughput is 145.7 inf./sec.
"""
STREAM_LOG = """Power Edition Output
Energy data for trial 0
  Elapsed time  : 1200.002
  Inferences    : 1
  Power         : 25.6220 mW.
  Total Energy  : 30746401.810 uJ
Median energy cost is 30746401.8100 uJ/inf.
Accuracy: 44 True positives, 6 False negatives, 4 False positives
Average duty cycle: 0.56085
Estimated throughput: 55.742 inf./sec.
"""
SPEED_LOG = "    Throughput: 6.03\n0726.0 ulp-mlperf: Median throughput is      6.036 inf./sec.\n"
BOARD = {"Submitter": "Example", "Division": "Closed", "Board Name": "NUCLEO-L4R5ZI", "Accelerator": "",
         "Processor(s) Name": "Cortex-M4", "Operating System ": {"Zephyr OS": {"version": "3"}}}  # fmt: skip


def tiny_archive(extra: Mapping[str, bytes] | None = None) -> bytes:
    """A round of Tiny: one board with two benchmarks, and enough boards for a reject to be few."""
    base = "closed/example/results/board"
    members = {
        "closed/example/systems/board.json": json.dumps(BOARD).encode(),
        f"{base}/ad/energy/results.txt": ENERGY_LOG.format(energy="293.912").encode(),
        f"{base}/ad/performance/results.txt": SPEED_LOG.encode(),
        f"{base}/ad/accuracy/results.txt": b"0726.0 ulp-mlperf: Top 1% = 87.0\n0726.0 ulp-mlperf: AUC = 0.988\n",
        f"{base}/sww/energy/results.txt": STREAM_LOG.encode(),
        "closed/example/code/results.txt": b"not a log",
    }
    more = {f"closed/other/results/b{n}/kws/performance/results.txt": SPEED_LOG.encode() for n in range(400)}
    return archive(members | more | dict(extra or {}))


def table_of(tables: list[RawTable], name: str) -> RawTable:
    """One of the tables by name."""
    return next(table for table in tables if table.schema.table == name)


@cache
def all_models() -> dict[str, SqlModel]:
    """The project's models, read once."""
    return ALL_MODELS


def warehouse(*tables: RawTable) -> duckdb.DuckDBPyConnection:
    """An open warehouse with these raw tables, the curated files, and the models of this subject made by the real code."""
    connection = duckdb.connect()
    ensure_meta(connection)
    load_macros(connection, SQL / "macros")
    frames = {name: empty_raw_frame(schema) for name, schema in raw_schemas().items()}
    for table in tables:
        name = f"raw.{table.schema.table}"
        frames[name] = pl.concat([frames[name], table.frame])
    for name, frame in frames.items():
        write_table(connection, name, frame, name, raw_columns(raw_schemas()[name]))
    connection.execute("create schema seeds")
    for name, path in SEED_TABLES.items():
        connection.execute(f"create table seeds.{name} as from read_csv('{SEEDS / path}', header = true)")
    models = all_models()
    for name in MODELS:
        types = run_model(connection, models[name])
        assert [check for check in run_checks(connection, models[name], types) if check.failing_count] == []
    return connection


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The answer as dictionaries."""
    return connection.sql(query).pl().to_dicts()


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The only row of an answer."""
    (row,) = connection.sql(query).fetchall()
    return row


# Raw tables


def test_a_summary_keeps_what_holds_and_says_what_does_not() -> None:
    good = [summary_record(Platform=f"box{n}") for n in range(500)]
    text = json.dumps(good)[:-1] + ', {"ID": NaN}, {"ID": "5.1", "ID": "5.1"}, 7, '
    text += json.dumps([
        summary_record(Platform="a", Performance_Units="Furlongs"), summary_record(Platform="b", Nodes="one")
    ])[1:]  # fmt: skip
    (table,) = read_summary(text.encode(), "summary.json", SHA)
    assert (table.record_count, table.accepted_count, table.rejected_count) == (505, 500, 5)
    reasons = "\n".join(str(reject) for reject in table.rejects)
    assert "NaN is not a number" in reasons
    assert "has ID twice" in reasons
    assert "expected an object, got 7" in reasons
    assert "column performance_units: value '\"Furlongs\"'" in reasons
    assert "column nodes_count: value '\"one\"'" in reasons


def test_a_summary_listed_twice_is_named_a_repeat() -> None:
    (table,) = read_summary(json.dumps([summary_record(), summary_record()]).encode(), "summary.json", SHA)
    assert (table.accepted_count, table.duplicate_count) == (1, 1)


@pytest.mark.parametrize("data", [b"{}", b"[{]", b"", b"[] []", b"\xff[]"])
def test_a_file_that_is_no_summary_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(LedgerError, match=r"^summary\.json"):
        read_summary(data, "summary.json", SHA)


def test_bytes_of_a_record_are_those_of_its_text() -> None:
    data = json.dumps([summary_record(), summary_record(Platform="größer")], ensure_ascii=False).encode()
    (table,) = read_summary(data, "summary.json", SHA)
    for start, end, platform in table.frame.select("byte_start", "byte_end", "platform").rows():
        assert json.loads(data[start:end])["Platform"] == platform


def test_the_collection_counts_repeats_and_refuses_a_key_told_twice() -> None:
    rows = [collected_record(f"u{n}") for n in range(300)]
    rows += [collected_record("u0"), collected_record("u1", Result=1.0)]
    tables = read_collection(collection({"mlperf-inference--v3.1--edge--closed-power--x--offline": rows}), "cm", SHA)
    table = table_of(tables, "mlperf_collected_inference")
    assert (table.record_count, table.accepted_count, table.duplicate_count, table.rejected_count) == (303, 301, 1, 1)
    assert "u1" in (table.rejects[0].value or "")
    assert table_of(tables, "mlperf_collected_training").frame["result"].to_list() == [45.79]
    assert table_of(tables, "mlperf_collected_tiny").frame["median_throughput"].to_list() == [20.0]


def test_a_board_keeps_its_logs_and_a_bad_log_costs_only_itself() -> None:
    bad = "closed/other/results/b0/kws"
    extra = {
        f"{bad}/energy/results.txt": b"00176.4 ulp-ml: stopped by a cable\n",
        f"{bad}/accuracy/results.txt": b"\xff\xfe Top-1: 90%",
        f"{bad}x/energy/results.txt": ENERGY_LOG.format(energy="NaN").encode(),
    }
    tables = read_round(tiny_archive(extra), "tiny.tar.gz", SHA, name="v1.3")
    table = table_of(tables, "mlperf_tiny_results")
    assert (table.record_count, table.rejected_count, table.accepted_count) == (407, 3, 404)
    reasons = sorted(reject.reason for reject in table.rejects)
    assert reasons[0].startswith("byte 0 is not UTF-8")
    assert reasons[2].startswith("gives no median_energy_microjoules; expected the end of a log of energy")
    assert {reject.column for reject in table.rejects} == {None, "median_energy_microjoules"}
    assert all("closed/other/results/b0" in reject.file for reject in table.rejects)
    (board,) = table_of(tables, "mlperf_tiny_systems").frame.to_dicts()
    assert (board["board_name"], board["operating_system"]) == ("NUCLEO-L4R5ZI", '{"Zephyr OS": {"version": "3"}}')


def test_shadow_files_of_macos_are_no_boards() -> None:
    shadows = {
        "closed/example/systems/._board.json": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
        "closed/example/results/board/kws/energy/._results.txt": b"\x00\x05\x16\x07",
    }
    for table in read_round(tiny_archive(shadows), "tiny.tar.gz", SHA, name="v1.2"):
        assert (table.rejects, table.record_count) == ([], table.accepted_count)


def test_a_log_with_two_medians_is_refused() -> None:
    with pytest.raises(ValueError, match="2 different figures of median_throughput_inferences_per_s"):
        read_figures(SPEED_LOG + SPEED_LOG.replace("6.036", "7.1"), "performance")
    assert read_figures(SPEED_LOG + SPEED_LOG, "performance") == {"median_throughput_inferences_per_s": "6.036"}


# Models of Inference results


def test_energy_per_token_sample_and_query() -> None:
    watts = {"has_power": True, "Power_Units": "Watts", "Power_Result": 500.0}
    query = {"Performance_Units": "Latency (ms)", "Power_Units": "millijoules", "Power_Result": 250.0}
    records = [
        summary_record(**watts),
        summary_record(Scenario="Server", Model="rgat", UsedModel="rgat", Performance_Units="Queries/s", **watts),
        summary_record(Scenario="SingleStream", Model="resnet", UsedModel="resnet50", **query),
    ]
    made = warehouse(*read_summary(json.dumps(records).encode(), "s", SHA))
    found = rows_of(made, "select scenario, power_w, joule_per_unit, unit_name, unit from core.mlperf_inference_runs")
    assert {row.pop("scenario"): tuple(row.values()) for row in found} == {
        "Offline": (500.0, 0.5, "token", "token/s"),
        "Server": (500.0, 0.5, "query", "query/s"),
        "SingleStream": (None, 0.25, "query", "ms"),
    }


def test_power_on_a_row_of_its_own_finds_its_result() -> None:
    power = {"version": "v4.0", "has_power": True}
    rows = [
        collected_record("a", **power),
        collected_record("b", **power, Result=None, Result_Units="Watts", Result_Power=100.0),
        collected_record("c", **power, Platform="other"),
        collected_record("d", version="v3.1", Platform="early", Result_Power=50.0, Result_Power_Units="Watts"),
    ]
    made = warehouse(
        *read_collection(collection({"mlperf-inference--v4.0--dc--closed-power--x--offline": rows}), "c", SHA)
    )
    found = rows_of(made, "select round, locator, power_w, joule_per_unit from core.mlperf_inference_runs order by all")
    assert [(r["round"], r["locator"].split("/")[1], r["power_w"], r["joule_per_unit"]) for r in found] == [
        ("v3.1", "box", None, None),
        ("v3.1", "early", 50.0, 0.1),
        ("v4.0", "box", 100.0, 0.2),
        ("v4.0", "other", None, None),
    ]


@pytest.mark.parametrize(
    ("version", "benchmark", "scenario", "units", "expected"),
    [
        ("v3.1", "gptj-99", "Offline", "Samples/s", "sample/s"),
        ("v4.0", "gptj-99", "Offline", "Samples/s", "sample/s"),
        ("v4.0", "llama2-70b-99.9", "Offline", "Samples/s", "token/s"),
        ("v4.0", "llama2-70b-99.9", "Server", "Queries/s", "query/s"),
        ("v4.1", "llama2-70b-99.9", "Server", "Queries/s", "token/s"),
        ("v4.1", "gptj-99.9", "Server", "Queries/s", "token/s"),
        ("v4.1", "mixtral-8x7b", "Offline", "Samples/s", "token/s"),
        ("v4.1", "gptj-99", "SingleStream", "Latency (ms)", "ms"),
        ("v4.1", "resnet", "Offline", "Samples/s", "sample/s"),
    ],
)
def test_which_rounds_count_tokens(version: str, benchmark: str, scenario: str, units: str, expected: str) -> None:
    row = collected_record(
        "a", version=version, MlperfModel=benchmark, Model=benchmark, Scenario=scenario, Result_Units=units
    )
    made = warehouse(
        *read_collection(collection({"mlperf-inference--v3.1--edge--closed--x--offline": [row]}), "c", SHA)
    )
    assert made.sql("select unit from core.mlperf_inference_runs").fetchall() == [(expected,)]


def test_what_comparisons_leave_out() -> None:
    records = [
        summary_record(),
        summary_record(UsedModel="llama2-70b-99", Model="llama2-70b-99"),
        summary_record(Scenario="Server", inferred=1),
        summary_record(UsedModel="llama2-70b-99", Model="llama2-70b-99", Platform="p2", Performance_Result=1.0),
        summary_record(Platform="p2"),
        summary_record(Category="open", UsedModel="own model", Model="rgat"),
        *(summary_record(Category="open", UsedModel=f"mobilenet-{n}", Model="resnet") for n in range(10)),
    ]
    made = warehouse(*read_summary(json.dumps(records).encode(), "s", SHA))
    flags = "is_duplicate, is_inferred, is_sweep, is_default"
    found = rows_of(made, f"select locator, {flags} from core.mlperf_inference_runs")
    flagged = {row.pop("locator").split("results/")[1]: tuple(row.values()) for row in found}
    assert flagged["box_b200x8/llama2-70b-99.9/Offline"] == (False, False, False, True)
    assert flagged["box_b200x8/llama2-70b-99/Offline"] == (True, False, False, False)
    assert flagged["box_b200x8/llama2-70b-99.9/Server"] == (False, True, False, False)
    assert flagged["p2/llama2-70b-99/Offline"] == (False, False, False, True)
    assert flagged["box_b200x8/own model/Offline"] == (False, False, False, True)
    assert sum(is_sweep for _, _, is_sweep, _ in flagged.values()) == 10
    assert sum(is_default for *_, is_default in flagged.values()) == 4


def test_chips_are_counted_over_all_nodes_and_named_by_our_keys() -> None:
    records = [
        summary_record(Platform="a", Nodes=18, Accelerator="NVIDIA GB200", **{"a#": 4}),
        summary_record(Platform="b", Accelerator="", Processor="INTEL(R) XEON(R) 6980P", Nodes=2, **{"a#": ""}),
        summary_record(Platform="c", Accelerator="Chip that nobody knows", weight_data_types="fp8, fp16"),
    ]
    made = warehouse(*read_summary(json.dumps(records).encode(), "s", SHA))
    chip = "accelerator_id, accelerator_count, runs_on, number_format"
    found = made.sql(f"select {chip} from core.mlperf_inference_runs order by locator").fetchall()
    assert found == [
        ("gb200", 72, "accelerator", "fp4"),
        ("xeon-6980p", 4, "processor", "fp4"),
        (None, 8, "accelerator", "mixed"),
    ]


def test_a_slice_of_a_chip_is_no_default() -> None:
    row = collected_record("a", accelerator_model_name="NVIDIA A100-SXM-80GB (1x1g.10gb MIG)", accelerators_per_node=1)
    made = warehouse(
        *read_collection(collection({"mlperf-inference--v3.1--edge--closed--x--offline": [row]}), "c", SHA)
    )
    found = made.sql("select accelerator_id, is_partition, is_default from core.mlperf_inference_runs").fetchall()
    assert found == [("a100-sxm-80gb", True, False)]


def test_the_schema_of_v6() -> None:
    record = summary_v6_record()
    made = warehouse(*read_summary_v6(json.dumps({"0": record}).encode(), "s", SHA))
    columns = "round, accelerator_id, accelerator_count, metric, value, unit, number_format, joule_per_unit"
    found = made.sql(f"select {columns} from core.mlperf_inference_runs").fetchall()
    assert found == [("v6.1", "mi355x", 16, "latency", 20500.0, "ms", "fp4", None)]


def test_no_row_of_a_new_schema_vanishes() -> None:
    """Scenarios in lower case, tokens in another case, a unit that nobody knows, power on a row of its own."""
    given = (("offline", "Tokens/s", 1000.0), ("server", "tokens/s", 900.0), ("interactive", "Pages/s", 3.0),
             ("singlestream", "Latency (ms)", 7.0), ("offline", "Watts", None), ("multistream", "Samples/s", 0.0))  # fmt: skip
    records = {
        str(number): summary_v6_record(
            Scenario=scenario, Units=units, Result=result, Location=f"./closed/Example/{number}"
        )
        for number, (scenario, units, result) in enumerate(given)
    }
    (table,) = read_summary_v6(json.dumps(records).encode(), "s", SHA)
    assert (table.record_count, table.accepted_count, table.rejected_count) == (6, 6, 0)
    found = warehouse(table).sql(
        "select scenario, value, unit, value_reason, is_default from core.mlperf_inference_runs"
    )
    assert sorted(found.fetchall(), key=str) == [
        ("Interactive", None, None, "the unit Pages/s is not known", False),
        ("MultiStream", None, "sample/s", "the publisher gives 0", False),
        ("Offline", 1000.0, "token/s", None, True),
        ("Offline", None, None, "the publisher gives no result", False),
        ("Server", 900.0, "token/s", None, True),
        ("SingleStream", 7.0, "ms", None, True),
    ]


def test_a_summary_of_another_round_is_refused_because_it_would_count_twice() -> None:
    data = json.dumps({"0": summary_v6_record()}).encode()
    [of_object] = [each for each in ROUND_FORMATS if each.file_format == "summary object"]
    assert of_object.read(data, "s", SHA, "v6.1")[0].accepted_count == 1
    with pytest.raises(LedgerError, match=r"has results of round v6\.1; expected those of v6\.2 alone"):
        of_object.read(data, "s", SHA, "v6.2")


# Models of Tiny results


def test_microjoules_of_an_inference_and_joules_of_a_stream() -> None:
    made = warehouse(*read_round(tiny_archive(), "t", SHA, name="v1.3"))
    columns = "benchmark, metric, value, unit, power_w, joule_per_unit, unit_name, accelerator_id, is_default"
    where = "where system = 'board' order by all"
    ad_energy, ad_speed, stream = made.sql(f"select {columns} from core.mlperf_tiny_runs {where}").fetchall()
    assert ad_energy[2:4] == (pytest.approx(293.912e-6), "J/inference")
    assert ad_energy[5:] == (pytest.approx(293.912e-6), "inference", "stm32-nucleo-l4r5zi", True)
    assert ad_speed[1:4] == ("throughput", 6.036, "inference/s")
    assert stream[2:4] == (pytest.approx(30.74640181), "J")
    assert stream[4] == pytest.approx(0.025622, rel=1e-4)
    assert stream[5:] == (None, "stream", "stm32-nucleo-l4r5zi", False)


def test_a_round_with_its_own_logs_is_not_taken_from_the_collection_too() -> None:
    rows = [tiny_record("a", version="v1.1"), tiny_record("b", version="v0.7", median_energy_cost=100.0)]
    collected = read_collection(collection({"mlperf-tiny--v0.7--closed--kws": rows}), "c", SHA)
    made = warehouse(*collected, *read_round(tiny_archive(), "t", SHA, name="v1.1"))
    found = made.sql(
        "select round, source_id, count(*) from core.mlperf_tiny_runs group by all order by all"
    ).fetchall()
    assert found == [("v0.7", "mlperf_cm_results", 2), ("v1.1", "mlperf_tiny", 403)]


# A mirror that holds less than the publisher


def test_a_mirror_may_lack_a_file_or_hold_an_excerpt(tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "mirror" / "raw.example.org"
    folder.mkdir(parents=True)
    (folder / "sample.json").write_text(json.dumps([summary_record()]), encoding="utf-8")
    settings = Settings(home=tmp_path / "home", site=tmp_path / "site", mirrors=(tmp_path / "mirror",))
    schema = (raw_schemas()["raw.mlperf_inference_summary"],)
    address = "https://raw.example.org/whole.json"
    lacking = RemoteFile("mlperf_inference", "a", address, read_summary, schema, mirror_may_lack=True)
    excerpt = RemoteFile(
        "mlperf_inference", "b", address, read_summary, schema,
        mirror_may_lack=True, excerpt_url="https://raw.example.org/sample.json",
    )  # fmt: skip
    needed = RemoteFile("mlperf_inference", "c", address, read_summary, schema)
    outcomes = fetch(settings, [lacking, excerpt, needed])
    assert [outcome.status for outcome in outcomes] == ["absent", "new", "failed"]
    assert str(outcomes[0]) == f"mlperf_inference a: absent: {address} is not in the mirror."
    taken = latest_accepted(settings, excerpt)
    assert taken is not None
    assert taken.url == "https://raw.example.org/sample.json"


# The real files


@pytest.fixture(scope="module")
def real() -> Iterator[duckdb.DuckDBPyConnection]:
    """The models over the mirror of published files."""
    if not SHARED_MIRROR.is_dir():
        pytest.skip(NO_SHARED_MIRROR)
    site, raw = SHARED_MIRROR / "github.com/mlcommons", SHARED_MIRROR / "raw.githubusercontent.com/mlcommons"
    tables = read_collection((site / "cm4mlperf-results/archive/HEAD.tar.gz").read_bytes(), "cm", SHA)
    tables += read_summary((raw / "inference_results_v5.1/main/summary_results.json").read_bytes(), "s", SHA)
    tables += read_summary_v6((raw / "inference_results_v6.1/main/summary.sample.json").read_bytes(), "s6", SHA)
    for name in ("v1.1", "v1.3"):
        data = (site / f"tiny_results_{name}/archive/HEAD.tar.gz").read_bytes()
        tables += read_round(data, name, SHA, name=name)
    assert [str(reject) for table in tables for reject in table.rejects] == []
    connection = warehouse(*tables)
    yield connection
    connection.close()


def test_v5_1_has_its_1448_results(real: duckdb.DuckDBPyConnection) -> None:
    counts = one(
        real,
        "select count(*), count(*) filter (where division = 'closed'), count(joule_per_unit), "
        "count(*) filter (where is_inferred), count(*) filter (where is_sweep) "
        "from core.mlperf_inference_runs where round = 'v5.1'",
    )
    assert counts == (1448, 609, 24, 536, 801)


def test_lenovo_takes_a_tenth_of_a_joule_a_token(real: duckdb.DuckDBPyConnection) -> None:
    (row,) = rows_of(
        real,
        "select power_w, joule_per_unit, unit_name, accelerator_id, accelerator_count, is_default "
        "from core.mlperf_inference_runs where round = 'v5.1' and submitter = 'Lenovo' and power_w is not null "
        "and benchmark = 'llama2-70b-99.9' and scenario = 'Offline'",
    )
    assert round(row.pop("power_w")) == 10_401
    assert round(row.pop("joule_per_unit"), 3) == 0.101
    assert tuple(row.values()) == ("token", "b200-sxm", 8, True)


def test_pairs_of_one_run_in_v5_1(real: duckdb.DuckDBPyConnection) -> None:
    pairs = one(
        real,
        "select count(*) from core.mlperf_inference_runs "
        "where round = 'v5.1' and division = 'closed' and is_duplicate and model_name = 'llama2-70b-99'",
    )
    assert pairs == (88,)


def test_closed_results_name_known_chips(real: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select count(accelerator_id) / count(*), count(accelerator_id) filter (where runs_on = 'accelerator') "
        "/ count(*) filter (where runs_on = 'accelerator') from core.mlperf_inference_runs where division = 'closed'"
    )
    share, share_of_accelerators = one(real, query)
    assert share >= 0.95
    assert share_of_accelerators >= 0.98


def test_every_power_row_of_v4_finds_its_result(real: duckdb.DuckDBPyConnection) -> None:
    alone, joined = one(
        real,
        "select (select count(*) from raw.mlperf_collected_inference where result is null), "
        "(select count(joule_per_unit) from core.mlperf_inference_runs where round in ('v4.0', 'v4.1'))",
    )
    assert alone == joined == 163


def test_curated_results_say_the_same(real: duckdb.DuckDBPyConnection) -> None:
    """Rows of seeds/benchmarks entered by hand from the same files: value, unit and power must agree."""
    found = one(
        real,
        "select count(*), count(*) filter (where abs(r.value / s.value - 1) < 1e-4 and r.unit = s.unit "
        "and coalesce(abs(r.power_w / s.power_w - 1) < 1e-6, true)) "
        "from seeds.benchmark_results as s inner join core.mlperf_inference_runs as r on r.round = s.round "
        "and r.locator = regexp_extract(s.locator, '((closed|open|network)/[^,]*)', 1) where s.suite = 'mlperf inference'",
    )
    assert found[0] > 250
    assert found[0] == found[1]


def test_tiny_logs_equal_the_collection(real: duckdb.DuckDBPyConnection) -> None:
    """v1.1 stands in both: its own logs, and the collection that somebody else made of them."""
    compared = one(
        real,
        "select count(*), max(abs(l.median_throughput_inferences_per_s / c.median_throughput - 1)) "
        "from raw.mlperf_collected_tiny as c "
        "inner join raw.mlperf_tiny_results as l on l.round = c.version and l.submitter = c.organization "
        "and l.system = c.system and l.benchmark = c.benchmark and l.mode = 'performance' where c.version = 'v1.1'",
    )
    assert compared[0] > 80
    assert compared[1] < 1e-9


def test_streams_of_v1_3(real: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        real.sql(
            "select system, round(energy_j, 1) from core.mlperf_tiny_runs where benchmark = 'sww' and metric = 'energy'"
        ).fetchall()
    )
    assert len(found) == 9
    assert found["NUCLEO_L4R5ZI-P"] == 30.7


def test_training_is_collected_with_its_214_results_of_v3_0(real: duckdb.DuckDBPyConnection) -> None:
    counts = dict(real.sql("select version, count(*) from raw.mlperf_collected_training group by 1").fetchall())
    assert counts == {"1.0": 131, "1.1": 108, "2.0": 234, "2.1": 144, "3.0": 214}
