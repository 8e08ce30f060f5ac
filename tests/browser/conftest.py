"""One browser and one site for all tests of pages. Debian's Chromium is driven by Playwright; nothing is downloaded."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from pipelines.settings import Settings

UNPACKING = ("compare.html", "check.html", "devices.html", "serving.html")
"""Pages that unpack their data before they answer."""
expect.set_options(timeout=30_000)  # milliseconds: a wait for what comes anyway, on a machine with other work too
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser_path() -> str | None:
    """The browser of LEDGER_BROWSER, else the first that is installed."""
    named = os.environ.get("LEDGER_BROWSER")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


def is_required() -> bool:
    """Whether a missing browser is a failure."""
    return os.environ.get("LEDGER_REQUIRE_BROWSER") == "1"


@contextmanager
def opened_browser(*arguments: str) -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        reason = f"no browser: none of {', '.join(NAMES)} is on the path and LEDGER_BROWSER is not set"
        pytest.fail(reason) if is_required() else pytest.skip(reason)
    # Playwright allows one at a time in a process: each package opens its own and closes it before the next runs.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *arguments])
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with opened_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core, from the package that ships it."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (folder,) = spec.submodule_search_locations
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Visit:
    """An open page, with all that it said and asked for."""

    page: Page
    site: Path
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """What the page asked for besides the files of its own site; data in the page itself is no request."""
        return [url for url in self.asked if not url.startswith("data:") and not self._is_own(url)]

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme == "file" and Path(unquote(parts.path)).is_relative_to(self.site)


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, built: Settings) -> Iterator[Open]:
    """Open a page of the finished site: ``visit("find.html", theme="dark", width=390)``."""
    contexts: list[BrowserContext] = []

    def open_page(name: str, *, theme: str = "light", width: int = 1280, site: Path | None = None) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            offline=True,
            accept_downloads=True,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        opened = Visit(page, (site or built.site).resolve())
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("dialog", lambda dialog: (opened.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(f"{opened.site.as_uri()}/{name}")
        if name.startswith(("index.html", "embed/")):
            page.locator("html[data-drawn]").wait_for(state="attached")
        if name.startswith(UNPACKING):
            page.locator("html[data-ready]").wait_for(state="attached")
        return opened

    yield open_page
    for context in contexts:
        context.close()
