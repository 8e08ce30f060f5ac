"""Ways to read a table of ten thousand rows, and to look up one row of a published table: prints what each costs.

``python -m tests.benchmarks.measured.table_readers HOME FOLDER``
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from pipelines.records.fields import filled
from pipelines.records.raw_tables import RawDay, RawNumber, RawRow, RawText, read_raw_csv
from pipelines.settings import read_settings
from pipelines.warehouse.file import connect_published
from tests.benchmarks.cost import Cost, report, within

ROWS = 10_000
TIMES = 20
COLUMNS = {
    "row_id": "bigint",
    "name": "varchar",
    "day": "date",
    "value": "double",
    "share": "double",
    "flag": "boolean",
}
MADE = f"""
    select i as row_id, 'name ' || i % 977 as name, date '2020-01-01' + (i % 2000)::integer as day,
        sqrt(i) * 1e6 as value, (i % 100) / 100 as share, i % 3 = 0 as flag
    from range({ROWS}) as t(i)
"""
QUERY = "select * from mart.training_summary where training_run_id = ?"


class MadeRow(RawRow):
    """A record of the made table, as a source would declare it."""

    table = "made_rows"
    source_id = "made"
    row_id: RawNumber = filled("Number of the row.")
    name: RawText = filled("A name.")
    day: RawDay = filled("A day.")
    value: RawNumber = filled("A large number.")
    share: RawNumber = filled("A share.")
    flag: RawText = filled("true or false.")


def written(folder: Path) -> tuple[str, str]:
    """Files of the table, as CSV and as Parquet."""
    csv, parquet = str(folder / "rows.csv"), str(folder / "rows.parquet")
    duckdb.sql(MADE).write_csv(csv, header=True)
    duckdb.sql(MADE).write_parquet(parquet)
    return csv, parquet


def readers(csv: str, parquet: str) -> dict[str, Callable[[], object]]:
    """The ways to read it, by name."""
    import pandas as pd

    connection = duckdb.connect()
    typed = f"from read_csv('{csv}', columns = {COLUMNS}, header = true, auto_detect = false)"
    return {
        "DuckDB, typed CSV": lambda: connection.execute(typed).to_arrow_table(),
        "DuckDB, CSV": lambda: connection.execute(f"from read_csv('{csv}')").to_arrow_table(),
        "DuckDB, Parquet": lambda: connection.execute(f"from read_parquet('{parquet}')").to_arrow_table(),
        "Polars, CSV": lambda: pl.read_csv(csv, try_parse_dates=True),
        "pandas, CSV": lambda: pd.read_csv(csv, parse_dates=["day"]),
    }


def own_readers(csv: str) -> dict[str, Callable[[], object]]:
    """Ours: the first read, which judges every record and notes its place, and the later ones of what it kept."""
    data = Path(csv).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    kept = io.BytesIO()
    read_raw_csv(data, csv, digest, MadeRow).frame.write_ipc(kept, compression="zstd")
    content = kept.getvalue()
    return {
        "first read": lambda: read_raw_csv(data, csv, digest, MadeRow),
        "later read": lambda: (hashlib.sha256(content).hexdigest(), pl.read_ipc(content)),
    }


def look_ups(home: Path, folder: Path) -> dict[str, Callable[[], object]]:
    """One row of a mart by its key: from the published file, and by pandas from the same table as Parquet."""
    import pandas as pd

    connection = connect_published(read_settings(home)).__enter__()  # closed when the process ends
    key = connection.execute("select training_run_id from mart.training_summary limit 1").fetchall()[0][0]
    path = str(folder / "summary.parquet")
    connection.sql("from mart.training_summary").write_parquet(path)
    frame = pd.read_parquet(path)
    return {
        "point query": lambda: connection.execute(QUERY, [key]).fetchall(),
        "pandas, filter": lambda: frame[frame["training_run_id"] == key].to_dict("records"),
        "pandas, read and filter": lambda: pd.read_parquet(path, filters=[("training_run_id", "==", key)]),
    }


def main() -> None:
    """Measure every way; the first time of each is left out."""
    home, folder = Path(sys.argv[1]), Path(sys.argv[2])
    csv, parquet = written(folder)
    ways = {**readers(csv, parquet), **own_readers(csv), **look_ups(home, folder)}
    for way in ways.values():
        way()
    costs = {name: within(way, TIMES) for name, way in ways.items()}
    report({name: Cost(cost.cpu_s, cost.wall_s) for name, cost in costs.items()})  # one process: no memory of a way


if __name__ == "__main__":
    main()
