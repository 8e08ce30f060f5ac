"""One round in a process of its own: land a file, build what changed, publish, draw a chart, and die where one is told to.

What belongs here: what a round does, and the places at which it can kill itself. What does not: how often and where
(``__main__.py``), what readers see meanwhile (``reader.py``).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipelines.fetch.snapshots import fetch
from pipelines.settings import Settings
from pipelines.site.chart_files import build_chart
from pipelines.site.charts.registry import registered_charts
from pipelines.warehouse import build
from pipelines.warehouse.raw_layer import remote_files
from pipelines.warehouse.recipes import recipes, sql_models

CHART = "efficiency-levers"
SOURCE = "epoch_costs"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Round:
    """What a round works on, and where it dies: at the n-th time that it comes to a step, or nowhere."""

    number: int
    home: Path
    seeds: Path
    mirror: Path
    step: str | None = None
    times: int = 1

    @property
    def settings(self) -> Settings:
        """Settings of the home that readers read."""
        return Settings(home=self.home, site=self.home / "site", seeds=self.seeds, threads=1)

    @property
    def landing(self) -> Settings:
        """Settings of a home of its own for what is fetched: new files would make every table again."""
        home = self.home.with_name("landing")
        return Settings(home=home, site=home / "site", mirrors=(self.mirror,))


def die_at(what: Round) -> None:
    """Arrange for SIGKILL at the step that the round names: before the n-th time that it comes to it."""
    left = what.times

    def passed() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    functions: dict[str, tuple[object, str]] = {
        "stage": (build, "digest_table"),  # a table is made, and nothing is noted of it yet
        "check": (build, "run_checks"),
        "checkpoint": (build.Session, "close"),
        "fsync": (os, "fsync"),
    }
    site = what.settings.site
    folders = {"land": (what.landing.raw, None), "replace": (what.home, site), "report": (site, None)}
    if what.step in functions:
        _call_before(*functions[what.step], passed)
    if what.step in folders:
        _call_on_writing(*folders[what.step], passed)


def _call_before(owner: Any, name: str, call: Callable[[], None]) -> None:
    """Let a function of ours or of Python call another one first."""
    own = getattr(owner, name)

    @wraps(own)
    def with_call(*arguments: object, **named: object) -> object:
        call()
        return own(*arguments, **named)

    setattr(owner, name, with_call)


def _call_on_writing(folder: Path, outside: Path | None, call: Callable[[], None]) -> None:
    """Call before a file below a folder, and not below another one, is made, renamed or linked."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, is_made = str(arguments[0]), bool(arguments[2] & os.O_CREAT)
        elif event in ("os.rename", "os.link", "os.symlink"):
            path, is_made = str(arguments[1]), True
        else:
            return
        if is_made and path.startswith(str(folder)) and not (outside and path.startswith(str(outside))):
            call()

    sys.addaudithook(watch)


def work(what: Round, tell: Tell) -> None:
    """The round from its start to its end; says ``published`` when readers have the new file."""
    if what.step == "land":
        for outcome in fetch(what.landing, remote_files([SOURCE]), accept=True):
            assert outcome.status in ("new", "unchanged"), outcome
        return
    with build.open_session(what.settings, fresh=False) as session:
        for recipe in recipes().values():
            session.make(recipe)
        session.finish(recipes(), sql_models())
        tell("published")
    if what.step in ("report", None):
        for path in what.settings.site.glob(f"{CHART}.*"):
            path.unlink()
        (chart,) = (each for each in registered_charts() if each.chart_id == CHART)
        build_chart(chart, what.settings)


def run_round(what: Round, end: Connection) -> None:
    """What the process of a round does."""
    die_at(what)
    end.send("started")
    work(what, end.send)
    end.send("finished")


recipes(), sql_models()  # here, so that a server of processes that has loaded this module knows them already
