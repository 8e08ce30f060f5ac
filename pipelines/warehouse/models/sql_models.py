"""A SQL file -> a documented, checked table.

What belongs here: the header grammar, the rules that a model must keep, running one model. What does
not: its checks (``checks.py``), Dagster (``defs/model_assets.py``), any knowledge of a particular table.

The path of a file names its table: ``sql/core/training/training_compute.sql`` is ``core.training_compute``; the
folder between the layer and the name sorts by subject and has no meaning.
The header is the run of comment lines at the top::

    -- One row per training run and method.
    -- key: training_run_id, method
    -- column: training_run_id | Key of core.training_runs.
    -- interval: training_flop | FLOP of the run.
    -- check: flop_is_positive | select * from core.training_compute where training_flop <= 0
    -- warn: every_run_is_named | select * from core.training_compute where model_name is null
    -- aside: hours_are_positive | select * from core.training_compute where hours <= 0

``key`` names the columns that identify a row. ``column`` documents one column; ``interval`` documents
three, ``x_low``, ``x`` and ``x_high``. ``check`` is a query that returns the rows that are wrong, and stops a
build that has any: it guards against faults of our own. ``warn`` is one whose rows are reported while the build goes on, as
for sentences that lack a number. ``aside`` is one whose rows are taken out of the table and noted in meta.rejects: it is for
tables whose rows are what a publisher says, and there a row that fails a built-in check is set aside too. A line
that starts with ``--`` and at least three blanks goes on with the one before. ``as: core.other`` takes key and
columns from another header. A column that only passes through needs no line: see ``descriptions``. The described
columns must be the real ones, in order. Every model also gets three built-in checks: the
key is unique and never null, intervals are ordered, no number is infinite or NaN.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.errors import LedgerError
from pipelines.records.code_versions import code_version
from pipelines.warehouse.models.macros import macro_texts, macros_called
from pipelines.warehouse.models.set_aside import set_aside
from pipelines.warehouse.models.tables import column_types, describe_table

if TYPE_CHECKING:
    from sqlglot import exp  # takes 0.1 s to load, which a model that a build has run does not need

LAYERS = ("seeds", "raw", "core", "mart")
"""Order of the layers: a model reads its own or earlier layers only."""


TAG = re.compile(r"--\s?(as|key|column|interval|check|warn|aside):\s*(.*)")


CONTINUED = re.compile(r"--\s{3,}(\S.*)")


TABLE = re.compile(rf"\b(?:{'|'.join(LAYERS)})\.\w+")


TABLE_OR_META = re.compile(rf"\b(?:{'|'.join(LAYERS)}|meta)\.\w+")


IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class SqlModel:
    """One SQL file: its table, documentation, checks and query."""

    schema: str
    name: str
    file: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, str]
    intervals: tuple[str, ...]
    checks: dict[str, str]
    warnings: frozenset[str]
    asides: frozenset[str]
    """Names of the checks whose rows are set aside."""
    query: str
    depends_on: frozenset[str] = field(default_factory=frozenset)
    """Tables that the query or a check reads."""
    alike: str = ""
    formulas: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The macros that the query or a check calls, however far, with their definitions."""

    @property
    def table(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def code_version(self) -> str:
        """Digest of all that decides content, comments and checks: the file, its formulas, the code that runs it."""
        machinery = code_version(frozenset({__name__, "pipelines.warehouse.models.checks"}))
        parts = (
            machinery, self.table, self.description, self.key, self.columns, self.intervals, self.checks, self.query,
            sorted(self.warnings), sorted(self.asides), dict(self.formulas),
        )  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def fault(file: str, line: int, rule: str, remedy: str) -> LedgerError:
    """The error of a SQL file: where, what is wrong, and what to do."""
    return LedgerError(f"{file}:{line}: {rule} {remedy}")


def _logical_lines(text: str) -> tuple[list[tuple[int, str]], str, int]:
    """The header as (line number, text) with continued lines joined, the query below it and its first line."""
    header: list[tuple[int, str]] = []
    lines = text.splitlines(keepends=True)
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip()
        if not line.startswith("--"):
            rest = "".join(lines[number - 1 :])
            blank = len(rest) - len(rest.lstrip())
            return header, rest.strip().rstrip(";"), number + rest[:blank].count("\n")
        if header and (more := CONTINUED.fullmatch(line)):
            header[-1] = (header[-1][0], f"{header[-1][1]} {more[1]}")
        else:
            header.append((number, line))
    return header, "", len(lines) + 1


TablesIn = Callable[[str, str, int], frozenset[str]]
"""Finds the tables that a query reads, given also its file and line."""


def tables_named(query: str, _file: str = "", _line: int = 0) -> frozenset[str]:
    """Every ``schema.name`` that a query holds outside of comments: enough where a build has run it.

    >>> sorted(tables_named("select 1 -- core.no\nfrom core.a as a, seeds.b"))
    ['core.a', 'seeds.b']
    """
    return frozenset(TABLE.findall(re.sub("--.*", "", query)))


def parse_model(text: str, file: str, schema: str, name: str, tables_in: TablesIn | None = None) -> SqlModel:
    """Read one model; raises LedgerError naming file, line, rule and remedy.

    ``tables_in`` finds the tables that a query reads. The default parses the query: that is slow, and refuses what is
    not a query.
    """
    tables_in = tables_in or _read_tables
    header, query, query_line = _logical_lines(text)
    if not query:
        raise fault(file, 1, "the file has no query.", "Write one select statement below the header.")
    description: list[str] = []
    alike = ""
    key: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    intervals: list[str] = []
    checks: dict[str, str] = {}
    marked: dict[str, set[str]] = {"warn": set(), "aside": set()}
    for number, line in header:
        tag = TAG.fullmatch(line)
        if tag is None:
            if columns or checks or key or alike:
                raise fault(
                    file,
                    number,
                    f"'{line}' is not a known tag.",
                    "Use as:, key:, column:, interval:, check:, warn: or aside:.",
                )
            description.append(line.removeprefix("--").strip())
            continue
        kind, rest = tag.groups()
        if kind == "as":
            alike = rest.strip()
            continue
        if kind == "key":
            key = tuple(part.strip() for part in rest.split(","))
            continue
        subject, bar, content = (part.strip() for part in rest.partition("|"))
        if not bar or not content or not IDENTIFIER.fullmatch(subject):
            raise fault(file, number, f"'{kind}: {rest}' is incomplete.", f"Write '{kind}: name | text'.")
        entries = {subject: content}
        if kind == "interval":
            intervals.append(subject)
            entries = {
                f"{subject}_low": f"Lower bound (5th percentile). {content}",
                subject: content,
                f"{subject}_high": f"Upper bound (95th percentile). {content}",
            }
        if kind in marked:
            marked[kind].add(subject)
        target = checks if kind in ("check", *marked) else columns
        if again := sorted(entries.keys() & target.keys()):
            raise fault(file, number, f"{again[0]} is documented twice.", "Keep one of the two lines.")
        target.update(entries)
    if not " ".join(description).strip():
        raise fault(file, 1, "there is no description.", "Begin with a comment that says what one row is.")
    if not key and not alike:
        raise fault(file, 1, "there is no key.", "Add '-- key: column, …' to the header.")
    checked = set().union(*(tables_in(check, file, 1) for check in checks.values())) - {f"{schema}.{name}"}
    return SqlModel(
        schema, name, file, " ".join(description), key, columns, tuple(intervals), checks, frozenset(marked["warn"]),
        frozenset(marked["aside"]), query, frozenset(tables_in(query, file, query_line) | checked), alike,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def parsed(query: str) -> exp.Expr:
    """The tree of one statement; it is read at several places and parsed once, so nobody may change it."""
    import sqlglot

    return sqlglot.parse_one(query, read="duckdb")


@lru_cache(maxsize=1024)
def _read_tables(query: str, file: str, line: int) -> frozenset[str]:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        statement = parsed(query)
    except SqlglotError as error:
        message = str(error).splitlines()[0]
        raise fault(file, line, f"the query cannot be read: {message}", "Try it in a shell.") from None
    if not isinstance(statement, exp.Query):
        raise fault(file, line, "expected exactly one select statement.", "Split the file.")
    names = {cte.alias for cte in statement.find_all(exp.CTE)}
    tables = set()
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue  # a table function such as unnest(…)
        if not table.db and table.name not in names:
            raise fault(
                file,
                line,
                f"table {table.name} has no schema.",
                f"Write one of {', '.join(LAYERS)} before it.",
            )
        if table.db:
            tables.add(f"{table.db}.{table.name}")
    return frozenset(tables)


def read_models(folder: Path, file_prefix: str) -> dict[str, SqlModel]:
    """All models below ``folder`` by table name: ``LAYER/NAME.sql`` or ``LAYER/SUBJECT/NAME.sql``.

    Raises LedgerError for a bad header, or for two files that name one table.
    """
    models: dict[str, SqlModel] = {}
    texts = macro_texts(folder / "macros")
    for path in sorted([*folder.glob("*/*.sql"), *folder.glob("*/*/*.sql")]):
        inside = path.relative_to(folder)
        schema = inside.parts[0]
        if schema in LAYERS:
            model = parse_model(
                path.read_text(encoding="utf-8"), f"{file_prefix}/{inside.as_posix()}", schema, path.stem
            )
            if model.table in models:
                raise fault(model.file, 1, f"{models[model.table].file} makes {model.table} too.", "Rename one.")
            called = macros_called("\n".join((model.query, *model.checks.values())), texts)
            models[model.table] = replace(model, formulas=called)
    return models


def run_model(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> dict[str, str]:
    """Make the model's table with its comments; returns its columns and their types.

    Raises LedgerError if the query fails or its columns are not the documented ones.
    """
    try:
        connection.execute(f"create schema if not exists {model.schema}")
        connection.execute(f"create or replace table {model.table} as {model.query}")
    except duckdb.Error as error:
        raise LedgerError(f"{model.file}: the query failed: {error}") from error
    types = column_types(connection, model.table)
    if list(types) != list(model.columns):
        missing = [name for name in types if name not in model.columns]
        extra = [name for name in model.columns if name not in types]
        detail = "; ".join(
            part for part in (
                f"not documented: {', '.join(missing)}" if missing else "",
                f"documented but missing: {', '.join(extra)}" if extra else "",
            ) if part
        ) or f"in another order: {', '.join(types)}"  # fmt: skip
        connection.execute(f"drop table {model.table}")
        raise fault(model.file, 1, f"documented columns must equal the real ones; {detail}.", "Edit the header.")
    describe_table(connection, model.table, model.description, model.columns)
    set_aside(connection, model, types)
    return types
