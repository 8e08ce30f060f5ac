"""Runs whose process was killed, in every state a run can be in: they end as failed, and the queue works after."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.runs import prepare_instance
from pipelines.server.killed_runs import PROCESS_TAG, is_running, killed_runs, settle_runs, ui_is_open
from pipelines.settings import ROOT, Settings

STATES = ("NOT_STARTED", "STARTING", "STARTED", "CANCELING")
"""States that a process can leave its run in; QUEUED comes from launching a job that nothing takes up."""

MAKER = """
import os, sys, time
import dagster as dg

state, tagged = sys.argv[1], sys.argv[2] == "tagged"
tags = {"ledger/process": str(os.getpid())} if tagged else {}
@dg.op
def wait():
    time.sleep(600)
@dg.job
def waiting():
    wait()
with dg.DagsterInstance.get() as instance:
    if state == "STARTED":
        print("made", flush=True)
        waiting.execute_in_process(instance=instance, tags=tags)
    run = instance.create_run_for_job(waiting, tags=tags, status=dg.DagsterRunStatus[state])
    print("made", flush=True)
    time.sleep(600)
"""
"""A process that has a run in one state; a run that is STARTED is really at work."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    for name in ("DAGSTER_HOME", "LEDGER_HOME"):
        monkeypatch.setenv(name, "")  # prepare_instance sets them for this process: undone at the end
    prepare_instance(state)
    with dg.DagsterInstance.get():
        pass  # makes the files of the history, which two processes cannot do at the same time
    return state


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process, killed at the end with all that it started."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        try:
            yield started
        finally:
            os.killpg(started.pid, signal.SIGKILL)


def statuses(home: Settings) -> list[str]:
    with dg.DagsterInstance.get() as instance:
        return [run.status.value for run in instance.get_runs()]


def wait_until(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


LOCATION = """
import time
from pathlib import Path
import dagster as dg

@dg.op(config_schema={"seconds": float})
def work(context):
    time.sleep(context.op_config["seconds"])

@dg.job
def working():
    work()

defs = dg.Definitions(jobs=[working])
"""


def location(folder: Path) -> Path:
    """A file with one small job."""
    file = folder / "location.py"
    file.write_text(LOCATION)
    return file


def launch(file: Path, seconds: float) -> None:
    config = f'{{"ops": {{"work": {{"config": {{"seconds": {seconds}}}}}}}}}'
    command = ["-m", "dagster", "job", "launch", "-f", str(file), "-j", "working", "--config-json", config]
    subprocess.run([sys.executable, *command], cwd=file.parent, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("tagged", ["tagged", "of a UI"])
@pytest.mark.parametrize("state", STATES)
def test_a_run_whose_process_is_killed_ends_as_failed(home: Settings, state: str, tagged: str) -> None:
    with process("-c", MAKER, state, tagged) as maker:
        assert maker.stdout.readline() == "made\n"
        wait_until(lambda: statuses(home) == [state])
        if tagged == "tagged":
            with dg.DagsterInstance.get() as instance:
                assert killed_runs(instance, home) == []  # its process lives
    with dg.DagsterInstance.get() as instance:
        told = settle_runs(instance, home)
        assert len(told) == 1
        assert told[0].endswith("ended before the run finished." + ("" if tagged == "tagged" else " Launch it again."))
        assert settle_runs(instance, home) == []
    assert statuses(home) == ["FAILURE"]


def test_a_queue_that_nothing_takes_up_is_emptied_unless_a_ui_is_open(home: Settings, tmp_path: Path) -> None:
    launch(location(tmp_path), 0)
    assert statuses(home) == ["QUEUED"]
    with home.ui_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ui_is_open(home)
        with dg.DagsterInstance.get() as instance:
            assert settle_runs(instance, home) == []
    assert not ui_is_open(home)
    with dg.DagsterInstance.get() as instance:
        assert len(settle_runs(instance, home)) == 1
    assert statuses(home) == ["FAILURE"]


def test_a_number_that_another_process_has_since_does_not_keep_a_run_alive(home: Settings) -> None:
    with process("-c", MAKER, "STARTING", "tagged") as maker:
        maker.stdout.readline()
        wait_until(lambda: statuses(home) == ["STARTING"])
    time.sleep(3)
    with process("-c", "import time; time.sleep(600)") as other:
        assert is_running(other.pid)
        assert not is_running(other.pid, since=time.time() - 60)
        with dg.DagsterInstance.get() as instance:
            run = instance.get_runs()[0]
            instance.add_run_tags(run.run_id, {PROCESS_TAG: str(other.pid)})
            assert len(settle_runs(instance, home)) == 1


# The queue, with Dagster's own processes


def worker_of(home: Settings) -> int | None:
    """The process that does the newest run."""
    with dg.DagsterInstance.get() as instance:
        run = instance.get_runs(limit=1)[0]
        for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
            if "pid" in (found := entry.dagster_event.engine_event_data.metadata):
                return int(found["pid"].value)
    return None


@pytest.mark.slow
def test_the_queue_works_after_all_processes_were_killed_and_after_a_worker_alone_was(
    home: Settings, tmp_path: Path
) -> None:
    file = location(tmp_path)
    daemon = ("-m", "dagster._daemon", "run", "-f", str(file), "--log-level", "error")
    with process(*daemon):  # killed while the first run is at work and the second waits
        launch(file, 600)
        wait_until(lambda: statuses(home) == ["STARTED"])
        wait_until(lambda: worker_of(home) is not None)
        first = worker_of(home)
        launch(file, 0)
        wait_until(lambda: statuses(home) == ["QUEUED", "STARTED"])
    wait_until(lambda: not is_running(first))
    with dg.DagsterInstance.get() as instance:
        assert len(settle_runs(instance, home)) == 2
    assert statuses(home) == ["FAILURE", "FAILURE"]
    with process(*daemon):
        launch(file, 600)
        wait_until(lambda: statuses(home)[0] == "STARTED")
        wait_until(lambda: worker_of(home) is not None)
        launch(file, 0)
        wait_until(lambda: statuses(home)[:2] == ["QUEUED", "STARTED"])
        with dg.DagsterInstance.get() as instance:
            second = instance.get_runs()[1].run_id
            pids = [
                int(entry.dagster_event.engine_event_data.metadata["pid"].value)
                for entry in instance.all_logs(second, of_type=dg.DagsterEventType.ENGINE_EVENT)
                if "pid" in entry.dagster_event.engine_event_data.metadata
            ]
        os.kill(pids[0], signal.SIGKILL)
        wait_until(lambda: statuses(home)[:2] == ["SUCCESS", "FAILURE"])
