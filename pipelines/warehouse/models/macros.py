"""Formulas: reads the documented SQL macros under ``sql/macros/`` and loads them into a file.

What belongs here: the grammar of a macro's documentation. What does not: the formulas.

Above each ``create or replace macro`` stand comment lines ``-- tag: text``: ``macro: name | what it
gives``, ``equation``, ``units``, optionally ``source`` (a key of SOURCES.toml), and ``example``, a
condition that holds. The macros are stored in the published file, so readers can call them too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import LedgerError

TAG = re.compile(r"-- (macro|equation|units|source|example): (.+)")
DEFINITION = re.compile(r"create or replace macro (\w+)\(([^)]*)\)")
COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
CALL = re.compile(r"\b(\w+)\s*\(")


FIRST = ("uncertainty", "inputs", "texts")
"""Files whose macros others use, in the order in which they are loaded."""


@dataclass(frozen=True)
class Macro:
    """One formula: its name, arguments and documentation."""

    name: str
    arguments: tuple[str, ...]
    description: str
    equation: str
    units: str
    source_id: str | None
    example: str
    file: str


def read_macros(folder: Path, file_prefix: str) -> list[Macro]:
    """All macros below ``folder`` in file order; raises LedgerError where one is not documented."""
    macros = []
    for path in sorted(folder.glob("*.sql")):
        tags: dict[str, str] = {}
        for number, line in _heads_on_one_line(path.read_text(encoding="utf-8")):
            if tag := TAG.fullmatch(line):
                tags[tag[1]] = tag[2]
            elif definition := DEFINITION.match(line):
                where = f"{file_prefix}/{path.name}:{number}"
                missing = [t for t in ("macro", "equation", "units", "example") if t not in tags]
                name, _, description = (part.strip() for part in tags.get("macro", "").partition("|"))
                if missing or name != definition[1]:
                    what = f"lacks {', '.join(missing)}" if missing else f"is documented as '{name}'"
                    raise LedgerError(f"{where}: macro {definition[1]} {what}. Add '-- tag: text' lines above it.")
                arguments = tuple(a.partition(":=")[0].strip() for a in definition[2].split(",") if a.strip())
                macros.append(
                    Macro(name, arguments, description, tags["equation"], tags["units"], tags.get("source"),
                          tags["example"], f"{file_prefix}/{path.name}")
                )  # fmt: skip
                tags = {}
    return macros


def _heads_on_one_line(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines; the arguments of a macro that go over several stand on its first."""
    lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        head = line
        while head.startswith("create or replace macro") and ")" not in head:
            more = next(lines, None)
            if more is None:
                break
            head += more[1]
        yield number, head


def macro_texts(folder: Path) -> dict[str, str]:
    """The definition of every macro below ``folder``, without comments, by name."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        starts = [(found.start(), found[1]) for found in DEFINITION.finditer(text)]
        ends = [start for start, _ in starts[1:]] + [len(text)]
        texts |= {name: text[start:end].strip() for (start, name), end in zip(starts, ends, strict=True)}
    return texts


def macros_called(sql: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The macros that a text of SQL calls, those that these call, and so on, with their definitions."""
    found: dict[str, str] = {}
    waiting = [sql]
    while waiting:
        called = set(CALL.findall(waiting.pop())) & texts.keys() - found.keys()
        found |= {name: texts[name] for name in called}
        waiting += [texts[name] for name in called]
    return dict(sorted(found.items()))


def load_macros(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make the macros of the open file those of ``folder``; raises LedgerError naming the file that fails."""
    there = "select distinct function_name from duckdb_functions() where not internal and function_type like '%macro'"
    connection.begin()  # one transaction: each of the statements would write the file's catalogue else
    try:
        for (name,) in connection.execute(there).fetchall():
            connection.execute(f"drop macro {name}")
        for path in sorted(
            folder.glob("*.sql"), key=lambda p: (p.stem not in FIRST, *(p.stem != name for name in FIRST), p.stem)
        ):
            try:
                connection.execute(path.read_text(encoding="utf-8"))
            except duckdb.Error as error:
                raise LedgerError(f"sql/macros/{path.name}: {error}") from error
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def digest_macros(connection: duckdb.DuckDBPyConnection) -> str:
    """Digest of the formulas that a file holds: of what they compute, not of how they are laid out or explained."""
    definitions = connection.execute(
        "select function_name, parameters::varchar, macro_definition from duckdb_functions() "
        "where not internal and function_type like '%macro' order by all"
    ).fetchall()
    return hashlib.sha256(repr(definitions).encode()).hexdigest()
