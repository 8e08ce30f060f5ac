"""A digest that SOURCES.toml pins for an address: other bytes are held, with what is different, until somebody accepts them."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import LedgerError
from pipelines.seeds.sources_toml import read_sources
from pipelines.settings import SEEDS
from tests.conftest import run_ledger

FOLDER = Path("raw.githubusercontent.com/mlco2/codecarbon/master/codecarbon/data")
REGIONS = FOLDER / "cloud" / "impact.csv"
Pinned = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def mirror(tmp_path: Path, small_mirror: Path) -> Path:
    """A mirror of codecarbon_grid alone."""
    shutil.copytree(small_mirror / FOLDER, tmp_path / "mirror" / FOLDER)
    return tmp_path / "mirror"


@pytest.fixture
def fetch_pinned(tmp_path: Path, mirror: Path) -> Pinned:
    """``ledger fetch codecarbon_grid`` where the regions are pinned to this digest."""

    def run(pin: str, *options: str) -> subprocess.CompletedProcess[str]:
        seeds = tmp_path / "seeds"
        if not seeds.exists():
            shutil.copytree(SEEDS, seeds)
        text = (SEEDS / "SOURCES.toml").read_text(encoding="utf-8")
        entry = f'[codecarbon_grid]\npins = {{ "https://{REGIONS.as_posix()}" = "{pin}" }}\n'
        (seeds / "SOURCES.toml").write_text(text.replace("[codecarbon_grid]\n", entry, 1), encoding="utf-8")
        variables = {"LEDGER_MIRROR": str(mirror), "LEDGER_SEEDS": str(seeds)}
        return run_ledger("fetch", "codecarbon_grid", *options, home=tmp_path / "home", **variables)

    return run


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_other_bytes_are_held_with_the_difference_until_they_are_accepted(mirror: Path, fetch_pinned: Pinned) -> None:
    pin = digest(mirror / REGIONS)
    assert fetch_pinned(pin).returncode == 0

    changed = (mirror / REGIONS).read_bytes().replace(b",251,", b",252,", 1)
    (mirror / REGIONS).write_bytes(changed)
    held = fetch_pinned(pin)
    assert held.returncode == 1
    assert (
        "codecarbon_grid impact.csv: held: raw.codecarbon_regions: the bytes are not those that seeds/SOURCES.toml pins"
        in (held.stdout)
    )
    assert f"(sha256 {pin} pinned, now sha256 {digest(mirror / REGIONS)})" in held.stdout
    assert "To accept the snapshot: ledger fetch codecarbon_grid --accept." in held.stdout
    assert re.search(r"impact_g_co2e_per_kwh +1 of 152 values changed, first +251 +252", held.stdout), held.stdout
    assert (
        f"Still in use: codecarbon_grid impact.csv of 20{held.stdout.partition('impact.csv of 20')[2][:8]}"
        in held.stdout
    )
    assert pin[:12] in held.stdout.partition("Still in use")[2]

    assert fetch_pinned(pin, "--accept").returncode == 0
    again = fetch_pinned(pin)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "nothing new"), "it was accepted against this pin"
    other = fetch_pinned("0" * 64)
    assert other.returncode == 1, "and against no other"


def test_a_first_fetch_of_other_bytes_is_held_too(mirror: Path, fetch_pinned: Pinned) -> None:
    held = fetch_pinned("0" * 64)
    assert held.returncode == 1
    assert "No snapshot of it is in use." in held.stdout
    assert "1 held, 1 new" in held.stdout


def test_a_pin_that_is_no_digest_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "SOURCES.toml"
    path.write_text(
        '[x]\ntitle = "X"\nlicence = "MIT"\nkind = "judgement"\npins = { "https://x.org/a" = "12" }\n', encoding="utf-8"
    )
    with pytest.raises(LedgerError, match=r"SOURCES.toml:5: \[x\] pins: value '12'"):
        read_sources(path, "SOURCES.toml")
