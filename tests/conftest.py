"""What tests share: warehouses and sites, each built once a session by the real command, in a temporary home.

``built`` is the offline build. ``fetched`` is built from the small files of our own in ``tests/mirror``, always;
``mirrored`` from what publishers serve, where a mirror of that lies beside the checkout.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipelines.cli.commands import main
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect, connect_published
from pipelines.warehouse.published_bytes import note_bytes
from pipelines.warehouse.versions import digest_table, note, read_versions
from tests.mirror.packing import build_small_mirror

if TYPE_CHECKING:
    from tests.warehouse.disturbed_build import Disturbed

SHARED_MIRROR = ROOT.parent / "shared" / "upstream"
NO_SHARED_MIRROR = f"no mirror of published files at {SHARED_MIRROR}"
needs_shared_mirror = pytest.mark.skipif(not SHARED_MIRROR.is_dir(), reason=NO_SHARED_MIRROR)
"""For tests of what publishers themselves say. Where the mirror is there, a file that it lacks is a failure."""

LONGEST_FIRST = (
    "test_publishing.py", "test_fetched_path.py", "test_macros.py", "test_intervals.py", "test_every_page.py",
    "test_use.py", "test_pages.py", "test_calculator.py", "test_training_estimate.py", "test_cli.py", "test_audit.py",
    "test_definitions.py", "test_serving_estimate.py", "test_status.py", "test_explain.py", "test_changes.py",
)  # fmt: skip
"""Files of tests that take longest: begun first, so that all workers end at about the same time.

The first begins the offline build, the second that of the small files beside it; the two after need neither.
"""

SLOW_ROOMS = {"browser", "fuzz", "server"}
"""Folders of tests that drive a browser, start the processes of the UI, or spoil files by the thousand."""
SLOW_FIXTURES = {"any_fetched", "disturbed", "fetched", "mirrored"}
"""What takes a build of its own: of fetched files, or one that was killed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; mark what is slow by its room or by what it needs."""
    for item in items:
        room = item.path.relative_to(ROOT / "tests").parts[0]
        if room in SLOW_ROOMS or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(
        key=lambda item: LONGEST_FIRST.index(name) if (name := item.path.name) in LONGEST_FIRST else len(LONGEST_FIRST)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With LEDGER_REQUIRE_MIRROR=1, a skipped test of the fetched path is a failure."""
    report = yield
    reads_small_files = "small_mirror" in getattr(item, "fixturenames", ())
    if report.skipped and reads_small_files and os.environ.get("LEDGER_REQUIRE_MIRROR") == "1":
        if NO_SHARED_MIRROR in str(report.longrepr):
            return report
        report.outcome = "failed"
        report.longrepr = f"LEDGER_REQUIRE_MIRROR=1: a test of the fetched path was skipped: {report.longrepr}"
    return report


def run_ledger(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m pipelines`` as a user would, with its state in ``home``."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        env={**clean, "LEDGER_HOME": str(home), **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


Called = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def called_ledger(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """``run_ledger`` in this process: the same entry point, options and output, without the start of a process.

    For what many options are answered with; that a process ends so is tested once a command by ``run_ledger``.
    """

    def call(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        for name, value in {"LEDGER_HOME": str(home), **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["ledger", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(list(arguments), int(ended.value.code or 0), said.out, said.err)

    return call


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder made once for all workers of the session: the first makes it, the others wait.

    A worker's temporary folder lies in that of the session.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    finished = folder.with_name(f"{name}.finished")
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            make(folder)
            finished.touch()
    return folder


def built_once(factory: pytest.TempPathFactory, name: str, *commands: str, **variables: str) -> Settings:
    """Settings of a home in which the commands ran; what each printed is in ``COMMAND.txt`` there.

    While one works on a test, a build may begin from an older one, of which it remakes only what changed: LEDGER_WARM
    names a folder with a home of this name (or none). ``.ci/run`` begins from nothing.
    """

    def make(home: Path) -> None:
        warm = os.environ.get("LEDGER_WARM")
        if warm and (Path(warm) / name).is_dir():
            shutil.copytree(Path(warm) / name, home, symlinks=True)
        for command in commands:
            done = run_ledger(command, home=home, **variables)
            assert done.returncode == 0, done.stderr
            (home / f"{command}.txt").write_text(done.stdout, encoding="utf-8")

    home = made_once(factory, name, make)
    mirrors = variables.get("LEDGER_MIRROR", "").split(os.pathsep)
    return Settings(home=home, site=home / "site", mirrors=tuple(Path(mirror) for mirror in mirrors if mirror))


def copied_project(folder: Path) -> Path:
    """The project's own files, to be changed; compiled code comes along, so that only what is changed is compiled anew."""
    for name, left_out in (("pipelines", ()), ("sql", ()), ("seeds", ()), ("reports", ("site",))):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*left_out))
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a finished build: read it, never write to it. Copy it with ``own_home`` to change it."""
    return built_once(tmp_path_factory, "built", "build")


@pytest.fixture
def own_home(built: Settings, tmp_path: Path) -> Settings:
    """A private copy of the finished build."""
    home = tmp_path / "home"
    shutil.copytree(built.home, home, symlinks=True)
    return Settings(home=home, site=home / "site")


@pytest.fixture(scope="session")
def disturbed(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> "Disturbed":
    """A finished build with hostile names in a home where another was killed, and what was seen meanwhile: read only."""
    from tests.warehouse.disturbed_build import disturb, what_was_seen

    return what_was_seen(made_once(tmp_path_factory, "disturbed", lambda folder: disturb(folder, built)))


@contextmanager
def rewritten(own: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that changes the published file of an own home, which then counts as published like this."""
    path = own.published.resolve()
    path.chmod(0o644)
    with connect(path, own) as connection:
        yield connection
        for version in read_versions(connection).values():
            note(connection, replace(version, data_version=digest_table(connection, version.table)))
    note_bytes(path, path)


@pytest.fixture(scope="session")
def published(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, read-only."""
    connection = connect_published(built)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def small_mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small files of our own, as LEDGER_MIRROR names a mirror: read it, never write to it."""
    return made_once(tmp_path_factory, "small_mirror", build_small_mirror)


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory, small_mirror: Path) -> Settings:
    """Settings of a finished build with the small files of our own: read it, never write to it."""
    return built_once(tmp_path_factory, "fetched", "fetch", "build", LEDGER_MIRROR=str(small_mirror))


@pytest.fixture(scope="session")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a finished build with everything that the mirror of published files holds: read it, never write to it."""
    if not SHARED_MIRROR.is_dir():
        pytest.skip(NO_SHARED_MIRROR)
    return built_once(tmp_path_factory, "mirrored", "fetch", "build", LEDGER_MIRROR=str(SHARED_MIRROR))


@pytest.fixture(scope="session", params=["small", "published"])
def any_fetched(request: pytest.FixtureRequest, small_mirror: Path) -> Settings:
    """Settings of a build with fetched files: once our own, once those of publishers where they are there."""
    settings: Settings = request.getfixturevalue("fetched" if request.param == "small" else "mirrored")
    return settings
