"""What tests of own runs share: taking files in, and the energy of each device, by the real store and the real SQL."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.settings import SQL, Settings
from pipelines.telemetry.taking_in import Outcome, find_files, take_in
from pipelines.warehouse.file import read_rows
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.own_runs import TABLES, store
from pipelines.warehouse.recipes import sql_models

Energies = dict[str, dict[str, Any]]
"""Device -> its row of core.telemetry_devices."""

DEVICES = "core.telemetry_devices"

GPT2 = json.dumps(
    {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257}
)
"""The configuration of GPT-2, 124,439,808 parameters."""


class Home:
    """A home of its own, with what was taken in."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "home", site=folder / "site")
        self.folder = folder
        self.landed = store(self.settings)

    def deliver(self, name: str, data: bytes, *, run: str = "r", zone: str | None = "UTC") -> Outcome:
        """Take a file of these bytes in."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return take_in(self.landed, find_files(path), run=run, zone=zone)[0]

    def deliver_files(self, paths: list[Path], run: str = "r") -> list[str]:
        """Take files in; returns what became of each."""
        return [outcome.status for path in paths for outcome in take_in(self.landed, find_files(path), run=run)]

    def devices(self, run: str = "r") -> Energies:
        """The energy of each device of a run, by the SQL of the warehouse, whose checks hold."""
        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            connection.execute((SQL / "macros" / "telemetry.sql").read_text())
            for own in TABLES.values():
                own.load(connection, self.settings)
            model = sql_models()[DEVICES]
            types = run_model(connection, model)
            assert [check for check in run_checks(connection, model, dict(types)) if check.failing_count] == []
            rows = read_rows(connection, f"select * from {DEVICES} where run_id = ? order by device_id", [run])
        return {row["device_id"]: row for row in rows}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path)


@pytest.fixture
def new_home(tmp_path: Path) -> Callable[[str], Home]:
    """More empty homes, by name."""
    return lambda name: Home(tmp_path / name)
