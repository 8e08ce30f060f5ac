"""The units and the container file of docs/deploy: what they name is there, and systemd accepts them."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.settings import ROOT
from tests.conftest import run_ledger

DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
LEDGER = "/opt/compute-ledger/.venv/bin/ledger"


def commands(unit: Path) -> list[str]:
    """The commands of a unit, without the prefix that lets one fail."""
    lines = [line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines()]
    return [value.lstrip("-") for name, _, value in lines if name == "ExecStart"]


def test_each_command_of_a_unit_is_one_of_ours() -> None:
    found = [command for unit in UNITS for command in commands(unit)]
    assert len(found) >= 4
    for command in found:
        program, *arguments = command.split()
        assert program == LEDGER
        assert run_ledger(*arguments, "--help", home=Path("/nonexistent")).returncode == 0


def test_the_timer_starts_a_unit_that_is_there() -> None:
    (timer,) = DEPLOY.glob("*.timer")
    parsed = configparser.ConfigParser()
    parsed.optionxform = str
    parsed.read(timer, encoding="utf-8")
    assert timer.with_suffix(".service").exists()
    assert parsed["Timer"]["OnCalendar"] == "*-*-01 04:00:00 UTC"
    assert parsed["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    here = [tmp_path / unit.name for unit in UNITS]
    for unit, copy in zip(UNITS, here, strict=True):
        copy.write_text(unit.read_text(encoding="utf-8").replace(LEDGER, "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_copies_what_is_there_and_runs_without_rights() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert {"pipelines", "sql", "seeds", "reports", "requirements.lock", "workspace.yaml"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "USER 10001" in lines
    assert any("--require-hashes" in line for line in lines)
