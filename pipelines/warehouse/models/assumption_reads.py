"""Which assumptions the SQL models read, by name.

A model reads an assumption as ``assumed['pue']`` from core.assumption_sets, or compares ``name`` or ``assumption``
with a text: ``where name = 'weight_bits'``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from pipelines.warehouse.models.sql_models import SqlModel, parsed

NAMED = frozenset({"name", "assumption"})
"""Columns that hold the name of an assumption."""


def assumptions_taken(model: SqlModel) -> set[str]:
    """Names that the model takes from the map of a subject: each must be there, or the model computes with null."""
    tree = parsed(model.query)
    maps = (node for node in tree.find_all(exp.Bracket) if _column(node) == "assumed")
    return {text for node in maps for text in _texts(node.expressions)}


def assumptions_compared(model: SqlModel) -> set[str]:
    """Texts that the model compares with a name."""
    tree = parsed(model.query)
    equal = (node for node in tree.find_all(exp.EQ) if _column(node) in NAMED)
    listed = (node for node in tree.find_all(exp.In) if _column(node) in NAMED)
    return {text for node in equal for text in _texts([node.expression])} | {
        text for node in listed for text in _texts(node.expressions)
    }


def _column(node: exp.Expression) -> str | None:
    return node.this.name if isinstance(node.this, exp.Column) else None


def _texts(nodes: Iterable[exp.Expression]) -> Iterator[str]:
    return (node.this for node in nodes if isinstance(node, exp.Literal) and node.is_string)


def assumption_faults(models: Iterable[SqlModel], lines: Mapping[str, int]) -> list[str]:
    """What does not fit between the models and the assumptions, each of which stands in that line of its file."""
    taken = {name: model.file for model in models for name in assumptions_taken(model)}
    read = taken.keys() | {name for model in models for name in assumptions_compared(model)}
    unread = [
        f"seeds/assumptions.csv:{line}: no model reads {name}. Use it in a model, or remove its rows."
        for name, line in sorted(lines.items(), key=lambda item: item[1])
        if name not in read
    ]
    unknown = [
        f"{file}: no assumption is called {name}. Add it to seeds/assumptions.csv, or correct the name."
        for name, file in sorted(taken.items())
        if name not in lines
    ]
    return unread + unknown
