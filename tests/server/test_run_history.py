"""The run history stays small and whole, with real runs in Dagster's own files."""

import random
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.runs import prepare_instance
from pipelines.server.packed_events import unpack
from pipelines.server.run_history import damaged_files, prune_history, set_aside
from pipelines.settings import Settings

EVENT = (
    '{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", '
    '"event_type_value": "STEP_SUCCESS", "pid": 7}}'
)
PACKED = "78bb8f0f4aaaa34976c25f9a409299796d2d005a29292f"
"""EVENT as version 1.0 packs it."""

FILLER = random.Random(1).randbytes(300_000).hex()
"""Metadata that can hardly be packed."""


@dg.asset
def first() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"filler": FILLER})


@dg.asset
def second() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"filler": FILLER})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    for name in ("DAGSTER_HOME", "LEDGER_HOME"):
        monkeypatch.setenv(name, "")  # prepare_instance sets them for this process: undone at the end
    prepare_instance(state)
    return state


def make(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition) -> str:
    return dg.materialize(list(assets), instance=instance).run_id


def taken(home: Settings) -> int:
    return sum(path.stat().st_size for path in home.dagster_home.rglob("*") if path.is_file())


def events_of(instance: dg.DagsterInstance, run_id: str) -> int:
    return len(instance.all_logs(run_id))


def test_only_so_many_runs_are_kept_and_nothing_is_left_of_the_others(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        runs = [make(instance, first) for _ in range(5)]
        prune_history(instance, replace(home, history_runs=2))
        assert [run.run_id for run in instance.get_runs()] == runs[:2:-1]
        assert events_of(instance, runs[-1]) > 0
        left = {path.name.partition(".")[0] for path in (home.dagster_home / "history" / "runs").glob("*-*.db")}
        assert left == set(runs[3:])
        assert {path.name for path in (home.dagster_home / "storage").iterdir()} <= set(runs[3:])
    with sqlite3.connect(home.dagster_home / "history" / "runs" / "index.db") as index:
        assert {run for (run,) in index.execute("select distinct run_id from event_logs")} == set(runs[3:])


def test_checks_go_with_their_runs_but_for_the_newest_of_each(home: Settings) -> None:
    @dg.asset_check(asset=first)
    def is_right() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True, metadata={"query": "select 1"})

    @dg.asset_check(asset=first)
    def is_rare() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    def checks() -> dict[str, list[str]]:
        with sqlite3.connect(home.dagster_home / "history" / "runs" / "index.db") as index:
            found = index.execute("select check_name, run_id from asset_check_executions order by id").fetchall()
        return {name: [run for check, run in found if check == name] for name in ("is_right", "is_rare")}

    with dg.DagsterInstance.get() as instance:
        once = dg.materialize([first, is_right, is_rare], instance=instance).run_id
        runs = [dg.materialize([first, is_right], instance=instance).run_id for _ in range(4)]
        assert checks() == {"is_right": [once, *runs], "is_rare": [once]}
        prune_history(instance, replace(home, history_runs=2))
        assert checks() == {"is_right": runs[2:], "is_rare": [once]}
        prune_history(instance, replace(home, history_runs=2, history_mb=0))
        assert checks() == {"is_right": runs[3:], "is_rare": [once]}
        newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(first.key, name) for name in ("is_right", "is_rare")]
        )
        assert {key.name: record.run_id for key, record in newest.items()} == {"is_right": runs[3], "is_rare": once}
        assert all(record.event.asset_check_evaluation.passed for record in newest.values())


def test_what_was_packed_by_an_earlier_version_is_read() -> None:
    """Bytes that stand in histories: they say if what packing knows before was changed."""
    assert unpack(bytes.fromhex(PACKED)) == EVENT


def test_events_lie_packed_and_those_that_were_not_are_read_too(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = make(instance, first)
        known = instance.all_logs(run_id)
    index = home.dagster_home / "history" / "runs" / "index.db"
    one_run = index.with_name(f"{run_id}.db")
    for path, column, table in (
        (one_run, "event", "event_logs"),
        (index, "event", "event_logs"),
        (index, "last_materialization", "asset_keys"),
    ):
        with sqlite3.connect(path) as connection:
            rows = connection.execute(f"select id, {column} from {table}").fetchall()
            assert rows
            assert all(isinstance(kept, bytes) and len(kept) < len(unpack(kept)) * 0.7 for _, kept in rows)
            for row, kept in rows:
                connection.execute(f"update {table} set {column} = ? where id = ?", [unpack(kept), row])
    with dg.DagsterInstance.get() as instance:
        assert instance.all_logs(run_id) == known
        made = instance.get_latest_materialization_event(first.key)
        assert made.run_id == run_id
        assert made.asset_materialization.metadata["filler"].value == FILLER


def test_runs_that_are_too_old_go_and_the_newest_stays(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        runs = [make(instance, first) for _ in range(3)]
    with sqlite3.connect(home.dagster_home / "history" / "runs.db") as connection:
        connection.execute("update runs set create_timestamp = datetime('now', '-91 days')")
        connection.execute("update runs set create_timestamp = datetime('now', '-89 days') where run_id = ?", [runs[1]])
    with dg.DagsterInstance.get() as instance:
        prune_history(instance, home)
        assert {run.run_id for run in instance.get_runs()} == {runs[1], runs[2]}


def test_a_run_that_has_not_ended_is_kept(home: Settings) -> None:
    @dg.job
    def waiting() -> None:
        pass

    with dg.DagsterInstance.get() as instance:
        waits = instance.create_run_for_job(waiting)
        for _ in range(3):
            make(instance, first)
        prune_history(instance, replace(home, history_runs=1))
        assert waits.run_id in {run.run_id for run in instance.get_runs()}


def test_the_history_stays_below_its_size_and_keeps_the_list_of_runs(home: Settings) -> None:
    limited = replace(home, history_mb=6, history_runs=100)
    with dg.DagsterInstance.get() as instance:
        oldest = make(instance, second)  # the only one that made this asset
        runs = []
        for _ in range(12):
            runs.append(make(instance, first))
            prune_history(instance, limited)
            assert taken(home) < 7_500_000  # up to a quarter of the index is free space
        assert len(instance.get_runs()) == 13
        assert events_of(instance, runs[0]) == 0
        assert events_of(instance, oldest) > 0
        assert events_of(instance, runs[-1]) > 0
        assert instance.get_latest_materialization_event(dg.AssetKey("second")).run_id == oldest


def damage_of(home: Settings) -> dict[str, str]:
    return {str(path.relative_to(home.dagster_home)): problem for path, problem in damaged_files(home)}


def test_damaged_files_are_found_and_dagster_begins_anew(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = make(instance, first)
    assert damage_of(home) == {}
    history = home.dagster_home / "history"
    for name in ("history/runs.db", "history/runs/index.db", f"history/runs/{run_id}.db", "schedules/schedules.db"):
        path = home.dagster_home / name
        sound = path.read_bytes()
        for data in (b"not a database" * 500, sound[: len(sound) // 2], sound[:4096] + bytes(len(sound) - 4096)):
            path.write_bytes(data)
            assert name in damage_of(home), (name, data[:20])
        path.write_bytes(sound)
    assert damage_of(home) == {}
    for lost in ("runs.db", "runs/index.db"):
        aside = (history / lost).rename(home.home / "aside.db")
        assert damage_of(home) == {f"history/{lost}": "it is gone, and the other files of the history speak of it"}
        aside.rename(history / lost)
    (history / "runs.db").write_bytes(b"not a database" * 500)
    for path, _ in list(damaged_files(home)):
        set_aside(home, path)
    assert damage_of(home) == {}
    assert (home.dagster_home / "set-aside" / "history" / "runs.db").read_bytes().startswith(b"not a database")
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs() == []
        make(instance, first)
        assert len(instance.get_runs()) == 1


def test_a_damaged_file_of_one_run_goes_alone(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        runs = [make(instance, first), make(instance, first)]
    path = home.dagster_home / "history" / "runs" / f"{runs[0]}.db"
    path.write_bytes(b"not a database" * 500)
    for damaged, _ in list(damaged_files(home)):
        assert damaged == path
        set_aside(home, damaged)
    with dg.DagsterInstance.get() as instance:
        assert len(instance.get_runs()) == 2
        assert events_of(instance, runs[1]) > 0


def test_pruning_takes_no_lock_for_long(home: Settings) -> None:
    """A UI that reads the history keeps reading while runs are forgotten."""
    with dg.DagsterInstance.get() as instance:
        for _ in range(3):
            make(instance, first)
        with sqlite3.connect(home.dagster_home / "history" / "runs" / "index.db") as reader:
            before = reader.execute("select count(*) from event_logs").fetchone()[0]
            started = time.monotonic()
            prune_history(instance, replace(home, history_runs=1))
            assert time.monotonic() - started < 60  # SQLite would wait for a lock for longer
            assert reader.execute("select count(*) from event_logs").fetchone()[0] < before
