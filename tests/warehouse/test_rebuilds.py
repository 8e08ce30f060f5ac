"""Rebuilt from nothing under other threads, zone, locale and hash seed: the same data and the same site."""

import json
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.versions import read_published_versions
from tests.conftest import run_ledger

PLACES = {
    "Kiritimati": {
        "LEDGER_THREADS": "1",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "4711",
    },
    "New York": {"LEDGER_THREADS": "2", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_rebuild_elsewhere_gives_the_same_data_and_the_same_site(built: Settings, tmp_path: Path, place: str) -> None:
    home = tmp_path / "home"
    done = run_ledger("build", home=home, **PLACES[place])
    assert done.returncode == 0, done.stderr
    again = Settings(home=home, site=home / "site")
    assert published_build(again)["data_version"] == published_build(built)["data_version"]
    here, there = ({t: v.data_version for t, v in read_published_versions(s).items()} for s in (again, built))
    assert here == there
    sites = [json.loads((each.site / "manifest.json").read_bytes())["files"] for each in (again, built)]
    for site in sites:
        del site[
            "cite.pages.json"
        ]  # the note of the page that says what changed since the build before: it names the build
    assert sites[0] == sites[1]
