"""What the ledger knows by a name: subjects with their quantities, accelerators, tables, columns and sources.

What belongs here: finding things by words. What does not: what is said of them (``explain``, ``dictionary``).
"""

from __future__ import annotations

import duckdb

from pipelines.warehouse.file import Row, read_rows

KINDS = ("subject", "accelerator", "table", "column", "source")
"""What can be found."""

LEAST_ALIKE = 0.85
"""Least Jaro-Winkler similarity of a name to a text that may be a misspelling of it."""

FIND = """
    with things as (
        select
            'subject' as kind, subject_id as id, any_value(subject_name) as name,
            any_value(replace(subject_kind, '_', ' ')) || ': ' || string_agg(
                distinct case when boundary = 'none' then quantity else boundary || '_' || quantity end, ', '
            ) as about
        from mart.figures group by subject_id
        union all
        select 'accelerator', accelerator_id, accelerator_name, concat_ws(', ', vendor, kind) from mart.accelerators
        union all
        select 'table', schema_name || '.' || table_name, schema_name || '.' || table_name, coalesce(comment, '')
        from duckdb_tables() where database_name = current_database()
        union all
        select 'column', table_name || '.' || column_name, column_name, description from meta.columns
        union all
        select 'source', source_id, title, concat_ws(', ', authors, year, licence) from meta.sources
    ),

    named as (
        select *, plain_name(name) as plain, plain_name(id) as plain_id, lower(concat_ws(' ', id, name, about)) as words
        from things where $kind is null or kind = $kind
    ),

    scored as (
        select
            *, jaro_winkler_similarity(plain, plain_name($text)) as likeness,
            case
                when plain = plain_name($text) or plain_id = plain_name($text) then 0
                when kind in ('column', 'source') and contains(plain, plain_name($text)) then 3
                when starts_with(plain, plain_name($text)) or starts_with(plain_id, plain_name($text)) then 1
                when contains(plain, plain_name($text)) or contains(plain_id, plain_name($text)) then 2
                when len($words) > 0 and list_bool_and(list_transform($words, lambda w: contains(words, w))) then 3
                when jaro_winkler_similarity(plain, plain_name($text)) >= $least then 4
            end as rank
        from named
    )

    select kind, id, name, about from scored where rank is not null
    order by rank, list_position($kinds, kind), likeness desc, len(name), id limit $limit
"""


def search(connection: duckdb.DuckDBPyConnection, text: str, kind: str | None = None, limit: int = 20) -> list[Row]:
    """What answers to a text, the best first: kind, key, name and what is known about it.

    Names count without case and punctuation; a text of several words is looked for in descriptions too.
    """
    given = {"text": text, "words": text.lower().split(), "kind": kind, "kinds": list(KINDS), "limit": limit}
    return read_rows(connection, FIND, {**given, "least": LEAST_ALIKE}) if plain(connection, text) else []


def plain(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """A text as names are compared; empty where it has no letter and no digit."""
    return str(connection.execute("select plain_name(?)", [text]).fetchall()[0][0] or "")
