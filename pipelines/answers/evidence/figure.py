"""Evidence written and verified: ``ledger export --figure`` and ``ledger verify``.

What belongs here: what an archive says, and whether it holds. What does not: its format (``bundle.py``), running it
(``replay.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.answers.as_json import as_json
from pipelines.answers.evidence import bundle
from pipelines.answers.evidence.fetched_spans import fetched_spans
from pipelines.answers.evidence.replay import Given, Recipe, differences, replay
from pipelines.answers.evidence.routes import WHOLE, Target, find_target, given_tables, models_of
from pipelines.answers.evidence.spans import Place, named_sources, spans
from pipelines.errors import LedgerError, UsageError
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import Row, data_version, read_rows
from pipelines.warehouse.models.macros import macro_texts, macros_called
from pipelines.warehouse.models.tables import column_types

ABOUT = """\
Evidence for one figure of Compute Ledger: evidence.json says the figure, its sources and the bytes of their rows; tables/ has
every row that it was computed from, macros.sql the formulas, models/ the queries in the order of evidence.json.
ledger verify FILE computes the figure again from these alone and says whether it is the same.
"""


@dataclass(frozen=True)
class Verified:
    """What an archive says, and what in it does not hold."""

    row: Row
    column: str
    key: dict[str, Any]
    build: dict[str, str]
    faults: list[str]


# --- writing --------------------------------------------------------------------------------------------------------


def write_evidence(
    connection: duckdb.DuckDBPyConnection, settings: Settings, subject: str, quantity: str, path: Path
) -> Target:
    """Write the archive of a figure; raises LedgerError if it cannot be computed again from what is in it."""
    target = find_target(connection, subject, quantity)
    where = " and ".join(f"{name} = ?" for name in target.key)
    row = _plain(read_rows(connection, f"from {target.table} where {where}", list(target.key.values()))[0])
    recipe = _least_recipe(connection, target, row)
    rows = {one.name: [json.loads(line) for line in one.lines.splitlines()] for one in recipe.given}
    places = set(_places([row, target.explanation, *rows.values()]))
    evidence = {
        "format": bundle.FORMAT,
        "build": data_version(connection),
        "table": target.table,
        "key": dict(target.key),
        "column": target.column,
        "row": row,
        "explanation": target.explanation,
        "models": list(recipe.models),
        "tables": {one.name: dict(one.types) for one in recipe.given},
        "sources": named_sources(connection, {source for source, _ in places}),
        "rows_of_sources": spans(settings, places),
        "records_of_files": fetched_spans(connection, settings, places),
    }
    members = {
        "ABOUT.txt": ABOUT,
        bundle.EVIDENCE: as_json(evidence) + "\n",
        "macros.sql": "\n\n".join(recipe.macros) + "\n",
        **{f"models/{name}.sql": query + "\n" for name, query in recipe.models.items()},
        **{f"tables/{one.name}.json": one.lines for one in recipe.given},
    }
    bundle.write(path, members)
    return target


def _least_recipe(connection: duckdb.DuckDBPyConnection, target: Target, row: Row) -> Recipe:
    """The recipe with the fewest rows that gives the row: some figures depend on other accelerators, a few on all rows."""
    by_subject = {name: value for name, value in target.narrowed_by.items() if name != "accelerator_id"}
    different: list[str] = []
    for narrowed_by in (target.narrowed_by, by_subject, {}):
        recipe = _recipe(connection, replace(target, narrowed_by=narrowed_by))
        try:
            different = differences(row, _plain(replay(recipe)))
        except UsageError as error:
            different = [str(error)]
        if not different:
            return recipe
    raise LedgerError(f"the figure cannot be computed again from its inputs alone: {different[0]}.")


def _recipe(connection: duckdb.DuckDBPyConnection, target: Target) -> Recipe:
    models = {model.table: model.query.strip() for model in models_of(target.table)}
    texts = macro_texts(SQL / "macros")
    called = macros_called("\n".join(models.values()), texts)
    deepest = sorted(called, key=lambda name: (len(macros_called(called[name], texts)), name))
    macros = [called[name] for name in deepest]  # one that is called comes before those that call it, and calls fewer
    given = [_given(connection, table, target) for table in given_tables(target.table)]
    return Recipe(given, macros, models, target.table, target.key)


def _given(connection: duckdb.DuckDBPyConnection, table: str, target: Target) -> Given:
    """The rows of a table that bear on the figure: those of its subject where it has such a column, else all."""
    types = column_types(connection, table)
    narrowed = {name: value for name, value in target.narrowed_by.items() if name in types and table not in WHOLE}
    any_or_all = " or " if {"training_run_id", "subject_id"} <= narrowed.keys() else " and "
    where = any_or_all.join(f"{name} = ?" for name in narrowed) or "true"
    rows = connection.execute(
        f"select to_json(t)::varchar from (from {table} where {where}) as t", list(narrowed.values())
    ).fetchall()
    return Given(table, types, "".join(f"{row}\n" for (row,) in rows))


def _plain(row: Row) -> Row:
    """A row as JSON gives it back, so that what is written and what is computed are compared alike."""
    plain: Row = json.loads(as_json(row))
    return plain


def _places(value: Any) -> Iterator[Place]:
    """Every source and place in it that a nested answer names."""
    if isinstance(value, dict):
        if value.get("source_id") and value.get("locator"):
            yield value["source_id"], value["locator"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _places(inner)


# --- verifying ------------------------------------------------------------------------------------------------------


def verify(path: Path) -> Verified:
    """Read an archive and compute its figure again, with DuckDB alone; raises UsageError for a file that is none."""
    members, faults = bundle.read(path)
    try:
        said = json.loads(members[bundle.EVIDENCE])
        if said["format"] != bundle.FORMAT:
            raise UsageError(f"{path}: its format is {said['format']!r}; expected {bundle.FORMAT!r}.")
        recipe = Recipe(
            [Given(name, types, members[f"tables/{name}.json"]) for name, types in said["tables"].items()],
            members["macros.sql"].split("\n\n"),
            {name: members[f"models/{name}.sql"] for name in said["models"]},
            said["table"],
            said["key"],
        )
        row, column, key, build = said["row"], said["column"], said["key"], said["build"]
        value = row[column]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(
            "\n".join([*faults, f"{bundle.EVIDENCE}: it does not have the form of one: {error!r}"])
        ) from None
    if not faults:
        faults = differences(row, _plain(replay(recipe)))
        figure = (said["explanation"] or {}).get("figure", {"value": value})
        faults += [f"explanation: {each}" for each in differences(figure["value"], value, "value")]
    return Verified(row, column, key, build, faults)
