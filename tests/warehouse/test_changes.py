"""What a build changes: counts of rows added, removed and changed, and what does not count as new data."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.defs.model_assets import MODELS
from pipelines.defs.publishing import changes_as_markdown
from pipelines.settings import SEEDS, Settings
from pipelines.warehouse.build import Session
from pipelines.warehouse.changes import compare, note_changes, row_keys
from pipelines.warehouse.file import connect_published, list_tables
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.models.sql_models import parse_model
from pipelines.warehouse.noted_changes import TableChange, read_changes, summary
from pipelines.warehouse.publish import digest_data, open_build, published_build
from pipelines.warehouse.recipes import model_recipe, recipes
from tests.conftest import run_ledger

Counts = dict[str, tuple[int | None, int | None, int | None]]
Compared = Callable[..., Counts]

POSITIONS = {"seed_line", "record_no", "byte_start", "byte_end", "file_sha256"}


def made(path: Path, *statements: str) -> Path:
    """A closed database file that holds what the statements make, and nothing else."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("seeds", "raw", "core", "mart", "meta"):
            connection.execute(f"create schema {schema}")
        for statement in statements:
            connection.execute(statement)
    return path


def counts(changes: Sequence[TableChange]) -> Counts:
    return {each.table: (each.added, each.removed, each.changed) for each in changes}


@pytest.fixture
def compared(tmp_path: Path) -> Compared:
    """Counts by table between two files, each made by statements."""

    def between(before: Sequence[str], now: Sequence[str], **keys: tuple[str, ...]) -> Counts:
        old = made(tmp_path / "the old 'one'.duckdb", *before)
        with duckdb.connect(str(made(tmp_path / "now.duckdb", *now))) as connection:
            tables = list_tables(connection)
            found = compare(connection, old, "b1", {f"core.{name}": key for name, key in keys.items()})
            assert list_tables(connection) == tables, "the version before is detached"
        assert {each.previous_build_id for each in found} <= {"b1"}
        return counts(found)

    return between


# Known answers


THINGS = (
    "create table core.things as select * from (values ('a', 1, 'x'), ('b', 2, 'y'), ('c', 3, 'z')) as t(id, n, note)"
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select 1", (0, 0, 0)),
        ("insert into core.things values ('d', 4, 'w')", (1, 0, 0)),
        ("delete from core.things where id <> 'a'", (0, 2, 0)),
        ("update core.things set note = 'Y' where id = 'b'", (0, 0, 1)),
        ("update core.things set note = null where id = 'b'", (0, 0, 1)),
        ("update core.things set note = 'Y', n = 0 where id in ('b', 'c')", (0, 0, 2)),
        ("update core.things set id = 'B' where id = 'b'", (1, 1, 0)),
        ("create or replace table core.things as from core.things order by id desc", (0, 0, 0)),
        ("delete from core.things", (0, 3, 0)),
    ],
)
def test_rows_are_matched_by_key(compared: Compared, statement: str, expected: tuple[int, int, int]) -> None:
    assert compared([THINGS], [THINGS, statement], things=("id",)) == {"core.things": expected}


def test_added_removed_and_changed_are_counted_together(compared: Compared) -> None:
    now = ["insert into core.things values ('d', 4, 'w'), ('e', 5, 'v')", "delete from core.things where id = 'a'"]
    now += ["update core.things set n = -2 where id = 'b'"]
    assert compared([THINGS], [THINGS, *now], things=("id",)) == {"core.things": (2, 1, 1)}


def test_a_key_of_several_columns_may_be_null_in_one(compared: Compared) -> None:
    table = "create table core.t as select * from (values ('a', null, 1), ('a', 'NULL', 2), ('a', '', 3)) as t(x, y, n)"
    assert compared([table], [table], t=("x", "y")) == {"core.t": (0, 0, 0)}
    changed = "update core.t set n = 9 where y is null"
    assert compared([table], [table, changed], t=("x", "y")) == {"core.t": (0, 0, 1)}
    other = "update core.t set y = 'null' where y is null"
    assert compared([table], [table, other], t=("x", "y")) == {"core.t": (1, 1, 0)}


@pytest.mark.parametrize("column", sorted(POSITIONS))
def test_a_row_that_moves_in_its_file_is_not_changed(compared: Compared, column: str) -> None:
    both = [THINGS, f"alter table core.things add column {column} bigint default 1"]
    moved = [*both, f"update core.things set {column} = n + 7"]
    assert compared(both, moved, things=("id",)) == {"core.things": (0, 0, 0)}
    assert compared(both, moved) == {"core.things": (0, 0, 0)}, "nor without a key"


def test_a_column_that_only_one_version_has_changes_no_row(compared: Compared) -> None:
    more = [THINGS, "alter table core.things add column colour varchar default 'red'"]
    assert compared([THINGS], more, things=("id",)) == {"core.things": (0, 0, 0)}
    assert compared(more, [THINGS], things=("id",)) == {"core.things": (0, 0, 0)}
    and_a_cell = [*more, "update core.things set n = 9 where id = 'c'", "insert into core.things(id) values ('d')"]
    assert compared([THINGS], and_a_cell, things=("id",)) == {"core.things": (1, 0, 1)}
    another_place = "create or replace table core.things as select note, n, id from core.things"
    assert compared([THINGS], [THINGS, another_place], things=("id",)) == {"core.things": (0, 0, 0)}


def test_without_a_common_key_whole_rows_are_matched(compared: Compared) -> None:
    renamed = [THINGS, "alter table core.things rename id to thing_id"]
    assert compared([THINGS], renamed, things=("thing_id",)) == {"core.things": (0, 0, 0)}
    changed = [*renamed, "update core.things set n = 9 where thing_id = 'a'"]
    assert compared([THINGS], changed, things=("thing_id",)) == {"core.things": (1, 1, 0)}


def test_without_a_common_column_everything_is_new(compared: Compared) -> None:
    other = "create table core.things as select i as other from range(5) as t(i)"
    assert compared([THINGS], [other], things=("id",)) == {"core.things": (5, 3, 0)}


def test_a_table_without_key_is_matched_by_whole_rows_as_often_as_they_stand_there(compared: Compared) -> None:
    table = "create table core.t as select * from (values (1, 'a'), (1, 'a'), (2, 'b')) as t(n, s)"
    one_less = "create table core.t as select * from (values (1, 'a'), (2, 'b'), (3, 'c')) as t(n, s)"
    assert compared([table], [table]) == {"core.t": (0, 0, 0)}
    assert compared([table], [one_less]) == {"core.t": (1, 1, 0)}
    assert compared([table], [table, "update core.t set s = 'B' where n = 2"]) == {"core.t": (1, 1, 0)}


def test_rows_that_share_a_key_cancel_out(compared: Compared) -> None:
    table = "create table core.t as select * from (values (1, 'a'), (1, 'b'), (1, 'c')) as t(id, s)"
    now = "create table core.t as select * from (values (1, 'c'), (1, 'a'), (1, 'x'), (1, 'y')) as t(id, s)"
    assert compared([table], [now], t=("id",)) == {"core.t": (1, 0, 1)}


def test_new_and_gone_tables_are_counted_whole(compared: Compared) -> None:
    gone = "create table raw.gone as select * from range(4) as t(i)"
    new = "create table mart.new as select * from range(7) as t(i)"
    empty = "create table mart.empty (i bigint)"
    assert compared([gone, THINGS], [new, empty, THINGS]) == {
        "core.things": (0, 0, 0), "mart.empty": (0, 0, 0), "mart.new": (7, 0, 0), "raw.gone": (0, 4, 0),
    }  # fmt: skip


def test_tables_of_meta_are_not_compared(compared: Compared) -> None:
    assert compared(["create table meta.t as select 1 as i"], ["create table meta.t as select 2 as i"]) == {}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("double", "0.1", "0.1000000000000001"),
        ("varchar", "'a, n: 1'", "'a'"),
        ("varchar", "null", "'NULL'"),
        ("varchar[]", "['a, b']", "['a', 'b']"),
        ("struct(a varchar, b double)[]", "[{'a': 'x', 'b': 1}]", "[{'a': 'x', 'b': 2}]"),
        ("date", "date '2024-02-29'", "date '2024-03-01'"),
        ("boolean", "false", "null"),
    ],
)
def test_values_of_every_type_are_told_apart(compared: Compared, kind: str, one: str, other: str) -> None:
    def table(value: str) -> str:
        return f"create table core.t as select 'a' as id, ({value})::{kind} as v, 1 as n"

    assert compared([table(one)], [table(one)], t=("id",)) == {"core.t": (0, 0, 0)}
    assert compared([table(one)], [table(other)], t=("id",)) == {"core.t": (0, 0, 1)}


VERSION = st.dictionaries(
    st.tuples(st.integers(0, 3), st.sampled_from(["a", "b, c", "", None])),
    st.tuples(st.sampled_from([None, "NULL", "x", "y"]), st.integers(0, 2)),
    max_size=8,
)


def write_version(path: str, version: dict) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(path)
    connection.execute("create schema if not exists core")
    connection.execute("create or replace table core.t (i int, k text, s text, n int)")
    for key, values in version.items():
        connection.execute("insert into core.t values (?, ?, ?, ?)", [*key, *values])
    return connection


@settings(max_examples=30, deadline=None)
@given(VERSION, VERSION)
def test_counts_are_those_of_a_dictionary(tmp_path_factory: pytest.TempPathFactory, before: dict, now: dict) -> None:
    file = tmp_path_factory.getbasetemp() / "before.duckdb"
    write_version(str(file), before).close()
    with write_version(":memory:", now) as connection:
        found = counts(compare(connection, file, "b1", {"core.t": ("i", "k")}))
        whole = counts(compare(connection, file, "b1", {}))
    changed = sum(before[key] != now[key] for key in before.keys() & now.keys())
    assert found == {"core.t": (len(now.keys() - before.keys()), len(before.keys() - now.keys()), changed)}
    assert whole == {"core.t": (len(now.items() - before.items()), len(before.items() - now.items()), 0)}


def test_a_damaged_table_of_the_version_before_is_told_and_stops_nothing(tmp_path: Path) -> None:
    big = "create table core.big as select i, md5(i::varchar) as text from range(20_000) as t(i)"
    old = made(tmp_path / "old.duckdb", "pragma force_compression = 'uncompressed'", THINGS, big)
    data = bytearray(old.read_bytes())
    with duckdb.connect() as connection:
        cell = connection.execute("select md5('12345')").fetchall()[0][0].encode()
    data[data.index(cell) + 3] ^= 1
    old.write_bytes(data)
    with duckdb.connect(str(made(tmp_path / "now.duckdb", THINGS, big))) as connection:
        found = compare(connection, old, "b1", {"core.things": ("id",), "core.big": ("i",)})
        assert counts(found) == {"core.big": (None, None, None), "core.things": (0, 0, 0)}
        assert [each.table for each in found if each.is_change] == ["core.big"]
        connection.execute("insert into core.things values ('d', 4, 'w')")  # the build goes on
        note_changes(connection, found)
        assert read_changes(connection) == found
    assert "| core.big | unknown | unknown | unknown |" in changes_as_markdown(found)


def test_every_table_of_the_layers_has_the_key_that_its_author_named(published: duckdb.DuckDBPyConnection) -> None:
    keys = row_keys(MODELS)
    tables = {table for table in list_tables(published) if not table.startswith("meta.")}
    assert tables <= keys.keys()
    assert {"seeds.models": ("model_id",), "raw.exchange_rates": ("currency", "rate_date")}.items() <= keys.items()
    for table in sorted(tables):
        if key := ", ".join(keys[table]):
            repeated = f"select count(*) from (select {key} from {table} group by all having count(*) > 1)"
            assert published.execute(repeated).fetchall() == [(0,)], table


# How the counts are told


CHANGES = [
    TableChange("core.a", 0, 0, 0, "b1"),
    TableChange("core.b", 1_234, 0, 5, "b1"),
    TableChange("raw.c", 0, 7, 0, "b1"),
]


def test_the_summary_says_what_there_is() -> None:
    assert summary(None) == "not noted in this file"
    assert summary([]) == "first build"
    assert summary(CHANGES[:1]) == "no changes since build b1"
    assert summary(CHANGES[:2]) == "rows of 1 table since build b1"
    assert summary(CHANGES) == "rows of 2 tables since build b1"


def test_the_metadata_show_a_table_of_what_changed() -> None:
    assert changes_as_markdown(CHANGES).splitlines() == [
        "rows of 2 tables since build b1",
        "",
        "| table | added | removed | changed |",
        "| --- | ---: | ---: | ---: |",
        "| core.b | 1,234 | 0 | 5 |",
        "| raw.c | 0 | 7 | 0 |",
    ]
    assert changes_as_markdown([]) == "first build"
    assert changes_as_markdown(CHANGES[:1]) == "no changes since build b1"


# What a session notes


MODEL = """-- One row per thing.
-- key: thing
-- column: thing | Name of the thing.
-- column: size_count | Size of the thing.
select thing, size_count from (values ('a', 1), ('b', 2)) as t(thing, size_count)
"""


def finished(state: Settings, text: str, statement: str = "select 1", *, fresh: bool = True) -> tuple[str, bool]:
    """Build a warehouse of one model, ``text``, and finish it."""
    state.prepare()
    model = parse_model(text, "sql/core/things.sql", "core", "things")
    session = Session(state, fresh=fresh)
    try:
        made = {"seeds.sources": recipes()["seeds.sources"], model.table: model_recipe(model)}
        for recipe in made.values():
            session.make(recipe)
        session.connection.execute(statement)
        return session.finish(made, {model.table: model})
    finally:
        session.close()


def noted(state: Settings) -> list[TableChange] | None:
    with connect_published(state) as connection:
        return read_changes(connection)


def test_a_session_notes_what_it_changes_and_an_unchanged_one_publishes_nothing(tmp_path: Path) -> None:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    first, is_new = finished(state, MODEL)
    assert is_new
    assert noted(state) == []
    assert finished(state, MODEL) == (first, False)
    assert noted(state) == []
    second, is_new = finished(state, MODEL.replace("('b', 2)", "('b', 3), ('c', 4)"))
    assert is_new
    assert noted(state) == [TableChange("core.things", 1, 0, 1, first), TableChange("seeds.sources", 0, 0, 0, first)]
    assert finished(state, MODEL.replace("('b', 2)", "('b', 3), ('c', 4)")) == (second, False)
    third, is_new = finished(state, MODEL.replace("Name of", "The name of").replace("('b', 2)", "('b', 3), ('c', 4)"))
    assert is_new, "another description is published, though no row changes"
    assert summary(noted(state)) == f"no changes since build {second}"
    assert published_build(state)["build_id"] == third


def test_only_tables_of_queries_have_lineage(tmp_path: Path) -> None:
    """What was noted of a query goes when the table is made otherwise."""
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    before = ", ".join(f"('{table}', 'x', 'raw.a', 'x')" for table in ("seeds.sources", "core.things"))
    finished(state, MODEL, f"insert into meta.column_lineage values {before}")
    with connect_published(state) as connection:
        kept = connection.execute("select distinct table_name from meta.column_lineage where upstream_table = 'raw.a'")
        assert kept.fetchall() == [("core.things",)]


def test_a_build_that_begins_from_the_published_file_does_not_keep_its_changes(tmp_path: Path) -> None:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    finished(state, MODEL)
    second, _ = finished(state, MODEL.replace("('a', 1), ", ""))
    assert noted(state)[0] == TableChange("core.things", 0, 1, 0, noted(state)[0].previous_build_id)
    state.build_file.unlink()
    assert finished(state, MODEL, fresh=False)[1]
    assert noted(state)[0] == TableChange("core.things", 1, 0, 0, second)


def test_after_an_unreadable_version_the_build_counts_as_the_first(tmp_path: Path) -> None:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    finished(state, MODEL)
    finished(state, MODEL.replace("('a', 1), ", ""))
    state.published.resolve().chmod(0o644)
    state.published.resolve().write_bytes(b"no database at all")
    assert finished(state, MODEL, fresh=False)[1], "it begins from the file of the build before, with its changes"
    assert noted(state) == []


def test_the_changes_are_documented_like_other_tables(tmp_path: Path) -> None:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    finished(state, MODEL)
    with connect_published(state) as connection:
        rows = connection.execute(
            "select column_name, column_type, unit, length(description) > 20 from meta.columns "
            "where table_name = 'meta.changes'"
        ).fetchall()
        comment = connection.execute("select comment from duckdb_tables() where table_name = 'changes'").fetchall()
    assert rows == [
        ("table_name", "VARCHAR", None, True),
        ("added_count", "BIGINT", "1", True),
        ("removed_count", "BIGINT", "1", True),
        ("changed_count", "BIGINT", "1", True),
        ("previous_build_id", "VARCHAR", None, True),
    ]
    assert comment[0][0].startswith("One row per table: rows added, removed and changed")


# What is not new data


def with_snapshot(tmp_path: Path, fetched_at: str, sha256: str = "ab" * 32) -> str:
    """The data version of a build that used one snapshot."""
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    state.prepare()
    with open_build(state, fresh=True) as connection:
        ensure_meta(connection)
        row = ["epoch_models", "https://example.org/a.csv", sha256, fetched_at, 12]
        connection.execute("insert into meta.snapshots values (?, ?, ?, ?, ?)", row)
        note_changes(connection, [TableChange("core.things", 1, 2, 3, fetched_at)])
        return digest_data(connection)


def test_the_same_bytes_fetched_at_another_time_are_the_same_data(tmp_path: Path) -> None:
    version = with_snapshot(tmp_path, "2026-01-01 00:00:00")
    assert with_snapshot(tmp_path, "2026-11-22 20:44:38") == version
    assert with_snapshot(tmp_path, "2026-01-01 00:00:00", sha256="cd" * 32) != version


def test_the_same_bytes_fetched_at_another_time_publish_nothing(tmp_path: Path) -> None:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    row = "insert into meta.snapshots values ('epoch_models', 'https://example.org/a.csv', '{}', '{}', 12)"
    first, _ = finished(state, MODEL, row.format("ab" * 32, "2026-01-01 00:00:00"))
    assert finished(state, MODEL, row.format("ab" * 32, "2026-11-22 20:44:38")) == (first, False)
    assert finished(state, MODEL, row.format("cd" * 32, "2026-01-01 00:00:00"))[1]


# The real command


def edited_seeds(folder: Path) -> Path:
    """A copy of the curated files: of the levers, one cell is another and one row, not the last, is gone."""
    shutil.copytree(SEEDS, folder)
    path = folder / "levers" / "efficiency_levers.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("note")] = "Another note."
    del rows[5]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


def rows_by_key(path: Path) -> dict[str, Counter[tuple[str, str]]]:
    """(key, row) of every table of the layers as text, positions aside, each with how often it stands there."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in list_tables(connection):
            if table.startswith("meta."):
                continue
            cursor = connection.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            counted = [name for name in names if name not in POSITIONS]
            key = row_keys(MODELS)[table] or counted
            found[table] = Counter(
                (repr([row[names.index(name)] for name in key]), repr([row[names.index(name)] for name in counted]))
                for row in cursor.fetchall()
            )
    return found


def expected_changes(before: Path, now: Path) -> dict[str, tuple[int, int, int]]:
    """Tables that differ, counted row by row in Python."""
    old, new = rows_by_key(before), rows_by_key(now)
    expected = {}
    for table in sorted(old.keys() | new.keys()):
        gone = Counter(key for key, _ in (old.get(table, Counter()) - new.get(table, Counter())).elements())
        come = Counter(key for key, _ in (new.get(table, Counter()) - old.get(table, Counter())).elements())
        if gone or come:
            expected[table] = ((come - gone).total(), (gone - come).total(), (come & gone).total())
    return expected


@pytest.mark.slow
def test_the_command_tells_exactly_what_an_edit_of_the_curated_files_changed(
    own_home: Settings, tmp_path: Path
) -> None:
    before = own_home.published.resolve()
    first = published_build(own_home)["build_id"]
    assert "changes    first build" in run_ledger("status", home=own_home.home).stdout.splitlines()

    seeds = edited_seeds(tmp_path / "seeds")
    done = run_ledger("build", home=own_home.home, LEDGER_SEEDS=str(seeds))
    assert done.returncode == 0, done.stderr

    expected = expected_changes(before, own_home.published.resolve())
    assert expected["seeds.efficiency_levers"] == (0, 1, 1)
    assert "seeds.models" not in expected
    lines = run_ledger("status", home=own_home.home).stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("changes "))
    tables = f"{len(expected)} table{'' if len(expected) == 1 else 's'}"
    assert lines[start] == f"changes    rows of {tables} since build {first}"
    assert lines[start + 1].split() == ["table", "added", "removed", "changed"]
    told = [line.split() for line in lines[start + 2 : start + 2 + len(expected)]]
    assert told == [[table, *(f"{n:,}" for n in each)] for table, each in expected.items()]
    assert lines[start + 2 + len(expected)] == ""

    with dg.DagsterInstance.from_config(str(own_home.dagster_home)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["meta", "builds"]))
        shown = event.asset_materialization.metadata["changes"]
    assert isinstance(shown, dg.MarkdownMetadataValue)
    assert "| seeds.efficiency_levers | 0 | 1 | 1 |" in shown.value.splitlines()
    assert len(shown.value.splitlines()) == 4 + len(expected)
