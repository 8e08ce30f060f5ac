"""``ledger estimate``: a run that nobody made follows the rules that hold for every run of the warehouse."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from pipelines.answers.given import Stated, find_accelerator, read_stated
from pipelines.answers.training_estimate import ARCHITECTURES, Scenario, estimate, estimate_all, open_whatif
from pipelines.answers.training_work import Work
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse.file import read_rows
from tests.answers.test_explain import SUMMARY, calculated
from tests.conftest import Called, run_ledger

Figures = dict[str, dict[str, Any]]

RUNS = ("gpt-3-175b", "llama-3.1-70b", "deepseek-v3", "bloom-176b", "palm-540b", "t5-11b", "llama-3.1-405b", "opt-175b")


def exactly(value: float) -> Stated:
    return Stated(float(value), float(value), float(value))


BASE = Scenario("h100-sxm", params=exactly(70e9), tokens=exactly(15e12), count=exactly(1024))


@pytest.fixture(scope="module")
def room(built: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """One database in memory beside the finished build, for all estimates of this file."""
    with open_whatif(built) as connection:
        yield connection


def figures_of(result: dict[str, Any]) -> Figures:
    return {row["quantity"]: row for row in result["figures"]}


def scenario_of(connection: duckdb.DuckDBPyConnection, run: str) -> Scenario:
    """What the warehouse knows of a run, as somebody would give it."""
    row = read_rows(connection, "select * from core.training_runs where training_run_id = ?", [run])[0]
    inputs = read_rows(connection, "select * from core.training_inputs where training_run_id = ?", [run])[0]

    def given_as(column: str) -> Stated | None:
        one = inputs[column]
        return one and Stated(one["low"] or one["value"], one["value"], one["high"] or one["value"])

    words = {long: short for short, long in ARCHITECTURES.items()}
    return Scenario(
        accelerator=row["accelerator_id"],
        params=exactly(row["total_params"]),
        active_params=exactly(row["active_params"]),
        tokens=exactly(row["training_tokens"]),
        count=given_as("accelerator_count"),
        chip_hours=given_as("reported_chip_hours"),
        hours=None if inputs["reported_chip_hours"] else given_as("reported_hours"),
        mfu=given_as("reported_mfu"),
        country=row["training_country"],
        year=row["training_year"],
        number_format=row["number_format"],
        operator=row["operator_kind"],
        architecture=words[row["architecture"]],  # type: ignore[arg-type]
    )


def arguments_of(scenario: Scenario) -> list[str]:
    """The scenario as options of the command."""
    arguments = []
    for name, value in vars(scenario).items():
        if value is not None:
            text = f"{value.low!r}:{value.value!r}:{value.high!r}" if isinstance(value, Stated) else str(value)
            arguments += [f"--{name.replace('_', '-')}", text]
    return arguments


def assert_same_as_the_warehouse(figures: Figures, connection: duckdb.DuckDBPyConnection, run: str) -> int:
    summary = read_rows(connection, "select * from mart.training_summary where training_run_id = ?", [run])[0]
    compared = 0
    for quantity in SUMMARY:
        if summary[quantity] is None:
            assert quantity not in figures
            continue
        bounds = tuple(figures[quantity][end] for end in ("value_low", "value", "value_high"))
        expected = (summary[f"{quantity}_low"], summary[quantity], summary[f"{quantity}_high"])
        # Hardware ages until the start of a run; a scenario starts at mid-year, a run on its own day.
        assert bounds == pytest.approx(expected, rel=0.2 if quantity == "owned_cost_usd" else 1e-9), (run, quantity)
        compared += 1
    for quantity in ("petaflop_days", "home_years"):
        if summary[quantity] is not None:
            assert figures[quantity]["value"] == pytest.approx(summary[quantity], rel=1e-9)
    return compared


def figures_of_all(connection: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> list[Figures]:
    """The figures of many scenarios, estimated at once."""
    return [{row["quantity"]: row for row in rows} for rows in estimate_all(connection, scenarios)]


def test_a_runs_own_inputs_give_the_figures_of_the_warehouse(
    room: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    found = figures_of_all(room, [scenario_of(published, run) for run in RUNS])
    for run, figures in zip(RUNS, found, strict=True):
        assert assert_same_as_the_warehouse(figures, published, run) >= 7


def test_scenarios_leave_no_trace_in_each_other_and_many_at_once_give_what_each_gives_alone(
    room: duckdb.DuckDBPyConnection,
) -> None:
    other = Scenario("a100-sxm-80gb", chip_hours=Stated(9e5, 1e6, 1.2e6), country="FRA", operator="other")
    first, second = (estimate(room, scenario) for scenario in (BASE, other))
    assert figures_of_all(room, [BASE, other]) == [figures_of(first), figures_of(second)]
    assert estimate(room, BASE) == first


def test_the_command_gives_the_figures_of_the_warehouse(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    run = "deepseek-v3"  # a mixture of experts: it takes the most options
    arguments = arguments_of(scenario_of(published, run))
    done = run_ledger("estimate", *arguments, "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    assert assert_same_as_the_warehouse(figures_of(json.loads(done.stdout)), published, run) >= 7


def test_json_is_the_whole_estimate(built: Settings, room: duckdb.DuckDBPyConnection) -> None:
    scenario = replace(BASE, pue=Stated(1.05, 1.1, 1.2), country="FRA", year=2024)
    done = run_ledger("estimate", *arguments_of(scenario), "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == estimate(room, scenario)
    assert set(figures_of(told)) == {*SUMMARY, "petaflop_days", "wall_days", "home_years"}
    for figure in told["figures"]:
        assert 0 < figure["value_low"] <= figure["value"] <= figure["value_high"], figure["quantity"]
        if figure["formula_with_numbers"] is not None:
            assert calculated(figure["formula_with_numbers"]) == pytest.approx(figure["value"], rel=5e-3)
    assert len([figure for figure in told["figures"] if figure["formula_with_numbers"]]) >= 11


def test_every_input_says_where_it_comes_from(room: duckdb.DuckDBPyConnection) -> None:
    scenario = replace(BASE, pue=exactly(1.1), price=exactly(2.0), country="FRA", year=2024)
    inputs = {one["name"]: one for one in estimate(room, scenario)["inputs"]}
    assert {one["kind"] for one in inputs.values()} == {"given", "assumed", "published"}
    by_you = {name for name, one in inputs.items() if one["kind"] == "given"}
    assert by_you == {"active_params", "training_tokens", "accelerator_count", "pue", "cloud_price_usd_per_chip_hour"}
    assert all(one["source"]["title"] and one["locator"] for name, one in inputs.items() if name not in by_you)
    assert inputs["grid_intensity_kg_co2e_per_kwh"]["basis"].startswith("grid of FRA 20")
    assert inputs["pue"]["value"] == 1.1


def test_the_most_specific_assumption_holds(room: duckdb.DuckDBPyConnection) -> None:
    changes: list[dict[str, Any]] = [
        {}, {"operator": "hyperscaler"}, {"number_format": "fp8"}, {"architecture": "moe", "active_params": exactly(10e9)},
        {"country": "FRA"},
    ]  # fmt: skip
    estimate_all(room, [replace(BASE, **change) for change in changes])
    query = "select pue.basis, assumed_mfu.basis, wue_offsite.basis from core.training_inputs order by training_run_id"
    base, hyperscaler, fp8, moe, france = room.execute(query).fetchall()
    assert base == ("pue for all", "mfu for h100-sxm", "wue_offsite_l_per_kwh for all")
    assert hyperscaler[0] == "pue for hyperscaler"
    assert fp8[1] == "mfu for fp8"
    assert moe[1] == "mfu for moe"
    assert france[2] == "wue_offsite_l_per_kwh for FRA"


def test_what_was_not_given_is_said(built: Settings) -> None:
    done = run_ledger(
        "estimate", "--params", "70e9", "--tokens", "15e12", "--accelerator", "H100 SXM", "--count", "1024",
        home=built.home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"training_flop +6\.3×10²⁴  FLOP +5\.544×10²⁴ to 7\.245×10²⁴ +6nd$", lines[1])
    assert any(re.match(r"pue +1\.2 +1\.08 to 1\.56 +assumed +.*\[pue for all\]$", line) for line in lines)
    assert any(re.match(r"active_params +7×10¹⁰  parameter +exact +given by you  --params$", line) for line in lines)
    assert "accelerator    h100-sxm (given by you, NVIDIA H100 SXM5 80 GB)" in lines
    assert "number_format  bf16 (assumed, the usual format of this chip)" in lines
    assert "country        none (assumed, not given: general assumptions apply)" in lines
    assert (
        "memory         at least 1.12\u00a0TB needed, 81.9\u00a0TB available (16 bytes per parameter, activations not counted)"
        in lines
    )


def test_duration_is_accelerator_time_over_accelerators(room: duckdb.DuckDBPyConnection) -> None:
    timed, free, uncounted = figures_of_all(room, [replace(BASE, hours=exactly(4800)), BASE, replace(BASE, count=None)])
    assert timed["wall_days"]["value_low"] == timed["wall_days"]["value_high"] == 200
    assert timed["chip_hours"]["value"] == pytest.approx(1024 * 4800)
    assert free["wall_days"]["value"] == pytest.approx(free["chip_hours"]["value"] / 24 / 1024)
    assert "wall_days" not in uncounted


def test_machine_time_alone_gives_compute_and_energy(room: duckdb.DuckDBPyConnection) -> None:
    by_hours = Scenario("a100-sxm-80gb", chip_hours=Stated(9e5, 1e6, 1.2e6))
    found, by_flop = figures_of_all(room, [by_hours, Scenario("a100-sxm-80gb", flop=exactly(1e23))])
    assert found["training_flop"]["method"] == "hardware"
    assert found["facility_energy_kwh"]["value"] > 1e6 * 0.4 * 0.5
    assert found["chip_hours"]["method"] == found["chip_hours"]["kind"] == "given"
    assert by_flop["training_flop"]["value_low"] == by_flop["training_flop"]["value_high"] == 1e23


def test_a_chip_without_a_price_says_what_is_missing(room: duckdb.DuckDBPyConnection) -> None:
    query = """
        select min(accelerator_id) from ledger.core.accelerators as a
        where dense_16_bit_flop_per_s is not null and tdp_w is not null and release_price_usd is null
            and not exists (from ledger.seeds.purchase_prices as p where p.accelerator_id = a.accelerator_id)
    """
    chip = room.execute(query).fetchall()[0][0]
    result = estimate(room, Scenario(chip, flop=exactly(1e21)))
    assert "owned_cost_usd" not in figures_of(result)
    assert result["notes"] == [
        f"No purchase price of {chip} is published: give --chip-price for the cost of owned hardware."
    ]
    priced = estimate(room, Scenario(chip, flop=exactly(1e21), chip_price=exactly(5000)))
    assert "owned_cost_usd" in figures_of(priced)
    assert priced["notes"] == []


# --- directions -----------------------------------------------------------------------------------------------------

amounts_of_all = [name for name in (*SUMMARY, "petaflop_days", "wall_days", "home_years") if name != "mfu"]

Pairs = list[tuple[Figures, Figures]]


def pairs_of(connection: duckdb.DuckDBPyConnection, option: str, low: float, high: float, most: float) -> Pairs:
    """Estimates in pairs that differ in one option, which is 1.001 to ``most`` times as large in the second one.

    The values are drawn evenly by their logarithm, the same ones each time, and the ends of the range are among them.
    """
    draw = random.Random(f"{option} {low} {high}")
    smaller = [low, high, *(low * (high / low) ** draw.random() for _ in range(28))]
    factors = [1.001, most, *(1.001 * (most / 1.001) ** draw.random() for _ in range(28))]
    values = [amount for value, factor in zip(smaller, factors, strict=True) for amount in (value, value * factor)]
    found = figures_of_all(connection, [replace(BASE, **{option: exactly(value)}) for value in values])
    return list(zip(found[::2], found[1::2], strict=True))


def test_more_tokens_never_take_less_of_anything(room: duckdb.DuckDBPyConnection) -> None:
    for less, more in pairs_of(room, "tokens", 1e9, 1e13, 1e3):
        for quantity in amounts_of_all:
            for end in ("value_low", "value", "value_high"):
                assert more[quantity][end] > less[quantity][end], quantity


def test_higher_utilisation_never_takes_more_time_or_energy(room: duckdb.DuckDBPyConnection) -> None:
    taken = ("chip_hours", "wall_days", "facility_energy_kwh", "cloud_cost_usd", "location_co2e_kg", "water_l")
    for slow, fast in pairs_of(room, "mfu", 0.01, 0.5, 2):
        assert slow["training_flop"] == fast["training_flop"]
        for quantity in taken:
            assert fast[quantity]["value"] < slow[quantity]["value"], quantity


def test_higher_pue_never_takes_less_facility_energy_and_changes_no_server(room: duckdb.DuckDBPyConnection) -> None:
    for lean, wasteful in pairs_of(room, "pue", 1, 2, 2):
        for quantity in ("facility_energy_kwh", "owned_cost_usd", "location_co2e_kg", "water_l", "home_years"):
            assert wasteful[quantity]["value"] > lean[quantity]["value"], quantity
        for quantity in ("server_energy_kwh", "chip_hours", "cloud_cost_usd"):
            assert wasteful[quantity]["value"] == lean[quantity]["value"], quantity


# --- what cannot be -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "--tokens 0: expected a value above zero."),
        ("-3e9", "--tokens -3e9: expected a value above zero."),
        ("nan", "--tokens nan: expected a value above zero."),
        ("inf", "--tokens inf: expected a value above zero."),
        ("many", "--tokens 'many': expected a number such as 70e9, or a range LOW:CENTRAL:HIGH."),
        ("1:2", "--tokens '1:2': expected a number such as 70e9, or a range LOW:CENTRAL:HIGH."),
        ("3:2:4", "--tokens 3:2:4: expected LOW <= CENTRAL <= HIGH."),
    ],
)
def test_a_number_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_stated(text, "--tokens")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mfu": exactly(38)}, r"--mfu 38: MFU is a share of the dense peak; expected at most 1\. Did you mean 0\.38\?"),
        ({"mfu": Stated(0.4, 0.9, 1.1)}, r"--mfu 1\.1: MFU is a share of the dense peak; expected at most 1\.$"),
        ({"pue": exactly(0.9)}, r"--pue 0\.9: .* at least 1"),
        ({"active_params": exactly(71e9)}, r"--active-params 7.1×10¹⁰ exceeds --params 7×10¹⁰"),
        ({"count": exactly(8)}, r"does not fit: training needs at least 1\.12.TB \(16 bytes.* 8 × h100-sxm have 640.GB"),
        ({"count": exactly(1.5)}, r"--count 1\.5: expected a whole number"),
        ({"accelerator": "h100-smx"}, r"'h100-smx' is not a known accelerator\. Did you mean .*h100-sxm"),
        ({"accelerator": "???"}, r"'\?\?\?' is not a known accelerator\. To list all: ledger sql"),
        ({"number_format": "fp4"}, r"--number-format fp4: h100-sxm has no dense peak in this format; its formats: bf16, "),
        ({"country": "FRX"}, r"--country 'FRX': we have no data for it.*Did you mean FRA"),
        ({"year": 1066}, r"--year 1066: expected 1990 to 2035"),
        ({"architecture": "moe"}, r"a mixture of experts .* give --active-params"),
        ({"tokens": None}, r"too few inputs"),
        ({"flop": exactly(1e24)}, r"--flop and --tokens give the same information"),
        ({"hours": exactly(9), "chip_hours": exactly(9)}, r"--hours and --chip-hours give the same information"),
        ({"hours": exactly(9), "count": None}, r"--hours is the duration of the whole run: also give --count"),
        ({"chip_hours": exactly(1000)}, r"6\.3×10²⁴ FLOP in 1,000 chip-hours needs 1,770 times the dense peak of h100-sxm"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(
    room: duckdb.DuckDBPyConnection, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        estimate(room, replace(BASE, **changes))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--accelerator", "h100-sxm", "--params", "70e9", "--tokens", "1e12", "--count", "8"), "ledger: the model does not fit"),
        (("--accelerator", "h100-sxm", "--params", "70e9", "--tokens", "-1"), "--tokens -1: expected a value above zero."),
        (("--accelerator", "h100-sxm", "--params", "70e9", "--tokens", "1e12", "--architecture", "rnn"), "rnn"),
        (("--params", "70e9", "--tokens", "1e12"), "--accelerator"),
    ],
)  # fmt: skip
def test_the_command_ends_with_status_2_and_prints_no_figure(
    built: Settings, arguments: tuple[str, ...], message: str
) -> None:
    done = run_ledger("estimate", *arguments, home=built.home)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert done.stdout == ""


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Any) -> None:
    done = run_ledger("estimate", "--accelerator", "h100-sxm", "--flop", "1e24", home=tmp_path / "none")
    assert done.returncode == 1
    assert "Run: ledger build" in done.stderr


@pytest.mark.parametrize("text", ["h100-sxm", "NVIDIA H100 SXM5 80 GB", "nvidia h100 sxm5 80gb", "H100 SXM"])
def test_an_accelerator_is_found_by_key_name_and_spelling(room: duckdb.DuckDBPyConnection, text: str) -> None:
    assert find_accelerator(room, text)["accelerator_id"] == "h100-sxm"


# --- attention over a context, and adapters ----------------------------------------------------------------------------


def test_attention_over_a_context_comes_on_top_of_6nd(room: duckdb.DuckDBPyConnection) -> None:
    """7e9 parameters, 32 layers, width 4,096: 12 · L · d · T = 2.06e11 a token against 6N = 4.2e10, half of it if causal."""
    cases = {(131_072, False): 3.45, (131_072, True): 5.9, (8_192, False): 1.15, (8_192, True): 1.31}
    small = Scenario("h100-sxm", params=exactly(7e9), tokens=exactly(1e9))
    works = [Work(context=context, layers=32, width=4096, full_attention=is_full) for context, is_full in cases]
    found = figures_of_all(room, [replace(small, work=work) for work in works])
    for figures, ratio in zip(found, cases.values(), strict=True):
        assert figures["training_flop"]["value"] / 4.2e19 == pytest.approx(ratio, rel=0.01)


def test_the_command_counts_attention_over_a_context(built: Settings, called_ledger: Called) -> None:
    options = ["--accelerator", "h100-sxm", "--params", "7e9", "--tokens", "1e9", "--layers", "32", "--width", "4096"]
    options += ["--context", "8192", "--full-attention", "--format", "json"]
    done = called_ledger("estimate", *options, home=built.home)
    assert done.returncode == 0, done.stderr
    flop = next(row for row in json.loads(done.stdout)["figures"] if row["quantity"] == "training_flop")
    assert flop["value"] / 4.2e19 == pytest.approx(1.31, rel=0.01)


def test_adapters_take_4nd_and_fit_one_card_with_4_bit_weights(built: Settings, called_ledger: Called) -> None:
    case = ["--accelerator", "h100-sxm", "--count", "1", "--params", "70e9", "--tokens", "1e9", "--format", "json"]
    done = called_ledger("estimate", *case, "--adapter", "qlora", home=built.home)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    flop = next(row for row in result["figures"] if row["quantity"] == "training_flop")
    assert flop["value"] == pytest.approx(2.8e20, rel=0.01)
    assert result["memory"]["needed_bytes"] < 80e9
    refused = called_ledger("estimate", *case, "--adapter", "lora", home=built.home)
    assert refused.returncode == 2
    assert "frozen weights of 16 bits" in refused.stderr


# --- reinforcement learning -------------------------------------------------------------------------------------------


def test_reinforcement_learning_by_hand(room: duckdb.DuckDBPyConnection) -> None:
    """6N to learn, 2N for the one scoring pass, 2 · 2N to generate: twice 6ND; generation at a third of the utilisation."""
    plain = Scenario("h100-sxm", params=exactly(7e9), tokens=exactly(1e9), mfu=exactly(0.3))
    reinforced = replace(plain, rollouts=exactly(2), rollout_mfu=exactly(0.1), work=Work(is_reinforced=True))
    without, with_rl = figures_of_all(room, [plain, reinforced])
    assert with_rl["training_flop"]["value"] == pytest.approx(2 * without["training_flop"]["value"])
    assert with_rl["chip_hours"]["value"] == pytest.approx(10 / 3 * without["chip_hours"]["value"])
    assert with_rl["mfu"]["value"] == pytest.approx(0.3 * 2 / (10 / 3))


def test_more_or_slower_generation_never_costs_less(room: duckdb.DuckDBPyConnection) -> None:
    start = Scenario("h100-sxm", params=exactly(70e9), tokens=exactly(1e9))
    reinforced = replace(start, work=Work(is_reinforced=True))
    by_rollouts = [replace(reinforced, rollouts=exactly(number)) for number in (1, 2, 8)]
    by_speed = [replace(reinforced, rollout_mfu=exactly(mfu)) for mfu in (0.3, 0.1, 0.01)]
    found = figures_of_all(room, [start, *by_rollouts, *by_speed])
    hours = [figures["chip_hours"]["value"] for figures in found]
    flop = [figures["training_flop"]["value"] for figures in found]
    assert hours[:4] == sorted(hours[:4])
    assert flop[:4] == sorted(flop[:4])
    assert hours[4:] == sorted(hours[4:])
    assert len(set(flop[4:])) == 1


def test_a_format_to_learn_in_does_not_change_how_long_generation_takes(room: duckdb.DuckDBPyConnection) -> None:
    """Three times the tokens generated take so many chip-hours more, at a share of the 16-bit peak in both formats."""
    learnt = Scenario("h100-sxm", params=exactly(70e9), tokens=exactly(1e9), mfu=exactly(0.2), rollout_mfu=exactly(0.1),
                      work=Work(is_reinforced=True))  # fmt: skip
    cases = [replace(learnt, number_format=kind, rollouts=exactly(n)) for kind in ("bf16", "fp8") for n in (1, 3)]
    few, many, few_8_bit, many_8_bit = (figures["chip_hours"]["value"] for figures in figures_of_all(room, cases))
    assert many_8_bit - few_8_bit == pytest.approx(many - few)
    assert few_8_bit < few


def test_the_command_says_which_part_of_reinforcement_learning_takes_the_time(
    built: Settings, called_ledger: Called
) -> None:
    case = ("--accelerator", "h100-sxm", "--params", "7e9", "--tokens", "1e9", "--mfu", "0.3", "--rl")
    done = called_ledger("estimate", *case, "--rollouts", "2", "--rollout-mfu", "0.1", home=built.home)
    assert done.returncode == 0, done.stderr
    said = "60 % generating answers, 10 % scoring them, 30 % learning: 3.333 times those of learning alone"
    assert said in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rollouts", "2"), "--rollouts describes reinforcement learning: also give --rl"),
        (("--rl", "--rollouts", "0.5"), "--rollouts 0.5: tokens generated per token learned from; expected 1 or more"),
        (("--rl", "--rollout-mfu", "12"), "Did you mean 0.12?"),
        (("--rl", "--adapter", "lora"), "reinforcement learning of adapters is not estimated"),
        (("--context", "8192"), "also give --layers and --width"),
        (("--context", "0", "--layers", "32", "--width", "4096"), "--context 0: expected 1 or more"),
        (("--full-attention",), "--full-attention counts attention over a context"),
        (("--adapter", "dora"), "--adapter dora: expected lora or qlora"),
    ],
)
def test_work_that_cannot_be_is_refused_in_words(
    built: Settings, called_ledger: Called, options: tuple[str, ...], message: str
) -> None:
    case = ("--accelerator", "h100-sxm", "--params", "7e9", "--tokens", "1e9")
    done = called_ledger("estimate", *case, *options, home=built.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
