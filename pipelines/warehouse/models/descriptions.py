"""Descriptions of columns that only pass through a SQL model: those of the columns where they come from.

A column passes through where the query takes it as it is, through any number of CTEs, subqueries and unions, from
a column of the same name. Its header line may be left out; one that says more, or something else, stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from pipelines.warehouse.models.sql_models import SqlModel, fault, parsed

Origin = tuple[str, str]
"""Table and column."""


def describe_columns(
    model: SqlModel, known: Mapping[str, Mapping[str, str]], intervals: Mapping[str, tuple[str, ...]]
) -> SqlModel:
    """The model with all its columns described, in the order of the query.

    ``known`` maps the tables before it to their columns and descriptions, ``intervals`` to the names of their
    intervals. Raises LedgerError for a column that has no description, or several.
    """
    scope = build_scope(parsed(model.query))
    names = _outputs(scope, known)
    missing = [name for name in names or () if name not in model.columns]
    if names is None or not missing or _spread(scope) & set(missing):
        return _checked(model)
    origins = {name: _passed(scope, name, known) or set() for name in missing}
    inherited = {name: _text(model, name, origins[name], known) for name in missing}
    columns = {name: model.columns.get(name, inherited.get(name, "")) for name in names}
    kept = {
        name
        for name in missing
        if {f"{name}_low", f"{name}_high"} <= columns.keys()
        and any(name in intervals.get(table, ()) for table, _ in origins[name])
    }
    found = tuple(name for name in columns if name in {*model.intervals, *kept})
    return _checked(replace(model, columns={**columns, **model.columns}, intervals=found))


def _checked(model: SqlModel) -> SqlModel:
    if not set(model.key) <= set(model.columns):
        raise fault(
            model.file, 1, "'key:' must name columns of the table.", "Correct '-- key: column, …' in the header."
        )
    return model


def _text(model: SqlModel, name: str, origins: set[Origin], known: Mapping[str, Mapping[str, str]]) -> str:
    texts = {known[table][column]: f"{table}.{column}" for table, column in sorted(origins) if column == name}
    remedy = f"Add '-- column: {name} | …' to the header."
    if not texts or any(column != name for _, column in origins):
        raise fault(model.file, 1, f"column {name} is not documented, and does not pass through.", remedy)
    if len(texts) > 1:
        told = " and ".join(sorted(texts.values()))
        raise fault(model.file, 1, f"column {name} comes from {told}, which are described differently.", remedy)
    return next(iter(texts))


def _spread(scope: Scope | None) -> set[str]:
    """Outputs of a query that may be structs which it spreads into columns without naming them."""
    if scope is None:
        return set()
    if isinstance(scope.expression, exp.SetOperation):
        return set().union(*(_spread(branch) for branch in scope.set_operation_scopes))
    return {one.alias_or_name for one in _selects(scope) if isinstance(one.unalias(), exp.Explode)}


def _outputs(scope: Scope | None, known: Mapping[str, Mapping[str, str]]) -> list[str] | None:
    """Names of the columns that a query makes, in order; None where they do not follow from its text."""
    if scope is None:
        return None
    if isinstance(scope.expression, exp.SetOperation):
        left, right = (_outputs(branch, known) for branch in scope.set_operation_scopes)
        if left is None or right is None:
            return None
        return [*left, *(name for name in right if name not in left)] if scope.expression.args.get("by_name") else left
    names: list[str] = []
    for selected in _selects(scope):
        if not selected.is_star:
            names.append(selected.alias_or_name)
            continue
        inside = _star(scope, selected, known)
        if inside is None:
            return None
        names += inside
    return names


def _selects(scope: Scope) -> list[exp.Expr]:
    return scope.expression.selects if isinstance(scope.expression, exp.Query) else []


def _star(scope: Scope, star: exp.Expr, known: Mapping[str, Mapping[str, str]]) -> list[str] | None:
    source = _source(scope, star.table if isinstance(star, exp.Column) else "")
    inside = star.this if isinstance(star, exp.Column) else star
    if isinstance(source, Scope):
        names = _outputs(source, known)
    elif isinstance(source, exp.Table) and source.db:
        names = list(known.get(f"{source.db}.{source.name}", ()))
    else:
        names = None
    left_out = {one.name for one in inside.args.get("except_") or inside.args.get("except") or ()}
    return None if names is None else [name for name in names if name not in left_out]


def _source(scope: Scope, alias: str) -> Scope | exp.Expression | None:
    sources = {name: source for name, (_, source) in scope.selected_sources.items()}
    return sources.get(alias) if alias else next(iter(sources.values())) if len(sources) == 1 else None


def _passed(scope: Scope | None, name: str, known: Mapping[str, Mapping[str, str]]) -> set[Origin] | None:
    """The columns that a column of a query is taken from as they are; None where it is made from them."""
    if scope is None:
        return None
    if isinstance(scope.expression, exp.SetOperation):
        return _passed_union(scope, name, known)
    for selected in _selects(scope):
        if not selected.is_star and selected.alias_or_name == name:
            column = selected.unalias()
            return _from_source(scope, column.table, column.name, known) if isinstance(column, exp.Column) else None
    for selected in _selects(scope):
        if selected.is_star and name in (_star(scope, selected, known) or ()):
            return _from_source(scope, selected.table if isinstance(selected, exp.Column) else "", name, known)
    return None


def _passed_union(scope: Scope, name: str, known: Mapping[str, Mapping[str, str]]) -> set[Origin] | None:
    found: set[Origin] = set()
    by_name = scope.expression.args.get("by_name")
    left = _outputs(scope.set_operation_scopes[0], known) or []
    for branch in scope.set_operation_scopes:
        names = _outputs(branch, known) or []
        if by_name and name not in names:
            continue  # null there
        here = name if by_name or name not in left else names[left.index(name)]
        origins = _passed(branch, here, known)
        if origins is None:
            return None
        found |= origins
    return found


def _from_source(scope: Scope, alias: str, name: str, known: Mapping[str, Mapping[str, str]]) -> set[Origin] | None:
    source = _source(scope, alias)
    if isinstance(source, Scope):
        return _passed(source, name, known)
    if isinstance(source, exp.Table) and name in known.get(f"{source.db}.{source.name}", ()):
        return {(f"{source.db}.{source.name}", name)}
    return None
