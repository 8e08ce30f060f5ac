"""Questions that readers have, asked from the front page: each is answered in at most four actions, wide and narrow."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

MOST_ACTIONS = 4
WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@dataclass
class Reader:
    """Somebody who acts on a page; each click, choice and entry counts."""

    page: Page
    actions: int = 0

    def click(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def enter(self, selector: str, text: str) -> None:
        self.actions += 1
        self.page.locator(selector).fill(text)

    def choose(self, selector: str, text: str) -> None:
        self.actions += 1
        self.page.locator(selector).select_option(label=text)

    def press(self, selector: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.click()


Asking = Callable[[int], Reader]


@pytest.fixture
def asking(visit: Open) -> Iterator[Asking]:
    """A reader on the front page, who does not wait for its charts; at the end the actions are counted."""
    readers: list[tuple[Reader, list[str], list[str]]] = []

    def start(width: int) -> Reader:
        opened = visit("cite.html", width=width)
        opened.page.get_by_role("link", name="Compute Ledger", exact=True).click()
        opened.page.wait_for_url("**/index.html")
        reader = Reader(opened.page)
        readers.append((reader, opened.said, opened.outside()))
        return reader

    yield start
    for reader, said, outside in readers:
        assert 0 < reader.actions <= MOST_ACTIONS
        assert said == []
        assert outside == []
        sideways = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert reader.page.evaluate(sideways) == 0


@WIDTHS
def test_the_energy_of_llama_how_sure_and_where_from(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.enter("#search", "llama3.1 405b")
    reader.press("#search-list li")
    reader.page.wait_for_url("**/models/llama-3.1-405b.html")
    energy = reader.page.locator(".headline > div").filter(has_text="Facility energy")
    expect(energy).to_contain_text("GWh")
    expect(energy).to_contain_text(" to ")
    card = reader.page.locator("#facility_energy_kwh")
    expect(card).to_contain_text("US homes use in a year")
    expect(card).to_contain_text("decides the interval")
    reader.press("#facility_energy_kwh summary")
    expect(card.locator("table a").first).to_be_visible()


@WIDTHS
def test_a_device_under_300_dollars_for_an_8b_model(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "What fits my device or budget?")
    reader.enter("#model", "8B")
    reader.enter("#usd", "300")
    rows = reader.page.locator("#devices tr")
    expect(rows.first).to_be_visible()
    prices = [text for text in rows.locator("td[data-label=Price]").all_inner_texts() if text != "–"]
    assert len(prices) >= 3
    assert all(float(text.replace("$", "").replace("Price", "")) <= 300 for text in prices)
    speeds = rows.locator("td[data-label='Speed at most']").all_inner_texts()
    numbers = [float(text.split("\u00a0")[0].replace(",", "")) for text in speeds if text != "–"]
    assert numbers == sorted(numbers, reverse=True)
    expect(reader.page.locator("#model-status")).to_contain_text("8 billion parameters")


@WIDTHS
def test_whether_gpt_3_used_what_120_homes_use(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Is this claim true?")
    reader.enter("#subject", "GPT-3")
    reader.choose("#quantity", "Facility energy in US home-years")
    reader.enter("#number", "120")
    expect(reader.page.locator("#verdict-title")).to_have_text("Partly supported")
    text = reader.page.locator("#verdict-text").inner_text().replace("\u00a0", " ")
    assert "140 home-years" in text
    assert "90 % interval" in text
    assert (
        reader.page.locator("#tests tr").first.inner_text().count("Carbon Emissions and Large Neural Network Training")
        == 1
    )


@WIDTHS
def test_three_accelerators_for_serving(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Compare")
    reader.page.wait_for_url("**/compare.html")
    reader.click("radio", "Accelerators")
    heads = reader.page.locator("#compared thead th").all_inner_texts()
    assert [any(name in head for head in heads) for name in ("H100", "B200", "MI300X")] == [True] * 3
    serving = ("Serving: accelerator energy per token", "Serving: rental cost per million tokens")
    for name in ("Rental price", *serving, "Largest model in 16 bits"):
        row = reader.page.locator("#compared tbody tr").filter(has_text=name)
        assert row.locator("td strong").count() == 3, name


@WIDTHS
def test_what_a_run_of_13b_would_cost_and_emit_in_france(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "13B on 2T tokens, 256 H100, France")
    expect(reader.page.locator("#wi-params")).to_have_value("13 billion")
    assert reader.page.locator("#wi-country").input_value() == "FRA"
    for quantity, unit in (("cloud_cost_usd", "$"), ("location_co2e_kg", "CO₂e"), ("wall_days", "days")):
        expect(reader.page.locator(f"[data-quantity={quantity}]")).to_contain_text(unit)


# Ten more


@pytest.mark.slow
@WIDTHS
def test_what_an_hour_of_an_h100_costs(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.enter("#search", "h100sxm")
    reader.press("#search-list li")
    expect(reader.page.locator("#rental-prices")).to_contain_text("$")


@pytest.mark.slow
@WIDTHS
def test_what_gpt_4_cost(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "GPT-4")
    expect(reader.page.locator(".headline > div").filter(has_text="Cost, rented")).to_contain_text("$")


@pytest.mark.slow
@WIDTHS
def test_which_public_claims_are_contradicted(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Public claims")
    expect(reader.page.locator("main")).to_contain_text("contradicted")


@pytest.mark.slow
@WIDTHS
def test_the_energy_of_a_token_of_an_8b_model(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "What serves my model, and at what price?")
    expect(reader.page.locator("html[data-ready]")).to_be_attached()
    reader.enter("#sv-model", "8B")
    answers = reader.page.locator("#sv-figures")
    expect(answers.locator("[data-quantity=joule_per_token]")).to_contain_text("J/token")
    expect(answers.locator("[data-quantity=usd_per_million_tokens]")).to_contain_text("$")
    expect(reader.page.locator("#sv-title")).to_contain_text("Llama 3.1 8B on 1 × NVIDIA H100")


@pytest.mark.slow
@WIDTHS
def test_what_runs_a_3b_model_within_15_watts(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "What fits my device or budget?")
    reader.enter("#model", "3B")
    reader.enter("#watts", "15")
    watts = reader.page.locator("#devices td[data-label='Rated power']").all_inner_texts()
    assert len(watts) >= 1
    assert all(float(text.split("\u00a0")[0]) <= 15 for text in watts)


@pytest.mark.slow
@WIDTHS
def test_how_consumer_cards_compare(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Compare")
    reader.click("radio", "Accelerators")
    reader.click("button", "RTX 3090, 4090, 5090")
    expect(reader.page.locator("#result-title")).to_contain_text("RTX 4090")


@pytest.mark.slow
@WIDTHS
def test_how_to_cite_the_data(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Cite, licence, changes")
    expect(reader.page.locator("#citation")).to_contain_text("@misc{compute_ledger")


@pytest.mark.slow
@WIDTHS
def test_how_well_such_estimates_did(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Validation")
    expect(reader.page.locator("main")).to_contain_text("Inside the interval")


@pytest.mark.slow
@WIDTHS
def test_how_training_energy_is_computed(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Methods")
    expect(reader.page.locator("main")).to_contain_text("facility_energy_kwh_of(")


@pytest.mark.slow
@WIDTHS
def test_whether_training_gpt_3_took_1287_mwh(asking: Asking, width: int) -> None:
    reader = asking(width)
    reader.click("link", "Is this claim true?")
    reader.click("link", "Training GPT-3 took 1,287 MWh")
    expect(reader.page.locator("#verdict-title")).to_have_text("Supported")
