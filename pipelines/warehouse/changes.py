"""What a build changes: rows added, removed and changed in each table since the version published before.

What belongs here: comparing two warehouse files row by row, and the counts as ``meta.changes`` keeps
them. What does not: whether the data differ at all (``warehouse.digest_data``), when a build compares
(``session.py``), how the counts are shown (``status.py``, ``defs/publishing.py``).

Rows of two versions are the same row if they have the same key: that of the SQL model, the curated
file or the raw table. A table without one is matched by whole rows, as is a table whose key a version
lacks: its rows are added or removed, never changed. Two rows differ if a column that both versions
have differs as text: a column that only one version has changes no row. Columns that say where in a
file a row stands do not count. Tables of ``meta`` describe the others and are not compared.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.records.raw_tables import POSITION_COLUMNS
from pipelines.seeds.catalogue import SEED_FILES
from pipelines.warehouse.meta_tables import write_meta
from pipelines.warehouse.models.python_tables import python_tables
from pipelines.warehouse.models.sql_models import LAYERS, SqlModel
from pipelines.warehouse.noted_changes import CHANGE_COLUMNS, CHANGES, TableChange
from pipelines.warehouse.raw_layer import raw_schemas

UNCOUNTED = frozenset({"seed_line", *POSITION_COLUMNS})
"""Columns that say where in a file a row stands: a line that moves is no change."""

BEFORE = "version_before"
"""Name under which the version before is attached."""

DAMAGED = "Corrupt database file"
"""How DuckDB begins its message where the bytes of a file are not those that were written."""


def row_keys(models: Mapping[str, SqlModel]) -> dict[str, tuple[str, ...]]:
    """The columns that identify a row, by table; empty where a table has no key."""
    from pipelines.warehouse.own_runs import TABLES  # loads polars, which reading changes does not need

    return {
        "seeds.sources": ("source_id",),
        **{f"seeds.{Path(relative).stem}": schema.key for relative, schema in SEED_FILES.items()},
        **{table: schema.key for table, schema in raw_schemas().items()},
        **{table.table: table.key for table in python_tables().values()},
        **{table.table: table.key for table in TABLES.values()},
        **{model.table: model.key for model in models.values()},
    }


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """The file at ``path`` beside that of the connection, read-only."""
    name = str(path).replace("'", "''")
    connection.execute(f"attach '{name}' as {BEFORE} (read_only)")
    try:
        yield
    finally:
        connection.execute(f"detach {BEFORE}")


def _columns(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Columns by table: of the version before, and of the build. Layers only, without UNCOUNTED."""
    rows = connection.execute(
        "select database_name = ?, schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name in (?, current_database()) and schema_name in (select unnest(?)) "
        "order by table_name, column_index",
        [BEFORE, BEFORE, list(LAYERS)],
    ).fetchall()
    before: dict[str, list[str]] = {}
    now: dict[str, list[str]] = {}
    for is_before, table, column in rows:
        found = (before if is_before else now).setdefault(table, [])
        if column not in UNCOUNTED:
            found.append(column)
    return before, now


def _quoted(table: str, catalog: str = "") -> str:
    schema, name = table.split(".")
    return f'{catalog}."{schema}"."{name}"'.removeprefix(".")


def _count_rows(connection: duckdb.DuckDBPyConnection, quoted_table: str) -> int:
    return int(connection.execute(f"select count(*) from {quoted_table}").fetchall()[0][0])


def _text(columns: Sequence[str]) -> str:
    """An expression: the columns of a row as one text, equal only where each of them is."""
    return "struct_pack(" + ", ".join(f'"{name}" := "{name}"' for name in columns) + ")::varchar"


def _comparison(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """A query: rows added, removed and changed. It holds also where several rows have one key.

    Equal rows of one key cancel out; what is left on both sides is changed, the rest added or removed.
    """
    side = f"{_text(key)} as key_text, {_text(columns)} as row_text from"
    return f"""
    with versions as (
        select false as is_now, {side} {_quoted(table, BEFORE)}
        union all
        select true, {side} {_quoted(table)}
    ),
    differing as (
        select key_text, count(*) filter (is_now) - count(*) filter (not is_now) as surplus
        from versions group by key_text, row_text having surplus <> 0
    ),
    keys as (
        select sum(greatest(surplus, 0)) as come, sum(greatest(-surplus, 0)) as gone from differing group by key_text
    )
    select
        coalesce(sum(greatest(come - gone, 0)), 0), coalesce(sum(greatest(gone - come, 0)), 0),
        coalesce(sum(least(come, gone)), 0)
    from keys
    """


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[Mapping[str, list[str]], Mapping[str, list[str]]],
    key: Sequence[str],
) -> tuple[int, int, int]:
    """Rows of one table that were added, removed and changed."""
    before, now = columns
    common = [name for name in now.get(table, ()) if name in before.get(table, ())]
    if not common:
        added = _count_rows(connection, _quoted(table)) if table in now else 0
        removed = _count_rows(connection, _quoted(table, BEFORE)) if table in before else 0
        return added, removed, 0
    whole = not key or not {*key} <= {*common}
    return connection.execute(_comparison(table, common if whole else key, common)).fetchall()[0]


def compare(
    connection: duckdb.DuckDBPyConnection,
    before: Path,
    previous_build_id: str,
    keys: Mapping[str, Sequence[str]],
    same: Container[str] = (),
) -> list[TableChange]:
    """Rows added, removed and changed in every table of the connection's file, or of the one at ``before``.

    ``same`` are tables whose content is known to be equal in both.

    A table of which blocks of the file before are damaged has no counts: a good build must not fail
    because an earlier file went bad.
    """
    found = []
    with _attached(connection, before):
        columns = _columns(connection)
        for table in sorted({*columns[0], *columns[1]}):
            if table in same:
                found.append(TableChange(table, 0, 0, 0, previous_build_id))
                continue
            try:
                added, removed, changed = _compare_table(connection, table, columns, keys.get(table, ()))
                found.append(TableChange(table, added, removed, changed, previous_build_id))
            except duckdb.Error as error:
                if DAMAGED not in str(error):
                    raise
                found.append(TableChange(table, None, None, None, previous_build_id))
    return found


def note_changes(connection: duckdb.DuckDBPyConnection, changes: Sequence[TableChange]) -> None:
    """Write meta.changes: no row for the first build, else one per table."""
    rows: list[tuple[object, ...]] = [(c.table, c.added, c.removed, c.changed, c.previous_build_id) for c in changes]
    write_meta(connection, CHANGES, CHANGE_COLUMNS, rows)
