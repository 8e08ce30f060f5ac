"""Times of samples: texts and numbers to milliseconds since 1970, UTC.

What belongs here: spellings of times, and local times of a stated zone. What does not: columns of a format.

A local time without a zone is refused: an hour more or less would go unseen. In the night in which clocks are put back,
the same local time comes twice; which one is meant follows from the order of the samples of a device.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from pipelines.errors import LedgerError

ZONED = r"(Z|[+-]\d{2}:?\d{2}|\s?UTC)$"
"""How a time ends that says its zone itself."""

EPOCH_SECONDS = r"^\d{9,11}(\.\d+)?$"
EPOCH_MILLISECONDS = r"^\d{12,14}$"

NAIVE_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y%m%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")

BACK_BY_MS = 30 * 60 * 1000
"""A local clock that falls this far back within an hour that comes twice was put back."""

HOUR_MS = 3_600_000


def check_zone(zone: str) -> str:
    """The name of a zone; raises LedgerError where there is none of this name."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LedgerError(f"unknown time zone {zone!r}; expected a name such as UTC or Europe/Berlin.") from None
    return zone


def times_to_ms(frame: pl.DataFrame, column: str, file: str, zone: str | None) -> tuple[pl.Series, int]:
    """Milliseconds of the times in a column of texts, null where one cannot be read, and how often a clock was put back.

    ``frame`` has ``device_id`` beside it, in the order in which the samples were taken. Raises LedgerError where times
    say no zone and none is given.
    """
    text = (
        frame[column].str.strip_chars().str.replace_all("/", "-", literal=True).str.replace(r"(\d)T(\d)", "${1} ${2}")
    )
    is_number = text.str.contains(EPOCH_SECONDS)
    is_large = text.str.contains(EPOCH_MILLISECONDS)
    is_zoned = text.str.contains(ZONED)
    is_naive = (~(is_number | is_large | is_zoned) & (text != "")).fill_null(value=False)
    parts = pl.DataFrame({"text": text}).select(
        seconds=pl.when(is_number).then(pl.col("text").cast(pl.Float64, strict=False) * 1000).round(0).cast(pl.Int64),
        large=pl.when(is_large).then(pl.col("text").cast(pl.Int64, strict=False)),
        zoned=pl.when(is_zoned).then(_zoned(pl.col("text"))),
    )
    naive, folds = _local(frame["device_id"], text, is_naive, file, zone) if is_naive.any() else (None, 0)
    found = parts.select(pl.coalesce("seconds", "large", "zoned"))["seconds"]
    return (found if naive is None else found.zip_with(~is_naive, naive)), folds


def _zoned(text: pl.Expr) -> pl.Expr:
    """Times with their own zone."""
    plain = text.str.replace(r"\s?UTC$", "+0000").str.replace(r"Z$", "+0000").str.replace(r":(\d{2})$", "${1}")
    back = plain.str.replace(r"([+-]\d{2}\d{2})$", " ${1}")
    parsed = back.str.to_datetime("%Y-%m-%d %H:%M:%S%.f %z", strict=False, time_unit="ms")
    return parsed.dt.epoch("ms")


def _naive(text: pl.Series) -> pl.Series:
    """Local times as they are written."""
    tries = [pl.col("t").str.to_datetime(form, strict=False, time_unit="ms") for form in NAIVE_FORMATS]
    return pl.DataFrame({"t": text}).select(pl.coalesce(tries))["t"]


def _local(
    device: pl.Series, text: pl.Series, is_naive: pl.Series, file: str, zone: str | None
) -> tuple[pl.Series, int]:
    """Local times of a zone; raises LedgerError where none is given."""
    if zone is None:
        first = text.filter(is_naive)[0]
        raise LedgerError(
            f"{file}: the time {first!r} says no time zone. Name that of the machine: timezone in run.toml, or --zone "
            "(UTC, Europe/Berlin, …)."
        )
    times = pl.DataFrame({"device": device, "t": _naive(text.zip_with(is_naive, pl.Series([None], dtype=pl.String)))})
    local = {
        which: pl.col("t").dt.replace_time_zone(check_zone(zone), ambiguous=which, non_existent="null")
        for which in ("earliest", "latest")
    }
    both = times.with_columns(**{which: each.dt.epoch("ms") for which, each in local.items()}).with_columns(
        twice=pl.col("earliest") != pl.col("latest"), local_ms=pl.col("t").dt.epoch("ms")
    )
    if not both["twice"].any():
        return both["earliest"], 0
    return _unfolded(both)


def _unfolded(both: pl.DataFrame) -> tuple[pl.Series, int]:
    """Times of which some come twice: first or second by the order of the samples of each device.

    Within an hour that comes twice the first is meant until the clock falls back; where it never does, the second if
    the device has no sample before that hour.
    """
    # A night's hour that comes twice is told apart from another night's by its day.
    night = [pl.col("device"), pl.col("t").dt.date()]
    step = pl.col("local_ms") - pl.col("local_ms").shift(1)
    fell = (pl.col("twice") & pl.col("twice").shift(1) & (step < -BACK_BY_MS)).fill_null(value=False)
    begins_inside = pl.col("twice").first().over(pl.col("device"))
    marked = both.with_row_index("i").with_columns(fell=fell.over(pl.col("device")))
    marked = marked.with_columns(
        after=pl.col("fell").cast(pl.Int32).cum_sum().over(night) > 0,
        ever=pl.col("fell").any().over(night),
        first_night=pl.col("t").dt.date() == pl.col("t").dt.date().first().over(pl.col("device")),
        inside=begins_inside,
    )
    second = pl.col("after") | (~pl.col("ever") & pl.col("inside") & pl.col("first_night"))
    chosen = marked.sort("i").select(
        at=pl.when(pl.col("twice") & second).then("latest").otherwise("earliest"), fell="fell"
    )
    return chosen["at"], int(chosen["fell"].sum())
