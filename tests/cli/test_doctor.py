"""``ledger doctor`` on whole homes: what it says, what it does, and what other commands say meanwhile."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.published_bytes import note_path, published_damage
from tests.cli.test_cli import refused
from tests.conftest import Called, run_ledger

READERS = (
    ("status",), ("sql", "select 1"), ("report",), ("explain", "Llama 3.1 70B", "training_flop"), ("audit",),
    ("estimate", "--params", "7e9", "--tokens", "1e12", "--accelerator", "h100-sxm"),
    ("estimate", "--inference", "--model", "Llama 3.1 8B", "--device", "h100-sxm"),
)  # fmt: skip
WRITERS = (("build",), ("fetch",), ("ui",), ("doctor",), ("doctor", "--fix"))


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def older(state: Settings) -> Settings:
    """The home as the first version of the program left it."""
    state.home_note.unlink()
    path = state.published.resolve()
    note_path(path).unlink()
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table meta.builds drop column schema_version")
    return state


def test_a_sound_home_is_well(built: Settings) -> None:
    done = run_ledger("doctor", home=built.home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "all is well\n", "")


def test_every_command_on_an_older_home_names_the_remedy(own_home: Settings, called_ledger: Called) -> None:
    older(own_home)
    for command in READERS:
        done = called_ledger(*command, home=own_home.home)
        assert (done.returncode, done.stdout) == (1, ""), command
        assert done.stderr == (
            f"ledger: {own_home.home} was made by an older version of Compute Ledger (folder version 1; expected 2). "
            "Run: ledger build (or: ledger doctor --fix)\n"
        )


def test_every_command_leaves_a_newer_home_alone(tmp_path: Path, called_ledger: Called) -> None:
    (tmp_path / "home.json").write_text(json.dumps({"home_version": 99}))
    for command in [*READERS, *WRITERS]:
        done = called_ledger(*command, home=tmp_path)
        assert done.returncode == 1, command
        assert "made by a newer version of Compute Ledger (folder version 99; this one knows 2). Update" in done.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["home.json"], command


@pytest.mark.slow
def test_status_and_doctor_find_a_flipped_bit_and_a_build_mends_it(own_home: Settings) -> None:
    before = published_build(own_home)
    flip_a_bit(own_home.published.resolve())
    said = refused("status", home=own_home.home)
    assert f"{own_home.published} is damaged: its bytes have changed since it was published" in said
    assert said.endswith("Run: ledger build (or: ledger doctor)\n")
    done = run_ledger("doctor", home=own_home.home)
    assert done.returncode == 1
    assert "its bytes have changed since it was published" in done.stdout
    assert done.stdout.endswith("would      build the warehouse again\n1 thing wrong. Run: ledger doctor --fix\n")
    done = run_ledger("build", home=own_home.home)
    assert done.returncode == 0, done.stderr
    assert "published build" in done.stdout
    after = published_build(own_home)
    assert after["data_version"] == before["data_version"]
    assert after["build_id"] != before["build_id"]
    assert published_damage(own_home) is None
    assert run_ledger("status", home=own_home.home).returncode == 0
    done = run_ledger("doctor", "--fix", home=own_home.home)  # the damaged file is an older version now
    assert done.stdout.count("wrong ") == 1
    assert "an older version: its bytes have changed" in done.stdout
    assert done.stdout.endswith("all is well\n")


@pytest.mark.slow
def test_a_home_in_which_much_is_wrong_is_mended_at_once(own_home: Settings) -> None:
    older(own_home)
    flip_a_bit(own_home.published.resolve())
    (own_home.versions / f"{own_home.published.resolve().name}.wal").write_bytes(b"left by a client")
    (own_home.dagster_home / "history" / "runs.db").write_bytes(b"not a database" * 1000)
    shutil.rmtree(own_home.build)
    said = refused("build", home=own_home.home)
    assert "run history" in said
    assert "is damaged: file is not a database. Run: ledger doctor --fix" in said
    (own_home.versions / "warehouse-x.duckdb.partial").write_bytes(b"left by a killed build")
    own_home.lock.write_text(json.dumps({"pid": 1, "since": "2020-01-01", "command": "ledger build"}))
    done = run_ledger("doctor", home=own_home.home)
    assert done.returncode == 1
    problems = [line for line in done.stdout.splitlines() if line.startswith("wrong ")]
    for word in ("older version", "runs.db", ".partial", ".wal lies beside", "nothing says what its bytes were"):
        assert any(word in line for line in problems), (word, done.stdout)
    done = run_ledger("doctor", "--fix", home=own_home.home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("all is well\n")
    assert run_ledger("status", home=own_home.home).returncode == 0
    assert "nothing changed" in run_ledger("build", home=own_home.home).stdout
