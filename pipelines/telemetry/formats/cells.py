"""Lines of a log and their cells, as columns; quantities with their units.

What belongs here: cutting text into cells by a separator, and numbers with units. What does not: which column means what.
The logs that drivers write have no quoted cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Reject, decode

NOT_OFFERED = (
    "", "-", "N/A", "[N/A]", "[Not Supported]", "[Not Found]", "[Unknown Error]", "[GPU is lost]", "ERR!", "nan", "NaN",
)  # fmt: skip
"""What drivers print where a device gives no reading."""

POWER_UNITS = {"mW": 1e-3, "W": 1.0, "kW": 1e3}
ENERGY_UNITS = {"uJ": 1e-6, "mJ": 1e-3, "J": 1.0, "kJ": 1e3, "Wh": 3.6e3, "kWh": 3.6e6}
MEMORY_UNITS = {"B": 1.0, "MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}
"""What one of a unit is in watts, joules and bytes."""

NUMBER = r"^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"


def refuse_cut(data: bytes, file: str) -> None:
    """Raise LedgerError where a text ends within a line: it is still being written, or was cut."""
    if not data.endswith(b"\n"):
        raise LedgerError(
            f"{file}:{data.count(bytes([10])) + 1}: the last line has no end: the file is still being written, or was cut. "
            "Try again when it is whole."
        )


def text_lines(data: bytes, file: str) -> pl.DataFrame:
    """Lines that are not blank, with their number; raises LedgerError where the text is not UTF-8 or not whole."""
    refuse_cut(data, file)
    body = decode(data, file).decode("utf-8")
    lines = pl.Series("text", body[:-1].split("\n"), dtype=pl.String).str.strip_chars_end("\r")
    numbered = pl.DataFrame({"line": pl.Series(range(1, len(lines) + 1), dtype=pl.Int64), "text": lines})
    return numbered.filter(pl.col("text").str.strip_chars() != "")


def cut(lines: pl.DataFrame, names: Sequence[str], separator: str, file: str) -> tuple[pl.DataFrame, list[Reject]]:
    """Lines with their cells under ``names`` and ``record_no``, and those with another number of cells."""
    numbered = lines.with_row_index("record_no", offset=1).with_columns(pl.col("record_no").cast(pl.Int64))
    count = pl.col("text").str.count_matches(separator, literal=True) + 1
    fits = numbered.filter(count == len(names))
    rejects = [
        Reject(file, record_no, line, None, text, f"expected {len(names)} cells separated by {separator!r}")
        for record_no, line, text in numbered.filter(count != len(names))
        .select("record_no", "line", "text")
        .iter_rows()
    ]
    cells = fits["text"].str.split_exact(separator, len(names) - 1).struct.rename_fields(list(names))
    frame = fits.select("record_no", "line").hstack(pl.DataFrame({"cells": cells}).unnest("cells"))
    return frame.with_columns(pl.col(names).str.strip_chars()), rejects


def named_unit(name: str) -> tuple[str, str | None]:
    """A header such as ``power.draw [W]`` or ``Power (W)`` as name and unit.

    >>> named_unit("power.draw [W]"), named_unit("index")
    (('power.draw', 'W'), ('index', None))
    """
    found = re.fullmatch(r"\s*(.*?)\s*[\[(]([^\[\]()]+)[\])]\s*", name)
    return (found[1], found[2]) if found else (name.strip(), None)


def quantity(column: str, units: dict[str, float], default: str | None) -> pl.Expr:
    """Numbers of a column of texts in the base unit; null where the text is no number with a unit of the list.

    A unit in the cell goes before ``default``, that of the header; a number without either is null.
    """
    text = pl.col(column)
    number = text.str.extract(NUMBER, 1).cast(pl.Float64, strict=False)
    unit = text.str.replace(NUMBER, "").str.strip_chars()
    spelled = pl.when(unit == "").then(pl.lit(default)).otherwise(unit)
    return (number * spelled.replace_strict(units, default=None, return_dtype=pl.Float64)).alias(column)


def plain_number(column: str) -> pl.Expr:
    """Numbers of a column of texts, whatever follows them, such as a per cent sign."""
    return pl.col(column).str.extract(NUMBER, 1).cast(pl.Float64, strict=False).alias(column)


def set_missing_aside(frame: pl.DataFrame, column: str, file: str) -> tuple[pl.DataFrame, list[Reject]]:
    """Records whose reading the device did not give, apart from the others."""
    is_missing = pl.col(column).is_in(NOT_OFFERED) | pl.col(column).is_null()
    missing = [
        Reject(file, record_no, line, column, value, "the device gave no reading")
        for record_no, line, value in frame.filter(is_missing).select("record_no", "line", column).iter_rows()
    ]
    return frame.filter(~is_missing), missing
