"""Claims held against figures: what ``ledger audit`` says.

What belongs here: reading a user's list of claims, running it through the models that audit the shipped documents,
and writing the result so that a spreadsheet cannot be misled by it. What does not: any verdict, unit or name; those
are ``sql/core/claims``, ``sql/mart/claim_audit.sql`` and ``seeds/claims``. The columns of a list are described in
docs/claims.md.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.answers.beside_published import models_of
from pipelines.answers.numbers import NBSP, number
from pipelines.errors import LedgerError, UsageError, nearest
from pipelines.records.csv_records import Record, Reject, Table, cut_csv, repeated_keys, type_records
from pipelines.records.fields import Comparison, Number, bounds_problem
from pipelines.records.regular_files import read_regular_file
from pipelines.settings import Settings
from pipelines.warehouse.file import connect, connect_published, data_version, read_rows
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.models.tables import quoted

Row = dict[str, Any]

AUDITED = (
    "core.claims", "core.claim_workloads", "mart.claim_subjects", "mart.claim_tests", "mart.claim_suggestions",
    "mart.claim_audit",
)  # fmt: skip
"""Models that run again over a user's claims, in order."""

REQUIRED = ("subject", "quantity", "unit")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula."""

Cell = Annotated[str, Field(max_length=400)]


class ListedClaim(BaseModel):
    """One row of a user's list."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    claim_id: Annotated[str, Field(max_length=80)] | None = None
    document: Cell | None = None
    paraphrase: Cell | None = None
    subject: Cell
    quantity: Cell
    comparison: Comparison | None = None
    scope: Literal["typical", "some", "every"] = "typical"
    low: Number | None = None
    high: Number | None = None
    unit: Cell | None = None
    reading: Cell | None = None

    @property
    def bounds(self) -> tuple[str, float | None, float | None]:
        """Comparison, low and high: a comparison that is not given follows from the bounds that are."""
        low, high = self.low, self.high
        comparison = self.comparison
        if comparison is None:
            by_bounds = {(True, True): "range", (True, False): "at least", (False, True): "at most"}
            comparison = "about" if low is not None and low == high else None
            comparison = comparison or by_bounds.get((low is not None, high is not None), "none")  # type: ignore[assignment]
        if comparison == "about":
            low, high = (high if low is None else low), (low if high is None else high)
        return str(comparison), low, high

    @model_validator(mode="after")
    def _bounds_are_those_of_the_comparison(self) -> ListedClaim:
        if problem := bounds_problem(*self.bounds):
            raise ValueError(problem)
        return self


@dataclass(frozen=True)
class Audit:
    """Audited claims in the order of the list, and what of the list could not be read."""

    rows: list[Row]
    rejects: list[str]
    notes: list[str]
    version: dict[str, str] = field(default_factory=dict)
    """Key of the build and digest of the data that the claims were held against."""


# --- reading a list -------------------------------------------------------------------------------------------------


def read_list(path: Path, max_bytes: int) -> tuple[list[tuple[Record, ListedClaim]], list[Reject], list[str]]:
    """Claims of a CSV file, rows that cannot be read, and notes on columns that are not used.

    Raises UsageError where the file as a whole is no list of claims.
    """
    data = read_regular_file(path, max_bytes)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UsageError(
            f"{path}: the file is empty; expected a header line with {', '.join(REQUIRED)} and low or high."
        )
    table = cut_csv(data, str(path))
    _check_header(table)
    known = [name for name in table.header if name in ListedClaim.model_fields]
    notes = [
        f"{path}:1: ignored the unknown column {name}.{_meant(name)}" for name in table.header if name not in known
    ]
    kept = [table.header.index(name) for name in known]
    narrowed = Table(
        table.file,
        tuple(known),
        [Record(r.record_no, r.line, r.byte_start, r.byte_end, tuple(r.cells[i] for i in kept)) for r in table.records],
        table.rejects,
    )
    rows, rejects = type_records(narrowed, ListedClaim, allow_missing_columns=True)
    named = [(record, row) for record, row in rows if row.claim_id is not None]
    repeated = repeated_keys(narrowed, named, ("claim_id",))
    lines = {reject.line for reject in repeated}
    return (
        [(record, row) for record, row in rows if record.line not in lines],
        sorted([*rejects, *repeated], key=lambda reject: reject.line),
        notes,
    )


def _meant(name: str) -> str:
    near = nearest(name.strip().lower(), {known: known for known in ListedClaim.model_fields})
    return f" Did you mean {near[0]}?" if near else ""


def _check_header(table: Table) -> None:
    missing = [name for name in REQUIRED if name not in table.header]
    if not {"low", "high"} & set(table.header):
        missing.append("low or high")
    if not missing:
        return
    there = ", ".join(table.header[:20])
    hint = "".join(
        f" The header uses '{mark}' between cells; expected commas." for mark in (";", "\t") if mark in table.header[0]
    )
    meant = "".join(
        f" Did you mean {name} by {shown}?"
        for name in missing
        for shown in nearest(name, {other: other for other in table.header if other not in ListedClaim.model_fields})[
            :1
        ]
    )
    raise UsageError(
        f"{table.file}:1: the header ({there}) lacks {', '.join(missing)}; expected {', '.join(REQUIRED)} and low or "
        f"high.{hint}{meant} docs/claims.md describes the columns."
    )


# --- auditing -------------------------------------------------------------------------------------------------------


def audit_shipped(settings: Settings) -> Audit:
    """The audit of the documents that the ledger ships, as published."""
    with connect_published(settings) as connection, fitting_code():
        rows = read_rows(connection, "from mart.claim_audit order by document_id, claim_id")
        return Audit(rows, [], [], data_version(connection))


def audit_file(settings: Settings, path: Path) -> Audit:
    """The audit of a user's list of claims, against the published figures."""
    listed, rejects, notes = read_list(path, settings.max_file_bytes)
    done = _audit(settings, listed, str(path), path.name)
    return replace(done, rejects=[str(reject) for reject in rejects], notes=[*notes, *done.notes])


def audit_claims(settings: Settings, claims: Sequence[ListedClaim]) -> Audit:
    """The audit of claims that are in no file, in their order."""
    listed = [(Record(number, number, 0, 0, ()), claim) for number, claim in enumerate(claims, start=1)]
    return _audit(settings, listed, "claims", "claims")


def _audit(settings: Settings, listed: Sequence[tuple[Record, ListedClaim]], file: str, document: str) -> Audit:
    """Audited claims in their order, with notes on those that cannot be tested."""
    frame = _as_seeds(listed, document)
    lines = {str(key): record for key, (record, _) in zip(frame["claim_id"], listed, strict=True)}
    with connect_published(settings):
        pass  # says what to do where there is none
    with connect(Path(":memory:"), settings) as connection, fitting_code():
        _prepare(connection, settings, frame)
        for table, model in _models().items():
            connection.execute(f"create table {table} as {model.query}")
        rows = read_rows(connection, "from mart.claim_audit")
        version = data_version(connection, "ledger.meta")
    rows.sort(key=lambda row: lines[row["claim_id"]].line)
    untested = [
        _as_reject(row, lines[row["claim_id"]], file) for row in rows if row["untestable_part"] not in (None, "low")
    ]
    return Audit(rows, [], [str(each) for each in untested], version)


def _as_seeds(listed: Sequence[tuple[Record, ListedClaim]], document: str) -> pl.DataFrame:
    """The list with the columns of seeds.claims; a claim without a key is named by its line."""
    texts = ("claim_id", "source_id", "paraphrase", "subject", "quantity", "comparison", "scope", "unit", "reading")
    columns: dict[str, list[Any]] = {name: [] for name in (*texts, "low", "high")}
    taken = {row.claim_id for _, row in listed}
    for record, row in listed:
        comparison, low, high = row.bounds
        values = {"claim_id": row.claim_id or _free_name(f"line {record.line}", taken), "source_id": row.document or document,
                  "comparison": comparison, "low": low, "high": high}  # fmt: skip
        for name, cells in columns.items():
            cells.append(values[name] if name in values else getattr(row, name))
    types = {name: pl.String() if name in texts else pl.Float64() for name in columns}
    return pl.DataFrame(columns, schema=types)


def _free_name(name: str, taken: Container[str | None]) -> str:
    return name if name not in taken else _free_name(f"{name}, unnamed", taken)


def _prepare(connection: duckdb.DuckDBPyConnection, settings: Settings, claims: pl.DataFrame) -> None:
    """A database in memory with the user's claims, beside the tables and macros of the published file."""
    connection.execute(f"attach {quoted(str(settings.published.resolve()))} as ledger (read_only)")
    connection.execute("set search_path = 'memory.main,ledger.main'")
    connection.execute("create schema seeds; create schema core; create schema mart")
    connection.register("incoming", claims.to_arrow())
    connection.execute("create table seeds.claims as from incoming")
    connection.unregister("incoming")
    needed = {table for model in _models().values() for table in model.depends_on} - {*AUDITED, "seeds.claims"}
    for table in sorted(needed):
        connection.execute(f"create view {table} as from ledger.{table}")


@cache
def _models() -> dict[str, SqlModel]:
    return models_of(AUDITED)


@contextmanager
def fitting_code() -> Iterator[None]:
    """A query that fails means that the file was built by other code."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(
            f"a different version of the code built the published warehouse: {reason} Run: ledger build --force"
        ) from error


def _as_reject(row: Row, record: Record, file: str) -> Reject:
    part = row["untestable_part"]
    return Reject(file, record.record_no, record.line, part, row[part], printable(row["reason"]))


# --- as text --------------------------------------------------------------------------------------------------------


def summary(rows: Sequence[Row]) -> str:
    """How many claims got which verdict.

    >>> summary([{"verdict": "supported"}, {"verdict": "partly"}, {"verdict": "supported"}])
    '3 claims: 2 supported, 1 partly'
    """
    counts = Counter(row["verdict"] for row in rows)
    listed = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if counts[word])
    return f"{len(rows):,} claim{'' if len(rows) == 1 else 's'}{': ' if listed else ''}{listed}"


VERDICTS = ("supported", "partly", "contradicted", "unsupported", "untestable")


def as_table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the short form: claim, verdict, ratio and reason."""
    cells = [
        [row["claim_id"], row["verdict"], "" if row["ratio"] is None else number(row["ratio"], 3),
         row["paraphrase"] or f"{row['subject']}: {row['quantity']}", row["reason"]]
        for row in rows
    ]  # fmt: skip
    return ["claim", "verdict", "ratio", "says", "reason"], [[printable(cell) for cell in row] for row in cells]


def printable(text: str) -> str:
    """A text without control characters, which could move the cursor of a terminal.

    >>> printable("a\\x1b[2Jb"), printable(f"7{NBSP}hours") == f"7{NBSP}hours"
    ('a\\\\x1b[2Jb', True)
    """
    return "".join(c if c.isprintable() or c == NBSP else c.encode("unicode_escape").decode() for c in text)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that could be gets an apostrophe in front.

    >>> guarded("=cmd()"), guarded("-1e3 FLOP"), guarded("C01")
    ("'=cmd()", "'-1e3 FLOP", 'C01')
    """
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def as_csv(rows: Sequence[Row]) -> str:
    """All columns of mart.claim_audit as CSV; lists are joined by blanks, texts are guarded."""
    if not rows:
        return ""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_csv_cell(value) for value in row.values()] for row in rows)
    return buffer.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, list):
        value = " ".join(value)
    return guarded(value) if isinstance(value, str) else value
