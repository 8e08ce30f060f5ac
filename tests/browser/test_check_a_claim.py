"""The claim checker of the page: equal to ``ledger audit``, kept in the address, refusing what it cannot read."""

import csv
import io
import math
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import expect

from pipelines.answers.audit import audit_file
from pipelines.settings import REPORTS, Settings
from pipelines.site.pages.check import check_data, claims_script
from tests.browser.conftest import Open

CASES = 240
LEAST_TESTED = 200
RUN_ALL = """([script, cases, data]) => {
  const claims = new Function(script + '; return claims')();
  return cases.map((one) => claims.judge(one, data));
}"""


def random_claim(data: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A claim about a subject as somebody may name it, near our value or far from it."""
    spelled = rng.choice(sorted(data["spellings"]))
    place = rng.choice(data["spellings"][spelled])[0]
    subject = data["subjects"][place]
    evidence = subject["evidence"]
    known = [one for one in sorted(data["quantities"]) if one in evidence] or sorted(data["quantities"])
    quantity = rng.choice(known)
    units = [unit for unit, about in data["units"].items() if about["base"] == data["quantities"][quantity]["unit"]]
    unit = rng.choice(sorted(units))
    figures = evidence.get(quantity, [])
    near = rng.choice(figures)[2] if figures else 1.0
    published = [one[0] for figure in figures for one in figure[6]]
    value = rng.choice([near, *published]) * math.exp(rng.choice([0, 0, rng.gauss(0, 0.3), rng.gauss(0, 2)]))
    number = float(f"{value / data['units'][unit]['factor']:.4g}")
    comparison = rng.choice(["about", "about", "about", "at least", "at most", "range"])
    low = None if comparison == "at most" else number
    high = {"at least": None, "range": number * rng.uniform(1, 4)}.get(comparison, number)
    name = rng.choice([subject["name"], subject["id"], spelled])
    return {"subject": name, "quantity": quantity, "comparison": comparison, "low": low, "high": high, "unit": unit}


def as_list(cases: list[dict[str, Any]], path: Path) -> Path:
    """The claims as a list that ``ledger audit`` reads."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["claim_id", *cases[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"claim_id": f"c{place:04}", **case} for place, case in enumerate(cases))
    path.write_text(buffer.getvalue(), encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_page_says_what_ledger_audit_says(
    visit: Open, built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rng = random.Random(20261130)
    data = check_data(published)
    cases = [random_claim(data, rng) for _ in range(CASES)]
    script = "\n".join([claims_script(), (REPORTS / "sheets" / "claims.js").read_text(encoding="utf-8")])
    free = visit("methods.html").page.context.browser.new_page()  # type: ignore[union-attr]  # without a policy
    told = free.evaluate(RUN_ALL, [script, cases, data])
    free.close()
    rows = {row["claim_id"]: row for row in audit_file(built, as_list(cases, tmp_path / "claims.csv")).rows}
    tested = 0
    for place, (case, mine) in enumerate(zip(cases, told, strict=True)):
        theirs = rows[f"c{place:04}"]
        assert mine["verdict"] == theirs["verdict"], (case, theirs["reason"])
        if not mine["tests"]:
            assert theirs["computed"] is None, case
            continue
        best = mine["tests"][0]
        assert {"none": None}.get(best["boundary"], best["boundary"]) == theirs["boundary"], case
        for end, column in (("low", "computed_low"), ("value", "computed"), ("high", "computed_high")):
            assert best[end] / mine["factor"] == pytest.approx(theirs[column], rel=1e-7), case
        assert best["ratio"] == pytest.approx(theirs["ratio"], rel=1e-7), case
        tested += 1
    assert tested >= LEAST_TESTED
    assert len({one["verdict"] for one in told}) >= 4


def test_a_claim_is_kept_in_the_address(visit: Open) -> None:
    page = visit("check.html").page
    page.locator("#subject").fill("GPT-3")
    page.locator("#quantity").select_option("energy_kwh")
    page.locator("#number").fill("1287")
    assert page.locator("#verdict").get_attribute("data-verdict") == "supported"
    again = visit(f"check.html{page.evaluate('location.hash')}").page
    assert again.locator("#verdict").inner_text() == page.locator("#verdict").inner_text()
    assert again.locator("#unit").input_value() == "MWh"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("number", "many", "“many” is not a number."),
        ("number", "10 to 20", "Two numbers are a range"),
        ("subject", "no such thing", "is not a name that we have figures for."),
        ("subject", "<img src=x onerror=alert(1)>", "is not a name that we have figures for."),
    ],
)
def test_what_cannot_be_read_is_told(visit: Open, field: str, text: str, told: str) -> None:
    opened = visit("check.html#subject=GPT-3&quantity=energy_kwh&comparison=about&number=1287&unit=MWh")
    opened.page.locator(f"#{field}").fill(text)
    expect(opened.page.locator("#problem")).to_contain_text(told)
    expect(opened.page.locator("#verdict")).to_be_hidden()
    assert opened.page.locator("main img").count() == 0
    assert opened.said == []


@pytest.mark.parametrize(
    "address",
    [
        "#subject=%",
        "#subject=__proto__&number=1",
        "#subject=GPT-3&quantity=toString&unit=constructor&number=1",
        "#number=1e999",
    ],
)
def test_an_odd_address_does_no_harm(visit: Open, address: str) -> None:
    opened = visit(f"check.html{address}")
    expect(opened.page.get_by_role("heading", level=1)).to_be_visible()
    assert opened.said == []
