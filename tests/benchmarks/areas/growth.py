"""How the cost of all tables grows with the curated rows: models, accelerators and benchmark rows 1, 10 and 100 times."""

from __future__ import annotations

import shutil

from tests.benchmarks.cost import PROCESS, Cost, Costs, python, reported, run
from tests.benchmarks.figures import Area, Bench, Figure

SIZES = {1: "2GB", 10: "2GB", 100: "12GB"}
"""How many times the curated rows, and the memory that DuckDB may take."""
ALL = "all steps"
LEAST_S = 1.0
"""Steps that cost less than this are not looked at."""
STEEP = 1.5
"""Times as much as its rows grew that a step may cost before it is named."""


def _built(bench: Bench, times: int) -> Costs:
    """What each table costs at one size."""
    seeds, home = bench.folder / f"seeds-{times}", bench.home(f"grown-{times}")
    run(python("tests.benchmarks.measured.synthetic_seeds", seeds, times))
    variables = {"LEDGER_SEEDS": str(seeds), "LEDGER_MEMORY_LIMIT": SIZES[times]}
    found = reported(python("tests.benchmarks.measured.bare", home, "tables"), variables=variables)
    del found[PROCESS], found["copy, read back, hash"]
    found[ALL] = total(found)
    found["file"] = Cost(amount=(home / "warehouse.duckdb").resolve().stat().st_size)
    shutil.rmtree(home)
    return found


def total(steps: Costs) -> Cost:
    """What all steps cost together; the memory is the most that any had."""
    return Cost(
        sum(step.cpu_s for step in steps.values()),
        sum(step.wall_s for step in steps.values()),
        max(step.peak_mb for step in steps.values()),
    )


def steepness(small: Costs, large: Costs, times: int) -> Costs:
    """Steps whose cost grew more than their rows did, or than the curated rows: how many times as much."""
    found: Costs = {}
    for name, cost in large.items():
        before = small.get(name)
        if before is None or name == ALL or cost.cpu_s < LEAST_S:
            continue
        rows = cost.amount / before.amount if before.amount else 0
        growth = cost.cpu_s / max(before.cpu_s, 0.01) / max(rows, times)
        if growth > STEEP:
            found[f"steep: {name}"] = Cost(cost.cpu_s, amount=growth)
    return found


def measure(bench: Bench) -> Costs:
    """One size after the other; the largest only where all sizes are asked for."""
    sizes = SIZES if bench.is_whole else [*SIZES][:-1]
    return compared({times: _built(bench, times) for times in sizes})


def compared(by_size: dict[int, Costs]) -> Costs:
    """What the table shows of each size, and the steps that grow more than their rows."""
    first = by_size[1]
    found: Costs = {}
    for times, costs in by_size.items():
        found |= {
            f"{times} ×": costs[ALL],
            f"{times} ×, file": costs["file"],
            f"{times} ×, publishing": costs["finish"],
        }
        if times > 1:
            steep = steepness(first, costs, times)
            found[f"{times} ×, growth"] = Cost(amount=costs[ALL].cpu_s / first[ALL].cpu_s)
            found[f"{times} ×, steep steps"] = Cost(amount=len(steep))
            found |= {f"{times} ×, {name}": cost for name, cost in steep.items()}
    return found


def _figures(times: int) -> tuple[Figure, ...]:
    return (
        Figure(f"all tables at {times} ×", f"{times} ×", floor="1 ×" if times > 1 else None),
        Figure(f"{times} ×: times the cost", f"{times} ×, growth", "×", target=times),
        Figure(
            f"{times} ×: steps that cost more than in proportion",
            f"{times} ×, steep steps",
            "steps",
            target=0,
            short="core.serving_fit fits once more without each accelerator and each model, and the copies add accelerators",
        ),
        Figure(f"{times} ×: memory", f"{times} ×", "MB memory", target=24_000),
        Figure(f"{times} ×: published file", f"{times} ×, file", "MB"),
    )


AREA = Area(
    "growth",
    "Growth",
    measure,
    tuple(figure for times in SIZES for figure in _figures(times)),
    "All tables, checked and published without Dagster and without pages. Models, training runs with their published figures, "
    "accelerators with their peaks, benchmark results and energy measurements are copied under other names; shapes of models and "
    "prices are not. A step costs more than in proportion where its CPU time grew 1.5 times as much as its rows, or as the "
    "curated rows if these grew more.",
    is_long=True,
)
