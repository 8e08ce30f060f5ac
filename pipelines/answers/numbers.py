"""How numbers are written for people: one formatter for titles, tables, tooltips and messages.

What belongs here: text. Rounding is half-up on the shortest decimal, so that the page's script, which
formats in the same way, agrees. Blanks before units are no-break spaces.
"""

from __future__ import annotations

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


def plain(value: float, digits: int = 2) -> str:
    """A number with thousands separators and so many significant digits.

    >>> plain(6742.3, 2), plain(0.0456, 2), plain(5.96, 2)
    ('6,700', '0.046', '6.0')
    """
    number = significant(value, digits)
    exponent = int(number.as_tuple().exponent)
    return f"{number:,.{max(0, -exponent)}f}"


def power_of_ten(value: float, digits: int = 2) -> str:
    """Scientific notation.

    >>> power_of_ten(2.1e25)
    '2.1×10²⁵'
    """
    number = significant(value, digits)
    exponent = number.adjusted()
    mantissa = f"{number.scaleb(-exponent):.{digits - 1}f}"
    return f"{mantissa}×10{str(exponent).translate(SUPERSCRIPT)}"


def flop(value: float, digits: int = 2) -> str:
    """A count of floating-point operations.

    >>> flop(3.14e23, 3).replace(NBSP, " ")
    '3.14×10²³ FLOP'
    """
    return f"{power_of_ten(value, digits)}{NBSP}FLOP"


def with_prefix(value: float, unit: str, digits: int = 3) -> str:
    """A quantity with an SI prefix.

    >>> with_prefix(989.4e12, "FLOP/s").replace(NBSP, " ")
    '989 TFLOP/s'
    """
    number = significant(value, digits)
    step = min(max(number.adjusted() // 3, 0), len(SI_PREFIXES) - 1)
    return f"{plain(float(number.scaleb(-3 * step)), digits)}{NBSP}{SI_PREFIXES[step]}{unit}"


def money(value: float, digits: int = 2) -> str:
    """US dollars.

    >>> money(12.4e6).replace(NBSP, " "), money(320e3), money(4.2)
    ('$12 million', '$320k', '$4.2')
    """
    for size, word in ((1e9, f"{NBSP}billion"), (1e6, f"{NBSP}million"), (1e3, "k")):
        if value >= size:
            return f"${plain(value / size, digits)}{word}"
    return f"${plain(value, digits)}"


def compact(value: float | None, digits: int = 3) -> str:
    """A number for a table cell: scientific from 1e15 and below 1e-3, else with separators."""
    if value is None:
        return "–"
    if value != 0 and (abs(value) >= 1e15 or abs(value) < 1e-3):
        return power_of_ten(value, digits)
    return plain(value, digits) if value else "0"


def trimmed(value: float, digits: int = 4) -> str:
    """A number for a formula: scientific from 1e9 and below 1e-3, and no zeros that say nothing.

    >>> trimmed(1.82), trimmed(7e6), trimmed(9.894e14), trimmed(3600), trimmed(0)
    ('1.82', '7,000,000', '9.894×10¹⁴', '3,600', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 1e9 or abs(value) < 1e-3:
        mantissa, times, power = power_of_ten(value, digits).partition("×")
        return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + times + power
    text = plain(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: float, digits: int = 2) -> str:
    """A share.

    >>> percent(0.2634).replace(NBSP, " ")
    '26 %'
    """
    return f"{plain(fraction * 100, digits)}{NBSP}%"


def energy(kwh: float, digits: int = 2) -> str:
    """Electricity, given in kilowatt-hours.

    >>> energy(4.03e6, 3).replace(NBSP, " ")
    '4.03 GWh'
    """
    return with_prefix(kwh * 1000, "Wh", digits)


def mass(kg: float, digits: int = 2) -> str:
    """Kilograms, from a thousand on as tonnes.

    >>> mass(1_614_000).replace(NBSP, " "), mass(12.34).replace(NBSP, " ")
    ('1,600 t', '12 kg')
    """
    return f"{plain(kg / 1000, digits)}{NBSP}t" if kg >= 1000 else f"{plain(kg, digits)}{NBSP}kg"


def count_of(count: int, singular: str, plural: str = "") -> str:
    """A count and what is counted.

    >>> count_of(1, "model"), count_of(1204, "model"), count_of(0, "box", "boxes")
    ('1 model', '1,204 models', '0 boxes')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
