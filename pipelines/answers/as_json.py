"""Answers as JSON: values for which JSON has no type or no word, and columns of one name.

What belongs here: turning a value into one that JSON can hold. What does not: printing it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def json_value(value: Any) -> Any:
    """What JSON has no type for: dates as ISO text, decimals as numbers, anything else as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def finite_or_null(value: Any) -> Any:
    """``value`` with NaN and the infinities, for which JSON has no word, as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite_or_null(inner) for key, inner in value.items()}
    return [finite_or_null(inner) for inner in value] if isinstance(value, list | tuple) else value


def as_json(value: Any, *, indent: int | None = 1) -> str:
    """An answer as JSON text.

    >>> as_json({"day": date(2024, 7, 23), "ratio": float("nan")}, indent=None)
    '{"day": "2024-07-23", "ratio": null}'
    """
    return json.dumps(finite_or_null(value), default=json_value, ensure_ascii=False, indent=indent)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Column names of which none hides another: a, a_1, a_2."""
    distinct: list[str] = []
    for name in names:
        chosen, number = name, 0
        while chosen in distinct:
            number += 1
            chosen = f"{name}_{number}"
        distinct.append(chosen)
    return distinct
