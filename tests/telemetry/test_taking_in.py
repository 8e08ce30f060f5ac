"""T01, T02, T05: what is delivered again, half written, damaged, or no file at all."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.records.regular_files import read_regular_file
from pipelines.settings import ROOT
from pipelines.telemetry.formats.own_parquet import read_parquet
from pipelines.telemetry.taking_in import Found, Outcome, find_files, run_name, take_in
from pipelines.warehouse.own_run_inbox import states, take_in_inbox, waiting
from tests.conftest import run_ledger
from tests.telemetry.conftest import Home
from tests.telemetry.generator import constant, nvidia_smi, parquet, walk


def all_in(home: Home, folder: Path) -> list[Outcome]:
    return take_in(home.landed, find_files(folder), zone="UTC")


def landed_files(home: Home) -> list[str]:
    return sorted(str(path.relative_to(home.landed.folder)) for path in home.landed.folder.rglob("*.parquet"))


def test_delivered_again_under_another_name(home: Home) -> None:
    data = nvidia_smi(walk(3))
    home.deliver("a.csv", data)
    before, manifest = landed_files(home), home.landed.manifest_file.read_bytes()
    again = home.deliver("sub/other.csv", data, run="another")
    assert (again.status, again.message) == ("known", "taken in before as a.csv")
    assert (landed_files(home), home.landed.manifest_file.read_bytes()) == (before, manifest)


@pytest.mark.parametrize("cut", [1, 4, 100, 5000])
def test_a_cut_parquet_is_refused_and_the_rest_goes_on(home: Home, cut: int) -> None:
    folder = home.folder / "in"
    folder.mkdir()
    (folder / "1-cut.parquet").write_bytes(parquet(walk(4))[:-cut])
    (folder / "2-whole.parquet").write_bytes(parquet(walk(5)))
    cut_one, whole = all_in(home, folder)
    assert (cut_one.status, whole.status) == ("refused", "landed")
    assert "1-cut.parquet: not a whole Parquet file" in cut_one.message


def test_a_flipped_byte_in_a_parquet_is_never_taken_for_a_sample(home: Home) -> None:
    data, samples = parquet(walk(6)), read_parquet_of(parquet(walk(6)))
    for place in range(8, len(data) - 8, max(1, len(data) // 60)):
        flipped = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        outcome = home.deliver(f"{place}.parquet", flipped, run=f"r{place}")
        if outcome.status == "landed":  # what was flipped is read by nobody, such as a statistic
            assert read_parquet_of(flipped) == samples


def read_parquet_of(data: bytes) -> list[tuple[object, ...]]:
    from pipelines.telemetry.formats.logs import Context

    return read_parquet(data, Context("x")).samples.select("device_id", "seq", "at_ms", "reading").rows()


def test_a_file_that_is_still_written_is_taken_in_when_it_is_whole(home: Home) -> None:
    data = nvidia_smi(walk(8))
    assert home.deliver("a.csv", data[: len(data) // 2]).status == "refused"
    assert home.landed.read_manifest().files == []
    assert home.deliver("a.csv", data).status == "landed"


APPENDS = "import sys,time\nf=open(sys.argv[1],'ab',0)\nwhile True: f.write(b'x'*65536); time.sleep(0.0005)"


def test_a_file_that_a_writer_appends_to_meanwhile(home: Home) -> None:
    path = home.folder / "a.csv"
    path.write_bytes(b"x" * 50_000_000)
    writer = subprocess.Popen([sys.executable, "-c", APPENDS, str(path)])
    told = []
    try:
        while path.stat().st_size == 50_000_000:
            assert writer.poll() is None
        for _ in range(20):  # a starved machine may let a whole reading pass between two writes
            (outcome,) = take_in(home.landed, find_files(path))
            assert outcome.status == "refused"
            told.append(outcome.message)
            if "it changed while it was read" in outcome.message:
                break
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert "it changed while it was read" in told[-1], told


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.folder / "a.csv"
    path.write_bytes(b"x" * 1000)
    opened = os.fdopen

    def grow_and_open(*args: Any, **kwargs: Any) -> Any:
        with path.open("ab") as more:
            more.write(b"y" * 1000)
        return opened(*args, **kwargs)

    monkeypatch.setattr(os, "fdopen", grow_and_open)
    assert read_regular_file(path, 1500) == b"x" * 1000


def test_what_is_no_file_is_refused_by_name_and_nothing_hangs(home: Home) -> None:
    folder = home.folder / "in"
    folder.mkdir()
    outside = home.folder / "outside.csv"
    outside.write_bytes(nvidia_smi(constant(100, 5)))
    (folder / "1-link.csv").symlink_to(outside)
    (folder / "2-link-out").symlink_to(home.folder, target_is_directory=True)
    os.mkfifo(folder / "3-pipe.csv")
    (folder / "4-null.csv").symlink_to("/dev/zero")
    (folder / "5-empty.csv").touch()
    told = [(o.path.name, o.status) for o in all_in(home, folder)]
    assert told == [(n, "refused") for n in ("1-link.csv", "2-link-out", "3-pipe.csv", "4-null.csv", "5-empty.csv")]
    assert take_in(home.landed, find_files(Path("/dev/null")))[0].status == "refused"


@pytest.mark.parametrize("name", ["[a]*.csv", "x';--.csv", "a\nb.csv", "-rf.csv", "…ü.csv", "%s{0}.csv"])
def test_odd_names_are_names(home: Home, name: str) -> None:
    folder = home.folder / "in"
    folder.mkdir()
    (folder / name).write_bytes(nvidia_smi(constant(100, 60)))
    (outcome,) = all_in(home, folder)
    assert outcome.status == "landed"
    assert home.devices("in")["0"]["energy_j"] == 5900


@pytest.mark.parametrize("name", ["../../etc/x", "..", "a/../../b", "/abs", "run\0x", "ü…", ""])
def test_a_run_name_stays_below_the_store(name: str) -> None:
    made = run_name(Found(Path("/in") / name.replace("\0", "?"), None))
    assert "/" not in made
    assert made.strip(".")


def test_a_run_that_a_file_names_stays_below_the_store(home: Home) -> None:
    log = "timestamp,project_name,run_id,duration,energy_consumed,cpu_energy\n2026-11-01T11:00:00,../../../evil,../../x,60,1,1\n"
    assert home.deliver("emissions.csv", log.encode()).status == "landed"
    (part,) = home.landed.read_manifest().parts
    assert (home.landed.folder / part.path).resolve().is_relative_to(home.landed.folder.resolve())


def test_run_toml_names_run_zone_and_more(home: Home) -> None:
    folder = home.folder / "in"
    folder.mkdir()
    (folder / "gpu.csv").write_bytes(nvidia_smi(constant(100, 60)))
    (folder / "run.toml").write_text('run_id = "mine"\ntimezone = "UTC"\ntokens = 1e6\n')
    (outcome,) = take_in(home.landed, find_files(folder))
    assert outcome.status == "landed"
    (folder / "run.toml").write_text('run_id = "mine"\ntimezone = "UTC"\ntokens = 2e6\n')
    (again,) = take_in(home.landed, find_files(folder))
    note = home.landed.read_manifest().notes.get("mine")
    assert again.status == "known"
    assert note is not None
    assert note.tokens == 2e6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tokenz = 3\n", r"run\.toml: unknown field tokenz\. Did you mean tokens\?"),
        ('timezone = "Mars/Olympus"\n', r"run\.toml: timezone: unknown time zone 'Mars/Olympus'"),
        ("started_at = 2026-11-01T10:00:00\n", r"run\.toml: started_at: expected a time with its zone"),
        ("tokens = -3\n", r"run\.toml: tokens: "),
        ("tokens = \n", r"run\.toml: not TOML"),
    ],
)
def test_a_run_toml_that_is_wrong_is_refused_by_field(home: Home, text: str, says: str) -> None:
    folder = home.folder / "in"
    folder.mkdir()
    (folder / "gpu.csv").write_bytes(nvidia_smi(constant(100, 60)))
    (folder / "run.toml").write_text(text)
    (outcome,) = take_in(home.landed, find_files(folder))
    assert outcome.status == "refused"
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(outcome.message)


def test_the_inbox_moves_what_it_has_looked_at(home: Home) -> None:
    inbox = home.settings.inbox
    (inbox / "llama").mkdir(parents=True)
    (inbox / "llama" / "gpu.parquet").write_bytes(parquet(constant(100, 60)))
    (inbox / "bad.csv").write_text("no telemetry\n")
    assert [o.status for o in take_in_inbox(home.settings)] == ["refused", "landed"]
    assert waiting(home.settings) == []
    assert (inbox / ".done" / "llama" / "gpu.parquet").is_file()
    assert "unknown format" in (inbox / ".refused" / "bad.csv.why.txt").read_text()
    (inbox / "bad.csv").write_text("no telemetry either\n")
    take_in_inbox(home.settings)
    assert (inbox / ".refused" / "bad-2.csv").read_text() == "no telemetry either\n"


def test_a_file_of_the_inbox_that_grows_has_another_state(home: Home) -> None:
    home.settings.inbox.mkdir(parents=True)
    file = home.settings.inbox / "a.csv"
    file.write_text("1\n")
    first = states(waiting(home.settings))
    file.write_text("1\n2\n")
    assert states(waiting(home.settings)) != first


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from typing import Any
from pipelines.telemetry.landed import Landed
from pipelines.telemetry.taking_in import find_files, take_in
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
print(*take_in(Landed(Path(sys.argv[1])), find_files(Path(sys.argv[2])), zone="UTC"))
"""


@pytest.mark.parametrize("limit", [0, 3000])
def test_a_full_disk_leaves_no_half_file(home: Home, limit: int) -> None:
    file = home.folder / "a.csv"
    file.write_bytes(nvidia_smi(walk(9, count=2000)))
    command = [sys.executable, "-c", FULL_DISK, str(home.landed.folder), str(file), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "cannot be written: File too large. Nothing of it was kept." in done.stdout
    left = [path.name for path in home.landed.folder.rglob("*") if path.is_file()]
    assert left == [".lock"]
    assert all_in(home, file)[0].status == "landed"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_the_command_ends_with_1_where_a_file_is_refused_and_takes_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "bad.csv").write_text("nothing\n")
    (folder / "gpu.csv").write_bytes(nvidia_smi(constant(100, 60)))
    done = run_ledger("ingest", str(folder), "--zone", "UTC", home=tmp_path / "home")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[:2]] == ["refused", "landed"]
    missing = run_ledger("ingest", str(tmp_path / "nowhere"), home=tmp_path / "home")
    assert (missing.returncode, "there is no such file or folder" in missing.stderr) == (2, True)
