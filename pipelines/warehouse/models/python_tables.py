"""The tables that Python makes, because SQL cannot: one decorated function a table is all that it takes.

What belongs here: the registry, and making one table. What does not: the statistics (each in its own module of this
folder, which is found by itself), Dagster (``defs/model_assets.py``).

The function gets the rows of each table that it reads, as a frame, and gives a frame with the documented columns.
The asset, its description, its dependencies, the comments in the file and the checks follow from the registration.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl

from pipelines.warehouse.models.tables import write_table

Make = Callable[..., pl.DataFrame]


@dataclass(frozen=True)
class PythonTable:
    """A registered table: what it reads, what its columns mean, and the function that makes it."""

    table: str
    """``schema.name``."""
    description: str
    reads: tuple[str, ...]
    key: tuple[str, ...]
    columns: Mapping[str, str]
    make: Make = field(repr=False)
    checks: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Where the function is written, from the folder of the project."""
        return f"{self.make.__module__.replace('.', '/')}.py"

    @property
    def warnings(self) -> frozenset[str]:
        """None: each of its checks stops a build."""
        return frozenset()

    @property
    def intervals(self) -> tuple[str, ...]:
        """Columns that stand between two others of the same name with ``_low`` and ``_high``."""
        return tuple(name for name in self.columns if {f"{name}_low", f"{name}_high"} <= self.columns.keys())


_REGISTERED: dict[str, PythonTable] = {}


def python_tables() -> dict[str, PythonTable]:
    """All tables that Python makes, by name; the modules of this package are imported first."""
    import pipelines.warehouse.models as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_REGISTERED.items()))


def python_table(
    table: str,
    *,
    reads: Sequence[str],
    key: Sequence[str],
    columns: Mapping[str, str],
    checks: Mapping[str, str] | None = None,
) -> Callable[[Make], Make]:
    """Register a function as the maker of ``table``; the first paragraph of its docstring describes the table.

    ``reads`` are the tables whose rows it gets, ``columns`` what each column means, ``checks`` queries that return
    wrong rows. Raises ValueError at import where the registration is incomplete or not the only one.
    """

    def register(make: Make) -> Make:
        description = " ".join((inspect.getdoc(make) or "").split("\n\n")[0].split())
        where = f"{make.__module__}.{make.__name__}"
        if table in _REGISTERED:
            raise ValueError(f"{where}: {_REGISTERED[table].make.__module__} makes {table} too. Rename one.")
        if not description:
            raise ValueError(f"{where}: there is no description. Begin its docstring with what one row of {table} is.")
        if not key or not set(key) <= set(columns):
            raise ValueError(f"{where}: the key {list(key)} of {table} must name documented columns.")
        _REGISTERED[table] = PythonTable(table, description, tuple(reads), tuple(key), columns, make, checks or {})
        return make

    return register


def make_table(connection: duckdb.DuckDBPyConnection, table: PythonTable) -> dict[str, str]:
    """Make one table from those that it reads; returns its columns and their types.

    Raises LedgerError where the documented columns are not those of the frame.
    """
    frames = [connection.sql(f"select * from {name}").pl() for name in table.reads]
    return write_table(connection, table.table, table.make(*frames), table.description, table.columns)
