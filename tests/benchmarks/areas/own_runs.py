"""What integrating samples of power costs, at two sizes."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks.cost import PROCESS, Cost, Costs, cheapest, python, reported, run
from tests.benchmarks.figures import Area, Bench, Figure

MODULE = "tests.benchmarks.measured.integrating"
FEW, MANY = 10_000_000, 100_000_000


def _size(rows: int) -> str:
    return f"at {rows // 1_000_000} M"


def _way(way: str, folder: Path) -> Cost:
    """One way in a process of its own, on a warm cache: the cheaper of two runs."""
    return cheapest(lambda: reported(python(MODULE, way, folder))[way], 2)


def _increment(folder: Path) -> Cost:
    """Integrating the hundredth part of the files, which a build does when they are new."""
    part = folder.with_name(f"{folder.name}-new")
    part.mkdir()
    files = sorted(folder.glob("*.parquet"))
    for file in files[: max(1, len(files) // 100)]:
        (part / file.name).symlink_to(file)
    return _way("own runs", part)


def _at(bench: Bench, rows: int, ways: tuple[str, ...]) -> Costs:
    folder = bench.folder / f"samples-{rows}"
    run(python(MODULE, "make", folder, rows))
    found = {f"{way} {_size(rows)}": _way(way, folder) for way in ways}
    own, floor = found[f"own runs {_size(rows)}"], found[f"scan floor {_size(rows)}"]
    new = found[f"new {_size(rows)}"] = _increment(folder)
    found[f"times scan {_size(rows)}"] = Cost(amount=own.cpu_s / floor.cpu_s)
    found[f"beyond the share {_size(rows)}"] = Cost(max(0.0, new.cpu_s - 0.015 * own.cpu_s))
    shutil.rmtree(folder)
    return found


def measure(bench: Bench) -> Costs:
    """Ten million samples all ways; with all sizes, a hundred million ours and the floor."""
    found = _at(bench, FEW, ("scan floor", "own runs", "window SQL", "pandas"))
    own = found[f"own runs {_size(FEW)}"].cpu_s
    for peer in ("window SQL", "pandas"):
        found[f"{peer} takes"] = Cost(amount=found[f"{peer} {_size(FEW)}"].cpu_s / own)
    if bench.is_whole:
        found |= _at(bench, MANY, ("scan floor", "own runs"))
        found["growth"] = Cost(amount=found[f"own runs {_size(MANY)}"].cpu_s / own)
    found.pop(PROCESS, None)
    return found


def _figures(rows: int) -> tuple[Figure, ...]:
    name, said = _size(rows), f"{rows:,} samples"
    return (
        Figure(f"{said}, full pass", f"own runs {name}", floor=f"scan floor {name}", peer=f"pandas {name}"),
        Figure(f"{said}, times the scan floor", f"times scan {name}", "×", target=2.5),
        Figure(f"{said}, memory", f"own runs {name}", "MB memory", target=300, peer=f"pandas {name}"),
        Figure(f"{said}, 1 % new files, beyond 1.5 % of a full pass", f"beyond the share {name}", target=0.2),
    )


AREA = Area(
    "own-runs",
    "Samples of own runs",
    measure,
    (
        *_figures(FEW),
        Figure("a window over all rows takes", "window SQL takes", "×", target=2, at_least=True),
        Figure("pandas takes", "pandas takes", "×", target=4, at_least=True),
        *_figures(MANY),
        Figure("ten times the samples cost", "growth", "×", target=11),
    ),
    "Two threads. *scan floor* is DuckDB reading the same columns; the window is the SQL that people write first.",
)
