"""Types of fields that curated and fetched records share: what a cell may hold, and what the error says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pipelines.errors import did_you_mean
from pipelines.records.units import UNITS

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


HEADERS = "headers"
"""Where a field keeps its publisher's names."""


def plain_number(value: Any) -> Any:
    """Refuse the number spellings that readers disagree on: ``1,000``, ``1_000``, ``inf``, blanks."""
    if isinstance(value, str) and not PLAIN_NUMBER.fullmatch(value):
        raise ValueError("expected a plain number such as 1200, 0.38 or 3.14e23")
    return value


def iso_day(value: Any) -> Any:
    """Refuse other spellings of a date than the ISO one: seconds since 1970, times of day."""
    if isinstance(value, str) and not ISO_DAY.fullmatch(value):
        raise ValueError("expected a date such as 2026-03-31")
    return value


def _true_or_false(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("expected true or false")
    return value


Number = Annotated[float, BeforeValidator(plain_number), Field(allow_inf_nan=False)]


Positive = Annotated[Number, Field(gt=0, lt=1e40)]


Share = Annotated[Number, Field(gt=0, le=1)]


Count = Annotated[int, BeforeValidator(plain_number), Field(gt=0, le=10**9)]


Year = Annotated[int, BeforeValidator(plain_number), Field(ge=1990, le=2035)]


Flag = Annotated[bool, BeforeValidator(_true_or_false)]


Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2035, 12, 31)), BeforeValidator(iso_day)]


IDENTIFIER = r"^[a-z0-9][a-z0-9.+-]*$"
SOURCE_ID = r"^[a-z0-9][a-z0-9_]*$"
COUNTRY = r"^[A-Z]{3}$"
ADDRESS = r"^https?://"

Identifier = Annotated[str, Field(pattern=IDENTIFIER, max_length=80)]


SourceId = Annotated[str, Field(pattern=SOURCE_ID, max_length=80)]


Country = Annotated[str, Field(pattern=COUNTRY)]


Text = Annotated[str, Field(min_length=1, max_length=400)]


DatePrecision = Literal["day", "month", "quarter", "year"]


def known_unit(value: str) -> str:
    """Refuse a unit that the closed list does not have."""
    if value not in UNITS:
        raise ValueError(f"expected a unit of the list in pipelines/records/units.py.{did_you_mean(value, UNITS)}")
    return value


Unit = Annotated[str, AfterValidator(known_unit)]
"""A unit of the closed list: the column named ``unit`` of a table whose rows differ in it."""


# --- what is expected, in our words ---------------------------------------------------------------------------------

PATTERN_WORDS = {
    IDENTIFIER: "lower-case letters, digits and . + - only, such as h100-sxm",
    SOURCE_ID: "lower-case letters, digits and _ only, such as nvidia_h100_datasheet",
    COUNTRY: "three capital letters, such as USA",
    ADDRESS: "an address that begins with https:// or http://",
}
"""What a value of a pattern looks like."""

KIND_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a day that exists, such as 2026-03-31",
    "string": "text (in quotes)",
    "model": "fields of its own",
}
"""What the first word of an error's type asks for."""


def expectation(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """What a field expected, from the type, message and context of a validation error.

    >>> expectation("string_pattern_mismatch", "", {"pattern": ADDRESS})
    'expected an address that begins with https:// or http://'
    """
    if kind == "missing":
        return "expected a value"
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return f"expected {PATTERN_WORDS.get(pattern) or f'text of the form {pattern}'}"
    if kind == "string_too_short":
        return "expected some text"
    if kind == "string_too_long":
        return f"expected at most {context['max_length']} characters"
    if kind.endswith(("_type", "_parsing", "_from_float")) and (
        words := KIND_WORDS.get(kind.split("_", maxsplit=1)[0])
    ):
        return f"expected {words}"
    return message.removeprefix("Value error, ").replace("Input should be", "expected")


Comparison = Literal[
    "about", "range", "at least", "at most", "none", "a few", "several", "dozens", "tens", "hundreds", "thousands"
]
"""How a claim gives its number. A word counts the unit: its two ends are a row of the assumption claim_word_count."""


def filled(description: str, *headers: str) -> Any:
    """A column that every record fills: what it holds, and the names that its publisher has used for it, newest first.

    Without names, the publisher's is our own.
    """
    return Field(description=description, json_schema_extra={HEADERS: list(headers)})


def nullable(description: str, *headers: str) -> Any:
    """The same for a column that may be empty."""
    return Field(default=None, description=description, json_schema_extra={HEADERS: list(headers)})


def bounds_problem(comparison: str, low: float | None, high: float | None) -> str | None:
    """What is wrong with the bounds of a claim; None where they are what its comparison needs.

    >>> bounds_problem("at least", None, 3)
    "comparison 'at least' needs low and no high"
    """
    needs = {"about": (True, True), "range": (True, True), "at least": (True, False), "at most": (False, True)}
    has_low, has_high = needs.get(comparison, (False, False))
    if (low is not None, high is not None) != (has_low, has_high):
        words = f"{'low' if has_low else 'no low'} and {'high' if has_high else 'no high'}"
        return f"comparison '{comparison}' needs {words}"
    if low is not None and high is not None and (low > high or (comparison == "about" and low != high)):
        return f"comparison '{comparison}' needs low {'= high' if comparison == 'about' else '<= high'}"
    return None
