"""One build that everything happens to, made once a session: the build before it is killed, leftovers lie about, a reader
keeps the old file open, a rival wants to build too, and eight models have names that attack pages or hold odd characters.

What belongs here: making it, and noting what was seen meanwhile. What does not: judging it (``test_publishing.py`` of the
faults, ``tests/site/test_pages.py`` of the names).
"""

import csv
import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from pipelines.settings import ROOT, SEEDS, Settings
from pipelines.site.charts.registry import registered_charts
from pipelines.warehouse.publish import published_build
from tests.conftest import run_ledger

HOSTILE_NAMES = {
    "script": "</script><script>alert(1)</script>",
    "comment": "<!--<script>alert(1)//",
    "formula": '=HYPERLINK("http://127.0.0.1/","x")',
    "image": '"><img src=x onerror=alert(1)>',
    "template": "{{ 7 * 7 }} & {% raw %} ${alert(1)} \\u003c/script>",
    "separators": "Line\u2028paragraph\u2029next\u0085page\u2003wide\u200bnone",
    "directions": "\u202eturned\u202c \u200fmark \u2066kept\u2069 \ufeffbegin \ufffd \u2400",
    "emoji": "Fire \U0001f525 family \U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \U0001d4dc 中文 </title>",
}
NOTE_AFTER = "Told by the build after."
LEFTOVERS = ("versions/warehouse-20000101T000000Z-00000000.duckdb.partial", "build/warehouse.duckdb.wal")

READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute(
        "select build_id, (select count(*) || md5(string_agg(s::varchar, '' order by training_run_id)) "
        "from mart.training_summary as s), (select min(note) from seeds.models where seed_line = 2) from meta.builds"
    ).fetchall(), flush=True)
"""


@dataclass
class Disturbed:
    """The home of the disturbed build, and what was seen of it."""

    state: Settings
    digest_before: str
    """Of the published file before anything happened."""
    killed_returncode: int = 0
    digest_after_kill: str = ""
    lock_after_kill: str = ""
    old_build: str = ""
    answers: list[str] = field(default_factory=list)
    """What the open reader read before, during and after the build."""
    rival: subprocess.CompletedProcess[str] | None = None
    asked_meanwhile: subprocess.CompletedProcess[str] | None = None
    was_running: bool = False
    """Whether the build still ran when the rival and the second reader had ended."""
    returncode: int = -1
    stdout: str = ""
    pid: int = 0


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def clean_environment(**variables: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEDGER_", "DAGSTER_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


@contextmanager
def started(*command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process with pipes, which is gone when the block ends."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env=clean_environment(**variables),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def started_build(state: Settings, seeds: Path) -> Iterator[subprocess.Popen[str]]:
    variables = {"LEDGER_HOME": str(state.home), "LEDGER_SEEDS": str(seeds)}
    with started("-m", "pipelines", "build", "--force", **variables) as process:
        yield process


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    """Read progress until the line that ends in ``word``."""
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.rstrip().endswith(word):
            return
    pytest.fail(f"the build ended before {word}:\n{''.join(seen)}")


def seeds_with_note(folder: Path, note: str) -> Path:
    """A copy of the curated files in which one note of one model is another."""
    shutil.copytree(SEEDS, folder)
    path = folder / "models" / "models.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("note")] = note
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


def with_hostile_names(seeds: Path, built: Settings) -> Path:
    """Curated files in which the models of most compute have hostile names, those aside that a chart offers to choose."""
    path = seeds / "models" / "models.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    in_chart = pl.read_parquet(built.site / "training-compute.parquet").sort("training_flop", descending=True)
    by_id = {row["model_id"]: row for row in rows}
    offered = {name for chart in registered_charts() for name in chart.choices}
    free = [run for run in in_chart["training_run_id"] if run in by_id and by_id[run]["model_name"] not in offered]
    chosen = free[: len(HOSTILE_NAMES)]
    for model_id, name in zip(chosen, HOSTILE_NAMES.values(), strict=True):
        by_id[model_id]["model_name"] = name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return seeds


def kill_a_build(seen: Disturbed, seeds: Path) -> None:
    """Start a build, and kill it with SIGKILL among tables."""
    with started_build(seen.state, seeds) as process:
        wait_for(process, "core.accelerators")
        process.send_signal(signal.SIGKILL)
        seen.killed_returncode = process.wait()
    seen.digest_after_kill = sha256(seen.state.published)
    seen.lock_after_kill = seen.state.lock.read_text()


def plant_leftovers(state: Settings) -> None:
    """What killed builds and reports of other days may have left."""
    for name in LEFTOVERS:
        (state.home / name).write_bytes(b"left by a killed build")
    (state.home / ".warehouse.left").symlink_to("versions/nothing.duckdb")
    (state.site / ".index.html.partial").write_bytes(b"left by a killed report")


def build_beside_others(seen: Disturbed, seeds: Path) -> None:
    """Build, with a reader who never closes the file, a rival, and a second reader."""
    state = seen.state
    seen.old_build = published_build(state)["build_id"]
    with started("-c", READER, str(state.published)) as reader, started_build(state, seeds) as process:

        def ask() -> None:
            reader.stdin.write("\n")
            reader.stdin.flush()
            seen.answers.append(reader.stdout.readline())

        ask()
        wait_for(process, "seeds.models")
        seen.rival = run_ledger("build", home=state.home)
        seen.asked_meanwhile = run_ledger("sql", "select build_id from meta.builds", "--format", "csv", home=state.home)
        seen.was_running = process.poll() is None
        ask()
        seen.stdout, _ = process.communicate()
        ask()
        seen.returncode, seen.pid = process.returncode, process.pid


def disturb(folder: Path, built: Settings) -> None:
    """Make all of it happen below ``folder``; what was seen is in ``seen.pickle`` there."""
    home = folder / "home"
    shutil.copytree(built.home, home, symlinks=True)
    state = Settings(home=home, site=home / "site", seeds=folder / "seeds")
    seen = Disturbed(state, sha256(state.published))
    kill_a_build(seen, seeds_with_note(folder / "seeds of the killed one", "Told by a build that was killed."))
    plant_leftovers(state)
    build_beside_others(seen, with_hostile_names(seeds_with_note(state.seeds, NOTE_AFTER), built))
    (folder / "seen.pickle").write_bytes(pickle.dumps(seen))


def what_was_seen(folder: Path) -> Disturbed:
    """What ``disturb`` noted."""
    seen: Disturbed = pickle.loads((folder / "seen.pickle").read_bytes())
    return seen
