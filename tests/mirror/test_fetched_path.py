"""The fetched path without a publisher: ``ledger fetch`` and ``ledger build`` over small files of our own, as real processes.

Every figure asserted here was worked out by hand from the files beside this module.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.raw_layer import remote_files
from tests.conftest import run_ledger
from tests.mirror.packing import HERE, MEMBERS, address_path, all_files, missing_files

RECORDS = {
    "raw.codecarbon_countries": (153, 152, 1, 0),
    "raw.codecarbon_regions": (152, 152, 0, 0),
    "raw.epoch_all_models": (1_011, 1_010, 1, 0),
    "raw.epoch_chip_cumulative": (34, 34, 0, 0),
    "raw.epoch_chip_owners": (69, 69, 0, 0),
    "raw.epoch_chip_owners_cumulative": (69, 69, 0, 0),
    "raw.epoch_chip_owners_totals": (69, 69, 0, 0),
    "raw.epoch_chip_sales": (34, 34, 0, 0),
    "raw.epoch_chip_totals": (34, 34, 0, 0),
    "raw.epoch_chips": (4_004, 4_003, 1, 0),
    "raw.epoch_clusters": (404, 403, 1, 0),
    "raw.epoch_data_centers": (151, 151, 0, 0),
    "raw.epoch_hardware": (153, 152, 1, 0),
    "raw.epoch_hardware_prices": (304, 303, 1, 0),
    "raw.epoch_large_models": (202, 202, 0, 0),
    "raw.epoch_ml_systems": (1_002, 1_001, 1, 0),
    "raw.epoch_model_costs": (303, 303, 0, 0),
    "raw.epoch_models": (506, 504, 1, 1),
    "raw.epoch_price_index": (201, 201, 0, 0),
    "raw.inferencex_availability": (3, 3, 0, 0),
    "raw.inferencex_results": (160, 159, 1, 0),
    "raw.ml_energy_configurations": (561, 559, 1, 1),
    "raw.mlperf_collected_inference": (155, 153, 1, 1),
    "raw.mlperf_collected_tiny": (1, 1, 0, 0),
    "raw.mlperf_collected_training": (1, 1, 0, 0),
    "raw.mlperf_inference_summary": (156, 155, 1, 0),
    "raw.mlperf_inference_summary_v6": (2, 2, 0, 0),
    "raw.mlperf_tiny_results": (5, 5, 0, 0),
    "raw.mlperf_tiny_systems": (2, 2, 0, 0),
    "raw.mlperf_training_power": (9, 9, 0, 0),
    "raw.mlperf_training_results": (19, 19, 0, 0),
    "raw.mlperf_training_scaling": (1, 1, 0, 0),
    "raw.mlperf_training_systems": (3, 3, 0, 0),
}
"""Raw table -> records, and how many of them are rows, refused and repeats of another."""

REFUSED = [
    ("all_ai_models.csv", 11, "training_chip_hours", "five days"),
    ("benchmarks-DeepSeek-R1-0528.json", 160, "num_decode_gpu_count", '"8"'),
    ("Chip dataset-Grid view.csv", 3, None, "Testchip torn"),
    ("Hardware prices.csv", 4, "price_hardware_purchase_usd", "€900"),
    ("All ML Systems - full view.csv", 2, "training_compute_cost_2023_usd", "$1,20"),
    ("cm4mlperf-results.tar.gz", 155, "result", '"fast"'),
    ("global_energy_mix.json", 2, None, "QMY"),
    ("gpu_clusters.csv", 4, "first_operational_date", "Summer 2031"),
    ("inference_v5.1_summary_results.json", 156, "performance_units", '"Furlongs/s"'),
    ("leaderboard.tar.gz", 58, None, "public/data/models/testing__Testa-1B__lm-arena-chat.json"),
    ("ml_hardware.csv", 3, "tdp_w", "450 W"),
    ("notable_ai_models.csv", 5, "training_compute_flop", "about 1e22"),
]
"""File, number of the record, column and value of every record that is refused."""


@pytest.fixture(scope="module")
def warehouse(fetched: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with the small files, read-only."""
    connection = connect_published(fetched)
    yield connection
    connection.close()


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    """The only row of an answer."""
    [row] = connection.execute(query).fetchall()
    return row


# --- the files ------------------------------------------------------------------------------------------------------


def test_every_file_that_is_fetched_has_a_small_one_here() -> None:
    assert missing_files() == [], "add it below tests/mirror in the format of its publisher"
    urls = [url for file in all_files() for url in (file.url, file.excerpt_url) if url]
    known = {HERE / address_path(url) for url in urls}
    held = {path.with_name(path.name.removesuffix(MEMBERS)) for path in HERE.rglob("*") if path.is_file()}
    assert {path for path in held - known if path.parent != HERE and "__pycache__" not in path.parts} == set()


# --- fetch ----------------------------------------------------------------------------------------------------------


def test_fetch_takes_every_file_and_says_which_the_mirror_lacks(fetched: Settings) -> None:
    *lines, total = (fetched.home / "fetch.txt").read_text(encoding="utf-8").splitlines()
    absent = [line for line in lines if ": absent: " in line]
    assert total == f"{len(absent)} absent, {len(lines) - len(absent)} new"
    assert all(": new: " in line for line in lines if line not in absent)
    lacking = {file.url for file in all_files() if file.mirror_may_lack}
    assert all(any(f"{url} is not in the mirror." in line for url in lacking) for line in absent)
    assert "epoch_models notable_ai_models.csv: new: 506 records of raw.epoch_models, " in "\n".join(lines)


def test_fetching_again_finds_nothing_new(fetched: Settings, small_mirror: Path, tmp_path: Path) -> None:
    shutil.copytree(fetched.home / "raw", tmp_path / "raw")
    done = run_ledger("fetch", "epoch_models", "ml_energy", home=tmp_path, LEDGER_MIRROR=str(small_mirror))
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (0, ["3 unchanged", "nothing new"])


def test_a_small_file_that_lost_a_column_is_refused_and_the_good_one_stays(
    fetched: Settings, small_mirror: Path, tmp_path: Path
) -> None:
    shutil.copytree(fetched.home / "raw", tmp_path / "home" / "raw")
    path = tmp_path / "mirror" / "epoch.ai" / "data" / "ml_hardware.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes((small_mirror / "epoch.ai/data/ml_hardware.csv").read_bytes().replace(b"TDP (W)", b"Watts", 1))
    done = run_ledger("fetch", "epoch_hardware", home=tmp_path / "home", LEDGER_MIRROR=str(tmp_path / "mirror"))
    assert done.returncode == 1
    assert "ml_hardware.csv:1: header lacks 'TDP (W)'. Unknown names in the header: 'Watts'" in done.stdout
    assert "Still in use: epoch_hardware ml_hardware.csv of " in done.stdout


# --- raw tables and what was set aside ------------------------------------------------------------------------------


def test_every_record_is_a_row_refused_or_a_repeat(warehouse: duckdb.DuckDBPyConnection) -> None:
    counts = warehouse.execute(
        "select table_name, sum(record_count)::int, sum(accepted_count)::int, sum(rejected_count)::int, "
        "sum(duplicate_count)::int from meta.files where file_sha256 in (select sha256 from meta.snapshots) group by all"
    ).fetchall()
    assert {table: tuple(numbers) for table, *numbers in counts} == RECORDS
    for table, (records, accepted, refused, repeats) in RECORDS.items():
        assert records == accepted + refused + repeats
        assert one(warehouse, f"select count(*) from {table}") == (accepted,), table


def test_what_is_refused_is_named_with_file_record_column_and_value(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select f.file_name, r.record_no, r.column_name, r.value from meta.rejects as r "
        "join meta.files as f using (table_name, file_sha256) where r.file_sha256 in (select sha256 from meta.snapshots) "
        "and r.reason not like '%this key already%' and r.reason not like '%already has this key%' "
        "and r.source_id <> 'mlperf_training' and r.column_name is distinct from 'first_operational_date_precision'"
    ).fetchall()
    assert sorted(found, key=str) == sorted(REFUSED, key=str)


def test_the_number_of_a_refused_record_leads_to_it(warehouse: duckdb.DuckDBPyConnection, small_mirror: Path) -> None:
    paths = {path.name: path for path in small_mirror.rglob("*.csv")}
    for name, number, _column, value in REFUSED:
        if name in paths:
            text = paths[name].read_bytes().decode("utf-8-sig")
            record = list(csv.reader(io.StringIO(text, newline="")))[number]
            assert value in record, name
    [mix] = small_mirror.rglob("global_energy_mix.json")
    assert list(json.loads(mix.read_bytes()))[2 - 1] == "QMY"


def test_odd_lines_of_a_log_are_named_with_member_and_line_and_cost_only_themselves(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    reasons = [
        reason
        for (reason,) in warehouse.execute(
            "select reason from meta.rejects where source_id = 'mlperf_training' order by reason"
        ).fetchall()
    ]
    member = "Testers/results/farm/gpt3/result_1.txt"
    assert [reason.partition(": ")[0] for reason in reasons] == [f"{member}:10", f"{member}:9"]
    assert "'train_samples' has no time_ms" in reasons[0]
    assert "is not JSON" in reasons[1]
    row = f"select odd_line_count, run_status from raw.mlperf_training_results where member = '{member}'"
    assert one(warehouse, row) == (2, "success")


def test_rows_keep_the_words_of_their_file(warehouse: duckdb.DuckDBPyConnection) -> None:
    model, link, size, precision = one(
        warehouse,
        "select list(model order by record_no), list(link order by record_no)[1], list(training_dataset_size)[2], "
        "list(publication_date_precision order by record_no) from raw.epoch_models where record_no <= 3",
    )
    assert model == ["Testa-1", "Testa-2 ", "Testa-3"]
    assert link == "https://testing.example/testa-1\nhttps://testing.example/testa-1/card"
    assert size == "8000000000000, 9000000000000"
    assert precision == ["day", "month", "year"]
    assert one(
        warehouse,
        "select release_price_usd, energy_efficiency, manufacturer from raw.epoch_chips where hardware_name = 'Testchip T1'",
    ) == (20_000.0, "1.66E+12", "Testing Works")
    assert one(warehouse, "select count(*) from raw.epoch_clusters where first_operational_date = '2025-07-22'") == (1,)
    assert one(warehouse, "select hardware_name from raw.epoch_chips where tdp_w = 75") == (None,)


# --- figures worked out by hand -------------------------------------------------------------------------------------


def test_scores_of_training_drop_the_best_and_the_worst_run(warehouse: duckdb.DuckDBPyConnection) -> None:
    scores = {
        benchmark: (value, reason)
        for benchmark, value, reason in warehouse.execute(
            "select benchmark, value, score_reason from core.mlperf_training_runs"
        ).fetchall()
    }
    assert scores == {
        "resnet": (32.0, None),  # 30, 31, 32, 33 and 39 minutes: the mean of 31, 32 and 33
        "gpt3": (56.0, None),  # 50, 56 and 62
        "llama2_70b_lora": (
            pytest.approx(24.5 * 1.02),
            None,
        ),  # 20 to 28 and a failed one: the mean of 21 to 28, scaled
        "bert": (None, "1 runs; the rules require 10.0"),
    }
    compared = "select published_minutes, is_equal from core.mlperf_training_comparison where benchmark = 'resnet'"
    assert one(warehouse, compared) == (32.0, True)


def test_energy_of_training_is_the_integral_of_its_power_logs(warehouse: duckdb.DuckDBPyConnection) -> None:
    node_j = 0.95 * (10_000 * 28 * 60 + 11_000 * 28 * 60)
    switch_j = 500 * 56 * 60
    energy, switch = one(
        warehouse, "select energy_j, switch_energy_j from core.mlperf_training_runs where benchmark = 'gpt3'"
    )
    assert (energy, switch) == (pytest.approx(2 * node_j + switch_j), pytest.approx(switch_j))
    assert energy == pytest.approx(68.712e6)
    flop = 6 * 175e9 * 20_480_000
    assert one(
        warehouse,
        "select chip_minutes, training_flop, mfu from mart.benchmark_runs where benchmark = 'gpt3' and not is_curated",
    ) == (56 * 16, pytest.approx(flop), pytest.approx(flop / (56 * 60 * 16 * 989.4e12), rel=1e-3))


def test_energy_of_inference_is_power_over_rate(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select round, benchmark, joule_per_unit, unit_name, is_duplicate from core.mlperf_inference_runs "
        "where joule_per_unit is not null order by all"
    ).fetchall()
    assert rows == [
        ("v3.1", "resnet", 4.0, "sample", False),  # listed twice, 4,000 W over 1,000 samples a second
        ("v4.0", "resnet", 0.05, "sample", False),  # its 4,000 W stand on a row of their own
        ("v5.1", "llama2-70b-99", 0.25, "token", True),  # the same run for the lower target of accuracy
        ("v5.1", "llama2-70b-99.9", 0.25, "token", False),  # 6,000 W over 24,000 tokens a second
        ("v5.1", "resnet", 0.025, "query", False),  # 25 millijoules a query
    ]
    swept = "select count(*), bool_and(is_sweep), bool_or(is_default) from core.mlperf_inference_runs where division = 'open'"
    assert one(warehouse, swept) == (300, True, False)


def test_energy_of_a_board_is_in_joules_and_a_stream_is_no_inference(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select round, benchmark, value, unit, power_w from core.mlperf_tiny_runs "
        "where metric = 'energy' order by round, benchmark"
    ).fetchall()
    assert rows == [
        ("v0.7", "kws", pytest.approx(40e-6), "J/inference", None),
        ("v1.1", "kws", pytest.approx(293.912e-6), "J/inference", None),
        ("v1.3", "ad", pytest.approx(160.5e-6), "J/inference", None),
        ("v1.3", "sww", pytest.approx(36.0), "J", pytest.approx(36.0 / 1_200)),
    ]


def test_serving_counts_each_accelerator_once_and_all_of_their_energy(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select r.accelerator_id, r.accelerator_count, r.value, r.power_w, r.joule_per_token, r.is_default, "
        "r.published_date::varchar, i.power_problem from mart.benchmark_runs as r "
        "join core.inferencex_runs as i on r.benchmark_result_id = i.inferencex_run_id "
        "where r.suite = 'inferencex' and i.framework <> 'vllm' order by r.accelerator_id, r.accelerator_count"
    ).fetchall()
    implausible = "the power is not plausible for these accelerators"
    assert rows == [
        ("b200-sxm", 4, 200.0, None, None, True, "2025-11-18", None),  # published as 4 x 4 = 16
        ("b200-sxm", 8, 800.0, None, None, True, "2026-05-01", implausible),  # 13 W each
        ("b300-sxm", 8, 800.0, None, None, True, "2026-05-01", "the publisher holds the power for invalid"),
        ("gb200", 36, 400.0, None, None, True, "2025-12-05", None),  # 4 read prompts, 32 write 12.5 token/s each
        ("h100-sxm", 8, 800.0, 4_000.0, 5.0, True, "2026-05-01", None),
        ("h200-sxm", 8, 800.0, None, None, True, "2026-05-01", implausible),  # 0 W
        ("mi300x", 8, 640.0, None, None, False, "2026-05-01", None),  # 960 token/s, two thirds of them answers
        ("mi325x", 8, 8.0, None, None, False, "2026-05-01", "speed and latency do not fit the number of users"),
        ("mi355x", 16, 800.0, 12_800.0, 16.0, True, "2026-05-01", None),  # published 9: of the 8 that write alone
    ]


def test_the_fit_finds_the_law_that_the_leaderboard_was_written_by(warehouse: duckdb.DuckDBPyConnection) -> None:
    count, shapes, error = one(
        warehouse, "select row_count, shape_count, median_error_ratio from core.energy_per_token_fit where part = 'all'"
    )
    assert (count, shapes) == (57, 9)
    assert error < 1.1


def test_a_publisher_that_says_otherwise_is_a_conflict_and_is_not_taken(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(
        warehouse,
        "select value_a, value_b, chosen, ratio from mart.conflicts "
        "where subject_id = 'h100-sxm' and field = 'process_nm' and source_b = 'epoch_hardware'",
    ) == (4.0, 5.0, 4.0, 1.25)


def test_more_work_than_the_chips_can_do_is_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    observed, ratio = one(
        warehouse,
        "select observed, ratio from mart.consistency_findings where subject_name = 'Testa-2' and rule = 'utilisation_above_one'",
    )
    assert observed == ratio == pytest.approx(5.76e23 / (1_024 * 400 * 3_600 * 312e12))


def test_what_became_of_every_record_of_the_lists_of_models(warehouse: duckdb.DuckDBPyConnection) -> None:
    counts = warehouse.execute("select claim_source, count(*) from core.epoch_listings group by all").fetchall()
    assert dict(counts) == {
        table: RECORDS[table][1] for table in ("raw.epoch_models", "raw.epoch_large_models", "raw.epoch_all_models")
    }
    found = warehouse.execute(
        "select record_no, record_name, model_id, outcome, outcome_reason from core.epoch_listings "
        "where claim_source = 'raw.epoch_all_models' and record_no <= 10 order by record_no"
    ).fetchall()
    no_figure = "gives no figure: neither compute, parameters, time nor hardware"
    assert found == [
        (1, "Testa-1", "testa-1", "merged", "the same model as raw.epoch_models, record 1"),
        (2, "Testa-2", "testa-2", "merged", "the same model as raw.epoch_models, record 2"),
        (3, "Testa-9", "testa-9", "added", None),
        (4, "Testa-9", "testa-9", "merged", "the same model as raw.epoch_all_models, record 3"),
        (5, "Testa-10", "testa-10", "added", None),
        (6, "Testa-11", "testa-11", "set aside", no_figure),
        (7, "Testa-12", "testa-12", "added", None),
        (8, "Testa-12+", "testa-12-2024-02", "added", None),
        (9, "Testa-13", "testa-13", "added", None),
        (10, "Testa-14", "testa-14", "added", None),
    ]
    lost = (
        "select count(*) from core.epoch_listings anti join core.models using (model_id) where outcome <> 'set aside'"
    )
    assert one(warehouse, lost) == (0,)


def test_a_model_of_several_lists_has_each_field_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    listed = (
        "select training_flop, total_params, chip_hours, is_notable, source_id from core.epoch_models where model_id = "
    )
    assert one(warehouse, listed + "'testa-1'") == (9.6e22, 8e9, 64_000, True, "epoch_models")
    assert one(warehouse, listed + "'testa-9'") == (1e23, 8e9, None, False, "epoch_all_models")
    told = (
        "select claim_source, published_value, is_used from core.epoch_values "
        "where model_id = 'testa-1' and field = 'training_flop' order by precedence"
    )
    assert warehouse.execute(told).fetchall() == [
        ("raw.epoch_models", 9.6e22, True),
        ("raw.epoch_large_models", 9.6e22, False),
        ("raw.epoch_all_models", 9.0e22, False),
    ]


@pytest.mark.parametrize(
    ("model_id", "run_kind", "training_flop"),
    [
        ("testa-9", "finetuning", 4e21),  # its compute without that of Testa-1, which the published 1e23 has in it
        ("testa-13", "finetuning", 1.2e22),  # less than Testa-1 took, so that it cannot have it in it
        ("testa-14", "finetuning", None),  # 5.6 FLOP is no compute
        ("testa-10", "pretraining", 2e24),
        ("testa-12-2024-02", "pretraining", None),
    ],
)
def test_the_run_of_a_model_that_starts_from_another_is_its_own_stage(
    warehouse: duckdb.DuckDBPyConnection, model_id: str, run_kind: str, training_flop: float | None
) -> None:
    row = f"select run_kind, training_flop, is_notable from mart.training_summary where training_run_id = '{model_id}'"
    assert one(warehouse, row) == (run_kind, training_flop, False)


def test_published_bounds_and_chip_hours_are_figures_of_their_model(warehouse: duckdb.DuckDBPyConnection) -> None:
    figures = "select quantity, value_low, value, value_high, source_id from core.published_figures where subject_id = "
    found = {row[0]: row[1:] for row in warehouse.execute(figures + "'testa-10'").fetchall()}
    assert found["training_flop"] == (1e24, 2e24, 6e24, "epoch_all_models")
    assert found["chip_hours"][1] == 900_000
    products = "select count(*) from core.published_figures where quantity = 'chip_hours' and subject_id = 'testa-1'"
    assert one(warehouse, products) == (0,), "250 hours of 256 accelerators say the same"


def test_records_are_joined_to_our_keys(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select model_id, accelerator_id, accelerator_count from core.epoch_models "
        "where accelerator_id is not null order by model_id"
    ).fetchall()
    assert rows == [
        ("gpt-3-175b", "v100-sxm-32gb", 10_000),
        ("testa-1", "h100-sxm", 256),
        ("testa-10", "h100-sxm", 2_048),
        ("testa-13", "h100-sxm", None),
        ("testa-2", "a100-sxm-80gb", 1_024),
        ("testa-5-large", "h100-sxm", 8_192),
        ("testa-9", "h100-sxm", 16),
    ]


# --- what a reader meets --------------------------------------------------------------------------------------------


def test_status_says_which_sources_are_fresh_and_the_site_is_drawn(fetched: Settings) -> None:
    done = run_ledger("status", home=fetched.home)
    assert done.returncode == 0
    states = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    lacking = {"inferencex", "mlperf_inference", "mlperf_tiny", "mlperf_training"}
    whole = {file.source_id for file in remote_files()} - lacking
    assert [source for source in whole if "fresh, checked on " not in states[source]] == []
    assert "never fetched (1 of 3 files)" in states["inferencex"]
    assert "never fetched (1 of 3 files)" in states["mlperf_tiny"]
    assert "never fetched (5 of 7 files)" in states["mlperf_training"]
    assert "never fetched (2 of 4 files)" in states["mlperf_inference"]
    assert (fetched.site / "index.html").is_file()
