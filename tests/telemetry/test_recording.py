"""``ledger record``: real commands, real signals, and what is left when the recorder is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.settings import ROOT, Settings
from pipelines.telemetry.meters import ProcessorTimeMeter, RaplMeter, rapl_zones
from pipelines.telemetry.recording import left_behind, record
from pipelines.warehouse.own_runs import store
from tests.conftest import run_ledger
from tests.telemetry.conftest import Home

BUSY = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


def started(home: Path, *options: str, command: list[str]) -> subprocess.Popen[str]:
    """``ledger record`` as a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines", "record", *options, "--", *command],
        cwd=ROOT, env={**clean, "LEDGER_HOME": str(home)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(path: Path, lines: int) -> None:
    end = time.monotonic() + 60
    while not (path.exists() and path.read_bytes().count(b"\n") >= lines):
        assert time.monotonic() < end, f"{path} has no {lines} lines"
        time.sleep(0.02)


def test_a_command_is_recorded_and_its_status_passed_on(home: Home) -> None:
    command = [sys.executable, "-c", BUSY.format(seconds=0.5) + "print('said')\nraise SystemExit(7)"]
    done = run_ledger(
        "record",
        "--run",
        "busy",
        "--interval",
        "0.1",
        "--watts-per-core",
        "10",
        "--",
        *command,
        home=home.settings.home,
    )
    assert (done.returncode, done.stdout) == (7, "said\n")
    assert "modelled from processor time, no meter found" in done.stderr
    (device,) = home.devices("busy").values()
    assert device["is_modelled"]
    assert device["part"] == "processor"
    assert 5.0 <= device["energy_j"] < 15  # half a second on one core of 10 W, and the start of Python
    assert list(home.settings.recordings.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_passed_on_and_the_samples_kept(home: Home, number: signal.Signals) -> None:
    ready = home.folder / "ready"
    command = [sys.executable, "-c", f"import signal, sys, time\nsignal.signal({int(number)}, lambda *_: sys.exit(42))\n"
               f"open({str(ready)!r}, 'w').write('x\\n')\nwhile True: time.sleep(0.01)"]  # fmt: skip
    recorder = started(home.settings.home, "--run", "r", "--interval", "0.05", command=command)
    wait_for(ready, 1)
    recorder.send_signal(number)
    assert recorder.wait(60) == 42
    assert len(home.devices("r")) == 1


def test_a_command_that_a_signal_ends_ends_the_recorder_alike(home: Home) -> None:
    command = [sys.executable, "-c", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)"]
    recorder = started(home.settings.home, "--run", "r", "--interval", "0.05", command=command)
    assert recorder.wait(60) == -signal.SIGTERM
    assert len(home.devices("r")) == 1


def test_a_recorder_that_is_killed_leaves_its_samples(home: Home) -> None:
    command = [sys.executable, "-c", "import os, time\np = os.getppid()\nwhile os.getppid() == p: time.sleep(0.01)"]
    recorder = started(home.settings.home, "--run", "killed", "--interval", "0.05", command=command)
    file = home.settings.recordings / "killed.0.recording"
    wait_for(file, 8)
    assert left_behind(home.settings.recordings) == []
    recorder.kill()
    recorder.wait()
    assert left_behind(home.settings.recordings) == [file]
    file.write_bytes(file.read_bytes() + b'["cpu time",17935')
    done = run_ledger("ingest", home=home.settings.home)
    assert done.returncode == 0, done.stderr
    (device,) = home.devices("killed").values()
    assert device["sample_count"] >= 7
    assert not file.exists()


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    done = run_ledger("record", "--", "/no/such/command", home=tmp_path)
    assert (done.returncode, "/no/such/command: cannot be started: No such file" in done.stderr) == (2, True)


def test_counters_of_rapl_are_read_from_the_system(home: Home) -> None:
    folder = home.folder / "powercap"
    for zone, name, microjoules in (
        ("intel-rapl:0", "package-0", 0),
        ("intel-rapl:0:0", "core", 0),
        ("intel-rapl:0:1", "dram", 0),
    ):
        (folder / zone).mkdir(parents=True)
        (folder / zone / "name").write_text(f"{name}\n")
        (folder / zone / "energy_uj").write_text(f"{microjoules}\n")
        (folder / zone / "max_energy_range_uj").write_text("262143328850\n")
    zones = rapl_zones(folder)
    assert [(device.part, device.counter_range_j) for device, _ in zones] == [
        ("processor", 262143.32885),
        ("memory", 262143.32885),
    ]
    writer = (
        f"from pathlib import Path\nfor n in ('0', '0:1'):\n"
        f"    Path({str(folder)!r}, 'intel-rapl:' + n, 'energy_uj').write_text('2500000')"
    )
    done = record([sys.executable, "-c", writer], [RaplMeter(zones)], home.settings.recordings, "r")
    assert done.returncode == 0
    assert home.deliver_files(done.files) == ["landed"]
    assert {name: row["energy_j"] for name, row in home.devices("r").items()} == pytest.approx(
        {"package-0 0": 2.5, "dram 0:1": 2.5}
    )


def test_processor_time_covers_what_the_command_starts(tmp_path: Path) -> None:
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY.format(seconds=0.3)!r}], check=True)"
    meter = ProcessorTimeMeter(1.0)
    record([sys.executable, "-c", child], [meter], tmp_path / "r", "r", interval_s=0.05)
    ((_, _, joules, *_),) = meter.read(0)
    assert joules >= 0.3


def test_a_home_without_recordings_has_none_left(tmp_path: Path) -> None:
    assert left_behind(Settings(home=tmp_path, site=tmp_path).recordings) == []
    assert store(Settings(home=tmp_path, site=tmp_path)).read_manifest().files == []
