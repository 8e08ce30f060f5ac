"""From a figure down to its sources: what ``ledger explain`` says.

What belongs here: finding the figure that is meant, following its formula to inputs and other figures, and
writing the result as text or a tree. What does not: any arithmetic but ratios; every number comes out of the
published file, where ``mart.figures`` holds each figure beside the inputs that made it.

A formula is a text such as ``chip_hours · tdp / 1000 · pue``. Each of its names is an input of the figure, an
input that somebody published (``published_chip_hours``), or the preferred figure of that quantity for the same
subject, which is explained in turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
from rich.text import Text
from rich.tree import Tree

from pipelines.answers.labels import unit_word
from pipelines.answers.numbers import number
from pipelines.answers.subjects import Names, find_quantity, find_subject, public_name, read_names
from pipelines.warehouse.file import Row, data_version, read_rows

FORMULA_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b(?!\()")


VERIFIED = {
    "seen": "checked in the source",
    "secondary": "cited by another work",
    "recalled": "unverified",
    "judged": "our own judgement",
}
"""What the word in ``verified`` means, for people."""


# --- what it is made of ---------------------------------------------------------------------------------------------


def explain(
    connection: duckdb.DuckDBPyConnection, subject: str, quantity: str, catalogue: Catalogue | None = None
) -> Row:
    """All that is known about one quantity of one subject, as nested dictionaries that JSON can hold.

    ``figure`` is the preferred one, with the inputs of its formula; ``other_methods`` and ``published`` stand
    beside it with their ratio to it. Whoever explains many figures of one file reads its ``catalogue`` once.
    """
    catalogue = catalogue or read_catalogue(connection)
    found = find_subject(connection, subject, quantity, catalogue.names)
    name, boundary = find_quantity(catalogue.names, found, quantity)
    rows = read_rows(
        connection,
        "select * from mart.figures where subject_kind = ? and subject_id = ? order by not is_preferred, method, figure_id",
        [found.kind, found.subject_id],
    )
    known = Known(rows, catalogue.references)
    alike = [row for row in rows if row["quantity"] == name and row["boundary"] in (boundary, "unstated")]
    preferred = next((row for row in alike if row["boundary"] == boundary and row["is_preferred"]), alike[0])
    others = [row for row in alike if row is not preferred]
    return {
        "subject": {"kind": found.kind, "id": found.subject_id, "name": found.name},
        "quantity": public_name(name, boundary),
        "figure": known.figure(preferred),
        "other_methods": [known.beside(row, preferred) for row in others if row["method"] != "published"],
        "published": [known.beside(row, preferred) for row in others if row["method"] == "published"],
        **catalogue.version,
    }


@dataclass(frozen=True)
class References:
    """What inputs refer to: sources by key, and descriptions of assumptions by ``name for class``."""

    sources: dict[str, Row]
    assumptions: dict[str, str]


def read_references(connection: duckdb.DuckDBPyConnection) -> References:
    """All sources and assumptions of the file."""
    rows = read_rows(connection, "select source_id, title, authors, year, url, kind from meta.sources")
    query = "select name || ' for ' || applies_to, description from seeds.assumptions"
    return References({row.pop("source_id"): row for row in rows}, dict(connection.execute(query).fetchall()))


@dataclass(frozen=True)
class Catalogue:
    """What all explanations of one file share: names, what inputs refer to, and which build it is."""

    names: Names
    references: References
    version: dict[str, str]


def read_catalogue(connection: duckdb.DuckDBPyConnection) -> Catalogue:
    """The catalogue of the file."""
    return Catalogue(read_names(connection), read_references(connection), data_version(connection))


@dataclass
class Known:
    """The figures of one subject, and the sources and assumptions that their inputs refer to."""

    rows: list[Row]
    references: References

    def figure(self, row: Row) -> Row:
        """A figure with the inputs of its formula, each of them an input with its source or a figure of its own."""
        terms = self._terms(row)
        return {
            **{
                key: row[key]
                for key in ("figure_id", "quantity", "boundary", "value_low", "value", "value_high", "unit")
            },
            **{key: row[key] for key in ("kind", "method", "is_circular", "formula")},
            "formula_with_numbers": with_numbers(row["formula"], {name: term["value"] for name, term in terms.items()}),
            "inputs": list(terms.values()) or [self.stated(one) for one in row["inputs"]],
        }

    def beside(self, row: Row, preferred: Row) -> Row:
        """A figure that is not preferred, with its ratio to the one that is."""
        return {**self.figure(row), "ratio_to_preferred": row["value"] / preferred["value"]}

    def _terms(self, row: Row) -> dict[str, Row]:
        terms: dict[str, Row] = {}
        for name, (stated, made) in self.formula_terms(row).items():
            if stated is not None:
                terms[name] = self.stated(stated)
            elif made is not None:
                terms[name] = {"name": name, "figure": self.figure(made)} | {
                    key: made[source] for key, source in (("low", "value_low"), ("value", "value"), ("high", "value_high"))
                } | {"unit": made["unit"], "kind": made["kind"]}  # fmt: skip
        return terms

    def formula_terms(self, row: Row) -> dict[str, tuple[Row | None, Row | None]]:
        """For each name of a figure's formula the input that it is, or else the figure that it is."""
        inputs = {one["name"]: one for one in row["inputs"]}
        terms: dict[str, tuple[Row | None, Row | None]] = {}
        for name in FORMULA_NAME.findall(row["formula"]):
            stated = inputs.get(name) or inputs.get(f"published_{name}")
            made = None if stated else self._preferred(name)
            if stated or made:
                terms[name] = (stated, made)
        return terms

    def _preferred(self, name: str) -> Row | None:
        return next(
            (r for r in self.rows if r["is_preferred"] and public_name(r["quantity"], r["boundary"]) == name), None
        )

    def stated(self, one: Row) -> Row:
        """An input with its source and, for an assumption, what it means."""
        return {
            **one,
            "description": self.references.assumptions.get(one["basis"] or ""),
            "source": self.references.sources[one["source_id"]],
        }


def with_numbers(formula: str, values: dict[str, float]) -> str | None:
    """The formula with numbers in place of names; None where it has no names, as of a published figure.

    >>> with_numbers("chip_hours · tdp / 1000 · ln(10)", {"chip_hours": 7e6, "tdp": 700.0})
    '7,000,000 · 700 / 1000 · ln(10)'
    """
    if not values:
        return None
    return FORMULA_NAME.sub(lambda name: number(values[name[0]]) if name[0] in values else name[0], formula)


# --- as text --------------------------------------------------------------------------------------------------------


@dataclass
class Node:
    """A line and what stands below it."""

    label: str
    children: list[Node] = field(default_factory=list)


def _interval(low: float | None, high: float | None, value: float) -> str:
    if low is None or high is None or low == high == value:
        return "exact"
    return f"{number(low)} to {number(high)}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines with columns below each other; the second column is of numbers, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            c.rjust(w) if i == 1 else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _source_lines(one: Row) -> list[Node]:
    source = one["source"]
    lines = [one["description"]] if one["description"] else []
    if one["basis"] and not one["basis"].startswith("published figure "):
        lines.append(f"chosen: {one['basis']}")
    year = f" ({source['year']})" if source["year"] else ""
    checked = "our own judgement, explained there" if source["kind"] == "judgement" else VERIFIED[one["verified"]]
    lines.append(f"source: {source['title']}{year}, {one['locator']}: {checked}")
    return [Node(line) for line in [*lines, *([source["url"]] if source["url"] else [])]]


def _input_nodes(inputs: list[Row], said: set[str]) -> list[Node]:
    cells = [
        [
            one["name"], number(one["value"]), unit_word(one["value"], one["unit"]),
            _interval(one["low"], one["high"], one["value"]), one["kind"],
        ] for one in inputs
    ]  # fmt: skip
    nodes = [Node(line) for line in aligned(cells)] if cells else []
    for node, one in zip(nodes, inputs, strict=True):
        figure = one.get("figure")
        if figure is None:
            node.children = _source_lines(one)
        elif figure["figure_id"] in said:
            node.children = [Node("as above")]
        else:
            said.add(figure["figure_id"])
            node.children = _made_of(figure, said)
    return nodes


def _made_of(figure: Row, said: set[str]) -> list[Node]:
    nodes = [Node(f"method   {figure['method']} ({figure['kind']})")]
    if figure["formula_with_numbers"]:
        nodes += [Node(f"formula  {figure['formula']}"), Node(f"       = {figure['formula_with_numbers']}")]
    return [*nodes, *_input_nodes(figure["inputs"], said)]


def _beside_nodes(figures: list[Row], *, published: bool) -> list[Node]:
    cells = []
    for one in figures:
        words = [one["method"]] if not published else [one["kind"], *(["circular"] if one["is_circular"] else [])]
        words += [one["boundary"]] if one["boundary"] == "unstated" else []
        cells.append([
            ", ".join(words), number(one["value"]), unit_word(one["value"], one["unit"]),
            _interval(one["value_low"], one["value_high"], one["value"]),
            f"{number(one['ratio_to_preferred'], 3)} × the preferred value",
        ])  # fmt: skip
    nodes = [Node(line) for line in aligned(cells)] if cells else []
    for node, one in zip(nodes, figures, strict=True):
        if published:
            node.children = [line for stated in one["inputs"] for line in _source_lines(stated)]
        elif one["formula_with_numbers"]:
            node.children = [Node(f"{one['formula']}"), Node(f"= {one['formula_with_numbers']}")]
        else:
            node.children = [line for stated in one["inputs"] for line in _source_lines(stated)]
    return nodes


def as_nodes(explanation: Row) -> Node:
    """The explanation as a tree of lines."""
    figure, subject = explanation["figure"], explanation["subject"]
    interval = _interval(figure["value_low"], figure["value_high"], figure["value"])
    unit = unit_word(figure["value"], figure["unit"])
    root = Node(f"{subject['name']}: {explanation['quantity']} = {number(figure['value'])} {unit}".rstrip())
    root.children = [Node(f"90 % interval {interval}"), *_made_of(figure, {figure["figure_id"]})]
    if explanation["other_methods"]:
        root.children.append(Node("other methods", _beside_nodes(explanation["other_methods"], published=False)))
    if explanation["published"]:
        note = " (circular: derived with the same formula, so not independent)"
        heading = "published values" + (note if any(one["is_circular"] for one in explanation["published"]) else "")
        root.children.append(Node(heading, _beside_nodes(explanation["published"], published=True)))
    return root


def as_lines(node: Node, depth: int = 0) -> Iterator[str]:
    """The tree as plain lines, two blanks a level."""
    yield "  " * depth + node.label
    for child in node.children:
        yield from as_lines(child, depth + 1)


def as_tree(node: Node) -> Tree:
    """The tree as Rich draws it on a terminal."""
    tree = Tree(Text(node.label))
    tree.children = [as_tree(child) for child in node.children]
    return tree
