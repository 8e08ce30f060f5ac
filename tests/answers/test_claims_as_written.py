"""Claims as people write them: boundaries left out, nicknames, words for numbers, counts of chips, ratios."""

import csv
from pathlib import Path
from typing import get_args

import duckdb
import pytest

from pipelines.answers.audit import Audit, audit_file
from pipelines.answers.labels import BOUNDARIES
from pipelines.records.fields import Comparison
from pipelines.settings import ROOT, Settings
from tests.answers.test_audit import audited

OURS = Path(__file__).with_name("famous_claims.csv")
SHARED = ROOT.parent / "shared" / "data" / "famous_claims.csv"
needs_shared_claims = pytest.mark.skipif(not SHARED.is_file(), reason=f"no list of famous claims at {SHARED}")


def by_id(done: Audit) -> dict[str, dict[str, object]]:
    return {row["claim_id"]: row for row in done.rows}


@pytest.mark.parametrize("path", [OURS, pytest.param(SHARED, marks=needs_shared_claims)], ids=["ours", "shared"])
def test_famous_claims_get_the_expected_verdict_and_the_reason_names_the_boundary(built: Settings, path: Path) -> None:
    rows = by_id(audit_file(built, path))
    with path.open(encoding="utf-8", newline="") as file:
        expected = {row["claim_id"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(expected)
    for claim, row in rows.items():
        assert row["verdict"] in expected[claim]["expected"].split("|"), row["reason"]
        assert row["boundary"] is None or BOUNDARIES[str(row["boundary"])] in str(row["reason"])
        assert expected[claim].get("boundary", "") in str(row["reason"])


def test_a_quantity_without_boundary_is_tested_against_each_and_never_against_a_pool(
    built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    names = {
        "energy": ("chip", "server", "facility"),
        "cost": ("cloud", "owned"),
        "carbon": ("location", "market", "lifecycle"),
    }
    figures = {
        (quantity, boundary): bounds
        for quantity, boundary, *bounds in published.execute(
            "select quantity, boundary, value_low, value, value_high from mart.figures "
            "where subject_id = 'gpt-3-175b' and is_preferred"
        ).fetchall()
    }
    keys = {"energy": ("energy_kwh", "kWh"), "cost": ("cost_usd", "USD"), "carbon": ("co2e_kg", "kg")}
    asked = [(word, boundary) for word, boundaries in names.items() for boundary in boundaries]
    lines = []
    for word, boundary in asked:
        (quantity, unit), value = keys[word], figures[keys[word][0], boundary][1]
        lines.append(f"{quantity} {boundary},GPT-3 175B,{word},range,{value!r},{value!r},{unit}")
    for row, (word, boundary) in zip(audited(built, tmp_path, *lines).rows, asked, strict=True):
        assert (row["verdict"], row["boundary"]) == ("supported", boundary)
        assert [row[name] for name in ("computed_low", "computed", "computed_high")] == figures[keys[word][0], boundary]
        assert all(BOUNDARIES[other] in row["reason"] for other in names[word])
        assert len(row["figure_ids"]) == 1


def test_embodied_emissions_are_an_addend_and_never_an_alternative(
    built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    query = "select boundary, value from mart.figures where subject_id = 'gpt-3-175b' and quantity = ? and is_preferred"
    carbon = dict(published.execute(query, ["co2e_kg"]).fetchall())
    assert carbon["lifecycle"] == pytest.approx(carbon["location"] + carbon["embodied"])
    water = dict(published.execute(query, ["water_l"]).fetchall())
    assert water["none"] == pytest.approx(water["onsite"] + water["generation"])
    rows = by_id(
        audited(
            built, tmp_path, f"pool,GPT-3 175B,carbon,about,{carbon['embodied']!r},,kg",
            f"named,GPT-3 175B,embodied emissions,about,{carbon['embodied']!r},,kg",
        )
    )  # fmt: skip
    assert rows["named"]["verdict"] == "supported"
    assert rows["pool"]["boundary"] != "embodied"
    assert rows["pool"]["computed"] != pytest.approx(carbon["embodied"])


def test_only_a_sister_of_the_same_quantity_and_boundary_is_named_as_the_owner_of_a_number(
    built: Settings, tmp_path: Path
) -> None:
    rows = by_id(
        audited(
            built, tmp_path, "sister,Llama 3.1 8B,training_flop,about,6.3e24,,FLOP",
            "other generation,Llama 3.3 70B,carbon,about,13,,t", "other maker,GPT-4,training_flop,about,3.15e23,,FLOP",
        )
    )  # fmt: skip
    assert {row["verdict"] for row in rows.values()} == {"contradicted"}
    assert "The claimed number fits Llama 3.1 70B" in str(rows["sister"]["reason"])
    assert "fits" not in str(rows["other generation"]["reason"]) + str(rows["other maker"]["reason"])


def test_a_word_for_a_number_has_two_ends(
    built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    words = published.execute(
        "select applies_to, low, high from seeds.assumptions where name = 'claim_word_count'"
    ).fetchall()
    assert set(get_args(Comparison)) - {"about", "range", "at least", "at most", "none"} == {word for word, *_ in words}
    lines = [f"{word},gpt-4,training cost,{word},,,million USD" for word, *_ in words]
    rows = by_id(audited(built, tmp_path, *lines))
    for word, low, high in words:
        assert (rows[word]["comparison"], rows[word]["claimed_low"], rows[word]["claimed_high"]) == ("range", low, high)
        assert str(rows[word]["reading"]).startswith(f"{word.capitalize()}: ")
    refused = audited(built, tmp_path, "a,gpt-4,cost,several,2,,million USD")
    assert "comparison 'several' needs no low and no high" in refused.rejects[0]


def test_names_say_what_they_were_taken_for(built: Settings, tmp_path: Path) -> None:
    meant = {"BLOOM": "BLOOM 176B", "Llama 3": "Llama 3 70B", "GPT-3": "GPT-3 175B", "OPT": "OPT-175B", "GPT-4": None}
    rows = audited(built, tmp_path, *(f"{n},{name},facility energy,about,1,,kWh" for n, name in enumerate(meant))).rows
    for row, (name, full) in zip(rows, meant.items(), strict=True):
        assert row["subject_name"] == (full or name)
        assert (f"'{name}' was taken for {full} (the largest of " in row["reason"]) == (full is not None)
        assert (row["taken_for"] is None) == (full is None)


def test_so_many_chips_have_so_much_of_everything(built: Settings, tmp_path: Path) -> None:
    lines = [
        "a,1000 L40S,memory,about,48,,TB",
        'b,"100,000 H100 GPUs",power,about,70,,MW',
        "c,8 H100s,power,about,5.6,,kW",
    ]
    rows = by_id(audited(built, tmp_path, *lines))
    assert [row["verdict"] for row in rows.values()] == ["supported"] * 3
    assert [row["boundary"] for row in rows.values()] == [None, "chip", "chip"]
    assert rows["b"]["computed"] == pytest.approx(1e5 * 700 / 1e6)
    assert "server 130\u00a0MW" in str(rows["b"]["reason"])


def test_a_request_in_web_searches_is_its_energy_over_that_of_the_sourced_search(
    built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    query = (
        "select value, source_ids from mart.figures where subject_id = ? and quantity = 'inference_j_per_request' "
        "and is_preferred"
    )
    (request, _), (search, sources) = (
        published.execute(query, [name]).fetchall()[0] for name in ("chatgpt-average-query", "google-search-2009")
    )
    assert sources == ["google_search_energy_2009"]
    (row,) = audited(built, tmp_path, "a,ChatGPT,web searches,about,10,,times").rows
    assert row["computed"] == pytest.approx(request / search)
    assert row["verdict"] == "contradicted"


def test_every_refusal_proposes_the_nearest(built: Settings, tmp_path: Path) -> None:
    rows = by_id(
        audited(
            built, tmp_path, "subject,Xyzzy 9,training_flop,about,1,,FLOP", "quantity,gpt-4,qqqq,about,1,,FLOP",
            "unit,gpt-4,training_flop,about,1,,furlong", "kind,gpt-4,water,about,1,,kg", "none,gpt-4,tdp,about,1,,W",
            "no unit,gpt-4,water,about,1,,",
        )
    )  # fmt: skip
    for claim in ("subject", "quantity", "unit"):
        assert "Did you mean " in str(rows[claim]["reason"]) or "The nearest names: " in str(rows[claim]["reason"])
    assert "expected a unit such as L" in str(rows["kind"]["reason"])
    assert "in L." in str(rows["no unit"]["reason"])
    assert "We have no figure for tdp_w of GPT-4. We have " in str(rows["none"]["reason"])


def test_a_claim_that_repeats_a_published_figure_says_so(built: Settings, tmp_path: Path) -> None:
    rows = by_id(
        audited(
            built, tmp_path, "makers,BLOOM,energy,about,433,,MWh", "doubted,Llama 3.3 70B,carbon,about,12.9,,t",
            "ours,gpt-4,training_flop,about,2.1e25,,FLOP",
        )
    )  # fmt: skip
    assert "433.2\u00a0MWh (chip)" in str(rows["makers"]["reason"])
    assert rows["makers"]["verdict"] == "partly"
    assert str(rows["doubted"]["reason"]).endswith("which our checks doubt.")
    assert "an independent estimate: " in str(rows["ours"]["reason"])


def test_boundaries_have_the_same_words_in_reasons_and_on_pages(published: duckdb.DuckDBPyConnection) -> None:
    said = {name: published.execute("select boundary_text(?)", [name]).fetchall()[0][0] for name in BOUNDARIES}
    assert said == BOUNDARIES
    query = "select distinct boundary from mart.audit_points where subject_kind <> 'trend'"
    used = {name for (name,) in published.execute(query).fetchall()}
    assert used - {"none"} <= BOUNDARIES.keys()


def test_growth_without_cohort_and_window_is_tested_in_each(built: Settings, tmp_path: Path) -> None:
    """Published: training costs 2.4 times more each year since 2016 (2.0 to 2.9), of the ten largest runs of each date."""
    rows = by_id(
        audited(
            built, tmp_path, "cost,training cost growth,growth,range,2.0,2.9,times",
            "window,training_flop-frontier,growth,about,5,,times",
        )
    )  # fmt: skip
    assert rows["cost"]["verdict"] != "contradicted"
    assert ", since 20" in str(rows["cost"]["reason"])
    assert " more: " in str(rows["cost"]["reason"])
    assert str(rows["window"]["reason"]).count("since 20") == 6
