"""Formulas: documented, true by their own examples, lawful as arithmetic, and in agreement with a Monte Carlo."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.seeds.sources_toml import read_sources
from pipelines.settings import SEEDS, SQL
from pipelines.warehouse.models.macros import Macro, load_macros, read_macros

MACROS = read_macros(SQL / "macros", "sql/macros")
NAMES = [macro.name for macro in MACROS]
FORMULAS = [m for m in MACROS if Path(m.file).name in ("energy.sql", "training.sql", "cost.sql")]

Triple = tuple[float, float, float]
"""Low, central and high."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds nothing but the macros."""
    with duckdb.connect() as opened:
        load_macros(opened, SQL / "macros")
        yield opened


def bounds_of_each(connection: duckdb.DuckDBPyConnection, formula: str, rows: list[dict[str, Triple]]) -> list[Triple]:
    """Low, central and high of a formula for each row; ``{name}`` in it stands for the uncertain quantity ``name``."""
    columns: dict[str, list[float]] = {}
    for name in rows[0]:
        for place, end in enumerate(("low", "central", "high")):
            columns[f"{name}_{end}"] = [row[name][place] for row in rows]
    triple = {name: f"uncertain({name}_low, {name}_central, {name}_high)" for name in rows[0]}
    given_rows = ", ".join(f"unnest(${column}::double[]) as {column}" for column in columns)
    results = f"select {formula.format(**triple)} as t from (select {given_rows})"
    return connection.execute(f"select low_of(t), central_of(t), high_of(t) from ({results})", columns).fetchall()


def bounds(connection: duckdb.DuckDBPyConnection, formula: str, **quantities: Triple) -> Triple:
    """Low, central and high of a formula for one set of quantities."""
    return bounds_of_each(connection, formula, [quantities])[0]


def scaled(quantity: Triple, factor: float) -> Triple:
    return quantity[0] * factor, quantity[1] * factor, quantity[2] * factor


@st.composite
def triples(draw: st.DrawFn, smallest: float = 1e-6, largest: float = 1e25) -> Triple:
    """A positive quantity whose bounds are up to a factor of five from its centre, each side for itself."""
    central = draw(st.floats(smallest, largest))
    return central / draw(st.floats(1, 5)), central, central * draw(st.floats(1, 5))


FACTORS = st.floats(1, 1e6)
SHARES = triples(0.01, 1)
ROWS = 20
property_test = settings(deadline=None, max_examples=4)
"""Few examples, each of which is a table of ROWS rows that one query takes."""


def tables(**quantities: st.SearchStrategy[Triple]) -> st.SearchStrategy[list[dict[str, Triple]]]:
    """Tables of quantities: ROWS rows of the same names."""
    return st.lists(st.fixed_dictionaries(quantities), min_size=ROWS, max_size=ROWS)


def near(value: Triple | float | list[float]) -> object:
    return pytest.approx(value, rel=1e-9)


def column(rows: list[dict[str, Triple]], name: str) -> list[Triple]:
    return [row[name] for row in rows]


def assert_each_near(found: list[Triple], expected: list[Triple]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one == near(other)


# --- documentation --------------------------------------------------------------------------------------------------


def test_every_macro_in_the_database_is_documented(connection: duckdb.DuckDBPyConnection) -> None:
    there = connection.execute(
        "select function_name, parameters from duckdb_functions() where not internal and function_type = 'macro'"
    ).fetchall()
    assert sorted((name, tuple(arguments)) for name, arguments in there) == sorted(
        (m.name, m.arguments) for m in MACROS
    )
    assert len(set(NAMES)) == len(NAMES), "a name is defined twice"


@pytest.mark.parametrize("macro", MACROS, ids=NAMES)
def test_a_macro_says_what_it_gives_and_its_example_holds(macro: Macro, connection: duckdb.DuckDBPyConnection) -> None:
    assert macro.description
    assert macro.equation
    assert macro.units
    assert f"{macro.name}(" in macro.example, "the example calls the macro"
    assert connection.execute(f"select {macro.example}").fetchall() == [(True,)]


def test_sources_of_macros_are_described() -> None:
    known = read_sources(SEEDS / "SOURCES.toml", "seeds/SOURCES.toml")
    named = {macro.name: macro.source_id for macro in MACROS if macro.source_id}
    assert len(named) > 10
    assert {name: source for name, source in named.items() if source not in known} == {}


def test_every_formula_of_compute_energy_and_money_cites_a_source() -> None:
    assert len(FORMULAS) > 10
    assert [macro.name for macro in FORMULAS if macro.source_id is None] == []


DOCUMENTED = "-- macro: twice | Two of it.\n-- equation: 2 a\n-- units: any\n-- example: twice(1) = 2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            DOCUMENTED.replace("-- units: any\n", "") + "create or replace macro twice(a) as 2 * a;",
            "sql/macros/own.sql:4: macro twice lacks units. Add '-- tag: text' lines above it.",
        ),
        (
            "create or replace macro twice(a) as 2 * a;",
            "sql/macros/own.sql:1: macro twice lacks macro, equation, units, example. Add '-- tag: text' lines above it.",
        ),
        (
            DOCUMENTED + "create or replace macro double_of(a) as 2 * a;",
            "sql/macros/own.sql:5: macro double_of is documented as 'twice'. Add '-- tag: text' lines above it.",
        ),
        (
            DOCUMENTED + "create or replace macro twice(a) as 2 * a;\n\ncreate or replace macro thrice(a) as 3 * a;",
            "sql/macros/own.sql:7: macro thrice lacks macro, equation, units, example. Add '-- tag: text' lines above it.",
        ),
    ],
)
def test_a_macro_without_documentation_is_told_by_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.sql").write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        read_macros(tmp_path, "sql/macros")
    assert str(caught.value) == message


def test_a_macro_that_is_no_sql_is_told_by_file(tmp_path: Path) -> None:
    (tmp_path / "own.sql").write_text(DOCUMENTED + "create or replace macro twice(a) as 2 *;", encoding="utf-8")
    with duckdb.connect() as empty, pytest.raises(LedgerError, match=r"^sql/macros/own\.sql: Parser Error"):
        load_macros(empty, tmp_path)


# --- laws of the arithmetic -----------------------------------------------------------------------------------------


@property_test
@given(tables(a=triples()))
@example([{"a": (1.0, 1.0, 1.0)}])
def test_a_quantity_keeps_its_bounds(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]) -> None:
    for formula in ("{a}", "multiply({a}, exactly(1))", "divide({a}, exactly(1))"):
        assert_each_near(bounds_of_each(connection, formula, rows), column(rows, "a"))


@property_test
@given(tables(a=triples(), b=triples(), c=triples(1e-3, 1e6)))
def test_products_do_not_care_for_order(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]) -> None:
    for one, other in (
        ("multiply({a}, {b})", "multiply({b}, {a})"),
        ("multiply(multiply({a}, {b}), {c})", "multiply({a}, multiply({b}, {c}))"),
    ):
        assert_each_near(bounds_of_each(connection, one, rows), bounds_of_each(connection, other, rows))


@property_test
@given(tables(a=triples(), b=triples()))
def test_division_undoes_multiplication_at_the_centre_and_forgets_no_doubt(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    found = bounds_of_each(connection, "divide(multiply({a}, {b}), {b})", rows)
    for a, (low, central, high) in zip(column(rows, "a"), found, strict=True):
        assert central == near(a[1])
        assert high / low >= (a[2] / a[0]) ** 0.9 * (1 - 1e-9)


@property_test
@given(tables(a=triples(), b=triples()))
def test_a_quotient_is_the_product_with_the_reciprocal(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    reciprocals = [(1 / high, 1 / central, 1 / low) for low, central, high in column(rows, "b")]
    assert_each_near(bounds_of_each(connection, "divide(exactly(1), {b})", rows), reciprocals)
    quotients = bounds_of_each(connection, "divide({a}, {b})", rows)
    assert_each_near(quotients, bounds_of_each(connection, "multiply({a}, divide(exactly(1), {b}))", rows))


@property_test
@given(tables(a=triples(), b=triples(), c=triples(1e-3, 1e6)))
def test_bounds_enclose_the_centre_and_are_hardly_narrower_than_those_of_a_factor(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    for formula in ("multiply({a}, {b})", "divide({a}, {b})", "add_up({a}, {b})", "divide(add_up({a}, {b}), {c})"):
        for low, central, high in bounds_of_each(connection, formula, rows):
            assert 0 < low <= central * (1 + 1e-12), formula
            assert central <= high * (1 + 1e-12), formula
    products = bounds_of_each(connection, "multiply({a}, {b})", rows)
    for a, b, (low, central, high) in zip(column(rows, "a"), column(rows, "b"), products, strict=True):
        # skewed factors move each other's bounds, so that one side may shrink; the whole does not
        assert high / low >= max(a[2] / a[0], b[2] / b[0]) ** 0.9
        assert high / central <= a[2] / a[1] * b[2] / b[1] * (1 + 1e-9), "independent errors never add up in full"


@property_test
@given(tables(a=triples(), b=triples()), FACTORS)
def test_a_change_of_unit_scales_every_bound(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]], k: float
) -> None:
    scaled_rows = [{name: scaled(value, k) for name, value in row.items()} for row in rows]
    assert_each_near(bounds_of_each(connection, f"multiply(exactly({k!r}), {{a}})", rows), column(scaled_rows, "a"))
    divided = [scaled(a, 1 / k) for a in column(rows, "a")]
    assert_each_near(bounds_of_each(connection, f"divide({{a}}, exactly({k!r}))", rows), divided)
    totals = bounds_of_each(connection, "add_up({a}, {b})", rows)
    assert_each_near(
        bounds_of_each(connection, "add_up({a}, {b})", scaled_rows), [scaled(total, k) for total in totals]
    )


@property_test
@given(tables(a=triples(1e-3, 1e6), b=triples(1e-3, 1e6)))
def test_a_sum_is_symmetric_and_less_spread_than_its_parts_together(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    totals = bounds_of_each(connection, "add_up({a}, {b})", rows)
    assert_each_near(totals, bounds_of_each(connection, "add_up({b}, {a})", rows))
    for a, b, (low, central, high) in zip(column(rows, "a"), column(rows, "b"), totals, strict=True):
        assert central == near(a[1] + b[1])
        assert (a[0] + b[0]) * (1 - 1e-9) <= low <= (a[1] + b[1]) * (1 + 1e-12)
        assert (a[1] + b[1]) * (1 - 1e-12) <= high <= (a[2] + b[2]) * (1 + 1e-9)
        assert high - central >= max(a[2] - a[1], b[2] - b[1]) * (1 - 1e-6)


# --- direction and consistency of the formulas ----------------------------------------------------------------------

MORE_GIVES_MORE = {
    "flop_6nd({a}, {b}, {s})": "ab",
    "flop_3nd({a}, {b}, {s})": "ab",
    "flop_operation_count({a}, {b}, {s})": "ab",
    "flop_hardware({a}, {b}, {s})": "ab",
    "chip_hours_from_flop({a}, {b}, {s})": "a",
    "model_flop_utilisation({a}, {b}, {c})": "a",
    "chip_energy_kwh_of({a}, {b}, {s})": "ab",
    "server_energy_kwh_of({a}, {b}, {c}, {s})": "abc",
    "facility_energy_kwh_of({a}, {b}, {c}, {s}, {d})": "abcd",
    "co2e_kg_of({a}, {b})": "ab",
    "water_l_of({a}, {b}, {c}, {d})": "abcd",
    "cloud_cost_usd_of({a}, {b})": "ab",
    "owned_cost_usd_of({a}, {b}, {c})": "abc",
    "flop_with_attention({a}, {b}, {c}, {d}, {c}, {d})": "abcd",
    "hardware_flop_of({a}, {c})": "ac",
    "hardware_flop_utilisation({s}, {c})": "c",
    "embodied_co2e_kg_of({a}, {b}, {c}, {d}, {s})": "abc",
    "market_co2e_kg_of({a}, exactly(0.7), {c})": "ac",
    "facility_usd_per_chip_hour({b}, {c}, {d}, exactly(14))": "bcd",
    "staff_usd_of({a}, exactly(0.39))": "a",
    "development_of({a}, {c})": "ac",
    "annual_site_usd_of({a}, exactly(5), {b}, exactly(14), {c}, {d})": "abcd",
    "share_of({a}, {c})": "a",
    "electricity_usd_per_chip_hour({a}, {s})": "a",
    "capital_usd_per_chip_hour({a}, {b}, exactly(0.19), {s})": "abs",
    "paid_price_of({a}, {c})": "a",
}
MORE_GIVES_LESS = {
    "chip_hours_from_flop({a}, {b}, {s})": "b",
    "model_flop_utilisation({a}, {b}, {c})": "bc",
    "share_of({a}, {c})": "c",
    "embodied_co2e_kg_of({a}, {b}, {c}, {d}, {s})": "d",
}
ARGUMENTS = {"a": triples(), "b": triples(1, 1e15), "c": triples(1, 100), "d": triples(1, 3), "s": SHARES}
DIRECTIONS = [(formula, name, 1) for formula, names in MORE_GIVES_MORE.items() for name in names] + [
    (formula, name, -1) for formula, names in MORE_GIVES_LESS.items() for name in names
]


@pytest.mark.parametrize(
    ("formula", "name", "sign"), DIRECTIONS, ids=[f"{f.split('(')[0]}-{n}" for f, n, _ in DIRECTIONS]
)
@settings(deadline=None, max_examples=3)
@given(cases=st.lists(st.tuples(st.fixed_dictionaries(ARGUMENTS), FACTORS), min_size=10, max_size=10))
def test_more_of_an_input_never_turns_the_result_round(
    connection: duckdb.DuckDBPyConnection,
    cases: list[tuple[dict[str, Triple], float]],
    formula: str,
    name: str,
    sign: int,
) -> None:
    known = [{key: value for key, value in case.items() if f"{{{key}}}" in formula} for case, _ in cases]
    more = [{**row, name: scaled(row[name], factor)} for row, (_, factor) in zip(known, cases, strict=True)]
    results = bounds_of_each(connection, formula, known + more)
    for before, after in zip(results[: len(known)], results[len(known) :], strict=True):
        less, larger = (before, after) if sign > 0 else (after, before)
        assert before[1] > 0
        assert less[1] <= larger[1] * (1 + 1e-9)
        # Bounds of a sum are matched moments: exact to a few parts in a thousand.
        assert all(one <= other * 1.005 for one, other in zip(less, larger, strict=True))


@property_test
@given(tables(hours=triples(1, 1e9), peak=triples(1e9, 1e16), mfu=SHARES))
def test_time_and_utilisation_undo_the_hardware_method(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    flop = "flop_hardware({hours}, {peak}, {mfu})"
    for formula, undone in (
        (f"chip_hours_from_flop({flop}, {{peak}}, {{mfu}})", "hours"),
        (f"model_flop_utilisation({flop}, {{hours}}, {{peak}})", "mfu"),
    ):
        found = bounds_of_each(connection, formula, rows)
        assert [central for _, central, _ in found] == near([central for _, central, _ in column(rows, undone)])


MACHINES = {"h": triples(1, 1e9), "w": triples(1, 2000), "k": triples(1.2, 3), "f": SHARES, "p": triples(1, 2)}


@settings(deadline=None, max_examples=3)
@given(st.lists(st.fixed_dictionaries(MACHINES), min_size=10, max_size=10))
def test_each_boundary_of_energy_is_the_next_inner_one_times_its_ratio(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Triple]]
) -> None:
    chip = "chip_energy_kwh_of({h}, {w}, {f})"
    for row, result in zip(rows, bounds_of_each(connection, chip, rows), strict=True):
        assert result[1] == near(row["h"][1] * row["w"][1] / 1000 * row["f"][1])
    for boundary, expected in (
        ("server_energy_kwh_of({h}, {w}, {k}, {f})", f"multiply({chip}, {{k}})"),
        ("facility_energy_kwh_of({h}, {w}, {k}, {f}, {p})", f"multiply(multiply({chip}, {{k}}), {{p}})"),
    ):
        one, other = (bounds_of_each(connection, formula, rows) for formula in (boundary, expected))
        assert all(a == near(b) for a, b in zip(one, other, strict=True)), boundary


PLAIN = (
    "petaflop_days_of", "home_years_of", "training_state_bytes_of", "hardware_age_years_of", "depreciation_at", "work_ratio_of",
    "adapter_state_bytes_of",
)  # fmt: skip
"""Formulas of plain numbers; all others take and give uncertain quantities."""

PLAIN_ARGUMENTS = ("age_years_low", "age_years", "age_years_high")
"""Numbers beside the uncertain quantities of a formula."""

TRUTHS = ("is_frozen",)
"""Arguments that are true or false."""


@pytest.mark.parametrize(
    ("macro", "place"), [pytest.param(m, n, id=f"{m.name}-{a}") for m in FORMULAS for n, a in enumerate(m.arguments)]
)
def test_an_unknown_input_gives_no_figure(macro: Macro, place: int, connection: duckdb.DuckDBPyConnection) -> None:
    plain = macro.name in PLAIN
    are_plain = [plain or name in PLAIN_ARGUMENTS for name in macro.arguments]
    arguments = [
        "true" if name in TRUTHS else "0.5" if is_plain else "exactly(0.5)"
        for name, is_plain in zip(macro.arguments, are_plain, strict=True)
    ]
    with_all = f"{macro.name}({', '.join(arguments)})"
    nothing_of = "null::boolean" if macro.arguments[place] in TRUTHS else "null::double"
    arguments[place] = nothing_of if are_plain[place] else "exactly(null)"
    without = f"{macro.name}({', '.join(arguments)})"
    bound = "[{0}]" if plain else "[low_of({0}), central_of({0}), high_of({0})]"
    query = f"select {bound.format('x')}, {bound.format('y')} from (select {with_all} as x, {without} as y)"
    figures, nothing = connection.execute(query).fetchall()[0]
    assert None not in figures
    assert nothing[len(nothing) // 2] is None, "the central value"


def test_an_input_that_nobody_states_is_null_and_one_without_bounds_is_exact(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unknown = "input('x', null, null, null, '1', 'reported', 'y')"
    query = f"select {unknown}, {', '.join(f'{end}_of(amount({unknown}))' for end in ('low', 'central', 'high'))}"
    assert connection.execute(query).fetchall() == [(None,) * 4]
    exact = "amount(input('x', null, 4, null, '1', 'reported', 'y'))"
    assert bounds(connection, f"multiply({exact}, {{a}})", a=(2.0, 2.0, 2.0)) == near((8.0, 8.0, 8.0))


@pytest.mark.parametrize(
    ("formula", "expected", "tolerance"),
    [
        # GPT-3: 174.6e9 parameters, 300e9 tokens; its paper prints 3.14e23 FLOP and 3,640 petaFLOP-days
        ("central_of(flop_6nd(exactly(174.6e9), exactly(300e9), exactly(1)))", 3.14e23, 0.02),
        ("petaflop_days_of(3.14e23)", 3640, 0.01),
        # PaLM 540B: 780e9 tokens, 2.527e24 FLOP in its paper
        ("central_of(flop_6nd(exactly(540.35e9), exactly(780e9), exactly(1)))", 2.527e24, 0.01),
        # ResNet-50: 4.1e9 MAC, 90 passes over 1.28e6 images
        ("central_of(flop_operation_count(exactly(4.1e9), exactly(90 * 1.281e6), exactly(1)))", 2.8e18, 0.02),
        # 1 GWh is the electricity of about 95 homes in the USA for a year
        ("home_years_of(1e6, 10500)", 95.2, 0.01),
        # 1 kWh of IT energy at PUE 1.2, 0.5 L on site and 3.1 L off site per kWh
        ("central_of(water_l_of(exactly(1), exactly(0.5), exactly(1.2), exactly(3.1)))", 4.22, 1e-9),
    ],
)
def test_worked_examples(
    formula: str, expected: float, tolerance: float, connection: duckdb.DuckDBPyConnection
) -> None:
    assert connection.execute(f"select {formula}").fetchall()[0][0] == pytest.approx(expected, rel=tolerance)


# --- Monte Carlo ----------------------------------------------------------------------------------------------------

SAMPLES = 40_000
NINETY_FIVE = 1.6448536269514722
"""95th percentile of the standard normal distribution: bounds are the 5th and 95th percentile."""


def drawn(random: np.random.Generator, quantity: Triple) -> np.ndarray:
    """Samples of a quantity that is lognormal on each side of its median."""
    normal = random.standard_normal(SAMPLES)
    down, up = np.log(quantity[1] / quantity[0]), np.log(quantity[2] / quantity[1])
    return quantity[1] * np.exp(normal / NINETY_FIVE * np.where(normal < 0, down, up))


def symmetric(random: np.random.Generator, largest: float) -> Triple:
    central, half_width = float(np.exp(random.uniform(-6, 6))), float(random.uniform(0.05, largest))
    return central * float(np.exp(-half_width)), central, central * float(np.exp(half_width))


def percentiles(samples: np.ndarray) -> Triple:
    low, central, high = np.quantile(samples, [0.05, 0.5, 0.95])
    return float(low), float(central), float(high)


@pytest.mark.parametrize("seed", range(30))
def test_chains_of_products_and_quotients_agree_with_a_monte_carlo(
    seed: int, connection: duckdb.DuckDBPyConnection
) -> None:
    random = np.random.default_rng(seed)
    quantities = {f"q{n}": symmetric(random, 0.6) for n in range(int(random.integers(2, 6)))}
    samples, formula = drawn(random, quantities["q0"]), "{q0}"
    for name in list(quantities)[1:]:
        if random.random() < 0.5:
            formula, samples = f"multiply({formula}, {{{name}}})", samples * drawn(random, quantities[name])
        else:
            formula, samples = f"divide({formula}, {{{name}}})", samples / drawn(random, quantities[name])
    assert bounds(connection, formula, **quantities) == pytest.approx(percentiles(samples), rel=0.03)


@pytest.mark.parametrize("seed", range(10))
def test_sums_agree_with_a_monte_carlo(seed: int, connection: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(1000 + seed)
    a = symmetric(random, 0.6)
    b = scaled(symmetric(random, 0.6), 1)
    b = scaled(b, a[1] / b[1] * float(random.uniform(0.2, 5)))
    samples = drawn(random, a) + drawn(random, b)
    assert bounds(connection, "add_up({a}, {b})", a=a, b=b) == pytest.approx(percentiles(samples), rel=0.05)


def test_facility_energy_with_its_skewed_priors_agrees_with_a_monte_carlo(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    random = np.random.default_rng(7)
    known: dict[str, Triple] = {
        "h": (9e5, 1e6, 1.1e6), "w": (700, 700, 700), "k": (1.6, 1.82, 1.9), "f": (0.6, 0.76, 0.82), "p": (1.08, 1.1, 1.58),
    }  # fmt: skip
    samples = np.prod([drawn(random, quantity) for quantity in known.values()], axis=0) / 1000
    got = bounds(connection, "facility_energy_kwh_of({h}, {w}, {k}, {f}, {p})", **known)
    assert got == pytest.approx(percentiles(samples), rel=0.10)
