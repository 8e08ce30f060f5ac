"""Which code decides a page, a chart or a table: followed along the imports, in a copy of the project that is edited."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.records.code_versions import clear_code_versions, code_version, reached
from pipelines.site.chart_files import chart_code
from pipelines.site.charts.registry import registered_charts
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import page_code
from pipelines.warehouse.recipes import recipes, sql_models
from tests.conftest import copied_project

VERSIONS = """
import json, sys
from pathlib import Path
from pipelines.records.code_versions import clear_code_versions
from pipelines.site.chart_files import chart_code
from pipelines.site.charts.registry import registered_charts
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import page_code
from pipelines.warehouse.recipes import recipes, sql_models

def versions():
    for remembered in (recipes.cache_clear, sql_models.cache_clear, clear_code_versions):
        remembered()
    return {
        "pages": {kind.kind_id: page_code(kind) for kind in registered_pages()},
        "charts": {chart.chart_id: chart_code(chart) for chart in registered_charts()},
        "tables": {table: recipe.code_version for table, recipe in recipes().items()},
    }

found = [versions()]
for file, old, new in json.load(sys.stdin):
    text = Path(file).read_text(encoding="utf-8")
    assert old in text, (file, old)
    Path(file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found.append(versions())
    Path(file).write_text(text, encoding="utf-8")
print(json.dumps(found))
"""
"""Prints all versions of the project in which it runs: as it is, and with each of the edits that it reads."""

EDITS = {
    "escaping function": ("pipelines/site/files.py", '"\\\\u003c"', '"\\\\u003C"'),
    "template": ("reports/sheets/base.html", "<", " <"),
    "chart": ("pipelines/site/charts/training_cost.py", "import", "import  "),
    "model": ("sql/core/prices/on_demand_prices.sql", "p.method = 'observed'", "p.method <> 'moved'"),
    "formula": ("sql/macros/training.sql", "training_tokens), 6)", "training_tokens), 6.0)"),
    "comment on a formula": ("sql/macros/training.sql", "-- macro: ", "-- macro:  "),
    "connector": ("pipelines/sources/prices/exchange_rates.py", "import", "import  "),
    "columns of a curated file": ("pipelines/seeds/claims.py", "import", "import  "),
}
"""What is edited: file, text, the text in its place."""

Versions = dict[str, dict[str, str]]


def versions_in(folder: Path, edits: list[tuple[str, str, str]]) -> list[Versions]:
    """Versions in a copy of the project: as it is, and with each edit."""
    copied_project(folder)
    done = subprocess.run(
        [sys.executable, "-c", VERSIONS],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "LEDGER_HOME": str(folder / "data")},
        input=json.dumps(edits),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def plain_and_edited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Versions, dict[str, Versions]]:
    """Versions of a copy of the project, and those after each of EDITS."""
    plain, *edited = versions_in(tmp_path_factory.mktemp("another") / "place", [*EDITS.values()])
    return plain, dict(zip(EDITS, edited, strict=True))


@pytest.fixture
def changed(plain_and_edited: tuple[Versions, dict[str, Versions]]) -> Callable[[str], dict[str, set[str]]]:
    """What has another version after an edit, by kind."""
    plain, edited = plain_and_edited

    def of(edit: str) -> dict[str, set[str]]:
        return {kind: {n for n, v in edited[edit][kind].items() if v != plain[kind][n]} for kind in plain}

    return of


Changed = Callable[[str], dict[str, set[str]]]


@pytest.mark.slow
def test_a_copy_elsewhere_has_the_same_versions(plain_and_edited: tuple[Versions, dict[str, Versions]]) -> None:
    plain, _ = plain_and_edited
    here = {table: recipe.code_version for table, recipe in recipes().items()}
    assert plain["tables"] == here
    assert plain["pages"] == {kind.kind_id: page_code(kind) for kind in registered_pages()}
    assert plain["charts"] == {chart.chart_id: chart_code(chart) for chart in registered_charts()}


def test_the_escaping_function_and_a_template_decide_every_page_and_no_table(changed: Changed) -> None:
    every = {kind.kind_id for kind in registered_pages()}
    for edit in ("escaping function", "template"):
        assert changed(edit)["pages"] == every
        assert changed(edit)["tables"] == set()


def test_a_chart_is_decided_by_its_own_module(changed: Changed) -> None:
    assert changed("chart") == {"charts": {"training-cost"}, "pages": set(), "tables": set()}


def test_a_model_is_decided_by_its_text(changed: Changed) -> None:
    assert changed("model")["tables"] == {"core.on_demand_prices"}


def test_a_formula_decides_what_calls_it_and_what_calls_its_callers(changed: Changed) -> None:
    tables = changed("formula")["tables"]
    assert "core.training_compute" in tables
    assert tables == {name for name, model in sql_models().items() if "flop_6nd" in model.formulas}
    assert changed("comment on a formula")["tables"] == set()


def test_a_connector_decides_its_own_tables(changed: Changed) -> None:
    assert changed("connector")["tables"] == {"raw.exchange_rates"}


def test_the_columns_of_a_curated_file_decide_its_table_and_not_what_reads_it(changed: Changed) -> None:
    tables = changed("columns of a curated file")["tables"]
    assert {"seeds.claims", "seeds.questions"} <= tables
    assert not any(table.startswith(("core.", "mart.")) for table in tables)


def test_imports_are_followed_through_modules() -> None:
    assert {
        "pipelines.sources.mlperf.mllog", "pipelines.records.archives", "pipelines.records.raw_tables",
        "pipelines.records.csv_records", "pipelines.records.fields", "pipelines.records.json_records",
    } <= reached({"pipelines.sources.mlperf.training"}).keys()  # fmt: skip


def test_imports_for_type_checkers_are_not_followed() -> None:
    assert "pipelines.warehouse.recipes" not in reached({"pipelines.warehouse.versions"})


def test_other_code_has_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "a_connector.py"
    monkeypatch.syspath_prepend(tmp_path)

    def version_of(text: str) -> str | None:
        module.write_text(text)
        clear_code_versions()
        return code_version(frozenset({"a_connector"}))

    plain = version_of("from pipelines.sources.mlperf import mllog\nX = 1\n")
    assert plain == version_of("from pipelines.sources.mlperf import mllog\nX = 1\n")
    others = {version_of("from pipelines.sources.mlperf import mllog\nX = 2\n"), version_of("X = 1\n")}
    assert len({plain, *others}) == 3
    assert version_of("import numpy\nX = 1\n") not in others
    clear_code_versions()
    assert code_version(frozenset({"no_such_module"})) is None
