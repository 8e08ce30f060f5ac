"""Rebuilt from nothing elsewhere, under other threads, zone, locale and hash seed: the same data and the same site."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import ROOT, Settings
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.versions import read_published_versions

ODD = {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711", "LEDGER_THREADS": "1"}


@pytest.mark.slow
def test_a_rebuild_elsewhere_gives_the_same_data_and_the_same_site(built: Settings, tmp_path: Path) -> None:
    home = tmp_path / "my état 'of' 100 % {things} & more"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_", "LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "build"],
        env={**kept, **ODD, "LEDGER_HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    again = Settings(home=home, site=home / "site")
    assert published_build(again)["data_version"] == published_build(built)["data_version"]
    here, there = ({t: v.data_version for t, v in read_published_versions(s).items()} for s in (again, built))
    assert here == there
    sites = [json.loads((each.site / "manifest.json").read_bytes())["files"] for each in (again, built)]
    names = {path.relative_to(again.site).as_posix() for path in again.site.rglob("*") if path.is_file()}
    assert names == {"manifest.json", *sites[0]}, "the manifest has the digest of every other file"
    for site in sites:
        # The note of the page that says what changed since the build before names the build.
        del site["cite.pages.json"]
    assert sites[0] == sites[1]
