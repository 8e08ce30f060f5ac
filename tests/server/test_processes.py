"""What starts with the UI ends with it, and what keeps it from starting is said in one line."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from dagster import DagsterRunStatus

from pipelines.settings import ROOT
from tests.conftest import run_ledger
from tests.server.conftest import ENDS_WITHIN_S, StartUi, Ui, clean_environment, ended, free_port, wait_until

TOKEN = "0123456789abcdef"


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def check_all_ended(ui: Ui, family: list[psutil.Process]) -> None:
    assert len(family) >= 4, "the UI, its code server with the definitions, its daemon, its keeper"
    wait_until(lambda: are_gone(family), ENDS_WITHIN_S)
    assert is_free(ui.port)


# Refused at the start


def test_a_taken_port_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with taken_port() as port:
        done = run_ledger("ui", "--port", str(port), home=tmp_path / "home")
    assert done.returncode == 1
    assert done.stderr == (
        f"ledger: port {port} of 127.0.0.1 is taken by another program. "
        f"Name a free one, for example: ledger ui --port {port + 1}\n"
    )
    assert not (tmp_path / "home" / "ui.lock").exists()


@pytest.mark.parametrize(
    ("options", "variables", "status", "message"),
    [
        (("--host", "0.0.0.0"), {}, 2, r"--host 0\.0\.0\.0 can be reached from other machines.*Set LEDGER_UI_TOKEN"),
        (("--host", "::"), {}, 2, r"--host :: can be reached from other machines"),
        (("--host", "192.0.2.1"), {}, 2, r"--host 192\.0\.2\.1 can be reached from other machines"),
        (("--host", "192.0.2.1"), {"LEDGER_UI_TOKEN": TOKEN}, 1, r"this machine does not have that address"),
        (
            ("--host", "0.0.0.0"),
            {"LEDGER_UI_TOKEN": "short"},
            2,
            r"LEDGER_UI_TOKEN is too short; expected at least 16 letters",
        ),
        (("--host", "example.org"), {}, 2, r"--host 'example\.org': expected an IP address"),
    ],
)
def test_what_may_not_be_opened_is_refused(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str], status: int, message: str
) -> None:
    done = run_ledger("ui", *options, "--port", str(free_port()), home=tmp_path / "home", **variables)
    assert done.returncode == status
    assert re.search(message, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_ledger("ui", "--port", str(free_port()), home=tmp_path / "file" / "home")
    assert done.returncode == 1
    assert re.fullmatch(r"ledger: cannot create \S+: Not a directory\. Set LEDGER_HOME .*\n", done.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_it_starts_ends_all(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "ui", "--port", str(port)],
        cwd=ROOT,
        env=clean_environment(tmp_path / "home"),
    )
    with ended(process):
        own = psutil.Process(process.pid)
        wait_until(lambda: len(own.children()) >= 2)
        family = [own, *own.children(recursive=True)]
        process.send_signal(number)
        assert process.wait(ENDS_WITHIN_S) == 0
        wait_until(lambda: are_gone(family), ENDS_WITHIN_S)
        assert is_free(port)


# Ended


def test_sigterm_ends_all_and_the_history_is_in_the_home(start_ui: StartUi, tmp_path: Path) -> None:
    """With DAGSTER_HOME naming a folder that is not there, and nothing left in the folder of temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ui = start_ui(DAGSTER_HOME=str(tmp_path / "missing"), TMPDIR=str(temporary))
    family = ui.family()
    assert ui.end(signal.SIGTERM) == 0
    check_all_ended(ui, family)
    assert (ui.home / "dagster" / "history" / "runs.db").exists()
    assert not (tmp_path / "missing").exists()
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in ui.said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_other_signals_end_all(start_ui: StartUi, number: signal.Signals) -> None:
    ui = start_ui()
    family = ui.family()
    assert ui.end(number) == 0
    check_all_ended(ui, family)


@pytest.mark.slow
def test_a_killed_ui_leaves_no_process_and_the_next_one_starts(start_ui: StartUi) -> None:
    ui = start_ui()
    family = ui.family()
    ui.process.kill()
    ui.process.wait()
    second = start_ui()
    check_all_ended(ui, family)
    done = run_ledger("ui", "--port", str(free_port()), home=ui.home)
    assert done.returncode == 1
    assert f"is already open at {second.url}/ (process {second.process.pid})" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["code-server", "dagster._daemon"])
def test_a_process_that_dies_ends_the_ui(start_ui: StartUi, name: str) -> None:
    ui = start_ui()
    family = ui.family()
    (victim,) = [one for one in family if name in one.cmdline()]
    victim.kill()
    assert ui.process.wait(ENDS_WITHIN_S) == 1
    assert re.search(r"^ledger: the UI ended because its [\w ]+ ended with status -9\.", ui.said, re.MULTILINE)
    check_all_ended(ui, family)


@pytest.mark.slow
def test_a_run_ends_with_the_ui_and_the_next_one_is_not_held_up(start_ui: StartUi) -> None:
    ui = start_ui()
    launched = ui.ask(
        'mutation { launchRun(executionParams: {selector: {repositoryLocationName: "compute_ledger", '
        'repositoryName: "__repository__", jobName: "build_all"}, mode: "default", runConfigData: {}}) '
        "{ ... on LaunchRunSuccess { run { runId } } } }"
    )["launchRun"]["run"]["runId"]
    wait_until(lambda: ui.status(launched) is DagsterRunStatus.STARTED)
    family = ui.family()
    assert ui.end() == 0
    check_all_ended(ui, family)
    assert ui.status(launched) in (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
    second = start_ui()
    run_id = second.launch()
    assert second.succeeds(run_id), second.said


# With a token


@pytest.mark.slow
def test_with_a_token_other_addresses_are_open_to_who_knows_it(start_ui: StartUi) -> None:
    ui = start_ui("--host", "0.0.0.0", LEDGER_UI_TOKEN=TOKEN)
    question = {"query": "{ version }"}
    own = {"Origin": ui.url}
    assert httpx.get(ui.url).status_code == 401
    assert httpx.post(f"{ui.url}/graphql", json=question, headers=own).status_code == 401
    assert httpx.get(f"{ui.url}/?token=fedcba9876543210").status_code == 401
    assert httpx.get(ui.url, headers={"Host": f"evil.example:{ui.port}"}).status_code == 403
    with httpx.Client() as browser:
        signed_in = browser.get(f"{ui.url}/?token={TOKEN}")
        cookie = signed_in.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        assert browser.get(ui.url).status_code == 200
        assert browser.post(f"{ui.url}/graphql", json=question, headers=own).status_code == 200
        assert (
            browser.post(f"{ui.url}/graphql", json=question, headers={"Origin": "http://evil.example"}).status_code
            == 403
        )
    other = f"http://127.0.0.2:{ui.port}"
    bearer = {"Authorization": f"Bearer {TOKEN}", "Origin": other}
    assert httpx.post(f"{other}/graphql", json=question, headers=bearer).status_code == 200
    assert TOKEN not in ui.said
    for process in ui.family()[1:]:
        assert "LEDGER_UI_TOKEN" not in process.environ()
