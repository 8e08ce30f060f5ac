"""What both estimates read from their options and say alike: stated numbers, accelerators, kinds of inputs.

What belongs here: options in, words out, for training and serving alike. What does not: either estimate.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

import duckdb

from pipelines.answers.numbers import number
from pipelines.errors import MOST_LISTED, UsageError, shown
from pipelines.warehouse.file import Row, read_rows

SIZE = re.compile(r"[0-9]+(g|gb|gib|w)")
"""A word of a name that says how much memory or power, and not which device."""

LEAST_ALIKE = 0.6
"""Least share of letters that a name has in common with a text which may mean it."""


MIN_STATED, MAX_STATED = 1e-30, 1e40
"""Between these, no formula leaves the numbers that a computer has."""


@dataclass(frozen=True)
class Stated:
    """A number that was given: exact, or with the bounds of its central 90 %."""

    low: float
    value: float
    high: float


MULTIPLES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "%": 0.01}
"""What may follow a number: thousands, millions, billions and trillions, or per cent."""

GROUPED = re.compile(r"[+-]?\d{1,3}([,_]\d{3})+(\.\d+)?")
"""A number whose thousands are set apart."""


def read_number(text: str) -> float:
    """A number as people write it; NaN for a text that is none.

    >>> [read_number(text) for text in ("70e9", "70b", "7,000,000", "40%", "1.5 T", "1,5")]
    [70000000000.0, 70000000000.0, 7000000.0, 0.4, 1500000000000.0, nan]
    """
    plain = text.strip().lower()
    multiple = MULTIPLES.get(plain[-1:], 1.0)
    if multiple != 1.0:
        plain = plain[:-1].strip()
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "").replace("_", "")
    try:
        return float(f"{float(plain) * multiple:.15g}")
    except (ValueError, OverflowError):
        return math.nan


def read_stated(text: str, option: str) -> Stated:
    """``0.38`` is exact, ``0.3:0.38:0.45`` a range; raises UsageError unless all are positive, finite and in order.

    >>> read_stated("0.3:0.38:0.45", "--mfu")
    Stated(low=0.3, value=0.38, high=0.45)
    """
    numbers = [read_number(part) for part in text.split(":")]
    is_written = all(
        not math.isnan(each) or part.strip().lower() == "nan"
        for each, part in zip(numbers, text.split(":"), strict=True)
    )
    if len(numbers) not in (1, 3) or not is_written:
        raise UsageError(f"{option} {shown(text)}: expected a number such as 70e9, or a range LOW:CENTRAL:HIGH.")
    if not all(MIN_STATED <= each <= MAX_STATED for each in numbers):
        expected = (
            "a value above zero"
            if not all(each > 0 for each in numbers) or math.inf in numbers
            else f"at most {MAX_STATED:g}"
        )
        raise UsageError(f"{option} {text}: expected {expected}.")
    low, value, high = (numbers[0], numbers[len(numbers) // 2], numbers[-1])
    if not low <= value <= high:
        raise UsageError(f"{option} {text}: expected LOW <= CENTRAL <= HIGH.")
    return Stated(low, value, high)


def find_accelerator(connection: duckdb.DuckDBPyConnection, text: str) -> Row:
    """The accelerator of that key, name or alias, with or without its vendor; raises UsageError with the nearest ones."""
    query = """
        select a.*, plain_name(n.name) as plain, bare_accelerator_name(n.name) as bare, name_words(n.name) as words
        from ledger.core.accelerators as a,
            lateral (
                select a.accelerator_id as name union select a.accelerator_name
                union select x.name from ledger.core.accelerator_names as x where x.accelerator_id = a.accelerator_id
            ) as n
        order by a.accelerator_id, plain
    """
    rows = read_rows(connection, query)
    spelt = read_rows(
        connection,
        "select plain_name($1) as plain, bare_accelerator_name($1) as bare, name_words($1) as words",
        [text],
    )[0]
    exact = [row for row in rows if row["accelerator_id"] == text]
    for spelling in ("plain", "bare"):
        exact = exact or [row for row in rows if spelt[spelling] and row[spelling] == spelt[spelling]]
    if len({row["accelerator_id"] for row in exact}) == 1:
        return exact[0]
    near = _nearest_accelerators(spelt, exact or rows)
    hint = f"Did you mean {', '.join(near)}?" if near else 'To list all: ledger sql "from mart.accelerators"'
    raise UsageError(f"{shown(text)} is not a known accelerator. {hint}")


def _nearest_accelerators(spelt: Row, rows: list[Row]) -> list[str]:
    """Keys of accelerators that are most likely meant: those whose number, such as h100 or 4090, is in the text come first.

    Sizes do not count: 80gb says how much memory a card has, not which card it is.
    """

    def likeness(row: Row) -> tuple[int, float]:
        shared = {word for word in row["words"] if word in spelt["words"]}
        numbers = sum(1 for word in shared if any(map(str.isdigit, word)) and not SIZE.fullmatch(word))
        return numbers, difflib.SequenceMatcher(None, spelt["plain"], row["plain"]).ratio()

    ranked = sorted(((likeness(row), row) for row in rows), key=lambda one: one[0], reverse=True)
    likely = [row["accelerator_id"] for (shared, ratio), row in ranked if shared or ratio >= LEAST_ALIKE]
    return list(dict.fromkeys(likely))[:MOST_LISTED]


KIND_WORDS = {"given": "given by you", "assumed": "assumed", "published": "published"}


KINDS = {
    "given": "given",
    "assumed": "assumed",
    "reported": "published",
    "measured": "published",
    "estimated": "published",
}


def figure_cells(row: Row, name: str, low: str, high: str) -> list[str]:
    """Name, central value, unit and interval of a row as texts; ``low`` and ``high`` name its columns of the bounds."""
    unit = "" if row["unit"] in ("1", "ratio", "share") else row["unit"]
    exact = row[low] is None or row[low] == row["value"] == row[high]
    return [
        row[name],
        number(row["value"]),
        unit,
        "exact" if exact else f"{number(row[low])} to {number(row[high])}",
    ]
