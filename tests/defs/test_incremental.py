"""Only what has changed is made again, and only what belongs together and passed its checks is published."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.runs import run_job
from pipelines.definitions import defs
from pipelines.defs.stale import stale_tables
from pipelines.settings import SEEDS, Settings, read_settings
from pipelines.warehouse.file import connect, connect_published
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.recipes import recipes, with_dependents
from pipelines.warehouse.versions import read_published_versions, read_versions
from tests.conftest import copied_project, run_ledger

PUBLISH = "meta/builds"


@pytest.fixture
def instance(own_home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of a private copy of the finished build, as this process's own."""
    for name in [name for name in os.environ if name.startswith("LEDGER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", str(own_home.dagster_home))
    monkeypatch.setenv("LEDGER_HOME", str(own_home.home))
    with dg.DagsterInstance.get() as opened:
        yield opened


def materialize(instance: dg.DagsterInstance, *names: str) -> dg.ExecuteInProcessResult:
    """Materialize assets as the UI does."""
    return defs.resolve_job_def("__ASSET_JOB").execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(name.replace(".", "/").split("/")) for name in names],
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )


def told(result: dg.ExecuteInProcessResult) -> str:
    """What a failed run says."""
    failures = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    return "\n".join(failure.description for failure in failures if failure)


def notes(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """What each table of a run says of how it was made."""
    made = (event.step_materialization_data.materialization for event in result.all_events
            if event.is_step_materialization)  # fmt: skip
    return {".".join(each.asset_key.path): str(each.metadata["note"].value) for each in made if "note" in each.metadata}


def seeds_with_price(folder: Path, times: float) -> Path:
    """A copy of the curated files in which one rental price is another."""
    if not folder.exists():
        shutil.copytree(SEEDS, folder)
    path = folder / "prices" / "cloud_prices.csv"
    with (SEEDS / "prices" / "cloud_prices.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    column = rows[0].index("price_usd_per_chip_hour")
    rows[1][column] = f"{float(rows[1][column]) * times:.4g}"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


def test_a_table_that_has_not_changed_is_kept(own_home: Settings, instance: dg.DagsterInstance) -> None:
    before = read_published_versions(own_home)
    result = materialize(instance, "core.rental_quotes", "mart.trends")
    assert result.success
    assert {*notes(result).values()} == {"kept: neither its code nor what it reads has changed"}
    evaluations = {each.check_name: each.passed for each in result.get_asset_check_evaluations()}
    assert {"key_is_unique", "intervals_are_ordered", "numbers_are_finite"} <= evaluations.keys()
    assert all(evaluations.values())
    with connect(own_home.build_file, own_home) as build:
        assert read_versions(build) == before


@pytest.mark.slow
def test_an_edited_file_is_published_whole_or_not_at_all(
    own_home: Settings, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, before = own_home.published.readlink(), own_home.published.read_bytes()
    monkeypatch.setenv("LEDGER_SEEDS", str(seeds_with_price(tmp_path / "seeds", 1.25)))
    assert materialize(instance, "seeds.cloud_prices").success
    refused = materialize(instance, PUBLISH)
    assert not refused.success
    said = told(refused)
    assert "core.rental_quotes (seeds.cloud_prices has changed)" in said
    named = said.partition("Materialize ")[2].partition(", then meta.builds; or run: ledger build")[0].split(", ")
    assert named == with_dependents(set(named), recipes()), "all that is made from them is named too, in order"
    assert {"core.rental_quotes", "mart.training_summary", "mart.claim_audit"} <= set(named)

    for table in named[:2]:
        assert materialize(instance, table).success
    refused = materialize(instance, PUBLISH)
    assert not refused.success
    assert "so nothing was published" in told(refused)
    assert own_home.published.readlink() == published
    assert own_home.published.read_bytes() == before

    settled = materialize(instance, *named, PUBLISH)
    assert settled.success, told(settled)
    assert own_home.published.readlink() != published
    assert stale_tables(read_settings()) == []
    after = read_published_versions(own_home)
    for table, recipe in recipes().items():
        for name in recipe.tables:
            assert after[table].inputs[name] == after[name].data_version, f"{table} was made from another {name}"


def test_what_comes_out_as_before_ends_the_work(
    own_home: Settings, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = seeds_with_price(tmp_path / "seeds", 1)
    path = seeds / "prices" / "cloud_prices.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # other bytes, the same rows
    monkeypatch.setenv("LEDGER_SEEDS", str(seeds))
    assert "seeds.cloud_prices" in stale_tables(read_settings())
    result = materialize(instance, "seeds.cloud_prices", "core.rental_quotes", PUBLISH)
    assert result.success, told(result)
    assert notes(result)["seeds.cloud_prices"] == "made"
    assert notes(result)["core.rental_quotes"].startswith("kept")


RUN_WITH_CHECK = """
import dagster as dg
from pipelines.cli.runs import run_job
from pipelines.definitions import defs

with dg.DagsterInstance.get() as instance:
    for name in ("core/training_runs", "meta/builds"):
        result = defs.resolve_job_def("__ASSET_JOB").execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey(name.split("/"))], raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failures = [e.step_failure_data.user_failure_data for e in result.all_events if e.is_step_failure]
        print(name, result.success, [f.description for f in failures if f])
"""


@pytest.mark.slow
def test_a_table_that_failed_its_check_is_not_published_by_a_run_of_its_own(own_home: Settings, tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    model = project / "sql" / "core" / "training" / "training_runs.sql"
    check = "-- check: no_run_is_pretraining | select training_run_id from core.training_runs where run_kind = 'pretraining'"
    model.write_text(model.read_text(encoding="utf-8").replace("-- key: ", f"{check}\n-- key: ", 1), encoding="utf-8")
    before = own_home.published.read_bytes()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-c", RUN_WITH_CHECK],
        env={
            **kept,
            "PYTHONPATH": str(project),
            "LEDGER_HOME": str(own_home.home),
            "DAGSTER_HOME": str(own_home.dagster_home),
        },
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made, published = done.stdout.splitlines()
    assert made.startswith("core/training_runs False")
    assert published.startswith("meta/builds False")
    assert "core.training_runs (check no_run_is_pretraining failed)" in published
    assert own_home.published.read_bytes() == before


@pytest.mark.slow
def test_a_build_of_one_changed_price_is_that_of_everything(
    own_home: Settings, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = seeds_with_price(tmp_path / "seeds", 1.25)
    done = run_ledger("build", home=own_home.home, LEDGER_SEEDS=str(seeds))
    assert done.returncode == 0, done.stderr
    steps = {line.split("] ")[1] for line in done.stderr.splitlines() if line.startswith("[")}
    assert {"seeds.cloud_prices", "core.rental_quotes", "mart.training_summary", "meta.builds", "reports.site"} <= steps
    assert steps.isdisjoint({"seeds.models", "core.accelerators", "raw.exchange_rates"})
    some = published_build(own_home)["data_version"]
    with connect_published(own_home) as connection:
        assert connection.execute(
            "select changed_count from meta.changes where table_name = 'seeds.cloud_prices'"
        ).fetchall() == [(1,)]
    monkeypatch.setenv("LEDGER_SEEDS", str(seeds))
    tables = {table.replace(".", "/") for table in recipes()}
    made = run_job(read_settings(), "build_all", [*tables, PUBLISH], force=True)  # all but the pages
    assert {made[table]["note"] for table in tables} == {"made"}
    assert published_build(own_home)["data_version"] == some
    with connect(own_home.build_file, own_home) as build:
        everything = {table: version.data_version for table, version in read_versions(build).items()}
    assert everything.items() <= {t: v.data_version for t, v in read_published_versions(own_home).items()}.items()
