"""What is noted of tables: digests of content, what was read, and what may not be published."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.build import Session
from pipelines.warehouse.file import connect
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.models.macros import digest_macros, macro_texts, macros_called
from pipelines.warehouse.models.sql_models import parse_model
from pipelines.warehouse.publish import digest_data, published_build
from pipelines.warehouse.recipes import Recipe, model_recipe, recipes
from pipelines.warehouse.versions import digest_table, fault_of, read_versions

THINGS = """-- One row per thing.
-- key: thing
-- column: thing | Name of the thing.
-- column: size_count | Size of the thing.
-- check: sizes_are_positive | select * from core.things where size_count <= 0
select thing, size_count from (values ('a', 1), ('b', 2)) as t(thing, size_count)
"""
SIZES = """-- One row: how many things there are, and whether there are any.
-- key: thing_count
-- column: thing_count | Things.
-- column: has_things | Whether there is one.
select count(*) as thing_count, count(*) > 0 as has_things from core.things
"""
OUTCOMES = """-- One row: whether there is a thing.
-- key: has_things
-- column: has_things | Whether there is one.
select has_things from core.sizes
"""
VERDICTS = OUTCOMES.replace("core.sizes", "core.outcomes")


def small_recipes(things: str = THINGS, sizes: str = SIZES) -> dict[str, Recipe]:
    """A warehouse of sources, and of four tables each of which reads the one before."""
    texts = {"things": things, "sizes": sizes, "outcomes": OUTCOMES, "verdicts": VERDICTS}
    models = (parse_model(text, f"sql/core/{name}.sql", "core", name) for name, text in texts.items())
    made = [recipes()["seeds.sources"], *(model_recipe(model) for model in models)]
    return {recipe.table: recipe for recipe in made}


class Build:
    """A small home, and what a session makes in it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "home", site=folder / "site")
        self.settings.prepare()

    def make(self, of: dict[str, Recipe], *tables: str) -> list[str]:
        """Make tables, all if none is named; returns those that were not kept."""
        session = Session(self.settings, fresh=False)
        try:
            return [table for table in tables or of if not session.make(of[table]).is_kept]
        finally:
            session.close()

    def publish(self, of: dict[str, Recipe]) -> tuple[str, bool]:
        """Finish the build."""
        session = Session(self.settings, fresh=False)
        try:
            return session.finish(of, {})
        finally:
            session.close()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


# What is made again


def test_everything_is_made_once(build: Build) -> None:
    of = small_recipes()
    assert build.make(of) == [*of]
    assert build.make(of) == []


def test_other_code_makes_a_table_again_and_what_its_content_decides(build: Build) -> None:
    build.make(small_recipes())
    more = THINGS.replace("('b', 2)", "('b', 2), ('c', 3)")
    assert build.make(small_recipes(more)) == ["core.things", "core.sizes", "core.outcomes"], "and not core.verdicts"
    assert build.make(small_recipes(more, SIZES.replace("Things.", "How many."))) == ["core.sizes"]


def test_descriptions_of_an_older_version_give_way_to_those_of_now(build: Build) -> None:
    described = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'meta' order by all"
    build.make(small_recipes())
    with connect(build.settings.build_file, build.settings) as connection:
        before = connection.execute(described).fetchall()
        connection.execute("comment on column meta.rejects.reason is 'of then'")
    build.make(small_recipes())
    with connect(build.settings.build_file, build.settings) as connection:
        assert connection.execute(described).fetchall() == before


def test_a_table_that_is_gone_is_made_again(build: Build) -> None:
    of = small_recipes()
    build.make(of)
    with connect(build.settings.build_file, build.settings) as connection:
        connection.execute("drop table core.sizes")
    assert build.make(of) == ["core.sizes"]


def test_a_table_that_was_cut_short_is_made_again(build: Build) -> None:
    of = small_recipes()
    build.make(of)
    broken = small_recipes(THINGS.replace("('a', 1)", "('a', error('cut short'))"))
    with pytest.raises(LedgerError, match="cut short"):
        build.make(broken)
    with connect(build.settings.build_file, build.settings) as connection:
        assert "core.things" not in read_versions(connection)
    assert build.make(of) == ["core.things"]


def test_a_damaged_build_file_is_made_anew(build: Build) -> None:
    of = small_recipes()
    build.make(of)
    build.settings.build_file.write_bytes(b"no database at all")
    assert build.make(of) == [*of]


# What is published


def test_a_table_made_from_another_is_not_published(build: Build) -> None:
    build.make(small_recipes())
    published, _ = build.publish(small_recipes())
    changed = small_recipes(THINGS.replace("('b', 2)", "('b', 2), ('c', 3)"))
    build.make(changed, "core.things")
    told = (
        r"so nothing was published: core\.sizes \(core\.things has changed\)\. "
        r"Materialize core\.sizes, core\.outcomes, core\.verdicts, then meta\.builds; or run: ledger build"
    )
    with pytest.raises(LedgerError, match=told):
        build.publish(changed)
    assert published_build(build.settings)["build_id"] == published
    build.make(changed)
    assert build.publish(changed)[1]


def test_a_table_of_other_code_is_not_published(build: Build) -> None:
    build.make(small_recipes())
    with pytest.raises(LedgerError, match=r"core\.things \(its code has changed\)"):
        build.publish(small_recipes(THINGS.replace("Size of", "The size of")))


def test_a_table_that_failed_its_check_is_not_published_until_it_passes(build: Build) -> None:
    wrong = small_recipes(THINGS.replace("('b', 2)", "('b', 0)"))
    build.make(wrong)
    with pytest.raises(LedgerError, match=r"core\.things \(check sizes_are_positive failed\)"):
        build.publish(wrong)
    assert build.make(wrong) == ["core.things"], "it is checked again, though nothing has changed"
    assert published_build(build.settings) is None
    build.make(small_recipes())
    assert build.publish(small_recipes())[1]


def test_a_table_that_is_not_there_is_not_published(build: Build) -> None:
    of = small_recipes()
    build.make(of, "seeds.sources", "core.things")
    with pytest.raises(LedgerError, match=r"core\.sizes \(not made\); core\.outcomes \(not made\)"):
        build.publish(of)


def test_a_table_that_another_program_wrote_to_is_not_published(build: Build) -> None:
    of = small_recipes()
    build.make(of)
    with connect(build.settings.build_file, build.settings) as connection:
        connection.execute("update core.things set size_count = 7 where thing = 'a'")
    with pytest.raises(LedgerError, match=r"core\.things is not the table that was made and checked"):
        build.publish(of)
    assert published_build(build.settings) is None


def test_files_do_not_count_for_what_belongs_together(build: Build, tmp_path: Path) -> None:
    of = small_recipes()
    build.make(of)
    shutil.copytree(build.settings.seeds, tmp_path / "seeds")
    (tmp_path / "seeds" / "SOURCES.toml").write_text("# edited\n", encoding="utf-8")
    edited = replace(build.settings, seeds=tmp_path / "seeds")
    with connect(build.settings.build_file, build.settings) as connection:
        versions = read_versions(connection)
    assert fault_of(of["seeds.sources"], versions, build.settings) is None
    assert fault_of(of["seeds.sources"], versions, edited) == "seeds/SOURCES.toml has changed"
    assert fault_of(of["seeds.sources"], versions) is None
    assert build.publish(of)[1]


# Formulas


def test_a_formula_that_changes_no_figure_is_another_data_version(build: Build) -> None:
    with connect(build.settings.build_file, build.settings) as connection:
        ensure_meta(connection)
        connection.execute("create or replace macro twice(x) as 2 * x")
        before = digest_data(connection), digest_macros(connection)
        connection.execute("create or replace macro twice(x) as -- a comment\n 2   * x")
        assert (digest_data(connection), digest_macros(connection)) == before
        connection.execute("create or replace macro twice(x) as x + x")
        assert digest_data(connection) != before[0]


def test_formulas_are_followed_through_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- macro: f | F.\ncreate or replace macro f(x) as g(x) + 1;\n\n"
                                    "create or replace macro g(x) as\n    -- h(x) is not called\n    x * 2;\n")  # fmt: skip
    (tmp_path / "b.sql").write_text("create or replace macro h(x) as f(x);\n")
    texts = macro_texts(tmp_path)
    assert texts["f"] == "create or replace macro f(x) as g(x) + 1;"
    assert macros_called("select f (1)", texts).keys() == {"f", "g"}
    assert macros_called("select g(h), h from t", texts).keys() == {"g"}


# Digests


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["x", "y", None])), min_size=2, max_size=6), st.data())
def test_cells_that_change_places_change_the_digest(rows: list[tuple[int, str | None]], data: st.DataObject) -> None:
    def digest(of: list[tuple[int, str | None]]) -> str:
        with duckdb.connect() as connection:
            connection.execute("create schema core; create table core.t (number bigint, text varchar)")
            connection.executemany("insert into core.t values (?, ?)", of)
            return digest_table(connection, "core.t")

    assert digest(data.draw(st.permutations(rows))) == digest(rows)
    a, b = data.draw(st.permutations(range(len(rows))))[:2]
    swapped = list(rows)
    swapped[a], swapped[b] = (rows[a][0], rows[b][1]), (rows[b][0], rows[a][1])
    assert (digest(swapped) == digest(rows)) == (sorted(map(repr, swapped)) == sorted(map(repr, rows)))


def test_columns_and_their_types_are_part_of_the_digest() -> None:
    digests = set()
    for columns in ("1::integer as a", "1::bigint as a", "1::bigint as b", "1.0::double as b"):
        with duckdb.connect() as connection:
            connection.execute(f"create schema core; create table core.t as select {columns}")
            digests.add(digest_table(connection, "core.t"))
    assert len(digests) == 4
