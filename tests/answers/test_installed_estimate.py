"""``ledger estimate --installed``: the total with other assumptions, by the same model and draws as the published one."""

import json

import pytest

from pipelines.answers.given import Stated
from pipelines.answers.installed_estimate import QUANTITIES, Given, estimate
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse.file import Row, connect_published
from tests.conftest import run_ledger


def exactly(value: float) -> Stated:
    return Stated(value, value, value)


def figures_of(settings: Settings, given: Given) -> dict[str, Row]:
    return {row["quantity"]: row for row in estimate(settings, given)["figures"]}


def test_nothing_given_is_the_published_total(built: Settings) -> None:
    found = figures_of(built, Given())
    with connect_published(built) as connection:
        published = connection.execute(
            "select quantity, value_low, value, value_high from core.installed_totals "
            "where scope_kind = 'all' and year = (select max(year) from core.installed_totals)"
        ).fetchall()
    assert set(QUANTITIES) == set(found)
    for quantity, low, value, high in published:
        if quantity in found:
            row = found[quantity]
            assert (row["value_low"], row["value"], row["value_high"]) == pytest.approx((low, value, high), rel=1e-9)


def test_a_grid_and_a_pue_act_on_what_they_multiply(built: Settings) -> None:
    before, after = figures_of(built, Given()), figures_of(built, Given(pue=exactly(1.1), grid=exactly(0.05)))
    assert after["chip_power_w"]["value"] == pytest.approx(before["chip_power_w"]["value"])
    assert after["location_co2e_kg"]["value"] == pytest.approx(0.05 * after["facility_energy_kwh"]["value"], rel=1e-9)
    assert after["facility_energy_kwh"]["value"] < before["facility_energy_kwh"]["value"]
    width = [row["location_co2e_kg"]["value_high"] / row["location_co2e_kg"]["value_low"] for row in (before, after)]
    assert width[1] < width[0]


def test_idle_hardware_takes_less(built: Settings) -> None:
    least, most = (figures_of(built, Given(utilisation=exactly(u)))["facility_energy_kwh"]["value"] for u in (0.3, 0.9))
    assert least < most


def test_growth_compounds_after_the_last_year(built: Settings) -> None:
    found = estimate(built, Given(year=2027, growth=exactly(2)))
    assert (found["year"], found["base_year"]) == (2027, 2025)
    assert [row["ratio"] for row in found["figures"]] == [pytest.approx(4)] * len(QUANTITIES)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Given(utilisation=exactly(1.2)), "--utilisation 1.2: it is a share of the time; expected at most 1"),
        (Given(pue=exactly(0.9)), "--pue 0.9: a facility uses at least as much power"),
        (Given(grid=exactly(400)), "--grid 400: expected kg CO2e per kWh"),
        (Given(growth=exactly(90), year=2027), "--growth 90: expected a factor per year"),
        (Given(year=2027), "--year 2027: the counts end with 2025. Give --growth"),
        (Given(growth=exactly(2)), "--growth applies after 2025"),
        (Given(year=2001), "--year 2001: expected 2022 to 2035"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(built: Settings, given: Given, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace(".", r"\.")):
        estimate(built, given)


def test_the_command_prints_it_and_refuses_options_of_other_estimates(built: Settings) -> None:
    done = run_ledger("estimate", "--installed", "--pue", "1.1", "--format", "json", home=built.home)
    assert done.returncode == 0
    assert json.loads(done.stdout)["given"] == [
        {"name": "--pue", "low": 1.1, "value": 1.1, "high": 1.1, "unit": "ratio"}
    ]
    for options in (("--installed", "--params", "7e9"), ("--grid", "0.1", "--accelerator", "h100-sxm")):
        refused = run_ledger("estimate", *options, home=built.home)
        assert refused.returncode == 2
        assert "--installed." in refused.stderr
