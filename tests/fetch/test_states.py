"""How a source is, since when and why: the same words in the store, the published file, the page and Dagster."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.fetch.snapshots import fetch
from pipelines.fetch.states import Condition, conditions
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.raw_layer import remote_files
from tests.conftest import run_ledger

FOLDER = Path("raw.githubusercontent.com/mlco2/codecarbon/master/codecarbon/data")
SOURCE = "codecarbon_grid"


@pytest.fixture
def settings(tmp_path: Path, small_mirror: Path) -> Settings:
    """A home of its own, and a mirror of codecarbon_grid alone that a test may spoil."""
    for path in (small_mirror / FOLDER).rglob("*.*"):
        place = tmp_path / "mirror" / path.relative_to(small_mirror)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    return Settings(home=tmp_path / "home", site=tmp_path / "site", mirrors=(tmp_path / "mirror",))


@pytest.fixture
def files() -> list[RemoteFile]:
    """The two files of codecarbon_grid."""
    return remote_files([SOURCE])


def regions(settings: Settings) -> Path:
    """One of the two in the mirror."""
    return next((settings.home.parent / "mirror").rglob("impact.csv"))


def state_of(settings: Settings, files: list[RemoteFile]) -> Condition:
    """How the source is now."""
    return conditions(settings, files)[SOURCE]


def date_attempts_back(settings: Settings, day: str) -> None:
    """As if the last attempts had been made on this day."""
    noted = json.loads(settings.raw_checks.read_text(encoding="utf-8"))
    for entry in noted.values():
        entry |= {name: f"{day}T06:00:00+00:00" for name in ("checked_at", "failing_since") if name in entry}
    settings.raw_checks.write_text(json.dumps(noted), encoding="utf-8")


def test_a_source_is_stale_since_its_first_failure_until_it_comes_again(
    settings: Settings, files: list[RemoteFile]
) -> None:
    assert state_of(settings, files) == Condition("never fetched", None, None)
    fetch(settings, files)
    assert state_of(settings, files) == Condition("fresh", None, None)

    good = regions(settings).read_bytes()
    regions(settings).write_bytes(b"<html><title>Down for a day</title></html>")
    fetch(settings, files)
    date_attempts_back(settings, "2026-03-02")
    fetch(settings, files)
    found = state_of(settings, files)
    assert (found.state, found.since) == ("stale", datetime(2026, 3, 2, 6, tzinfo=UTC))
    assert re.match(r"impact.csv: https.*got an HTML page titled 'Down for a day'", found.why or "")

    regions(settings).write_bytes(good)
    fetch(settings, files)
    assert state_of(settings, files) == Condition("fresh", None, None)


def test_what_a_person_should_look_at_is_held_and_what_never_came_has_failed(
    settings: Settings, files: list[RemoteFile]
) -> None:
    lines = regions(settings).read_bytes().splitlines(keepends=True)
    regions(settings).write_bytes(b"")
    fetch(settings, files)
    assert state_of(settings, files).state == "failed", "one file has nothing in use"
    regions(settings).write_bytes(b"".join(lines))
    fetch(settings, files)
    regions(settings).write_bytes(b"".join(lines[:-40]))
    fetch(settings, files)
    found = state_of(settings, files)
    assert found.state == "held"
    assert "impact.csv: raw.codecarbon_regions: 26% fewer records" in (found.why or "")


@pytest.fixture
def instance(own_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of a private copy of the finished build, with a mirror that has nothing."""
    for name in [name for name in os.environ if name.startswith("LEDGER_")]:
        monkeypatch.delenv(name)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("LEDGER_MIRROR", str(tmp_path / "empty"))
    monkeypatch.setenv("DAGSTER_HOME", str(own_home.dagster_home))
    monkeypatch.setenv("LEDGER_HOME", str(own_home.home))
    with dg.DagsterInstance.get() as opened:
        yield opened


@pytest.mark.slow
def test_a_failure_is_told_by_dagster_the_published_file_and_the_page(
    own_home: Settings, instance: dg.DagsterInstance
) -> None:
    key = dg.AssetKey(["raw", f"fetch_{SOURCE}"])
    result = defs.resolve_job_def("__ASSET_JOB").execute_in_process(instance=instance, asset_selection=[key])
    (made,) = result.asset_materializations_for_node("raw__fetch_codecarbon_grid")
    assert made.metadata["state"].value == "failed"
    assert "global_energy_mix.json: " in str(made.metadata["state_reason"].value)
    since = datetime.fromtimestamp(float(str(made.metadata["state_since"].value)), UTC)

    done = run_ledger("build", home=own_home.home)
    assert done.returncode == 0, done.stderr
    with connect_published(own_home) as connection:
        told = connection.execute(
            "select source_id, state, state_since, state_reason from meta.sources where state not in ('never fetched')"
        ).fetchall()
        fetched = connection.execute("select count(*) from meta.sources where state is not null").fetchall()[0][0]
    assert fetched == len({file.source_id for file in remote_files()})
    [(source_id, state, told_since, reason)] = told
    assert (source_id, state, told_since.replace(tzinfo=UTC)) == (SOURCE, "failed", since)
    assert "impact.csv: " in reason
    page = (own_home.site / "quality.html").read_text(encoding="utf-8")
    assert f"1 of {fetched} online sources is stale, held or failed" in page
    assert f"failed since {since:%Y-%m-%d}" in page
    assert "No such file or directory" in page
    assert run_ledger("build", home=own_home.home).stdout.startswith("nothing changed since build")
