"""docs/queries.md: every query answers its question, and the notebook beside it opens the file and draws."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect_published

TEXT = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
QUESTIONS: dict[str, str] = dict(re.findall(r"^### (.+?)\n[^#]*?```sql\n(.*?);\n```", TEXT, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def restricted(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """As ``ledger sql`` opens the file."""
    with connect_published(built, restricted=True) as connection:
        yield connection


def test_there_are_thirty_questions_and_each_has_its_result() -> None:
    assert len(QUESTIONS) >= 30
    assert len(QUESTIONS) == TEXT.count("\n### ")
    assert TEXT.count("<!-- [[[cog answer(") == len(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_query_answers_its_question(restricted: duckdb.DuckDBPyConnection, question: str) -> None:
    cursor = restricted.execute(QUESTIONS[question])
    rows = cursor.fetchall()
    assert rows
    for place, (name, *_) in enumerate(cursor.description or []):
        assert any(row[place] is not None for row in rows), f"{name} is empty"


def test_the_file_opens_in_python_pandas_and_polars(built: Settings) -> None:
    opened = "; ".join([
        "import duckdb, sys", "con = duckdb.connect(sys.argv[1], read_only=True)",
        "pandas, polars = con.sql('from mart.accelerators').df(), con.sql('from mart.accelerators').pl()",
        "print(type(pandas).__module__.split('.')[0], type(polars).__module__.split('.')[0])",
        "print(pandas['tdp_w'].count() == polars['tdp_w'].count() > 200)",
    ])  # fmt: skip
    command = [sys.executable, "-c", opened, built.published]  # a process of its own, as a reader's is
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "pandas polars\nTrue\n"


def test_another_database_attaches_the_file(built: Settings) -> None:
    with duckdb.connect() as own:
        own.execute(f"attach '{built.published}' as ledger (read_only)")
        assert own.execute("select count(*) > 500 from ledger.mart.training_summary").fetchall() == [(True,)]


def test_the_notebook_opens_the_file_and_draws(built: Settings, tmp_path: Path) -> None:
    drawn = "; ".join([
        "import runpy, sys", "app = runpy.run_path(sys.argv[1])['app']", "_, defined = app.run()",
        "open(sys.argv[2], 'w').write(defined['chart'].to_json())",
    ])  # fmt: skip
    chart = tmp_path / "chart.json"
    done = subprocess.run(
        [sys.executable, "-c", drawn, ROOT / "docs" / "notebook.py", chart],
        env={"LEDGER_HOME": str(built.home), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"training_flop"' in chart.read_text(encoding="utf-8")
    assert "Llama 3.1 405B" in chart.read_text(encoding="utf-8")
