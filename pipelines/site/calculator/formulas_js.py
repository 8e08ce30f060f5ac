"""Formulas of the page's calculator: the SQL macros themselves, written as JavaScript.

So a formula stands in one place. The macros that are needed, and those that they call, are parsed and printed;
whatever this printer does not know is an error while the page is made, never another result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import sqlglot
from sqlglot import exp

from pipelines.errors import LedgerError

MACRO = re.compile(r"create or replace macro (\w+)\(([^)]*)\) as\s+(.*?);\s*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*")

OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.EQ: "===",
    exp.NEQ: "!==",
    exp.And: "&&",
    exp.Or: "||",
}
FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Ln: "Math.log",
    exp.Exp: "Math.exp",
    exp.Sqrt: "Math.sqrt",
    exp.Abs: "Math.abs",
    exp.Sin: "Math.sin",
    exp.Asin: "Math.asin",
}


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
    chosen = f"{printed(case.this)} === " if case.this is not None else ""
    for branch in reversed(case.args["ifs"]):
        otherwise = f"({chosen}{printed(branch.this)} ? {printed(branch.args['true'])} : {otherwise})"
    return otherwise


def _between(node: exp.Expr) -> str:
    value, low, high = (printed(one) for one in (node.this, node.args["low"], node.args["high"]))
    return f"({low} <= {value} && {value} <= {high})"


def _cast(node: exp.Expr) -> str:
    """The value alone: all numbers of JavaScript are doubles. Infinity is written as a text in SQL."""
    infinite = {"infinity": "Infinity", "-infinity": "-Infinity"}
    is_text = isinstance(node.this, exp.Literal) and node.this.is_string
    return infinite.get(node.this.this, printed(node.this)) if is_text else printed(node.this)


def _coalesce(node: exp.Expr) -> str:
    return "(" + " ?? ".join(printed(one) for one in (node.this, *node.expressions)) + ")"


def _extreme(node: exp.Expr) -> str:
    name = "Math.max" if isinstance(node, exp.Greatest) else "Math.min"
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
    exp.Neg: lambda node: f"-({printed(node.this)})",
    exp.Pow: lambda node: f"Math.pow({printed(node.this)}, {printed(node.expression)})",
    exp.Pi: lambda _: "Math.PI",
}


def printed(node: exp.Expr) -> str:
    """An expression of DuckDB as JavaScript; raises LedgerError for one that this printer does not know."""
    kind = type(node)
    if kind in PRINTERS:
        return PRINTERS[kind](node)
    if kind in OPERATORS:
        return f"({printed(node.this)} {OPERATORS[kind]} {printed(node.expression)})"
    if kind in FUNCTIONS:
        return f"{FUNCTIONS[kind]}({printed(node.this)})"
    raise LedgerError(
        f"a formula of the calculator uses {kind.__name__}, which cannot be written as JavaScript: {node.sql('duckdb')}"
    )


def formulas_script(folder: Path, wanted: Iterable[str]) -> str:
    """``const formulas = …``: the wanted macros and those that they call, as functions of the same names."""
    bodies = read_bodies(folder)
    trees: dict[str, exp.Expr] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in trees:
            continue
        if name not in bodies:
            raise LedgerError(f"the calculator needs the macro {name}, which sql/macros does not define.")
        trees[name] = sqlglot.parse_one(bodies[name][1], read="duckdb")
        waiting += [call.name for call in trees[name].find_all(exp.Anonymous)]
    lines = [f"  const {name} = ({', '.join(bodies[name][0])}) => {printed(trees[name])};" for name in sorted(trees)]
    return "\n".join(["const formulas = (() => {", *lines, f"  return {{ {', '.join(sorted(trees))} }};", "})();"])
