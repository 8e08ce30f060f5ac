"""All SQL models of a folder, as one set: in an order in which they can run, and with every column described.

What belongs here: the rules between models. What does not: the rules of one file (``sql_models``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pipelines.warehouse.models.descriptions import describe_columns
from pipelines.warehouse.models.sql_models import LAYERS, SqlModel, fault, read_models


def load_models(folder: Path, file_prefix: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, SqlModel]:
    """All models below ``folder``, in an order in which they can run.

    ``known`` maps the tables that are made elsewhere (seeds, raw) to their columns and descriptions. Raises LedgerError
    for a bad header, an unknown table, a layer that reads a later one, a cycle, or a column that is not described.
    """
    written = read_models(folder, file_prefix)
    models = {table: _alike(model, written) for table, model in written.items()}
    _check_readings(models, known)
    described: dict[str, Mapping[str, str]] = dict(known)
    loaded: dict[str, SqlModel] = {}
    for table in _order(models):
        intervals = {name: one.intervals for name, one in loaded.items()}
        loaded[table] = describe_columns(models[table], described, intervals)
        described[table] = loaded[table].columns
    return loaded


def _alike(model: SqlModel, models: Mapping[str, SqlModel]) -> SqlModel:
    """The model with key and columns of the one that its header names with ``as:``."""
    if not model.alike:
        return model
    other = models.get(model.alike)
    if other is None or other.alike:
        raise fault(model.file, 1, f"'as: {model.alike}' names no model with a header of its own.", "Correct the name.")
    return replace(model, key=model.key or other.key, columns={**other.columns, **model.columns},
                   intervals=tuple(dict.fromkeys((*other.intervals, *model.intervals))))  # fmt: skip


def _check_readings(models: Mapping[str, SqlModel], known: Mapping[str, object]) -> None:
    for model in models.values():
        for table in sorted(model.depends_on):
            if table not in models and table not in known:
                near = ", ".join(sorted(t for t in {*models, *known} if t.split(".")[-1] == table.split(".")[-1]))
                raise fault(model.file, 1, f"nothing produces table {table}.",
                             f"Did you mean {near}?" if near else "Add its file, or correct the name.")  # fmt: skip
            if LAYERS.index(table.split(".")[0]) > LAYERS.index(model.schema):
                raise fault(model.file, 1, f"a {model.schema} model may not read {table}.",
                             f"The order is {' → '.join(LAYERS)}: move the model or the reading.")  # fmt: skip


def _order(models: Mapping[str, SqlModel]) -> list[str]:
    try:
        sorter = TopologicalSorter({table: models[table].depends_on & models.keys() for table in sorted(models)})
        sorter.prepare()
        ordered: list[str] = []
        while sorter.is_active():
            for table in sorted(sorter.get_ready()):
                ordered.append(table)
                sorter.done(table)
        return ordered
    except CycleError as error:
        circle = " → ".join(error.args[1])
        first = models[error.args[1][0]]
        raise fault(first.file, 1, f"the models depend on each other in a circle: {circle}.", "Break it.") from None
