"""Running a command while its machine is measured: samples on disk at once, signals and exit status passed on.

What belongs here: the command, the samples meanwhile, what a killed recorder left. What does not: meters, the store.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from pipelines.errors import LedgerError, UsageError
from pipelines.telemetry.formats.recording import Row, head_line, row_line
from pipelines.telemetry.meters import Meter, ProcessorTimeMeter

PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that the command gets when the recorder does. Ctrl-C on a terminal reaches both by itself."""

SUFFIX = ".recording"


@dataclass
class Reading:
    """What was measured so far: of each device its last sample, and the energy since the first."""

    began: float = field(default_factory=time.monotonic)
    last: dict[str, tuple[int, float]] = field(default_factory=dict)
    joules: float = 0.0
    watts: float = 0.0
    sample_count: int = 0

    @property
    def seconds(self) -> float:
        """Time since the begin."""
        return time.monotonic() - self.began

    def add(self, meter: Meter, rows: Sequence[Row]) -> None:
        """Go on with the samples of one moment; for the eye only, the warehouse integrates by itself."""
        watts = 0.0
        for device_id, at_ms, reading, *_ in rows:
            before = self.last.get(device_id)
            step_s = (at_ms - before[0]) / 1000 if before else 0.0
            if before and step_s > 0:
                joules = (reading + before[1]) / 2 * step_s if meter.kind == "power" else max(0.0, reading - before[1])
                self.joules += joules
                watts += reading if meter.kind == "power" else joules / step_s
            self.last[device_id] = (at_ms, reading)
        self.sample_count += len(rows)
        self.watts = watts


@dataclass(frozen=True)
class Recorded:
    """How a recorded command ended, and the files of its samples."""

    returncode: int
    files: list[Path]
    reading: Reading


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _Sampler:
    """Reads meters each interval, and adds a line for each sample at once."""

    def __init__(
        self, meters: Sequence[tuple[Meter, IO[bytes]]], interval_s: float, show: Callable[[Reading], None]
    ) -> None:
        self.meters, self.interval_s, self.show = meters, interval_s, show
        self.reading = Reading()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def sample(self) -> None:
        """One sample of every device."""
        for meter, sink in self.meters:
            rows = meter.read(_now_ms())
            sink.write(b"".join(row_line(row) for row in rows))
            sink.flush()
            self.reading.add(meter, rows)

    def _run(self) -> None:
        while not self.ended.wait(self.interval_s):
            self.sample()
            self.show(self.reading)

    def stop(self) -> None:
        """Sample once more, and no more."""
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join()
        self.sample()


def record(
    command: Sequence[str],
    meters: Sequence[Meter],
    folder: Path,
    run_id: str,
    *,
    interval_s: float = 1.0,
    facts: Mapping[str, object] | None = None,
    show: Callable[[Reading], None] = lambda _reading: None,
) -> Recorded:
    """Run a command to its end while meters are read; raises UsageError where it cannot be started."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            sinks = [
                (meter, stack.enter_context(_sink(folder, run_id, n, meter, facts or {})))
                for n, meter in enumerate(meters)
            ]
            sampler = _Sampler(sinks, interval_s, show)
            sampler.sample()
            returncode = _run_command(command, meters, sampler)
            sampler.stop()
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be written: {error.strerror}.") from None
    return Recorded(returncode, [Path(sink.name) for _, sink in sinks], sampler.reading)


def results_file(folder: Path, run_id: str) -> Path:
    """The file of a recorder to which the command that it runs may add results, a line each."""
    return _file(folder, run_id, 0)


def _file(folder: Path, run_id: str, number: int) -> Path:
    return folder / f"{run_id}.{number}{SUFFIX}"


@contextmanager
def _sink(folder: Path, run_id: str, number: int, meter: Meter, facts: Mapping[str, object]) -> Iterator[IO[bytes]]:
    """A file for samples, whose lock says that its recorder lives."""
    with _file(folder, run_id, number).open("xb") as sink:
        fcntl.fcntl(
            sink, fcntl.F_SETFL, fcntl.fcntl(sink, fcntl.F_GETFL) | os.O_APPEND
        )  # the command may add lines too
        fcntl.flock(sink, fcntl.LOCK_EX)
        sink.write(head_line(meter.kind, meter.devices, facts))
        sink.flush()
        yield sink


def _run_command(command: Sequence[str], meters: Sequence[Meter], sampler: _Sampler) -> int:
    """Run the command, passing signals on; returns its exit status, or minus the signal that ended it."""
    process: subprocess.Popen[bytes] | None = None
    waiting: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if process is None:
            waiting.append(number)
        elif number != signal.SIGINT or not _is_foreground():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (*PASSED_ON, signal.SIGINT)}
    try:
        try:
            process = subprocess.Popen(command)
        except OSError as error:
            raise UsageError(f"{command[0]}: cannot be started: {error.strerror}.") from None
        for number in waiting:
            process.send_signal(number)
        for meter in meters:
            if isinstance(meter, ProcessorTimeMeter):
                meter.watch(process.pid)
        sampler.thread.start()
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_foreground() -> bool:
    """Whether a terminal sends its Ctrl-C to this process and the command alike."""
    with suppress(OSError):
        return os.isatty(sys.stdin.fileno()) and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def left_behind(folder: Path) -> list[Path]:
    """Samples of recorders that were killed: nobody holds the lock of their file."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(OSError), path.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(path)
    return found


def run_of(path: Path) -> str:
    """The run whose samples a file of a recorder holds."""
    return path.name.removesuffix(SUFFIX).rpartition(".")[0]


def end_like(returncode: int) -> int:
    """The exit status of a command that ended so; where a signal ended it, this process ends by the same one."""
    if returncode >= 0:
        return returncode
    number = -returncode
    if number in (*PASSED_ON, signal.SIGINT):
        sys.stdout.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number
