"""What Dagster costs an asset: a chain of small assets bare, in one process, and by the default executor."""

from __future__ import annotations

from tests.benchmarks.cost import Cost, Costs, python, reported
from tests.benchmarks.figures import Area, Bench, Figure

MODULE = "tests.benchmarks.measured.chained_assets"
COUNTS = {"bare": 100, "in-process": 100, "multiprocess": 8}
"""Assets of the chain; the default executor starts a process for each."""


def measure(bench: Bench) -> Costs:
    """Costs an asset, each way in a process and with a history of its own."""
    found: Costs = {}
    for way, count in COUNTS.items():
        home = bench.home(f"chain-{way}")
        home.mkdir()
        spent = reported(python(MODULE, way, home, count))[way]
        found[way] = Cost(spent.cpu_s / count, spent.wall_s / count, spent.peak_mb)
    found |= reported(python("tests.benchmarks.measured.one_asset_from_ui", bench.home("ui")))
    beyond = found["in-process"].cpu_s - found["bare"].cpu_s
    return {**found, "beyond": Cost(beyond), "default executor": found["multiprocess"]}


AREA = Area(
    "chain",
    "Orchestration: a chain of 100 assets, each one statement and one check",
    measure,
    (
        Figure("one asset in one process, with history", "in-process", "CPU ms", floor="bare", peer="default executor"),
        Figure("one asset beyond the same SQL", "beyond", "CPU ms", target=100),
        Figure("one asset materialized from the UI, until it succeeded", "one asset", "wall s", target=3,
               short="a run is a process that loads Dagster and all definitions first; wall time counts the load of the machine"),
        Figure("the same, all processes of the UI", "one asset"),
    ),
    "*Bare* runs the same statements on one connection; the *default executor* of Dagster starts a process for each step "
    "(measured on 8 assets).",
)  # fmt: skip
