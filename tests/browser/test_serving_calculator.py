"""The serving calculator: equal to ``ledger estimate --inference``, kept in the address, refusing what cannot be."""

import random
import shlex
from typing import Any

import duckdb
import pytest
from playwright.sync_api import expect

from pipelines.answers.given import Stated
from pipelines.answers.serving_case import Point, Serving
from pipelines.answers.serving_estimate import estimate
from pipelines.answers.serving_scenarios import asked_bits, estimates_model, find_model, open_serving, set_scenarios
from pipelines.errors import UsageError
from pipelines.settings import REPORTS, Settings
from pipelines.site.pages.serving import serving_data, serving_script
from pipelines.warehouse.file import Row, read_rows
from tests.browser.conftest import Open
from tests.conftest import run_ledger

CASES = 240
LEAST_POSSIBLE = 200
WHOLE = 10
"""Cases that go through the whole command: its query is the same, and planning it takes a third of a second."""
SINGLE = 2e-7
"""Relative difference that a figure stored as a single-precision number may have."""
CASE_COLUMNS = {
    "number_format": "number_format", "batch": "batch_size", "prompt_tokens": "prompt_tokens", "answer_tokens": "answer_tokens",
    "context_tokens": "context_tokens", "count": "accelerator_count", "group": "group_count", "decode_count": "decode_count",
    "parallelism": "parallelism",
    "software": "software", "speculative": "is_speculative", "cached_prompt": "cached_prompt_fraction", "idle": "idle_fraction",
}  # fmt: skip
"""What the command says of a case -> the column of the page's row."""
RUN_ALL = """([script, cases, data]) => {
  const serving = new Function(script + '; return serving')();
  return cases.map((one) => {
    try { return serving.estimate(one, data); } catch (e) { return { error: e.message, known: e instanceof serving.Impossible }; }
  });
}"""


def random_case(data: dict[str, Any], rng: random.Random) -> Serving:
    """A case as somebody may describe it; a model of a few parameters more often than a large one on one device."""
    model = data["models"][rng.choice(sorted(data["models"]))]
    optional: dict[str, Any] = {
        "context": lambda: rng.randint(1, int(model["max_context_tokens"])),
        "number_format": lambda: rng.choice(["16", "8", "4"]),
        "count": lambda: 2 ** rng.randint(0, 4),
        "price": lambda: Stated(*sorted(rng.uniform(0.3, 9) for _ in range(3))),
    }
    point: dict[str, Any] = {
        "prompt_tokens": lambda: rng.randint(16, 8_000),
        "answer_tokens": lambda: rng.randint(16, 8_000),
        "cached_prompt": lambda: rng.uniform(0, 0.9),
        "group": lambda: 2 ** rng.randint(0, 3),
        "cache_bits": lambda: rng.choice([4, 8, 16]),
        "speculative": lambda: True,
        "software": lambda: rng.choice(["stock", "tuned", "benchmark"]),
        "software_year": lambda: rng.uniform(2022, 2028),
        "idle": lambda: rng.uniform(0, 0.9),
    }
    given = {name: make() for name, make in optional.items() if rng.random() < 0.25}
    at = {name: make() for name, make in point.items() if rng.random() < 0.25}
    if given.get("count", 1) > 1 and rng.random() < 0.3:
        at["decode_count"] = given["count"] // 2
    fast = [chip for chip, about in data["chips"].items() if about["segment"] == "datacentre"]
    device = rng.choice(sorted(fast if rng.random() < 0.7 else data["chips"]))
    return Serving(model["model_id"], device, batch=rng.choice([1, 1, 4, 32, 256]), point=Point(**at), **given)


def as_object(case: Serving) -> dict[str, Any]:
    """The case as the page holds it."""
    given = {**vars(case), **vars(case.point)}
    return {
        name: vars(value) if isinstance(value, Stated) else value
        for name, value in given.items()
        if value is not None and name not in ("point", "config") and value is not False
    }


def script() -> str:
    names = ("numbers", "amounts", "serving")
    return "\n".join([serving_script(), *((REPORTS / "sheets" / f"{name}.js").read_text() for name in names)])


@pytest.fixture(scope="module")
def data(published: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return serving_data(published)


def told_by_the_page(visit: Open, cases: list[Serving], data: dict[str, Any]) -> list[dict[str, Any]]:
    free = visit("methods.html").page.context.browser.new_page()  # type: ignore[union-attr]  # without a policy
    told: list[dict[str, Any]] = free.evaluate(RUN_ALL, [script(), [as_object(one) for one in cases], data])
    free.close()
    assert all(one["known"] for one in told if "error" in one), [one for one in told if "error" in one][:3]
    return told


def test_the_page_says_what_the_query_of_the_command_gives(visit: Open, built: Settings, data: dict[str, Any]) -> None:
    """One run of the query for all cases: each is another model on another accelerator, so that its rows are known."""
    rng = random.Random(20261130)
    drawn = {(one.model, one.device): one for one in (random_case(data, rng) for _ in range(3 * CASES))}
    cases = [one for one in drawn.values() if one.price is None and one.point.cache_bits is None]
    told = told_by_the_page(visit, cases, data)
    with open_serving(built) as connection:
        connection.execute("create temp table cases as from core.inference_scenarios limit 0")
        for case in cases:
            model = find_model(connection, case.model)
            set_scenarios(connection, case, model, case.device, asked_bits(case.number_format, model))
            connection.execute("insert into cases from core.inference_scenarios")
        connection.execute("create or replace table core.inference_scenarios as from cases")
        rows = read_rows(connection, f"select * from ({estimates_model().query}) order by weight_bits desc")
    by_case: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_case.setdefault((row["model_id"], row["accelerator_id"]), []).append(row)
    possible = 0
    for case, mine in zip(cases, told, strict=True):
        fitting = [row for row in by_case[case.model, case.device or ""] if row["fits"]]
        assert ("error" in mine) == (not fitting), (case, mine.get("error"))
        if fitting:
            possible += 1
            for name, value in fitting[0].items():
                expected = pytest.approx(value, rel=SINGLE) if isinstance(value, float) else value
                assert mine["row"][name] == expected, (case, name)
    assert possible >= LEAST_POSSIBLE


def test_the_page_says_what_ledger_estimate_says(visit: Open, built: Settings, data: dict[str, Any]) -> None:
    rng = random.Random(20261201)
    cases = [random_case(data, rng) for _ in range(WHOLE)]
    told = told_by_the_page(visit, cases, data)
    assert 0 < sum("error" in one for one in told) < WHOLE / 2
    for case, mine in zip(cases, told, strict=True):
        with open_serving(built) as connection:  # a price or bits of the cache that are given stay in it
            if "error" in mine:
                with pytest.raises(UsageError):
                    estimate(connection, case)
            else:
                compare(mine, estimate(connection, case), case)


def compare(mine: dict[str, Any], theirs: dict[str, Any], case: Serving) -> None:
    """Fails at what is not alike."""
    for one in theirs["case"]:
        assert mine["row"][CASE_COLUMNS[one["name"]]] == pytest.approx(one["value"]), (case, one["name"])
    assert mine["row"]["bound_by"] == theirs["bound_by"], case
    assert mine["memory"] == pytest.approx(theirs["memory"], rel=1e-12), case
    assert len(mine["notes"]) == len(theirs["notes"]), case
    assert [row["quantity"] for row in mine["figures"]] == [row["quantity"] for row in theirs["figures"]], case
    for ours, other in zip(mine["figures"], theirs["figures"], strict=True):
        assert (ours["unit"], ours["formula"]) == (other["unit"], other["formula"])
        for end in ("value_low", "value", "value_high"):
            assert ours[end] == pytest.approx(other[end], rel=SINGLE), (case, ours["quantity"], end)
    assert {one["name"] for one in mine["inputs"]} == {one["name"] for one in theirs["inputs"]}, case
    for ours in mine["inputs"]:
        (other,) = [one for one in theirs["inputs"] if one["name"] == ours["name"]]
        assert [ours[end] for end in ("low", "value", "high")] == [other[end] for end in ("low", "value", "high")], (
            case,
            ours,
        )


def test_a_case_is_kept_in_the_address_and_its_command_gives_the_same(visit: Open, built: Settings) -> None:
    page = visit("serving.html").page
    page.locator("#sv-model").fill("Llama 3.1 8B")
    page.locator("#sv-device").select_option("a100-sxm-80gb")
    page.locator("#sv-batch").fill("32")
    page.locator("#sv-more").evaluate("(e) => { e.open = true; }")
    page.locator("#sv-idle").fill("25 %")
    again = visit(f"serving.html{page.evaluate('location.hash')}").page
    assert again.locator("#sv-figures").inner_text() == page.locator("#sv-figures").inner_text()
    assert again.locator("#sv-idle").is_visible()
    words = shlex.split(page.locator("#sv-command").inner_text())
    done = run_ledger(*words[1:], "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    assert page.locator("#sv-others tr").count() == 15
    page.get_by_role("button", name="Reset").press("Enter")
    assert page.locator("#sv-model").input_value() == "Llama 3.1 70B"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("batch", "many", "“many” is not a number."),
        ("batch", "1.5", "expected a whole number"),
        ("batch", "70000", "expected 1 to 65,536"),
        ("context", "131072", "The model does not fit"),
        ("idle", "100 %", "expected a share from 0 to below 1"),
        ("context", "1e7", "supports at most 131,072 tokens"),
        ("software_year", "1999", "expected 2022 to 2028"),
        ("model", "<img src=x onerror=alert(1)>", "is not a known model or a size"),
        ("price", "3:2:4", "expected low ≤ central ≤ high"),
    ],
)
def test_what_cannot_be_is_refused(visit: Open, field: str, text: str, told: str) -> None:
    opened = visit("serving.html")
    opened.page.locator("#sv-more").evaluate("(e) => { e.open = true; }")
    opened.page.locator(f"#sv-{field}").fill(text)
    expect(opened.page.locator("#sv-error")).to_contain_text(told)
    assert opened.page.locator("#sv-results").is_hidden()
    assert opened.page.locator("main img").count() == 0
    assert opened.said == []


@pytest.mark.parametrize("address", ["#model=%", "#model=__proto__&device=constructor&batch=1", "#device=x&software=y"])
def test_an_odd_address_does_no_harm(visit: Open, address: str) -> None:
    opened = visit(f"serving.html{address}")
    expect(opened.page.get_by_role("heading", level=1)).to_be_visible()
    assert opened.said == []
