"""``make soak``: hundreds of builds that are killed, with readers beside, and a table of what went wrong: all zero.

``python -m tests.soak --kills 20 --reads 500`` is a short one. It ends by itself, with exit status 1 if anything went
wrong. What is killed: rounds (``writer.py``) at a named step, at a random moment, or in their last tenth; and whole
builds by ``ledger build``, at a random moment.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.errors import LedgerError
from pipelines.fetch.store import read_manifest, verify
from pipelines.settings import ROOT, SEEDS
from pipelines.warehouse.published_bytes import published_damage
from tests.mirror.packing import build_small_mirror
from tests.soak.reader import look, read_on
from tests.soak.writer import CHART, Round, run_round

PROCESSES = multiprocessing.get_context("forkserver")
STEPS = {"land": 8, "stage": 6, "check": 3, "checkpoint": 3, "fsync": 3, "replace": 12, "report": 10}
"""The named steps, and how often a round comes to each at most."""
AT_EACH_STEP = 0.055
IN_THE_END = 0.13
WHOLE_BUILDS = 0.04
"""Shares of the kills: at each step, in the last tenth of a round, of whole builds; the others at random moments."""
COMPLETE_EVERY = 5
READERS = 2
PAUSE_S = 0.1
"""Between two reads of a reader: enough reads for every kill, and time left for the builds."""
WRONG = ("missing", "not opened", "partial", "mixed", "backward", "lost publishes", "leftovers", "failed rounds",
         "damage")  # fmt: skip


def edit(seeds: Path, number: int) -> None:
    """Put the number of the round into two curated files."""
    for name, column in (("claims/questions.csv", "question"), ("levers/lever_cases.csv", "text")):
        with (SEEDS / name).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        rows[0][header.index(column)] += f" (round {number})"
        with (seeds / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])


def newer_files(mirror: Path, number: int) -> None:
    """Let the publisher have other bytes each round: the same records, and one line end more or less."""
    for path in sorted(mirror.rglob("*.csv")):
        path.write_bytes(path.read_bytes().rstrip(b"\n") + b"\n" * (1 + number % 2))


@dataclass
class Soak:
    """The soak under way."""

    folder: Path
    kills: int
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    number: int = 0
    acknowledged: int = 0
    """The last round that said that it had published."""
    takes_s: float = 0.0
    said: list[str] = field(default_factory=list)

    @property
    def base(self) -> Round:
        """The round without a number."""
        return Round(0, self.folder / "home", self.folder / "seeds", self.folder / "mirror")

    def next_round(self) -> Round:
        """Edited files, and a round on them."""
        self.number += 1
        edit(self.base.seeds, self.number)
        newer_files(self.base.mirror, self.number)
        return replace(self.base, number=self.number)

    def run(self, what: Round, kill_after_s: float | None = None) -> bool:
        """Run a round; returns whether it was killed. ``kill_after_s`` counts from the moment at which it began."""
        ours, theirs = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=run_round, args=(what, theirs))
        process.start()
        theirs.close()
        heard: set[str] = set()
        with suppress(EOFError):
            heard.add(ours.recv())
            if kill_after_s is not None and not _heard_within(ours, heard, kill_after_s):
                process.kill()
            while True:
                heard.add(ours.recv())
        process.join()
        if "published" in heard:
            self.acknowledged = what.number
        was_killed = process.exitcode == -signal.SIGKILL
        if not was_killed and "finished" not in heard:
            self.counts["failed rounds"] += 1
            self.said.append(f"round {what.number} ({what.step}) ended with {process.exitcode}")
        self._check_published()
        return was_killed

    def _check_published(self) -> None:
        wrong, seen = look(self.base.settings.published, read_all=False)
        if wrong:
            self.counts[wrong] += 1
        elif seen < self.acknowledged:
            self.counts["lost publishes"] += 1
            self.said.append(f"round {self.acknowledged} was published, readers see {seen}")

    def complete(self) -> None:
        """A round that nothing kills, and then: no leftovers, no damage, and the file that was published."""
        started = time.monotonic()
        self.run(self.next_round())
        self.takes_s = time.monotonic() - started
        self.run(replace(self.base, step="land", times=10**9, number=self.number))
        settings, landing = self.base.settings, self.base.landing
        left = [*settings.home.rglob("*.partial"), *settings.home.rglob("*.wal"), *settings.home.glob(".warehouse.*")]
        left += [path for path in landing.raw.rglob("*") if path.name.startswith((".", "tmp")) and path.name != ".lock"]
        left += settings.site.rglob(".*.partial")
        left = [path for path in left if settings.dagster_home not in path.parents]
        self.counts["leftovers"] += len(left) + bool(settings.lock.read_bytes())
        self.said += [f"left after round {self.number}: {path}" for path in left]
        if problem := published_damage(settings):
            self.counts["damage"] += 1
            self.said.append(problem)
        self.counts["damage"] += len(list(settings.site.glob(f"{CHART}.*"))) != 5
        for snapshot in read_manifest(landing):
            self.counts["damage"] += snapshot.status != "refused" and not _is_sound(snapshot)

    def kill_whole_build(self) -> bool:
        """Kill ``ledger build`` with all that it started, at a random moment; returns whether it still ran."""
        what = self.next_round()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
        with subprocess.Popen(
            [sys.executable, "-m", "pipelines", "build"], cwd=ROOT, start_new_session=True, text=True,
            env={**kept, "LEDGER_HOME": str(what.home), "LEDGER_SEEDS": str(what.seeds)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.chance.uniform(1, 8 * max(self.takes_s, 2)))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if process.returncode == 0:
            self.acknowledged = what.number
        self._check_published()
        return process.returncode == -signal.SIGKILL

    def plan(self) -> list[str]:
        """What is killed, in random order."""
        each, whole = max(1, round(AT_EACH_STEP * self.kills)), max(1, round(WHOLE_BUILDS * self.kills))
        end = max(1, round(IN_THE_END * self.kills))
        planned = [*(step for step in STEPS for _ in range(each)), *["whole build"] * whole, *["last tenth"] * end]
        planned += ["random moment"] * max(0, self.kills - len(planned))
        self.chance.shuffle(planned)
        return planned

    def still_to_kill(self) -> Iterator[str]:
        """What is killed next: the plan, then random moments in place of kills that came too late."""
        yield from self.plan()
        for _ in range(self.kills):
            if self.killed.total() < self.kills:
                yield "random moment"

    def kill(self, kind: str) -> None:
        """One kill of a kind; tried again where the round ended before it came to that."""
        for _ in range(6):
            if kind == "whole build":
                was_killed = self.kill_whole_build()
            elif kind in STEPS:
                times = self.chance.randint(1, STEPS[kind])
                was_killed = self.run(replace(self.next_round(), step=kind, times=times))
            else:
                first = 0.9 if kind == "last tenth" else 0.0
                was_killed = self.run(self.next_round(), self.chance.uniform(first, 1.0) * self.takes_s)
            if was_killed:
                self.killed[kind] += 1
                return


def _is_sound(snapshot: Any) -> bool:
    try:
        verify(snapshot)
    except LedgerError:
        return False
    return True


def _heard_within(ours: Connection, heard: set[str], seconds: float) -> bool:
    """Listen for so long; returns whether the round finished."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if ours.poll(left):
            heard.add(ours.recv())
            if "finished" in heard:
                return True
    return False


def prepare(folder: Path, home: Path | None) -> None:
    """A home with a build, curated files and a mirror, all to be changed."""
    shutil.copytree(SEEDS, folder / "seeds")
    build_small_mirror(folder / "mirror")
    for path in (folder / "mirror").rglob("*"):
        if path.is_file() and path.suffix != ".csv":
            path.unlink()
    if home is not None:
        shutil.copytree(home, folder / "home", symlinks=True)
    else:
        command = [sys.executable, "-m", "pipelines", "--home", str(folder / "home"), "build"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def soak(folder: Path, kills: int, reads: int, seed: int, minutes: float = 1e6, home: Path | None = None) -> Soak:
    """All of it, or as much as fits into the minutes; returns what was counted."""
    prepare(folder, home)
    PROCESSES.set_forkserver_preload(["tests.soak.writer", "tests.soak.reader"])
    under_way = Soak(folder, kills, random.Random(seed))
    under_way.complete()
    if under_way.counts["failed rounds"]:
        return under_way
    ends_at = time.monotonic() + minutes * 60
    pipes, readers = [], []
    for _ in range(READERS):
        ours, theirs = PROCESSES.Pipe()
        readers.append(PROCESSES.Process(target=read_on, args=(folder / "home" / "warehouse.duckdb", PAUSE_S, theirs)))
        readers[-1].start()
        theirs.close()
        pipes.append(ours)
    latest: list[dict[str, int]] = [{} for _ in pipes]
    try:
        for number, kind in enumerate(under_way.still_to_kill(), 1):
            if time.monotonic() > ends_at:
                break
            under_way.kill(kind)
            if number % COMPLETE_EVERY == 0:
                under_way.complete()
                _hear(pipes, latest)
                wrong = {name: count for name, count in under_way.counts.items() if count}
                reads_now = sum(each.get("reads", 0) for each in latest)
                print(f"{number} of {kills} kills, {reads_now:,} reads; wrong: {wrong or 'nothing'}", file=sys.stderr)
        under_way.complete()
        while sum(each.get("reads", 0) for each in latest) < reads and time.monotonic() < ends_at:
            time.sleep(0.2)
            _hear(pipes, latest)
        for pipe in pipes:
            pipe.send("stop")
        for reader in readers:
            reader.join(60)
        _hear(pipes, latest)
    finally:
        for reader in readers:
            reader.kill()
    for each in latest:
        under_way.counts.update(each)
    return under_way


def _hear(pipes: list[Any], latest: list[dict[str, int]]) -> None:
    """Take the newest counts of each reader."""
    for place, pipe in enumerate(pipes):
        with suppress(EOFError):
            while pipe.poll():
                latest[place] = pipe.recv()


def report(done: Soak, reads: int) -> bool:
    """Print the table; returns whether all is well, and as much was done as was asked for."""
    table = Table("what", "count", title="Soak")
    for kind, count in sorted(done.killed.items()):
        table.add_row(f"killed: {kind}", f"{count:,}")
    table.add_row("killed in all", f"{done.killed.total():,}", end_section=True)
    table.add_row("rounds", f"{done.number:,}")
    table.add_row("reads", f"{done.counts['reads']:,}", end_section=True)
    for name in WRONG:
        table.add_row(name, f"{done.counts[name]:,}")
    console = Console()
    console.print(table)
    for line in done.said[:20]:
        console.print(line)
    is_all = done.killed.total() >= done.kills and done.counts["reads"] >= reads
    if not is_all:
        console.print(f"ended early: {done.kills:,} kills and {reads:,} reads were asked for")
    return is_all and not any(done.counts[name] for name in WRONG)


def main() -> int:
    """Options, the soak in a folder of its own, the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=205)
    parser.add_argument("--reads", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=240, help="end after so many, done or not")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a finished build to begin from, which is copied; else one is made")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledger-soak-") as folder:
        done = soak(Path(folder), given.kills, given.reads, given.seed, given.minutes, given.home)
        return int(not report(done, given.reads))


if __name__ == "__main__":
    sys.exit(main())
