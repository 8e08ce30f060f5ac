"""Standard output and error as they are: on terminals that know only ASCII, and in pipes that somebody closed.

What belongs here: characters and ends of streams. What does not: what is printed.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SIMPLER = {"×": "x", "·": "*", "–": "-", "−": "-", "…": "...", "±": "+/-", "÷": "/", "≥": ">=", "≤": "<=",
           "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "²": "^2", "³": "^3",
           "├": "|", "└": "`", "─": "-", "│": "|", "━": "-", "₂": "2"}  # fmt: skip
"""What stands for a character where only ASCII can be shown."""

SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))


def _simpler(error: UnicodeError) -> tuple[str, int]:
    """An error handler: ``10²⁵`` becomes ``10^25``, ``é`` an escape, and nothing fails."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    if all(letter in SUPERSCRIPT for letter in text):
        return "^" + "".join(SUPERSCRIPT[letter] for letter in text), error.end
    letters = (SIMPLER.get(letter) or letter.encode("ascii", "backslashreplace").decode() for letter in text)
    return "".join(letters), error.end


def prepare() -> None:
    """Let standard output and error show what they can of every text."""
    codecs.register_error("simpler", _simpler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="simpler")


@contextmanager
def ends_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process itself: DuckDB asks for signals only between its tasks, and one may take for ever."""
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def discard() -> None:
    """Drop what is still to be written: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
