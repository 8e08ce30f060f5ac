"""Tables that were read once are kept: found again whole, or read again, whatever happened to them."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipelines.fetch import raw_cache as parsed
from pipelines.fetch.raw_cache import keep_tables, kept_tables
from pipelines.fetch.store import latest_accepted, read_verified
from pipelines.records.raw_tables import RawTable
from pipelines.settings import ROOT, Settings
from pipelines.sources.mlperf.training import ROUND_FORMATS, MlperfTrainingPower, MlperfTrainingResults
from tests.conftest import run_ledger

FILE, OTHER = (
    ROUND_FORMATS[0].remote_file(
        name, f"https://github.com/mlcommons/training_results_{name}/archive/main.tar.gz", excerpt_url=None, licence=None,
        is_address_recalled=False,
    )
    for name in ("v3.0", "v3.1")
)  # fmt: skip
SHA = "5" * 64
LINE = (
    b':::MLLOG {"namespace": "", "time_ms": 1700000000000, "event_type": "POINT_IN_TIME", "key": "%s", "value": %s, '
    b'"metadata": {}}\n'
)
RESULTS = "Example/results/box/bert"


def round_of(members: dict[str, bytes]) -> bytes:
    """An archive of a round."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for path, data in members.items():
            entry = tarfile.TarInfo(f"training_results_v3.0-abc/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def members(seed: int = 1) -> dict[str, bytes]:
    """A system with a run whose log has an odd line."""
    return {
        "Example/systems/box.json": b'{"division": "closed"}',
        f"{RESULTS}/result_0.txt": LINE % (b"seed", str(seed).encode()) + b":::MLLOG {\n",
    }


def tables_of(data: bytes, sha256: str = SHA) -> list[RawTable]:
    return FILE.read(data, FILE.name, sha256)


@pytest.fixture
def home(tmp_path) -> Settings:
    return Settings(home=tmp_path, site=tmp_path / "site")


def same(found: list[RawTable] | None, expected: list[RawTable]) -> bool:
    """Whether tables tell the same."""
    return found is not None and all(
        a.schema is b.schema
        and a.frame.equals(b.frame)
        and a.frame.schema == b.frame.schema
        and (a.file, a.sha256, a.record_count) == (b.file, b.sha256, b.record_count)
        and (a.rejects, a.duplicates, a.faults) == (b.rejects, b.duplicates, b.faults)
        for a, b in zip(found, expected, strict=True)
    )


def entries(settings: Settings) -> list[Path]:
    return sorted(settings.parsed.iterdir()) if settings.parsed.exists() else []


def test_what_was_kept_is_what_was_read(home):
    read = tables_of(round_of(members()))
    assert kept_tables(home, FILE, SHA) is None
    keep_tables(home, FILE, SHA, read)
    assert same(kept_tables(home, FILE, SHA), read)
    assert [len(table.faults) for table in read] == [1, 0, 0, 0]
    (only,) = kept_tables(home, FILE, SHA, MlperfTrainingResults) or []
    assert same([only], read[:1])
    assert same(kept_tables(home, FILE, SHA, MlperfTrainingPower), read[2:3])


def test_other_bytes_and_other_files_are_other_entries(home):
    keep_tables(home, FILE, SHA, tables_of(round_of(members())))
    assert kept_tables(home, FILE, "6" * 64) is None
    assert kept_tables(home, replace(FILE, name="other.tar.gz"), SHA) is None


def test_any_damage_means_reading_again(home):
    keep_tables(home, FILE, SHA, tables_of(round_of(members())))
    (path,) = entries(home)
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert kept_tables(home, FILE, SHA) is None, f"a flipped bit at byte {at} goes unseen"
        path.write_bytes(whole[:at])
        assert kept_tables(home, FILE, SHA) is None, f"an entry cut at byte {at} goes unseen"
    path.write_bytes(whole)
    assert kept_tables(home, FILE, SHA) is not None


def test_old_entries_and_what_a_killed_process_left_are_swept(home):
    home.parsed.mkdir(parents=True)
    (home.parsed / "partial-left").write_bytes(b"half")
    for number in range(5):
        keep_tables(home, FILE, str(number) * 64, tables_of(round_of(members(number)), str(number) * 64))
    keep_tables(home, OTHER, SHA, tables_of(round_of(members())))
    assert len(entries(home)) == parsed.KEPT_PER_FILE + 1
    assert kept_tables(home, FILE, "4" * 64) is not None
    assert kept_tables(home, FILE, "0" * 64) is None


def test_a_killed_writer_leaves_no_entry_that_counts(home):
    script = f"""
        import os, signal
        from pathlib import Path
        from pipelines.fetch import raw_cache as parsed
        from tests.fetch.test_raw_cache import *
        settings = Settings(home=Path({str(home.home)!r}), site=Path({str(home.site)!r}))
        def killed(sink, tables):
            sink.write(b"half of it")
            sink.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        parsed._write = killed
        keep_tables(settings, FILE, SHA, tables_of(round_of(members())))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert [path.name[:8] for path in entries(home)] == ["partial-"]
    assert kept_tables(home, FILE, SHA) is None
    keep_tables(home, FILE, SHA, tables_of(round_of(members())))
    assert [path.name.startswith("partial-") for path in entries(home)] == [False]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(home):
    home.parsed.parent.mkdir(parents=True, exist_ok=True)
    home.parsed.write_text("a file in the way")
    read = tables_of(round_of(members()))
    keep_tables(home, FILE, SHA, read)
    assert kept_tables(home, FILE, SHA) is None


@pytest.fixture
def mirror(tmp_path) -> Path:
    """A mirror that holds one round, and nothing else."""
    path = tmp_path / "mirror/github.com/mlcommons/training_results_v3.0/archive/HEAD.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(round_of(members()))
    return tmp_path / "mirror"


def test_fetching_keeps_what_it_judged_and_names_what_the_mirror_lacks(mirror, home):
    done = run_ledger("fetch", "mlperf_training", home=home.home, LEDGER_MIRROR=str(mirror))
    assert done.returncode == 0, done.stderr
    assert "training_results_v3.0.tar.gz: new: 1 records of raw.mlperf_training_results" in done.stdout
    assert "training_results_v5.1.tar.gz: absent: " in done.stdout
    assert "1 new" in done.stdout.splitlines()[-1]
    snapshot = latest_accepted(home, FILE)
    assert snapshot is not None
    kept = kept_tables(home, FILE, snapshot.sha256)
    assert same(kept, FILE.read(read_verified(snapshot), FILE.name, snapshot.sha256))


def test_a_build_reads_kept_tables_and_accounts_for_odd_lines(mirror, home):
    import duckdb

    from pipelines.warehouse.raw_layer import load_raw

    assert run_ledger("fetch", "mlperf_training", home=home.home, LEDGER_MIRROR=str(mirror)).returncode == 0
    (path,) = entries(home)
    os.utime(path, ns=(0, 0))
    connection = duckdb.connect()
    for name in ("results", "systems", "power", "scaling"):
        load_raw(connection, f"raw.mlperf_training_{name}", home)
    assert path.stat().st_mtime_ns == 0  # not written anew
    rejects = connection.sql("select table_name, record_no, value, reason from meta.rejects").fetchall()
    assert [(table, number, value) for table, number, value, _ in rejects] == [
        ("raw.mlperf_training_results", 1, ":::MLLOG {")
    ]
    assert rejects[0][3].startswith(f"{RESULTS}/result_0.txt:2: is not JSON")
    counts = connection.sql(
        "select record_count, accepted_count, rejected_count from meta.files order by 1 desc"
    ).fetchall()
    assert counts == [(1, 1, 0), (1, 1, 0), (0, 0, 0), (0, 0, 0)]
    path.unlink()
    load_raw(connection, "raw.mlperf_training_results", home)
    assert path.exists()
    assert (
        connection.sql("select seed, odd_line_count from raw.mlperf_training_results")
        .pl()
        .equals(pl.DataFrame({"seed": ["1"], "odd_line_count": [1]}))
    )
    assert json.loads(path.read_bytes().partition(b"\n")[0].partition(b" ")[2])["tables"][0]["record_count"] == 1
