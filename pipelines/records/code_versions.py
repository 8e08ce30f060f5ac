"""Which code decides a result: a module, what it imports from this project, and the libraries and folders these read.

What belongs here: following imports, and the digest of what is reached. What does not: data that decide a result
(``warehouse/versions.py``). No list of files is kept by hand, and no path of the machine is in a digest: the same code
in another folder has the same version.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from sys import stdlib_module_names

from pipelines.settings import PACKAGE, ROOT

PROJECT = __name__.partition(".")[0]

FOLDERS = {"SQL": ("sql", ("**/*.sql",)), "REPORTS": ("reports", ("*.*", "fonts/*", "sheets/*"))}
"""Names in ``settings`` of folders of texts, each with its files: a module that imports one may read all of them."""


@dataclass(frozen=True)
class Module:
    """One file of code: its digest, and what it names in imports."""

    digest: str
    imports: frozenset[str]
    """Modules of the project, and names in them that may be modules."""
    libraries: frozenset[str]
    """Installed packages, as they are imported."""
    folders: frozenset[str]
    """Keys of FOLDERS."""


def _file_of(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those inside of them, but for what only type checkers run."""
    for statement in body:
        yield statement
        if (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.Name)
            and statement.test.id == "TYPE_CHECKING"
        ):
            continue
        inner = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
        for block in inner:
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(block, name, ()))


@cache
def read_module(name: str) -> Module | None:
    """What a module imports; None where there is no such module, or its code is not Python."""
    path = _file_of(name)
    if path is None:
        return None
    content = path.read_bytes()
    named: set[str] = set()
    for node in _statements(ast.parse(content).body):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    ours = frozenset(one for one in named if one.partition(".")[0] == PROJECT)
    others = frozenset(one.partition(".")[0] for one in named - ours) - stdlib_module_names
    folders = frozenset(key for key in FOLDERS if f"{PROJECT}.settings.{key}" in ours)
    return Module(hashlib.sha256(content).hexdigest(), ours, others, folders)


def reached(modules: Iterable[str]) -> dict[str, Module]:
    """Modules, and all of the project that they import, however far; names that are no modules are left out."""
    found: dict[str, Module] = {}
    waiting = set(modules)
    while waiting:
        name = waiting.pop()
        module = read_module(name)
        if module is not None:
            found[name] = module
            waiting |= module.imports - found.keys()
    return found


@cache
def _library_version(name: str) -> str:
    """Version of an installed package, by the name it is imported under."""
    try:
        return version(name)
    except PackageNotFoundError:
        return " ".join(f"{each} {version(each)}" for each in sorted(set(_packages().get(name, ()))))


@cache
def _packages() -> Mapping[str, list[str]]:
    """Packages by what is imported from them: reads the notes of everything that is installed, so once."""
    return packages_distributions()


@cache
def folder_version(key: str) -> str:
    """Digest of the names and contents of the files in a folder of FOLDERS."""
    folder, patterns = FOLDERS[key]
    return digest_files(ROOT / folder, patterns)


def digest_files(folder: Path, patterns: Iterable[str]) -> str:
    """Digest of the files of a folder that match a pattern: of their names below it and of their bytes.

    Python code of the project lies in the package, wherever that is installed.
    """
    state = hashlib.sha256()
    found: dict[str, Path] = {}
    for pattern in patterns:
        where = PACKAGE.parent if pattern.startswith(f"{PROJECT}/") else folder
        found |= {path.relative_to(where).as_posix(): path for path in where.glob(pattern) if path.is_file()}
    for name, path in sorted(found.items()):
        state.update(name.encode() + b"\0")
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


@cache
def code_version(modules: frozenset[str]) -> str | None:
    """Digest of modules, of all that they import from here, and of the libraries and folders that these read.

    None where the code of one of them cannot be found.
    """
    found = reached(modules)
    if modules - found.keys():
        return None
    libraries = {name for module in found.values() for name in module.libraries}
    folders = {key for module in found.values() for key in module.folders}
    parts = [
        platform.python_version(),
        *(f"{name} {found[name].digest}" for name in sorted(found)),
        *(f"{name} {_library_version(name)}" for name in sorted(libraries)),
        *(f"{key} {folder_version(key)}" for key in sorted(folders)),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def clear_code_versions() -> None:
    """Forget what was read of the code: files may have changed since."""
    for remembered in (read_module, code_version, folder_version, _library_version, _packages):
        remembered.cache_clear()
