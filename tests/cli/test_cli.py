"""The ``ledger`` command as a process: what it prints, refuses and returns."""

import http.server
import io
import json
import math
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import __version__
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.publish import published_build
from tests.conftest import Called, run_ledger

TRAINING = """
select training_run_id, publication_date, is_frontier, total_params, training_flop, mfu_method
from mart.training_summary order by training_run_id
"""


def ask(built: Settings, query: str, *options: str) -> str:
    done = run_ledger("sql", query, *options, home=built.home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def refused(*arguments: str, home: Path, returncode: int = 1, call: Called = run_ledger, **variables: str) -> str:
    """The message of a command that must fail without a traceback; as a process, unless ``call`` is another way."""
    done = call(*arguments, home=home, **variables)
    assert done.returncode == returncode, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


# Formats of ledger sql


def test_csv_comes_back_as_it_was(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    expected = published.sql(TRAINING).pl()
    found = pl.read_csv(io.StringIO(ask(built, TRAINING, "--format", "csv")), schema=expected.schema)
    assert expected.height > 100
    assert found.equals(expected)


def test_parquet_comes_back_as_it_was(built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    query = "select * from mart.figures order by figure_id"
    with (tmp_path / "figures.parquet").open("wb") as file:
        command = [sys.executable, "-m", "pipelines", "--home", str(built.home), "sql", query, "--format", "parquet"]
        subprocess.run(command, stdout=file, cwd=ROOT, check=True)
    expected = published.sql(query).pl()
    found = pl.read_parquet(tmp_path / "figures.parquet")
    assert any(kind.is_nested() for kind in expected.schema.values())
    assert found.equals(expected)


def test_json_comes_back_as_it_was(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    expected = published.sql(TRAINING).pl().with_columns(pl.col("publication_date").cast(pl.String)).to_dicts()
    assert json.loads(ask(built, TRAINING, "--format", "json")) == expected


def test_json_keeps_lists_and_structs(built: Settings) -> None:
    rows = json.loads(
        ask(
            built,
            "select {'a': [1, null, 2.5], 'd': date '2024-02-29'} as s, 1.50::decimal(5,2) as d",
            "--format",
            "json",
        )
    )
    assert rows == [{"s": {"a": [1, None, 2.5], "d": "2024-02-29"}, "d": 1.5}]


def test_json_has_only_words_that_json_knows(built: Settings) -> None:
    def unknown(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    query = "select 'nan'::double as n, ['inf'::double, 1.0] as l, {'x': '-inf'::float} as s"
    rows = json.loads(ask(built, query, "--format", "json"), parse_constant=unknown)
    assert rows == [{"n": None, "l": [None, 1.0], "s": {"x": None}}]


def test_columns_of_one_name_do_not_hide_each_other(built: Settings) -> None:
    assert json.loads(ask(built, "select 1 as a, 2 as a, 3 as a_1", "--format", "json")) == [
        {"a": 1, "a_1": 2, "a_1_1": 3}
    ]
    assert ask(built, "select 1 as a, 2 as a", "--format", "csv") == "a,a_1\n1,2\n"


def test_nested_cells_of_csv_are_json(built: Settings) -> None:
    text = ask(built, "select ['a', 'b, \"c\"'] as l, {'x': 1} as s", "--format", "csv")
    row = pl.read_csv(io.StringIO(text)).row(0, named=True)
    assert json.loads(row["l"]) == ["a", 'b, "c"']
    assert json.loads(row["s"]) == {"x": 1}


def test_the_table_has_a_heading_and_counts_its_rows(built: Settings) -> None:
    lines = ask(
        built, "select * from (values ('one', 1.5e0, null), ('[b]two', 20, true)) as t(name, n, flag)"
    ).splitlines()
    assert lines[0].split() == ["name", "n", "flag"]
    assert lines[1].split() == ["one", "1.5", "null"]
    assert lines[2].split() == ["[b]two", "20", "True"]  # rich does not read it as markup
    assert lines[3:] == ["(2 rows)"]


def test_a_query_without_rows_still_tells_its_columns(built: Settings) -> None:
    assert ask(built, "select 1 as a where false", "--format", "csv") == "a\n"
    assert json.loads(ask(built, "select 1 as a where false", "--format", "json")) == []


@pytest.mark.parametrize(
    ("query", "output"), [("select 'a'::blob as b", "csv"), ("select interval 3 days as i", "parquet")]
)
def test_types_that_a_format_cannot_hold_are_told(built: Settings, query: str, output: str) -> None:
    told = refused("sql", query, "--format", output, home=built.home)
    assert told.startswith(f"ledger: {output} cannot store these rows: ")
    assert "Cast the column" in told


# What ledger sql refuses


@pytest.fixture(scope="module")
def visited() -> Iterator[list[str]]:
    """Paths asked of a server on 127.0.0.1, whose port is the first entry."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"a\n1\n")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        paths.append(str(server.server_port))
        yield paths
        server.shutdown()


WRITES = {
    "create table mart.x as select 1": "read-only",
    "insert into meta.rejects select * from meta.rejects": "read-only",
    "update seeds.models set model_name = 'x'": "read-only",
    "delete from mart.trends": "read-only",
    "drop table mart.trends": "read-only",
    "alter table mart.trends rename to t": "read-only",
}
ESCAPES = {
    "copy mart.trends to '{folder}/out.csv'": "disabled by configuration",
    "export database '{folder}/out'": "disabled by configuration",
    "copy (select 1) to '/dev/stdout'": "disabled by configuration",
    "select * from read_csv('{folder}/in.csv')": "disabled by configuration",
    "select * from '{folder}/in.csv'": "disabled by configuration",
    "select content from read_text('{folder}/in.csv')": "disabled by configuration",
    "select * from read_parquet('{folder}/in.csv')": "disabled by configuration",
    "select * from glob('{folder}/*')": "disabled by configuration",
    "select * from read_csv('http://127.0.0.1:{port}/a.csv')": "disabled by configuration",
    "attach '{folder}/other.duckdb' as other": "disabled by configuration",
    "attach 'http://127.0.0.1:{port}/b.duckdb' as other": "disabled by configuration",
    "import database '{folder}'": "disabled by configuration",
    "install httpfs": "disabled by configuration",
    "load httpfs": "disabled through configuration",
    "load '{folder}/in.csv'": "disabled through configuration",
    "create persistent secret s (type http, bearer_token 'x')": "disabled by configuration",
    "set memory_limit = '1GB'": "configuration has been locked",
    "set threads = 64": "configuration has been locked",
    "set temp_directory = '{folder}'": "configuration has been locked",
    "set enable_external_access = true": "configuration has been locked",
    "set lock_configuration = false": "configuration has been locked",
    "reset lock_configuration": "configuration has been locked",
    "set python_enable_replacements = true": "configuration has been locked",
    "pragma enable_profiling": "configuration has been locked",
    "select getenv('HOME')": "does not exist",
    "from secret_in_python": "does not exist",
}
AS_PROCESSES = [query for number, query in enumerate({**WRITES, **ESCAPES}) if number % 4 == 0]
"""A quarter of the probes also go through the command, which takes longer."""


@pytest.fixture(scope="module")
def restricted(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """What ``ledger sql`` asks, on a copy: within a process all connections to one file share its restrictions."""
    home = tmp_path_factory.mktemp("restricted")
    shutil.copyfile(built.published, home / "warehouse.duckdb")
    with connect_published(replace(built, home=home), restricted=True) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text("a\nsecret\n")
    return tmp_path


@pytest.mark.parametrize(("query", "told"), [*WRITES.items(), *ESCAPES.items()])
def test_the_restricted_connection_refuses(
    restricted: duckdb.DuckDBPyConnection, folder: Path, visited: list[str], query: str, told: str
) -> None:
    secret_in_python = pl.DataFrame({"a": ["secret"]})
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(duckdb.Error, match=told):
        restricted.execute(query.format(folder=folder, port=visited[0])).fetchall()
    assert secret_in_python.height == 1
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert len(visited) == 1, "the server was asked"


@pytest.mark.parametrize("query", AS_PROCESSES)
def test_the_command_refuses(built: Settings, folder: Path, visited: list[str], query: str) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    told = refused("sql", query.format(folder=folder, port=visited[0]), home=built.home, returncode=2)
    assert told.startswith("ledger: the query failed: ")
    assert {**WRITES, **ESCAPES}[query] in told
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert len(visited) == 1, "the server was asked"


def test_the_restricted_connection_answers(restricted: duckdb.DuckDBPyConnection) -> None:
    """The control of the probes above: they do not fail because nothing works."""
    assert restricted.execute("select count(*) > 100 from mart.figures").fetchall() == [(True,)]
    assert restricted.execute("with a as (select 1 as x) select sum(x) from a").fetchall() == [(1,)]
    restricted.execute("create temp table mine as select * from mart.trends")
    assert restricted.execute("select count(*) > 0 from mine").fetchall() == [(True,)]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("selct 1", 'syntax error at or near "selct"'),
        ("select * from mart.trend", 'Did you mean "trends"'),
        ("select growth from mart.trends", 'Referenced column "growth" not found'),
        ("select 1/0::varchar::int + 'x'::int", "Could not convert string 'x' to INT32"),
    ],
)
def test_bad_sql_is_told_with_its_place(built: Settings, query: str, told: str) -> None:
    message = refused("sql", query, home=built.home, returncode=2)
    assert message.startswith("ledger: the query failed: ")
    assert told in message
    assert "LINE 1: " in message
    assert "^" in message


@pytest.mark.parametrize(("query", "count"), [("", 0), ("/* nothing */", 0), ("select 1; select 2", 2)])
def test_one_statement_is_expected(built: Settings, query: str, count: int) -> None:
    assert refused("sql", query, home=built.home, returncode=2) == f"ledger: expected one SQL statement, got {count}.\n"


# Usage, homes and settings


def test_the_version_is_printed_without_a_warehouse(tmp_path: Path) -> None:
    done = run_ledger("--version", home=tmp_path / "none")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ledger {__version__}\n", "")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--fast"], "--fast"),
        (["--verbose", "status"], "--verbose"),
        (["sql"], "query"),
        (["sql", "select 1", "--format", "xml"], "xml"),
        (["sql", "select 1", "from x"], "from x"),
        (["biuld"], "biuld"),
        (["ui", "--port", "70000"], "65535"),
    ],
)
def test_bad_usage_ends_with_2(called_ledger: Called, built: Settings, arguments: list[str], told: str) -> None:
    message = refused(*arguments, home=built.home, returncode=2, call=called_ledger)
    assert told in message
    assert message.startswith("Usage: ")


@pytest.mark.parametrize("command", [["status"], ["sql", "select 1"], ["report"]])
def test_without_a_warehouse_the_next_step_is_told(called_ledger: Called, tmp_path: Path, command: list[str]) -> None:
    home = tmp_path / "none"
    assert (
        refused(*command, home=home, call=called_ledger)
        == f"ledger: there is no warehouse at {home}/warehouse.duckdb yet. Run: ledger build\n"
    )
    assert not home.exists(), "asking makes no folder"


@pytest.mark.parametrize("command", [["status"], ["sql", "select 1"], ["report"]])
def test_an_unreadable_warehouse_is_told(called_ledger: Called, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database at all")
    told = refused(*command, home=tmp_path, call=called_ledger)
    assert "warehouse.duckdb cannot be opened: " in told
    assert "Run: ledger build --force" in told


def test_status_tells_what_is_published(built: Settings) -> None:
    done = run_ledger("status", home=built.home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    build = published_build(built)
    assert f"build      {build['build_id']} " in done.stdout
    lines = done.stdout.splitlines()
    assert f"warehouse  {built.published}" in lines
    assert f"site       {built.site / 'index.html'}" in lines


def test_home_on_the_command_line_goes_first(built: Settings, tmp_path: Path) -> None:
    done = run_ledger("--home", str(built.home), "sql", "select 42 as n", "--format", "csv", home=tmp_path / "none")
    assert (done.returncode, done.stdout) == (0, "n\n42\n"), done.stderr
    told = refused("--home", str(tmp_path / "other"), "status", home=built.home)
    assert str(tmp_path / "other") in told


def test_a_home_relative_to_the_user_is_found(built: Settings) -> None:
    variables = {"HOME": str(built.home.parent)}
    done = run_ledger("sql", "select 42 as n", "--format", "csv", home=Path("~") / built.home.name, **variables)
    assert (done.returncode, done.stdout) == (0, "n\n42\n"), done.stderr


def test_a_file_in_the_place_of_the_home_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    for home in (file, file / "below"):
        told = refused("build", home=home)
        assert told.startswith(f"ledger: cannot create {home}")
        assert told.endswith("Set LEDGER_HOME (or --home) to a writable folder.\n")
    assert file.read_text() == "not a folder"


@pytest.mark.parametrize("name", ["all*", "what?", "home[1]"])
def test_a_home_that_dagster_would_take_for_a_pattern_is_refused(
    called_ledger: Called, built: Settings, tmp_path: Path, name: str
) -> None:
    """Dagster would not find dagster.yaml there, and go on with telemetry switched on."""
    home = tmp_path / name
    home.mkdir()
    shutil.copyfile(built.home / "home.json", home / "home.json")
    (home / "warehouse.duckdb").symlink_to(built.published.resolve())
    for command in ("build", "report"):
        told = refused(command, home=home, call=called_ledger)
        assert told.startswith(f"ledger: {home}: Dagster reads *, ? and [")
    assert not (home / "dagster").exists() or list((home / "dagster").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LEDGER_KEEP_VERSIONS", "abc", "LEDGER_KEEP_VERSIONS='abc': expected a whole number of 1 or more."),
        ("LEDGER_KEEP_VERSIONS", "0", "LEDGER_KEEP_VERSIONS='0': expected a whole number of 1 or more."),
        ("LEDGER_KEEP_VERSIONS", "-1", "LEDGER_KEEP_VERSIONS='-1': expected a whole number of 1 or more."),
        ("LEDGER_THREADS", "1.5", "LEDGER_THREADS='1.5': expected a whole number of 1 or more."),
    ],
)
def test_a_setting_that_is_no_number_is_told(
    called_ledger: Called, built: Settings, name: str, value: str, told: str
) -> None:
    for command in (["status"], ["sql", "select 1"]):
        assert told in refused(*command, home=built.home, call=called_ledger, **{name: value})


def test_a_memory_limit_that_is_none_is_told(built: Settings) -> None:
    for command in (["status"], ["sql", "select 1"]):
        assert "LEDGER_MEMORY_LIMIT='much'" in refused(*command, home=built.home, LEDGER_MEMORY_LIMIT="much")


# Streams


@pytest.mark.parametrize(
    ("query", "output"),
    [
        ("select 1", "table"),
        *(("select * from mart.figures", output) for output in ("table", "csv", "json", "parquet")),
    ],
)
def test_a_closed_pipe_is_no_fault_to_tell(built: Settings, query: str, output: str) -> None:
    command = [sys.executable, "-m", "pipelines", "--home", str(built.home), "sql", query, "--format", output]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.close()  # as `| head` does when it has enough
        stderr = process.stderr.read()
    assert stderr == b""


def test_an_odd_home_works(built: Settings, tmp_path: Path) -> None:
    home = tmp_path / "my état 'of' 100 % {things} & more"
    shutil.copytree(built.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster", "build", "site"))
    assert run_ledger("sql", "select 42 as n", "--format", "csv", home=home).stdout == "n\n42\n"
    assert f"warehouse  {home}/warehouse.duckdb\n" in run_ledger("status", home=home).stdout


def test_a_piped_table_is_whole(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    query = "select figure_id, inputs, source_ids, formula from mart.figures order by figure_id"
    heading, *lines = ask(built, query).splitlines()
    assert heading.split() == ["figure_id", "inputs", "source_ids", "formula"]
    rows = published.execute(query).fetchall()
    assert lines[-1] == f"({len(rows):,} rows)"
    for line, row in zip(lines[:-1], rows, strict=True):
        assert line.startswith(f"{row[0]} ")
        assert str(row[1]) in line


def test_numbers_survive_the_way_through_text(built: Settings) -> None:
    values = [math.pi * 1e25, 5e-324, 0.1, 1 / 3]
    query = "select unnest([" + ", ".join(f"'{value!r}'::double" for value in values) + "]) as x"
    assert [row["x"] for row in json.loads(ask(built, query, "--format", "json"))] == values
    assert [float(x) for x in ask(built, query, "--format", "csv").split()[1:]] == values
