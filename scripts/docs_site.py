"""Hooks of ``mkdocs.yml``: how the documents of a checkout become the pages of a site.

README.md, CHANGELOG.md and CONTRIBUTING.md lie beside ``docs/``, the site needs them in it: they are taken in with their
links as seen from there. The marks of ``docs.py`` are for us and are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
BESIDE_DOCS = {"README.md": "index.md", "CHANGELOG.md": "CHANGELOG.md", "CONTRIBUTING.md": "CONTRIBUTING.md"}
"""Documents of the root, and their names in the site."""

MARK = re.compile(r"^<!-- \[\[\[.*?\]\]\] -->\n|<!-- = .+? -->|<!-- -->", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The documents of the root, beside those of ``docs/``."""
    for source, name in BESIDE_DOCS.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=LINK.sub(lambda found: f"]({_seen(found[1])}", text)))
    return files


def on_page_markdown(markdown: str, **_page: Any) -> str:
    """The text of a page without our marks, its links to documents of the root as seen from the site."""
    text = MARK.sub("", markdown)
    return LINK.sub(lambda found: f"]({_seen(found[1])}", text)


def _seen(target: str) -> str:
    """A link of a document of the root or of ``docs/`` as seen from the site, which has both in one folder."""
    name = target.removeprefix("../").removeprefix("docs/")
    return BESIDE_DOCS.get(name, name)
