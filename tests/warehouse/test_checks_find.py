"""Every check of a table finds the fault that it is for: without the check, or with one that finds nothing, a test fails.

The tables are those of the build, without rows; a fault is a row or two.
"""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.settings import SQL, Settings
from pipelines.warehouse.models.checks import CheckedTable, run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.tables import column_types
from pipelines.warehouse.recipes import recipes

CHECKED: dict[str, CheckedTable] = {t: recipe.checked for t, recipe in recipes().items() if recipe.checked is not None}

Fault = str | dict[str, str | list[str]]
"""What a wrong row of the table has, as columns of a select; or for more tables than one, what their rows have."""

Faults = Fault | tuple[Fault, ...]
"""One fault for each way to be wrong that a check looks for."""


def one_input(name: str, locator: str = "'table 1'") -> str:
    """A list of one input, as SQL."""
    return f"[{{name: '{name}', locator: {locator}, verified: 'seen'}}] as inputs"


FAULTS: dict[str, dict[str, Faults]] = {
    "core.inference_estimates": {
        "no_bound_is_faster_than_hardware": "1.2 as tokens_per_s_high, 1.1 as tokens_per_s_bound",
    },
    "core.reinforcement_work": {
        "shares_sum_to_one": "0.5 as generating_fraction, 0.2 as scoring_fraction, 0.2 as learning_fraction",
        "it_is_never_cheaper": ("0.9 as flop_ratio, 2 as chip_hours_ratio", "2 as flop_ratio, 0.9 as chip_hours_ratio"),
    },
    "core.owner_places": {"shares_of_places_sum_to_one": {"seeds.owner_sites": "'a' as owner, 'USA' as place, 0.9 as share"}},
    "core.installed_counts": {
        "totals_do_not_fall": {
            "core.installed_counts": [
                "'a' as chip_id, 'All' as owner, date '2025-03-31' as quarter_end, 2 as units_count",
                "'a' as chip_id, 'All' as owner, date '2025-06-30' as quarter_end, 1 as units_count",
            ],
        },
    },
    "core.installed_shares": {"shares_sum_to_one": "'a' as chip_id, date '2025-03-31' as quarter_end, 0.9 as share"},
    "core.installed_stock": {"no_more_run_than_were_sold": "2 as running_units_count, 1 as owned_units_count"},
    "core.installed_parts": {"amounts_are_not_negative": ("-1 as amount", "null as amount")},
    "core.installed_totals": {
        "designers_and_owners_sum_to_all": tuple(
            {"core.installed_totals": [f"2025 as year, 'q' as quantity, '{kind}' as scope_kind, {value} as value"
                                       for kind, value in (("all", 3), (one, 3), (other, 2))]}
            for one, other in (("designer", "owner"), ("owner", "designer"))
        ),
    },
    "mart.installed_footprint": {
        "more_energy_at_each_wider_boundary": (
            "2 as chip_energy_kwh, 1 as server_energy_kwh", "2 as server_energy_kwh, 1 as facility_energy_kwh",
        ),
    },
    "core.telemetry_devices": {
        "no_negative_energy": ("-1 as energy_j", "-1 as measured_s", "-1 as gap_s"),
        "no_sample_is_lost": {"raw.telemetry_files": "'a' as run_id, 5 as sample_count"},
    },
    "core.telemetry_figures": {
        "figures_of_measured_runs_have_energy": {"core.telemetry_runs": "'a' as run_id, 5 as energy_j"},
    },
    "core.mlperf_training_logs": {
        "a_run_succeeds_or_has_a_reason": (
            "true as is_success, 'crash' as failure_reason", "false as is_success, null as failure_reason",
        ),
        "time_is_positive": (
            "true as is_success, 0 as time_to_train_minutes", "true as is_success, null as time_to_train_minutes",
        ),
    },
    "core.total_factors": {
        "figures_are_products_of_their_inputs": {
            "core.total_factors": "'a' as training_run_id, 'mfu' as quantity, 1 as down_log, 1 as up_log",
            "core.training_results": "'a' as training_run_id, 'mfu' as quantity, 1 as value_low, 1 as value, 1.1 as value_high",
        },
    },
    "core.lever_combinations": {
        "every_exception_is_of_a_pair": {"seeds.lever_exceptions": "'a' as family, 'b' as other_family"},
        "every_family_is_described": {"seeds.efficiency_levers": "'a' as family"},
    },
    "core.mlperf_training_power_logs": {"no_negative_energy": "-1 as energy_j"},
    "core.mlperf_inference_runs": {
        "most_rows_of_a_benchmark_share_the_unit": {
            "core.mlperf_inference_runs": [
                f"'v5.1' as round, 'a' as benchmark, 'Offline' as scenario, '{unit}' as unit"
                for unit in ("Tokens/s", "Tokens/s", "Samples/s")
            ]
        },
        "a_value_or_a_reason": ("null as value, null as value_reason", "1 as value, 'unknown unit' as value_reason"),
        "power_gives_joules": "100 as power_w, 'Tokens/s' as unit, 10 as value",
    },
    "core.mlperf_tiny_runs": {
        "energy_rate_and_time_are_positive": ("0 as value", "1 as value, 0 as energy_j", "-1 as stream_s"),
        "a_stream_is_no_inference": ("'sww' as benchmark, true as is_default", "'sww' as benchmark, 1 as joule_per_unit"),
    },
    "core.mlperf_training_runs": {
        "a_score_or_a_reason": ("null as value, null as score_reason", "1 as value, 'withdrawn' as score_reason"),
        "score_is_positive": "0 as value",
        "energy_has_parts": "1 as node_energy_j, 1 as switch_energy_j, 3 as energy_j",
    },
    "core.accelerators": {
        "peaks_need_power": "'gpu' as kind, 'datacentre' as segment, 1e15 as dense_16_bit_flop_per_s, 7 as tdp_w"
    },
    "core.ml_energy_runs": {
        "measurements_are_positive": ("0 as power_w", "1 as power_w, -1 as joule_per_unit"),
        "power_over_speed_is_energy": "100 as power_w, 10 as units_per_s, 11 as joule_per_unit",
        "accelerators_are_known": "null as accelerator_id",
        "power_is_below_rated": "1.2 as power_to_tdp_ratio",
    },
    "core.inferencex_runs": {
        "energy_needs_plausible_power": (
            "1 as joule_per_token, 40 as power_to_tdp_ratio", "1 as joule_per_token, 0.01 as power_to_tdp_ratio",
        ),
        "every_result_is_kept": {"raw.inferencex_results": "1 as record_no"},
    },
    "core.rental_prices": {
        "every_method_has_a_width": (
            "1 as paid_usd_per_chip_hour_low, 1 as price_usd_per_chip_hour, 2 as paid_usd_per_chip_hour_high",
            "1 as paid_usd_per_chip_hour_low, 2 as price_usd_per_chip_hour, 2 as paid_usd_per_chip_hour_high",
        ),
    },
    "core.held_out_utilisation": {
        "bounds_are_in_order": (
            "0 as predicted_mfu_low, 0.4 as predicted_mfu, 0.6 as predicted_mfu_high",
            "0.3 as predicted_mfu_low, 0.3 as predicted_mfu, 0.6 as predicted_mfu_high",
            "0.3 as predicted_mfu_low, 0.6 as predicted_mfu, 0.6 as predicted_mfu_high",
        ),
    },
    "core.mlperf_inference_listings": {
        "no_result_is_negative": ("-1 as value", "-1 as power_result"),
    },
    "core.model_shapes": {
        "experts_are_part_of_the_whole": (
            "2e9 as expert_params, 1e9 as total_params", "-1 as expert_params, 1e9 as total_params",
        ),
        "hidden_state_fits_heads": "8 as kv_heads_count, 4 as attention_heads_count",
    },
    "core.energy_per_token_scores": {
        "no_fit_has_seen_the_shape": {
            "core.energy_per_token_scores": "null as fitted_joule_per_token", "core.energy_per_token_fit": "1 as row_count",
        },
    },
    "core.benchmark_results": {"nothing_is_lost": {"core.fetched_results": "1 as value"}},
    "core.benchmark_derived": {"utilisation_is_a_share": ("1.1 as mfu", "1.1 as output_utilisation_ratio")},
    "mart.site_cost": {"components_sum_to_the_total": "'a' as site_id, 'power' as component, 0.5 as share"},
    "mart.device_fit": {
        "what_fits_is_no_larger": (
            "true as fits, 2 as needed_bytes, 1 as available_bytes", "false as fits, 1 as needed_bytes, 2 as available_bytes",
        ),
        "what_fits_in_more_bits_fits_in_fewer": {
            "mart.device_fit": [
                "'m' as model_id, 'a' as accelerator_id, 1 as accelerator_count, true as fits, 8 as weight_bits",
                "'m' as model_id, 'a' as accelerator_id, 1 as accelerator_count, false as fits, 4 as weight_bits",
            ]
        },
    },
    "core.local_speeds": {
        "no_speed_is_above_its_bound": "1.1 as bound_ratio",
        "a_prompt_above_its_bound_says_why": "1.1 as prompt_bound_ratio, null as note",
        "every_measured_model_and_device_is_known": {"seeds.local_speeds": "'a' as local_speed_id"},
    },
    "core.accelerator_names": {
        "an_alias_means_its_own_accelerator": {
            "seeds.accelerator_aliases": "'a' as alias, 's' as source_id, 'h100-sxm' as accelerator_id"
        },
        "a_spelling_means_one_accelerator": {
            "core.accelerator_names": [
                "'s' as source_id, 'H100' as name, 'h100-sxm' as accelerator_id",
                "'s' as source_id, 'h-100' as name, 'h100-pcie' as accelerator_id",
            ]
        },
    },
    "core.serving_scores": {
        "nothing_is_faster_than_its_bound": "'tokens_per_s_per_accelerator' as quantity, 2 as value, 1 as floor_value",
    },
    "mart.validation_inference": {"no_measurement_is_above_the_bound": "2 as measured_value, 1 as floor_value"},
    "mart.serving_grid": {
        "users_gain_from_company": {
            "mart.serving_grid": [
                f"'m' as model_id, 'a' as accelerator_id, 1 as accelerator_count, 'w' as workload, {users} as concurrency, "
                f"{speed} as tokens_per_s_per_accelerator" for users, speed in ((1, 10), (2, 9))
            ]
        },
        "longer_prompts_are_never_cheaper": {
            "mart.serving_grid": [
                f"'m' as model_id, 'a' as accelerator_id, 1 as accelerator_count, '{work}' as workload, 1 as concurrency, "
                f"{joule} as joule_per_token" for work, joule in (("1k to 1k", 10), ("8k to 1k", 9))
            ]
        },
    },
    "mart.inference_estimates": {
        "floor_is_no_slower_than_estimate": "2 as tokens_per_s, 1 as tokens_per_s_bound",
        "figures_stand_where_it_fits": ("false as fits, 1 as joule_per_token", "true as fits, null as joule_per_token"),
    },
    "core.training_figures": {
        "every_input_has_a_source": (
            f"{one_input('mfu')}, ['a', null] as source_ids",
            f"{one_input('mfu')}, [] as source_ids",
            f"{one_input('mfu')}, null as source_ids",
            "[] as inputs, ['a'] as source_ids",
        ),
        "every_input_has_a_place_in_its_source": one_input("mfu", locator="null"),
        "no_estimate_uses_its_own_published_figure": f"'derived' as kind, 'mfu' as quantity, {one_input('published_mfu')}",
    },
    "mart.cost_breakdown": {
        "shares_sum_to_one": "'a' as training_run_id, 'staff' as component, 0.5 as share",
        "machines_and_electricity_are_the_owned_cost": {
            "mart.cost_breakdown": "'a' as training_run_id, 'electricity' as component, 2 as cost_usd",
            "core.training_cost": "'a' as training_run_id, 'owned' as boundary, true as is_preferred, 1 as value",
        },
    },
    "core.independent_estimates": {
        "no_estimate_uses_its_own_figure": f"'mfu' as quantity, {one_input('published_mfu')}",
        "machine_time_uses_no_published_utilisation": f"'chip_hours' as quantity, {one_input('published_mfu')}",
    },
    "mart.figures": {
        "one_figure_is_preferred": {"mart.figures": ["'a' as subject_id, 'mfu' as quantity, true as is_preferred"] * 2},
        "every_figure_reaches_a_source": ("[] as source_ids", "null as source_ids", "['a', null] as source_ids"),
    },
    "mart.consistency_findings": {
        "severities_are_known": "'grave' as severity",
        "ratio_is_positive": "-2 as ratio",
    },
    "mart.training_summary": {
        "compute_and_time_are_of_the_same_work": "'all' as flop_covers, 'main' as time_covers",
        "utilisation_is_possible_or_doubted": tuple(
            {
                "mart.training_summary": f"'a' as training_run_id, {flop} as training_flop, 1 as chip_hours",
                "core.training_runs": "'a' as training_run_id, 1e12 as dense_peak_flop_per_s",
            }
            for flop in ("4e15", "1e12")
        ),
        "boundaries_nest": (
        "2 as chip_energy_kwh, 1 as server_energy_kwh", "2 as server_energy_kwh, 1 as facility_energy_kwh",
    )},
    "mart.break_even": {
        "three_times_the_training_tokens_in_flop_of_6nd": {
            "mart.break_even": "'m' as model_id, 'flop' as unit, 4 as tokens_at_break_even",
            "mart.training_summary": "'m' as model_id, true as is_main_run, '6nd' as training_flop_method, 1 as training_tokens, "
            "'dense decoder' as architecture, 7 as total_params, 7 as active_params",
        },
    },
    "core.lever_case_steps": {
        "no_case_counts_levers_that_exclude_each_other": {
            "core.lever_case_steps": [f"'c' as lever_case_id, 'training' as phase, '{name}' as family" for name in "ab"],
            "core.lever_combinations": "'a' as family, 'b' as other_family, 'excludes' as combination",
        },
    },
    "mart.answers": {"every_answer_is_complete": ("null as answer, ['f'] as figure_ids", "'a' as answer, [] as figure_ids")},
    "mart.audit_points": {
        "points_are_in_the_unit_of_their_quantity": {
            "mart.audit_points": "'mfu' as quantity, 'kWh' as unit",
            "core.claim_quantities": "'mfu' as measured_quantity, '1' as unit",
        },
    },
    "mart.audit_members": {"every_class_has_members": {"core.claim_classes": "'large' as claim_class_id"}},
    "mart.claim_audit": {
        "every_verdict_has_figures_or_says_why_not": (
            "'supported' as verdict, 'seen' as reason, [] as figure_ids", "'untestable' as verdict, null as reason",
        ),
        "a_verdict_is_one_of_five": "'maybe' as verdict",
    },
}  # fmt: skip
"""For each check that a table names: the least that it must find."""

NAMED = [(table, check) for table, checked in CHECKED.items() for check in checked.checks]
DUMMIES = {"VARCHAR": "'a'", "BOOLEAN": "true", "DATE": "date '2026-01-01'", "TIMESTAMP": "timestamp '2026-01-01'"}
"""A value of each type, for keys; numbers are 1."""


@pytest.fixture(scope="module")
def empty(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables of the build without rows, in memory."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built.published}' as published (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        for schema in sorted({schema for schema, _ in tables}):
            connection.execute(f"create schema if not exists {schema}")
        for schema, name in tables:
            connection.execute(f"create table {schema}.{name} as from published.{schema}.{name} limit 0")
        connection.execute("detach published")
        load_macros(connection, SQL / "macros")
        yield connection


@pytest.fixture
def tables(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables for one test: what it writes is gone after it."""
    empty.execute("begin transaction")
    yield empty
    empty.execute("rollback")


def write(tables: duckdb.DuckDBPyConnection, table: str, columns: str) -> None:
    """One more row."""
    tables.execute(f"insert into {table} by name select {columns}")


def found(tables: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Names of the checks of a table that find something, each with the first of what it finds."""
    results = run_checks(tables, CHECKED[table], column_types(tables, table))
    return {each.name: each.first for each in results if each.failing_count}


def test_every_check_has_its_fault() -> None:
    declared = [(table, check) for table, checks in FAULTS.items() for check in checks]
    missing, unknown = set(NAMED) - set(declared), set(declared) - set(NAMED)
    assert missing == set(), "a check needs a row in FAULTS that it must find"
    assert unknown == set(), "a check that found these faults is gone"


@pytest.mark.parametrize(("table", "check"), [pair for pair in NAMED if pair[1] in FAULTS.get(pair[0], {})])
def test_a_check_finds_its_fault(tables: duckdb.DuckDBPyConnection, table: str, check: str) -> None:
    assert found(tables, table).keys() <= {"nothing"}, "there are no rows yet"
    faults = FAULTS[table][check]
    for fault in faults if isinstance(faults, tuple) else (faults,):
        written = fault if isinstance(fault, dict) else {table: fault}
        for where, rows in written.items():
            for columns in [rows] if isinstance(rows, str) else rows:
                write(tables, where, columns)
        told = found(tables, table)
        assert check in told, fault
        assert "could not run" not in told[check]
        for where in written:
            tables.execute(f"delete from {where}")


@pytest.mark.parametrize("table", CHECKED)
def test_a_key_that_stands_twice_or_is_missing_is_found(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    types = column_types(tables, table)
    key = [f"{DUMMIES.get(types[name], '1')} as {name}" for name in CHECKED[table].key]
    write(tables, table, ", ".join(key))
    assert "key_is_unique" not in found(tables, table)
    write(tables, table, ", ".join(key))
    assert "key_is_unique" in found(tables, table)
    for missing in range(len(key)):
        tables.execute(f"delete from {table}")
        columns = [f"null as {CHECKED[table].key[missing]}" if n == missing else one for n, one in enumerate(key)]
        write(tables, table, ", ".join(columns))
        assert "key_is_unique" in found(tables, table)


@pytest.mark.parametrize("table", [table for table, checked in CHECKED.items() if checked.intervals])
def test_an_interval_out_of_order_or_half_given_is_found(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    for name in CHECKED[table].intervals:
        for triple, is_wrong in (("1, 2, 3", False), ("null, null, null", False), ("2, 1, 3", True), ("1, 3, 2", True),
                                 ("null, 2, 3", True), ("1, null, 3", True), ("1, 2, null", True)):  # fmt: skip
            low, central, high = triple.split(", ")
            write(tables, table, f"{low} as {name}_low, {central} as {name}, {high} as {name}_high")
            assert ("intervals_are_ordered" in found(tables, table)) == is_wrong, (name, triple)
            tables.execute(f"delete from {table}")


@pytest.mark.parametrize("table", CHECKED)
def test_a_number_that_is_not_finite_is_found(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    numbers = [name for name, kind in column_types(tables, table).items() if kind in ("DOUBLE", "FLOAT")]
    for name in numbers:
        for value, is_wrong in (("1.5", False), ("'nan'", True), ("'inf'", True), ("'-inf'", True)):
            write(tables, table, f"{value}::double as {name}")
            assert ("numbers_are_finite" in found(tables, table)) == is_wrong, (name, value)
            tables.execute(f"delete from {table}")
