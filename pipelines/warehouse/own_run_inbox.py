"""The inbox: files that somebody put into LEDGER_HOME/inbox, and what becomes of them.

What belongs here: which files lie still, and where they go. What does not: taking one in (``telemetry/taking_in.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pipelines.settings import Settings
from pipelines.telemetry.run_note import NAME, named_config
from pipelines.telemetry.taking_in import Found, Outcome, find_files, take_in
from pipelines.warehouse.own_runs import store

DONE, REFUSED = ".done", ".refused"
"""Folders of the inbox that files move to."""


def waiting(settings: Settings) -> list[Found]:
    """What lies in the inbox and was not looked at yet."""
    return [*find_files(settings.inbox, is_inbox=True)] if settings.inbox.is_dir() else []


def states(files: Iterable[Found]) -> dict[str, list[int]]:
    """How each file is now: equal twice, a minute apart, it lies still."""
    found = {}
    for each in files:
        with suppress(OSError):
            state = each.path.lstat()
            found[str(each.path)] = [state.st_ino, state.st_size, state.st_mtime_ns]
    return found


def take_in_inbox(settings: Settings, tell: Callable[[Outcome], None] = lambda _outcome: None) -> list[Outcome]:
    """Take in what lies in the inbox, and move it to where it is not looked at again."""
    settings.inbox.mkdir(parents=True, exist_ok=True)
    outcomes = take_in(store(settings), waiting(settings), tell=tell)
    for outcome in outcomes:
        _move(settings.inbox, outcome)
    return outcomes


def _move(inbox: Path, outcome: Outcome) -> None:
    """Put a file where what was taken in, or what was refused, lies: in its folder, under a name that is free."""
    below = outcome.path.relative_to(inbox)
    target = inbox / (REFUSED if outcome.status == "refused" else DONE) / below
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while os.path.lexists(target):
        number += 1
        target = target.with_name(f"{below.stem}-{number}{below.suffix}")
    with suppress(FileNotFoundError):
        outcome.path.rename(target)
    folder = outcome.path.parent
    for name in filter(None, (NAME, named_config(folder))):
        if folder != inbox and (folder / name).is_file() and not (target.parent / name).exists():
            (target.parent / name).write_bytes((folder / name).read_bytes())
    if outcome.status == "refused":
        target.with_name(target.name + ".why.txt").write_text(outcome.message + "\n", encoding="utf-8")
