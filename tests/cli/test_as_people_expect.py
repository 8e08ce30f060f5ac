"""The command line as people expect it: help, examples, numbers and countries as written, streams of every kind."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipelines.answers.training_case import read_scenario
from pipelines.cli.commands import app
from pipelines.cli.examples import EXAMPLES
from pipelines.settings import ROOT, Settings
from tests.conftest import Called
from tests.server.conftest import wait_until


@pytest.fixture(scope="module")
def asked(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of these tests: SQL from outside restricts every connection of the process to the same file."""
    home = tmp_path_factory.mktemp("asked") / "home"
    shutil.copytree(built.home, home, symlinks=True, ignore=shutil.ignore_patterns("build", "raw"))
    return home


COMMANDS = [command.callback.__name__ for command in app.registered_commands]
LLAMA = ("Llama 3.1 70B", "facility_energy_kwh")
RUN = ("--params", "70e9", "--tokens", "15e12", "--accelerator", "h100-sxm")


def test_every_command_has_examples() -> None:
    assert set(COMMANDS) == set(EXAMPLES)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_the_command_and_shows_its_examples(
    called_ledger: Called, tmp_path: Path, command: str, option: str
) -> None:
    done = called_ledger(command, option, home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: ledger {command} ")
    assert all(f"  {example}\n" in f"{done.stdout}\n" for example in EXAMPLES[command])


ASKING = [line for name in ("search", "sql", "explain", "estimate", "audit") for line in EXAMPLES[name]]


@pytest.mark.parametrize("example", ASKING)
def test_the_examples_that_ask_are_answered(called_ledger: Called, asked: Path, example: str) -> None:
    done = called_ledger(*shlex.split(example)[1:], home=asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if "--json" in example:
        json.loads(done.stdout)


@pytest.mark.parametrize(
    "command",
    [("status",), ("search", "llama"), ("sql", "select 1 as n"), ("explain", *LLAMA), ("estimate", *RUN), ("audit",)],
)
def test_json_is_the_same_everywhere(called_ledger: Called, asked: Path, command: tuple[str, ...]) -> None:
    said = json.loads(called_ledger(*command, "--json", home=asked).stdout)
    assert said
    if command[0] not in ("search", "status"):
        assert said == json.loads(called_ledger(*command, "--format", "json", home=asked).stdout)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"params": "70b", "tokens": "15T"}, {"params": "70e9", "tokens": "15e12"}),
        ({"params": "70,000,000,000", "tokens": "15_000_000_000_000"}, {"params": "70e9", "tokens": "15e12"}),
        ({"params": 70e9, "tokens": 15e12}, {"params": "70e9", "tokens": "15e12"}),
        ({"mfu": "40%", "price": "2.5"}, {"mfu": "0.4", "price": "2.5"}),
        ({"mfu": "30%:40%:45%"}, {"mfu": "0.3:0.4:0.45"}),
    ],
)
def test_numbers_are_read_as_people_write_them(
    written: dict[str, str | float | None], meant: dict[str, str | float | None]
) -> None:
    assert read_scenario("h100-sxm", written) == read_scenario("h100-sxm", meant)


@pytest.mark.parametrize("country", ["Germany", "germany", "DE", "de", "DEU", "deu"])
def test_countries_are_read_as_people_write_them(country: str) -> None:
    assert read_scenario("h100-sxm", {}, country=country).country == "DEU"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--year", "1990"), "--year 1990: NVIDIA H100 SXM5 80 GB was released in 2022; expected 2022 or later."),
        (
            ("--country", "Atlantis"),
            "--country 'Atlantis' is not a country; expected an English name or an ISO 3166 code",
        ),
        (("--country", "Germny"), "Did you mean DEU (Germany)"),
        (("--params", "1e300"), "--params 1e300: expected at most 1e+40."),
        (("--price", "1e-300"), "--price 1e-300: expected"),
        (("--mfu", "40"), "Did you mean 0.4?"),
        (("--params", "7,00"), "--params '7,00': expected a number such as 70e9"),
    ],
)
def test_what_cannot_be_is_refused(called_ledger: Called, asked: Path, options: tuple[str, ...], told: str) -> None:
    given = [*RUN, *options] if options[0] not in RUN else [*RUN[2:], *options]
    done = called_ledger("estimate", *given, home=asked)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_sql_that_fails_is_bad_usage(called_ledger: Called, asked: Path) -> None:
    done = called_ledger("sql", "selct 1", home=asked)
    assert (done.returncode, done.stdout) == (2, "")


def test_what_is_not_found_is_told(called_ledger: Called, asked: Path) -> None:
    done = called_ledger("search", "xyzzy plugh", home=asked)
    assert (done.returncode, "nothing has the name or the words 'xyzzy plugh'" in done.stderr) == (1, True)


# Streams


def command_line(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipelines", "--home", str(home), *arguments]


@pytest.mark.parametrize("arguments", [("explain", *LLAMA), ("estimate", *RUN), ("--help",)])
def test_a_terminal_that_knows_only_ascii_is_served(asked: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        command_line(asked, *arguments),
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode("ascii")
    if arguments[0] == "estimate":
        assert re.search(r"^training_flop +6\.3x10\^24 ", said, re.MULTILINE)


@pytest.mark.parametrize("arguments", [("explain", *LLAMA), ("status",), ("search", "a")])
def test_head_ends_it_quietly(asked: Path, arguments: tuple[str, ...]) -> None:
    shown = shlex.join(command_line(asked, *arguments))
    done = subprocess.run(["sh", "-c", f"{shown} | head -n 1"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_ctrl_c_ends_a_query_at_once_and_quietly(asked: Path) -> None:
    endless = "select count(*) from mart.figures a, mart.figures b, mart.figures c, mart.figures d"
    with subprocess.Popen(
        command_line(asked, "sql", endless), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: psutil.Process(process.pid).cpu_times().user > 3, 60)  # it has started, and counts
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    assert (stdout, stderr, process.returncode) == ("", "", -signal.SIGINT)
