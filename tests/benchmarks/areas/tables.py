"""What reading a table of ten thousand rows costs, and looking up one row of a mart."""

from __future__ import annotations

from tests.benchmarks.cost import Costs, python, reported
from tests.benchmarks.figures import Area, Bench, Figure


def measure(bench: Bench) -> Costs:
    """All ways in one process, each the cheapest of many times."""
    return reported(python("tests.benchmarks.measured.table_readers", bench.built(), bench.folder))


def _read(name: str, of: str, target: float | None = None, short: str = "") -> Figure:
    return Figure(name, of, "CPU ms", target, floor="DuckDB, Parquet", peer="pandas, CSV", short=short)


AREA = Area(
    "tables",
    "Tables and look-ups",
    measure,
    (
        _read("10,000 rows of typed CSV", "DuckDB, typed CSV", 10),
        _read("of CSV whose types are guessed", "DuckDB, CSV"),
        _read("of CSV by Polars", "Polars, CSV"),
        _read(
            "a publisher's CSV, first read", "first read", 10,
            "every record is judged by its own model and keeps its place and bytes; done once a snapshot",
        ),
        _read("a publisher's CSV, as every later build reads it", "later read", 10),
        Figure("one row of `mart.training_summary` by its key", "point query", "CPU ms", 10, peer="pandas, read and filter"),
        Figure("the same against a pandas frame in memory", "point query", "CPU ms", peer="pandas, filter"),
    ),
    "The rows have six columns: numbers, text, dates. *A publisher's CSV* is our reader of raw tables.",
)  # fmt: skip
