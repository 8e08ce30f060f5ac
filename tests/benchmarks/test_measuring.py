"""The measurements measure what they say, and the page shows what was kept. How fast anything is, no test asks."""

import re
import sys
from pathlib import Path

import pytest

from tests.benchmarks.areas import AREAS
from tests.benchmarks.areas.growth import steepness
from tests.benchmarks.cost import BenchmarkError, Cost, code, reported, run
from tests.benchmarks.figures import AMOUNTS, Figure
from tests.benchmarks.measured.synthetic_seeds import COPIED, copies
from tests.benchmarks.table import PAGE, filled_page, read_results

BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
FAT = "held = bytearray(200_000_000)\n"


def test_a_cost_counts_what_a_command_starts_and_the_memory_of_the_largest() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY + FAT!r}], check=True)"
    cost, _ = run(code(child))
    assert cost.cpu_s >= 0.3
    assert 190 < cost.peak_mb < 400
    idle, _ = run(code("import time; time.sleep(0.3)"))
    assert idle.wall_s >= 0.3
    assert idle.cpu_s < cost.cpu_s
    assert idle.peak_mb < 190, "memory of one command is not counted for the next"


def test_a_measured_command_sees_no_settings_of_the_caller(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEDGER_THREADS", "1")
    monkeypatch.setenv("DAGSTER_HOME", "/nowhere")
    shown = "import os; print(sorted(name for name in os.environ if name.startswith(('LEDGER_', 'DAGSTER_'))))"
    assert run(code(shown), tmp_path, {"LEDGER_SEEDS": "elsewhere"})[1] == "['LEDGER_HOME', 'LEDGER_SEEDS']\n"


def test_a_command_that_fails_says_what_it_printed() -> None:
    with pytest.raises(BenchmarkError, match=r"ended with 3:\nno such thing"):
        run(code("import sys; print('no such thing'); sys.exit(3)"))


def test_costs_that_a_process_reports_come_back_beside_its_own() -> None:
    told = "from tests.benchmarks.cost import Cost, report; print('noise'); report({'a': Cost(1.5, 2, 3, 4)})"
    found = reported(code(told))
    assert found.pop("a") == Cost(1.5, 2, 3, 4)
    assert [*found] == ["the process"]


def test_a_figure_knows_its_ratios_and_its_target() -> None:
    costs = {"ours": Cost(3.0, peak_mb=50), "least": Cost(2.0), "theirs": Cost(12.0), "faster": Cost(amount=4.0)}
    figure = Figure("what", "ours", "CPU ms", target=2500, floor="least", peer="theirs")
    found = figure.measured(costs)
    assert found is not None
    assert (found.value, found.peak_mb, found.times_floor, found.peer_times) == (3000, 50, 1.5, 4)
    assert not figure.is_met(found)
    more = Figure("how many", "faster", "×", target=4, at_least=True)
    assert more.is_met(more.measured(costs))
    assert Figure("absent", "never measured").measured(costs) is None


def test_only_steps_that_outgrow_their_rows_and_the_curated_rows_are_steep() -> None:
    small = {"even": Cost(1, amount=10), "grid": Cost(1, amount=10), "joined": Cost(1, amount=10), "small": Cost(0.01)}
    large = {
        "even": Cost(10, amount=100),
        "grid": Cost(50, amount=500),
        "joined": Cost(40, amount=20),
        "small": Cost(0.9),
    }
    assert steepness(small, large, 10) == {"steep: joined": Cost(40, amount=4.0)}


def test_copies_keep_keys_apart_and_references_whole() -> None:
    rows = [{"model_id": "a", "base_model_id": "", "size": "7"}, {"model_id": "b", "base_model_id": "a", "size": "8"}]
    assert {"model_id", "base_model_id"} < set(COPIED["models/models.csv"])
    made = [*copies(rows, ("model_id", "base_model_id"), 3)]
    assert made[:2] == rows
    assert [row["model_id"] for row in made[2:]] == ["a-copy1", "b-copy1", "a-copy2", "b-copy2"]
    assert [row["base_model_id"] for row in made[2:]] == ["", "a-copy1", "", "a-copy2"]
    assert {row["size"] for row in made} == {"7", "8"}


def test_every_figure_has_a_unit_and_a_name_of_its_own_in_its_area() -> None:
    for area in AREAS.values():
        names = [figure.what for figure in area.figures]
        assert len(names) == len(set(names)), area.name
        assert {figure.unit for figure in area.figures} <= AMOUNTS.keys()


def test_the_page_shows_the_results_that_are_kept_with_targets_of_now() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled_page(page, AREAS.values(), read_results()), "run: python -m tests.benchmarks --page"
    for line in re.findall(r"^Measured on .*", page, re.MULTILINE):
        assert re.fullmatch(r"Measured on \d{4}-\d\d-\d\d at commit [0-9a-f]{9,}.*: .+ cores, .+", line)


def test_an_unknown_area_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BenchmarkError, match=r"unknown area nothing; expected any of commands, "):
        run([sys.executable, "-m", "tests.benchmarks", "nothing"])
