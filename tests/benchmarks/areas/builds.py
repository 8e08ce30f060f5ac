"""What a build costs: from nothing, forced, after one changed price, without Dagster, and what of it is publishing."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks.cost import PROCESS, ROOT, Cost, Costs, cheapest, code, ledger, python, reported, run
from tests.benchmarks.figures import Area, Bench, Figure

PRICES = "prices/cloud_prices.csv"
LOADING = "import pipelines.definitions"
COUNT = "from pipelines.definitions import defs; print(len(list(defs.resolve_asset_graph().get_all_asset_keys())))"


def changed_price(seeds: Path) -> None:
    """Raise the last price of the curated file by a cent."""
    path = seeds / PRICES
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = next(iter(lines)).strip().split(",")
    cells = lines[-1].split(",")
    place = next(n for n, name in enumerate(header) if name.startswith("price_usd"))
    cells[place] = f"{float(cells[place]) + 0.01:g}"
    path.write_text("".join([*lines[:-1], ",".join(cells)]), encoding="utf-8")


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _offline(bench: Bench) -> Costs:
    """Builds of a fresh home without network, one after the other."""
    home, seeds = bench.home("first"), bench.folder / "seeds"
    shutil.copytree(ROOT / "seeds", seeds)
    changed = {"LEDGER_SEEDS": str(seeds)}
    found = {"first build": run(ledger("build"), home, changed)[0]}
    found["history of a build"] = Cost(amount=folder_bytes(home / "dagster"))
    found["published file"] = Cost(amount=(home / "warehouse.duckdb").resolve().stat().st_size)
    changed_price(seeds)
    found["one changed price"] = run(ledger("build"), home, changed)[0]
    moved = home.rename(bench.home("moved"))
    found["moved home"] = run(ledger("build"), moved, changed)[0]
    found["full build"] = run(ledger("build", "--force"), moved, changed)[0]
    shutil.rmtree(moved)
    return found


def _share(part: Cost, whole: Cost) -> Cost:
    return Cost(part.cpu_s, part.wall_s, part.peak_mb, part.cpu_s / whole.cpu_s)


def _mirrored(bench: Bench) -> Costs:
    """Fetching all sources from a mirror and the first build of them."""
    if bench.mirror is None:
        return {}
    home, mirror = bench.home("mirrored"), {"LEDGER_MIRROR": str(Path(bench.mirror).resolve())}
    found = {"fetch": run(ledger("fetch"), home, mirror)[0]}
    found["first build, mirror"] = run(ledger("build"), home, mirror)[0]
    found["published file, mirror"] = Cost(amount=(home / "warehouse.duckdb").resolve().stat().st_size)
    shutil.rmtree(home)
    return found


def measure(bench: Bench) -> Costs:
    """Every build once: each takes most of a minute."""
    found = _offline(bench)
    bare_home = bench.home("bare")
    parts = reported(python("tests.benchmarks.measured.bare", bare_home))
    bare = parts[PROCESS]
    shutil.rmtree(bare_home)
    assets = int(run(code(COUNT))[1].split()[-1])
    loading = cheapest(lambda: run(code(LOADING))[0], 2)
    beyond = found["full build"].cpu_s - bare.cpu_s
    return {
        **found,
        **_mirrored(bench),
        **parts,
        "the same without Dagster": bare,
        "loading": loading,
        "Dagster per asset": Cost(beyond / assets),
        "Dagster per asset without loading": Cost((beyond - loading.cpu_s) / assets),
        "share of one changed price": _share(found["one changed price"], found["full build"]),
        "share of publishing": _share(parts["finish"], found["full build"]),
        "publishing": parts["finish"],
    }


AREA = Area(
    "builds",
    "Builds",
    measure,
    (
        Figure("first build of a fresh clone, pages included", "first build", target=40, floor="the same without Dagster",
               short="the largest tables are core.inference_estimates (5 CPU s) and core.trend_fits (3); 250 others take little"),
        Figure("its memory", "first build", "MB memory", target=600, floor="the same without Dagster",
               short="DuckDB fills what LEDGER_MEMORY_LIMIT allows, 2 GB unless set; Python and its libraries hold 600 MB"),
        Figure("full build (`--force`)", "full build", floor="the same without Dagster"),
        Figure("one changed price", "one changed price", floor="loading"),
        Figure("one changed price, share of a full build", "share of one changed price", "%", target=25,
               short="loading the definitions is a fifth; 60 tables and 28 pages do change; 120 steps write 1,140 events"),
        Figure("build after the home moved", "moved home", target=2),
        Figure("Dagster per asset beyond the bare work", "Dagster per asset", "CPU ms", target=50),
        Figure("the same, loading Dagster aside", "Dagster per asset without loading", "CPU ms", target=50),
        Figure("publishing", "publishing", floor="copy, read back, hash"),
        Figure("publishing, share of a full build", "share of publishing", "%", target=5),
        Figure("published file, offline", "published file", "MB", target=150),
        Figure("run history after the first build", "history of a build", "MB"),
        Figure("fetch of all sources from a mirror", "fetch"),
        Figure("first build from the mirror", "first build, mirror", target=60, floor="the same without Dagster"),
        Figure("its memory, mirror", "first build, mirror", "MB memory", target=600),
        Figure("published file, mirror", "published file, mirror", "MB"),
    ),
    "*The same without Dagster* makes, checks and publishes the same tables and pages in one process. *Loading* is importing "
    "the definitions. Publishing is all that follows the last table: `meta.*`, the changes since the build before, and the "
    "published file; its floor copies that file, reads every table and hashes the bytes.",
)  # fmt: skip
