"""Digests of what a build is made from, so that a command with nothing to do ends at once.

What belongs here: one digest over all that may decide the warehouse, one over all that may decide the site. They are
coarse: any file of the project counts. What does not: which table or page a change concerns (``versions.py``,
``site/pages/writing.py``), the content itself (``publish.digest_data``). No path of the machine is in a digest.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

from pipelines.fetch.attempts import read_attempts
from pipelines.records.code_versions import digest_files
from pipelines.settings import REPORTS, ROOT, Settings
from pipelines.warehouse.published_bytes import published_damage

CODE = ("pipelines/**/*.py", "sql/**/*.sql")
TEXTS = ("*.*", "fonts/*", "sheets/*")
PACKAGES = (
    "altair", "currencyconverter", "duckdb", "ecologits", "genai-prices", "jinja2", "model-prices", "numpy", "orjson",
    "polars", "pyarrow", "pydantic", "scipy", "sqlglot", "vl-convert-python",
)  # fmt: skip


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"


def project_version() -> str:
    """12 hex digits over the code that makes tables and pages."""
    return digest_files(ROOT, CODE)[:12]


def _digest_code() -> str:
    """Digest of code, page texts and libraries."""
    packages = [f"{name}={version(name)}" for name in PACKAGES]
    return _digest(digest_files(ROOT, CODE), digest_files(REPORTS, TEXTS), platform.python_version(), *packages)


def digest_inputs(settings: Settings) -> str:
    """Digest of everything that decides the warehouse: code, curated files, snapshots, own runs, what fetching failed at."""
    curated = digest_files(settings.seeds, ("**/*.csv", "**/*.toml"))
    failing = [f"{key} {each.status} {each.reason}" for key, each in read_attempts(settings).items() if each.is_failing]
    own = _file_digest(settings.landed / "manifest.jsonl")
    return _digest(_digest_code(), curated, _file_digest(settings.raw_manifest), own, *sorted(failing))


def _digest_site(settings: Settings) -> str:
    """Digest of what decides the site, and of the site itself as its manifest lists it."""
    return _digest(_digest_code(), settings.published.readlink().name, _file_digest(settings.site / "manifest.json"))


def _read_note(settings: Settings) -> dict[str, str]:
    try:
        found = json.loads(settings.inputs_file.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write_note(settings: Settings, note: dict[str, str]) -> None:
    temporary = settings.inputs_file.with_suffix(".partial")
    temporary.write_text(json.dumps(note), encoding="utf-8")
    temporary.replace(settings.inputs_file)


def remember_build(settings: Settings, build_id: str, inputs: str) -> None:
    """Note that warehouse and site are made from ``inputs``, and published as ``build_id``.

    ``inputs`` is their digest of before the build: what was edited meanwhile is built next time.
    """
    note = {"inputs": inputs, "site": _digest_site(settings), "build_id": build_id}
    _write_note(settings, note)


def remember_site(settings: Settings) -> None:
    """Note that the site shows what is published now, by the code of now."""
    _write_note(settings, {**_read_note(settings), "site": _digest_site(settings)})


def _site_is_noted(settings: Settings, note: dict[str, str]) -> bool:
    try:
        return note.get("site") == _digest_site(settings)
    except OSError:
        return False


def unchanged_site(settings: Settings) -> bool:
    """Whether every file of the site is as the last run left it, and another run would make the same."""
    if not _site_is_noted(settings, _read_note(settings)):
        return False
    try:
        files = json.loads((settings.site / "manifest.json").read_bytes())["files"]
        return all(_file_digest(settings.site / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def unchanged_build(settings: Settings, inputs: str | None = None) -> str | None:
    """build_id of the published warehouse if it and the site were made from the inputs of now, and it is unharmed.

    ``inputs`` is their digest, where it was taken before.
    """
    note = _read_note(settings)
    if note.get("inputs") != (inputs or digest_inputs(settings)) or not _site_is_noted(settings, note):
        return None
    if settings.published.readlink().name != f"warehouse-{note['build_id']}.duckdb":
        return None
    try:
        files = json.loads((settings.site / "manifest.json").read_bytes())["files"]
        whole = all((settings.site / name).is_file() for name in files)
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return note["build_id"] if whole and not published_damage(settings) else None
