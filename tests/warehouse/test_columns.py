"""The published warehouse as a whole: every column documented, in a known unit, finite, ordered and sourced."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

import duckdb
import pint
import pytest

from pipelines.records.units import NUMERIC, SUFFIXES, UNIT_BESIDE, UNITS, WHOLE_NAMES, unit_of

CONTRACT: dict[str, str] = {
    "mart.accelerators": """accelerator_id accelerator_name vendor kind release_date process_nm tdp_w memory_bytes
        memory_bandwidth_bytes_per_s release_price_usd source_id""",
    "mart.accelerator_peaks": """accelerator_id number_format is_tensor is_sparse peak_flop_per_s flop_per_joule
        flop_per_s_per_usd""",
    "mart.training_summary": """training_run_id model_id model_name organization publication_date domain architecture
        total_params active_params training_tokens accelerator_id accelerator_count
        training_flop training_flop_low training_flop_high training_flop_method
        chip_hours chip_hours_low chip_hours_high chip_hours_method mfu mfu_low mfu_high mfu_method
        chip_energy_kwh chip_energy_kwh_low chip_energy_kwh_high
        server_energy_kwh server_energy_kwh_low server_energy_kwh_high
        facility_energy_kwh facility_energy_kwh_low facility_energy_kwh_high facility_energy_kwh_method
        cloud_cost_usd cloud_cost_usd_low cloud_cost_usd_high owned_cost_usd owned_cost_usd_low owned_cost_usd_high
        location_co2e_kg location_co2e_kg_low location_co2e_kg_high water_l water_l_low water_l_high
        petaflop_days home_years""",
    "mart.figures": """figure_id subject_kind subject_id subject_name quantity value_low value value_high unit boundary
        kind method formula inputs source_ids is_preferred is_circular""",
    "mart.benchmark_runs": """suite round division submitter system accelerator_id accelerator_count benchmark scenario
        metric value unit energy_j joule_per_unit mfu is_official is_inferred source_id""",
    "mart.inference_estimates": """model_id accelerator_id number_format batch_size weight_bytes kv_cache_bytes_per_token
        accelerators_needed fits flop_per_token tokens_per_s_bound joule_per_token_low joule_per_token joule_per_token_high
        usd_per_million_tokens_low usd_per_million_tokens usd_per_million_tokens_high measured_joule_per_token source_id""",
    "mart.device_fit": "model_id accelerator_id number_format fits needed_bytes available_bytes tokens_per_s_bound",
    "mart.trends": """metric cohort growth_per_year_low growth_per_year growth_per_year_high doubling_time_months_low
        doubling_time_months doubling_time_months_high r2 n_rows window_start window_end""",
    "mart.consistency_findings": "subject_name rule observed expected ratio severity likely_cause source_ids",
    "mart.conflicts": "subject_name field value_a source_a value_b source_b chosen reason",
    "mart.telemetry_runs": """run_id started_at ended_at accelerator_id device_count energy_j mean_power_w peak_power_w gap_s
        reset_count tokens joule_per_token mfu cost_usd location_co2e_kg""",
    "meta.sources": "source_id title url licence",
    "meta.snapshots": "source_id url sha256 fetched_at byte_count",
    "meta.files": "source_id file_sha256 record_count accepted_count rejected_count duplicate_count",
    "meta.rejects": "source_id file_sha256 record_no column_name value reason",
    "meta.columns": "table_name column_name column_type unit description",
    "meta.column_lineage": "table_name column_name upstream_table upstream_column",
    "meta.builds": "build_id started_at finished_at code_version data_version",
}
"""Tables that readers rely on, and the columns that these have at least."""

MAY_BE_EMPTY = {"mart.telemetry_runs", "mart.conflicts", "meta.rejects", "meta.snapshots"}

Columns = dict[str, dict[str, str]]
"""Table -> column -> type."""


@pytest.fixture(scope="module")
def columns(published: duckdb.DuckDBPyConnection) -> Columns:
    """Every column of every table of the published file, with its type."""
    rows = published.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where not internal order by schema_name, table_name, column_index"
    ).fetchall()
    found: Columns = defaultdict(dict)
    for table, column, kind in rows:
        found[table][column] = kind
    return dict(found)


@pytest.fixture(scope="module")
def count(published: duckdb.DuckDBPyConnection) -> Callable[[str, str], int]:
    """Counts the rows of a table for which a condition holds."""

    def rows_with(table: str, condition: str) -> int:
        return int(published.execute(f"select count(*) from {table} where {condition}").fetchall()[0][0])

    return rows_with


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# --- the contract ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", CONTRACT)
def test_a_table_of_the_contract_is_there_with_its_columns(
    table: str, columns: Columns, count: Callable[[str, str], int]
) -> None:
    assert [name for name in CONTRACT[table].split() if name not in columns[table]] == []
    assert table in MAY_BE_EMPTY or count(table, "true") > 0, "the table is empty"


# --- documentation and units ----------------------------------------------------------------------------------------


def test_every_table_and_every_column_is_described(published: duckdb.DuckDBPyConnection) -> None:
    bare = published.execute(
        "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() "
        "where not internal and (comment is null or trim(comment) = '') "
        "union all select schema_name || '.' || table_name from duckdb_tables() "
        "where not internal and (comment is null or trim(comment) = '')"
    ).fetchall()
    assert bare == []


def test_every_numeric_column_says_its_unit(columns: Columns) -> None:
    without = []
    for table, names in columns.items():
        for name, kind in names.items():
            try:
                unit = unit_of(name, kind)
            except KeyError:
                unit = None
            if kind.startswith(NUMERIC) and not kind.endswith("]") and not unit:
                without.append(f"{table}.{name} ({kind})")
    assert without == []
    assert sum(kind == "DOUBLE" for names in columns.values() for kind in names.values()) > 100


def test_a_column_whose_unit_stands_beside_it_has_that_column(columns: Columns) -> None:
    beside = {"unit", "metric", "field", "column_name"}
    lonely = {
        f"{table}.{name}"
        for table, names in columns.items()
        for name, kind in names.items()
        if kind.startswith(NUMERIC) and not kind.endswith("]") and unit_of(name, kind) == UNIT_BESIDE
        if not beside & set(names) and not any(told.endswith(("unit", "units", "_metric")) for told in names)
    }
    assert lonely == set()


def test_meta_columns_is_what_the_file_itself_says(published: duckdb.DuckDBPyConnection) -> None:
    real = published.execute(
        "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns() where not internal"
    ).fetchall()
    told = published.execute(
        "select table_name, column_name, column_type, unit, description from meta.columns"
    ).fetchall()
    assert sorted(row[:3] + row[4:] for row in told) == sorted(real)
    assert [(t, c, unit) for t, c, kind, unit, _ in told if unit != unit_of(c, kind)] == []


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry:
    """Pint with the countable things of the field, each a dimension of its own."""
    known = pint.UnitRegistry()
    for name in ("FLOP", "MAC", "op", "token", "inference", "parameter", "example", "USD", "chip", "home", "request",
                 "image", "video", "frame"):  # fmt: skip
        known.define(f"{name} = [{name}_count]")
    known.define("unit = [unit_count]")
    return known


@pytest.mark.parametrize(("name", "unit"), {**SUFFIXES, **WHOLE_NAMES, **UNITS}.items())
def test_every_unit_of_the_closed_list_is_one_that_pint_knows(
    name: str, unit: str, registry: pint.UnitRegistry
) -> None:
    assert registry.parse_expression(unit) is not None


PHYSICAL = {
    "j": "[energy]", "kwh": "[energy]", "twh": "[energy]", "w": "[power]", "s": "[time]", "hours": "[time]",
    "days": "[time]", "months": "[time]", "years": "[time]", "nm": "[length]", "mm2": "[area]", "l": "[volume]",
    "co2e_kg": "[mass]", "kg_co2e": "[mass]", "flop": "[FLOP_count]", "usd": "[USD_count]", "tokens": "[token_count]",
    "params": "[parameter_count]", "ratio": "[]", "fraction": "[]", "count": "[]",
}  # fmt: skip
"""Suffix -> dimension that it must have."""

SINGULAR = {
    "flop": "FLOP", "s": "s", "joule": "J", "j": "J", "usd": "USD", "byte": "byte", "bytes": "byte", "token": "token",
    "tokens": "token", "kwh": "kWh", "l": "L", "mac": "MAC", "example": "example", "unit": "unit", "chip_hour": "h",
    "million_tokens": "Mtoken", "kg_co2e": "kg", "g_co2e": "g",
}  # fmt: skip
"""Words of compound suffixes and the units that they stand for."""


def test_suffixes_have_the_dimension_that_their_words_say(registry: pint.UnitRegistry) -> None:
    for suffix, dimension in PHYSICAL.items():
        quantity = registry.Quantity(1, registry.parse_units(SUFFIXES[suffix].replace("1", "")))
        assert quantity.check(dimension), f"{suffix} is {SUFFIXES[suffix]}"
    compared = 0
    for suffix, unit in SUFFIXES.items():
        words = suffix.split("_per_")
        if len(words) == 1 or not all(word in SINGULAR for word in words):
            continue
        expected = registry.parse_units(" / ".join(SINGULAR[word] for word in words))
        assert registry.Quantity(1, unit).to(expected).magnitude == pytest.approx(1), suffix
        compared += 1
    assert compared > 10


# --- numbers --------------------------------------------------------------------------------------------------------


def doubles(columns: Columns) -> Iterator[tuple[str, str, str]]:
    """Table, column and an expression that is true for a cell that holds a number which is none."""
    for table, names in columns.items():
        for name, kind in names.items():
            if kind in ("DOUBLE", "FLOAT"):
                yield table, name, f"not isfinite({quoted(name)})"
            elif kind.startswith("STRUCT") and kind.endswith("[]") and "DOUBLE" in kind:
                wrong = " or ".join(f"not isfinite(i.{field})" for field in re.findall(r'"?(\w+)"? DOUBLE', kind))
                yield table, name, f"len(list_filter({quoted(name)}, lambda i: {wrong})) > 0"


def test_no_number_is_infinite_or_none_at_all(columns: Columns, count: Callable[[str, str], int]) -> None:
    wrong = {f"{table}.{name}": count(table, condition) for table, name, condition in doubles(columns)}
    assert len(wrong) > 100
    assert {name: rows for name, rows in wrong.items() if rows} == {}


def intervals(columns: Columns) -> list[tuple[str, str, str, str]]:
    """Table and the columns low, centre, high of every interval in the mart."""
    return [
        (table, f"{name}_low", name, f"{name}_high")
        for table, names in columns.items()
        if table.startswith("mart.")
        for name in names
        if f"{name}_low" in names or f"{name}_high" in names
    ]


def test_every_interval_holds_its_centre_and_is_whole_or_absent(
    columns: Columns, count: Callable[[str, str], int]
) -> None:
    found = intervals(columns)
    assert len(found) >= 12
    for table, low, centre, high in found:
        assert {low, high} <= set(columns[table]), f"{table}.{centre} lacks a bound"
        disorder = f"not ({low} <= {centre} and {centre} <= {high})"
        half = f"({low} is null) <> ({centre} is null) or ({high} is null) <> ({centre} is null)"
        assert count(table, f"{disorder} or {half}") == 0, f"{table}.{centre}"


def test_inputs_hold_their_value_between_their_bounds(columns: Columns, count: Callable[[str, str], int]) -> None:
    wrong = "len(list_filter(inputs, lambda i: i.value is null or i.low > i.value or i.high < i.value)) > 0"
    tables = [table for table, names in columns.items() if "inputs" in names]
    assert "mart.figures" in tables
    assert {table: rows for table in tables if (rows := count(table, wrong))} == {}


def test_nothing_that_is_measured_is_negative(columns: Columns, count: Callable[[str, str], int]) -> None:
    wrong = {}
    for table, names in columns.items():
        for name, kind in names.items():
            if table.startswith("mart.") and kind == "DOUBLE" and not name.startswith("log10_"):
                wrong[f"{table}.{name}"] = count(table, f"{quoted(name)} < 0")
    assert {name: rows for name, rows in wrong.items() if rows} == {}


# --- sources and lineage --------------------------------------------------------------------------------------------


def source_columns(columns: Columns) -> Iterator[tuple[str, str]]:
    """Table and a query part that yields the source ids of one of its columns."""
    for table, names in columns.items():
        for name, kind in names.items():
            if kind == "VARCHAR" and (name.endswith("source_id") or name == "verified_in"):
                yield table, quoted(name)
            elif kind == "VARCHAR[]" and name == "source_ids":
                yield table, f"unnest({name})"
            elif kind.startswith("STRUCT") and kind.endswith("[]") and "source_id" in kind:
                yield table, f"unnest({name}).source_id"


def test_every_source_that_is_named_is_described(published: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    unknown = {}
    for table, expression in source_columns(columns):
        rows = published.execute(
            f"select distinct s from (select {expression} as s from {table}) "
            "where s is not null and s not in (select source_id from meta.sources)"
        ).fetchall()
        if rows:
            unknown[f"{table}: {expression}"] = rows
    assert unknown == {}
    named = {expression for table, expression in source_columns(columns) if table == "mart.figures"}
    assert named == {"unnest(source_ids)", "unnest(inputs).source_id"}


def test_no_figure_and_no_input_is_without_a_source(count: Callable[[str, str], int]) -> None:
    assert count("mart.figures", "true") > 1000
    assert count("mart.figures", "source_ids is null or len(source_ids) = 0") == 0
    assert count("mart.figures", "list_bool_or(list_transform(source_ids, lambda s: s is null))") == 0
    assert count("mart.figures", "inputs is null or len(inputs) = 0") == 0
    assert count("mart.figures", "len(list_filter(inputs, lambda i: i.source_id is null or i.name is null)) > 0") == 0


def test_sources_of_a_figure_are_those_of_its_inputs(count: Callable[[str, str], int]) -> None:
    of_inputs = "list_sort(list_distinct(list_transform(inputs, lambda i: i.source_id)))"
    assert count("mart.figures", f"list_sort(source_ids) <> {of_inputs}") == 0


def test_lineage_names_only_columns_that_are_there(published: duckdb.DuckDBPyConnection) -> None:
    real = "select schema_name || '.' || table_name, column_name from duckdb_columns()"
    ends = "(select table_name, column_name from meta.column_lineage union all "
    ends += "select upstream_table, upstream_column from meta.column_lineage)"
    assert published.execute(f"{ends} except ({real})").fetchall() == []


def test_every_column_of_a_model_has_an_origin_or_is_a_constant(
    published: duckdb.DuckDBPyConnection, columns: Columns
) -> None:
    traced = set(published.execute("select distinct table_name, column_name from meta.column_lineage").fetchall())
    marts = {(table, name) for table, names in columns.items() if table.startswith("mart.") for name in names}
    assert len(marts) > 100
    untraced = marts - traced
    constant = {
        (table, name)
        for table, name in untraced
        if published.execute(f"select count(distinct {quoted(name)}) from {table}").fetchall()[0][0] <= 1
    }
    # Counts of rows, and shares of them, come from no column.
    counts = {(table, name) for table, name in untraced if name.endswith("_count") or name == "share"}
    assert untraced == constant | counts


def test_lineage_never_runs_from_a_later_layer(published: duckdb.DuckDBPyConnection) -> None:
    order = ["seeds", "raw", "core", "mart"]
    steps = published.execute("select distinct table_name, upstream_table from meta.column_lineage").fetchall()
    layers = {(table.split(".")[0], upstream.split(".")[0]) for table, upstream in steps}
    assert ("mart", "core") in layers
    assert [(own, other) for own, other in layers if order.index(other) > order.index(own)] == []


def test_every_energy_of_the_summary_reaches_the_curated_files(published: duckdb.DuckDBPyConnection) -> None:
    roots = published.execute(
        """
        with recursive path as (
            select upstream_table as t, upstream_column as c from meta.column_lineage
            where table_name = 'mart.training_summary' and column_name = 'facility_energy_kwh'
            union
            select l.upstream_table, l.upstream_column from path as p
            inner join meta.column_lineage as l on l.table_name = p.t and l.column_name = p.c
        )
        select distinct t || '.' || c from path where t like 'seeds.%'
        """
    ).fetchall()
    assert {("seeds.accelerators.tdp_w",), ("seeds.assumptions.central",), ("seeds.published_figures.value",)} <= set(
        roots
    )
