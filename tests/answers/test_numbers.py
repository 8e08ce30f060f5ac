"""Numbers as people read them: rounding against exact fractions, and one text for one figure in Python, SQL and script."""

import random
import re
from fractions import Fraction

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.answers.labels import said, span
from pipelines.answers.numbers import NBSP, money, number, plain, power_of_ten, significant, with_prefix
from pipelines.settings import SQL
from pipelines.warehouse.models.macros import load_macros

FINITE = st.floats(allow_nan=False, allow_infinity=False)
DIGITS = st.integers(1, 6)
TEN = Fraction(10)


def half_up(value: float, digits: int) -> Fraction:
    """The shortest decimal of ``value`` rounded to so many significant digits, halves away from zero."""
    exact = Fraction(repr(value))
    if exact == 0:
        return exact
    power = 0
    while abs(exact) >= TEN ** (power + 1):
        power += 1
    while abs(exact) < TEN**power:
        power -= 1
    unit = TEN ** (power - digits + 1)
    rounded = (abs(exact) / unit + Fraction(1, 2)) // 1 * unit
    return rounded if exact > 0 else -rounded


@given(FINITE, DIGITS)
@example(0.125, 2)
@example(2.5, 1)
@example(-2.5, 1)
@example(1.005, 3)
@example(9.995, 3)
@example(5e-324, 3)
@example(1.7976931348623157e308, 4)
def test_rounding_is_half_up_on_the_shortest_decimal(value: float, digits: int) -> None:
    assert Fraction(significant(value, digits)) == half_up(value, digits)


@given(st.floats(-1e30, 1e30).filter(lambda v: v == 0 or abs(v) > 1e-30), DIGITS)
def test_plain_numbers_have_separators_and_no_exponent(value: float, digits: int) -> None:
    text = plain(value, digits)
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", text)
    assert Fraction(text.replace(",", "")) == half_up(value, digits)


@given(st.floats(1e-30, 1e30), DIGITS)
def test_scientific_numbers_have_one_digit_before_the_point(value: float, digits: int) -> None:
    text = power_of_ten(value, digits)
    mantissa, exponent = text.split("×10")
    assert re.fullmatch(r"[1-9](\.\d*[1-9])?", mantissa)
    power = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    assert Fraction(mantissa) * TEN**power == half_up(value, digits)


@given(st.floats(1, 9.99e23))
def test_a_prefix_leaves_one_to_three_digits_before_the_point(value: float) -> None:
    amount, unit = with_prefix(value, "W").split(NBSP)
    factor = {"W": 0, "kW": 3, "MW": 6, "GW": 9, "TW": 12, "PW": 15, "EW": 18, "ZW": 21}[unit]
    assert 1 <= float(amount.replace(",", "")) < 1000
    assert Fraction(amount.replace(",", "")) * TEN**factor == half_up(value, 3)


@given(st.one_of(st.none(), FINITE))
def test_cells_are_short_and_tell_the_size(value: float | None) -> None:
    text = number(value, 3)
    if value is None:
        assert text == "–"
    elif value == 0:
        assert text == "0"
    else:
        assert text.startswith("-") == (value < 0)
        assert ("×10" in text) == (not TEN**-3 <= abs(half_up(value, 3)) < TEN**9)
        assert len(text) <= 14


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "$0.50"),
        (17, "$17"),
        (-4.2, "-$4.20"),
        (994, "$990"),
        (999, "$1k"),
        (4_300, "$4.3k"),
        (78_400_000, f"$78{NBSP}million"),
        (3.1e9, f"$3.1{NBSP}billion"),
    ],
)
def test_money(value: float, text: str) -> None:
    assert money(value) == text


EDGES = (
    0.0, 1.0, -1.0, 0.5, 0.95, 9.5, 9.995, 99.95, 999.4, 999.5, 9995.0, 949_999.0, 999_500.0, 999_999_999.9, 1e9, 9.5e14,
    9.995e14, 1e15, 1e16, 123456789012345678.0, 1e21, 1e22, 1e23, 1.7976931348623157e308, 0.1, 1e-3, 0.00099995, 0.000999949,
    1e-4, 1e-5, 5e-324, 1.005, 2.675, 0.125, 2.5,
)  # fmt: skip
"""Where a rule begins or ends, where rounding carries, and halves that binary fractions do not hold."""
UNITS = (
    "FLOP", "kWh", "kg CO2e", "USD", "ratio", "count", "chip-hour", "L", "day", "W", "B", "byte", "FLOP/s", "FLOP/s per chip",
    "J/token", "parameter", "s", "home-year", "kg CO2e/kWh", "GPU hours",
)  # fmt: skip


def numbers_of_all_sizes() -> list[float]:
    """About 2,000 numbers, always the same: of every size, either sign, short and long."""
    source = random.Random(7)
    long = [source.choice([1, 1, 1, -1]) * 10 ** source.uniform(-9, 30) for _ in range(1_500)]
    return [*EDGES, *long, *(round(10 ** source.uniform(-3, 12), source.randint(0, 3)) for _ in range(450))]


def texts_of(value: float) -> list[str]:
    """A number in each way that Python, SQL and the page's script write it alike."""
    amounts = [said(value, unit, digits=digits) for unit in UNITS for digits in (2, 4)]
    amounts += [span(value, min(30 * abs(value) + 1, 1e308), unit) for unit in UNITS]
    return [number(value), number(value, 2), number(value, 3), *amounts]


def test_sql_writes_a_number_as_python_does() -> None:
    values = numbers_of_all_sizes()
    amounts = [f"amount_text(x, '{unit}', digit_count := {digits})" for unit in UNITS for digits in (2, 4)]
    amounts += [f"span_text(x, least(30 * abs(x) + 1, 1e308), '{unit}')" for unit in UNITS]
    columns = [*(f"number_text(x, digit_count := {digits})" for digits in (4, 2)), "number_text(x)", *amounts]
    with duckdb.connect() as connection:
        load_macros(connection, SQL / "macros")
        query = f"select x, {', '.join(columns)} from (select unnest(?::double[]) as x)"
        rows = connection.execute(query, [values]).fetchall()
    assert len(rows) == len(values)
    assert [row for row in rows if list(row[1:]) != texts_of(row[0])] == []


def test_sql_has_no_text_for_no_number_and_says_what_is_not_finite() -> None:
    with duckdb.connect() as connection:
        load_macros(connection, SQL / "macros")
        query = (
            "select number_text(null), amount_text(null, 'USD'), number_text('inf'::double), number_text('nan'::double)"
        )
        assert connection.sql(query).fetchall() == [(None, None, number(float("inf")), number(float("nan")))]
