"""A figure of the table: what is measured, its target, its floor, and what people would use instead.

Cases are data: an area names the costs that it measures, and its figures are read from them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cost import Cost, Costs, ledger, run

AMOUNTS: dict[str, Callable[[Cost], float]] = {
    "CPU s": lambda cost: cost.cpu_s,
    "CPU ms": lambda cost: 1000 * cost.cpu_s,
    "wall s": lambda cost: cost.wall_s,
    "MB memory": lambda cost: cost.peak_mb,
    "MB": lambda cost: cost.amount / 1e6,
    "%": lambda cost: 100 * cost.amount,
    "×": lambda cost: cost.amount,
    "steps": lambda cost: cost.amount,
}
"""Units of figures, and what of a cost each reads."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``of``, ``floor`` and ``peer`` are names of costs."""

    what: str
    of: str
    unit: str = "CPU s"
    target: float | None = None
    floor: str | None = None
    peer: str | None = None
    at_least: bool = False
    """Whether the target is the least that is wanted, not the most."""
    short: str = ""
    """Why it is short of its target, where it is."""

    def measured(self, costs: Costs) -> Measured | None:
        """What a run measured of it; None where it did not measure it."""
        if (cost := costs.get(self.of)) is None:
            return None
        read = AMOUNTS[self.unit]
        value = read(cost)
        floor, peer = (read(costs[name]) if name in costs else None for name in (self.floor, self.peer))
        return Measured(value, cost.peak_mb or None, _ratio(value, floor), _ratio(peer, value))

    def is_met(self, measured: Measured) -> bool:
        """Whether it is within its target; true where there is none."""
        if self.target is None:
            return True
        return measured.value >= self.target if self.at_least else measured.value <= self.target


@dataclass(frozen=True)
class Measured:
    """A figure as one run measured it."""

    value: float
    peak_mb: float | None
    times_floor: float | None
    """How many times its floor it is."""
    peer_times: float | None
    """How many times as much the peer takes."""


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


@dataclass(frozen=True)
class Bench:
    """What areas measure with."""

    folder: Path
    """Takes what they write; it is removed afterwards."""
    is_whole: bool
    """Whether the largest sizes are asked for."""
    mirror: str | None
    """Folder that stands for the network."""
    warm: Path | None = None
    """A built home to copy, in place of building one."""

    def home(self, name: str) -> Path:
        """A folder for state of the product."""
        return self.folder / name

    def built(self) -> Path:
        """A home with a build without network; made once."""
        home = self.home("built")
        if not home.exists() and self.warm is not None:
            shutil.copytree(self.warm, home, symlinks=True)
        if not home.exists():
            run(ledger("build"), home)
        return home


@dataclass(frozen=True)
class Area:
    """Figures that are measured together."""

    name: str
    title: str
    measure: Callable[[Bench], Costs]
    figures: tuple[Figure, ...]
    about: str = ""
    """What a reader has to know: what the floors and peers are."""
    is_long: bool = False
    """Whether only ``make bench ALL=1`` measures it."""
