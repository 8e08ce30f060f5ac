"""What Dagster loads, and runs of it: history, single assets, checks that stop a build."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.cli.runs import INSTANCE, prepare_instance
from pipelines.definitions import defs
from pipelines.defs.launched_by import COMMAND_LINE, LAUNCHED_BY
from pipelines.defs.model_assets import MODELS, PYTHON_TABLES
from pipelines.defs.policy import definition_metadata, published_types, table_metadata
from pipelines.defs.publishing import COPIED, PUBLISHED
from pipelines.defs.raw_assets import CURRENT, FETCH_ASSETS
from pipelines.defs.report_assets import chart_key
from pipelines.server.killed_runs import PROCESS_TAG, end_killed_runs
from pipelines.settings import ROOT, Settings
from pipelines.site.charts.registry import registered_charts
from pipelines.warehouse.file import connect, connect_published, list_tables
from pipelines.warehouse.models.checks import check_names
from pipelines.warehouse.publish import build_lock
from pipelines.warehouse.recipes import recipes
from tests.conftest import copied_project, run_ledger

GRAPH = defs.resolve_asset_graph()
NODES = sorted(GRAPH.asset_nodes, key=lambda node: node.key)
LAYERS = ("seeds", "raw", "core", "mart", "meta", "reports")
TABLES_AND_PICTURES = ("seeds", "core", "mart", "meta", "reports")
TRENDS = dg.AssetKey(["mart", "trends"])


@pytest.fixture
def instance(own_home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of a private copy of the finished build, as this process's own."""
    for name in [name for name in os.environ if name.startswith("LEDGER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", str(own_home.dagster_home))
    monkeypatch.setenv("LEDGER_HOME", str(own_home.home))
    with dg.DagsterInstance.get() as opened:
        yield opened


# What is loaded


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.key.to_user_string())
def test_every_asset_is_described(node: dg.AssetsDefinition) -> None:
    assert len((node.description or "").split()) >= 4
    assert node.group_name in LAYERS
    assert node.key.path[0] == node.group_name, "the key begins with the layer"
    assert len(node.key.path) == 2
    assert node.kinds
    assert node.owners


def test_every_layer_has_assets() -> None:
    assert {node.group_name for node in NODES} >= set(TABLES_AND_PICTURES)


def test_nobody_waits_for_what_nobody_makes() -> None:
    made = {node.key for node in NODES if node.is_materializable}
    assert {parent for node in NODES for parent in node.parent_keys} <= made
    assert GRAPH.external_asset_keys == set()


def test_no_layer_reads_a_later_one() -> None:
    order = {"seeds": 0, "raw": 1, "core": 2, "mart": 3, "meta": 4, "reports": 5}
    wrong = [
        f"{node.key.to_user_string()} reads {parent.to_user_string()}"
        for node in NODES
        for parent in node.parent_keys
        if order[parent.path[0]] > order[node.group_name]
    ]
    assert wrong == []


def test_every_check_stops_what_comes_after() -> None:
    specs = [GRAPH.get_check_spec(key) for key in GRAPH.asset_check_keys]
    warnings = {(name, warning) for name, model in MODELS.items() for warning in model.warnings}
    warnings |= {(".".join(asset.key.path), CURRENT) for asset in FETCH_ASSETS}  # the last good snapshot stays
    warnings |= {(".".join(PUBLISHED.path), COPIED)}  # readers here have the file all the same
    not_blocking = {(".".join(spec.asset_key.path), spec.name) for spec in specs if not spec.blocking}
    assert not_blocking == warnings
    checked = {spec.asset_key for spec in specs if spec.name == "key_is_unique"}
    modelled = {node.key for node in NODES if node.group_name in ("core", "mart")}
    assert checked == modelled, "each table that SQL or Python computes has its own checks"


@pytest.mark.parametrize("key", sorted(GRAPH.asset_check_keys), ids=str)
def test_every_check_says_what_it_demands(key: dg.AssetCheckKey) -> None:
    assert len((GRAPH.get_check_spec(key).description or "").split()) >= 3


def test_sources_and_reports_say_how_old_they_may_be() -> None:
    policies = {node.key: node.freshness_policy for node in NODES if node.freshness_policy is not None}
    expected = {node.key for node in NODES if node.group_name == "reports"} | {asset.key for asset in FETCH_ASSETS}
    assert set(policies) == expected
    for policy in policies.values():
        assert timedelta(days=31) < policy.warn_window.to_timedelta() < policy.fail_window.to_timedelta()


def test_publishing_waits_for_every_table_and_pictures_for_publishing() -> None:
    (published,) = (node for node in NODES if node.group_name == "meta")
    tables = {node.key for node in NODES if "duckdb" in node.kinds} - {published.key}
    assert published.parent_keys == tables
    for node in NODES:
        if node.group_name == "reports":
            assert published.key in node.parent_keys


def test_jobs_do_what_their_names_say() -> None:
    jobs = {
        name: set(defs.resolve_job_def(name).asset_layer.executable_asset_keys)
        for name in ("build_all", "reports_only")
    }
    assert jobs["build_all"] >= {node.key for node in NODES if "duckdb" in node.kinds or node.group_name == "reports"}
    assert jobs["reports_only"] == {node.key for node in NODES if node.group_name == "reports"}
    assert all(defs.resolve_job_def(name).description for name in jobs)


def test_steps_run_in_one_process() -> None:
    assert defs.executor is dg.in_process_executor
    for name in ("build_all", "reports_only", "__ASSET_JOB"):
        assert defs.resolve_job_def(name).executor_def is dg.in_process_executor


def test_schedules_run_without_being_switched_on() -> None:
    schedules = list(defs.schedules)
    assert len(schedules) >= 2
    assert "reports_only" in {schedule.job_name for schedule in schedules}
    for schedule in schedules:
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.execution_timezone == "UTC"
        assert defs.resolve_job_def(schedule.job_name) is not None


def test_the_workspace_loads_in_dagster_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        env={
            **os.environ,
            "DAGSTER_HOME": str(tmp_path),
            "LEDGER_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location compute_ledger." in done.stdout + done.stderr


# The instance


def test_the_instance_is_configured(own_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("LEDGER_HOME", "")
    config = own_home.dagster_home / "dagster.yaml"
    assert config.read_text(encoding="utf-8") == INSTANCE, "as ledger build left it"
    config.write_text("telemetry:\n  enabled: true\n", encoding="utf-8")
    environment = prepare_instance(own_home)
    assert environment["DAGSTER_HOME"] == os.environ["DAGSTER_HOME"] == str(own_home.dagster_home)
    assert environment["LEDGER_HOME"] == str(own_home.home)
    assert (environment["LEDGER_SITE"], environment["LEDGER_SEEDS"]) == (str(own_home.site), str(own_home.seeds))
    with dg.DagsterInstance.get() as opened:
        assert not opened.telemetry_enabled
        assert not opened.nux_enabled
        assert opened.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert opened.root_directory == str(own_home.dagster_home)


def test_history_lists_the_build(instance: dg.DagsterInstance) -> None:
    (run,) = instance.get_runs()
    assert run.tags[LAUNCHED_BY] == COMMAND_LINE
    assert run.job_name == "build_all"
    assert run.status is dg.DagsterRunStatus.SUCCESS
    made = {key for key in GRAPH.materializable_asset_keys if instance.get_latest_materialization_event(key)}
    assert made == set(defs.resolve_job_def("build_all").asset_layer.executable_asset_keys)


def test_only_runs_of_processes_that_are_gone_are_ended(instance: dg.DagsterInstance) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    job = defs.resolve_job_def("reports_only")
    tags = [{PROCESS_TAG: str(gone.pid)}, {PROCESS_TAG: str(os.getppid())}, {}]
    runs = [instance.create_run_for_job(job, tags=tag, status=dg.DagsterRunStatus.STARTED) for tag in tags]
    end_killed_runs(instance)
    statuses = [instance.get_run_by_id(run.run_id).status for run in runs]
    assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTED]


# Metadata


@pytest.mark.parametrize("chart", registered_charts(), ids=lambda chart: chart.chart_id)
def test_a_chart_shows_picture_title_facts_and_rows(built: Settings, chart: object) -> None:
    with dg.DagsterInstance.from_config(str(built.dagster_home)) as opened:
        event = opened.get_latest_materialization_event(chart_key(chart))
    metadata = event.asset_materialization.metadata
    card = json.loads((built.site / f"{chart.chart_id}.json").read_bytes())
    assert metadata["title"].value == card["title"]
    assert metadata["facts"].value == card["facts"]
    assert len(card["facts"]) >= 2
    assert metadata["dagster/row_count"].value == pl.read_parquet(built.site / f"{chart.chart_id}.parquet").height
    alt, address = metadata["preview"].value.removeprefix("![").removesuffix(")").split("](")
    assert alt == " ".join(card["alt"].split())[:800]
    assert address == f"/charts/{chart.chart_id}.svg"
    assert len(metadata["preview"].value) < 1000, "the UI shows longer Markdown on a click only"
    assert (built.site / f"{chart.chart_id}.svg").is_file()


def test_a_table_shows_rows_and_a_preview(built: Settings) -> None:
    with dg.DagsterInstance.from_config(str(built.dagster_home)) as opened:
        event = opened.get_latest_materialization_event(TRENDS)
    metadata = event.asset_materialization.metadata
    with connect_published(built) as connection:
        count = connection.execute("select count(*) from mart.trends").fetchall()[0][0]
    assert metadata["dagster/row_count"].value == count
    assert metadata["preview"].value.startswith("| metric | cohort | ")


def shown_columns(metadata: Mapping[str, dg.MetadataValue]) -> list[tuple[str, str | None, str]]:
    columns = metadata["dagster/column_schema"].schema.columns
    return [(column.name, column.description, column.type) for column in columns]


def test_columns_are_shown_by_the_definition_and_again_by_a_run_only_where_types_differ(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipes()["mart.trends"]
    monkeypatch.setenv("LEDGER_HOME", str(built.home))
    published_types.cache_clear()
    try:
        with connect_published(built) as connection:
            described = connection.execute(
                "select column_name, comment, data_type from duckdb_columns() where schema_name = 'mart' and "
                "table_name = 'trends' order by column_index"
            ).fetchall()
            types = {name: kind for name, _, kind in described}
            again = table_metadata(connection, recipe.table, recipe.columns, types)
            other = table_metadata(connection, recipe.table, recipe.columns, {**types, "n_rows": "HUGEINT"})
        defined = shown_columns(definition_metadata(recipe.table, recipe.columns))
    finally:
        published_types.cache_clear()
    assert [(name, text, kind.partition(" [")[0]) for name, text, kind in defined] == described
    assert "dagster/column_schema" not in again
    assert {name: kind for name, _, kind in shown_columns(other)}["n_rows"].startswith("HUGEINT")


# Runs of a part


def run_one(instance: dg.DagsterInstance, key: dg.AssetKey, job: str = "__ASSET_JOB") -> dg.ExecuteInProcessResult:
    """Materialize one asset as the UI does."""
    return defs.resolve_job_def(job).execute_in_process(
        instance=instance,
        asset_selection=[key],
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )


@pytest.mark.parametrize("job", ["__ASSET_JOB", "build_all"])
def test_one_asset_starts_from_the_published_tables_and_publishes_nothing(
    own_home: Settings, instance: dg.DagsterInstance, job: str
) -> None:
    own_home.build_file.unlink()
    link, before = own_home.published.readlink(), own_home.published.read_bytes()
    result = run_one(instance, TRENDS, job)
    assert result.success
    checks = {evaluation.check_name for evaluation in result.get_asset_check_evaluations()}
    assert {"key_is_unique", "intervals_are_ordered", "numbers_are_finite"} <= checks
    assert own_home.published.readlink() == link
    assert own_home.published.read_bytes() == before
    assert [path.name for path in own_home.versions.glob("*.duckdb")] == [link.name]
    with connect_published(own_home) as published, connect(own_home.build_file, own_home) as build:
        assert list_tables(build) == list_tables(published)
        query = "select * from mart.trends order by all"
        assert build.execute(query).fetchall() == published.execute(query).fetchall()


def test_one_asset_does_not_run_beside_a_build(own_home: Settings, instance: dg.DagsterInstance) -> None:
    own_home.build_file.unlink()
    with build_lock(own_home):
        result = run_one(instance, TRENDS)
    assert not result.success
    messages = [str(event.event_specific_data) for event in result.all_events if event.is_failure]
    assert any(f"another build is running: process {os.getpid()} since " in message for message in messages)
    assert not own_home.build_file.exists()


# A check that fails


@pytest.mark.slow
def test_a_failed_check_stops_what_comes_after_and_publishes_nothing(own_home: Settings, tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    model = project / "sql" / "core" / "training" / "training_runs.sql"
    text = model.read_text(encoding="utf-8")
    check = "-- check: no_run_is_pretraining | select training_run_id from core.training_runs where run_kind = 'pretraining'"
    model.write_text(text.replace("-- key: ", f"{check}\n-- key: ", 1), encoding="utf-8")
    published, site = own_home.published.read_bytes(), (own_home.site / "manifest.json").read_bytes()
    with connect_published(own_home) as connection:
        query = "select count(*) from core.training_runs where run_kind = 'pretraining'"
        failing = connection.execute(query).fetchall()[0][0]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "--home", str(own_home.home), "build"],
        env={**os.environ, "PYTHONPATH": str(project)},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    told = done.stderr[done.stderr.index("ledger: ") :].splitlines()
    assert told[0].startswith(
        f"ledger: check no_run_is_pretraining of core.training_runs: {failing:,} rows are wrong; the first: training_run_id="
    )
    assert told[1:] == ["The published warehouse is unchanged."]
    steps = {line.split("] ")[1] for line in done.stderr.splitlines() if line.startswith("[")}
    assert steps == {"core.training_runs FAILED"}, "what has not changed is not made again"
    assert own_home.published.read_bytes() == published
    assert (own_home.site / "manifest.json").read_bytes() == site
    with dg.DagsterInstance.from_config(str(own_home.dagster_home)) as opened:
        assert [run.status for run in opened.get_runs()] == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
    assert run_ledger("sql", "select 1 as n", "--format", "csv", home=own_home.home).stdout == "n\n1\n"


def test_check_names_are_those_of_the_models() -> None:
    for table, model in {**MODELS, **PYTHON_TABLES}.items():
        key = dg.AssetKey(table.split("."))
        assert {check.name for check in GRAPH.get_check_keys_for_assets({key})} == set(check_names(model))
