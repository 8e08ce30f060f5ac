"""A row computed again from tables that are given, by macros and models, in a database of its own.

What belongs here: running what an archive holds, with DuckDB alone. Its SQL comes from outside: it gets no files, no
network and no settings, and a time limit.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.answers.time_limit import time_limit
from pipelines.errors import UsageError, shown
from pipelines.warehouse.file import Row, read_rows
from pipelines.warehouse.models.tables import quoted

TABLE = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")

TIME_S = 60.0

TOLERANCE = 1e-9
"""Share by which a number may differ: machines round logarithms alike only to about 16 digits."""


@dataclass(frozen=True)
class Given:
    """A table that is given: names and types of its columns, and its rows as lines of JSON."""

    name: str
    types: Mapping[str, str]
    lines: str


@dataclass(frozen=True)
class Recipe:
    """All that a row is made from: tables, macros and models in order, and where the row is in the last table."""

    given: Sequence[Given]
    macros: Sequence[str]
    models: Mapping[str, str]
    table: str
    key: Mapping[str, Any]


def replay(recipe: Recipe) -> Row:
    """The row, computed again; raises UsageError where that fails."""
    for name in (*recipe.models, *(one.name for one in recipe.given), recipe.table):
        if not TABLE.fullmatch(name):
            raise UsageError(f"{shown(name)} is not the name of a table.")
    with duckdb.connect(":memory:", config={"python_enable_replacements": False}) as connection:
        try:
            with time_limit(connection, TIME_S):
                return _run(connection, recipe)
        except duckdb.Error as error:
            raise UsageError(f"it cannot be computed again: {str(error).splitlines()[0]}") from None


def _run(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> Row:
    connection.execute(
        "set TimeZone = 'UTC'; create schema seeds; create schema core; create schema mart; create schema raw"
    )
    with tempfile.TemporaryDirectory() as folder:
        for one in recipe.given:
            _load(connection, Path(folder) / "rows.json", one)
    connection.execute("set enable_external_access = false; set lock_configuration = true")
    for macro in recipe.macros:
        connection.execute(macro)
    for name, query in recipe.models.items():
        if len(connection.extract_statements(query)) != 1:
            raise UsageError(f"the query of {name} is not one statement.")
        connection.execute(f"create table {name} as {query}")
    where = " and ".join(f'"{name}" = ?' for name in recipe.key)
    rows = read_rows(connection, f"from {recipe.table} where {where}", list(recipe.key.values()))
    if len(rows) != 1:
        raise UsageError(
            f"computed again, {recipe.table} has {len(rows)} rows with the key of the figure; expected one."
        )
    return rows[0]


def _load(connection: duckdb.DuckDBPyConnection, path: Path, one: Given) -> None:
    path.write_text(one.lines, encoding="utf-8")
    columns = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in one.types.items())
    connection.execute(
        f"create table {one.name} as select * from read_json({quoted(str(path))}, columns = {{{columns}}}, "
        "format = 'newline_delimited', maximum_object_size = 33554432)"
    )


def differences(stated: Any, computed: Any, place: str = "") -> list[str]:
    """What differs between two values, by place: numbers beyond rounding, everything else at all.

    >>> differences({"value": 7.0, "unit": "kWh"}, {"value": 7.5, "unit": "kWh"})
    ['value: says 7.0, computed again 7.5']
    """
    if isinstance(stated, dict) and isinstance(computed, dict):
        names = [*stated, *(name for name in computed if name not in stated)]
        return [
            d
            for name in names
            for d in differences(stated.get(name), computed.get(name), f"{place}{'.' * bool(place)}{name}")
        ]
    if isinstance(stated, list) and isinstance(computed, list) and len(stated) == len(computed):
        return [
            d
            for n, pair in enumerate(zip(stated, computed, strict=True), 1)
            for d in differences(*pair, f"{place}[{n}]")
        ]
    if _alike(stated, computed):
        return []
    return [f"{place}: says {stated!r}, computed again {computed!r}"]


def _alike(stated: Any, computed: Any) -> bool:
    if isinstance(stated, int | float) and isinstance(computed, int | float):
        return math.isclose(stated, computed, rel_tol=TOLERANCE)
    return bool(stated == computed)
