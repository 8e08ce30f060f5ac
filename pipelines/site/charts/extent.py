"""Least, most and median of a column, as numbers: Polars types them as any value, or none."""

from __future__ import annotations

from typing import cast

import polars as pl


def _number(value: object, values: pl.Series) -> float:
    if value is None:
        raise ValueError(f"column {values.name!r} holds no value, so it has no extent")
    return float(cast(float, value))


def least_of(values: pl.Series) -> float:
    """The smallest value; raises ValueError where there is none."""
    return _number(values.min(), values)


def most_of(values: pl.Series) -> float:
    """The largest value; raises ValueError where there is none."""
    return _number(values.max(), values)


def median_of(values: pl.Series) -> float:
    """The median; raises ValueError where there is no value."""
    return _number(values.median(), values)
