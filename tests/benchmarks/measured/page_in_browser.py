"""Opening the front page from disk in a browser, in wall seconds.

``python -m tests.benchmarks.measured.page_in_browser SITE``: from the call that opens the page until the first
chart is drawn, and until all are. Without a browser it prints no costs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.cost import Cost, Costs, report
from tests.browser.conftest import browser_path

TIMES = 3
FIRST, ALL = ".vega-embed svg.marks", "html[data-drawn]"


def opened(browser: Browser, site: Path) -> Costs:
    """One opening in a fresh context."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
    began = time.perf_counter()
    page.goto(f"{site.resolve().as_uri()}/index.html", wait_until="commit")
    found: Costs = {}
    for name, selector in (("first chart", FIRST), ("all charts", ALL)):
        page.wait_for_selector(selector, state="attached", timeout=120_000)
        found[name] = Cost(wall_s=time.perf_counter() - began)
    page.context.close()
    return found


def main() -> None:
    """The fastest of several openings."""
    path = browser_path()
    if path is None:
        report({})
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        each = [opened(browser, Path(sys.argv[1])) for _ in range(TIMES)]
        browser.close()
    report({name: min((one[name] for one in each), key=lambda cost: cost.wall_s) for name in each[0]})


if __name__ == "__main__":
    main()
