"""A chart in use: years, a name that is looked for, and the page of one chart for frames of others."""

import pytest
from playwright.sync_api import Locator, Page, expect

from pipelines.settings import Settings
from pipelines.site.charts.registry import registered_charts
from tests.browser.conftest import Open

PAGE = "embed/training-compute.html"


def texts(page: Page) -> list[str]:
    return [text for text in page.locator("#chart-training-compute-0 svg text").all_text_contents() if text.strip()]


def label(page: Page, text: str) -> Locator:
    return page.locator("#chart-training-compute-0 svg text").get_by_text(text, exact=True)


def marks(page: Page) -> Locator:
    return page.locator("#chart-training-compute-0 svg .mark-symbol path")


def points(page: Page) -> int:
    return marks(page).count()


def test_years_that_are_chosen_are_the_axis_and_the_points(visit: Open) -> None:
    opened = visit(PAGE)
    page, before = opened.page, points(opened.page)
    assert "2016" in texts(page)
    page.locator("select[data-end=from]").select_option("2020")
    expect(page.locator(".tools [role=status]")).to_contain_text(f"of {before} shown")
    expect(marks(page).nth(before - 1)).not_to_be_attached()
    expect(label(page, "2024")).to_be_attached()
    assert "2016" not in texts(page)
    assert "2024" in texts(page)
    page.locator("select[data-end=to]").select_option("2015")
    assert page.locator("select[data-end=from]").input_value() == "2015", "the other end follows"
    assert opened.said == []


def test_a_name_that_is_looked_for_stands_out(visit: Open) -> None:
    opened = visit(PAGE)
    page, before = opened.page, points(opened.page)
    page.get_by_label("Find").focus()
    page.keyboard.type("gpt-3 175b")
    expect(marks(page).nth(before)).to_be_attached()
    assert "GPT-3 175B" in texts(page)
    assert "GPT-4" not in texts(page), "other names would cover it"
    page.get_by_label("Find").fill("no such model")
    expect(page.locator(".tools [role=status]")).to_have_text("No row has this name.")
    page.get_by_label("Find").fill("")
    expect(marks(page)).to_have_count(before)
    assert opened.said == []


def test_the_code_that_embeds_a_chart_names_its_page(visit: Open, built: Settings) -> None:
    page = visit("index.html").page
    for chart in registered_charts():
        code = page.locator(f"#{chart.chart_id} .copied input").input_value()
        assert f'<iframe src="embed/{chart.chart_id}.html"' in code
        assert (built.site / "embed" / f"{chart.chart_id}.html").is_file()
    page.locator("#training-compute details.embed summary").press("Enter")
    page.locator("#training-compute .copied button").press("Enter")
    expect(page.locator("#training-compute .copied button")).to_have_text("Copied")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_chart_fits_the_frame_of_another_page(visit: Open, built: Settings, width: int) -> None:
    opened = visit(PAGE, width=width)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    first = page.locator("table[data-chart] tbody a").first
    assert first.get_attribute("href") is not None
    assert (built.site / "embed" / (first.get_attribute("href") or "")).resolve().is_file()
    assert opened.outside() == []
