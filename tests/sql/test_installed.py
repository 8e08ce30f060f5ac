"""All of it together: stock from sales, nothing counted twice, energy as the sum of quarters, factors that move together."""

from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.answers.explain import explain
from pipelines.settings import SQL, Settings
from pipelines.warehouse.file import Row, connect_published
from pipelines.warehouse.models.installed_totals import add_up_chips, draw_amount, draw_normals, find_drivers
from pipelines.warehouse.models.macros import load_macros

PUBLISHED_2025 = {  # the publisher's totals at the end of 2025, read in its files: units, H100-equivalents, watts
    "NVIDIA": (10_477_887, 13_659_258, 8_562e6),
    "Google": (6_136_449, 3_812_878, 2_223e6),
    "Amazon": (1_856_963, 1_020_727, 840e6),
    "AMD": (930_949, 1_244_972, 762e6),
}
FACTOR = pl.Struct({"factor": pl.String, "log_below": pl.Float64, "log_above": pl.Float64})


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    [row] = connection.execute(query).fetchall()
    return row


def part(chip: str, owner: str, amount: float, *factors: tuple[str, float]) -> dict[str, object]:
    """A part of the facility energy of 2025 whose factors each have the same reach on both sides."""
    return {
        "year": 2025, "chip_id": chip, "designer": "NVIDIA", "owner": owner, "quantity": "facility_energy_kwh",
        "part": "whole", "amount": amount, "unit": "kWh",
        "factors": [{"factor": f, "log_below": -np.log(by), "log_above": np.log(by)} for f, by in factors],
    }  # fmt: skip


def total_of(*parts: dict[str, object]) -> dict[str, object]:
    frame = pl.DataFrame(list(parts), schema_overrides={"factors": pl.List(FACTOR)})
    return next(row for row in add_up_chips(frame).iter_rows(named=True) if row["scope_kind"] == "all")


# --- the chips of the publisher -------------------------------------------------------------------------------------


@pytest.mark.parametrize("designer", PUBLISHED_2025)
def test_chips_add_up_to_the_publishers_designers(published: duckdb.DuckDBPyConnection, designer: str) -> None:
    found = one(
        published,
        "select sum(units), sum(h100_equivalents), sum(units * k.rated_power_w) from mart.installed_compute "
        f"inner join seeds.chip_kinds as k using (chip_id) where mart.installed_compute.designer = '{designer}' "
        "and quarter_end = '2025-12-31'",
    )
    assert found == pytest.approx(PUBLISHED_2025[designer], rel=0.01)


def test_owners_and_designers_have_the_same_chips(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select c.chip_id, c.quarter_end, c.units_count, sum(m.units) from core.installed_counts as c "
        "inner join mart.installed_compute as m using (chip_id, quarter_end) where c.owner = 'All' group by all"
    ).fetchall()
    assert len(rows) > 150
    assert [row for row in rows if row[3] != pytest.approx(row[2], rel=1e-9)] == []


def test_a_quarter_known_in_part_is_marked_and_counts_in_no_year(published: duckdb.DuckDBPyConnection) -> None:
    assert published.execute("select distinct quarter_end from mart.installed_compute where is_incomplete").fetchall()
    assert one(published, "select max(year) from mart.installed_footprint")[0] == 2025
    falls = published.execute(
        "select designer from (select designer, quarter_end, sum(units) as units from mart.installed_compute group by all) "
        "qualify units < lag(units) over (partition by designer order by quarter_end)"
    ).fetchall()
    assert falls == []


# --- stock and energy -----------------------------------------------------------------------------------------------


def test_running_chips_of_the_small_files_by_hand(fetched: Settings) -> None:
    """1,000 chips a quarter from the first of 2024. On 15 August those of the first quarter run; 136 days after 1 April less
    90 of waiting are 46 of the 91 days of the second; those of the third wait. Retirement in half a year is below 1 in 10,000."""
    with connect_published(fetched) as connection:
        stock = one(
            connection,
            "select sold_units_count, owned_units_count, running_units_count from core.installed_stock "
            "where chip_id = 'h100' and quarter_end = '2024-09-30'",
        )
        shares = dict(
            connection.execute(
                "select owner, share from core.installed_shares where chip_id = 'h100' and quarter_end = '2024-09-30'"
            ).fetchall()
        )
        scaled = connection.execute(
            "select owner, share from core.installed_shares where chip_id = 'mi300x' and quarter_end = '2024-09-30' order by 1"
        ).fetchall()
    assert stock == pytest.approx((1000, 2000 + 1000 * 45 / 92, 1000 + 1000 * 46 / 91), rel=1e-4)
    expected = {"Microsoft": 0.5, "China": 0.2, "Other": 0.2, "CoreWeave": 0.05, "Not attributed": 0.05}
    assert shares == pytest.approx(expected)
    assert scaled == [("Meta", pytest.approx(6 / 11)), ("Other", pytest.approx(5 / 11))]


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database with the formulas."""
    with duckdb.connect() as connection:
        load_macros(connection, SQL / "macros")
        yield connection


@given(
    age=st.floats(0, 30), life=st.floats(1, 15), delay=st.integers(0, 400), later=st.integers(0, 400),
    day=st.integers(0, 2000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_more_chips_never_take_less_energy(
    macros: duckdb.DuckDBPyConnection, age: float, life: float, delay: int, later: int, day: int
) -> None:
    """Units are sums of cohorts times shares: from nothing to one, falling with age and with delay."""
    young, old = one(macros, f"select in_service_share_of({age}, {life}, 4), in_service_share_of({age + 1}, {life}, 4)")
    sale = f"date '2022-01-01' + {day}, date '2022-01-01', date '2022-03-31'"
    soon, late = one(macros, f"select running_share_of({sale}, {delay}), running_share_of({sale}, {delay + later})")
    assert 0 <= old <= young <= 1
    assert 0 <= late <= soon <= 1


def test_a_year_is_the_sum_of_its_quarters(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select f.year, f.facility_energy_kwh, sum(c.facility_energy_kwh) from mart.installed_footprint as f "
        "inner join mart.installed_compute as c on f.year = year(c.quarter_end) and not c.is_incomplete "
        "where f.scope_kind = 'all' group by all"
    ).fetchall()
    assert len(rows) == 4
    assert [row for row in rows if row[1] != pytest.approx(row[2], rel=1e-9)] == []


def test_the_formula_of_a_chip_gives_its_total(published: duckdb.DuckDBPyConnection) -> None:
    figure = explain(published, "ai-compute-2025-h100", "facility_energy_kwh")["figure"]

    def value_of(made: Row) -> float:
        known = {row["name"]: (row.get("figure") and value_of(row["figure"])) or row["value"] for row in made["inputs"]}
        return float(eval(made["formula"].replace("·", "*"), {"__builtins__": {}}, known))

    assert value_of(figure) == pytest.approx(figure["value"], rel=1e-6)


def test_explain_goes_from_the_world_to_a_row_of_the_publisher(published: duckdb.DuckDBPyConnection) -> None:
    found = explain(published, "AI compute of the world, 2025", "facility_energy_kwh")["figure"]
    assert sum(row["value"] for row in found["inputs"]) == pytest.approx(found["value"], rel=1e-9)
    h100 = next(row for row in found["inputs"] if row["name"] == "h100")
    assert h100["source"]["title"] == "AI chip counts: sales and owners"
    assert "H100 Q1 2022 to Q4 2025" in h100["locator"]


# --- intervals ------------------------------------------------------------------------------------------------------


def test_a_shared_factor_keeps_its_width_and_two_factors_average_out() -> None:
    """A sum of two equal amounts: as wide as one if one factor moves both; √2 narrower on the logarithm, nearly, if two do."""
    shared = total_of(part("a", "x", 100, ("pue", 1.1)), part("b", "y", 100, ("pue", 1.1)))
    apart = total_of(part("a", "x", 100, ("pue", 1.1)), part("b", "y", 100, ("idle", 1.1)))
    assert (shared["value_low"], shared["value_high"]) == pytest.approx((200 / 1.1, 200 * 1.1), rel=0.005)
    assert apart["value_high"] == pytest.approx(200 * 1.1 ** (1 / 2**0.5), rel=0.005)


def test_a_skewed_factor_reaches_as_far_as_its_bounds() -> None:
    skewed = [{"factor": "delay", "log_below": np.log(1.2), "log_above": np.log(0.5)}]
    normals = draw_normals(pl.DataFrame({"factors": [skewed]}))
    low, high = np.quantile(draw_amount(100, skewed, normals), (0.05, 0.95))
    assert (low, high) == pytest.approx((50, 120), rel=0.03)


def test_drivers_are_shares_of_the_variance() -> None:
    """Twice the width on the logarithm is four times the variance."""
    frame = pl.DataFrame(
        [part("a", "x", 100, ("pue", 1.1**2), ("idle", 1.1))], schema_overrides={"factors": pl.List(FACTOR)}
    )
    shares = dict(find_drivers(frame).select("factor", "share").iter_rows())
    assert shares == pytest.approx({"pue": 0.8, "idle": 0.2}, abs=0.03)


# --- beside others --------------------------------------------------------------------------------------------------


KNOWN_DISAGREEMENTS = {"ai-share-of-data-centres-2024"}
"""Published totals that do not fit ours; the reason is in the row."""


def test_published_totals_agree_as_their_definitions_ask(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select total_id, relation, is_independent, ratio, agrees from mart.installed_comparisons where value is not null"
    ).fetchall()
    assert {row[0] for row in rows if not row[4]} == KNOWN_DISAGREEMENTS
    assert {row[2] for row in rows} == {True, False}
    assert [row for row in rows if row[1] == "the same" and not row[2] and abs(row[3] - 1) > 0.05] == []


def test_other_estimates_of_all_ai_in_2025_are_inside_the_interval(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select quantity, is_inside from mart.installed_comparisons"
        " where is_independent and relation = 'the same' and year = 2025"
    ).fetchall()
    assert dict(rows) == {"facility_energy_kwh": True, "location_co2e_kg": True, "water_l": True}


def test_what_is_published_is_a_small_share(published: duckdb.DuckDBPyConnection) -> None:
    low, share, high = one(
        published,
        "select share_low, share, share_high from mart.installed_accounts where year = 2025 and account = 'both'",
    )
    assert 0 < low < share < high < 1
    alone = published.execute(
        "select sum(value) from mart.installed_accounts where year = 2025 and account <> 'both' union all "
        "select value from mart.installed_accounts where year = 2025 and account = 'both'"
    ).fetchall()
    assert alone[0][0] == pytest.approx(alone[1][0])


def test_levers_save_a_part(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select saved_fraction_low, saved_fraction, saved_fraction_high from mart.installed_levers"
    ).fetchall()
    assert len(rows) == 4
    assert all(0 <= low <= central <= high < 1 for low, central, high in rows)
