"""How the last attempt at each file that is fetched ended, as it is noted.

What belongs here: the note. What does not: making attempts (``snapshots.py``), what follows from them (``states.py``).
It is read by every command, so nothing is imported here that takes long to load.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.settings import Settings

FAILING = frozenset({"held", "failed"})
"""How an attempt ends that brings nothing that may be used."""


@dataclass(frozen=True)
class Attempt:
    """When a file was last asked for, and how that ended."""

    checked_at: datetime
    status: str
    reason: str
    failing_since: datetime | None = None
    """When the first attempt in a row failed or was held; None where the last one brought what it should."""

    @property
    def is_failing(self) -> bool:
        """Whether it brought nothing that may be used."""
        return self.status in FAILING


def read_attempts(settings: Settings) -> dict[str, Attempt]:
    """The last attempt at each file, by 'source name'; empty where the note is lost or damaged."""
    try:
        noted = json.loads(settings.raw_checks.read_bytes())
        return {key: _attempt(entry) for key, entry in noted.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _attempt(entry: Mapping[str, str]) -> Attempt:
    at = datetime.fromisoformat(entry["checked_at"])
    since = datetime.fromisoformat(entry.get("failing_since") or entry["checked_at"])
    status = str(entry["status"])
    return Attempt(at, status, str(entry["reason"]), since if status in FAILING else None)


def as_entry(attempt: Attempt) -> dict[str, str]:
    """An attempt as it stands in the note."""
    entry = {"checked_at": attempt.checked_at.isoformat(), "status": attempt.status, "reason": attempt.reason}
    return entry | ({"failing_since": attempt.failing_since.isoformat()} if attempt.failing_since else {})
