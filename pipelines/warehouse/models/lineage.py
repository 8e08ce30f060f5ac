"""Which columns of which tables each column of a SQL model is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from pipelines.warehouse.models.sql_models import SqlModel, parsed


def column_lineage(model: SqlModel, schemas: Mapping[str, Iterable[str]]) -> list[tuple[str, str, str]]:
    """(column, upstream table, upstream column) for every column of ``model``.

    ``schemas`` maps each table that the model may read to its columns.
    """
    nested: dict[str, Any] = {}
    for table in model.depends_on:
        schema, name = table.split(".")
        nested.setdefault(schema, {})[name] = dict.fromkeys(schemas[table], "text")
    tree = qualify(
        parsed(model.query).copy(),  # which qualify() changes
        schema=nested, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False,
    )  # fmt: skip
    found = dict(_origins(build_scope(tree), {}))
    # A struct that unnest() spreads is one output of the query and several columns of the table.
    spread = {pair for name, pairs in found.items() if name not in model.columns for pair in pairs}
    return sorted({(c, t, u) for c in model.columns for t, u in found.get(c, spread)})


Origins = list[tuple[str, set[tuple[str, str]]]]
"""Output columns of a query in order, each with the (table, column) pairs that its expression reads."""


def _origins(scope: Scope | None, seen: dict[int, Origins]) -> Origins:
    if scope is None:
        return []
    if id(scope) in seen:
        return seen[id(scope)]
    result: Origins = []
    seen[id(scope)] = result
    if isinstance(scope.expression, exp.SetOperation):
        left, right = (_origins(branch, seen) for branch in scope.set_operation_scopes)
        if scope.expression.args.get("by_name"):
            result.extend((name, pairs | dict(right).get(name, set())) for name, pairs in left)
        else:
            result.extend((name, pairs | other) for (name, pairs), (_, other) in zip(left, right, strict=True))
        return result
    inner = {id(s.expression): s for s in scope.subquery_scopes}
    selects = scope.expression.selects if isinstance(scope.expression, exp.Query) else []
    for selected in selects:
        pairs: set[tuple[str, str]] = set()
        for column in selected.find_all(exp.Column):
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                if source.db:
                    pairs.add((f"{source.db}.{source.name}", column.name))
            elif source is not None:
                pairs |= dict(_origins(source, seen)).get(column.name, set())
        for query in selected.find_all(exp.Query):
            for _, sources in _origins(inner.get(id(query)), seen):
                pairs |= sources
        result.append((selected.alias_or_name, pairs))
    return result
