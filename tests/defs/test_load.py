"""What a newcomer adds wrongly is refused when the definitions load, before any step runs: file, fault, remedy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import ROOT

CONNECTOR = '''"""A publisher's prices."""

from pydantic import Field

from pipelines.records.raw_tables import RawNumber, RawRow, remote_csv


class NewPrices(RawRow):
    """One row per price."""

    table = "new_prices"
    source_id = "epoch_models"
    key = ("item",)
    item: str = Field(description="What is sold.")
    price_usd: RawNumber = Field(description="Its price, dollars.")


FILES = (remote_csv(NewPrices, "https://example.org/new_prices.csv"),)
'''

CHART = '''"""How many models there are."""

import altair as alt
import polars as pl

from pipelines.site.charts.registry import Built, Column, Panel, chart


@chart(
    "model-count",
    number=99,
    section="compute",
    name="Models",
    kicker="How many models are there?",
    subtitle="Models of the ledger.",
    query="select count(*) as models from core.models",
    source="Compute Ledger",
    notes=(),
    table=(Column("models", "Models"),),
)
def draw(frame: pl.DataFrame) -> Built:
    """A bar."""
    bar = alt.layer(alt.Chart(alt.NamedData("rows")).mark_bar().encode(x="models:Q"))
    return Built((Panel(bar),), "Models", "A bar.", {}, frame)
'''

CHARTS = "pipelines/site/charts"
PRICES = "pipelines/sources/prices/new_prices.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with a copy of its code, compiled code too, to add to."""
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    for name in ("sql", "seeds", "reports"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def load(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the copied project; as a whole it needs no build."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, *command],
        env={**kept, "PYTHONPATH": str(project), "LEDGER_HOME": str(project / "home")},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


SECOND = "pipelines/sources/prices/second_prices.py"
THIRD = "pipelines/sources/prices/third_prices.py"

CONNECTOR_FAULTS = {
    PRICES: (
        CONNECTOR.replace("epoch_models", "epoch_modles"),
        "NewPrices.source_id: 'epoch_modles' is not in seeds/SOURCES.toml. Did you mean epoch_models",
    ),
    SECOND: (
        CONNECTOR.replace("new_prices", "second_prices").replace("price_usd", "price"),
        "NewPrices.price: the name ends in no unit that pipelines/records/units.py lists. End it in its unit,",
    ),
    THIRD: (
        CONNECTOR.replace("new_prices", "model_prices"),
        "NewPrices.table: raw.model_prices is made by pipelines.sources.prices.model_prices_data.ModelPrices already.",
    ),
}
CHART_FAULTS = {
    f"{CHARTS}/model_count.py": (
        CHART.replace("compute", "compuet"),
        "chart model-count: section 'compuet': expected one of",
    ),
    f"{CHARTS}/model_count_again.py": (
        CHART.replace("99", "98"),
        f"chart model-count: {CHARTS}/model_count.py has a chart of this id already. Choose another id.",
    ),
    f"{CHARTS}/zoo.py": (
        CHART.replace("model-count", "zoo").replace("99", "1"),
        f"chart zoo: number 1 is that of training-compute ({CHARTS}/training_compute.py). Choose another; 100 is free.",
    ),
}


@pytest.mark.parametrize("faults", [CONNECTOR_FAULTS, CHART_FAULTS], ids=["connectors", "charts"])
def test_wrong_additions_are_refused_together_before_any_step(
    faults: dict[str, tuple[str, str]], project: Path
) -> None:
    for name, (text, _) in faults.items():
        (project / name).write_text(text, encoding="utf-8")
    done = load(project, "-m", "pipelines", "build")
    lines = done.stderr.removeprefix("ledger: ").splitlines()
    assert len(lines) == len(faults), done.stderr
    assert [line for line, (name, (_, told)) in zip(lines, faults.items(), strict=True)
            if not line.startswith(f"{name}: {told}")] == []  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")


def test_fetching_refuses_a_connector_of_an_unknown_source(project: Path) -> None:
    (project / PRICES).write_text(CONNECTOR.replace("epoch_models", "hearsay"), encoding="utf-8")
    done = load(project, "-m", "pipelines", "fetch", "epoch_models")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ledger: {PRICES}: NewPrices.source_id: 'hearsay' is not in seeds/SOURCES.toml.")


def test_a_right_connector_and_a_right_chart_are_assets_without_more(project: Path) -> None:
    (project / PRICES).write_text(CONNECTOR, encoding="utf-8")
    (project / CHARTS / "model_count.py").write_text(CHART, encoding="utf-8")
    keys = "sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())"
    done = load(project, "-c", f"from pipelines.definitions import defs; print(*{keys}, sep='\\n')")
    assert done.returncode == 0, done.stderr
    assert {"raw/new_prices", "reports/model_count"} <= set(done.stdout.split())
