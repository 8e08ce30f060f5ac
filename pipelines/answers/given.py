"""What both estimates read from their options and say alike: stated numbers, accelerators, kinds of inputs.

What belongs here: options in, words out, for training and serving alike. What does not: either estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb

from pipelines.answers.numbers import number
from pipelines.errors import UsageError, nearest, shown
from pipelines.warehouse.file import Row, read_rows


@dataclass(frozen=True)
class Stated:
    """A number that was given: exact, or with the bounds of its central 90 %."""

    low: float
    value: float
    high: float


def read_stated(text: str, option: str) -> Stated:
    """``0.38`` is exact, ``0.3:0.38:0.45`` a range; raises UsageError unless all are positive, finite and in order.

    >>> read_stated("0.3:0.38:0.45", "--mfu")
    Stated(low=0.3, value=0.38, high=0.45)
    """
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3):
        raise UsageError(f"{option} {shown(text)}: expected a number such as 70e9, or a range LOW:CENTRAL:HIGH.")
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise UsageError(f"{option} {text}: expected a value above zero.")
    low, value, high = (numbers[0], numbers[len(numbers) // 2], numbers[-1])
    if not low <= value <= high:
        raise UsageError(f"{option} {text}: expected LOW <= CENTRAL <= HIGH.")
    return Stated(low, value, high)


def find_accelerator(connection: duckdb.DuckDBPyConnection, text: str) -> Row:
    """The accelerator of that key, name or alias; raises UsageError with the nearest ones."""
    query = """
        select a.*, plain_name(n.name) as plain
        from ledger.core.accelerators as a,
            lateral (
                select a.accelerator_id as name union all select a.accelerator_name
                union all select x.name from ledger.core.accelerator_names as x where x.accelerator_id = a.accelerator_id
            ) as n
        order by a.accelerator_id
    """
    rows = read_rows(connection, query)
    plain = str(connection.execute("select plain_name(?)", [text]).fetchall()[0][0])
    exact = [row for row in rows if row["accelerator_id"] == text] or [
        row for row in rows if plain and row["plain"] == plain
    ]
    if exact:
        return exact[0]
    near = nearest(plain, {row["plain"]: row["accelerator_id"] for row in rows})
    hint = f"Did you mean {', '.join(near)}?" if near else 'To list all: ledger sql "from mart.accelerators"'
    raise UsageError(f"{shown(text)} is not a known accelerator. {hint}")


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
