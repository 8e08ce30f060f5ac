"""Kinds of pages: one decorated function a kind, from which pages, files, Dagster asset and page tests follow.

A function reads the published file through its connection and returns ``Drafts``: one draft a page, with the
rows that decide its content, and a function that makes the words of the page from them. A page whose rows,
template and code are those of the file on disk is not made again.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb

Context = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """A page to be: its file below the site, the template, the rows that decide it, the words made from them."""

    name: str
    template: str
    rows: Any
    """Anything whose ``repr`` differs when the page should: plain rows without sets."""
    words: Callable[[], Context] = field(repr=False)


@dataclass(frozen=True)
class Drafts:
    """All pages of a kind, downloads beside them, and what the asset says of them."""

    pages: list[Draft]
    files: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class PageKind:
    """A registered kind of pages."""

    kind_id: str
    number: int
    """Place in the menu and in the order of making."""
    name: str
    """What the menu calls it; empty for pages that the menu does not hold."""
    menu_page: str | None
    description: str
    tables: tuple[str, ...]
    """Tables of the warehouse that it reads: dependencies of its asset."""
    draft: Callable[[duckdb.DuckDBPyConnection], Drafts] = field(repr=False)


_REGISTERED: dict[str, PageKind] = {}

Drafting = Callable[[duckdb.DuckDBPyConnection], Drafts]


def page_kind(kind_id: str, **about: Any) -> Callable[[Drafting], Drafting]:
    """Register a function that drafts the pages of a kind; the keywords are the fields of ``PageKind``."""

    def register(draft: Drafting) -> Drafting:
        if kind_id in _REGISTERED:
            raise ValueError(f"pages {kind_id} are registered twice")
        _REGISTERED[kind_id] = PageKind(kind_id, draft=draft, **about)
        return draft

    return register


def registered_pages() -> list[PageKind]:
    """All kinds in order; the modules of this package are imported first."""
    import pipelines.site.pages as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(_REGISTERED.values(), key=lambda kind: kind.number)


def site_menu() -> list[tuple[str, str]]:
    """File and name of the pages that every page links to: one navigation for the front page and all others."""
    others = [(kind.menu_page, kind.name) for kind in registered_pages() if kind.menu_page]
    return [("index.html", "Charts"), *others, ("index.html#what-if", "What if")]
