"""Limits that a command keeps, each told by the name of its setting."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import ROOT, Settings
from tests.cli.test_cli import refused
from tests.conftest import Called, run_ledger

ENDLESS = {
    "table": "with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t",
    "csv": "select a.range * b.range as product from range(10000000000) a, range(10000000000) b",
    "json": "select count(*) from mart.figures a, mart.figures b, mart.figures c, mart.figures d",
    "parquet": "select i, md5(i::varchar) from range(1000000000000) t(i) order by 2",
}


@pytest.mark.parametrize("output", ENDLESS)
def test_an_endless_query_ends(built: Settings, output: str) -> None:
    said = refused("sql", ENDLESS[output], "--format", output, "--timeout", "0.5", home=built.home)
    assert said == "ledger: the query took longer than 0.5 s. Ask for less, or give it more time with --timeout.\n"


def test_a_query_within_its_time_is_answered(built: Settings) -> None:
    done = run_ledger("sql", "select 42 as answer", "--format", "csv", "--timeout", "60", home=built.home)
    assert (done.returncode, done.stdout) == (0, "answer\n42\n")


def test_more_threads_than_cores_are_refused(built: Settings) -> None:
    cores = os.cpu_count()
    said = refused("status", home=built.home, LEDGER_THREADS=str(cores + 1))
    assert said == f"ledger: LEDGER_THREADS={cores + 1}: this machine has {cores} cores. Set it to {cores} or less.\n"


def test_an_endless_list_of_claims_is_refused(built: Settings, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "claims.csv")
    assert "it is a device; expected a file" in refused("audit", "/dev/zero", home=built.home, returncode=2)
    assert "it is a pipe; expected a file" in refused(
        "audit", str(tmp_path / "claims.csv"), home=built.home, returncode=2
    )
    (tmp_path / "large.csv").write_text("subject,quantity,unit,low\n" + "x" * 100)
    said = refused("audit", str(tmp_path / "large.csv"), home=built.home, returncode=2, LEDGER_MAX_FILE_BYTES="100")
    assert "126 bytes or more; expected at most 100. Split it, or raise LEDGER_MAX_FILE_BYTES." in said


def test_a_list_of_a_million_columns_is_refused(built: Settings, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(1_000_000)) + "\n")
    said = refused("audit", str(path), home=built.home)
    assert f"{path}:1: the header names 1,000,000 columns; expected at most 10,000." in said
    assert "LEDGER_MAX_COLUMNS" in said


# Machines that have too little of something

ESTIMATE = ("estimate", "--params", "7e9", "--tokens", "1e12", "--accelerator", "h100-sxm")
READERS = (("status",), ("explain", "Llama 3.1 70B", "training_flop"), ("audit",), ESTIMATE, ("doctor",), ("report",))
"""Commands that read the published file; ``report`` where there is something to draw."""


def limited(home: Path, *arguments: str, kind: int, amount: int) -> subprocess.CompletedProcess[str]:
    """A command of a process that may take so much of something and no more."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        env={**clean, "LEDGER_HOME": str(home)},
        cwd=ROOT, preexec_fn=lambda: resource.setrlimit(kind, (amount, amount)),
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_too_little_memory_for_duckdb_names_the_setting(
    own_home: Settings, called_ledger: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_MEMORY_LIMIT", "1MB")
    (own_home.site / "index.html").unlink()
    for command in READERS:
        done = called_ledger(*command, home=own_home.home)
        assert done.returncode == 1, command
        last = [line for line in done.stderr.splitlines() if not line.startswith("[")]
        assert "DuckDB needs more memory than LEDGER_MEMORY_LIMIT allows it" in last[0], command
        assert last[0].endswith("Raise the limit."), command


def test_too_little_address_space_is_told_before_libraries_abort(built: Settings) -> None:
    done = limited(built.home, "status", kind=resource.RLIMIT_AS, amount=700_000_000)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ledger: this process may reserve 0.7 GB of address space (ulimit -v); expected 2 GB")
    assert len(done.stderr.splitlines()) == 1


def test_a_machine_without_threads_is_told() -> None:
    """Limits on processes do not bind the superuser: a process of another number meets them, with the right to read."""
    command = [sys.executable, "-m", "pipelines", "status"]
    if os.geteuid() == 0:
        rights = "+dac_override,+dac_read_search"
        command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", rights,
                   "--ambient-caps", rights, "prlimit", "--nproc=1:1", *command]  # fmt: skip
    else:
        command = ["prlimit", "--nproc=1:1", *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ledger: this process can start 0 threads; expected 16 or more. Raise the limit")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_told(own_home: Settings) -> None:
    (own_home.site / "index.html").unlink()
    for command in (("report",), ("doctor",)):
        done = limited(own_home.home, *command, kind=resource.RLIMIT_FSIZE, amount=20_000)
        assert done.returncode == 1, command
        assert "Traceback" not in done.stderr, command
        assert "cannot be written: " in done.stderr, command
        assert "Free disk space there" in done.stderr, command


@pytest.fixture
def read_only(own_home: Settings) -> Iterator[Settings]:
    """The home where nobody may write: a mount of its own for the superuser, else a folder without the right."""
    if os.geteuid() != 0:
        folders = [own_home.home, *(path for path in own_home.home.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        yield own_home
        for folder in folders:
            folder.chmod(0o755)
        return
    place = str(own_home.home)
    subprocess.run(["mount", "--bind", place, place], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        yield own_home
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_read_only_home_is_read_and_nothing_else(read_only: Settings, called_ledger: Called) -> None:
    for command in (("status",), ("sql", "select 1"), ("explain", "Llama 3.1 70B", "training_flop"), ("audit",),
                    ESTIMATE, ("doctor",), ("report",)):  # fmt: skip
        done = called_ledger(*command, home=read_only.home)
        assert (done.returncode, done.stderr) == (0, ""), command
    for command in (("build",), ("build", "--force"), ("fetch",), ("ui",)):
        done = called_ledger(*command, home=read_only.home)
        assert (done.returncode, done.stdout) == (1, ""), command
        assert done.stderr == (
            f"ledger: {read_only.home} is read-only, or you may not write there. "
            "Set LEDGER_HOME (or --home) to a writable folder.\n"
        )
