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
from typing import TypeVar

from pipelines.ingest.archives import Member, walk_archive
from pipelines.ingest.mlperf_training import read_members
from pipelines.settings import ROOT

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


class Unpacking:
    """The members of an archive, with the CPU time that unpacking them takes noted."""

    def __init__(self, data: bytes, name: str) -> None:
        self.cpu_s = 0.0
        self._members = walk_archive(data, name)

    def _timed(self, work: Callable[[], T]) -> T:
        before = time.process_time()
        try:
            return work()
        finally:
            self.cpu_s += time.process_time() - before

    def __iter__(self) -> Iterator[Member]:
        while (member := self._timed(lambda: next(self._members, None))) is not None:
            whole = member
            yield Member(member.path, member.size, lambda count, whole=whole: self._timed(lambda: whole._take(count)))


def read_in_this_process(path: Path) -> dict[str, float]:
    """CPU seconds of reading an archive, those of unpacking it apart, and the most memory that this process had."""
    data, parse_s, unpack_s = path.read_bytes(), float("inf"), float("inf")
    for _ in range(TIMES):
        members = Unpacking(data, path.name)
        before = time.process_time()
        read_members(members, path.name, "0" * 64, round_name="v5.0")
        parse_s = min(parse_s, time.process_time() - before - members.cpu_s)
        unpack_s = min(unpack_s, members.cpu_s)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"parse_cpu_s": parse_s, "unpack_cpu_s": unpack_s, "peak_rss_bytes": peak}


def grep_cpu_s(path: Path) -> tuple[float, int]:
    """CPU seconds of ``grep -c MLLOG`` over a file, and the lines that it counts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["grep", "-a", "-c", "MLLOG", str(path)], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stdout)


def measure_training_logs(folder: Path) -> dict[str, object]:
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
    }


if __name__ == "__main__":
    print(json.dumps(read_in_this_process(Path(sys.argv[1]))))
