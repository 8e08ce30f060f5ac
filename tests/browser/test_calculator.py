"""The calculator of the front page: equal to ``ledger estimate``, kept in the address, refusing what cannot be."""

import json
import math
import random
import shlex
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.answers.given import Stated
from pipelines.answers.labels import said
from pipelines.answers.numbers import plain, with_prefix
from pipelines.answers.training_estimate import Scenario, estimate_all, open_whatif
from pipelines.settings import Settings
from pipelines.site.calculator.front_parts import calculator_script
from tests.answers.test_numbers import UNITS, numbers_of_all_sizes, texts_of
from tests.browser.conftest import Open
from tests.conftest import run_ledger

CASES = 280
LEAST_POSSIBLE = 200

RUN_ALL = """([script, scenarios, data]) => {
  const whatif = new Function(script + '; return whatif')();
  return scenarios.map((one) => {
    try { return whatif.estimate(one, data); } catch (e) { return { error: e.message, known: e instanceof whatif.Impossible }; }
  });
}"""


def drawn(low: float, high: float, rng: random.Random, *, exact: bool = False) -> Stated:
    """A number between the two, even on the logarithm; half of the time with bounds."""
    value = math.exp(rng.uniform(math.log(low), math.log(high)))
    if exact or rng.random() < 0.5:
        return Stated(value, value, value)
    return Stated(value * rng.uniform(0.5, 1), value, value * rng.uniform(1, 2))


def random_scenario(data: dict[str, Any], rng: random.Random) -> Scenario:
    """A run as somebody may describe it: by size and tokens, by FLOP, by time, with or without what else is known."""
    chip = rng.choice(sorted(data["chips"]))
    about = data["chips"][chip]
    way = rng.choice(["size", "size", "size and hours", "size and chip_hours", "flop", "chip_hours", "hours"])
    architecture = rng.choice([None, "dense", "moe", "encoder-decoder"])
    given: dict[str, Any] = {"architecture": architecture}
    params = drawn(1e8, 2e12, rng, exact=True)
    if "size" in way:
        given |= {"params": params, "tokens": drawn(1e9, 3e13, rng)}
        if architecture == "moe" or rng.random() < 0.2:
            given["active_params"] = Stated(params.value / 4, params.value / 3, params.value / 2)
    if way == "flop":
        given["flop"] = drawn(1e19, 1e26, rng)
    if way.endswith("chip_hours"):
        given["chip_hours"] = drawn(1e3, 1e8, rng)
    elif way.endswith("hours"):
        given["hours"] = drawn(100, 1e4, rng)
    if way.endswith(" hours") or way == "hours" or rng.random() < 0.5:
        needed = math.ceil(params.value * data["state_bytes_per_param"] / (about["memory_bytes"] or 1e9))
        given["count"] = Stated(*[float((needed + 1) * rng.randint(1, 20))] * 3)
    optional = {
        "mfu": lambda: Stated(*sorted(rng.uniform(0.05, 0.95) for _ in range(3))),
        "pue": lambda: Stated(*sorted(rng.uniform(1, 2) for _ in range(3))),
        "price": lambda: drawn(0.2, 12, rng),
        "chip_price": lambda: drawn(500, 50_000, rng),
        "country": lambda: rng.choice(sorted(data["countries"])),
        "year": lambda: rng.randint(about["released_year"] or data["years"][0], data["years"][1]),
        "number_format": lambda: rng.choice(sorted(about["formats"])),
        "operator": lambda: rng.choice(["hyperscaler", "other"]),
    }
    given |= {name: make() for name, make in optional.items() if rng.random() < 0.4}
    return Scenario(chip, **given)


def as_object(scenario: Scenario) -> dict[str, Any]:
    """The scenario as the page holds it: the form asks for no context and no adapter."""
    return {
        name: vars(value) if isinstance(value, Stated) else value
        for name, value in vars(scenario).items()
        if value is not None and name != "work"
    }


@pytest.fixture(scope="module")
def coefficients(built: Settings) -> dict[str, Any]:
    return json.loads((built.site / "whatif.json").read_bytes())


def test_the_calculator_equals_ledger_estimate(visit: Open, built: Settings, coefficients: dict[str, Any]) -> None:
    rng = random.Random(20261122)
    scenarios = [random_scenario(coefficients, rng) for _ in range(CASES)]
    free = visit("methods.html").page.context.browser.new_page()  # type: ignore[union-attr]  # without a policy
    told = free.evaluate(RUN_ALL, [calculator_script(), [as_object(one) for one in scenarios], coefficients])
    free.close()
    assert all(one["known"] for one in told if "error" in one), [one for one in told if "error" in one][:3]
    possible = [(one, answer) for one, answer in zip(scenarios, told, strict=True) if "error" not in answer]
    assert len(possible) >= LEAST_POSSIBLE
    with open_whatif(built) as connection:
        expected = estimate_all(connection, [one for one, _ in possible])
    compared = 0
    for (scenario, answer), rows in zip(possible, expected, strict=True):
        assert [row["quantity"] for row in answer["figures"]] == [row["quantity"] for row in rows], scenario
        for mine, theirs in zip(answer["figures"], rows, strict=True):
            assert (mine["method"], mine["unit"], mine["kind"]) == (theirs["method"], theirs["unit"], theirs["kind"])
            for end in ("value_low", "value", "value_high"):
                assert mine[end] == pytest.approx(theirs[end], rel=1e-12), (scenario, mine["quantity"], end)
                compared += 1
        inputs = {one["name"] for one in answer["inputs"]}
        assert inputs == {name for row in rows for name in row["inputs"]}, scenario
    assert compared > 5_000


def test_numbers_read_as_they_do_elsewhere(visit: Open) -> None:
    values = numbers_of_all_sizes()
    free = visit("methods.html").page.context.browser.new_page()  # type: ignore[union-attr]
    told = free.evaluate(
        """([script, values, units]) => {
          const n = new Function(script + '; return numbers')();
          return values.map((v) => [n.number(v), n.number(v, 2), n.number(v, 3),
            ...units.flatMap((u) => [2, 4].map((digits) => n.said(v, u, "", digits))),
            ...units.map((u) => n.span(v, Math.min(30 * Math.abs(v) + 1, 1e308), u)),
            n.plain(v, 3), n.said(v, "ratio", "mfu"), n.withPrefix(v, "B")]);
        }""",
        [calculator_script(), values, UNITS],
    )
    free.close()
    for value, texts in zip(values, told, strict=True):
        more = [plain(value, 3), said(value, "ratio", "mfu"), with_prefix(value, "B")]
        assert texts == [*texts_of(value), *more], value


# The form


def figures(page: Page) -> dict[str, str]:
    return {
        entry.get_attribute("data-quantity") or "": entry.locator("dd").first.inner_text()
        for entry in page.locator("#wi-figures > div").all()
    }


def test_it_answers_at_once_with_intervals(visit: Open) -> None:
    page = visit("index.html#what-if").page
    shown = figures(page)
    assert shown["training_flop"].replace("\u00a0", " ") == "6.3×10²⁴ FLOP"
    assert {"facility_energy_kwh", "cloud_cost_usd", "location_co2e_kg", "water_l", "wall_days"} <= set(shown)
    for entry in page.locator("#wi-figures > div").all():
        assert " to " in entry.locator("dd").nth(1).inner_text() or "exact" in entry.inner_text()
    page.locator("#wi-tokens").fill("30 trillion")
    assert figures(page)["training_flop"].replace("\u00a0", " ") == "1.3×10²⁵ FLOP"


def test_a_scenario_is_kept_in_the_address(visit: Open) -> None:
    page = visit("index.html").page
    page.locator("#wi-params").fill("8e9")
    page.locator("#wi-mfu").evaluate("(e) => { e.closest('details').open = true; }")
    page.locator("#wi-mfu").fill("0.3:0.38:0.45")
    page.locator("#wi-country").select_option("FRA")
    again = visit(f"index.html{page.url[page.url.index('#') :]}")
    assert figures(again.page) == figures(page)
    assert again.page.locator("#wi-country").input_value() == "FRA"
    assert again.page.locator("#wi-mfu").is_visible()
    page.get_by_role("button", name="Reset").press("Enter")
    assert page.url.endswith("#what-if")
    assert page.locator("#wi-params").input_value() == "70 billion"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("params", "many", "Parameters: “many” is not a number. Enter a value such as 70e9, 70 billion, or low:central:high."),
        ("tokens", "-5", "Training tokens: expected a value above zero."),
        ("tokens", "3:2:4", "Training tokens: expected low ≤ central ≤ high."),
        ("tokens", "", "Too few inputs"),
        ("mfu", "38", "at most 1. Did you mean 0.38?"),
        ("pue", "0.9", "a data centre uses at least as much power as its computers"),
        ("count", "8", "The model does not fit: training needs at least 1.12\u00a0TB"),
        ("count", "1024.5", "Accelerators in parallel: expected a whole number."),
        ("active_params", "71 billion", "71\u00a0billion active parameters exceed the total of"),
        ("flop", "1e24", "Training compute and training tokens give the same information"),
        ("chip_hours", "1000", "needs 1,770 times the dense peak"),
        ("year", "1066", "Year: expected 1990 to 2035."),
        ("year", "soon", "Year: expected 1990 to 2035."),
        ("year", "2012", "was released in 2022; expected 2022 or later."),
        ("params", "1.2.3", "is not a number"),
        ("params", "NaN", "is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_plain_words(visit: Open, field: str, text: str, told: str) -> None:
    opened = visit("index.html")
    page = opened.page
    page.evaluate("document.querySelectorAll('#what-if details').forEach((d) => { d.open = true; })")
    page.locator(f"#wi-{field}").fill(text)
    expect(page.locator("#wi-error")).to_contain_text(told)
    assert page.locator("#wi-error").get_attribute("role") == "alert"
    assert page.locator("#wi-results").is_hidden()
    assert opened.said == []


def test_the_same_run_is_shown_in_each_country(visit: Open, coefficients: dict[str, Any]) -> None:
    page = visit("index.html#what-if").page
    page.locator("#wi-places summary").press("Enter")
    rows = page.locator("#wi-places-rows tr")
    known = [code for code, place in coefficients["countries"].items() if place["grid"]]
    assert 40 < rows.count() <= len(known)
    page.locator("#wi-places-rows tr[data-country=FRA] button").press("Enter")
    assert page.locator("#wi-country").input_value() == "FRA"
    shown = page.locator("#wi-places-rows tr.chosen td").first.inner_text()
    assert figures(page)["location_co2e_kg"] == shown
    least = page.locator("#wi-places-said").inner_text().partition(" in ")[0].split("from ")[1]
    assert rows.first.locator("td").first.inner_text() == least


def test_an_address_from_elsewhere_does_no_harm(visit: Open) -> None:
    opened = visit(
        "index.html#what-if?accelerator=%3Cscript%3E&params=%3Cimg%20src%3Dx%3E&country=XXX&operator=__proto__&tokens=1e12"
    )
    expect(opened.page.locator("#wi-error")).to_contain_text("<img src=x>")
    assert opened.page.locator("#what-if img").count() == 0
    assert opened.said == []


def test_the_command_that_is_told_gives_the_same(visit: Open, built: Settings) -> None:
    page = visit("index.html#what-if").page
    words = shlex.split(page.locator("#wi-command").inner_text())
    done = run_ledger(*words[1:], "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    told = {row["quantity"]: row for row in json.loads(done.stdout)["figures"]}
    shown = figures(page)
    assert set(shown) == set(told)
    for quantity, row in told.items():
        assert shown[quantity] == said(row["value"], row["unit"], quantity)
