"""How numbers are written for people: one rule for pages, charts, the command line and messages.

A number is rounded half up on its shortest decimal, to as many significant digits as the caller says. It has separators
of thousands and no zeros at the end of a fraction; from 10⁹ on and below 0.001 it is a power of ten. Blanks before units
are no-break spaces. ``sql/macros/texts.sql`` (reasons of claims, answers) and ``reports/sheets/numbers.js`` (the
calculator) follow the same rule: tests compare all three, letter by letter.

What belongs here: text. What does not: which unit suits a quantity (``labels.said``).
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SI_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


def significant(value: float, digits: int) -> Decimal:
    """``value`` rounded half-up to so many significant digits.

    >>> significant(0.2345, 3)
    Decimal('0.235')
    """
    number = Decimal(repr(float(value)))
    if number == 0:
        return number
    rounded = number.quantize(Decimal(1).scaleb(number.adjusted() - digits + 1), rounding=ROUND_HALF_UP)
    if rounded.adjusted() > number.adjusted():  # a carry, as in 9.96 -> 10.0, brought one digit too many
        rounded = rounded.quantize(Decimal(1).scaleb(rounded.adjusted() - digits + 1))
    return rounded


def _written(number: Decimal) -> str:
    """All digits, with separators and no zeros at the end of a fraction."""
    text = f"{number:,f}" if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _power_of_ten(number: Decimal) -> str:
    exponent = number.adjusted()
    return f"{_written(number.scaleb(-exponent))}×10{str(exponent).translate(SUPERSCRIPT)}"


def rounded_number(number: Decimal) -> str:
    """A number that is rounded already: a power of ten from 10⁹ on and below 0.001.

    >>> rounded_number(Decimal("0.001")), rounded_number(Decimal("1E+9"))
    ('0.001', '1×10⁹')
    """
    return _written(number) if number == 0 or -3 <= number.adjusted() < 9 else _power_of_ten(number)


def number(value: float | None, digits: int = 4) -> str:
    """A number in a sentence, table or formula; a dash for one that is not known.

    >>> number(1.82), number(7e6), number(9.894e14), number(3600), number(0), number(None)
    ('1.82', '7,000,000', '9.894×10¹⁴', '3,600', '0', '–')
    """
    if value is None:
        return "–"
    return rounded_number(significant(value, digits)) if math.isfinite(value) else str(value)


def plain(value: float, digits: int = 2) -> str:
    """A number that is never a power of ten, such as a share or a factor.

    >>> plain(6742.3, 2), plain(0.0456, 2), plain(5.96, 2), plain(2e9)
    ('6,700', '0.046', '6', '2,000,000,000')
    """
    return _written(significant(value, digits))


def power_of_ten(value: float, digits: int = 2) -> str:
    """A number that always is a power of ten.

    >>> power_of_ten(2.1e25), power_of_ten(2)
    ('2.1×10²⁵', '2×10⁰')
    """
    return _power_of_ten(significant(value, digits))


def flop(value: float, digits: int = 2) -> str:
    """A count of floating-point operations.

    >>> flop(3.14e23, 3).replace(NBSP, " ")
    '3.14×10²³ FLOP'
    """
    return f"{power_of_ten(value, digits)}{NBSP}FLOP"


def with_prefix(value: float, unit: str, digits: int = 3) -> str:
    """A quantity with an SI prefix; below 1 and from 10²⁷ on, as a number without.

    >>> with_prefix(989.4e12, "FLOP/s").replace(NBSP, " "), with_prefix(0.0421, "J").replace(NBSP, " ")
    ('989 TFLOP/s', '0.0421 J')
    """
    return rounded_with_prefix(significant(value, digits), unit)


def rounded_with_prefix(number: Decimal, unit: str) -> str:
    """A rounded quantity with an SI prefix."""
    if abs(number) < 1 or number.adjusted() // 3 >= len(SI_PREFIXES):
        return f"{rounded_number(number)}{NBSP}{unit}"
    step = number.adjusted() // 3
    return f"{_written(number.scaleb(-3 * step))}{NBSP}{SI_PREFIXES[step]}{unit}"


def money(value: float, digits: int = 2) -> str:
    """US dollars; cents are two.

    >>> money(12.4e6).replace(NBSP, " "), money(320e3), money(4.2), money(0.0652, 3)
    ('$12 million', '$320k', '$4.20', '$0.0652')
    """
    rounded = significant(abs(value), digits)
    dollars = "-$" if value < 0 else "$"
    for power, word in ((9, f"{NBSP}billion"), (6, f"{NBSP}million"), (3, "k")):
        if power <= rounded.adjusted() < 15:
            return f"{dollars}{_written(rounded.scaleb(-power))}{word}"
    text = rounded_number(rounded)
    return f"{dollars}{text}{'0' if text[-2:-1] == '.' else ''}"


def count(value: float, digits: int = 2) -> str:
    """A count in words from a million on.

    >>> count(15.1e12, 3).replace(NBSP, " "), count(4074), count(7e6).replace(NBSP, " "), count(2e15)
    ('15.1 trillion', '4,100', '7 million', '2×10¹⁵')
    """
    rounded = significant(value, digits)
    for power, word in ((12, "trillion"), (9, "billion"), (6, "million")):
        if power <= rounded.adjusted() < 15:
            return f"{_written(rounded.scaleb(-power))}{NBSP}{word}"
    return rounded_number(rounded)


def percent(fraction: float, digits: int = 2) -> str:
    """A share.

    >>> percent(0.2634).replace(NBSP, " ")
    '26 %'
    """
    return f"{_written(significant(fraction, digits).scaleb(2))}{NBSP}%"


def energy(kwh: float, digits: int = 2) -> str:
    """Electricity, given in kilowatt-hours.

    >>> energy(4.03e6, 3).replace(NBSP, " ")
    '4.03 GWh'
    """
    return rounded_with_prefix(significant(kwh, digits).scaleb(3), "Wh")


def mass(kg: float, digits: int = 2) -> str:
    """Kilograms, from a thousand on as tonnes.

    >>> mass(1_614_000).replace(NBSP, " "), mass(12.34).replace(NBSP, " ")
    ('1,600 t', '12 kg')
    """
    rounded = significant(kg, digits)
    in_tonnes = rounded.adjusted() >= 3
    return f"{rounded_number(rounded.scaleb(-3) if in_tonnes else rounded)}{NBSP}{'t' if in_tonnes else 'kg'}"


def count_of(count: int, singular: str, plural: str = "") -> str:
    """A count and what is counted.

    >>> count_of(1, "model"), count_of(1204, "model"), count_of(0, "box", "boxes")
    ('1 model', '1,204 models', '0 boxes')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
