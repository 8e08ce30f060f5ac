"""Typed records -> polars frames with the columns of their schema."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from pipelines.records.units import unit_of

if TYPE_CHECKING:
    import polars as pl  # takes 0.1 s to load, which not every command needs

NUMBERS = (float, int)


def _plain_type(annotation: Any) -> type:
    """The Python type below Annotated, Optional and Literal."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain_type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _plain_type(next(a for a in get_args(annotation) if a is not type(None)))
    if origin is Literal:
        return str
    return typing.cast(type, annotation)


def polars_schema(schema: type[BaseModel]) -> dict[str, pl.DataType]:
    """Columns of a pydantic model as polars types."""
    import polars as pl

    kinds: dict[type, pl.DataType] = {
        str: pl.String(), float: pl.Float64(), int: pl.Int64(), bool: pl.Boolean(), date: pl.Date()
    }  # fmt: skip
    return {name: kinds[_plain_type(field.annotation)] for name, field in schema.model_fields.items()}


def field_descriptions(schema: type[BaseModel]) -> dict[str, str]:
    """Columns of a pydantic model and their descriptions."""
    return {name: field.description or "" for name, field in schema.model_fields.items()}


def rows_to_frame(schema: type[BaseModel], rows: Sequence[BaseModel]) -> pl.DataFrame:
    """Typed rows as a frame whose columns are the model's fields, also where there is no row."""
    import polars as pl

    return pl.DataFrame([row.model_dump() for row in rows], schema=polars_schema(schema))


def columns_without_unit(schema: type[BaseModel]) -> list[str]:
    """Columns of numbers whose name ends in no unit of the closed list."""
    found = []
    for name, field in schema.model_fields.items():
        try:
            unit_of(name, "DOUBLE" if _plain_type(field.annotation) in NUMBERS else "VARCHAR")
        except KeyError:
            found.append(name)
    return found
