"""Every table of the build: what makes it, from which tables and files, by which code.

What belongs here: one ``Recipe`` a table, in an order in which they can be made. What does not: whether a table is to
be made again (``versions.py``), making it (``build.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from graphlib import TopologicalSorter

import duckdb

from pipelines.records.raw_tables import RawRow, raw_columns
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.settings import SQL, Settings
from pipelines.warehouse.code_digests import version_of_code
from pipelines.warehouse.models.checks import CheckedTable
from pipelines.warehouse.models.loading import load_models
from pipelines.warehouse.models.python_tables import PythonTable, make_table, python_tables
from pipelines.warehouse.models.sql_models import TABLE, SqlModel, run_model
from pipelines.warehouse.own_runs import COLUMNS, PARTIALS, TABLES, landed_version
from pipelines.warehouse.raw_layer import feeding_files, file_versions, load_raw, raw_schemas
from pipelines.warehouse.seed_layer import SOURCES_FILE, file_version, load_seed, load_sources, seed_columns, seed_table

Make = Callable[[duckdb.DuckDBPyConnection, Settings], Mapping[str, str]]


def _no_files(_settings: Settings) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Recipe:
    """All that decides the content of one table of the build."""

    table: str
    code_version: str
    columns: Mapping[str, str]
    """What each column means."""
    make: Make = field(repr=False)
    """Makes the table and returns its columns and their types."""
    tables: frozenset[str] = frozenset()
    """Tables that it or its checks read."""
    files: Callable[[Settings], Mapping[str, str]] = field(default=_no_files, repr=False)
    """Versions of all that it reads and that is no table: curated files, snapshots, packages."""
    checked: CheckedTable | None = None


SEED_LAYER, RAW_LAYER = load_seed.__module__, load_raw.__module__


def _of_sources() -> Recipe:
    return Recipe(
        "seeds.sources", version_of_code([SEED_LAYER]), seed_columns()["seeds.sources"], load_sources,
        files=lambda settings: file_version(settings, SOURCES_FILE),
    )  # fmt: skip


def _of_seed(relative: str, schema: type[Fact]) -> Recipe:
    table = seed_table(relative)
    name = table.partition(".")[2]
    targets = {"sources"} | {target for other, _, target, _ in REFERENCES if other == name and target != name}
    return Recipe(
        table,
        version_of_code([SEED_LAYER, schema.__module__]),
        seed_columns()[table],
        lambda connection, settings: load_seed(connection, relative, settings),
        tables=frozenset(f"seeds.{target}" for target in targets),
        files=lambda settings: file_version(settings, relative),
    )


def _of_raw(name: str, schema: type[RawRow]) -> Recipe:
    readers = {file.read.__module__ for file in feeding_files(schema)}
    readers |= {other.__module__ for file in feeding_files(schema) for other in file.tables}
    return Recipe(
        name,
        version_of_code([RAW_LAYER, schema.__module__, *readers]),
        raw_columns(schema),
        lambda connection, settings: load_raw(connection, name, settings),
        files=partial(file_versions, schema),
    )


def _of_own_runs(table: str) -> Recipe:
    own = TABLES[table]
    return Recipe(
        table,
        version_of_code([own.load.__module__]),
        COLUMNS[table],
        own.load,
        files=landed_version,
        checked=own if table == PARTIALS else None,
    )


def _of_python(table: PythonTable) -> Recipe:
    own = {table.make.__module__, make_table.__module__, CheckedTable.__module__}
    read = {*table.reads, *(name for check in table.checks.values() for name in TABLE.findall(check))}
    return Recipe(
        table.table,
        version_of_code(own),
        table.columns,
        lambda connection, _settings: make_table(connection, table),
        tables=frozenset(read - {table.table}),
        checked=table,
    )


def model_recipe(model: SqlModel) -> Recipe:
    """The recipe of the table of one SQL model."""
    return Recipe(
        model.table,
        model.code_version,
        model.columns,
        lambda connection, _settings: run_model(connection, model),
        tables=model.depends_on,
        checked=model,
    )


@cache
def sql_models() -> dict[str, SqlModel]:
    """All SQL models by table; raises LedgerError for one that does not hold the rules."""
    made = {name: table.columns for name, table in python_tables().items()}
    raw = {name: raw_columns(schema) for name, schema in raw_schemas().items()}
    return load_models(SQL, "sql", {**seed_columns(), **raw, **COLUMNS, **made})


@cache
def recipes() -> dict[str, Recipe]:
    """The recipe of every table, each after those of the tables that it reads."""
    found = [
        _of_sources(),
        *(_of_seed(relative, schema) for relative, schema in SEED_FILES.items()),
        *(_of_raw(name, schema) for name, schema in raw_schemas().items()),
        *(_of_own_runs(table) for table in TABLES),
        *(_of_python(table) for table in python_tables().values()),
        *(model_recipe(model) for model in sql_models().values()),
    ]
    by_table = {recipe.table: recipe for recipe in found}
    order = TopologicalSorter({table: sorted(recipe.tables) for table, recipe in by_table.items()}).static_order()
    return {table: by_table[table] for table in order}


def with_dependents(tables: Iterable[str], of: Mapping[str, Recipe]) -> list[str]:
    """Tables and all that are made from them, however far, in an order in which they can be made."""
    found = set(tables)
    for table, recipe in of.items():
        if recipe.tables & found:
            found.add(table)
    return [table for table in of if table in found]
