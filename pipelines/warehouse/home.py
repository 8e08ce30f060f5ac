"""Which version of the program a home belongs to.

What belongs here: ``home.json``, which says how the folder ``LEDGER_HOME`` is laid out, and who may use a folder of
another layout. What does not: the version of the tables in the published file (``file.py``).
"""

from __future__ import annotations

import json

from pipelines.errors import LedgerError, shown
from pipelines.settings import Settings

HOME_VERSION = 2
"""Raise it when files below the home change their place or form. Version 1 had no ``home.json``."""

UPGRADE = "Run: ledger build (or: ledger doctor --fix)"


def read_home_version(settings: Settings) -> int | None:
    """The version of a home; None where the folder is new. Raises LedgerError where ``home.json`` is damaged."""
    try:
        text = settings.home_note.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return 1 if settings.published.is_symlink() else None
    except OSError as error:
        raise LedgerError(f"{settings.home_note} cannot be read: {error.strerror}.") from None
    try:
        return int(json.loads(text)["home_version"])
    except (ValueError, KeyError, TypeError):
        raise LedgerError(
            f"{settings.home_note}: expected the version of this folder, found {shown(text)}. Run: ledger doctor --fix"
        ) from None


def note_home(settings: Settings) -> None:
    """Say in ``home.json`` that the home is laid out as this program does it."""
    partial = settings.home_note.with_suffix(".partial")
    partial.write_text(json.dumps({"home_version": HOME_VERSION}) + "\n", encoding="utf-8")
    partial.replace(settings.home_note)


def refuse_newer(settings: Settings) -> None:
    """Raise LedgerError where a newer program made the home: this one could harm what it does not know."""
    if (found := read_home_version(settings)) is not None and found > HOME_VERSION:
        raise LedgerError(
            f"{settings.home} was made by a newer version of Compute Ledger (folder version {found}; this one knows "
            f"{HOME_VERSION}). Update Compute Ledger, or set LEDGER_HOME (or --home) to another folder."
        )


def refuse_other(settings: Settings) -> None:
    """Raise LedgerError, with the remedy, where another version of the program made the home."""
    refuse_newer(settings)
    if (found := read_home_version(settings)) is not None and found < HOME_VERSION:
        raise LedgerError(
            f"{settings.home} was made by an older version of Compute Ledger (folder version {found}; expected "
            f"{HOME_VERSION}). {UPGRADE}"
        )
