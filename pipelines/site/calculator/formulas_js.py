"""Formulas of the page's calculator: the SQL macros themselves, written as JavaScript.

So a formula stands in one place. The macros that are needed, and those that they call, are parsed and printed;
whatever this printer does not know is an error while the page is made, never another result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import cast

import sqlglot
from sqlglot import exp

from pipelines.errors import LedgerError
from pipelines.settings import REPORTS

MACRO = re.compile(r"create or replace macro (\w+)\(([^)]*)\) as\s+(.*?);\s*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*")

CALLS: dict[type[exp.Expr], str] = {
    exp.Add: "add",
    exp.Sub: "sub",
    exp.Mul: "mul",
    exp.Div: "div",
    exp.Pow: "pow",
    exp.GT: "gt",
    exp.GTE: "gte",
    exp.LT: "lt",
    exp.LTE: "lte",
    exp.EQ: "eq",
    exp.NEQ: "neq",
    exp.Log: "log",
}
"""Operations of two operands -> the function of reports/sheets/sql.js, which is null where an operand is null."""
FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Ln: "ln",
    exp.Exp: "exp",
    exp.Sqrt: "sqrt",
    exp.Abs: "abs",
    exp.Sin: "sin",
    exp.Asin: "asin",
    exp.Ceil: "ceil",
    exp.Neg: "neg",
    exp.Not: "not",
}
"""The same of one operand."""
LOGIC: dict[type[exp.Expr], str] = {exp.And: "&&", exp.Or: "||"}
"""A null is as good as false wherever a condition decides."""


def read_bodies(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Arguments and SQL text of every macro below ``folder``."""
    found = {}
    for path in sorted(folder.glob("*.sql")):
        for name, arguments, body in MACRO.findall(COMMENT.sub("", path.read_text(encoding="utf-8"))):
            names = [part.partition(":=")[0].strip() for part in arguments.split(",") if part.strip()]
            found[name] = (names, body)
    return found


def _call(node: exp.Expr) -> str:
    """A call of another macro."""
    named = cast(exp.Anonymous, node)
    return f"{named.name}({', '.join(printed(one) for one in named.expressions)})"


def _column(node: exp.Expr) -> str:
    """A name, or fields of one: null where what holds the field is null, as in SQL."""
    first, *fields = (part.name for part in cast(exp.Column, node).parts)
    return first + "".join(f"?.{field}" for field in fields)


def _field(node: exp.Expr) -> str:
    return f"{printed(node.this)}?.{node.expression.name}"


def _struct(node: exp.Expr) -> str:
    parts = (f"{one.this.name}: {printed(one.expression)}" for one in node.expressions)
    return f"({{ {', '.join(parts)} }})"


def _bound(node: exp.Expr) -> str:
    """``list_transform([x], lambda q: …)[1]``: a value that is bound to a name and used several times."""
    return _element(node.this)


def _element(node: exp.Expr) -> str:
    """The one element of a list."""
    if isinstance(node, exp.Array) and len(node.expressions) == 1:
        return printed(node.expressions[0])
    if isinstance(node, exp.Transform):
        function = node.expression
        return f"(({function.expressions[0].name}) => {printed(function.this)})({_element(node.this)})"
    raise LedgerError(f"a formula indexes something else than list_transform([x], lambda …): {node.sql('duckdb')}")


def _case(node: exp.Expr) -> str:
    case = cast(exp.Case, node)
    otherwise = printed(case.args["default"]) if case.args.get("default") is not None else "null"
    chosen = f"{printed(case.this)} === " if case.this is not None else ""  # of texts that are known
    for branch in reversed(case.args["ifs"]):
        otherwise = f"({chosen}{printed(branch.this)} ? {printed(branch.args['true'])} : {otherwise})"
    return otherwise


def _between(node: exp.Expr) -> str:
    return f"sql.within({', '.join(printed(one) for one in (node.this, node.args['low'], node.args['high']))})"


def _among(node: exp.Expr) -> str:
    return f"[{', '.join(printed(one) for one in node.expressions)}].includes({printed(node.this)})"


def _is_null(node: exp.Expr) -> str:
    if not isinstance(node.expression, exp.Null):
        raise LedgerError(f"a formula tests for something else than null: {node.sql('duckdb')}")
    return f"sql.isNull({printed(node.this)})"


def _cast(node: exp.Expr) -> str:
    """The value alone: all numbers of JavaScript are doubles. Infinity is written as a text in SQL."""
    infinite = {"infinity": "Infinity", "-infinity": "-Infinity"}
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        return infinite.get(node.this.this, printed(node.this))
    inner = printed(node.this)
    return f"sql.float({inner})" if cast(exp.Cast, node).to.this == exp.DType.FLOAT else inner


def _coalesce(node: exp.Expr) -> str:
    return "(" + " ?? ".join(printed(one) for one in (node.this, *node.expressions)) + ")"


def _extreme(node: exp.Expr) -> str:
    name = "sql.greatest" if isinstance(node, exp.Greatest) else "sql.least"
    return f"{name}({', '.join(printed(one) for one in (node.this, *node.expressions))})"


def _literal(node: exp.Expr) -> str:
    return json.dumps(node.this) if node.args["is_string"] else str(node.this)


PRINTERS: dict[type[exp.Expr], Callable[[exp.Expr], str]] = {
    exp.Anonymous: _call,
    exp.Column: _column,
    exp.Identifier: lambda node: node.name,
    exp.Dot: _field,
    exp.Struct: _struct,
    exp.Bracket: _bound,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Greatest: _extreme,
    exp.Least: _extreme,
    exp.Literal: _literal,
    exp.Between: _between,
    exp.Cast: _cast,
    exp.Paren: lambda node: f"({printed(node.this)})",
    exp.Pi: lambda _: "Math.PI",
    exp.Null: lambda _: "null",
    exp.Boolean: lambda node: str(node.this).lower(),
    exp.Is: _is_null,
    exp.In: _among,
    exp.Placeholder: lambda node: f"asked.{node.this}",
}


def printed(node: exp.Expr) -> str:
    """An expression of DuckDB as JavaScript; raises LedgerError for one that this printer does not know."""
    kind = type(node)
    if kind in PRINTERS:
        return PRINTERS[kind](node)
    if kind in CALLS:
        return f"sql.{CALLS[kind]}({printed(node.this)}, {printed(node.expression)})"
    if kind in LOGIC:
        return f"({printed(node.this)} {LOGIC[kind]} {printed(node.expression)})"
    if kind in FUNCTIONS:
        return f"sql.{FUNCTIONS[kind]}({printed(node.this)})"
    raise LedgerError(
        f"a formula of the calculator uses {kind.__name__}, which cannot be written as JavaScript: {node.sql('duckdb')}"
    )


def formulas_script(folder: Path, wanted: Iterable[str], models: Mapping[str, str] | None = None) -> str:
    """``const formulas = …``: the wanted macros and those that they call, as functions of the same names.

    ``models`` are queries by name, each of which becomes a function too (``model_js``).
    """
    bodies = read_bodies(folder)
    queries = {name: sqlglot.parse_one(text, read="duckdb") for name, text in (models or {}).items()}
    trees: dict[str, exp.Expr] = {}
    waiting = [*wanted, *(call.name for query in queries.values() for call in query.find_all(exp.Anonymous))]
    while waiting:
        name = waiting.pop()
        if name in trees:
            continue
        if name not in bodies:
            raise LedgerError(f"the calculator needs the macro {name}, which sql/macros does not define.")
        trees[name] = sqlglot.parse_one(bodies[name][1], read="duckdb")
        waiting += [call.name for call in trees[name].find_all(exp.Anonymous)]
    lines = [f"  const {name} = ({', '.join(bodies[name][0])}) => {printed(trees[name])};" for name in sorted(trees)]
    lines += [f"  const {name} = {function_of_rows(query)};" for name, query in queries.items()]
    names = ", ".join([*sorted(trees), *queries])
    arithmetic = (REPORTS / "sheets" / "sql.js").read_text(encoding="utf-8")
    return "\n".join([arithmetic, "const formulas = (() => {", *lines, f"  return {{ {names} }};", "})();"])


# Queries of rows


def function_of_rows(query: exp.Expr) -> str:
    """A query whose every step makes one row of one row, as a function of the rows that its first step joins.

    The arguments are the joined tables by their aliases, in an object; ``asked`` holds the values of placeholders.
    Conditions of joins and filters are left to who chooses the rows.
    """
    steps = [(step.alias, step.this) for step in query.args["with_"].expressions] if query.args.get("with_") else []
    joined: list[str] = []
    lines = []
    for name, step in [*steps, ("made", query)]:
        tables = [step.args["from_"].this, *(join.this for join in step.args.get("joins") or [])]
        if not joined:
            joined = [table.alias_or_name for table in tables]
            lines.append(f"({{ {', '.join(joined)} }}, asked = {{}}) => {{")
            sources = set(joined)
        elif len(tables) > 1:
            raise LedgerError(f"a later step of a query of rows joins: {step.sql('duckdb')[:80]}")
        else:
            sources = set()
        lines.append(f"    const {name} = {{ {', '.join(_fields(step, tables[0].alias_or_name, sources))} }};")
    return "\n".join([*lines, "    return made;", "  }"])


def _fields(step: exp.Expr, table: str, sources: Set[str]) -> Iterator[str]:
    """The columns that a step selects, as fields of an object; ``table`` has the columns without a table's name."""
    for column in cast(exp.Select, step).expressions:
        if column.is_star:  # columns that a star leaves out are made anew beside it
            yield f"...{column.table or table if isinstance(column, exp.Column) else table}"
        else:
            made = column.this if isinstance(column, exp.Alias) else column
            yield f"{column.alias_or_name}: {printed(made.transform(_placed, table, sources))}"


def _placed(node: exp.Expr, table: str, sources: Set[str]) -> exp.Expr:
    """A column with the name of the row that has it: that of a joined table as it is."""
    if not isinstance(node, exp.Column) or node.parts[0].name in sources:
        return node
    parts = reversed([exp.to_identifier(table), *(part.copy() for part in node.parts)])
    return exp.Column(**dict(zip(("this", "table", "db", "catalog"), parts, strict=False)))
