"""The one exception that a user is meant to read.

What belongs here: errors caused by data, options or the state of the machine, phrased with what was
found, what was expected and what to do. Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

MAX_SHOWN = 200


class LedgerError(Exception):
    """A failure that the reader of the message can mend. Printed without a traceback, exit status 1."""

    exit_status = 1


class UsageError(LedgerError):
    """The command was asked for something that there is not or cannot be: exit status 2."""

    exit_status = 2


def shown(value: str | None) -> str:
    """A value fit for a message: quoted, control characters escaped, cut at 200 characters.

    >>> shown("a\\tb")
    "'a\\\\tb'"
    """
    if value is None:
        return "(empty)"
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return f"'{escaped}'" if len(escaped) <= MAX_SHOWN else f"'{escaped[:MAX_SHOWN]}…' ({len(value):,} characters)"
