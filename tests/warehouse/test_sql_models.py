"""SQL models: the header grammar, the rules at load time, column lineage, and the checks on real rows."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from pipelines.defs.model_assets import MODELS
from pipelines.errors import LedgerError
from pipelines.settings import SQL
from pipelines.warehouse.models.checks import check_names, own_checks, run_checks
from pipelines.warehouse.models.lineage import column_lineage
from pipelines.warehouse.models.loading import load_models
from pipelines.warehouse.models.sql_models import SqlModel, parse_model, run_model
from pipelines.warehouse.models.tables import column_types

FILE = "sql/core/runs.sql"

HEADER = """\
-- One row per run.
-- key: run_id
-- column: run_id | Key of the run.
-- interval: energy_kwh | Energy of the run, kWh.
-- check: energy_is_positive | select * from core.runs where energy_kwh <= 0
"""
QUERY = "select run_id, low as energy_kwh_low, mid as energy_kwh, high as energy_kwh_high from seeds.runs\n"
GOOD = HEADER + QUERY


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, with a table of runs."""
    with duckdb.connect() as opened:
        opened.execute(
            "create schema seeds; create table seeds.runs (run_id text, low double, mid double, high double)"
        )
        yield opened


def model_of(text: str) -> SqlModel:
    return parse_model(text, FILE, "core", "runs")


def fault_of(text: str) -> str:
    with pytest.raises(LedgerError) as caught:
        model_of(text)
    return str(caught.value)


# --- the header -----------------------------------------------------------------------------------------------------


def test_a_header_says_what_the_table_is() -> None:
    model = model_of(GOOD)
    assert model.table == "core.runs"
    assert model.file == FILE
    assert model.description == "One row per run."
    assert model.key == ("run_id",)
    assert model.checks == {"energy_is_positive": "select * from core.runs where energy_kwh <= 0"}
    assert model.depends_on == {"seeds.runs"}
    assert model.query == QUERY.strip()


def test_an_interval_documents_three_columns() -> None:
    model = model_of(GOOD)
    assert model.intervals == ("energy_kwh",)
    assert model.columns == {
        "run_id": "Key of the run.",
        "energy_kwh_low": "Lower bound (5th percentile). Energy of the run, kWh.",
        "energy_kwh": "Energy of the run, kWh.",
        "energy_kwh_high": "Upper bound (95th percentile). Energy of the run, kWh.",
    }


def test_lines_that_are_indented_go_on_with_the_one_before() -> None:
    model = model_of(
        "-- One row per run,\n"
        "--    and only one.\n"
        "-- key: run_id,\n"
        "--      method\n"
        "-- column: run_id | Key of\n"
        "--    the run; see --  the note.\n"
        "-- column: method | How | or by whom.\n"
        "-- check: no_ghosts | select * from core.runs\n"
        "--    where run_id = 'ghost' -- never seen\n"
        "--    or method is null\n"
        "\n"
        "select run_id, method from seeds.runs;\n"
    )
    assert model.description == "One row per run, and only one."
    assert model.key == ("run_id", "method")
    assert model.columns == {"run_id": "Key of the run; see --  the note.", "method": "How | or by whom."}
    assert model.checks == {
        "no_ghosts": "select * from core.runs where run_id = 'ghost' -- never seen or method is null"
    }
    assert model.query == "select run_id, method from seeds.runs"


def test_a_description_may_take_several_lines() -> None:
    model = model_of("-- One row per run.\n-- Runs are of one model each.\n" + GOOD.split("\n", 1)[1])
    assert model.description == "One row per run. Runs are of one model each."


def test_comments_inside_the_query_belong_to_the_query() -> None:
    model = model_of(GOOD.replace("select run_id,", "select\n    -- key: not a tag\n    run_id,"))
    assert model.key == ("run_id",)
    assert "-- key: not a tag" in model.query


def test_a_warning_is_a_check_that_does_not_stop_a_build() -> None:
    model = model_of(GOOD.replace("-- check", "-- warn"))
    assert model.checks.keys() == model.warnings == {"energy_is_positive"}
    assert model_of(GOOD).warnings == frozenset()


def test_a_table_that_only_a_check_reads_is_made_before() -> None:
    text = HEADER + "-- check: known | from core.runs anti join core.names using (run_id)\n" + QUERY
    assert model_of(text).depends_on == {"seeds.runs", "core.names"}


def test_the_code_version_follows_query_checks_and_comments() -> None:
    version = model_of(GOOD).code_version
    assert model_of(GOOD).code_version == version
    edits = (
        ("mid as", "low as"),
        ("<= 0", "< 0"),
        ("Key of the run", "Name of the run"),
        ("One row per", "A row for each"),
    )
    for old, new in edits:
        assert model_of(GOOD.replace(old, new)).code_version != version


BROKEN_HEADERS: dict[str, tuple[str, int, str, str]] = {
    "misspelt tag": (
        GOOD.replace("-- interval:", "-- intervall:"),
        4,
        "'-- intervall: energy_kwh | Energy of the run, kWh.' is not a known tag.",
        "Use as:, key:, column:, interval:, check:, warn: or aside:.",
    ),
    "empty comment between tags": (
        GOOD.replace("-- check", "--\n-- check"),
        5,
        "'--' is not a known tag.",
        "Use as:, key:, column:, interval:, check:, warn: or aside:.",
    ),
    "column without text": (
        GOOD.replace(" | Key of the run.", ""),
        3,
        "'column: run_id' is incomplete.",
        "Write 'column: name | text'.",
    ),
    "column with a bar and no text": (
        GOOD.replace("Key of the run.", ""),
        3,
        "'column: run_id |' is incomplete.",
        "Write 'column: name | text'.",
    ),
    "column with a bad name": (
        GOOD.replace("column: run_id", "column: Run ID"),
        3,
        "'column: Run ID | Key of the run.' is incomplete.",
        "Write 'column: name | text'.",
    ),
    "check without query": (
        GOOD.replace(" | select * from core.runs where energy_kwh <= 0", ""),
        5,
        "'check: energy_is_positive' is incomplete.",
        "Write 'check: name | text'.",
    ),
    "column twice": (
        GOOD.replace("-- check", "-- column: run_id | Again.\n-- check"),
        5,
        "run_id is documented twice.",
        "Keep one of the two lines.",
    ),
    "column that an interval documents": (
        GOOD.replace("-- check", "-- column: energy_kwh_low | Again.\n-- check"),
        5,
        "energy_kwh_low is documented twice.",
        "Keep one of the two lines.",
    ),
    "check twice": (
        HEADER + "-- check: energy_is_positive | select 1\n" + QUERY,
        6,
        "energy_is_positive is documented twice.",
        "Keep one of the two lines.",
    ),
    "no description": (
        GOOD.removeprefix("-- One row per run.\n"),
        1,
        "there is no description.",
        "Begin with a comment that says what one row is.",
    ),
    "no comment at all": (QUERY, 1, "there is no description.", "Begin with a comment that says what one row is."),
    "no key": (
        GOOD.replace("-- key: run_id\n", ""),
        1,
        "there is no key.",
        "Add '-- key: column, …' to the header.",
    ),
    "no query": (HEADER, 1, "the file has no query.", "Write one select statement below the header."),
    "only a semicolon": (HEADER + " ;\n", 1, "the file has no query.", "Write one select statement below the header."),
    "two statements": (GOOD + "; select 2", 6, "expected exactly one select statement.", "Split the file."),
    "no select": (HEADER + "drop table seeds.runs", 6, "expected exactly one select statement.", "Split the file."),
    "no SQL": (HEADER + "select from where (", 6, "the query cannot be read: ", "Try it in a shell."),
    "table without schema": (
        HEADER + "\n\n" + QUERY.replace("seeds.runs", "runs"),
        8,
        "table runs has no schema.",
        "Write one of seeds, raw, core, mart before it.",
    ),
    "file for a table": (
        GOOD.replace("seeds.runs", "'runs.csv'"),
        6,
        "table runs.csv has no schema.",
        "Write one of seeds, raw, core, mart before it.",
    ),
    "fault below continued lines": (
        GOOD.replace("One row per run.", "One row\n--    per run.").replace("seeds.runs", "runs"),
        7,
        "table runs has no schema.",
        "Write one of seeds, raw, core, mart before it.",
    ),
}


@pytest.mark.parametrize(("text", "line", "rule", "remedy"), BROKEN_HEADERS.values(), ids=BROKEN_HEADERS.keys())
def test_a_broken_file_is_told_by_file_line_rule_and_remedy(text: str, line: int, rule: str, remedy: str) -> None:
    said = fault_of(text)
    assert said.startswith(f"{FILE}:{line}: {rule}")
    assert said.endswith(f" {remedy}")


# --- loading a folder -----------------------------------------------------------------------------------------------


def write_models(folder: Path, **queries: str) -> Path:
    """SQL files ``schema__name`` with one column ``a`` each, for the rules between files."""
    for table, query in queries.items():
        path = folder / (table.replace("__", "/") + ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"-- One row.\n-- key: a\n-- column: a | A.\n{query}\n", encoding="utf-8")
    return folder


SEED_TABLES = {"seeds.runs": {"a": "A."}, "seeds.prices": {"a": "A."}}


def test_models_come_in_an_order_in_which_they_can_run(tmp_path: Path) -> None:
    write_models(
        tmp_path,
        core__a_last="select a from core.b_middle",
        core__b_middle="select a from core.c_first",
        core__c_first="select a from seeds.runs",
        mart__all_of_it="select a from core.a_last union all select a from core.c_first",
    )
    assert list(load_models(tmp_path, "sql", SEED_TABLES)) == [
        "core.c_first", "core.b_middle", "core.a_last", "mart.all_of_it",
    ]  # fmt: skip


def test_a_folder_of_a_subject_sorts_and_names_nothing(tmp_path: Path) -> None:
    write_models(tmp_path, core__training__runs="select a from seeds.runs", core__names__b="select a from core.runs")
    assert list(load_models(tmp_path, "sql", SEED_TABLES)) == ["core.runs", "core.b"]


def test_two_files_cannot_make_one_table(tmp_path: Path) -> None:
    write_models(tmp_path, core__training__runs="select a from seeds.runs", core__runs="select a from seeds.prices")
    with pytest.raises(LedgerError) as caught:
        load_models(tmp_path, "sql", SEED_TABLES)
    assert str(caught.value) == "sql/core/training/runs.sql:1: sql/core/runs.sql makes core.runs too. Rename one."


BROKEN_FOLDERS = {
    "unknown table": (
        {"core__runs": "select a from seeds.rnus"},
        "sql/core/runs.sql:1: nothing produces table seeds.rnus. Add its file, or correct the name.",
    ),
    "table of another layer": (
        {"core__runs": "select a from core.prices"},
        "sql/core/runs.sql:1: nothing produces table core.prices. Did you mean seeds.prices?",
    ),
    "table of several other layers": (
        {"core__prices": "select a from seeds.prices", "core__runs": "select a from raw.prices"},
        "sql/core/runs.sql:1: nothing produces table raw.prices. Did you mean core.prices, seeds.prices?",
    ),
    "a core model reads mart": (
        {"core__runs": "select a from mart.runs", "mart__runs": "select a from seeds.runs"},
        "sql/core/runs.sql:1: a core model may not read mart.runs. "
        "The order is seeds → raw → core → mart: move the model or the reading.",
    ),
    "in a subquery": (
        {
            "core__runs": "select a from seeds.runs where a in (select a from mart.runs)",
            "mart__runs": "select a from seeds.runs",
        },
        "sql/core/runs.sql:1: a core model may not read mart.runs. "
        "The order is seeds → raw → core → mart: move the model or the reading.",
    ),
    "a circle": (
        {"core__one": "select a from core.two", "core__two": "select a from core.one"},
        "sql/core/one.sql:1: the models depend on each other in a circle: core.one → core.two → core.one. Break it.",
    ),
    "a model that reads itself": (
        {"core__one": "select a from core.one"},
        "sql/core/one.sql:1: the models depend on each other in a circle: core.one → core.one. Break it.",
    ),
}


@pytest.mark.parametrize(("queries", "expected"), BROKEN_FOLDERS.values(), ids=BROKEN_FOLDERS.keys())
def test_rules_between_files_are_told_by_file_rule_and_remedy(
    queries: dict[str, str], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(LedgerError) as caught:
        load_models(write_models(tmp_path, **queries), "sql", SEED_TABLES)
    assert str(caught.value) == expected


def test_every_file_below_sql_is_a_model_or_a_macro_and_comes_after_what_it_reads() -> None:
    files = {path.relative_to(SQL.parent).as_posix() for path in SQL.rglob("*") if path.is_file()}
    models = {file for file in files if not file.startswith("sql/macros/")}
    assert {model.file for model in MODELS.values()} == models
    order = list(MODELS)
    assert all(order.index(d) < order.index(t) for t, m in MODELS.items() for d in m.depends_on if d in MODELS)


# --- running --------------------------------------------------------------------------------------------------------


def test_a_table_carries_its_descriptions_in_the_file(connection: duckdb.DuckDBPyConnection) -> None:
    model = model_of(GOOD.replace("Key of the run.", "Key of the run; it's unique."))
    connection.execute("insert into seeds.runs values ('a', 1, 2, 3)")
    types = run_model(connection, model)
    assert types == {
        "run_id": "VARCHAR",
        "energy_kwh_low": "DOUBLE",
        "energy_kwh": "DOUBLE",
        "energy_kwh_high": "DOUBLE",
    }
    comments = dict(
        connection.execute("select column_name, comment from duckdb_columns() where schema_name = 'core'").fetchall()
    )
    assert comments == model.columns
    assert connection.execute("select comment from duckdb_tables() where schema_name = 'core'").fetchall() == [
        ("One row per run.",)
    ]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        (QUERY.replace("from", ", 1 as extra from"), "not documented: extra."),
        (QUERY.replace("run_id,", ""), "documented but missing: run_id."),
        (
            QUERY.replace("mid as energy_kwh,", "mid as energy_mwh,"),
            "not documented: energy_mwh; documented but missing: energy_kwh.",
        ),
        (
            "select mid as energy_kwh, run_id, low as energy_kwh_low, high as energy_kwh_high from seeds.runs",
            "in another order: energy_kwh, run_id, energy_kwh_low, energy_kwh_high.",
        ),
    ],
)
def test_columns_that_are_not_the_documented_ones_are_named_and_no_table_stays(
    query: str, detail: str, connection: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(LedgerError) as caught:
        run_model(connection, model_of(HEADER + query))
    assert str(caught.value) == (f"{FILE}:1: documented columns must equal the real ones; {detail} Edit the header.")
    assert column_types(connection, "core.runs") == {}


def test_a_query_that_fails_names_its_file(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LedgerError, match=r"^sql/core/runs\.sql: the query failed: Binder Error: .*no_such_column"):
        run_model(connection, model_of(GOOD.replace("mid as", "no_such_column as")))


# --- checks ---------------------------------------------------------------------------------------------------------


def verdicts(connection: duckdb.DuckDBPyConnection, model: SqlModel, rows: str) -> Mapping[str, tuple[int, str]]:
    """Name of each check -> number of failing rows and the first of them, for a table with those rows."""
    connection.execute(f"insert into seeds.runs values {rows}")
    results = run_checks(connection, model, run_model(connection, model))
    assert [result.name for result in results] == check_names(model)
    return {result.name: (result.failing_count, result.first) for result in results}


PASSED = (0, "")


def test_sound_rows_pass_all_checks(connection: duckdb.DuckDBPyConnection) -> None:
    found = verdicts(connection, model_of(GOOD), "('a', 1, 2, 3), ('b', 2, 2, 2), ('c', null, null, null)")
    assert found == {
        "energy_is_positive": PASSED, "key_is_unique": PASSED, "intervals_are_ordered": PASSED, "numbers_are_finite": PASSED,
    }  # fmt: skip


def test_a_check_reports_how_many_rows_are_wrong_and_the_first(connection: duckdb.DuckDBPyConnection) -> None:
    found = verdicts(connection, model_of(GOOD), "('a', -3, -2, -1), ('b', 1, 2, 3), ('c', -9, -9, -9)")
    assert found["energy_is_positive"] == (
        2, "run_id=a, energy_kwh_low=-3.0, energy_kwh=-2.0, energy_kwh_high=-1.0",
    )  # fmt: skip
    assert [found[name] for name in ("key_is_unique", "intervals_are_ordered", "numbers_are_finite")] == [PASSED] * 3


@pytest.mark.parametrize(
    ("rows", "check", "count"),
    [
        pytest.param("('a', 1, 2, 3), ('a', 4, 5, 6), ('b', 1, 1, 1)", "key_is_unique", 1, id="key twice"),
        pytest.param("(null, 1, 2, 3)", "key_is_unique", 1, id="key missing"),
        pytest.param("('a', 3, 2, 4)", "intervals_are_ordered", 1, id="low above centre"),
        pytest.param("('a', 1, 5, 4), ('b', 1, 5, 4)", "intervals_are_ordered", 2, id="centre above high"),
        pytest.param("('a', null, 2, 3)", "intervals_are_ordered", 1, id="low missing"),
        pytest.param("('a', 1, 2, null)", "intervals_are_ordered", 1, id="high missing"),
        pytest.param("('a', 1, null, 2)", "intervals_are_ordered", 1, id="centre missing"),
        pytest.param("('a', 1, 2, 'inf'::double)", "numbers_are_finite", 1, id="infinite"),
        pytest.param("('a', '-inf'::double, 2, 3)", "numbers_are_finite", 1, id="minus infinite"),
        pytest.param("('a', 'nan', 'nan', 'nan'), ('b', 1, 2, 3)", "numbers_are_finite", 1, id="NaN"),
    ],
)
def test_every_model_is_checked_for_keys_intervals_and_finite_numbers(
    rows: str, check: str, count: int, connection: duckdb.DuckDBPyConnection
) -> None:
    found = verdicts(connection, model_of(GOOD), rows)
    assert found[check][0] == count
    assert found[check][1].startswith("run_id=")
    assert {name for name, verdict in found.items() if verdict != PASSED} == {check}


def test_a_check_that_cannot_run_has_failed(connection: duckdb.DuckDBPyConnection) -> None:
    found = verdicts(connection, model_of(GOOD.replace("energy_kwh <= 0", "enrgy <= 0")), "('a', 1, 2, 3)")
    count, first = found["energy_is_positive"]
    assert count == 1
    assert first.startswith("the check could not run: Binder Error: ")
    assert "enrgy" in first
    assert found["key_is_unique"] == PASSED, "the other checks still run"


def test_a_table_without_numbers_or_intervals_is_asked_for_neither(connection: duckdb.DuckDBPyConnection) -> None:
    model = model_of("-- One row per run.\n-- key: run_id\n-- column: run_id | Key.\nselect run_id from seeds.runs\n")
    assert list(own_checks(model, {"run_id": "VARCHAR"})) == ["key_is_unique"]
    assert verdicts(connection, model, "('a', 1, 2, 3)") == {"key_is_unique": PASSED, "numbers_are_finite": PASSED}


# --- lineage --------------------------------------------------------------------------------------------------------

LINEAGE_TABLES = {
    "seeds.runs": ["run_id", "chip_id", "hours", "chips"],
    "seeds.chips": ["chip_id", "power", "price"],
    "core.figures": ["run_id", "value", "method"],
}


def lineage_of(query: str, *columns: str) -> list[tuple[str, str, str]]:
    header = f"-- One row.\n-- key: {columns[0]}\n" + "".join(f"-- column: {name} | Text.\n" for name in columns)
    return column_lineage(parse_model(header + query, "sql/mart/x.sql", "mart", "x"), LINEAGE_TABLES)


def test_lineage_through_join_and_alias() -> None:
    query = """
        select r.run_id, r.hours * r.chips * c.power / 1000 as energy, 'fixed' as label
        from seeds.runs as r left join seeds.chips as c using (chip_id)
    """
    assert lineage_of(query, "run_id", "energy", "label") == [
        ("energy", "seeds.chips", "power"),
        ("energy", "seeds.runs", "chips"),
        ("energy", "seeds.runs", "hours"),
        ("run_id", "seeds.runs", "run_id"),
    ]


def test_lineage_through_ctes_that_read_each_other() -> None:
    query = """
        with spent as (select run_id, chip_id, hours * chips as chip_hours from seeds.runs),
        costed as (select s.run_id, s.chip_hours * c.price as cost from spent as s, seeds.chips as c where s.chip_id = c.chip_id)
        select run_id, sum(cost) as cost from costed group by run_id
    """
    assert lineage_of(query, "run_id", "cost") == [
        ("cost", "seeds.chips", "price"),
        ("cost", "seeds.runs", "chips"),
        ("cost", "seeds.runs", "hours"),
        ("run_id", "seeds.runs", "run_id"),
    ]


def test_lineage_through_unions_by_place_and_by_name() -> None:
    by_place = "select run_id as id, hours as amount from seeds.runs union all select chip_id, price from seeds.chips"
    expected = [
        ("amount", "seeds.chips", "price"),
        ("amount", "seeds.runs", "hours"),
        ("id", "seeds.chips", "chip_id"),
        ("id", "seeds.runs", "run_id"),
    ]
    assert lineage_of(by_place, "id", "amount") == expected
    by_name = """
        select run_id as id, hours as amount from seeds.runs
        union all by name select price as amount, chip_id as id from seeds.chips
    """
    assert lineage_of(by_name, "id", "amount") == expected


def test_lineage_through_a_union_in_a_cte_of_three_branches() -> None:
    query = """
        with every_figure as (
            select run_id, value from core.figures
            union all by name select run_id, hours as value from seeds.runs
            union all by name select chip_id as run_id, power as value from seeds.chips
        )
        select run_id, max(value) as value from every_figure group by all
    """
    assert lineage_of(query, "run_id", "value") == [
        ("run_id", "core.figures", "run_id"),
        ("run_id", "seeds.chips", "chip_id"),
        ("run_id", "seeds.runs", "run_id"),
        ("value", "core.figures", "value"),
        ("value", "seeds.chips", "power"),
        ("value", "seeds.runs", "hours"),
    ]


def test_lineage_through_subqueries_in_from_and_in_select() -> None:
    query = """
        select n.run_id, n.total, (select max(f.value) from core.figures as f where f.run_id = n.run_id) as best
        from (select run_id, chips + hours as total from seeds.runs) as n
    """
    assert lineage_of(query, "run_id", "total", "best") == [
        ("best", "core.figures", "value"),
        ("best", "seeds.runs", "run_id"),  # the expression reads the outer row as well
        ("run_id", "seeds.runs", "run_id"),
        ("total", "seeds.runs", "chips"),
        ("total", "seeds.runs", "hours"),
    ]


def test_lineage_through_a_struct_that_is_spread() -> None:
    query = "select chip_id, unnest({'watts': power, 'usd': price}) as both from seeds.chips"
    assert lineage_of(query, "chip_id", "watts", "usd") == [
        ("chip_id", "seeds.chips", "chip_id"),
        ("usd", "seeds.chips", "power"),
        ("usd", "seeds.chips", "price"),
        ("watts", "seeds.chips", "power"),
        ("watts", "seeds.chips", "price"),
    ]


def test_lineage_through_a_star() -> None:
    assert lineage_of("select * from seeds.chips", "chip_id", "power", "price") == [
        ("chip_id", "seeds.chips", "chip_id"),
        ("power", "seeds.chips", "power"),
        ("price", "seeds.chips", "price"),
    ]
