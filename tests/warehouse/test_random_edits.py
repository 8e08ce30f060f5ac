"""However curated files, models, formulas and snapshots are edited in turn: builds of what changed equal one of everything."""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.warehouse.publish import published_build
from tests.conftest import copied_project

Edit = Callable[[Path, random.Random], None]


def scale_price(name: str, column: str) -> Edit:
    """An edit of one number of a curated file."""

    def edit(project: Path, chance: random.Random) -> None:
        path = project / "seeds" / "prices" / name
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        row = chance.choice(rows)
        row[header.index(column)] = f"{float(row[header.index(column)]) * chance.uniform(0.9, 1.1):.4g}"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])

    return edit


def add_note(project: Path, chance: random.Random) -> None:
    """An edit that changes no figure."""
    path = project / "seeds" / "models" / "models.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    chance.choice(rows)[header.index("note")] = f"Note {chance.random()}."
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def replace_text(name: str, old: str, new: str) -> Edit:
    """An edit of code, there and back."""

    def edit(project: Path, _chance: random.Random) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text or new in text, (name, old)
        path.write_text(text.replace(old, new, 1) if old in text else text.replace(new, old, 1), encoding="utf-8")

    return edit


EDITS: tuple[Edit, ...] = (
    scale_price("cloud_prices.csv", "price_usd_per_chip_hour"),
    scale_price("purchase_prices.csv", "price_usd"),
    add_note,
    replace_text("sql/core/prices/on_demand_prices.sql", "p.method = 'observed'", "p.method <> 'moved'"),
    replace_text("sql/macros/training.sql", "training_tokens), 6)", "training_tokens), 6.0)"),
    replace_text("pipelines/warehouse/models/trend_fit.py", "MIN_ROWS = 5", "MIN_ROWS = 6"),
    replace_text("reports/sheets/base.html", "</body>", "<!-- end --></body>"),
)


def ledger(project: Path, home: Path, *arguments: str, mirror: Path | None = None) -> None:
    """Run a command of the edited project."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    more = {"LEDGER_MIRROR": str(mirror)} if mirror else {}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "--home", str(home), *arguments],
        env={**kept, **more, "PYTHONPATH": str(project)}, cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_builds_of_what_changed_equal_one_of_everything(
    built: Settings, small_mirror: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    project, home, anew = copied_project(tmp_path / "project"), tmp_path / "home", tmp_path / "anew"
    shutil.copytree(built.home, home, symlinks=True)
    for number, edit in enumerate(chance.sample(EDITS, 4)):
        edit(project, chance)
        if number == 1:
            ledger(project, home, "fetch", mirror=small_mirror)
        ledger(project, home, "build")
    shutil.copytree(home / "raw", anew / "raw")
    ledger(project, anew, "build")
    assert (
        published_build(Settings(home=home, site=home))["data_version"]
        == (published_build(Settings(home=anew, site=anew))["data_version"])
    )
    manifests = [json.loads((each / "site" / "manifest.json").read_bytes()) for each in (home, anew)]
    assert manifests[0]["files"] == manifests[1]["files"]
