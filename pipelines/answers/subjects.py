"""What a question is about: the subject and the quantity that a text names, or the nearest ones.

What belongs here: finding what is meant in the published file. What does not: the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pipelines.errors import LedgerError, UsageError, nearest, shown
from pipelines.warehouse.file import Row, read_rows


@dataclass(frozen=True)
class Subject:
    """What a figure is about: a training run, model, family, machine or inference service."""

    kind: str
    subject_id: str
    name: str


def public_name(quantity: str, boundary: str) -> str:
    """The name of a quantity as the marts write it: ``energy_kwh`` within ``facility`` is ``facility_energy_kwh``.

    >>> public_name("energy_kwh", "facility"), public_name("mfu", "none")
    ('facility_energy_kwh', 'mfu')
    """
    return quantity if boundary == "none" else f"{boundary}_{quantity}"


# --- what is meant --------------------------------------------------------------------------------------------------

SUBJECTS = """
    select
        f.subject_kind, f.subject_id, f.subject_name, r.is_main_run, m.model_id,
        plain_name(f.subject_name) as plain_subject, plain_name(f.subject_id) as plain_id, plain_name(m.model_name) as plain_model
    from (select distinct subject_kind, subject_id, subject_name from mart.figures) as f
    left join core.training_runs as r on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id
    left join core.models as m on r.model_id = m.model_id
    order by f.subject_kind, f.subject_id, f.subject_name
"""

QUANTITIES = "select distinct subject_kind, subject_id, quantity, boundary from mart.figures order by all"


@dataclass(frozen=True)
class Names:
    """What may be asked about: every subject with its names, and the (quantity, boundary) that each has."""

    subjects: list[Row]
    quantities: Mapping[tuple[str, str], list[tuple[str, str]]]


def read_names(connection: duckdb.DuckDBPyConnection) -> Names:
    """The names of the file; whoever asks it often reads them once."""
    quantities: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, subject_id, quantity, boundary in connection.execute(QUANTITIES).fetchall():
        quantities.setdefault((kind, subject_id), []).append((quantity, boundary))
    return Names(read_rows(connection, SUBJECTS), quantities)


def find_subject(
    connection: duckdb.DuckDBPyConnection, text: str, quantity: str, names: Names | None = None
) -> Subject:
    """The subject that ``text`` names: by key, by name without case and punctuation, by model.

    Where several answer to it, those that have the quantity go first, then training runs, then the main run.
    Raises UsageError that lists what may have been meant.
    """
    names = names or read_names(connection)
    rows = names.subjects
    plain = str(connection.execute("select plain_name(?)", [text]).fetchall()[0][0])
    rules = (
        [row for row in rows if row["subject_id"] == text.strip()],
        [row for row in rows if plain and plain in (row["plain_subject"], row["plain_id"])],
        [row for row in rows if plain and (row["model_id"] == text.strip() or row["plain_model"] == plain)],
    )
    matches = next((found for found in rules if found), [])
    if not matches:
        raise UsageError(f"no subject has the name {shown(text)}. {_nearest_subjects(rows, plain)}")
    having = {key for key in map(_key, matches) if _has(names.quantities.get(key, []), quantity)}
    for narrower in (
        lambda row: _key(row) in having,
        lambda row: row["subject_kind"] == "training_run",
        lambda row: row["is_main_run"],
    ):
        matches = [row for row in matches if narrower(row)] or matches
    subjects = list(dict.fromkeys(map(_key, matches)))
    if len(subjects) > 1:
        listed = "".join(f"\n  {row['subject_id']}  ({row['subject_kind']}, {row['subject_name']})" for row in matches)
        raise UsageError(f"{shown(text)} matches several subjects; give one of these keys:{listed}")
    return Subject(matches[0]["subject_kind"], matches[0]["subject_id"], matches[0]["subject_name"])


def _key(row: Row) -> tuple[str, str]:
    return row["subject_kind"], row["subject_id"]


def _has(pairs: list[tuple[str, str]], quantity: str) -> bool:
    return any(quantity in (pair[0], public_name(*pair)) for pair in pairs)


def _nearest_subjects(rows: list[Row], plain: str) -> str:
    names = {row["plain_subject"]: f"{row['subject_name']}  ({row['subject_id']})" for row in reversed(rows)}
    names |= {row["plain_id"]: names[row["plain_subject"]] for row in rows}
    near = nearest(plain, names)
    if not near:
        return 'To list all names: ledger sql "select distinct subject_id, subject_name from mart.figures"'
    return "Did you mean\n  " + "\n  ".join(near)


def find_quantity(names: Names, subject: Subject, text: str) -> tuple[str, str]:
    """(quantity, boundary) that ``text`` names for the subject; raises LedgerError that lists what there is."""
    pairs = names.quantities.get((subject.kind, subject.subject_id), [])
    exact = [pair for pair in pairs if public_name(*pair) == text]
    meant = exact or [pair for pair in pairs if pair[0] == text]
    if len(meant) == 1:
        quantity, boundary = meant[0]
        return quantity, boundary
    if meant:
        listed = ", ".join(public_name(*pair) for pair in meant)
        raise UsageError(f"{subject.name} has {text} for several boundaries: {listed}. Name one.")
    has = f"{subject.name} has: {', '.join(public_name(*pair) for pair in pairs)}."
    anywhere = sorted({pair for pairs in names.quantities.values() for pair in pairs})
    known = {name: name for pair in anywhere for name in (public_name(*pair), pair[0])}
    if text in known:
        raise LedgerError(f"{subject.name} has no figure for {text}: the necessary inputs are not published. {has}")
    near = nearest(text, known)
    raise UsageError(
        f"{shown(text)} is not a known quantity. " + (f"Did you mean {', '.join(near)}? " if near else "") + has
    )
