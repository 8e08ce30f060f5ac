"""Cost of reading a round of MLPerf Training, beside ``grep -c MLLOG`` over the same bytes.

The archive of round v5.0 where a mirror of published files lies beside the checkout, else one made here
in the same format. Unpacking is measured apart: it is what the walk of the archive alone costs.
"""

from __future__ import annotations

import io
import json
import random
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pipelines.records.archives import Member, walk_archive
from pipelines.settings import ROOT
from pipelines.sources.mlperf.mllog import LogReader, MlLog
from pipelines.sources.mlperf.training import read_members
from pipelines.sources.mlperf.training_logs import NEWEST, POWER_KEYS, READING, RESULT_KEYS

REAL = ROOT.parent / "shared/upstream/github.com/mlcommons/training_results_v5.0/archive/HEAD.tar.gz"
T = TypeVar("T")
MADE_RUNS = 400
TIMES = 5


def _line(key: str, value: str, time_ms: int, event: str = "POINT_IN_TIME", more: str = "") -> str:
    return (
        f':::MLLOG {{"namespace": "", "time_ms": {time_ms}, "event_type": "{event}", "key": "{key}", '
        f'"value": {value}, "metadata": {{"file": "/workspace/train.py", "lineno": 17{more}}}}}\n'
    )


def made_log(seed: int) -> bytes:
    """A run's log of the size and make of real ones: a third of its lines are records, few of them matter."""
    chance, now = random.Random(seed), 1_700_000_000_000
    lines = [_line(f"submission_{name}", '"x"', now) for name in ("benchmark", "division", "org", "platform", "status")]
    counted = ("global_batch_size", "gradient_accumulation_steps", "train_samples", "eval_samples", "seed")
    lines += [_line(name, "448", now) for name in counted]
    lines += [_line("weights_initialization", "null", now, more=', "tensor": "layer.weight"') for _ in range(60)]
    lines.append(_line("run_start", "null", now, "INTERVAL_START"))
    for step in range(180):
        now += chance.randrange(500, 1500)
        lines += [
            f"step {step} loss {chance.random():.6f} seconds {chance.random():.3f} on 8 devices\n" for _ in range(4)
        ]
        lines.append(_line("tracked_stats", f'{{"throughput": {chance.random()}}}', now, more=f', "step": {step}'))
    lines.append(_line("eval_accuracy", "0.72", now, more=', "epoch_num": 3'))
    lines.append(_line("run_stop", "null", now, "INTERVAL_END", more=', "status": "success"'))
    return "".join(lines).encode()


def made_archive() -> bytes:
    """A round of one system with many benchmarks."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:

        def add(path: str, data: bytes) -> None:
            entry = tarfile.TarInfo(f"training_results-0123abc/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

        add("Example/systems/box.json", b'{"division": "closed"}')
        for number in range(MADE_RUNS):
            add(f"Example/results/box/bert{number // 10}/result_{number % 10}.txt", made_log(number))
    return buffer.getvalue()


def archive_bytes() -> tuple[str, bytes]:
    """Name and bytes of the archive that is measured."""
    return ("v5.0 as published", REAL.read_bytes()) if REAL.is_file() else ("made here", made_archive())


class Stopwatch:
    """CPU seconds of this process, summed over calls."""

    def __init__(self) -> None:
        self.cpu_s = 0.0

    def time(self, work: Callable[[], T]) -> T:
        """Do something and add what it took."""
        before = time.process_time()
        try:
            return work()
        finally:
            self.cpu_s += time.process_time() - before


def measure_once(data: bytes, name: str) -> tuple[float, float, float]:
    """CPU seconds of unpacking an archive, of parsing its logs, and of making tables of them with that."""
    unpacking, parsing = Stopwatch(), Stopwatch()

    def members() -> Iterator[Member]:
        walk = walk_archive(data, name)
        while (member := unpacking.time(lambda: next(walk, None))) is not None:
            found = member
            yield Member(found.path, found.size, lambda count, found=found: unpacking.time(lambda: found._take(count)))

    class Timed(LogReader):
        def read(self, data: bytes) -> MlLog:
            return parsing.time(lambda: super(Timed, self).read(data))

    readers = (Timed(RESULT_KEYS, newest=NEWEST), Timed(POWER_KEYS, series=READING))
    before = time.process_time()
    read_members(members(), name, "0" * 64, round_name="v5.0", readers=readers)
    return unpacking.cpu_s, parsing.cpu_s, time.process_time() - before - unpacking.cpu_s


def peak_memory_bytes() -> int:
    """The most memory that this program had. What getrusage tells includes the process that started it, on Linux."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


def read_in_this_process(path: Path) -> dict[str, float]:
    """The least of several measurements, and the most memory that this process had."""
    data = path.read_bytes()
    measured = [measure_once(data, path.name) for _ in range(TIMES)]
    unpack_s, parse_s, tables_s = (min(times[n] for times in measured) for n in range(3))
    return {
        "unpack_cpu_s": unpack_s, "parse_cpu_s": parse_s, "tables_cpu_s": tables_s, "peak_rss_bytes": peak_memory_bytes(),
    }  # fmt: skip


def grep_cpu_s(path: Path) -> tuple[float, int]:
    """CPU seconds of ``grep -c MLLOG`` over a file, and the lines that it counts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["grep", "-a", "-c", "MLLOG", str(path)], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stdout)


def measure_training_logs(folder: Path) -> dict[str, Any]:
    """All figures; ``folder`` takes the archive and its unpacked bytes."""
    name, data = archive_bytes()
    packed, plain = folder / "round.tar.gz", folder / "round.txt"
    packed.write_bytes(data)
    with plain.open("wb") as sink:
        for member in walk_archive(data, name):
            sink.write(member.read())
    found = json.loads(
        subprocess.run(
            [sys.executable, "-m", __name__, str(packed)], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    )
    greps = [grep_cpu_s(plain) for _ in range(TIMES)]  # the file is in the page cache: it was just written
    floor = min(cpu_s for cpu_s, _ in greps)
    return {
        "archive": name,
        "unpacked_bytes": plain.stat().st_size,
        "grep_lines": greps[0][1],
        "grep_cpu_s": floor,
        **found,
        "parse_to_grep_ratio": found["parse_cpu_s"] / floor,
        "tables_to_grep_ratio": found["tables_cpu_s"] / floor,
    }


def say(found: dict[str, Any]) -> list[str]:
    """The figures in words."""
    return [
        f"logs of MLPerf Training, {found['archive']}, {found['unpacked_bytes']:,} bytes:",
        f"  parsing {found['parse_cpu_s']:.3f} s CPU, {found['parse_to_grep_ratio']:.1f} x grep -c MLLOG over the same "
        f"bytes ({found['grep_cpu_s']:.3f} s); target 8",
        f"  with the tables made of them {found['tables_cpu_s']:.3f} s; unpacking apart {found['unpack_cpu_s']:.3f} s",
        f"  peak memory of the process {found['peak_rss_bytes'] / 1e6:.0f} MB; target 150",
    ]


if __name__ == "__main__":
    print(json.dumps(read_in_this_process(Path(sys.argv[1]))))
