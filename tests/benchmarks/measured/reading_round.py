"""Reading a round of MLPerf Training: ours, and line by line as people write it first.

The archive of round v5.0 where a mirror of published files lies beside the checkout, else one made here
in the same format. Unpacking is measured apart: it is what the walk of the archive alone costs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pipelines.records.archives import Member, walk_archive
from pipelines.settings import ROOT
from pipelines.sources.mlperf.mllog import LogReader, MlLog
from pipelines.sources.mlperf.training import read_members
from pipelines.sources.mlperf.training_logs import NEWEST, POWER_KEYS, READING, RESULT_KEYS
from tests.benchmarks.cost import Cost, peak_mb, report, within
from tests.benchmarks.measured.made_round import made_archive

REAL = ROOT.parent / "shared/upstream/github.com/mlcommons/training_results_v5.0/archive/HEAD.tar.gz"
T = TypeVar("T")
TIMES = 5


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


def read_line_by_line(data: bytes, name: str) -> int:
    """What people write first: every line as text, those with the mark through json. Returns how many."""
    count = 0
    for member in walk_archive(data, name):
        for line in member.read().decode(errors="replace").splitlines():
            if ":::MLLOG" in line:
                with suppress(ValueError):
                    json.loads(line.partition(":::MLLOG")[2])
                    count += 1
    return count


def main() -> None:
    """``unpack ARCHIVE PLAIN`` writes the bytes of all members; ``read ARCHIVE`` and ``lines ARCHIVE`` print costs."""
    way, path, *plain = sys.argv[1:]
    if way == "unpack":
        name, data = archive_bytes()
        Path(path).write_bytes(data)
        with Path(plain[0]).open("wb") as sink:
            for member in walk_archive(data, name):
                sink.write(member.read())
        return
    data = Path(path).read_bytes()
    if way == "lines":
        report({"line by line": within(lambda: read_line_by_line(data, path), 2)})
        return
    measured = [measure_once(data, path) for _ in range(TIMES)]
    unpack_s, parse_s, tables_s = (min(times[n] for times in measured) for n in range(3))
    costs = {"parse": Cost(parse_s, peak_mb=peak_mb()), "tables": Cost(tables_s), "unpack": Cost(unpack_s)}
    report(costs)


if __name__ == "__main__":
    main()
