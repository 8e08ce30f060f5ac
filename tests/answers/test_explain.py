"""``ledger explain``: every figure can be followed to its inputs, its formula holds, its sources are named."""

import json
import math
import re
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from pipelines.answers.explain import Known, explain, read_references
from pipelines.answers.subjects import find_quantity, find_subject, public_name, read_names
from pipelines.errors import LedgerError, UsageError
from pipelines.settings import Settings
from pipelines.warehouse.file import read_rows
from tests.conftest import run_ledger

RUNS = ("llama-3.1-70b", "gpt-3-175b", "deepseek-v3", "bloom-176b", "palm-540b", "alexnet", "t5-11b", "resnet-152")
SUMMARY = ("training_flop", "chip_hours", "mfu", "chip_energy_kwh", "server_energy_kwh", "facility_energy_kwh",
           "cloud_cost_usd", "owned_cost_usd", "location_co2e_kg",
           "market_co2e_kg", "embodied_co2e_kg", "water_l")  # fmt: skip
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def figures_of(connection: duckdb.DuckDBPyConnection, run: str) -> list[dict[str, Any]]:
    return read_rows(
        connection, "select * from mart.figures where subject_kind = 'training_run' and subject_id = ?", [run]
    )


def leaves(figure: dict[str, Any]) -> set[str]:
    """Names of the inputs at the end of every branch."""
    found: set[str] = set()
    for one in figure["inputs"]:
        found |= leaves(one["figure"]) if "figure" in one else {one["name"]}
    return found


def calculated(formula: str) -> float:
    """What a printed formula comes to."""
    text = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(SUPERSCRIPTS), formula)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text).replace("·", "*").replace("^", "**")
    assert re.fullmatch(r"[0-9e.+\-*/() ln]+", text), f"a name is left in {formula}"
    return float(eval(text, {"__builtins__": {}, "ln": math.log}))


def test_every_figure_is_what_its_formula_with_numbers_comes_to(published: duckdb.DuckDBPyConnection) -> None:
    checked = 0
    for run in RUNS:
        rows = figures_of(published, run)
        known = Known(rows, read_references(published))
        for row in rows:
            figure = known.figure(row)
            if figure["formula_with_numbers"] is not None:
                assert calculated(figure["formula_with_numbers"]) == pytest.approx(row["value"], rel=5e-3), row[
                    "figure_id"
                ]
                checked += 1
    assert checked > 50


def test_following_a_figure_ends_at_the_inputs_that_the_warehouse_keeps_beside_it(
    published: duckdb.DuckDBPyConnection,
) -> None:
    runs = [run for (run,) in published.execute("select training_run_id from core.training_runs").fetchall()]
    wrong = {}
    for run in runs:
        rows = figures_of(published, run)
        known = Known(rows, read_references(published))
        wrong |= {
            row["figure_id"]: leaves(known.figure(row)) ^ {one["name"] for one in row["inputs"]}
            for row in rows
            if leaves(known.figure(row)) != {one["name"] for one in row["inputs"]}
        }
    assert len(runs) > 300
    assert wrong == {}


def test_the_figure_is_the_one_of_the_summary(published: duckdb.DuckDBPyConnection) -> None:
    for run in RUNS:
        summary = read_rows(published, "select * from mart.training_summary where training_run_id = ?", [run])[0]
        for quantity in SUMMARY:
            if summary[quantity] is not None:
                figure = explain(published, run, quantity)["figure"]
                bounds = (figure["value_low"], figure["value"], figure["value_high"])
                shown = (summary[f"{quantity}_low"], summary[quantity], summary[f"{quantity}_high"])
                assert bounds == pytest.approx(shown, rel=1e-12), (run, quantity)


def test_text_shows_formula_numbers_inputs_and_where_each_stands(built: Settings) -> None:
    done = run_ledger("explain", "Llama 3.1 70B", "facility_energy_kwh", home=built.home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"Llama 3\.1 70B: facility_energy_kwh = [\d,]+ kWh", lines[0])
    assert "  formula  chip_hours · tdp / 1000 · server_power_ratio · average_power_ratio · pue" in lines
    assert any(line.startswith("         = 7,000,000 · 700 / 1000 · 1.82") for line in lines)
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("published_chip_hours"))
    assert "6,510,000 to 7,490,000  reported" in lines[at]
    assert lines[at + 1] == (
        "    source: Llama 3.1 model card (2024), Hardware and Software, training table: checked in the source"
    )
    assert lines[at + 2].strip().startswith("https://")
    assert "    chosen: pue for hyperscaler" in lines


def test_json_says_the_same_and_nests_figures(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    done = run_ledger("explain", "gpt-3-175b", "location_co2e_kg", "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == explain(published, "GPT-3 175B", "location_co2e_kg")
    by_name = {one["name"]: one for one in told["figure"]["inputs"]}
    facility = by_name["facility_energy_kwh"]["figure"]
    hours = next(one for one in facility["inputs"] if one["name"] == "chip_hours")["figure"]
    assert hours["figure_id"] == "gpt-3-175b/chip_hours/count_times_hours"
    grid = by_name["grid_intensity_kg_co2e_per_kwh"]
    assert grid["source"]["title"]
    assert grid["locator"]


def test_chip_hours_enter_a_cost_once(built: Settings) -> None:
    text = run_ledger("explain", "gpt-3-175b", "owned_cost_usd", home=built.home).stdout
    assert text.count("formula  accelerator_count · training_hours · chip_hours_ratio") == 1


def test_other_methods_and_published_values_stand_beside_with_their_ratio(published: duckdb.DuckDBPyConnection) -> None:
    told = explain(published, "PaLM 540B", "training_flop")
    assert told["figure"]["method"] == "6nd"
    assert "hardware" in {one["method"] for one in told["other_methods"]}
    for one in (*told["other_methods"], *told["published"]):
        assert one["ratio_to_preferred"] == pytest.approx(one["value"] / told["figure"]["value"])
    carbon = explain(published, "llama-3.1-70b", "location_co2e_kg")["published"]
    assert [one["is_circular"] for one in carbon] == [True], "its makers computed it from hours and rated power"


def test_a_published_figure_about_no_run_is_explained_too(published: duckdb.DuckDBPyConnection) -> None:
    query = "select subject_id, quantity, boundary from mart.figures where subject_kind = 'machine' and is_preferred"
    subject, quantity, boundary = published.execute(query).fetchall()[0]
    told = explain(published, subject, public_name(quantity, boundary))
    assert told["figure"]["method"] == "published"
    assert told["figure"]["formula_with_numbers"] is None
    assert [one["source"]["title"] != "" for one in told["figure"]["inputs"]] == [True]


@pytest.mark.parametrize("text", ["llama-3.1-70b", "Llama 3.1 70B", "LLAMA 3.1-70b", "llama3.1 70b"])
def test_a_subject_is_found_by_key_and_by_name_in_any_spelling(published: duckdb.DuckDBPyConnection, text: str) -> None:
    assert find_subject(published, text, "chip_hours").subject_id == "llama-3.1-70b"


def test_a_model_of_several_runs_means_its_main_run(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select model_id, max(training_run_id) filter (where is_main_run) from core.training_runs
        where training_run_id in (select subject_id from mart.figures)
        group by model_id having count(*) > 1 and bool_or(is_main_run) order by model_id
    """
    several = published.execute(query).fetchall()
    assert several
    for model, main_run in several:
        assert find_subject(published, model, "training_flop").subject_id == main_run


def test_what_goes_by_two_names_is_listed(published: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect() as own:
        own.execute("create schema mart; create schema core; create macro plain_name(name) as lower(name)")
        own.execute("""
            create table mart.figures as select * from (values
                ('training_run', 'one', 'Twin', 'mfu', 'none'), ('training_run', 'two', 'Twin', 'mfu', 'none'))
                as t (subject_kind, subject_id, subject_name, quantity, boundary);
            create table core.training_runs as select 'one' as training_run_id, 'a' as model_id, true as is_main_run
                union all select 'two', 'b', true;
            create table core.models as select 'a' as model_id, 'Twin' as model_name union all select 'b', 'Twin';
        """)
        with pytest.raises(
            UsageError, match=r"(?s)'twin' matches several subjects; give one of these keys:.*one.*two"
        ) as caught:
            find_subject(own, "twin", "mfu")
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("lama 3.1 70b", "chip_hours"), 2, r"no subject has the name 'lama 3\.1 70b'\. Did you mean\n(.*\n)*?  Llama 3\.1 70B"),
        (("llama-3.1-70b", "chip_hour"), 2, r"'chip_hour' is not a known quantity\. Did you mean chip_hours"),
        (("llama-3.1-70b", "energy_kwh"), 2, r"has energy_kwh for several boundaries: chip_energy_kwh, .*Name one"),
        (("h100-sxm", "zzz"), 2, r"no subject has the name 'h100-sxm'"),
        (("!!", "mfu"), 2, r"no subject has the name '!!'\. To list all names: ledger sql"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_with_what_is_near(
    built: Settings, arguments: tuple[str, str], status: int, message: str
) -> None:
    done = run_ledger("explain", *arguments, home=built.home)
    assert done.returncode == status, done.stdout + done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert done.stdout == ""


def test_a_quantity_that_nobody_states_enough_for_fails_and_says_what_is_known(
    published: duckdb.DuckDBPyConnection,
) -> None:
    query = (
        "select training_run_id from mart.training_summary where water_l is null and training_flop is not null limit 1"
    )
    run = published.execute(query).fetchall()[0][0]
    subject = find_subject(published, run, "water_l")
    with pytest.raises(
        LedgerError,
        match=r"has no figure for water_l: the necessary inputs are not published\. .* has: .*training_flop",
    ) as told:
        find_quantity(read_names(published), subject, "water_l")
    assert told.value.exit_status == 1


def test_columns_of_inputs_stand_below_each_other(built: Settings) -> None:
    lines = run_ledger("explain", "Llama 3.1 70B", "cloud_cost_usd", home=built.home).stdout.splitlines()
    inputs = [line for line in lines if re.match(r"  \w+_\w+ +[\d,.]+ ", line)]
    assert len(inputs) == 2
    assert all(re.search(r"(reported|assumed)$", line) for line in inputs)
    assert all(one.index(" to ") > 0 for one in inputs)
    ends = [re.match(r"  \w+ +[\d,.]+", line) for line in inputs]
    assert all(a and b and a.end() == b.end() for a, b in pairwise(ends))
