"""Rows of publishers that break a rule cost themselves alone: each is set aside with place and reason, the others stay.

One odd row of each kind is added to the raw tables of the small files of our own, and all that is made from them is made again.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import connect
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.recipes import sql_models

LISTED = "replace(location, 'box', 'odd{n}') as location, 9000 + {n} as record_no"
MEASURED = "'odd{n}' as member, 9000 + {n} as record_no"
NAMED = "'Odd {n}' as model, 9000 + {n} as record_no"
CHIP = "'Oddchip {n}' as hardware_name, 9000 + {n} as record_no"

ODD: tuple[tuple[str, str, str, str], ...] = (
    ("mlperf_inference_summary", "record_no = 1", LISTED, "'Samples/s' as performance_units"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "'Furlongs/s' as performance_units"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "-5 as performance_result"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "-6000 as power_result"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "0 as performance_result"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "0 as power_result"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "'Horses' as power_units"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "'0' as accelerators_per_node, 0 as nodes_count"),
    ("mlperf_inference_summary", "record_no = 1", LISTED, "1e59 as performance_result, 1e59 as power_result"),
    ("mlperf_inference_summary", "record_no = 1", "9000 + {n} as record_no", "'Another box' as system"),
    ("mlperf_collected_inference", "true", "'odd{n}' as location, 9000 + {n} as record_no", "'Samples/h' as result_units"),
    ("mlperf_collected_inference", "true", "'odd{n}' as location, 9000 + {n} as record_no", "-5 as result"),
    ("mlperf_collected_tiny", "true", "'odd{n}' as uid, 9000 + {n} as record_no", "0 as median_energy_cost"),
    ("mlperf_tiny_results", "mode = 'energy'", MEASURED, "0 as median_energy_microjoules"),
    ("mlperf_tiny_results", "mode = 'energy'", MEASURED, "'sww' as benchmark, 0 as elapsed_s"),
    ("mlperf_training_results", "run_status = 'success'", MEASURED, "run_start_ms - 5000 as run_stop_ms, 'Odd' as system"),
    ("mlperf_training_power", "true", MEASURED, "-500 as to_stop_j, -500 as to_last_reading_j"),
    ("mlperf_training_power", "true", MEASURED, "0 as conversion_eff"),
    ("ml_energy_configurations", "record_no = 1", MEASURED, "energy_joule_per_token * 24 as energy_joule_per_token"),
    ("ml_energy_configurations", "record_no = 1", MEASURED, "'NVIDIA Z900' as gpu_model"),
    ("ml_energy_configurations", "record_no = 1", MEASURED,
     "avg_power_w * 9 as avg_power_w, energy_joule_per_token * 9 as energy_joule_per_token"),
    ("ml_energy_configurations", "record_no = 1", MEASURED, "0 as output_throughput_tokens_per_s"),
    ("ml_energy_configurations", "record_no = 1", MEASURED, "0 as num_gpus_count"),
    ("ml_energy_configurations", "record_no = 1", MEASURED, "-5 as total_billion_params"),
    ("epoch_hardware", "true", CHIP, "0.7 as tdp_w, 2e15 as tensor_fp16_bf16_performance_flop_per_s, 'GPU' as type"),
    ("epoch_hardware", "true", CHIP,
     "0 as tdp_w, 0 as memory_bytes, 0 as memory_bandwidth_bytes_per_s, 0 as release_price_usd"),
    ("epoch_hardware", "true", CHIP, "-70 as tdp_w, -2e15 as tensor_fp16_bf16_performance_flop_per_s, -1 as memory_bytes"),
    ("epoch_hardware", "hardware_name like 'NVIDIA H100%'", "hardware_name || ' ' as hardware_name, 9000 + {n} as record_no",
     "'x' as link_to_datasheet"),
    ("epoch_models", "record_no = 1", NAMED, "55 as hardware_utilization_mfu, 300 as hardware_utilization_hfu"),
    ("epoch_models", "record_no = 1", NAMED,
     "0 as training_time_hours, 0 as hardware_quantity_count, 0 as parameters_params, 0 as training_compute_flop"),
    ("epoch_models", "record_no = 1", NAMED,
     "-9 as training_time_hours, -5 as hardware_quantity_count, -8e9 as parameters_params"),
    ("epoch_models", "record_no = 1", NAMED,
     "1e59 as training_time_hours, 1e59 as hardware_quantity_count, 1e59 as training_compute_flop"),
    ("epoch_models", "record_no = 1", NAMED,
     "1e-59 as training_time_hours, 1e-59 as hardware_quantity_count, 1e-59 as training_compute_flop"),
    ("epoch_models", "record_no = 1", NAMED,
     "null as publication_date, null as organization, null as domain, 'Sure' as confidence"),
    ("epoch_models", "record_no = 1", "'智云' as model, 9000 + {n} as record_no", "'x' as link"),
    ("epoch_models", "record_no = 1", "'Inkling' as model, 9000 + {n} as record_no", "1.107e25 as training_compute_flop"),
    ("epoch_all_models", "record_no = 5", NAMED,
     "-1 as training_compute_lower_bound_flop, 3 as training_compute_upper_bound_flop"),
    ("epoch_all_models", "record_no = 5", NAMED,
     "1e25 as training_compute_lower_bound_flop, 1e20 as training_compute_upper_bound_flop"),
    ("epoch_all_models", "record_no = 5", NAMED, "0 as training_chip_hours, 9e11 as finetune_compute_flop"),
    ("epoch_all_models", "record_no = 5", NAMED, "'Odd {n}' as base_model"),
    ("epoch_ml_systems", "true", NAMED, "0 as training_chip_hours, 0 as training_compute_flop, 0 as hardware_quantity_count"),
    ("epoch_ml_systems", "true", NAMED, "-5 as training_chip_hours, -1 as training_compute_flop, -3 as training_power_draw_w"),
    ("epoch_hardware_prices", "true", "9000 + {n} as record_no", "0 as price_on_demand_usd_per_chip_hour"),
    ("epoch_hardware_prices", "true", "9000 + {n} as record_no", "-5 as price_on_demand_usd_per_chip_hour"),
    ("codecarbon_countries", "true", "'XX{n}' as iso_code, 9000 + {n} as record_no", "-5 as carbon_intensity_g_co2e_per_kwh"),
)  # fmt: skip
"""Raw table, the row that is copied, how the copy is told from it, and what is odd in it."""


@dataclass(frozen=True)
class Made:
    """What became of the odd rows."""

    connection: duckdb.DuckDBPyConnection
    failed: list[tuple[str, str, str]]
    """Table, check and first wrong row of every check that would stop a build."""
    warned: list[str]


@pytest.fixture(scope="module")
def odd(fetched: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A copy of the warehouse with the odd rows in it, and all that is made from them made again."""
    copy = tmp_path_factory.mktemp("odd") / "warehouse.duckdb"
    shutil.copy(fetched.published, copy)
    copy.chmod(0o644)
    with connect(copy, fetched) as connection:
        load_macros(connection, SQL / "macros")
        for n, (table, which, name, oddity) in enumerate(ODD, start=1):
            changes = ", ".join((name, oddity)).format(n=n)
            sound = f"from raw.{table} where {which} and record_no < 9000 order by record_no limit 1"
            assert connection.execute(f"insert into raw.{table} select * replace ({changes}) {sound}").fetchall() == [
                (1,)
            ], (table, which)
        changed = {f"raw.{table}" for table, *_ in ODD}
        failed, warned = [], []
        for name, model in sql_models().items():
            if model.depends_on & changed:
                changed.add(name)
                for check in run_checks(connection, model, run_model(connection, model)):
                    if check.failing_count and check.is_warning:
                        warned.append(check.name)
                    elif check.failing_count:
                        failed.append((name, check.name, check.first))
        yield Made(connection, failed, warned)


def set_aside(odd: Made, table: str) -> set[tuple[object, ...]]:
    return set(
        odd.connection.execute(
            "select regexp_extract(coalesce(value, '') || reason, 'odd[0-9]+|box'), regexp_extract(reason, 'rule ''(.*)''', 1) "
            "from meta.rejects where table_name = ?",
            [table],
        ).fetchall()
    )


def test_no_check_that_stops_a_build_fails(odd: Made) -> None:
    assert odd.failed == []
    assert odd.warned == ["accelerators_are_known"]


def number(table: str, oddity: str) -> str:
    """How the odd row with these words in it is called."""
    [found] = [n for n, (name, *_, words) in enumerate(ODD, start=1) if name == table and words.startswith(oddity)]
    return f"odd{found}"


def test_each_row_that_breaks_a_rule_is_noted_with_its_place(odd: Made) -> None:
    def summary(oddity: str) -> str:
        return number("mlperf_inference_summary", oddity)

    def configuration(oddity: str) -> str:
        return number("ml_energy_configurations", oddity)

    assert set_aside(odd, "core.mlperf_inference_listings") == {
        (summary("-5"), "no result is negative"),
        (summary("-6000"), "no result is negative"),
        ("box", "key is unique"),
        (number("mlperf_collected_inference", "-5"), "no result is negative"),
    }
    assert set_aside(odd, "core.mlperf_inference_runs") == {
        (summary("'Samples/s'"), "most rows of a benchmark share the unit"),
        (summary("'Furlongs/s'"), "most rows of a benchmark share the unit"),
    }
    alone = number("mlperf_collected_inference", "'Samples/h'")
    row = "select value, value_reason is not null from core.mlperf_inference_runs where regexp_matches(locator, ?)"
    assert odd.connection.execute(row, [f"{alone}(/|$)"]).fetchall() == [(None, True)], "no value, and the reason"
    assert set_aside(odd, "core.ml_energy_runs") == {
        (configuration("energy_joule"), "power over speed is energy"),
        (configuration("avg_power_w"), "power is below rated"),
        (configuration("0 as output"), "measurements are positive"),
        (configuration("0 as num"), "measurements are positive"),
        (configuration("-5"), "measurements are positive"),
    }
    assert set_aside(odd, "core.mlperf_training_power_logs") == {
        (number("mlperf_training_power", "-500"), "no negative energy")
    }
    assert {rule for _, rule in set_aside(odd, "core.mlperf_tiny_runs")} == {"energy rate and time are positive"}
    places = "select record_no, file_sha256 is not null, source_id from meta.rejects where table_name = 'core.ml_energy_runs'"
    assert all(row[1:] == (True, "ml_energy") for row in odd.connection.execute(places).fetchall())


def test_what_is_not_odd_is_where_it_was(odd: Made, fetched: Settings) -> None:
    odd.connection.execute(f"attach '{fetched.published}' as sound (read_only)")
    for table, key in (
        ("core.epoch_models", "model_id"), ("core.accelerators", "accelerator_id"),
        ("mart.training_summary", "training_run_id"), ("core.mlperf_inference_runs", "benchmark_result_id"),
    ):  # fmt: skip
        lost = odd.connection.execute(f"select {key} from sound.{table} anti join {table} using ({key})").fetchall()
        assert lost == [], table
    counts = "select count(*) from raw.ml_energy_configurations union all select count(*) from core.ml_energy_runs "
    noted = "union all select count(*) from meta.rejects where table_name = 'core.ml_energy_runs'"
    raw, kept, aside = (row[0] for row in odd.connection.execute(counts + noted).fetchall())
    assert raw == kept + aside


def test_figures_that_cannot_be_are_findings_and_feed_nothing(odd: Made) -> None:
    found = odd.connection.execute(
        "select subject_name, record_id from mart.consistency_findings where rule = 'figure_set_aside'"
    ).fetchall()
    told = {(name, record.rpartition("/")[2]) for name, record in found}
    share = [n for n, row in enumerate(ODD, start=1) if row[3].startswith("55 as")]
    assert {(f"Odd {share[0]}", "mfu"), (f"Odd {share[0]}", "hfu")} <= told
    chips = [n for n, row in enumerate(ODD, start=1) if row[0] == "epoch_hardware"]
    assert {(f"Oddchip {chips[0]}", "tdp_w"), (f"Oddchip {chips[1]}", "memory_bytes")} <= told
    used = "select count(*) from core.training_inputs where reported_mfu.value > 1 or accelerator_count.value <= 0"
    assert odd.connection.execute(used).fetchall() == [(0,)]


def test_a_correction_that_the_publisher_made_itself_is_retired_with_a_finding(odd: Made) -> None:
    told = odd.connection.execute(
        "select subject_name, observed, expected from mart.consistency_findings where rule = 'correction_retired'"
    ).fetchall()
    assert told == [("Inkling", 1.107e25, 1.845e24)]
    used = "select training_flop from core.epoch_models where model_id = 'inkling'"
    assert odd.connection.execute(used).fetchall() == [(1.107e25,)]
