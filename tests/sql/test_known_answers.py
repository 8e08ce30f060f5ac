"""Figures whose answer is known: published totals, identities between columns, and inputs that give the value again."""

import math

import duckdb
import pytest

FLOP_PER_PETAFLOP_DAY = 8.64e19


@pytest.fixture(scope="module")
def summary(published: duckdb.DuckDBPyConnection) -> dict[str, dict[str, object]]:
    """mart.training_summary by key."""
    return {row["training_run_id"]: row for row in published.sql("from mart.training_summary").pl().to_dicts()}


@pytest.fixture(scope="module")
def figures(published: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """mart.figures of training runs."""
    return published.sql("from mart.figures where subject_kind = 'training_run'").pl().to_dicts()


# --- published totals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "method", "flop", "tolerance"),
    [
        ("gpt-3-175b", "6nd", 3.14e23, 0.02),
        ("chinchilla-70b", "6nd", 5.76e23, 0.03),
        ("palm-540b", "6nd", 2.53e24, 0.02),
        ("gopher-280b", "6nd", 5.04e23, 0.02),
        ("llama-3.1-405b", "6nd", 3.8e25, 0.02),
        ("alexnet", "operation_count", 4.7e17, 0.03),
        ("resnet-152", "operation_count", 1.04e19, 0.03),
        ("resnet-50-250-epochs", "operation_count", 7.9e18, 0.03),
    ],
)
def test_training_compute_of_well_known_models(
    run: str, method: str, flop: float, tolerance: float, summary: dict[str, dict[str, object]]
) -> None:
    assert summary[run]["training_flop_method"] == method
    assert summary[run]["training_flop"] == pytest.approx(flop, rel=tolerance)


def test_6nd_gives_published_totals_that_were_counted_as_6nd(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select n.model_flop / p.value, p.value between c.value_low and c.value_high from core.training_compute as c "
        "inner join core.published_figures as p on c.training_run_id = p.training_run_id "
        "inner join core.flop_counting as n on p.published_figure_id = n.published_figure_id "
        "where c.method = '6nd' and p.quantity = 'training_flop' and p.counting = '6nd' and p.is_first"
    ).fetchall()
    ratios = sorted(ratio for ratio, _ in rows)
    assert len(rows) > 20
    assert ratios[len(ratios) // 2] == pytest.approx(1, rel=0.01)
    assert sum(0.97 <= ratio <= 1.03 for ratio in ratios) >= 0.9 * len(ratios)
    assert sum(covered for _, covered in rows) >= 0.9 * len(rows)


def test_compute_of_the_frontier_grows_four_to_five_and_a_half_fold_a_year(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        "select growth_per_year_low, growth_per_year, growth_per_year_high, doubling_time_months, n_rows from mart.trends "
        "where metric = 'training_flop' and cohort = 'frontier' and is_longest"
    ).fetchall()
    assert len(rows) == 1
    low, growth, high, months, points = rows[0]
    assert 4 <= growth <= 5.5
    assert low < growth < high
    assert points >= 20
    assert months == pytest.approx(12 * math.log(2) / math.log(growth), rel=1e-9)


# --- identities between columns -------------------------------------------------------------------------------------


def test_petaflop_days_and_home_years_are_other_words_for_flop_and_energy(
    published: duckdb.DuckDBPyConnection, summary: dict[str, dict[str, object]]
) -> None:
    home = published.execute("select central from seeds.assumptions where name = 'home_year_kwh'").fetchall()[0][0]
    assert home == pytest.approx(10_500, rel=0.03)
    for flop, converted, unit in (
        ("training_flop", "petaflop_days", FLOP_PER_PETAFLOP_DAY),
        ("facility_energy_kwh", "home_years", home),
    ):
        known = [row for row in summary.values() if row[flop] is not None]
        assert len(known) > 300
        assert all(row[converted] == pytest.approx(row[flop] / unit, rel=1e-12) for row in known)
        assert all(row[converted] is None for row in summary.values() if row[flop] is None)


def test_the_facility_draws_no_less_than_its_servers_and_these_no_less_than_their_chips(
    summary: dict[str, dict[str, object]],
) -> None:
    rows = [row for row in summary.values() if row["chip_energy_kwh"] is not None]
    assert len(rows) > 300
    for end in ("_low", "", "_high"):
        wrong = [
            row["training_run_id"]
            for row in rows
            if not row[f"chip_energy_kwh{end}"] <= row[f"server_energy_kwh{end}"] <= row[f"facility_energy_kwh{end}"]
        ]
        assert wrong == [], f"bound '{end}'"


def test_the_summary_shows_the_preferred_figures(
    figures: list[dict[str, object]], summary: dict[str, dict[str, object]]
) -> None:
    columns = {
        ("training_flop", "none"): "training_flop", ("chip_hours", "none"): "chip_hours", ("mfu", "none"): "mfu",
        ("energy_kwh", "chip"): "chip_energy_kwh", ("energy_kwh", "server"): "server_energy_kwh",
        ("energy_kwh", "facility"): "facility_energy_kwh", ("cost_usd", "cloud"): "cloud_cost_usd",
        ("cost_usd", "owned"): "owned_cost_usd", ("co2e_kg", "location"): "location_co2e_kg", ("water_l", "none"): "water_l",
    }  # fmt: skip
    shown = 0
    for figure in figures:
        column = columns.get((figure["quantity"], figure["boundary"]))
        if column is None or not figure["is_preferred"] or figure["kind"] not in ("derived", "assumed"):
            continue
        row = summary[figure["subject_id"]]
        assert (row[f"{column}_low"], row[column], row[f"{column}_high"]) == (
            figure["value_low"], figure["value"], figure["value_high"],
        ), figure["figure_id"]  # fmt: skip
        shown += 1
    assert shown > 2000


def test_of_each_quantity_of_a_run_one_figure_is_preferred(figures: list[dict[str, object]]) -> None:
    preferred: dict[tuple[object, ...], int] = {}
    for figure in figures:
        place = (figure["subject_id"], figure["quantity"], figure["boundary"])
        preferred[place] = preferred.get(place, 0) + bool(figure["is_preferred"])
    assert len(preferred) > 2000
    assert {place: number for place, number in preferred.items() if number != 1} == {}


# --- provenance -----------------------------------------------------------------------------------------------------


def test_a_derived_figure_has_two_inputs_or_more(figures: list[dict[str, object]]) -> None:
    derived = [figure for figure in figures if figure["kind"] == "derived"]
    assert len(derived) > 2000
    assert [figure["figure_id"] for figure in derived if len(figure["inputs"]) < 2] == []


def test_a_published_value_of_a_quantity_is_no_input_to_our_estimate_of_it(figures: list[dict[str, object]]) -> None:
    own = [
        figure["figure_id"]
        for figure in figures
        if figure["kind"] in ("derived", "assumed")
        and f"published_{figure['quantity']}" in {entry["name"] for entry in figure["inputs"]}
    ]
    assert own == []
    assert any(
        entry["name"].startswith("published_") for f in figures if f["kind"] == "derived" for entry in f["inputs"]
    ), "published values of other quantities are inputs, so the test above has something to find"


def test_an_input_stands_once_in_the_list_of_a_figure(figures: list[dict[str, object]]) -> None:
    twice = [
        figure["figure_id"]
        for figure in figures
        if len({entry["name"] for entry in figure["inputs"]}) < len(figure["inputs"])
    ]
    assert twice == []


Leaves = dict[str, float]
"""Name of each input of a figure -> its central value."""


def flop_from(x: Leaves, method: str) -> float:
    if method == "published":
        return x["published_training_flop"]
    if method == "operation_count":
        return 6 * x["forward_mac"] * x["training_examples"] * x["operation_count_ratio"]
    return {"6nd": 6, "3nd": 3}[method] * x["active_params"] * x["training_tokens"] * x["flop_6nd_ratio"]


def utilisation_from(x: Leaves) -> float:
    if "published_mfu" in x:
        return x["published_mfu"] * x["productive_time_ratio"]
    return x["mfu"]


def chip_hours_from(x: Leaves, method: str) -> float:
    if "published_chip_hours" in x:
        return x["published_chip_hours"]
    if "published_training_hours" in x:
        return x["accelerator_count"] * x["published_training_hours"] * x["chip_hours_ratio"]
    return flop_from(x, method) / (3600 * x["dense_peak"] * utilisation_from(x))


def energy_from(x: Leaves, method: str, boundary: str) -> float:
    chip = chip_hours_from(x, method) * x["tdp"] / 1000 * x["average_power_ratio"]
    server = chip if boundary == "chip" else chip * x["server_power_ratio"]
    return server * x["pue"] if boundary == "facility" else server


def one_of(x: Leaves, observed: str, assumed: str) -> float:
    return x.get(observed) or x[assumed]


def expected_value(figure: dict[str, object], x: Leaves, method: str) -> float | None:
    """The figure computed again from its listed inputs by the formulas of docs/methods.md; None for other kinds."""
    match figure["quantity"], figure["boundary"], figure["method"]:
        case "energy_kwh", boundary, "chip_hours_times_power":
            return energy_from(x, method, boundary)
        case "cost_usd", "cloud", rental:
            stated = rental == "rental_stated"
            return chip_hours_from(x, method) * x[f"{'published_' if stated else ''}cloud_price_usd_per_chip_hour"]
        case "cost_usd", "owned", "amortised":
            capital = x["chip_price"] * x["server_cost_ratio"] / (1 - x["network_cost_share"])
            decline = x["hardware_price_decline_per_year"]
            hourly = capital * math.log(10) * decline / 8766 * 10 ** (-decline * x["hardware_age_years"])
            electricity = one_of(x, "electricity_price", "electricity_price_usd_per_kwh")
            return chip_hours_from(x, method) * hourly + energy_from(x, method, "facility") * electricity
        case "co2e_kg", "location", "energy_times_intensity":
            intensity = one_of(x, "grid_intensity", "grid_intensity_kg_co2e_per_kwh")
            return energy_from(x, method, "facility") * intensity
        case "co2e_kg", "market", "energy_times_contracts":
            intensity = one_of(x, "grid_intensity", "grid_intensity_kg_co2e_per_kwh")
            return energy_from(x, method, "facility") * (1 - x["carbon_free_contract_share"]) * intensity
        case "co2e_kg", "embodied", "share_of_life":
            machine = x["embodied_kg_per_accelerator"] + x["embodied_kg_per_server"] / 8
            return chip_hours_from(x, method) * machine / (8766 * x["embodied_lifetime_years"] * x["fleet_utilisation"])
        case "co2e_kg", "lifecycle", "energy_and_hardware":
            intensity = one_of(x, "grid_intensity", "grid_intensity_kg_co2e_per_kwh")
            machine = x["embodied_kg_per_accelerator"] + x["embodied_kg_per_server"] / 8
            hourly = machine / (8766 * x["embodied_lifetime_years"] * x["fleet_utilisation"])
            return energy_from(x, method, "facility") * intensity + chip_hours_from(x, method) * hourly
        case "water_l", boundary, "energy_times_water_use":
            onsite = 0 if boundary == "generation" else x["wue_onsite_l_per_kwh"]
            generation = 0 if boundary == "onsite" else x["pue"] * x["wue_offsite_l_per_kwh"]
            return energy_from(x, method, "server") * (onsite + generation)
        case "chip_hours", _, "count_times_hours" | "flop_over_rate":
            return chip_hours_from(x, method)
        case "training_flop", _, "6nd" | "3nd" | "operation_count" as own:
            return flop_from(x, own)
    return None


RECOMPUTED = {
    ("energy_kwh", "chip"), ("energy_kwh", "server"), ("energy_kwh", "facility"), ("cost_usd", "cloud"),
    ("cost_usd", "owned"), ("co2e_kg", "location"), ("co2e_kg", "market"), ("co2e_kg", "embodied"), ("co2e_kg", "lifecycle"),
    ("water_l", "onsite"), ("water_l", "generation"), ("water_l", "none"), ("chip_hours", "none"), ("training_flop", "none"),
}  # fmt: skip


def test_a_figure_is_what_its_listed_inputs_give(
    figures: list[dict[str, object]], summary: dict[str, dict[str, object]]
) -> None:
    seen: dict[tuple[object, object], int] = {}
    wrong = {}
    for figure in figures:
        if figure["kind"] != "derived":
            continue
        leaves = {entry["name"]: entry["value"] for entry in figure["inputs"]}
        method = str(summary[figure["subject_id"]]["training_flop_method"])
        value = expected_value(figure, leaves, method)
        if value is None:
            continue
        place = (figure["quantity"], figure["boundary"])
        seen[place] = seen.get(place, 0) + 1
        if not math.isclose(value, figure["value"], rel_tol=1e-9):
            wrong[figure["figure_id"]] = (value, figure["value"])
    assert wrong == {}
    assert set(seen) == RECOMPUTED
    assert min(seen.values()) >= 100, seen
