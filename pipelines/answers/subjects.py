"""What a question is about: the subject and the quantity that a text names, or the nearest ones.

What belongs here: finding what is meant in the published file. What does not: the answer.
"""

from __future__ import annotations

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
    select distinct
        f.subject_kind, f.subject_id, f.subject_name, r.is_main_run, m.model_id,
        plain_name(f.subject_name) as plain_subject, plain_name(f.subject_id) as plain_id, plain_name(m.model_name) as plain_model
    from mart.figures as f
    left join core.training_runs as r on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id
    left join core.models as m on r.model_id = m.model_id
    order by f.subject_kind, f.subject_id, f.subject_name
"""


def find_subject(connection: duckdb.DuckDBPyConnection, text: str, quantity: str) -> Subject:
    """The subject that ``text`` names: by key, by name without case and punctuation, by model.

    Where several answer to it, those that have the quantity go first, then training runs, then the main run.
    Raises UsageError that lists what may have been meant.
    """
    rows = read_rows(connection, SUBJECTS)
    plain = str(connection.execute("select plain_name(?)", [text]).fetchall()[0][0])
    rules = (
        [row for row in rows if row["subject_id"] == text.strip()],
        [row for row in rows if plain and plain in (row["plain_subject"], row["plain_id"])],
        [row for row in rows if plain and (row["model_id"] == text.strip() or row["plain_model"] == plain)],
    )
    matches = next((found for found in rules if found), [])
    if not matches:
        raise UsageError(f"no subject has the name {shown(text)}. {_nearest_subjects(rows, plain)}")
    having = {(row["subject_kind"], row["subject_id"]) for row in _figures_named(connection, matches, quantity)}
    for narrower in (
        lambda row: (row["subject_kind"], row["subject_id"]) in having,
        lambda row: row["subject_kind"] == "training_run",
        lambda row: row["is_main_run"],
    ):
        matches = [row for row in matches if narrower(row)] or matches
    subjects = list(dict.fromkeys((row["subject_kind"], row["subject_id"]) for row in matches))
    if len(subjects) > 1:
        listed = "".join(f"\n  {row['subject_id']}  ({row['subject_kind']}, {row['subject_name']})" for row in matches)
        raise UsageError(f"{shown(text)} matches several subjects; give one of these keys:{listed}")
    return Subject(matches[0]["subject_kind"], matches[0]["subject_id"], matches[0]["subject_name"])


def _figures_named(connection: duckdb.DuckDBPyConnection, subjects: list[Row], quantity: str) -> list[Row]:
    keys = [row["subject_id"] for row in subjects]
    rows = read_rows(
        connection,
        "select distinct subject_kind, subject_id, quantity, boundary from mart.figures where list_contains(?, subject_id)",
        [keys],
    )
    return [row for row in rows if quantity in (row["quantity"], public_name(row["quantity"], row["boundary"]))]


def _nearest_subjects(rows: list[Row], plain: str) -> str:
    names = {row["plain_subject"]: f"{row['subject_name']}  ({row['subject_id']})" for row in reversed(rows)}
    names |= {row["plain_id"]: names[row["plain_subject"]] for row in rows}
    near = nearest(plain, names)
    if not near:
        return 'To list all names: ledger sql "select distinct subject_id, subject_name from mart.figures"'
    return "Did you mean\n  " + "\n  ".join(near)


def find_quantity(connection: duckdb.DuckDBPyConnection, subject: Subject, text: str) -> tuple[str, str]:
    """(quantity, boundary) that ``text`` names for the subject; raises LedgerError that lists what there is."""
    query = "select distinct quantity, boundary from mart.figures {} order by quantity, boundary"
    where = "where subject_kind = ? and subject_id = ?"
    pairs = connection.execute(query.format(where), [subject.kind, subject.subject_id]).fetchall()
    exact = [pair for pair in pairs if public_name(*pair) == text]
    meant = exact or [pair for pair in pairs if pair[0] == text]
    if len(meant) == 1:
        quantity, boundary = meant[0]
        return quantity, boundary
    if meant:
        listed = ", ".join(public_name(*pair) for pair in meant)
        raise UsageError(f"{subject.name} has {text} for several boundaries: {listed}. Name one.")
    has = f"{subject.name} has: {', '.join(public_name(*pair) for pair in pairs)}."
    anywhere = connection.execute(query.format("")).fetchall()
    known = {name: name for pair in anywhere for name in (public_name(*pair), pair[0])}
    if text in known:
        raise LedgerError(f"{subject.name} has no figure for {text}: the necessary inputs are not published. {has}")
    near = nearest(text, known)
    raise UsageError(
        f"{shown(text)} is not a known quantity. " + (f"Did you mean {', '.join(near)}? " if near else "") + has
    )
