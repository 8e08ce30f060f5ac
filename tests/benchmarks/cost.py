"""What a process tree costs: CPU seconds, wall seconds, and the memory of its largest process.

Machines are shared, so wall time says little: what is compared is CPU time of a child and of all that it started, on a
warm cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROCESS = "the process"

LAUNCHER = """
import json, os, sys
os.set_inheritable(int(sys.argv[1]), False)
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
told = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""
"""Starts a command and tells its exit status and costs. The kernel counts the memory of what starts a process as that of
the process: the launcher is small."""


@dataclass(frozen=True)
class Cost:
    """What something cost; ``amount`` is for what is not a cost, such as bytes."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    amount: float = 0.0


Costs = dict[str, Cost]
"""Costs by name."""


class BenchmarkError(Exception):
    """A measured command failed; what it said."""


def python(module: str, *arguments: object) -> list[str]:
    """A command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def code(text: str, *arguments: object) -> list[str]:
    """A command that runs a text with this interpreter."""
    return [sys.executable, "-c", text, *map(str, arguments)]


def ledger(*arguments: str) -> list[str]:
    """A command of the product."""
    return python("pipelines", *arguments)


def environment(home: Path | None, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a measured process: no settings but those that are given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DAGSTER_"))}
    return {**kept, **({"LEDGER_HOME": str(home)} if home else {}), **(variables or {})}


def run(
    command: Sequence[str],
    home: Path | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    allowed: Sequence[int] = (0,),
) -> tuple[Cost, str]:
    """Run a command to its end; returns the cost of its tree, and what it printed. Raises BenchmarkError."""
    started = time.perf_counter()
    told, teller = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, str(teller), *command],
        cwd=ROOT, env=environment(home, variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        pass_fds=[teller],
    )  # fmt: skip
    os.close(teller)
    printed, _ = process.communicate()
    wall_s = time.perf_counter() - started
    with os.fdopen(told, encoding="utf-8") as telling:
        text = telling.read()
    if not text:
        raise BenchmarkError(f"{command[0]} could not be started:\n{printed[-3000:]}")
    status, cpu_s, peak_kb = json.loads(text)
    if status not in allowed:
        raise BenchmarkError(f"{' '.join(command)} ended with {status}:\n{printed[-3000:]}")
    return Cost(cpu_s, wall_s, peak_kb / (1000 if sys.platform == "darwin" else 1) / 1024), printed


def cheapest(of: Callable[[], Cost], times: int = 3) -> Cost:
    """The cheapest of several runs."""
    return min((of() for _ in range(times)), key=lambda cost: cost.cpu_s)


def reported(command: Sequence[str], home: Path | None = None, variables: Mapping[str, str] | None = None) -> Costs:
    """The costs that a process measured itself and printed, as ``report`` does, and its own as ``PROCESS``."""
    own, printed = run(command, home, variables)
    return {PROCESS: own, **{name: Cost(**each) for name, each in json.loads(printed.splitlines()[-1]).items()}}


def report(costs: Costs) -> None:
    """Print the costs that this process measured itself, for ``reported``."""
    print(json.dumps({name: asdict(cost) for name, cost in costs.items()}))


def peak_mb() -> float:
    """The most memory that this process had, without that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def within(work: Callable[[], object], times: int = 1) -> Cost:
    """What a piece of work costs within this process, imports aside: the cheapest of several times."""

    def once() -> Cost:
        began = time.perf_counter(), time.process_time()
        work()
        return Cost(time.process_time() - began[1], time.perf_counter() - began[0], peak_mb())

    return cheapest(once, times)
