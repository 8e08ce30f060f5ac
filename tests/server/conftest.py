"""A real UI for the tests: ``ledger ui`` on a free port of loopback, with its state in a temporary home."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import psutil
import pytest

from pipelines.settings import ROOT, Settings

STARTS_WITHIN_S = 240
ENDS_WITHIN_S = 30

SEED = "seeds", "sources"
"""A small table that needs no other: what the tests launch."""

LAUNCH = """mutation { launchRun(executionParams: {
  selector: {repositoryLocationName: "compute_ledger", repositoryName: "__repository__", jobName: "__ASSET_JOB",
             assetSelection: [{path: ["seeds", "sources"]}]},
  mode: "default", runConfigData: {}}) { __typename ... on LaunchRunSuccess { run { runId } } } }"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happened: Callable[[], object], within_s: float = STARTS_WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, f"still waiting after {within_s} s"
        time.sleep(0.1)


@dataclass
class Ui:
    """A running ``ledger ui``."""

    process: subprocess.Popen[str]
    port: int
    home: Path
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """The history that the UI writes, opened beside it."""
        return dg.DagsterInstance.from_config(str(Settings(home=self.home, site=self.home).dagster_home))

    def ask(self, query: str) -> dict[str, Any]:
        """Send GraphQL as a page of the UI does."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}, headers={"Origin": self.url}, timeout=120)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    def launch(self) -> str:
        launched = self.ask(LAUNCH)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run_id: str) -> dg.DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    def succeeds(self, run_id: str) -> bool:
        """How a run ends, once it has."""
        ended = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED
        wait_until(lambda: self.status(run_id) in ended)
        return self.status(run_id) is dg.DagsterRunStatus.SUCCESS

    def events(self) -> int:
        """Runs and reported events in the history: what a request that got through would add to."""
        reported = self.instance.fetch_materializations(dg.AssetKey(SEED), limit=1000).records
        return self.instance.get_runs_count() + len(reported)

    def family(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(ENDS_WITHIN_S)


StartUi = Callable[..., Ui]


def clean_environment(home: Path, **variables: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DAGSTER_"))}
    return {**own, "LEDGER_HOME": str(home), **variables}


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whatever happens within, the process and all that it started are gone after it."""
    try:
        yield
    finally:
        if process.poll() is None:
            own = psutil.Process(process.pid)
            family = [own, *own.children(recursive=True)]
            process.terminate()
            for one in psutil.wait_procs(family, ENDS_WITHIN_S)[1]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()


@contextmanager
def started(home: Path, *options: str, **variables: str) -> Iterator[Ui]:
    """Start ``ledger ui`` and wait until it prints its address; it is gone when the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    output, port = home / "ui.txt", free_port()
    with output.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "ui", "--port", str(port), *options],
            env=clean_environment(home, **variables), cwd=ROOT, stdout=written, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    with ended(process):
        ui = Ui(process, port, home, output)
        wait_until(lambda: re.search(r"^Dagster UI at http", ui.said, re.MULTILINE) or process.poll() is not None)
        assert process.poll() is None, ui.said
        yield ui


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """One UI for all tests of a module."""
    with started(tmp_path_factory.mktemp("ui") / "home") as opened:
        yield opened
        assert opened.end() == 0, opened.said


@pytest.fixture
def start_ui(tmp_path: Path) -> Iterator[StartUi]:
    """Start a UI of its own for a test, which may end it."""
    with ExitStack() as opened:
        yield lambda *options, **variables: opened.enter_context(started(tmp_path / "home", *options, **variables))
