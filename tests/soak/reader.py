"""One reader: opens the published file again and again, and says what it never should have seen."""

from __future__ import annotations

import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.versions import digest_table

ROUND_OF = r"regexp_extract({}, '\(round (\d+)\)', 1)"
"""The round that a text of an edited curated file carries; two files, each in its own table and in one made from it."""

CARRIERS = {
    "seeds.questions": "question", "mart.answers": "question", "seeds.lever_cases": "text", "mart.lever_cases": "text",
}  # fmt: skip
QUERY = "select (select min(build_id) from meta.builds), (select count(*) from meta.builds), " + ", ".join(
    f"(select max({ROUND_OF.format(column)}) from {table})" for table, column in CARRIERS.items()
)
WHOLE_EVERY = 100
"""Of so many reads, one reads every table and compares it with what was noted when the table was made."""
UNNOTED = ("meta.builds", "meta.changes", "meta.table_versions")


def whole(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every table is the one that was made and checked."""
    noted = dict(connection.execute("select table_name, data_version from meta.table_versions").fetchall())
    there = [f"{schema}.{name}" for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables()").fetchall()]  # fmt: skip
    return all(noted.get(table) == digest_table(connection, table) for table in there if table not in UNNOTED)


def look(path: Path, read_all: bool) -> tuple[str | None, int]:
    """One read: what is wrong with it, and the round that it saw."""
    try:
        with duckdb.connect(str(path), read_only=True, config={"threads": 1}) as connection:
            (row,) = connection.execute(QUERY).fetchall()
            is_whole = whole(connection) if read_all else True
    except FileNotFoundError:
        return "missing", 0
    except duckdb.Error as error:
        return ("missing" if "does not exist" in str(error) else "not opened"), 0
    build_id, builds, *rounds = row
    if build_id is None or builds != 1 or not is_whole:
        return "partial", 0
    if len(set(rounds)) != 1:
        return "mixed", 0
    return None, int(rounds[0] or 0)


def read_on(path: Path, pause_s: float, end: Connection) -> None:
    """What the process of a reader does, until it is told to stop; then it sends its counts."""
    counts: Counter[str] = Counter()
    seen: dict[str, Any] = {"round": 0}
    while not end.poll():
        counts["reads"] += 1
        wrong, number = look(path, counts["reads"] % WHOLE_EVERY == 0)
        if wrong:
            counts[wrong] += 1
        elif number < seen["round"]:
            counts["backward"] += 1
        else:
            seen["round"] = number
        if counts["reads"] % 25 == 0:
            end.send(dict(counts))
        time.sleep(pause_s)
    end.recv()
    end.send(dict(counts))
