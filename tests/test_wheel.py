"""The wheel, installed where no checkout is: it builds what the checkout builds."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import __version__
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.publish import published_build

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and an empty folder to work in."""

    programs: Path
    package: Path
    folder: Path

    def run(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        hidden = ("LEDGER_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        return subprocess.run(
            [self.programs / program, *arguments],
            env={**clean, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, which borrows the dependencies of this one but not the checkout.

    Python reads no .pth file of a folder that a .pth file names, so the one that names the checkout is left out.
    """
    base = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", base], cwd=ROOT, check=True)
    (wheel,) = base.glob("*.whl")
    venv.create(base / "env", with_pip=True)
    programs = base / "env" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (libraries,) = (base / "env" / "lib").glob("python*/site-packages")
    (libraries / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    folder = base / "anywhere"
    folder.mkdir()
    return Installed(programs, libraries / "pipelines", folder)


def test_the_code_that_runs_is_that_of_the_wheel(installed: Installed) -> None:
    where = installed.run("python", "-c", "import pipelines.settings as s; print(s.PACKAGE, s.SEEDS, sep='\\n')")
    assert where.stdout.splitlines() == [str(installed.package), str(installed.package / "_data" / "seeds")]
    told = installed.run("ledger", "--version")
    assert (told.stdout, told.returncode) == (f"ledger {__version__}\n", 0)


def test_the_wheel_builds_in_an_empty_folder_what_the_checkout_builds(installed: Installed, built: Settings) -> None:
    done = installed.run("ledger", "build")
    assert done.returncode == 0, done.stderr
    home = installed.folder / "data"
    assert done.stdout.splitlines()[1:] == [
        f"warehouse  {home / 'warehouse.duckdb'}",
        f"site       {home / 'site' / 'index.html'}",
    ]
    assert [path.name for path in installed.folder.iterdir()] == ["data"]
    here, there = published_build(Settings(home=home, site=home / "site")), published_build(built)
    assert here is not None
    assert there is not None
    assert here["data_version"] == there["data_version"]
    assert here["code_version"] == there["code_version"]
    again = installed.run("ledger", "build")
    assert again.stdout.startswith(f"nothing changed since build {here['build_id']}\n")


def test_dagster_loads_the_workspace_of_the_wheel(installed: Installed, tmp_path: Path) -> None:
    workspace = installed.package / "_data" / "workspace.yaml"
    done = installed.run(
        "python", "-m", "dagster", "definitions", "validate", "-w", str(workspace), DAGSTER_HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location compute_ledger." in done.stdout + done.stderr
