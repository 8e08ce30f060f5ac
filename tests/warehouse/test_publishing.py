"""Publishing under real faults: killed builds, rivals, open readers, full disks, damaged files."""

import hashlib
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.compact import compact
from pipelines.warehouse.file import BLOCK_BYTES, SCHEMA_VERSION, connect, connect_published, published_held_open
from pipelines.warehouse.publish import build_lock, digest_data, open_build, publish, published_build, sweep
from tests.conftest import run_ledger
from tests.warehouse.disturbed_build import (
    NOTE_AFTER,
    Disturbed,
    clean_environment,
    seeds_with_note,
    sha256,
    started,
    started_build,
    wait_for,
)


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (sha256(path), path.stat().st_mtime_ns) for path in files}


def note_in(path: Path) -> str | None:
    """The note that ``seeds_with_note`` changes, as a published file has it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select note from seeds.models order by seed_line limit 1").fetchall()[0][0]


# A build that is killed, and the build after it with a reader who never closes the file and a rival


def test_a_build_killed_before_the_swap_leaves_the_published_bytes(disturbed: Disturbed) -> None:
    assert disturbed.killed_returncode == -signal.SIGKILL
    assert disturbed.digest_after_kill == disturbed.digest_before


def test_a_killed_build_leaves_its_name_in_the_lock(disturbed: Disturbed) -> None:
    assert json.loads(disturbed.lock_after_kill).keys() == {"pid", "since", "command"}


@pytest.mark.slow
def test_a_build_killed_after_the_swap_has_published_the_whole_new_file(own_home: Settings, tmp_path: Path) -> None:
    seeds = seeds_with_note(tmp_path / "seeds", "Told by a build that was killed.")
    with started_build(own_home, seeds) as process:
        wait_for(process, "meta.builds")
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert note_in(own_home.published) == "Told by a build that was killed."


def test_the_build_after_a_killed_one_publishes(disturbed: Disturbed) -> None:
    assert disturbed.returncode == 0
    assert "published build" in disturbed.stdout
    assert note_in(disturbed.state.published) == NOTE_AFTER


def test_the_build_after_a_killed_one_sweeps_what_it_left(disturbed: Disturbed) -> None:
    home = disturbed.state.home
    assert [*home.rglob("*.partial"), *home.rglob("*.wal"), *home.glob(".warehouse.*")] == []
    assert sorted(path.name for path in disturbed.state.build.iterdir()) == ["warehouse.duckdb"]
    assert disturbed.state.lock.read_bytes() == b""


def test_killed_runs_do_not_count_as_running(disturbed: Disturbed) -> None:
    with dg.DagsterInstance.from_config(str(disturbed.state.dagster_home)) as instance:
        statuses = [run.status for run in instance.get_runs()]
    assert statuses[0] is dg.DagsterRunStatus.SUCCESS
    assert statuses[1] is dg.DagsterRunStatus.FAILURE


def test_an_open_reader_keeps_its_data_through_a_build(disturbed: Disturbed) -> None:
    assert len(disturbed.answers) == 3
    assert disturbed.old_build in disturbed.answers[0]
    assert disturbed.answers == disturbed.answers[:1] * 3
    with connect_published(disturbed.state) as connection:
        now = connection.execute("select build_id from meta.builds").fetchall()[0][0]
    assert now not in disturbed.answers[0]


def test_readers_are_served_while_a_build_runs(disturbed: Disturbed) -> None:
    assert disturbed.was_running
    assert disturbed.asked_meanwhile.returncode == 0, disturbed.asked_meanwhile.stderr
    assert disturbed.asked_meanwhile.stdout.split() == ["build_id", disturbed.old_build]


def test_a_second_build_ends_at_once_and_names_the_first(disturbed: Disturbed) -> None:
    assert disturbed.was_running
    assert disturbed.rival.returncode == 1
    assert f"another build is running: process {disturbed.pid} since 2" in disturbed.rival.stderr
    assert "build --force" in disturbed.rival.stderr
    assert "Traceback" not in disturbed.rival.stderr


# A build with nothing new, and one on a full disk


@pytest.mark.slow
def test_a_build_by_force_with_nothing_changed_publishes_nothing(own_home: Settings) -> None:
    versions, site = contents(own_home.versions), contents(own_home.site)
    elsewhere = {"LEDGER_THREADS": "2", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    done = run_ledger("build", "--force", home=own_home.home, **elsewhere)
    assert done.returncode == 0, done.stderr
    assert "data unchanged, still published: build" in done.stdout
    assert contents(own_home.versions) == versions
    assert contents(own_home.site) == site


def test_a_build_with_nothing_changed_runs_nothing_wherever_its_home_is(own_home: Settings) -> None:
    before = contents(own_home.home)
    done = run_ledger("build", home=own_home.home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"nothing changed since build {published_build(own_home)['build_id']}\n")
    assert done.stderr == ""
    after = contents(own_home.home)
    before.pop("build.lock"), after.pop("build.lock")
    assert after == before


HOLDER = """
import sys, time
from pathlib import Path
from pipelines.settings import Settings
from pipelines.warehouse.publish import build_lock
with build_lock(Settings(home=Path(sys.argv[1]), site=Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_leftovers_are_swept_even_where_nothing_is_to_build(own_home: Settings) -> None:
    state = own_home
    with started("-c", HOLDER, str(state.home)) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
    partial = state.versions / "warehouse-x.duckdb.partial"
    partial.write_bytes(b"half")
    done = run_ledger("build", home=state.home)
    assert done.stdout.startswith("nothing changed"), done.stderr
    assert not partial.exists()
    assert list(state.build.iterdir()) == []


def limit_files(size: int) -> None:
    """Let no file of this process grow beyond ``size``, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "told"),
    [
        (8_000_000, "Could not write file .*: File too large"),
        (200_000, "the run history in .*/dagster cannot be written: disk I/O error. Free disk space there"),
    ],
)
def test_a_full_disk_stops_the_build_with_a_message(own_home: Settings, size: int, told: str) -> None:
    shutil.rmtree(own_home.dagster_home)  # so that the limit is not reached by what is there
    before = sha256(own_home.published)
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "build", "--force"],
        env=clean_environment(LEDGER_HOME=str(own_home.home)),
        cwd=ROOT,
        preexec_fn=lambda: limit_files(size),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(told, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert sha256(own_home.published) == before


# publish(), on small files


def made_build(state: Settings, build_id: str, *, said: str | None = None, rows: int = 10) -> Settings:
    """A small closed build file whose meta.builds says ``said``, by default ``build_id``."""
    state.prepare()
    state.build_file.unlink(missing_ok=True)
    with connect(state.build_file, state) as connection:
        connection.execute("pragma force_compression = 'uncompressed'")  # so that a test finds a cell in the bytes
        connection.execute("create schema meta")
        connection.execute("create schema mart")
        connection.execute(
            "create table meta.builds as select ?::varchar as build_id, now()::timestamp as finished_at, ? as schema_version",
            [said or build_id, SCHEMA_VERSION],
        )
        connection.execute(
            f"create table mart.x as select i, ? || md5(i::varchar) as build_id from range({rows}) as t(i)", [build_id]
        )
    return state


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", site=tmp_path / "site", keep_versions=2)


def test_published_files_have_no_log_beside_them(small: Settings) -> None:
    target = publish(made_build(small, "first"), "first")
    assert [path.name for path in small.versions.glob("*.duckdb*")] == [target.name]
    assert small.published.resolve() == target.resolve()
    assert sha256(target) == sha256(small.build_file)


def test_a_home_can_be_moved(small: Settings, tmp_path: Path) -> None:
    publish(made_build(small, "first"), "first")
    assert not small.published.readlink().is_absolute()
    small.home.rename(tmp_path / "moved to")
    with connect_published(replace(small, home=tmp_path / "moved to")) as connection:
        assert connection.execute("select build_id from meta.builds").fetchall() == [("first",)]


def test_only_the_last_versions_are_kept(small: Settings) -> None:
    first = publish(made_build(small, "1"), "1")
    with connect(first, small, read_only=True) as reader:
        for build_id in ("2", "3", "4"):
            publish(made_build(small, build_id), build_id)
        assert sorted(path.name for path in small.versions.glob("*.duckdb*")) == [
            "warehouse-3.duckdb",
            "warehouse-4.duckdb",
        ]
        assert small.published.readlink() == Path("versions/warehouse-4.duckdb")
        assert reader.execute("select build_id from meta.builds").fetchall() == [("1",)]


def test_a_file_of_another_build_is_refused(small: Settings) -> None:
    publish(made_build(small, "first"), "first")
    before = sha256(small.published)
    made_build(small, "second", said="third")
    with pytest.raises(LedgerError, match=r"meta.builds says \[\('third',\)\], expected second. Nothing was published"):
        publish(small, "second")
    assert sha256(small.published) == before
    assert [path.name for path in small.versions.glob("*.duckdb*")] == ["warehouse-first.duckdb"]


def test_a_build_without_checkpoint_is_refused(small: Settings) -> None:
    publish(made_build(small, "first"), "first")
    before = sha256(small.published)
    with open_build(small, fresh=False) as connection:
        connection.execute("insert into mart.x values (-1, 'late')")
        with pytest.raises(LedgerError, match=r"warehouse.duckdb.wal is beside the build file.*Nothing was published"):
            publish(small, "first")
    assert sha256(small.published) == before


def test_a_damaged_build_is_not_published(small: Settings) -> None:
    publish(made_build(small, "first"), "first")
    before = sha256(small.published)
    made_build(small, "second", rows=20_000)
    data = bytearray(small.build_file.read_bytes())
    data[data.index(hashlib.md5(b"12345").hexdigest().encode()) + 3] ^= 1  # one bit of one cell
    small.build_file.write_bytes(data)
    with pytest.raises(LedgerError, match=r"cannot be read back: .*checksum.* Nothing was published"):
        publish(small, "second")
    assert sha256(small.published) == before


def test_a_published_file_that_is_no_database_is_told(small: Settings) -> None:
    published = publish(made_build(small, "first"), "first")
    published.chmod(0o644)
    published.write_bytes(b"<html>502 Bad Gateway</html>")
    with pytest.raises(LedgerError, match=r"(?s)warehouse.duckdb cannot be opened: .*Run: ledger build --force"):
        connect_published(small)
    assert published_build(small) is None


PUBLISHER = """
import json, os, resource, signal, sys
from pathlib import Path
from pipelines.settings import Settings
from pipelines.warehouse.publish import publish

home, stop_at = Path(sys.argv[1]), int(sys.argv[2])
STEPS = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.symlink", "os.truncate", "shutil.copyfile"}
seen = 0

def count(event, arguments):
    global seen
    if event in STEPS and any(str(home) in str(argument) for argument in arguments):
        seen += 1
        if seen == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

if stop_at < 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (-stop_at, -stop_at))
sys.addaudithook(count)
publish(Settings(home=home, site=home), "second")
"""
"""Publishes, and kills itself before the n-th operation on a file of the home."""


def test_a_kill_at_any_step_of_publishing_leaves_old_or_new(small: Settings, tmp_path: Path) -> None:
    publish(made_build(small, "first"), "first")
    old = sha256(small.published)
    new = sha256(made_build(small, "second").build_file)
    found = []
    for step in range(1, 50):
        state = replace(small, home=tmp_path / f"home{step}")
        shutil.copytree(small.home, state.home, symlinks=True)
        with started("-c", PUBLISHER, str(state.home), str(step)) as process:
            _, stderr = process.communicate()
        found.append(sha256(state.published))
        sweep(state)
        assert not [*state.versions.glob("*.partial"), *state.versions.glob("*.wal"), *state.home.glob(".warehouse*")]
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, stderr
        publish(made_build(state, "third"), "third")
        assert published_build(state)["build_id"] == "third"
    assert process.returncode == 0, "publishing was never finished"
    assert len(found) >= 6, "fewer steps than copy, sync, rename, sync, symlink, swap"
    assert sorted(found, key=[old, new].index) == found, "a new file, then an old one again"
    assert {found[0], found[-1]} == {old, new}


def test_a_full_disk_while_publishing_leaves_the_old_file(small: Settings) -> None:
    publish(made_build(small, "first"), "first")
    before = sha256(small.published)
    size = made_build(small, "second", rows=20_000).build_file.stat().st_size
    with started("-c", PUBLISHER, str(small.home), str(-size // 2)) as process:
        _, stderr = process.communicate()
    assert process.returncode == 1
    assert "duckdb.partial cannot be written: File too large. Nothing was published." in stderr
    assert sha256(small.published) == before
    assert [path.name for path in small.versions.glob("*.duckdb*")] == ["warehouse-first.duckdb"]


# Locks and connections


OWNER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def _size_and_content(state: Settings) -> tuple[int, str]:
    with connect(state.build_file, state, read_only=True) as connection:
        return state.build_file.stat().st_size, digest_data(connection)


def test_a_build_file_with_much_free_space_is_written_anew(small: Settings) -> None:
    made_build(small, "first", rows=100_000)
    assert not compact(small)
    with connect(small.build_file, small) as connection:
        connection.execute("create table mart.y as select i from mart.x")
        connection.execute("checkpoint")
        connection.execute("drop table mart.x")
    before, content = _size_and_content(small)
    assert compact(small)
    after, same = _size_and_content(small)
    assert (after < before / 2, same) == (True, content)
    assert [path.name for path in small.build.iterdir()] == [small.build_file.name]


def test_a_build_file_with_large_blocks_is_written_anew(small: Settings) -> None:
    made_build(small, "first")
    small.build_file.unlink()
    with duckdb.connect(str(small.build_file), config={"default_block_size": 262_144}) as connection:
        for number in range(40):
            connection.execute(f"create table t{number} as select {number} as n")
    before, content = _size_and_content(small)
    assert compact(small)
    after, same = _size_and_content(small)
    assert (after < before / 4, same) == (True, content)


def test_a_damaged_build_file_is_left_to_publishing(small: Settings) -> None:
    small.prepare()
    small.build_file.write_bytes(b"no database")
    assert not compact(small)
    assert small.build_file.read_bytes() == b"no database"


def test_small_tables_take_small_blocks(built: Settings) -> None:
    """Hundreds of tables lie in the published file: at DuckDB's usual blocks it was twice as large."""
    with connect_published(built) as connection:
        block_bytes, free = connection.execute(
            "select block_size, free_blocks / total_blocks from pragma_database_size()"
        ).fetchall()[0]
    assert block_bytes == BLOCK_BYTES
    assert free < 0.2
    assert built.published.stat().st_size < 100_000_000


def test_a_file_that_another_process_holds_is_told_with_its_number(small: Settings) -> None:
    made_build(small, "first")
    with started("-c", OWNER, str(small.build_file)) as owner:
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(LedgerError, match=rf"(?s)in use by another process: .*PID {owner.pid}.* Close it there"):
            connect(small.build_file, small, read_only=True)
    with connect(small.build_file, small, read_only=True) as connection:
        assert connection.execute("select count(*) from mart.x").fetchall() == [(10,)]


def test_the_lock_goes_with_its_holder(small: Settings) -> None:
    with started("-c", HOLDER, str(small.home)) as holder:
        assert holder.stdout.readline() == "held\n"
        told = rf"another build is running: process {holder.pid} since \d{{4}}-.* Wait for it to end"
        with pytest.raises(LedgerError, match=told), build_lock(small):
            pytest.fail("two held the lock")
        holder.kill()
        holder.wait()
    with build_lock(small) as was_killed:
        assert was_killed
    with build_lock(small) as was_killed:
        assert not was_killed
    assert small.lock.read_bytes() == b""


def test_published_files_open_in_older_releases(built: Settings) -> None:
    with connect_published(built) as connection:
        tags = connection.execute("select tags from duckdb_databases() where not internal").fetchall()[0][0]
    assert tags["storage_version"].startswith("v1.4.0")


def test_variables_of_python_are_not_read_as_tables(small: Settings) -> None:
    intruder = [1, 2, 3]
    with connect(made_build(small, "1").build_file, small) as connection:
        assert connection.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
        with pytest.raises(duckdb.CatalogException, match="intruder"):
            connection.execute("select * from intruder")
    assert len(intruder) == 3


# The data version


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["NULL", "null", "'NULL'", "", "''", "1", "a, 'text': b"]),
)
ROWS = st.lists(st.tuples(st.integers(0, 99), CELLS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own, in memory."""
    with duckdb.connect() as connection:
        yield connection


def data_version(connection: duckdb.DuckDBPyConnection, rows: list[tuple[int, str | None]]) -> str:
    connection.execute("create or replace table things (number bigint, text varchar)")
    numbers, texts = ([row[i] for row in rows] for i in range(2))
    connection.execute("insert into things select unnest(?::bigint[]), unnest(?::varchar[])", [numbers, texts])
    return digest_data(connection)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.data())
def test_the_data_version_follows_the_cells_and_not_their_order(
    memory: duckdb.DuckDBPyConnection, rows: list[tuple[int, str | None]], data: st.DataObject
) -> None:
    version = data_version(memory, rows)
    assert data_version(memory, data.draw(st.permutations(rows))) == version
    index = data.draw(st.integers(0, len(rows) - 1))
    number, text = rows[index]
    other = data.draw(CELLS.filter(lambda cell: cell != text))
    assert data_version(memory, [*rows[:index], (number, other), *rows[index + 1 :]]) != version
    assert data_version(memory, [*rows[:index], (number + 1, text), *rows[index + 1 :]]) != version
    assert data_version(memory, [*rows, rows[index]]) != version


def test_the_data_version_leaves_out_the_note_of_the_build(memory: duckdb.DuckDBPyConnection) -> None:
    without = data_version(memory, [(1, "a")])
    memory.execute("create schema meta")
    memory.execute("create table meta.builds as select 'b' as build_id")
    assert digest_data(memory) == without
    memory.execute("create table meta.files as select 'b' as build_id")
    assert digest_data(memory) != without
    memory.execute("drop schema meta cascade")


def test_the_data_version_does_not_depend_on_threads(built: Settings, tmp_path: Path) -> None:
    copy = shutil.copyfile(built.published, tmp_path / "copy.duckdb")
    versions = set()
    for threads in (1, 2):
        with connect(copy, replace(built, threads=threads), read_only=True) as connection:
            versions.add(digest_data(connection))
    assert versions == {published_build(built)["data_version"]}


def test_a_file_that_is_held_open_is_read_until_another_is_published(own_home: Settings) -> None:
    def years() -> int:
        with connect_published(own_home) as connection:
            return int(connection.execute("select max(year) from core.held").fetchall()[0][0])

    def publish_year(year: int) -> Path:
        path = own_home.versions / f"warehouse-{year}.duckdb"
        shutil.copyfile(published, path)
        with connect(path, own_home) as connection:
            connection.execute(f"create table core.held as select {year} as year")
        own_home.published.unlink()
        own_home.published.symlink_to(path.relative_to(own_home.home))
        return path

    published = own_home.published.resolve()
    before = publish_year(2025)
    with published_held_open():
        assert years() == 2025
        after = publish_year(2026)
        before.unlink()
        assert [years(), years()] == [2026, 2026]
        with pytest.raises(duckdb.ConnectionException, match="different configuration"):
            connect(after, own_home)
    with connect(after, own_home) as connection:  # nobody holds it any more
        connection.execute("drop table core.held")
