"""Types of fields that curated and fetched records share: what a cell may hold, and what the error says."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


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


Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]*$", max_length=80)]


SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=80)]


Country = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


Text = Annotated[str, Field(min_length=1, max_length=400)]


DatePrecision = Literal["day", "month", "quarter", "year"]
