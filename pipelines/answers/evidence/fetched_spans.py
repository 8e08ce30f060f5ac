"""Which records of fetched files the given rows come from: file, its digest, and the bytes of each record.

What belongs here: finding records of raw tables by source and place. What does not: curated files (``spans.py``).

A place names its record as its source does: ``row NAME``, the value of one cell such as the path of a log, several cells
split by commas, or a file and the first cell of a record in it. Models that put a place together say its record themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import duckdb

from pipelines.answers.evidence.spans import Place
from pipelines.settings import Settings
from pipelines.warehouse.file import Row, read_rows

SAID = ("source_id", "locator", "file_sha256", "record_no")
"""Columns of a table that says which record each of its rows comes from."""


GZIP = b"\x1f\x8b"
"""How a compressed file begins."""


@dataclass(frozen=True)
class _Table:
    """A raw table of a source."""

    name: str
    first: str
    texts: tuple[str, ...]
    has_member: bool


def fetched_spans(connection: duckdb.DuckDBPyConnection, settings: Settings, places: Collection[Place]) -> list[Row]:
    """The records that these places name: table, file, its SHA-256, and bytes from and to, in the member of an archive.

    Where the file lies in the store as it is read, also the line and the digest of the record.
    """
    asked = sorted(places)
    connection.execute("create or replace temp table asked (source_id varchar, locator varchar)")
    if asked:
        connection.executemany("insert into asked values (?, ?)", asked)
    try:
        sources = {source for source, _ in asked}
        found = [row for source in sorted(sources) for table in _tables(connection, source)
                 for row in _records(connection, source, table)]  # fmt: skip
    finally:
        connection.execute("drop table asked")
    return [{**row, **_as_stored(settings, row)} for row in found]


def _as_stored(settings: Settings, row: Row) -> Row:
    """Line and digest of a record; both null in an archive, and where no snapshot is kept."""
    path = settings.raw / row["file_sha256"][:2] / row["file_sha256"]
    if row["member"] or not path.is_file() or (data := path.read_bytes()).startswith(GZIP):
        return {"line": None, "row_sha256": None}
    start, end = row["byte_start"], row["byte_end"]
    return {"line": data.count(b"\n", 0, start) + 1, "row_sha256": hashlib.sha256(data[start:end]).hexdigest()}


def _tables(connection: duckdb.DuckDBPyConnection, source_id: str) -> Iterator[_Table]:
    names = "select distinct table_name from meta.files where source_id = ? and table_name like 'raw.%' order by all"
    for (name,) in connection.execute(names, [source_id]).fetchall():
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = ? "
            "order by column_index",
            [name],
        ).fetchall()
        texts = tuple(column for column, kind in columns if kind == "VARCHAR" and column != "file_sha256")
        yield _Table(name, columns[0][0], texts, "member" in texts)


def _records(connection: duckdb.DuckDBPyConnection, source_id: str, table: _Table) -> list[Row]:
    cells = ", ".join(f't."{column}"' for column in table.texts)
    first = f't."{table.first}"::varchar'
    said = " union all ".join(
        f"select source_id, locator, file_sha256, record_no from {name}" for name in _saying(connection)
    )
    return read_rows(
        connection,
        f"""
        with said as ({said}),
        named as (select locator, string_split(locator, ', ') as parts from asked where source_id = $source)
        select distinct
            '{table.name}' as table_name, f.file_name as file, {"t.member" if table.has_member else "null"} as member,
            t.file_sha256, t.record_no, t.byte_start, t.byte_end, $source as source_id, n.locator
        from {table.name} as t
        inner join meta.files as f on f.table_name = '{table.name}' and f.file_sha256 = t.file_sha256
        inner join named as n on
            (n.locator like 'row %' and {first} = substr(n.locator, 5))
            or n.locator in ({cells})
            or (len(n.parts) > 1 and list_has_all([{cells}], n.parts))
            or (n.parts[1] = f.file_name and {first} = n.parts[2])
            or exists (
                from said as s where s.source_id = $source and s.locator = n.locator
                and s.file_sha256 = t.file_sha256 and s.record_no = t.record_no
            )
        order by all
        """,
        {"source": source_id},
    )


def _saying(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables that have all columns of SAID."""
    query = """
        select schema_name || '.' || table_name from duckdb_columns() where schema_name = 'core'
        group by all having list_has_all(list(column_name), ?) order by all
    """
    return [name for (name,) in connection.execute(query, [list(SAID)]).fetchall()]
