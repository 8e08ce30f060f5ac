"""What tests share: one warehouse and site, built once a session by the real command, in a temporary home."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect_published

SHARED_MIRROR = ROOT.parent / "shared" / "upstream"


LONGEST_FIRST = (
    "test_publishing.py", "test_pages.py", "test_every_page.py", "test_definitions.py", "test_inference.py", "test_changes.py",
    "test_audit.py", "test_estimate.py", "test_calculator.py", "test_sheets.py",
)  # fmt: skip
"""Files of tests that take longest: begun first, so that all workers end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; what needs all that publishers have is slow."""
    for item in items:
        if "mirrored" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(
        key=lambda item: LONGEST_FIRST.index(name) if (name := item.path.name) in LONGEST_FIRST else len(LONGEST_FIRST)
    )


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


def built_once(factory: pytest.TempPathFactory, name: str, *commands: str, **variables: str) -> Path:
    """A home in which the commands ran, once for all workers of the session: the first builds, the others wait.

    A worker's temporary folder lies in that of the session.
    """
    base = factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with (home.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished = home / "finished"
        if not finished.exists():
            for command in commands:
                done = run_ledger(command, home=home, **variables)
                assert done.returncode == 0, done.stderr
            finished.touch()
    return home


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a finished build: read it, never write to it. Copy it with ``own_home`` to change it."""
    home = built_once(tmp_path_factory, "built", "build")
    return Settings(home=home, site=home / "site")


@pytest.fixture
def own_home(built: Settings, tmp_path: Path) -> Settings:
    """A private copy of the finished build."""
    home = tmp_path / "home"
    shutil.copytree(built.home, home, symlinks=True)
    return Settings(home=home, site=home / "site")


@pytest.fixture(scope="session")
def published(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, read-only."""
    connection = connect_published(built)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a finished build with everything that the mirror of published files holds: read it, never write to it."""
    if not SHARED_MIRROR.is_dir():
        pytest.skip(f"no mirror of published files at {SHARED_MIRROR}")
    home = built_once(tmp_path_factory, "mirrored", "fetch", "build", LEDGER_MIRROR=str(SHARED_MIRROR))
    return Settings(home=home, site=home / "site", mirror=SHARED_MIRROR)
