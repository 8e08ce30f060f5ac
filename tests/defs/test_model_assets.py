"""SQL models as assets: what stops a build, and what is only reported."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.defs.model_assets import MODELS, sql_asset
from pipelines.defs.session import SESSION
from pipelines.settings import Settings
from pipelines.warehouse.build import Session
from pipelines.warehouse.models.sql_models import parse_model

HEADER = """\
-- One row per run.
-- key: run_id
-- column: run_id | Key of the run.
"""
QUERY = "select 'a' as run_id"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A build of nothing yet."""
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    state.prepare()
    opened = Session(state, fresh=True)
    yield opened
    opened.close()


def materialize(session: Session, *texts: str) -> dg.ExecuteInProcessResult:
    """A run of core.first, core.second, … with these texts."""
    models = [
        parse_model(text, f"{name}.sql", "core", name) for name, text in zip(("first", "second"), texts, strict=True)
    ]
    return dg.materialize([sql_asset(one) for one in models], resources={SESSION: session}, raise_on_error=False)


@pytest.mark.parametrize(("tag", "goes_on"), [("warn", True), ("check", False)])
def test_a_warning_is_reported_and_the_build_goes_on_while_a_check_stops_it(
    tag: str, goes_on: bool, session: Session
) -> None:
    first = f"{HEADER}-- {tag}: no_runs | select * from core.first\n{QUERY}"
    result = materialize(session, first, f"{HEADER}select run_id from core.first")
    assert result.success is goes_on
    checks = {one.check_name: (one.passed, one.severity.value) for one in result.get_asset_check_evaluations()}
    assert checks["no_runs"] == (False, "WARN" if goes_on else "ERROR")
    tables = {
        name
        for (name,) in session.connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'core'"
        ).fetchall()
    }
    assert tables == ({"first", "second"} if goes_on else {"first"})


def test_sentences_do_not_stop_a_build() -> None:
    assert "every_answer_is_complete" in MODELS["mart.answers"].warnings
    assert "every_verdict_has_figures_or_says_why_not" in MODELS["mart.claim_audit"].warnings
