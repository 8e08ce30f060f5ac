"""A newcomer, with a fresh checkout or with the wheel alone: README.md from top to bottom, every command in it.

Both build from nothing, in a place of their own, and export the same bytes.
"""

import os
import shlex
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import __version__
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.publish import published_build
from tests.newcomer import LEDGER, borrow_libraries, readme_steps

pytestmark = pytest.mark.slow

SETUP = "scripts/setup.sh"

DONE_ELSEWHERE = {
    "make test": "runs this test",
    ".venv/bin/python -m pytest": "the same",
    f"sh {SETUP}": "downloads every package; the environment of this test is lent, and the rest of that script runs",
}
"""Commands that are not run here, and why."""


HIDDEN = ("LEDGER_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")
"""How the variables begin that a newcomer does not have."""

RELEASED_AT = "1767225600"
"""SOURCE_DATE_EPOCH of both builds."""


def environment(**variables: str) -> dict[str, str]:
    """That of a newcomer, on a terminal as wide as the pages show."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    return {**clean, "COLUMNS": "120", "SOURCE_DATE_EPOCH": RELEASED_AT, **variables}


def fresh_copy(folder: Path) -> Path:
    """The files that version control holds, as they are now, in an environment as ``make`` sets it up."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    venv.create(folder / ".venv", with_pip=False, symlinks=True)
    (site_packages,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    borrow_libraries(site_packages)
    _, mark, after_download = (folder / SETUP).read_text(encoding="utf-8").partition("# The project itself")
    assert mark, f"{SETUP} has no longer a part that sets up the project itself"
    subprocess.run(["sh", "-euc", f"#{after_download}"], cwd=folder, check=True)
    subprocess.run(["make", "--silent", "--touch", "setup"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh checkout in which the first command of the README was run."""
    folder = fresh_copy(tmp_path_factory.mktemp("newcomer") / "compute-ledger")
    first, *_ = readme_steps()
    assert first.command == "make"
    assert type_in(folder, first.command).endswith('doubling_time_months from mart.trends"\n')
    return folder


def type_in(folder: Path, command: str) -> str:
    """What a command of the README prints, once it has ended well."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(HOME=str(folder.parent)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, bool(done.stdout)) == (0, True), f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_of_the_readme_runs_to_the_end_and_prints_what_it_shows(checkout: Path) -> None:
    steps = readme_steps()
    assert DONE_ELSEWHERE.keys() <= {step.command for step in steps}
    asked = [step for step in steps if step.command not in DONE_ELSEWHERE]
    assert sum(step.command.startswith(LEDGER) for step in asked) > 6
    for step in asked:
        assert step.missing_in(type_in(checkout, step.command)) == [], step.command
    assert (checkout / "reports" / "site" / "index.html").is_file()


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and an empty folder to work in."""

    programs: Path
    package: Path
    folder: Path

    def run(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / program, *arguments],
            env=environment(**variables),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    @property
    def home(self) -> Path:
        """Where it builds if nothing else is said."""
        return self.folder / "data"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, which borrows the dependencies of this one but not the checkout."""
    base = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", base], cwd=ROOT, check=True)
    (wheel,) = base.glob("*.whl")
    venv.create(base / "env", with_pip=True)
    programs = base / "env" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (libraries,) = (base / "env" / "lib").glob("python*/site-packages")
    borrow_libraries(libraries)
    folder = base / "anywhere"
    folder.mkdir()
    return Installed(programs, libraries / "pipelines", folder)


@pytest.fixture(scope="module")
def built_by_wheel(installed: Installed) -> Installed:
    """The same, after its first build."""
    done = installed.run("ledger", "build")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        f"warehouse  {installed.home / 'warehouse.duckdb'}",
        f"site       {installed.home / 'site' / 'index.html'}",
    ]
    assert [path.name for path in installed.folder.iterdir()] == ["data"]
    return installed


def test_the_code_that_runs_is_that_of_the_wheel(installed: Installed) -> None:
    where = installed.run("python", "-c", "import pipelines.settings as s; print(s.PACKAGE, s.SEEDS, sep='\\n')")
    assert where.stdout.splitlines() == [str(installed.package), str(installed.package / "_data" / "seeds")]
    told = installed.run("ledger", "--version")
    assert (told.stdout, told.returncode) == (f"ledger {__version__}\n", 0)


def test_the_wheel_builds_in_an_empty_folder_what_the_checkout_builds(
    built_by_wheel: Installed, checkout: Path
) -> None:
    home = built_by_wheel.home
    here = published_build(Settings(home=home, site=home / "site"))
    assert here is not None
    assert here == published_build(Settings(home=checkout / "data", site=checkout / "reports" / "site"))
    again = built_by_wheel.run("ledger", "build")
    assert again.stdout.startswith(f"nothing changed since build {here['build_id']}\n")


def test_the_wheel_answers_every_question_of_the_readme(built_by_wheel: Installed) -> None:
    for step in readme_steps():
        program, *arguments = shlex.split(step.command)
        if program == LEDGER:
            asked = built_by_wheel.run("ledger", *arguments)
            assert (asked.returncode, asked.stderr) == (0, ""), step.command
            assert step.missing_in(asked.stdout) == [], step.command


def test_checkout_and_wheel_export_the_same_bytes(checkout: Path, built_by_wheel: Installed, tmp_path: Path) -> None:
    type_in(checkout, f"{LEDGER} export {tmp_path}/of-checkout")
    assert built_by_wheel.run("ledger", "export", f"{tmp_path}/of-wheel").returncode == 0
    of_checkout, of_wheel = ((tmp_path / name / "SHA256SUMS").read_text() for name in ("of-checkout", "of-wheel"))
    assert len(of_checkout.splitlines()) > 80
    assert of_checkout == of_wheel


def test_dagster_loads_the_workspace_of_the_wheel(installed: Installed, tmp_path: Path) -> None:
    workspace = installed.package / "_data" / "workspace.yaml"
    done = installed.run(
        "python", "-m", "dagster", "definitions", "validate", "-w", str(workspace), DAGSTER_HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location compute_ledger." in done.stdout + done.stderr
