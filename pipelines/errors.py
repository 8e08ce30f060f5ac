"""The one exception that a user is meant to read.

What belongs here: errors caused by data, options or the state of the machine, phrased with what was
found, what was expected and what to do. Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

MAX_SHOWN = 200
MOST_LISTED = 8
MOST_MEANT = 3


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


def nearest(plain: str, names: Mapping[str, str]) -> list[str]:
    """What is most like ``plain``: names that contain it first, the shortest leading, then similar spellings.

    ``names`` maps spellings to what is shown for them.
    """
    inside = sorted((name for name in names if plain and plain in name), key=lambda name: (len(name), name))
    similar = difflib.get_close_matches(plain, names, n=MOST_LISTED, cutoff=0.6)
    return list(dict.fromkeys(names[name] for name in [*inside, *similar]))[:MOST_LISTED]


def did_you_mean(value: str, names: Iterable[str]) -> str:
    """A sentence that offers the names most like ``value``, with a blank before it; empty where none is.

    >>> did_you_mean("h100-smx", ["h100-sxm", "tpu-v4"])
    ' Did you mean h100-sxm?'
    """
    by_lower_case = {name.lower(): name for name in names}
    near = nearest(value.lower(), by_lower_case)[:MOST_MEANT]
    return f" Did you mean {' or '.join(near)}?" if near else ""
