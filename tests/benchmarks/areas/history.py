"""How the run history grows with builds that each change a price."""

from __future__ import annotations

import shutil

from tests.benchmarks.areas.builds import changed_price, folder_bytes
from tests.benchmarks.cost import ROOT, Cost, Costs, ledger, run
from tests.benchmarks.figures import Area, Bench, Figure

BUILDS = 5


def measure(bench: Bench) -> Costs:
    """Bytes of the history after each build."""
    home, seeds = bench.home("history"), bench.folder / "history-seeds"
    shutil.copytree(bench.built(), home, symlinks=True)
    shutil.copytree(ROOT / "seeds", seeds)
    sizes, spent = [folder_bytes(home / "dagster")], []
    for _ in range(BUILDS):
        changed_price(seeds)
        spent.append(run(ledger("build"), home, {"LEDGER_SEEDS": str(seeds)})[0])
        sizes.append(folder_bytes(home / "dagster"))
    shutil.rmtree(home)
    return {
        "builds": Cost(sum(cost.cpu_s for cost in spent) / BUILDS, peak_mb=max(cost.peak_mb for cost in spent)),
        "a build": Cost(amount=(sizes[-1] - sizes[0]) / BUILDS),
        "history": Cost(amount=sizes[-1]),
    }


AREA = Area(
    "history",
    "Run history",
    measure,
    (
        Figure("a build after one changed price, mean of 5", "builds"),
        Figure("history that such a build adds", "a build", "MB"),
        Figure("history after 5 more builds", "history", "MB", target=60),
    ),
    "The history is pruned to 30 runs, 90 days and 45 MB, whichever is less: 60 MB is what it may be after any number of builds.",
    is_long=True,
)
