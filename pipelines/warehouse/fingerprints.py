"""Digests of what a build is made from, so that a build with nothing changed ends at once.

What belongs here: which files and packages decide the content of the warehouse and of the site. What
does not: the content itself (``warehouse.digest_data``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from pipelines.settings import PACKAGE, REPORTS, ROOT, Settings
from pipelines.warehouse.published_bytes import published_damage

CODE = ("pipelines/**/*.py", "sql/**/*.sql")
PACKAGES = (
    "altair", "currencyconverter", "duckdb", "ecologits", "genai-prices",
    "model-prices", "polars", "pyarrow", "scipy", "sqlglot", "vl-convert-python",
)  # fmt: skip


def _digest(root: Path, patterns: Iterable[str]) -> str:
    """Digest of files by their names in a checkout: code lies in the package, the rest below ``root``."""
    state = hashlib.sha256()
    found: dict[str, Path] = {}
    for pattern in patterns:
        folder = PACKAGE.parent if pattern.startswith("pipelines/") else root
        found |= {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern) if path.is_file()}
    for name, path in sorted(found.items()):
        state.update(name.encode() + b"\0")
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"


def code_version() -> str:
    """12 hex digits over the code that makes tables and pages."""
    return _digest(ROOT, CODE)[:12]


def drawing_version() -> str:
    """12 hex digits over the code that draws charts: another version of it draws them again."""
    return _digest(ROOT, ("pipelines/site/charts/*.py", "pipelines/site/images.py", "pipelines/site/front_page.py"))[
        :12
    ]


def page_version() -> str:
    """12 hex digits over the code and templates of the pages: another version of them makes every page again."""
    code = (
        "pipelines/site/pages/*.py",
        "pipelines/site/calculator/*.py",
        "pipelines/answers/*.py",
        "pipelines/warehouse/models/macros.py",
    )
    return _digest(ROOT, (*code, "reports/*.js", "reports/sheets/*"))[:12]


def digest_inputs(settings: Settings) -> str:
    """Digest of everything that decides the content: code, curated files, snapshots, page texts, packages."""
    parts = [
        _digest(ROOT, CODE),
        _digest(settings.seeds, ("**/*.csv", "**/*.toml")),
        _digest(REPORTS, ("*.html", "*.css", "*.js", "*.toml", "fonts/*", "sheets/*")),
        str(settings.site),
        _file_digest(settings.raw_manifest),
        *(f"{name}={version(name)}" for name in PACKAGES),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def remember(settings: Settings, build_id: str) -> None:
    """Note that the inputs of now are built and published as ``build_id``."""
    note = {"digest": digest_inputs(settings), "build_id": build_id}
    temporary = settings.inputs_file.with_suffix(".partial")
    temporary.write_text(json.dumps(note), encoding="utf-8")
    temporary.replace(settings.inputs_file)


def unchanged_build(settings: Settings) -> str | None:
    """build_id of the published warehouse if it and the site were made from the inputs of now, and it is unharmed."""
    try:
        note = json.loads(settings.inputs_file.read_text(encoding="utf-8"))
        current = settings.published.readlink().name
        manifest = json.loads((settings.site / "manifest.json").read_text(encoding="utf-8"))
        files = all((settings.site / name).is_file() for name in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if note.get("digest") != digest_inputs(settings) or current != f"warehouse-{note['build_id']}.duckdb" or not files:
        return None
    return None if published_damage(settings) else str(note["build_id"])
