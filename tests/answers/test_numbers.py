"""Numbers as people read them: rounding against exact fractions, and no exponents where none belong."""

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.answers.numbers import NBSP, compact, money, plain, power_of_ten, significant, with_prefix

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
    assert re.fullmatch(r"[1-9]" if digits == 1 else rf"[1-9]\.\d{{{digits - 1}}}", mantissa)
    power = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    assert Fraction(mantissa) * TEN**power == half_up(value, digits)


@given(st.floats(1, 9.99e23))
def test_a_prefix_leaves_one_to_three_digits_before_the_point(value: float) -> None:
    number, unit = with_prefix(value, "W").split(NBSP)
    factor = {"W": 0, "kW": 3, "MW": 6, "GW": 9, "TW": 12, "PW": 15, "EW": 18, "ZW": 21}[unit]
    assert 1 <= float(number.replace(",", "")) < 1000 or unit == "ZW"
    assert Fraction(number.replace(",", "")) * TEN**factor == half_up(value, 3)


@given(st.one_of(st.none(), FINITE))
def test_cells_are_short_and_tell_the_size(value: float | None) -> None:
    text = compact(value)
    if value is None:
        assert text == "–"
    elif value == 0:
        assert text == "0"
    else:
        assert text.startswith("-") == (value < 0)
        assert ("×10" in text) == (not 1e-3 <= abs(value) < 1e15)
        assert len(text) <= 24


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "$0.50"),
        (17, "$17"),
        (999, "$1,000"),
        (4_300, "$4.3k"),
        (78_400_000, f"$78{NBSP}million"),
        (3.1e9, f"$3.1{NBSP}billion"),
    ],
)
def test_money(value: float, text: str) -> None:
    assert money(value) == text
