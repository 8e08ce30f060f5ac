"""What the documents quote: output of commands, rows of queries, assumptions, and the shape of the code itself.

What belongs here: one function for each kind of quote, which prints Markdown or returns a value. What does not:
where it goes (the documents say), choosing the build (``docs.py``).
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import duckdb
import grimp
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.cli.commands import app
from pipelines.records.raw_tables import PackagedFile
from pipelines.records.units import SUFFIXES, UNITS, WHOLE_NAMES
from pipelines.settings import ROOT
from pipelines.warehouse.raw_layer import raw_files

WIDEST = 150
LAYERS = {
    "raw": "what publishers say, typed",
    "seeds": "curated facts",
    "core": "one row per thing; the only layer that computes",
    "mart": "wide public tables",
}
"""Layers of tables, in the order of the data."""


def _home() -> Path:
    return Path(os.environ["DOCS_HOME"])


@cache
def _output(command: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "--home", str(_home()), *shlex.split(command)],
        cwd=ROOT,
        env={**clean, "COLUMNS": "120", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"ledger {command} ended with {done.returncode}: {done.stderr}")
    return done.stdout.replace(str(_home()), "data")


def ledger(command: str, keep: str = "", most: int = 1000) -> None:
    """A command and what it prints: the first ``most`` lines, or those that ``keep`` finds; dots in place of the others."""
    lines = [f"$ .venv/bin/ledger {command}"]
    for number, line in enumerate(_output(command).rstrip().splitlines()):
        if re.search(keep, line) and number < most:
            lines.append(line.rstrip() if len(line) <= WIDEST else f"{line[: WIDEST - 2].rstrip()} …")
        elif lines[-1] != "…":
            lines.append("…")
    print("\n".join(["```text", *lines, "```"]))


def questions() -> dict[str, str]:
    """The queries of docs/queries.md by their headings."""
    text = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^### (.+?)\n[^#]*?```sql\n(.*?);\n```", text, re.MULTILINE | re.DOTALL))


def answer(question: str) -> None:
    """What ``ledger sql`` prints for the query of docs/queries.md under a heading."""
    printed = _output(f"sql {shlex.quote(questions()[question])}").rstrip()
    lines = [line if len(line) <= WIDEST else f"{line[: WIDEST - 2].rstrip()} …" for line in printed.splitlines()]
    print("\n".join(["```text", *lines, "```"]))


def audited(claims: str) -> None:
    """A list of claims, and the verdicts of ``ledger audit`` on it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.csv"
        path.write_text(claims.lstrip(), encoding="utf-8")
        printed = _output(f"audit {path}").rstrip().replace(str(path), "claims.csv")
    lines = [line if len(line) <= WIDEST else f"{line[: WIDEST - 2].rstrip()} …" for line in printed.splitlines()]
    print(f"```csv\n{claims.strip()}\n```\n\n```text\n$ .venv/bin/ledger audit claims.csv")
    print("\n".join([*lines, "```"]))


@cache
def rows(query: str) -> list[tuple[object, ...]]:
    """Rows of a query over the published warehouse."""
    with duckdb.connect(_home() / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def value(query: str, form: str = ",") -> str:
    """The one value that a query gives, printed in a format of Python."""
    ((found,),) = rows(query)
    return format(found, form) if isinstance(found, int | float) else str(found)


def table(headings: str, query: str) -> None:
    """A table: headings between bars, and the rows of a query whose cells are texts."""
    names = headings.split("|")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows(query):
        print(f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |")


def assumed(name: str, applies_to: str = "all", times: float = 1) -> str:
    """Low, central and high of an assumption: ``1.08 / 1.1 / 1.58``."""
    query = f"select low, central, high from seeds.assumptions where name = '{name}' and applies_to = '{applies_to}'"
    (triple,) = rows(query)
    return " / ".join(f"{float(str(number)) * times:,.12g}" for number in triple)


def span(name: str, applies_to: str = "all", times: float = 1) -> str:
    """Low and high of an assumption: ``0.88 to 1.15``."""
    low, _, high = assumed(name, applies_to, times).split(" / ")
    return f"{low} to {high}"


def central(name: str, applies_to: str = "all", times: float = 1) -> str:
    """Central value of an assumption."""
    return assumed(name, applies_to, times).split(" / ")[1]


# --- the shape of the code ------------------------------------------------------------------------------------------


def _room_levels() -> list[list[str]]:
    """Rooms of the layers contract, lowest first; those of a level may not import each other."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    return [[room.strip() for room in level.split("|")] for level in reversed(contract["layers"])]


@cache
def _arrows() -> frozenset[tuple[str, str]]:
    """Which room imports from which, as the code does."""
    graph = grimp.build_graph("pipelines", cache_dir=None)
    found = set()
    for module in graph.modules:
        for target in graph.find_modules_directly_imported_by(module):
            here, there = (name.split(".")[1] if "." in name else "" for name in (module, target))
            if here and there and here != there:
                found.add((here, there))
    return frozenset(found)


def _needed(arrows: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """Arrows that no way over other arrows replaces."""
    below = {
        room: {there for here, there in arrows if here == room} for room in {room for pair in arrows for room in pair}
    }

    def reached(room: str) -> set[str]:
        return {far for near in below[room] for far in {near} | reached(near)}

    return sorted((a, b) for a, b in arrows if not any(b in reached(via) for via in below[a] - {b}))


def rooms_picture() -> None:
    """The rooms, each level below those that import from it; arrows that others imply are left out."""
    small = {"settings", "errors", "__main__", "definitions"}
    arrows = frozenset((here, there) for here, there in _arrows() if not {here, there} & small)
    print("```mermaid\nflowchart LR")
    for level in _room_levels():
        for room in level:
            if room not in small:
                print(f'  {room}["{room}/"]')
    for here, there in _needed(arrows):
        print(f"  {there} --> {here}")
    print("```")


def rooms_table() -> None:
    """Each room, what it holds (in its own words) and which rooms it imports from."""
    print("| room | holds | imports from |\n|---|---|---|")
    for level in _room_levels():
        for room in level:
            module = ROOT / "pipelines" / room
            source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
            told = (
                (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "")
                .split("\n\n")[0]
                .replace("\n", " ")
            )
            below = [there for lower in _room_levels() for there in lower if (room, there) in _arrows()]
            name = f"`{room}/`" if module.is_dir() else f"`{room}.py`"
            print(f"| {name} | {told.replace('``', '`')} | {', '.join(below) or '–'} |")


def flow_picture() -> None:
    """The layers of tables with their sizes, and which feed which, as the lineage of the build says."""
    counted = rows("select split_part(table_name, '.', 1), count(distinct table_name) from meta.columns group by all")
    counts = {str(layer): count for layer, count in counted}
    feeds = rows(
        "select distinct split_part(upstream_table, '.', 1) as a, split_part(table_name, '.', 1) as b "
        "from meta.column_lineage where a <> b order by a, b"
    )
    print("```mermaid\nflowchart LR")
    print(
        '  publishers(["publishers and packages"]) -->|"ledger fetch: snapshots"| raw\n  files(["seeds/*.csv"]) --> seeds'
    )
    for layer, holds in LAYERS.items():
        print(f'  {layer}[("{layer}: {counts[layer]} tables<br/>{holds}")]')
    for source, target in feeds:
        print(f"  {source} --> {target}")
    print(
        '  mart --> site(["site: charts, pages, calculator"])\n  mart --> answers(["ledger sql, explain, estimate, audit"])\n```'
    )


def commands_table() -> None:
    """Every command and the first sentence that its help says."""
    print("| Command | Does |\n|---|---|")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        told = " ".join((command.help or "").split("\n\n")[0].split())
        print(f"| `ledger {name}` | {told} |")


def endings_table() -> None:
    """Endings of column names by their unit."""
    by_unit: dict[str, list[str]] = {}
    for ending, unit in SUFFIXES.items():
        by_unit.setdefault(unit, []).append(f"`_{ending}`")
    print("| unit | endings |\n|---|---|")
    for unit, endings in by_unit.items():
        print(f"| {'none' if unit == '1' else unit} | {', '.join(endings)} |")


# --- licences ---------------------------------------------------------------------------------------------------------


def data_licences() -> None:
    """Sources that a build takes in whole, with where they come from and their licences."""
    origins: dict[str, set[str]] = {}
    for file in raw_files():
        origin = f"package {file.package}" if isinstance(file, PackagedFile) else "fetched"
        origins.setdefault(file.source_id, set()).add(origin)
    print("| Source | From | Licence |\n|---|---|---|")
    for source_id, title, licence in rows("select source_id, title, licence from seeds.sources order by title"):
        if str(source_id) in origins:
            print(f"| {title} | {', '.join(sorted(origins[str(source_id)]))} | {licence} |")


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    """Whether a requirement is one here, with these extras of the package that has it."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in {"", *extras})


def _needed_packages() -> list[str]:
    """Packages that run the project here, its extras included, however far."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    left = [Requirement(text) for texts in (project["dependencies"], *extras) for text in texts]
    found: dict[str, set[str]] = {}
    while left:
        wanted = left.pop()
        name = canonicalize_name(wanted.name)
        if name in found and wanted.extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | wanted.extras
        needs = (Requirement(text) for text in metadata.requires(name) or ())
        left += [need for need in needs if _applies(need, found[name])]
    return sorted(found)


def licence_of(package: str) -> str:
    """The licence that a package states: as an expression, else by its classifiers, else in a short text."""
    told = metadata.metadata(package)
    if "License-Expression" in told:
        return told["License-Expression"]
    names = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License :: ")]
    if names := [name for name in names if name != "OSI Approved"]:
        return ", ".join(sorted(names))
    text = told["License"].strip() if "License" in told else ""
    return text if text and len(text) < 60 and "\n" not in text else "see the package"


def package_licences() -> None:
    """Packages that run the project, by licence."""
    by_licence: dict[str, list[str]] = {}
    for package in _needed_packages():
        by_licence.setdefault(licence_of(package), []).append(package)
    print("| Licence | Packages |\n|---|---|")
    for licence, packages in sorted(by_licence.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"| {licence} | {', '.join(packages)} |")


def listed(names: object) -> str:
    """Names between commas, as code."""
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


__all__ = [
    "SUFFIXES", "UNITS", "WHOLE_NAMES", "answer", "assumed", "audited", "central", "commands_table", "data_licences",
    "endings_table", "flow_picture", "ledger", "listed", "package_licences", "rooms_picture", "rooms_table", "rows", "span",
    "table", "value",
]  # fmt: skip
