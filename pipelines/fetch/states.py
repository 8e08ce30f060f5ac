"""What is known of each file that is fetched: the snapshot in use, its age, how the last attempt ended.

What belongs here: noting attempts and saying which files are stale. What does not: making the attempts (``snapshots.py``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.fetch.attempts import FAILING, Attempt, as_entry, read_attempts
from pipelines.fetch.store import Snapshot, last_accepted, read_manifest, seconds_now, store_locked
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings

REFRESHED_WITHIN = timedelta(days=35)
"""How often a source should be asked: once a month, and some days to mend what failed."""

OVERDUE_AFTER = timedelta(days=65)
"""When a source that nobody asked counts as neglected: two months in a row were missed."""


@dataclass(frozen=True)
class SourceState:
    """What is known of one file: the snapshot in use, its age, the last attempt."""

    file: RemoteFile
    last_accepted: Snapshot | None
    age: timedelta | None
    last_attempt: Attempt | None
    is_stale: bool
    """The last attempt brought nothing that may be used: the snapshot in use is older than it should be."""

    @property
    def is_overdue(self) -> bool:
        """Whether it was asked for once, and then not for long."""
        return self.last_attempt is not None and seconds_now() - self.last_attempt.checked_at > OVERDUE_AFTER


def note_attempt(settings: Settings, file: RemoteFile, status: str, reason: str) -> None:
    """Note how an attempt ended. The note is a comfort: where it cannot be written, the outcome still counts."""
    with suppress(OSError), store_locked(settings):
        attempts = read_attempts(settings)
        key, now = f"{file.source_id} {file.name}", seconds_now()
        before = attempts.get(key)
        since = (before.failing_since if before else None) or now
        attempts[key] = Attempt(now, status, reason, since if status in FAILING else None)
        noted = {key: as_entry(attempt) for key, attempt in sorted(attempts.items())}
        temporary = settings.raw_checks.with_suffix(".partial")
        temporary.write_text(json.dumps(noted, ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.replace(settings.raw_checks)


def source_states(settings: Settings, files: Sequence[RemoteFile]) -> list[SourceState]:
    """What is known of each file: the snapshot in use, its age, the last attempt, and whether it is stale."""
    attempts, manifest, now = read_attempts(settings), read_manifest(settings), seconds_now()
    as_status = {"accepted": "new", "held": "held", "refused": "failed"}
    states = []
    for file in files:
        history = [s for s in manifest if (s.source_id, s.name) == (file.source_id, file.name)]
        accepted = last_accepted(history)
        attempt = attempts.get(f"{file.source_id} {file.name}")
        if attempt is None and history:
            status = as_status[history[-1].status]
            since = history[-1].fetched_at if status in FAILING else None
            attempt = Attempt(history[-1].fetched_at, status, history[-1].reason or "", since)
        age = now - accepted.fetched_at if accepted else None
        is_stale = attempt is not None and attempt.is_failing
        states.append(SourceState(file, accepted, age, attempt, is_stale))
    return states


@dataclass(frozen=True)
class Condition:
    """How a source is, for all of its files together: the same words wherever it is told."""

    state: Literal["fresh", "stale", "held", "failed", "never fetched"]
    """Stale: the last attempt failed, an older snapshot is in use. Held: a person should look. Failed: nothing is in use."""
    since: datetime | None
    """Since when, where something is wrong."""
    why: str | None
    """What is wrong, file by file."""


def condition_of(states: Sequence[SourceState]) -> Condition:
    """The condition of a source, by the states of its files: the worst of them, since its first fault."""
    failing = [(state, state.last_attempt) for state in states if state.last_attempt and state.last_attempt.is_failing]
    if failing:
        why = "; ".join(f"{state.file.name}: {' '.join(attempt.reason.split())}" for state, attempt in failing)
        since = min(attempt.failing_since or attempt.checked_at for _, attempt in failing)
        if any(attempt.status == "held" for _, attempt in failing):
            return Condition("held", since, why)
        return Condition("stale" if any(state.last_accepted for state, _ in failing) else "failed", since, why)
    if all(state.last_accepted is None for state in states):
        return Condition("never fetched", None, None)
    return Condition("fresh", None, None)


def conditions(settings: Settings, files: Sequence[RemoteFile]) -> dict[str, Condition]:
    """The condition of each source of these files, by source_id."""
    of_source: dict[str, list[SourceState]] = {}
    for state in source_states(settings, files):
        of_source.setdefault(state.file.source_id, []).append(state)
    return {source_id: condition_of(states) for source_id, states in sorted(of_source.items())}
