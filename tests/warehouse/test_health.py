"""Damage of every kind below a home, done to real files: found, named, mended."""

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import LedgerError
from pipelines.fetch.snapshots import fetch
from pipelines.fetch.store import latest_accepted, read_manifest
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import SCHEMA_VERSION, connect, connect_published
from pipelines.warehouse.health import Finding, find_damage, find_other_version
from pipelines.warehouse.home import HOME_VERSION, read_home_version
from pipelines.warehouse.publish import build_lock, open_build, publish, published_build
from pipelines.warehouse.published_bytes import damage, note_path, published_damage
from pipelines.warehouse.raw_layer import remote_files

SOURCE = "epoch_costs"


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A home with two small published versions."""
    state = Settings(home=tmp_path / "home", site=tmp_path / "site")
    for build_id in ("first", "second"):
        publish(small_build(state, build_id), build_id)
    return state


def small_build(state: Settings, build_id: str) -> Settings:
    """A small closed build file, its lock free."""
    with build_lock(state):
        pass
    state.build_file.unlink(missing_ok=True)
    with connect(state.build_file, state) as connection:
        connection.execute("create schema meta; create schema mart")
        connection.execute(
            "create table meta.builds as select ? as build_id, now()::timestamp as finished_at, ? as schema_version",
            [build_id, SCHEMA_VERSION],
        )
        connection.execute(
            f"create table mart.x as select i, '{build_id}' || md5(i::varchar) as t from range(5000) r(i)"
        )
    return state


def findings(state: Settings) -> list[Finding]:
    return [*find_other_version(state), *find_damage(state)]


def only(state: Settings) -> Finding:
    found = findings(state)
    assert len(found) == 1, found
    return found[0]


def overwrite(path: Path, data: bytes) -> None:
    """What a disk or a program does to a file, whatever its mode says."""
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_sound_home_has_nothing_wrong(home: Settings) -> None:
    assert findings(home) == []


# The published file


def test_a_bit_flipped_anywhere_in_the_published_file_is_found(home: Settings) -> None:
    path = home.published.resolve()
    sound = path.read_bytes()
    places = [0, 8, 12, 4096, len(sound) - 1, *random.Random(4).sample(range(len(sound)), 300)]
    for place in places:
        flipped = bytearray(sound)
        flipped[place] ^= 1 << (place % 8)
        overwrite(path, flipped)
        assert "its bytes have changed since it was published" in (published_damage(home) or ""), place
    overwrite(path, sound)
    assert published_damage(home) is None


@pytest.mark.parametrize("change", [lambda d: d[:-4096], lambda d: d + b"\0", lambda d: b"", lambda d: b"<html>"])
def test_a_file_cut_or_replaced_is_found(home: Settings, change) -> None:
    path = home.published.resolve()
    overwrite(path, change(path.read_bytes()))
    assert "second.duckdb: its bytes have changed" in only(home).problem


def test_what_another_client_wrote_is_found(home: Settings) -> None:
    path = home.published.resolve()
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update mart.x set t = 'made up' where i = 7")
    assert "its bytes have changed since it was published" in only(home).problem


def test_the_published_file_is_not_for_writing(home: Settings) -> None:
    assert home.published.stat().st_mode & 0o777 == 0o444


def test_a_file_without_its_note_or_with_a_damaged_one_is_not_trusted(home: Settings) -> None:
    note = note_path(home.published.resolve())
    sound = note.read_text()
    note.unlink()
    assert "nothing says what its bytes were" in only(home).problem
    for text in ("", "{}", sound.replace('"sha256": "', '"sha256": "x'), "[1]"):
        note.write_text(text)
        assert "which says what its bytes were, is damaged" in only(home).problem


def test_a_file_whose_blocks_are_damaged_is_found_although_its_note_agrees(home: Settings) -> None:
    path = home.published.resolve()
    data = bytearray(path.read_bytes())
    for place in range(20_000, len(data), 4096):  # after the headers, a byte of every block
        data[place] ^= 1
    overwrite(path, data)
    from pipelines.warehouse.published_bytes import digest

    note_path(path).write_text(digest(path).model_dump_json())
    assert damage(path) is None
    assert "cannot be read: " in only(home).problem


def test_a_file_rewritten_in_another_format_of_duckdb_is_found(home: Settings) -> None:
    path = home.published.resolve()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as ours (read_only)")
        connection.execute(f"attach '{home.home / 'other'}' as other (storage_version 'v2.0.0')")
        connection.execute("copy from database ours to other")
    overwrite(path, (home.home / "other").read_bytes())
    connect_published(home).close()  # DuckDB reads it; releases before 2.0 would not
    assert "its bytes have changed" in only(home).problem
    assert only(home).remedy == "build the warehouse again"


def test_a_log_beside_the_published_file_is_found_and_removed(home: Settings) -> None:
    writer = """
import os, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("pragma disable_checkpoint_on_shutdown")
connection.execute("update mart.x set t = 'made up'")
os._exit(0)
"""
    before = home.published.resolve().read_bytes()
    home.published.resolve().chmod(0o644)
    subprocess.run([sys.executable, "-c", writer, str(home.published)], check=True)
    logs = [*home.home.glob("*.wal"), *home.versions.glob("*.wal")]
    assert len(logs) == 1
    assert home.published.resolve().read_bytes() == before
    assert published_damage(home) == f"{logs[0].name} lies beside it: another program wrote to it"
    found = only(home)
    assert found.remedy == "remove it"
    found.mend()
    assert findings(home) == []


def test_a_lost_link_is_found(home: Settings) -> None:
    home.published.resolve().unlink()
    assert "points to a file that is gone" in only(home).problem
    home.published.unlink()
    assert "is not there" in only(home).problem


def test_a_damaged_file_is_no_start_for_a_build(home: Settings) -> None:
    home.build_file.unlink()
    path = home.published.resolve()
    overwrite(path, path.read_bytes() + b"\0")
    with open_build(home, fresh=False) as connection:
        assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


def test_a_damaged_older_version_is_removed(home: Settings) -> None:
    older = home.versions / "warehouse-first.duckdb"
    overwrite(older, older.read_bytes()[:-1])
    found = only(home)
    assert found.problem.startswith("versions/warehouse-first.duckdb, an older version: its bytes have changed")
    found.mend()
    assert findings(home) == []
    assert sorted(path.name for path in home.versions.iterdir()) == ["warehouse-second.duckdb", "warehouse-second.json"]


# What killed builds leave


HOLDER = """
import sys
from pathlib import Path
from pipelines.settings import Settings
from pipelines.warehouse.publish import build_lock
with build_lock(Settings(home=Path(sys.argv[1]), site=Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_build_left_is_found_once_it_is_dead(home: Settings) -> None:
    left = [home.build / "warehouse.duckdb.wal", home.versions / "warehouse-third.duckdb.partial"]
    command = [sys.executable, "-c", HOLDER, str(home.home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        for path in left:
            path.write_bytes(b"under way")
        assert findings(home) == []  # they are those of a build that runs
        process.send_signal(signal.SIGKILL)
    found = only(home)
    assert found.problem == (
        "a build that was killed left build/warehouse.duckdb.wal, versions/warehouse-third.duckdb.partial"
    )
    found.mend()
    assert findings(home) == []
    assert not any(path.exists() for path in left)
    assert home.lock.read_bytes() == b""


def test_a_lock_whose_holder_is_dead_is_cleared(home: Settings) -> None:
    home.lock.write_text(json.dumps({"pid": os.getpid(), "since": "2020-01-01", "command": "ledger build"}))
    assert only(home).problem == "build.lock names a process that no longer builds"
    only(home).mend()
    assert findings(home) == []


# Homes of other versions


def make_older(state: Settings) -> None:
    """The home as the first version of the program left it: no note of its version, none of bytes, none of tables."""
    state.home_note.unlink()
    for note in state.versions.glob("*.json"):
        note.unlink()
    path = state.published.resolve()
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table meta.builds drop column schema_version")


def test_an_older_home_is_refused_with_the_remedy_and_a_build_takes_it_over(home: Settings) -> None:
    make_older(home)
    assert read_home_version(home) == 1
    with pytest.raises(LedgerError, match=r"made by an older version .*version 1; expected 2.* Run: ledger build"):
        connect_published(home)
    assert published_build(home)["build_id"] == "second"  # a build still knows what it compares with
    assert [finding.remedy for finding in findings(home)] == ["build the warehouse again"] * 2
    publish(small_build(home, "third"), "third")
    assert read_home_version(home) == HOME_VERSION
    assert findings(home) == []


def test_tables_of_another_version_are_refused_with_the_remedy(home: Settings) -> None:
    for version, age in (("1", "an older"), ("99", "a newer"), ("x", "a newer")):
        small_build(home, version)
        with connect(home.build_file, home) as connection:
            connection.execute("update meta.builds set schema_version = ?", [version])
        publish(home, version)
        with pytest.raises(LedgerError, match=rf"built by {age} version .*tables of version {version}; expected 2"):
            connect_published(home)
        assert "those of another version of Compute Ledger; expected 2" in only(home).problem
        connect_published(home, any_version=True).close()


def test_a_newer_home_is_left_alone(home: Settings) -> None:
    home.home_note.write_text(json.dumps({"home_version": HOME_VERSION + 1}))
    for use in (lambda: connect_published(home), lambda: findings(home), lambda: build_lock(home).__enter__()):
        with pytest.raises(LedgerError, match="made by a newer version .* Update Compute Ledger, or set LEDGER_HOME"):
            use()


def test_a_damaged_note_of_the_home_is_written_again(home: Settings) -> None:
    for text in ("", "{", "[]", '{"home_version": "two"}'):
        home.home_note.write_text(text)
        assert "expected the version of this folder, found" in only(home).problem
        only(home).mend()
        assert findings(home) == []


# Fetched bytes


@pytest.fixture
def stocked(home: Settings, small_mirror: Path) -> Settings:
    """The home with one fetched source."""
    state = replace(home, mirrors=(small_mirror,))
    assert {outcome.status for outcome in fetch(state, remote_files([SOURCE]))} == {"new"}
    assert findings(state) == []
    return state


def test_changed_or_lost_bytes_of_a_snapshot_are_fetched_again(stocked: Settings) -> None:
    snapshot = latest_accepted(stocked, remote_files([SOURCE])[0])
    sound = snapshot.path.read_bytes()
    overwrite(snapshot.path, sound[:-1] + bytes([sound[-1] ^ 1]))
    found = only(stocked)
    assert f"{snapshot.path}: the stored bytes of {snapshot.label} have changed" in found.problem
    assert found.remedy == f"fetch {SOURCE} again"
    found.mend()
    assert findings(stocked) == []
    assert snapshot.path.read_bytes() == sound
    snapshot.path.unlink()
    assert "are gone" in only(stocked).problem
    only(stocked).mend()
    assert findings(stocked) == []


def test_a_damaged_line_of_the_manifest_is_taken_out_and_its_source_fetched_again(stocked: Settings) -> None:
    entries = read_manifest(stocked)
    lines = stocked.raw_manifest.read_bytes().splitlines(keepends=True)
    damaged = lines[0][:20] + b"\0" + lines[0][21:]
    stocked.raw_manifest.write_bytes(damaged + b"".join(lines[1:]))
    with pytest.raises(LedgerError, match=r"manifest.jsonl:1: this program did not write .* run: ledger doctor --fix"):
        read_manifest(stocked)
    found = only(stocked)
    assert "manifest.jsonl:1: this program did not write this line" in found.problem
    found.mend()
    assert findings(stocked) == []
    assert {(each.source_id, each.name, each.sha256) for each in entries} <= {
        (each.source_id, each.name, each.sha256) for each in read_manifest(stocked)
    }
    assert (stocked.raw / "manifest.damaged.jsonl").read_bytes().startswith(damaged)


def test_a_last_line_without_end_is_told(stocked: Settings) -> None:
    with stocked.raw_manifest.open("ab") as manifest:
        manifest.write(b'{"source_id": "epo')
    assert "the last line has no end: a fetch was killed" in only(stocked).problem
    only(stocked).mend()
    assert findings(stocked) == []
