"""Names of accelerators: what drivers print and every curated alias find their own card; a mistyped name finds the card meant."""

import csv
from collections.abc import Iterator

import duckdb
import pytest

from pipelines.answers.given import find_accelerator
from pipelines.answers.training_estimate import open_whatif
from pipelines.errors import UsageError
from pipelines.settings import ROOT, Settings
from tests.conftest import run_ledger

PRINTED_BY_DRIVERS = {
    "NVIDIA H100 80GB HBM3": "h100-sxm",
    "Tesla T4": "t4",
    "NVIDIA GeForce RTX 4090": "rtx-4090",
    "H100": "h100-sxm",
    "NVIDIA A100-SXM4-80GB": "a100-sxm-80gb",
    "NVIDIA A100 80GB PCIe": "a100-pcie-80gb",
    "Tesla K80": "k80",
    "AMD Instinct MI300X OAM": "mi300x",
    "NVIDIA GH200 480GB": "gh200",
    "NVIDIA B300 SXM6 AC": "b300-sxm",
    "Tesla V100-SXM2-32GB": "v100-sxm-32gb",
    "NVIDIA GeForce RTX 5090": "rtx-5090",
    "Apple M2 Ultra": "apple-m2-ultra",
}
"""What nvidia-smi, rocm-smi and the like print -> the card."""


@pytest.fixture(scope="module")
def room(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory beside a build that fetched nothing."""
    with open_whatif(built) as connection:
        yield connection


@pytest.mark.parametrize(("text", "accelerator_id"), PRINTED_BY_DRIVERS.items(), ids=list(PRINTED_BY_DRIVERS))
def test_what_drivers_print_is_known(text: str, accelerator_id: str, room: duckdb.DuckDBPyConnection) -> None:
    assert find_accelerator(room, text)["accelerator_id"] == accelerator_id


def test_every_alias_finds_its_own_accelerator(room: duckdb.DuckDBPyConnection) -> None:
    with (ROOT / "seeds/hardware/accelerator_aliases.csv").open(encoding="utf-8", newline="") as file:
        aliases = {row["alias"]: row["accelerator_id"] for row in csv.DictReader(file)}
    assert len(aliases) > 250
    assert {alias: find_accelerator(room, alias)["accelerator_id"] for alias in aliases} == aliases


def test_every_accelerator_is_found_by_its_name(room: duckdb.DuckDBPyConnection) -> None:
    rows = room.execute("select accelerator_name, accelerator_id from ledger.core.accelerators").fetchall()
    assert len(rows) > 250
    assert {name: find_accelerator(room, name)["accelerator_id"] for name, _ in rows} == dict(rows)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("NVIDIA H100 96GB HBM3", "h100-"),
        ("RTX 4090 D", "rtx-4090"),
        ("Tesla K80 24GB", "k80"),
        ("A100-SXM4-40G", "a100-sxm-40gb"),
        ("AMD Instinct MI300X VF", "mi300x"),
        ("h100-smx", "h100-sxm"),
        ("rasberry-pi-5-8gb", "raspberry-pi-5-8gb"),
        ("GeForce 3090 24GB", "rtx-3090"),
    ],
)
def test_the_card_meant_is_suggested_first(text: str, meant: str, room: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=rf"is not a known accelerator\. Did you mean {meant}"):
        find_accelerator(room, text)


def test_the_command_takes_what_a_driver_prints(built: Settings) -> None:
    done = run_ledger("estimate", "--accelerator", "NVIDIA H100 80GB HBM3", "--flop", "1e22", home=built.home)
    assert done.returncode == 0, done.stderr
