"""Files that another file names: a new one needs only a row; a fetch names those without a row."""

import json
import shutil
from pathlib import Path

from pipelines.settings import SEEDS, Settings
from pipelines.warehouse.fetching import fetch_sources
from pipelines.warehouse.raw_layer import fetched_files, remote_files
from tests.conftest import run_ledger

INTERFACE = Path("inferencex.semianalysis.com/api/v1")


def mirror_naming(codes: list[str], small_mirror: Path, target: Path) -> Path:
    """A mirror whose list of what was measured names these models; results are there of two of them."""
    shutil.copytree(small_mirror / INTERFACE, target / INTERFACE)
    [first, *_] = json.loads((target / INTERFACE / "availability").read_bytes())
    listed = [{**first, "model": code} for code in codes]
    (target / INTERFACE / "availability").write_text(json.dumps(listed), encoding="utf-8")
    results = target / INTERFACE / "benchmarks%3Fmodel%3DDeepSeek-R1-0528"
    shutil.copy(results, target / INTERFACE / "benchmarks%3Fmodel%3DTest%2520Model")
    return target


def test_a_new_model_comes_in_by_a_row_and_one_without_is_told(tmp_path: Path, small_mirror: Path) -> None:
    mirror = mirror_naming(["dsr1", "test-1", "nobody-2"], small_mirror, tmp_path / "mirror")
    seeds = shutil.copytree(SEEDS, tmp_path / "seeds")
    with (seeds / "benchmarks" / "inferencex_models.csv").open("a", encoding="utf-8") as rows:
        rows.write("test-1,Test Model,,inferencex,test,seen,,\n")
    done = run_ledger("fetch", "inferencex", home=tmp_path / "home", LEDGER_MIRROR=str(mirror), LEDGER_SEEDS=str(seeds))
    assert done.returncode == 0, done.stdout
    index, known, added, unknown, total = done.stdout.splitlines()
    assert index.startswith("inferencex availability.json: new: 3 records")
    assert known.startswith("inferencex benchmarks-DeepSeek-R1-0528.json: new: 160 records of raw.inferencex_results")
    assert added.startswith("inferencex benchmarks-Test Model.json: new: 160 records of raw.inferencex_results")
    assert unknown == (
        "inferencex nobody-2: absent: availability.json names 'nobody-2', but seeds/benchmarks/inferencex_models.csv has no "
        "row for it. Add one with the name that its address takes."
    )
    assert total == "1 absent, 3 new"


def test_files_follow_the_list_that_is_in_use(tmp_path: Path, small_mirror: Path) -> None:
    mirror = mirror_naming(["dsr1"], small_mirror, tmp_path / "mirror")
    settings = Settings(home=tmp_path / "home", site=tmp_path / "site", mirrors=(mirror,))
    assert [file.name for file in fetched_files(settings, ["inferencex"])] == ["availability.json"]
    assert {outcome.status for outcome in fetch_sources(settings, remote_files(["inferencex"]))} == {"new"}
    both = ["availability.json", "benchmarks-DeepSeek-R1-0528.json"]
    assert [file.name for file in fetched_files(settings, ["inferencex"])] == both

    (mirror / INTERFACE / "availability").write_text("<html><title>Down</title></html>", encoding="utf-8")
    outcomes = fetch_sources(settings, remote_files(["inferencex"]))
    assert [(outcome.file.name, outcome.status) for outcome in outcomes] == [
        (both[0], "failed"),
        (both[1], "unchanged"),
    ]
