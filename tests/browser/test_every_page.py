"""Every kind of page in a browser: accessible, silent, asking for nothing, as wide as the screen, fit to print."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from pipelines.settings import Settings
from pipelines.site.pages.registry import registered_pages
from tests.browser.conftest import Open

KINDS = (
    "index.html", "models/gpt-3-175b.html", "accelerators/h100-sxm.html", "subjects/inference-bloom-176b.html", "find.html",
    "compare.html", "devices.html", "check.html#subject=GPT-3&quantity=energy_kwh&number=1287&unit=MWh", "cite.html",
    "claims.html", "validation.html", "together.html", "own-runs.html", "quality.html", "methods.html",
    "serving.html", "utilisation.html", "embed/training-compute.html",
)  # fmt: skip
EACH_KIND = pytest.mark.parametrize("name", KINDS)
SCREENS = pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1280),
        ("dark", 390),
        pytest.param("dark", 1280, marks=pytest.mark.slow),
        pytest.param("light", 390, marks=pytest.mark.slow),
    ],
)
"""Colours are those of the theme and places those of the width: two screens show both of each, four every pair."""

WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll("body *")].filter((e) =>
    e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll, .unseen, .skip, .chart"));
  const told = out.map((e) => `${e.tagName} ${e.textContent.slice(0, 60)}`);
  return [document.documentElement.scrollWidth - width, ...told.slice(0, 5)];
}"""
CLIPPED = """() => [...document.querySelectorAll("button, label, h1, h2, h3, dt, dd, summary, legend, nav a")].filter((e) => {
  const style = getComputedStyle(e);
  const cut = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
  return style.overflow !== "visible" && !e.closest(".unseen") && cut;
}).map((e) => e.textContent.slice(0, 60))"""
CUT_OFF = """() => [...document.querySelectorAll(".chart svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim()).filter((t) => {
    const r = t.getBoundingClientRect();
    const wide = r.left < frame.left - 1 || r.right > frame.right + 1;
    return r.width > 0 && (wide || r.top < frame.top - 1 || r.bottom > frame.bottom + 1);
  }).map((t) => t.textContent);
})"""
BESIDE_PAPER = """() => {
  document.querySelector("main").style.width = "650px";
  return [...document.querySelectorAll(".chart svg")].filter((svg) =>
    svg.getBoundingClientRect().right > svg.closest(".chart").getBoundingClientRect().right + 1)
    .map((svg) => svg.closest("article").id);
}"""
"""Charts of which a part is beside the paper: their last year, for example."""
WIDE_TABLES = """() => [...document.querySelectorAll(".scroll")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.ariaLabel)"""
SHOWN_TEXT = "() => document.body.innerText"


def violations(page: Any, axe_script: str) -> list[str]:
    """What axe finds, as lines that a person can act on."""
    page.evaluate(axe_script)
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations'], preload: false})).violations"
    )
    return [
        f"{one['id']}: {one['help']}; {node['html'][:160]}; {node.get('failureSummary', '')[:200]}"
        for one in found
        for node in one["nodes"][:3]
    ]


@SCREENS
@EACH_KIND
def test_a_page_is_accessible_silent_and_fits_its_screen(
    visit: Open, axe_script: str, name: str, theme: str, width: int
) -> None:
    opened = visit(name, theme=theme, width=width)
    page = opened.page
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate(WIDER) == [0]
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(CUT_OFF) == []
    text = page.evaluate(SHOWN_TEXT)
    assert len(text) > 300
    words = set(text.split()) - ({"null"} if name == "methods.html" else set())  # there it is a word of SQL
    assert words.isdisjoint({"NaN", "undefined", "[object", "Infinity", "{{", "null"})
    assert opened.said == []
    assert opened.outside() == []
    assert violations(page, axe_script) == []


@EACH_KIND
def test_nothing_scrolls_sideways_on_the_narrowest_screen(visit: Open, name: str) -> None:
    opened = visit(name, width=360)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert opened.page.evaluate(WIDER) == [0]


@pytest.mark.parametrize("name", ["index.html", "models/gpt-3-175b.html", "methods.html"])
def test_what_is_folded_away_is_accessible_too(visit: Open, axe_script: str, name: str) -> None:
    opened = visit(name)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(opened.page, axe_script) == []


@EACH_KIND
def test_a_page_prints(visit: Open, name: str) -> None:
    opened = visit(name, theme="dark")
    page = opened.page
    data = page.pdf(format="A4")
    assert data.startswith(b"%PDF-")
    assert len(data) > 10_000
    page.emulate_media(media="print")
    assert page.locator("header.bar").is_hidden()
    assert page.evaluate(BESIDE_PAPER) == []
    assert opened.said == []


def test_every_kind_of_page_is_among_those_that_are_looked_at(built: Settings) -> None:
    for kind in registered_pages():
        note = json.loads((built.site / f"{kind.kind_id}.pages.json").read_bytes())
        assert set(note["keys"]) & {name.partition("#")[0] for name in KINDS}, kind.kind_id


def test_the_theme_that_was_chosen_holds_on_the_next_page(visit: Open) -> None:
    page = visit("find.html", theme="light").page
    page.get_by_role("button", name="Dark mode").press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("link", name="Methods").click()
    page.wait_for_url("**/methods.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_by_role("button", name="Light mode").is_visible()


def test_a_keyboard_reaches_the_content_first(visit: Open) -> None:
    page = visit("models/gpt-3-175b.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.wait_for_url("**#content")


@pytest.mark.parametrize(
    "name", ["index.html", "models/llama-3.1-405b.html", "accelerators/h100-sxm.html", "find.html", "validation.html",
             "quality.html", "claims.html", "methods.html", "devices.html", "compare.html", "cite.html",
             "together.html", "serving.html"],
)  # fmt: skip
def test_no_table_is_wider_than_its_card(visit: Open, name: str) -> None:
    page = visit(name).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(WIDE_TABLES) == []


@pytest.mark.parametrize(
    "name", ["models/llama-3.1-405b.html", "find.html", "validation.html", "devices.html", "compare.html"]
)
def test_on_a_phone_every_column_is_seen_without_scrolling(visit: Open, name: str) -> None:
    page = visit(name, width=390).page
    assert page.evaluate(WIDE_TABLES) == []
    labelled = page.locator(".scroll td[data-label]").first
    assert (
        labelled.evaluate("(e) => getComputedStyle(e, '::before').content")
        == f'"{labelled.get_attribute("data-label")}"'
    )


def test_a_point_leads_to_its_fact_sheet(visit: Open) -> None:
    page = visit("index.html").page
    page.locator("#chart-training-compute-0 svg .mark-symbol path").nth(100).click(force=True)
    page.wait_for_url("**/models/*.html")


def test_without_scripts_pictures_stand_in(browser: Browser, built: Settings) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((built.site / "index.html").as_uri())
    pictures = page.locator("noscript img, img.picture")
    assert pictures.count() > 10
    assert pictures.first.is_visible()
    for name in ("compare.html", "check.html", "devices.html", "serving.html"):
        page.goto((built.site / name).as_uri())
        assert "scripts are switched off" in page.locator("main").inner_text()
    context.close()
