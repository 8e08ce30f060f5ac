"""The pages in use: searching, sorting, comparing, downloading, by keyboard; tooltips; names that attack."""

import base64
import csv
import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from pipelines.settings import Settings
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages
from tests.browser.conftest import Open
from tests.conftest import rewritten


def unpacked(page: Page, element: str) -> Any:
    """The data that a page holds packed."""
    packed = json.loads(page.locator(f"#{element}").text_content() or "")
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def fragment(page: Page) -> str:
    """What the address keeps of the page's state."""
    return str(page.evaluate("location.hash"))


# Finding


def test_the_search_box_of_the_front_page_leads_to_a_fact_sheet_by_keyboard(visit: Open) -> None:
    page = visit("index.html").page
    field = page.get_by_role("combobox", name="Find the fact sheet of a model or accelerator")
    field.focus()
    page.keyboard.type("llama 3.1 405")
    expect(page.locator("#search-list li").first).to_contain_text("Llama 3.1 405B")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == page.locator(
        "#search-list [aria-selected=true]"
    ).get_attribute("id")
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/llama-3.1-405b.html")
    expect(page.get_by_role("heading", level=1)).to_have_text("Llama 3.1 405B")


def test_a_chip_is_found_by_another_name_of_it(visit: Open) -> None:
    page = visit("index.html").page
    page.locator("#search").fill("h100 sxm")
    page.locator("#search-list li").filter(has_text="H100 SXM5 80 GB").first.click()
    page.wait_for_url("**/accelerators/h100-sxm.html")


def test_a_search_for_what_there_is_not_says_so(visit: Open) -> None:
    page = visit("index.html").page
    page.locator("#search").fill("no such thing at all")
    expect(page.locator("#search-status")).to_have_text("No entry has this name.")
    assert page.locator("#search-list").is_hidden()


def test_letters_and_digits_alone_find_the_known_first(visit: Open) -> None:
    page = visit("index.html").page
    known = {
        "gpt4": "GPT-4", "rtx4090": "GeForce RTX 4090", "TPUv4": "Google TPU v4", "llama3.1 405b": "Llama 3.1 405B",
        "h100": "NVIDIA H100 SXM5 80 GB", "alexnet": "AlexNet",
    }  # fmt: skip
    for query, first in known.items():
        page.locator("#search").fill(query)
        expect(page.locator("#search-list li").first).to_contain_text(first)


def test_a_search_is_kept_in_the_address(visit: Open) -> None:
    page = visit("index.html").page
    page.locator("#search").fill("llama3.1 405b")
    again = visit(f"index.html{fragment(page)}").page
    expect(again.locator("#search-list li").first).to_contain_text("Llama 3.1 405B")
    page = visit("find.html").page
    page.locator("#filter").fill("gpt4")
    again = visit(f"find.html{fragment(page)}").page
    assert again.locator("#models tbody tr:visible").count() == page.locator("#models tbody tr:visible").count() > 0


def test_the_index_begins_with_the_largest_runs_and_the_newest_chips(visit: Open) -> None:
    page = visit("find.html").page
    compute = [float(text) for text in column(page, "models", 4) if text]
    assert compute == sorted(compute, reverse=True)
    released = [text for text in page.locator("#chips tbody td:nth-child(4)").all_inner_texts() if text != "–"]
    assert released == sorted(released, reverse=True)


def test_the_index_is_narrowed_by_every_word(visit: Open) -> None:
    page = visit("find.html").page
    everything = page.locator("#models tbody tr").count()
    page.get_by_label("Search by name, company or key").fill("openai gpt-3")
    shown = page.locator("#models tbody tr:visible")
    assert 0 < shown.count() < 20
    assert all("GPT-3" in text for text in shown.all_inner_texts())
    expect(page.locator("#filter-status")).to_contain_text(f"{shown.count()} of {everything} models")
    page.get_by_label("Search by name, company or key").fill("")
    assert page.locator("#models tbody tr:visible").count() == everything


# Sorting


def column(page: Page, table: str, place: int) -> list[str]:
    return page.evaluate(
        "([table, place]) => [...document.querySelectorAll(`#${table} tbody tr`)].map((r) => r.cells[place].dataset.sort ?? '')",
        [table, place],
    )


def test_a_table_sorts_by_keyboard_and_what_is_not_known_stays_last(visit: Open) -> None:
    page = visit("find.html").page
    heading = page.locator("#models thead th").nth(4)
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    falling = column(page, "models", 4)
    numbers = [float(text) for text in falling if text]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 100
    assert set(falling[len(numbers) :]) == {""}
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    rising = column(page, "models", 4)
    assert [float(text) for text in rising if text] == sorted(numbers)
    assert set(rising[len(numbers) :]) == {""}
    page.locator("#models thead th").first.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None


# Comparing


def test_a_comparison_is_kept_in_the_address(visit: Open) -> None:
    page = visit("compare.html").page
    assert page.locator("#picked li").count() == 3, "an example stands until something is chosen"
    page.get_by_label("Accelerators").check()
    for _ in range(3):
        page.get_by_role("button", name=re.compile("^Remove ")).first.click()
    expect(page.locator("#result-subtitle")).to_have_text("Select at least 2 accelerators above.")
    field = page.locator("#add")
    for name in ("H100 SXM5", "A100 SXM4 80"):
        field.fill(name)
        page.keyboard.press("Enter")
    heads = page.locator("#compared thead th").all_inner_texts()
    assert [text.split("\n")[0] for text in heads[1:]] == ["NVIDIA H100 SXM5 80 GB", "NVIDIA A100 SXM4 80 GB"]
    assert "#accelerators=h100-sxm,a100-sxm-80gb&model=" in page.url
    again = visit(f"compare.html{fragment(page)}")
    assert again.page.locator("#compared").inner_html() == page.locator("#compared").inner_html()
    assert again.said == []


def test_another_kind_offers_its_own_entries_alone(visit: Open) -> None:
    page = visit("compare.html#models=gpt-3-175b,llama-3.1-405b").page
    page.get_by_label("Accelerators").check()
    page.locator("#add").fill("A100 PCIe 80")
    page.locator("#add-list li").first.click()
    expect(page.locator("#picked")).to_contain_text("A100 PCIe 80")
    expect(page.locator("#add-status")).to_have_text("")
    assert re.search(r"#accelerators=[^&]*a100-pcie-80gb", page.url)


def test_accelerators_are_compared_in_use_for_a_model_that_the_address_keeps(visit: Open) -> None:
    page = visit("compare.html#accelerators=h100-sxm,b200-sxm,mi300x").page
    rows = page.locator("#compared tbody tr")
    serving = ("tokens per second", "energy per token", "cost per million tokens")
    for name in ("Rental price", "Purchase price", *serving, "Largest model", "MLPerf"):
        assert rows.filter(has_text=name).count() >= 1, name
    before = rows.filter(has_text="Serving: rental cost").inner_text()
    page.get_by_label("Serving figures are for").select_option("llama-3.1-8b")
    assert rows.filter(has_text="Serving: rental cost").inner_text() != before
    again = visit(f"compare.html{fragment(page)}").page
    assert again.locator("#compared").inner_html() == page.locator("#compared").inner_html()
    assert page.url.endswith("&model=llama-3.1-8b")


def test_a_small_difference_looks_small(visit: Open) -> None:
    page = visit("compare.html#accelerators=h100-sxm,h200-sxm").page
    row = page.locator("#compared tbody tr").filter(has_text="Rated power")
    places = [float(dot.get_attribute("cx") or "nan") for dot in row.locator("circle").all()]
    assert len(places) == 2
    assert abs(places[0] - places[1]) < 1, "700 W both"
    row = page.locator("#compared tbody tr").filter(has_text="Memory bandwidth")
    places = [float(dot.get_attribute("cx") or "nan") for dot in row.locator("circle").all()]
    assert 5 < abs(places[0] - places[1]) < 40, "1.4 times, on a scale of ten"


def test_a_comparison_shows_intervals_and_ratios(visit: Open, built: Settings) -> None:
    page = visit("compare.html#models=gpt-3-175b,llama-3.1-405b").page
    row = page.locator("#compared tbody tr").filter(has_text="Training compute").first
    texts = row.locator("td").all_inner_texts()
    assert re.search(r"\d[^\n]* to \d", texts[0])
    assert "× the first" in texts[1]
    assert row.locator("svg").count() == 2


def test_at_most_six_are_compared_and_unknown_ones_are_left_out(visit: Open) -> None:
    opened = visit("compare.html")
    data = unpacked(opened.page, "compare-data")
    ids = [entry[0] for entry in data["models"]["entries"][:8]]
    page = visit(f"compare.html#models=no-such-model,{','.join(ids)}").page
    assert page.locator("#picked li").count() == 6
    assert page.get_by_role("combobox").is_disabled()


@pytest.mark.parametrize("address", ["#models=%", "#models=", "#rounds=<script>", "#nonsense", "#models=__proto__"])
def test_an_odd_address_does_no_harm(visit: Open, address: str) -> None:
    opened = visit(f"compare.html{address}")
    expect(opened.page.locator("#result-title")).not_to_be_empty()
    assert opened.said == []


# Downloads


def test_every_download_is_there_and_holds_rows(visit: Open, built: Settings) -> None:
    for name in ("index.html", "validation.html", "quality.html", "claims.html"):
        page = visit(name).page
        for href in {link.get_attribute("href") for link in page.locator("a[download]").all()}:
            assert href is not None
            path = built.site / unquote(href)
            if path.suffix == ".csv":
                rows = pl.read_csv(path, infer_schema_length=None).height
            elif path.suffix == ".parquet":
                rows = pl.read_parquet(path).height
            else:
                rows = path.stat().st_size
            assert rows > 0, href


@pytest.mark.parametrize(("name", "table", "file"), [
    ("quality.html", "finding-table", "findings.csv"), ("quality.html", "conflict-table", "conflicts.csv"),
])  # fmt: skip
def test_a_download_has_the_rows_that_are_shown(visit: Open, built: Settings, name: str, table: str, file: str) -> None:
    page = visit(name).page
    with (built.site / file).open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == page.locator(f"#{table} tbody tr").count() > 0


def test_the_rows_of_the_validation_are_those_of_its_file(visit: Open, built: Settings) -> None:
    page = visit("validation.html").page
    shown = page.locator("#compared-table tbody tr, #circular-table tbody tr").count()
    assert shown == pl.read_csv(built.site / "validation.csv", infer_schema_length=None).height


# Tooltips


def test_tooltips_tell_no_raw_values(visit: Open) -> None:
    page = visit("index.html").page
    told = page.evaluate(
        """() => [...document.querySelectorAll(".chart svg [aria-label]")].map((e) => e.getAttribute("aria-label"))"""
    )
    marks = page.locator(".chart svg .mark-symbol path, .chart svg .mark-rect path")
    for index in range(0, min(marks.count(), 400), 40):
        marks.nth(index).hover(force=True)
        tip = page.locator("#vg-tooltip-element.visible")
        if tip.count():
            told.append(tip.inner_text())
    assert len([text for text in told if text]) > 3
    for text in told:
        assert not re.search(r"\bNaN\b|\bnull\b|\bundefined\b|\b1[0-9]{12}\b", text), text


# Names that attack

NAME = """<script>alert(1)</script>"'&<img src=x onerror=alert(2)>{{ 7 * 7 }}"""


@pytest.fixture(scope="module")
def attacked(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the finished build in which a model, a chip, a source and a benchmark have hostile names."""
    home = tmp_path_factory.mktemp("attacked")
    shutil.copytree(built.home, home / "home", symlinks=True)
    settings = Settings(home=home / "home", site=home / "home" / "site")
    with rewritten(settings) as connection:
        connection.execute("update core.models set model_name = ? where model_id = 'gpt-3-175b'", [NAME])
        connection.execute("update core.training_runs set model_name = ? where model_id = 'gpt-3-175b'", [NAME])
        connection.execute(
            "update mart.figures set subject_name = ?, formula = formula || ? where subject_id = 'gpt-3-175b'",
            [NAME, NAME],
        )
        connection.execute(
            "update mart.accelerators set accelerator_name = ?, vendor = ? where accelerator_id = 'h100-sxm'",
            [NAME, NAME],
        )
        connection.execute("update meta.sources set title = ?, url = 'javascript:alert(3)'", [NAME])
        connection.execute("update mart.benchmark_runs set submitter = ?, system = ?", [NAME, NAME])
        connection.execute("update mart.consistency_findings set likely_cause = ?", [f"=1+1{NAME}"])
    for kind in registered_pages():
        build_pages(kind, settings)
    return settings


@pytest.mark.parametrize(
    "name", ["models/gpt-3-175b.html", "accelerators/h100-sxm.html", "find.html", "validation.html", "quality.html",
             "methods.html", "compare.html#models=gpt-3-175b,bloom-176b", "compare.html#accelerators=h100-sxm,a100-sxm-80gb"],
)  # fmt: skip
def test_a_hostile_name_does_nothing(visit: Open, attacked: Settings, name: str) -> None:
    opened = visit(name, site=attacked.site)
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert NAME in page.evaluate("document.body.innerText")
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert opened.said == []
    assert opened.outside() == []


def test_a_hostile_name_is_found_and_harmless_in_the_suggestions(visit: Open, attacked: Settings) -> None:
    opened = visit("compare.html#models=", site=attacked.site)
    opened.page.get_by_role("combobox").fill("alert(1)")
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator("#picked")).to_contain_text(NAME)
    assert opened.said == []


def test_a_file_for_spreadsheets_holds_no_formula(attacked: Settings) -> None:
    for path in sorted(Path(attacked.site).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert [cell for cell in cells if re.match(r"[=+@\t\r]|-[^0-9.]", cell)] == [], path.name
    text = (attacked.site / "findings.csv").read_text(encoding="utf-8")
    assert "'=1+1" in text
